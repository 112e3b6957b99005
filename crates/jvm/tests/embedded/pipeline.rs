//! The embedded pipeline, run once over the recorded events.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use wikisentry_core::anomaly::AlertRules;
use wikisentry_core::stream::{PAGE_CHANGE, REVERT_RISK, TAGS_CHANGE};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::alerting;
use wikisentry_engine::log::Log;
use wikisentry_engine::runtime::{Pipeline, PipelineOptions};
use wikisentry_engine::settings::{
    AlertSettings, ApiSettings, ArchiveSettings, LogSettings, ModelSettings, SourceSettings,
    WebhookSettings,
};
use wikisentry_lake::registry::Registry;
use wikisentry_replay::{ReplayOptions, ReplaySource, serve};

const SAMPLE: &[u8] = include_bytes!("../../../../testdata/sample/recentchange.jsonl.gz");
/// Lines of the recording that no parser can read.
pub const UNREADABLE: [&str; 3] = [
    "{\"meta\": nothing}",
    "no JSON at all, and \u{202e} not shown",
    "{\"meta\":{\"id\":\"x\",\"dt\":\"2026-01-01T00:00:00Z\"},\"type\":\"edit\"}",
];

/// Events of which facts are kept, or nothing is.
const FACTS: [&str; 5] = [
    include_str!("../../../../testdata/events/revision-tags-change.json"),
    include_str!("../../../../testdata/events/revision-tags-change-rollback.json"),
    include_str!("../../../../testdata/events/page-change-revert.json"),
    include_str!("../../../../testdata/events/page-change-edit.json"),
    include_str!("../../../../testdata/events/revert-risk.json"),
];
/// So often each, over some days.
const FACT_ROUNDS: i64 = 60;

/// A record of a topic.
#[derive(Debug, Clone)]
pub struct Kept {
    pub timestamp: EventTime,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

/// What the pipeline left.
pub struct Embedded {
    pub topics: HashMap<Topic, Vec<Kept>>,
    pub suppressed: u64,
    /// The folder of edits.
    pub lake: PathBuf,
    /// The folder of labels and what they are made from.
    pub labels: PathBuf,
    _folder: TempDir,
}

/// Thresholds that the recording reaches, for every kind of alert.
fn alert_settings() -> AlertSettings {
    AlertSettings {
        high_risk_score: 0.1,
        burst_edits: 5,
        burst_window: Duration::from_secs(60),
        war_reverts: 2,
        war_window: Duration::from_secs(3_600),
        stalled_after: Duration::from_secs(3_600),
        drift_psi: 0.05,
        drift_window: 200,
        cooldown: Duration::from_secs(20),
        max_per_minute: 3,
        webhook: WebhookSettings {
            url: String::new(),
            headers: BTreeMap::new(),
            timeout: Duration::from_secs(5),
            retries: 0,
        },
    }
}

/// The same rules, for the library.
pub fn rules() -> AlertRules {
    alerting::rules(&alert_settings())
}

/// The events of [`FACTS`], each round an hour and some later than the one before.
fn facts() -> Vec<String> {
    let mut lines = Vec::new();
    for round in 0..FACT_ROUNDS {
        for (kind, text) in FACTS.iter().enumerate() {
            let mut event: serde_json::Value = serde_json::from_str(text).unwrap();
            let number = round * FACTS.len() as i64 + kind as i64;
            let start = EventTime::parse("2026-03-01T00:00:00Z").unwrap();
            let time = EventTime::from_millis(start.as_millis() + round * 4_000_000).unwrap();
            event["meta"]["id"] = format!("00000000-0000-4000-9000-{number:012}").into();
            event["meta"]["offset"] = (1_000_000 + number).into();
            event["meta"]["dt"] = time.to_string().into();
            if event.get("dt").is_some() {
                event["dt"] = time.to_string().into();
            }
            lines.push(event.to_string());
        }
    }
    lines
}

fn recording() -> Vec<u8> {
    let mut lines = Vec::new();
    let mut unpacked = flate2::read::GzDecoder::new(SAMPLE);
    std::io::Read::read_to_end(&mut unpacked, &mut lines).unwrap();
    let unreadable = UNREADABLE.map(str::to_owned);
    for line in facts().iter().chain(&unreadable) {
        lines.extend(line.as_bytes());
        lines.push(b'\n');
    }
    lines
}

impl Embedded {
    pub fn run() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(Self::run_on())
    }

