//! Scores are compared with those that the champion's card says it gave in training.

use super::*;
use crate::log::LogOptions;
use std::time::Duration;
use wikisentry_core::anomaly::Anomaly;
use wikisentry_core::bookmark::Position;
use wikisentry_core::classified::Classification;
use wikisentry_core::edit::{Edit, EditType};
use wikisentry_core::model::Scorer;
use wikisentry_core::scoring::FEATURE_SPEC;
use wikisentry_core::stability::ScoreReference;
use wikisentry_core::user::UserType;

const MODEL: &[u8] = include_bytes!("../../../../../models/edit-risk/versions/1/model.json");
const CARD: &[u8] = include_bytes!("../../../../../models/edit-risk/versions/1/card.json");
const WINDOW: usize = 1_000;

/// The bootstrap model under another number, with the scores of its training if any.
fn champion(version: u32, reference: Option<&ScoreReference>) -> Arc<Champion> {
    let mut card: serde_json::Value = serde_json::from_slice(CARD).unwrap();
    card["version"] = version.into();
    card["score_reference"] = serde_json::to_value(reference).unwrap();
    let card = serde_json::to_vec(&card).unwrap();
    Arc::new(Champion {
        scorer: Scorer::load(MODEL, &card, FEATURE_SPEC).unwrap(),
        loaded_at: clock::now(),
    })
}

/// Scores of training: evenly from 0 to 0.2.
fn reference() -> ScoreReference {
    let scores: Vec<f64> = (0..2_000).map(|n| f64::from(n) / 10_000.0).collect();
    ScoreReference::from_scores(&scores).unwrap()
}

fn settings() -> AlertSettings {
    AlertSettings {
        high_risk_score: 1.0,
        drift_window: WINDOW,
        ..crate::alerting::rules::tests::settings()
    }
}

/// Appends edits of a model, a second apart, each by another user.
fn append(log: &Log, model: &str, scores: impl Iterator<Item = f64>) {
    let mut tx = Transaction::new();
    for (number, score) in scores.enumerate() {
        let at = EventTime::from_millis(1_789_614_000_000 + number as i64 * 1_000).unwrap();
        let edit = ClassifiedEdit {
            edit: Edit {
                meta_id: format!("{model}-{number}").into(),
                wiki: "enwiki".into(),
                edit_type: EditType::Edit,
                rev_id: Some(number as i64 + 1),
                rev_old_id: Some(number as i64),
                page_id: None,
                page_title: format!("Page {number}").into(),
                namespace: Some(0),
                user: Some(format!("User {number}").into()),
                user_id: None,
                user_type: UserType::Registered,
                is_bot: false,
                is_minor: None,
                is_patrolled: None,
                comment: None,
                length_old: None,
                length_new: None,
                event_time: at,
                user_edit_count: None,
                user_registered_at: None,
                user_groups: None,
                page_revision_count: None,
                source_topic: None,
                source_partition: None,
                source_offset: None,
            },
            classification: Classification {
                score: Some(score),
                class: Some("low".into()),
                model_version: Some(model.into()),
                ingest_time: at,
                score_time: at,
            },
        };
        let record = Record {
            timestamp: at,
            key: Vec::new(),
            value: serde_json::to_vec(&edit).unwrap(),
        };
        tx.append(Topic::EditsClassified, record);
    }
    log.commit(tx).unwrap();
}

/// As in training, and as if every edit had become ten times as likely to be damage.
fn usual() -> impl Iterator<Item = f64> {
    (0..WINDOW).map(|n| (n * 7 % WINDOW) as f64 / (5 * WINDOW) as f64)
}

fn drifted() -> impl Iterator<Item = f64> {
    usual().map(|score| 0.5 + score)
}

struct Watched {
    _folder: tempfile::TempDir,
    log: Log,
    swap: watch::Sender<Arc<Champion>>,
    stop: tokio_util::sync::CancellationToken,
    runtime: tokio::runtime::Runtime,
    alerter: Option<std::thread::JoinHandle<Result<(), LogError>>>,
}

impl Watched {
    fn with(champion: Arc<Champion>) -> Self {
        Self::reading(champion, IngestView::default(), BTreeMap::new())
    }

