//! Objects and bytes of buckets for `status`: counted as far as that is cheap, else what MinIO's
//! scanner found last.

use super::{S3, S3Error};
use serde::Deserialize;
use std::collections::HashMap;

/// Objects on a page of a listing: as many as S3 allows.
const PAGE: i32 = 1000;

/// What a bucket holds. Old versions do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketUsage {
    pub bucket: String,
    pub objects: u64,
    pub bytes: u64,
    /// Whether they were counted just now; else the store's own count, some minutes or hours
    /// old, or as many as were counted if that is more.
    pub exact: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScannerReport {
    /// Null after a start, until the scanner's first round ends.
    buckets_usage_info: Option<HashMap<String, ScannedBucket>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScannedBucket {
    #[serde(default)]
    size: u64,
    #[serde(default)]
    objects_count: u64,
}

impl S3 {
    /// What the buckets hold. Lists at most `max_pages` thousand objects of each.
    ///
    /// # Errors
    /// If the store cannot be asked, or a bucket is missing.
    pub async fn usage(
        &self,
        buckets: &[String],
        max_pages: u32,
    ) -> Result<Vec<BucketUsage>, S3Error> {
        let mut usages = Vec::new();
        for bucket in buckets {
            usages.push(self.count(bucket, max_pages, PAGE).await?);
        }
        if usages.iter().all(|usage| usage.exact) {
            return Ok(usages);
        }
        let asked = self.ask_admin("tell the sizes of buckets", "datausageinfo", &[]);
        let scanned: ScannerReport = match asked.await {
            // A store of others need not be MinIO, nor tell us.
            Err(S3Error::Refused { .. } | S3Error::Answer { .. }) => return Ok(usages),
            scanned => scanned?,
        };
        let scanned = scanned.buckets_usage_info.unwrap_or_default();
        for usage in usages.iter_mut().filter(|usage| !usage.exact) {
            if let Some(scanned) = scanned.get(&usage.bucket) {
                usage.objects = usage.objects.max(scanned.objects_count);
                usage.bytes = usage.bytes.max(scanned.size);
            }
        }
        Ok(usages)
    }

    pub(super) async fn count(
        &self,
        bucket: &str,
        max_pages: u32,
        page: i32,
    ) -> Result<BucketUsage, S3Error> {
        let what = format!("list bucket {bucket}");
        let mut usage = BucketUsage {
            bucket: bucket.to_owned(),
            objects: 0,
            bytes: 0,
            exact: false,
        };
        let mut token = None;
        for _ in 0..max_pages {
            let request = self.sdk.list_objects_v2().bucket(bucket).max_keys(page);
            let asked = request.set_continuation_token(token).send().await;
            let page = asked.map_err(self.failed(&what))?;
            let sizes = page.contents().iter().filter_map(|object| object.size());
            usage.objects += page.contents().len() as u64;
            usage.bytes += sizes.map(i64::unsigned_abs).sum::<u64>();
            token = page.next_continuation_token;
            if token.is_none() {
                usage.exact = true;
                break;
            }
        }
        Ok(usage)
    }
}

#[cfg(test)]
mod tests {
    use super::ScannerReport;

    #[test]
    fn a_store_that_has_not_scanned_yet_tells_no_sizes() {
        for text in ["{}", r#"{"bucketsUsageInfo":null}"#] {
            let scanned: ScannerReport = serde_json::from_str(text).unwrap();
            assert!(scanned.buckets_usage_info.is_none(), "{text}");
        }
        let text = r#"{"bucketsUsageInfo":{"lake":{"size":3,"objectsCount":2}}}"#;
        let scanned: ScannerReport = serde_json::from_str(text).unwrap();
        assert_eq!(scanned.buckets_usage_info.unwrap()["lake"].objects_count, 2);
    }
}
