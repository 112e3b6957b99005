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
            let found = tokio::try_join!(
                store.diff_buckets(&buckets),
                store.unlocked_buckets(&buckets),
                store.diff_users(&users)
            );
            let (buckets, unlocked, users) = found.map_err(advice::of(self.site))?;
            let buckets = buckets.into_iter().map(|bucket| noted(bucket, &unlocked));
            Ok(buckets.chain(users).collect())
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let store = client(self.site)?;
            on_work(Work::step("buckets"));
            let buckets = store.ensure_buckets(&access::buckets(self.site)).await;
            let buckets = buckets.map_err(advice::of(self.site))?;
            on_work(Work::step("users"));
            let users = store.ensure_users(&access::user_specs(self.site)).await;
            Ok([buckets, users.map_err(advice::of(self.site))?].concat())
        })
    }
}

/// Says it of a bucket that was made without object lock, which cannot be given to it.
fn noted(bucket: Change, unlocked: &[String]) -> Change {
    if !unlocked.contains(&bucket.name) {
        return bucket;
    }
    let note = "made without object lock, so that who may delete an object can remove all of its \
                versions; a new bucket has it, and begins empty: `--set minio.bucket=NAME`";
    let parts = [bucket.detail.as_str(), note];
    let detail = parts.into_iter().filter(|part| !part.is_empty());
    let detail = detail.collect::<Vec<_>>().join("; ");
    bucket.because(detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_driver::converge::Verb;

    #[test]
    fn a_bucket_without_object_lock_is_kept_with_a_note_of_what_to_do() {
        let kept = Change::new(Verb::Keep, "bucket", "lake");
        assert_eq!(noted(kept.clone(), &["other".to_owned()]), kept);
        let unlocked = ["lake".to_owned()];
        let note = noted(kept, &unlocked);
        assert_eq!(note.verb, Verb::Keep);
        assert!(note.detail.starts_with("made without object lock"));
        assert!(note.detail.contains("`--set minio.bucket=NAME`"));
        let changed = Change::new(Verb::Change, "bucket", "lake").because("versioning");
        let changed = noted(changed, &unlocked).detail;
        assert!(changed.starts_with("versioning; made without"), "{changed}");
    }
}
