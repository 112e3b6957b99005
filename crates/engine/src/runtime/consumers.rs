//! Who reads what: the consumers of the pipeline, for retention and for the status.

use crate::consume::committed_offset;
use crate::log::{Log, LogError};
use crate::{alerting, archiver, classify, fact_archiver};
use wikisentry_core::topic::Topic;

/// Every consumer of the pipeline and what it reads.
pub(super) const CONSUMERS: [(&str, &[Topic]); 4] = [
    (classify::CONSUMER, &classify::INPUTS),
    (archiver::CONSUMER, &[Topic::EditsClassified]),
    (fact_archiver::CONSUMER, &[Topic::RevisionTags]),
    (alerting::CONSUMER, &[Topic::EditsClassified]),
];

/// The offset of `topic` before which every consumer has read; `None` if it has no consumer. One
/// that never committed has read nothing.
pub(super) fn read_by_all(log: &Log, topic: Topic) -> Result<Option<u64>, LogError> {
    let readers = CONSUMERS
        .iter()
        .filter(|(_, topics)| topics.contains(&topic));
    let read = readers.map(|(name, _)| committed_offset(log, name, topic));
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().min())
}
