//! What the bucket holds, as `status` shows it.

use super::{advice, bucket, client};
use crate::components::{Findings, Probe, Site};
use crate::error::Result;
use futures_util::future::BoxFuture;
use wikisentry_driver::s3::BucketUsage;
use wikisentry_engine::status::BucketStatus;

/// A thousand objects each; beyond, the store's own count is taken.
const MAX_PAGES: u32 = 10;

pub(super) struct BucketProbe;

impl Probe for BucketProbe {
    fn look<'a>(&'a mut self, site: &'a Site) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(async move {
            let names = [bucket(site)];
            let found = client(site)?.usage(&names, MAX_PAGES).await;
            let found = found.map_err(advice::of(site))?;
            let bucket = |usage: BucketUsage| BucketStatus {
                name: usage.bucket,
                objects: usage.objects,
                bytes: usage.bytes,
                exact: usage.exact,
            };
            Ok(Findings {
                buckets: found.into_iter().map(bucket).collect(),
                ..Findings::default()
            })
        })
    }
}
