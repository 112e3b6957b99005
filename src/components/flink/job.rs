//! The settings of the job and of its two kinds of processes.

use super::settings::{FlinkSettings, LEAST_TASKMANAGER_MIB, SLOT_MIB};
use crate::components::Site;
use crate::components::kafka::KafkaSettings;
use crate::components::minio;
use crate::error::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wikisentry_engine::alerting::rules;

/// Values of the templates.
pub(super) fn values(site: &Site) -> Result<Value> {
    let own = FlinkSettings::of(&site.settings);
    let job = job(site, &own)?;
    let job_hash = hex::encode(&Sha256::digest(serde_json::to_vec(&job)?)[..8]);
    let slots = u64::from(own.slots);
    // What is above the least goes to the state and the heap of the work.
    let more = own
        .taskmanager_memory_mib
        .saturating_sub(LEAST_TASKMANAGER_MIB + SLOT_MIB * (slots - 1));
    Ok(json!({
        "job": job,
        "job_hash": job_hash,
        "jobmanager": {
            "FLINK_JM_HEAP": 208 + (own.jobmanager_memory_mib - 512) / 2,
            "FLINK_CHECKPOINT_INTERVAL": format!("{}ms", own.checkpoint_interval.as_millis()),
        },
        "taskmanager": {
            "FLINK_SLOTS": slots,
            "FLINK_TM_TASK_HEAP": 96 + 64 * (slots - 1) + more / 2,
            "FLINK_TM_TASK_OFF_HEAP": 32 * slots,
            "FLINK_TM_NETWORK": 24 + 16 * (slots - 1),
            "FLINK_TM_MANAGED": 64 + 64 * (slots - 1) + more / 4,
        },
    }))
}

/// The job's own settings, as `images/flink/README.md` has them.
fn job(site: &Site, own: &FlinkSettings) -> Result<Value> {
    let settings = &site.settings;
    let kafka = KafkaSettings::of(settings);
    let rules = rules(&settings.alerts);
    Ok(json!({
        "topic_prefix": kafka.topic_prefix,
        "bucket": minio::bucket(site),
        "model": settings.model.name,
        "score_bots": settings.model.score_bots,
        "alerts": rules,
        "parallelism": own.parallelism(),
        "hold_seconds": own.hold.as_secs(),
        "hold_rows": own.hold_rows,
        "dedupe_ttl_seconds": own.dedupe_window.as_secs(),
        "start_from": "committed",
    }))
}
