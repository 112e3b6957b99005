//! Buckets and users of the object store, to be brought to their wanted state.

use super::{access, advice, client};
use crate::components::Site;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, OnWork, Work};
use wikisentry_driver::s3::{BucketSpec, UserSpec};

/// The buckets, then the users that may use them.
pub(super) struct Contents<'a> {
    pub(super) site: &'a Site,
}

impl Converge for Contents<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "buckets and users"
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["minio"]
    }

    fn deadline(&self) -> Option<Duration> {
        // Of each of the two.
        Some(self.site.settings.docker.deadline * 2)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            let buckets = access::buckets(self.site);
            let users = access::user_specs(self.site);
            if !has_needs {
                let buckets = buckets.iter().map(BucketSpec::creation);
                return Ok(buckets
                    .chain(users.iter().map(UserSpec::creation))
                    .collect());
            }
            let store = client(self.site)?;
            let found = tokio::try_join!(store.diff_buckets(&buckets), store.diff_users(&users));
            let (buckets, users) = found.map_err(advice::of)?;
            Ok([buckets, users].concat())
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let store = client(self.site)?;
            on_work(Work::step("buckets"));
            let buckets = store.ensure_buckets(&access::buckets(self.site)).await;
            let buckets = buckets.map_err(advice::of)?;
            on_work(Work::step("users"));
            let users = store.ensure_users(&access::user_specs(self.site)).await;
            Ok([buckets, users.map_err(advice::of)?].concat())
        })
    }
}
