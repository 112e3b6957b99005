//! Buckets as they should be: made, versioned, cleaned by rules; never deleted.

use super::{LifecycleRule, S3, S3Error};
use crate::converge::{Change, Verb};
use aws_sdk_s3::types;

const VERSIONING: &str = "versioning";
const LIFECYCLE: &str = "lifecycle rules";

/// How a bucket should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name: 3 to 63 characters.
    pub name: String,
    /// Keep what is overwritten and deleted as old versions.
    pub versioning: bool,
    /// Made with object lock, without a time for which anything is kept: without the lock, MinIO's own
    /// header lets who may delete an object remove all of its versions. A bucket that is there without
    /// it stays so, as the store refuses to change that; [`S3::unlocked_buckets`] tells.
    pub lock: bool,
    /// All of its rules: others are removed.
    pub lifecycle: Vec<LifecycleRule>,
}

/// How a bucket differs from what is wanted, in words for people; none if it does not exist.
type Differences = Option<Vec<&'static str>>;

impl BucketSpec {
    /// What is done with it where it does not exist.
    pub fn creation(&self) -> Change {
        Change::new(Verb::Create, "bucket", &self.name)
    }
}

impl S3 {
    /// The names of all buckets this user may see.
    pub(super) async fn bucket_names(&self) -> Result<Vec<String>, S3Error> {
        let asked = self.sdk.list_buckets().send().await;
        let list = asked.map_err(self.failed("list buckets"))?;
        let names = list.buckets().iter().filter_map(types::Bucket::name);
        Ok(names.map(str::to_owned).collect())
    }

    /// What [`S3::ensure_buckets`] would do, in the order of `wanted`. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn diff_buckets(&self, wanted: &[BucketSpec]) -> Result<Vec<Change>, S3Error> {
        Ok(changes(wanted, &self.compare_buckets(wanted).await?))
    }

    /// Makes the buckets as wanted and returns what was done. Done twice, the second time
    /// changes nothing.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses a change. What was done before stays done.
    pub async fn ensure_buckets(&self, wanted: &[BucketSpec]) -> Result<Vec<Change>, S3Error> {
        let found = self.compare_buckets(wanted).await?;
        for (spec, differences) in wanted.iter().zip(&found) {
            let differences = match differences {
                Some(differences) => differences.clone(),
                None => {
                    self.create_bucket(spec).await?;
                    self.bucket_differences(spec).await?
                }
            };
            if differences.contains(&VERSIONING) {
                self.set_versioning(spec).await?;
            }
            if differences.contains(&LIFECYCLE) {
                self.set_lifecycle(spec).await?;
            }
        }
        Ok(changes(wanted, &found))
    }

    async fn compare_buckets(&self, wanted: &[BucketSpec]) -> Result<Vec<Differences>, S3Error> {
        let existing = self.bucket_names().await?;
        let mut found = Vec::new();
        for spec in wanted {
            found.push(if existing.contains(&spec.name) {
                Some(self.bucket_differences(spec).await?)
            } else {
                None
            });
        }
        Ok(found)
    }

    async fn bucket_differences(&self, spec: &BucketSpec) -> Result<Vec<&'static str>, S3Error> {
        let mut differences = Vec::new();
        if self.keeps_versions(&spec.name).await? != spec.versioning {
            differences.push(VERSIONING);
        }
        let mut wanted = spec.lifecycle.clone();
        wanted.sort();
        if self.lifecycle(&spec.name).await? != wanted {
            differences.push(LIFECYCLE);
        }
        Ok(differences)
    }

    /// Those that should be locked, exist and are not: they stay so.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn unlocked_buckets(&self, wanted: &[BucketSpec]) -> Result<Vec<String>, S3Error> {
        let existing = self.bucket_names().await?;
        let mut found = Vec::new();
        for spec in wanted.iter().filter(|spec| spec.lock) {
            if existing.contains(&spec.name) && !self.is_locked(&spec.name).await? {
                found.push(spec.name.clone());
            }
        }
        Ok(found)
    }

    async fn is_locked(&self, bucket: &str) -> Result<bool, S3Error> {
        let what = format!("tell whether bucket {bucket} has object lock");
        let asked = self.sdk.get_object_lock_configuration();
        match asked
            .bucket(bucket)
            .send()
            .await
            .map_err(self.failed(&what))
        {
            Ok(_) => Ok(true),
            Err(error) if error.is_code(&["ObjectLockConfigurationNotFoundError"]) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn keeps_versions(&self, bucket: &str) -> Result<bool, S3Error> {
        let what = format!("tell whether bucket {bucket} keeps versions");
        let asked = self.sdk.get_bucket_versioning().bucket(bucket).send().await;
        let versioning = asked.map_err(self.failed(&what))?;
        Ok(versioning.status() == Some(&types::BucketVersioningStatus::Enabled))
    }

    /// The rules that are in force, sorted.
    async fn lifecycle(&self, bucket: &str) -> Result<Vec<LifecycleRule>, S3Error> {
        let what = format!("tell the lifecycle rules of bucket {bucket}");
        let asked = self.sdk.get_bucket_lifecycle_configuration();
        let asked = asked.bucket(bucket).send().await;
        match asked.map_err(self.failed(&what)) {
            Ok(found) => {
                let rules = found.rules().iter().filter_map(LifecycleRule::of_sdk);
                let mut rules: Vec<_> = rules.collect();
                rules.sort();
                Ok(rules)
            }
            Err(error) if error.is_code(&["NoSuchLifecycleConfiguration"]) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn create_bucket(&self, spec: &BucketSpec) -> Result<(), S3Error> {
        let what = format!("create bucket {}", spec.name);
        let make = self.sdk.create_bucket().bucket(&spec.name);
        let make = make.object_lock_enabled_for_bucket(spec.lock);
        match make.send().await.map_err(self.failed(&what)) {
            // Another process created it first.
            Err(error) if error.is_code(&["BucketAlreadyOwnedByYou"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn set_versioning(&self, spec: &BucketSpec) -> Result<(), S3Error> {
        let what = format!("set the versioning of bucket {}", spec.name);
        let status = match spec.versioning {
            true => types::BucketVersioningStatus::Enabled,
            false => types::BucketVersioningStatus::Suspended,
        };
        let versioning = types::VersioningConfiguration::builder().status(status);
        let request = self.sdk.put_bucket_versioning().bucket(&spec.name);
        let request = request.versioning_configuration(versioning.build());
        request.send().await.map_err(self.failed(&what)).map(|_| ())
    }

    async fn set_lifecycle(&self, spec: &BucketSpec) -> Result<(), S3Error> {
        let what = format!("set the lifecycle rules of bucket {}", spec.name);
        if spec.lifecycle.is_empty() {
            let request = self.sdk.delete_bucket_lifecycle().bucket(&spec.name);
            return request.send().await.map_err(self.failed(&what)).map(|_| ());
        }
        let rules = spec.lifecycle.iter().map(LifecycleRule::to_sdk).collect();
        let rules = types::BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules))
            .build()
            .expect("a configuration needs its rules only, and has them");
        let request = self.sdk.put_bucket_lifecycle_configuration();
        let request = request.bucket(&spec.name).lifecycle_configuration(rules);
        request.send().await.map_err(self.failed(&what)).map(|_| ())
    }
}

fn changes(wanted: &[BucketSpec], found: &[Differences]) -> Vec<Change> {
    let pairs = wanted.iter().zip(found);
    pairs
        .map(|(spec, differences)| spec.creation().or_by(differences.as_deref()))
        .collect()
}
