//! What a component says of itself while it runs, for `status`.

use super::Site;
use crate::error::Result;
use futures_util::future::BoxFuture;
use wikisentry_engine::status::{
    BookmarkStatus, BucketStatus, ConnectorStatus, ConsumerStatus, JobStatus, ModelInUse, Problem,
    TopicStatus,
};

/// What was found; what a component does not have is empty.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Topics kept in it.
    pub topics: Vec<TopicStatus>,
    /// Consumers of these topics.
    pub consumers: Vec<ConsumerStatus>,
    /// Connectors that it runs.
    pub connectors: Vec<ConnectorStatus>,
    /// Buckets that it holds.
    pub buckets: Vec<BucketStatus>,
    /// The job that it runs.
    pub job: Option<JobStatus>,
    /// The model that it scores with.
    pub model: Option<ModelInUse>,
    /// Where the stream resumes, if it reads the feed.
    pub bookmark: Option<BookmarkStatus>,
    /// Holes in the source's offsets, if it reads the feed.
    pub gaps: Option<u64>,
    /// What is wrong, with what to do about it.
    pub problems: Vec<Problem>,
}

/// Looks at a component again and again.
pub trait Probe: Send {
    /// Its state now. Who asks sets a deadline, and does not ask what does not run.
    ///
    /// # Errors
    /// If it does not answer.
    fn look<'a>(&'a mut self, site: &'a Site) -> BoxFuture<'a, Result<Findings>>;
}

/// For a component of which nothing is known but its container.
pub(super) struct NoProbe;

impl Probe for NoProbe {
    fn look<'a>(&'a mut self, _: &'a Site) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(async { Ok(Findings::default()) })
    }
}