    async fn run_on() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().to_owned();
        let registry = Registry::open(&state.join("models"), "edit-risk");
        registry.bootstrap().unwrap();
        let recording = recording();
        let lines = recording.split(|byte| *byte == b'\n');
        let events = lines.filter(|line| !line.is_empty()).count() as u64;
        let source = ReplaySource::from_bytes("recording", &recording).unwrap();
        let replay = serve(source, ReplayOptions::default()).await.unwrap();
        let pipeline = Pipeline::start(PipelineOptions {
            state: state.clone(),
            source_name: "recording".to_owned(),
            source_end: BTreeMap::new(),
            source: SourceSettings {
                url: replay.base_url(),
                streams: ["recentchange", PAGE_CHANGE, TAGS_CHANGE, REVERT_RISK]
                    .map(str::to_owned)
                    .to_vec(),
                contact: "tests@example.org".to_owned(),
                since: String::new(),
                heartbeat_timeout: Duration::from_secs(60),
                backoff_min: Duration::from_millis(10),
                backoff_max: Duration::from_millis(100),
                max_event_bytes: 1 << 20,
                reorder_window: 60,
            },
            log: LogSettings {
                retention_bytes: 1 << 40,
                retention_age: Duration::from_secs(3_600),
                sync_interval: Duration::from_secs(1),
                dedupe_window: 100_000,
            },
            model: ModelSettings {
                name: "edit-risk".to_owned(),
                score_bots: false,
                reload_interval: Duration::from_secs(3_600),
            },
            // All of it in one batch, when the pipeline stops.
            archive: ArchiveSettings {
                interval: Duration::from_secs(3_600),
                max_rows: 1_000_000,
                compact_files: 1_000,
            },
            alerts: alert_settings(),
            api: ApiSettings {
                listen: "127.0.0.1:0".parse().unwrap(),
                max_body_bytes: 1 << 20,
                allowed_hosts: Vec::new(),
            },
        })
        .await
        .unwrap();
        let log = pipeline.log().clone();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
        loop {
            let status = pipeline.status();
            let lag = |name: &str| {
                let mut consumers = status.consumers.iter();
                consumers.find(|one| one.name == name).unwrap().lag
            };
            let is_read = status.flow.received == Some(events);
            if is_read && lag("classify") == 0 && lag("alert") == 0 {
                break;
            }
            assert!(tokio::time::Instant::now() < deadline, "{status:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let topics = Topic::ALL.map(|topic| (topic, read(&log, topic)));
        pipeline.stop().await.unwrap();
        replay.shutdown().await;
        let alerts: Option<serde_json::Value> = log.get_json("consumer/alert/counters").unwrap();
        let suppressed = alerts.and_then(|counters| counters["suppressed"].as_u64());
        Self {
            topics: topics.into_iter().collect(),
            suppressed: suppressed.unwrap(),
            lake: state.join("lake/edits"),
            labels: state.join("lake/labels"),
            _folder: folder,
        }
    }
}

fn read(log: &Log, topic: Topic) -> Vec<Kept> {
    let mut kept = Vec::new();
    let mut next = log.bounds(topic).first;
    while let Some(batch) = log.read(topic, next).unwrap() {
        kept.extend(batch.iter_from(next).map(|record| Kept {
            timestamp: record.timestamp,
            key: record.key.to_vec(),
            value: record.value.to_vec(),
        }));
        next = batch.next_offset();
    }
    kept
}
