//! Buckets as they should be: made, versioned, cleaned by rules; never deleted.

use super::client::Request;
use super::{LifecycleRule, S3, S3Error, lifecycle};
use crate::converge::{Change, Verb};
use reqwest::Method;
use serde::Deserialize;

const VERSIONING: &str = "versioning";
const LIFECYCLE: &str = "lifecycle rules";

/// How a bucket should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name: 3 to 63 characters.
    pub name: String,
    /// Keep what is overwritten and deleted as old versions.
    pub versioning: bool,
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

    fn change(&self, differences: &Differences) -> Change {
        match differences {
            None => self.creation(),
            Some(differences) => Change::of_differences("bucket", &self.name, differences),
        }
    }
}

impl S3 {
    /// The names of all buckets this user may see.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn bucket_names(&self) -> Result<Vec<String>, S3Error> {
        let what = "list buckets";
        let answer = self.get(what, &[], &[]).await?;
        let list: BucketList = from_xml(what, &answer)?;
        Ok(list
            .buckets
            .bucket
            .into_iter()
            .map(|one| one.name)
            .collect())
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
                    self.create_bucket(&spec.name).await?;
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
        let what = format!("tell whether bucket {} keeps versions", spec.name);
        let answer = self
            .get(&what, &[&spec.name], &[("versioning", "")])
            .await?;
        let versioning: Versioning = from_xml(&what, &answer)?;
        if (versioning.status.as_deref() == Some("Enabled")) != spec.versioning {
            differences.push(VERSIONING);
        }
        let what = format!("tell the lifecycle rules of bucket {}", spec.name);
        let rules = match self.get(&what, &[&spec.name], &[("lifecycle", "")]).await {
            Ok(xml) => lifecycle::from_xml(&xml).map_err(|error| S3Error::answer(&what, error))?,
            Err(error) if error.is_code(&["NoSuchLifecycleConfiguration"]) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut wanted = spec.lifecycle.clone();
        wanted.sort();
        if rules != wanted {
            differences.push(LIFECYCLE);
        }
        Ok(differences)
    }

    async fn create_bucket(&self, name: &str) -> Result<(), S3Error> {
        let made = self
            .put(
                &format!("create bucket {name}"),
                &[name],
                &[],
                String::new(),
            )
            .await;
        match made {
            // Somebody else was quicker.
            Err(error) if error.is_code(&["BucketAlreadyOwnedByYou"]) => Ok(()),
            other => other,
        }
    }

    async fn set_versioning(&self, spec: &BucketSpec) -> Result<(), S3Error> {
        let status = if spec.versioning {
            "Enabled"
        } else {
            "Suspended"
        };
        let body =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let what = format!("set the versioning of bucket {}", spec.name);
        self.put(&what, &[&spec.name], &[("versioning", "")], body)
            .await
    }

    async fn set_lifecycle(&self, spec: &BucketSpec) -> Result<(), S3Error> {
        let what = format!("set the lifecycle rules of bucket {}", spec.name);
        let query = [("lifecycle", "")];
        if spec.lifecycle.is_empty() {
            let request = Request {
                what: &what,
                method: Method::DELETE,
                path: &[&spec.name],
                query: &query,
                body: Vec::new(),
            };
            return self.send(request).await.map(|_| ());
        }
        let body = lifecycle::to_xml(&spec.lifecycle);
        self.put(&what, &[&spec.name], &query, body).await
    }

    pub(super) async fn get(
        &self,
        what: &str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<String, S3Error> {
        let request = Request {
            what,
            method: Method::GET,
            path,
            query,
            body: Vec::new(),
        };
        let answer = self.send(request).await?;
        String::from_utf8(answer).map_err(|error| S3Error::answer(what, error))
    }

    async fn put(
        &self,
        what: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: String,
    ) -> Result<(), S3Error> {
        let request = Request {
            what,
            method: Method::PUT,
            path,
            query,
            body: body.into_bytes(),
        };
        self.send(request).await.map(|_| ())
    }
}

fn changes(wanted: &[BucketSpec], found: &[Differences]) -> Vec<Change> {
    let pairs = wanted.iter().zip(found);
    pairs
        .map(|(spec, differences)| spec.change(differences))
        .collect()
}

pub(super) fn from_xml<'de, T: Deserialize<'de>>(what: &str, xml: &'de str) -> Result<T, S3Error> {
    quick_xml::de::from_str(xml).map_err(|error| S3Error::answer(what, error))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BucketList {
    buckets: Buckets,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Buckets {
    #[serde(default)]
    bucket: Vec<Bucket>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioning {
    status: Option<String>,
}