    fn reading(
        champion: Arc<Champion>,
        feed: IngestView,
        source_end: BTreeMap<String, u64>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("log"), LogOptions::default()).unwrap();
        let (swap, seen) = watch::channel(champion);
        let feed = watch::channel(feed).1;
        let view = watch::channel(AlertCounters::default()).0;
        let alerter = Alerter::open(log.clone(), &settings(), feed, source_end, seen, None, view);
        let alerter = alerter.unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let stop = tokio_util::sync::CancellationToken::new();
        let patience = Patience {
            stop: stop.clone(),
            problems: Default::default(),
            component: CONSUMER,
        };
        let handle = runtime.handle().clone();
        Self {
            _folder: folder,
            log,
            swap,
            stop,
            runtime,
            alerter: Some(std::thread::spawn(move || alerter.run(&handle, &patience))),
        }
    }

    /// Appends edits, waits until all were seen, and gives the drifts raised so far.
    fn show(&self, model: &str, scores: impl Iterator<Item = f64>) -> Vec<(String, Vec<f64>)> {
        append(&self.log, model, scores);
        let end = self.log.bounds(Topic::EditsClassified).next;
        let topic = Topic::EditsClassified;
        let read = || crate::consume::committed_offset(&self.log, CONSUMER, topic).unwrap();
        while read() != end {
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut raised = Vec::new();
        let mut next = 0;
        while let Some(batch) = self.log.read(Topic::Alerts, next).unwrap() {
            for record in batch.iter_from(next) {
                let alert: Alert = serde_json::from_slice(record.value).unwrap();
                if let Anomaly::ScoreDrift { expected, .. } = alert.anomaly {
                    raised.push((alert.subject, expected));
                }
            }
            next = batch.next_offset();
        }
        raised
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.cancel();
        let ended = self.alerter.take().map(std::thread::JoinHandle::join);
        let _ = (ended, &self.runtime);
    }
}

#[test]
fn scores_unlike_those_of_training_raise_a_drift_against_the_card() {
    let watched = Watched::with(champion(7, Some(&reference())));
    assert_eq!(watched.show("edit-risk/7", usual()), []);
    let raised = watched.show("edit-risk/7", drifted());
    let expected = ("edit-risk/7".to_owned(), reference().shares().to_vec());
    assert_eq!(raised, [expected]);
}

#[test]
fn a_champion_swapped_in_brings_its_own_reference() {
    let watched = Watched::with(champion(7, Some(&reference())));
    assert_eq!(watched.show("edit-risk/7", usual()), []);
    let other: Vec<f64> = drifted().collect();
    let of_other = ScoreReference::from_scores(&other).unwrap();
    watched.swap.send_replace(champion(8, Some(&of_other)));
    assert_eq!(watched.show("edit-risk/8", drifted()), []);
    let raised = watched.show("edit-risk/8", usual());
    assert_eq!(
        raised,
        [("edit-risk/8".to_owned(), of_other.shares().to_vec())]
    );
}

#[test]
fn without_a_reference_on_the_card_the_first_scores_are_it() {
    let watched = Watched::with(champion(9, None));
    assert_eq!(watched.show("edit-risk/9", drifted()), []);
    assert_eq!(watched.show("edit-risk/9", usual()).len(), 1);
}

#[test]
fn a_source_that_is_read_to_its_end_is_not_stalled_and_another_is() {
    let position = Position {
        topic: "eqiad.mediawiki.recentchange".into(),
        partition: 0,
        offset: 9,
    };
    let mut feed = IngestView {
        last_received: EventTime::from_millis(1_789_614_000_000),
        ..IngestView::default()
    };
    feed.bookmark.take(&position, feed.last_received, 0);
    for (end, stalls) in [(10, 0), (11, 1)] {
        let source_end = BTreeMap::from([(position.topic.to_string(), end)]);
        let watched = Watched::reading(champion(7, None), feed.clone(), source_end);
        // Each fetch looks at the feed as well.
        watched.show("edit-risk/7", usual());
        watched.show("edit-risk/7", usual());
        let mut found = 0;
        let mut next = 0;
        while let Some(batch) = watched.log.read(Topic::Alerts, next).unwrap() {
            for record in batch.iter_from(next) {
                let alert: Alert = serde_json::from_slice(record.value).unwrap();
                found += usize::from(alert.anomaly.kind() == AlertKind::FeedStalled);
            }
            next = batch.next_offset();
        }
        assert_eq!(found, stalls, "{end}");
    }
}
