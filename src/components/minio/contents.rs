//! Buckets and users of the object store, to be brought to their wanted state.

use super::{access, advice, client};
use crate::components::Site;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, OnWork, Work};
use wikisentry_driver::s3::{BucketSpec, UserSpec};

pub(super) struct Buckets<'a> {
    pub(super) site: &'a Site,
}

impl Converge for Buckets<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "buckets"
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["minio"]
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.site.settings.docker.deadline)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            let wanted = access::buckets(self.site);
            match has_needs {
                true => client(self.site)?.diff_buckets(&wanted).await,
                false => Ok(wanted.iter().map(BucketSpec::creation).collect()),
            }
            .map_err(advice::explained)
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            on_work(Work::step("buckets"));
            let (store, wanted) = (client(self.site)?, access::buckets(self.site));
            let done = store.ensure_buckets(&wanted).await;
            done.map_err(advice::explained)
        })
    }
}

pub(super) struct Users<'a> {
    pub(super) site: &'a Site,
}

impl Converge for Users<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "users"
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["minio"]
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.site.settings.docker.deadline)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            let wanted = access::user_specs(self.site);
            match has_needs {
                true => client(self.site)?.diff_users(&wanted).await,
                false => Ok(wanted.iter().map(UserSpec::creation).collect()),
            }
            .map_err(advice::explained)
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            on_work(Work::step("users"));
            let (store, wanted) = (client(self.site)?, access::user_specs(self.site));
            let done = store.ensure_users(&wanted).await;
            done.map_err(advice::explained)
        })
    }
}
