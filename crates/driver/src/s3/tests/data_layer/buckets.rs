//! Buckets, and what is in them.

use super::{Store, unused_name};
use crate::converge::{Change, Verb};
use crate::s3::{BucketSpec, LifecycleRule};
use aws_sdk_s3::primitives::ByteStream;

pub(super) const OBJECTS: usize = 5;

/// A key with what signatures and XML must encode.
pub(super) fn object(number: usize) -> String {
    format!("user_type=bot/ä & <b>+{number}%.parquet")
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn buckets_are_created_changed_and_kept() {
    let mut store = Store::new();
    let s3 = store.s3.clone();
    let mut spec = BucketSpec {
        name: store.bucket(),
        versioning: true,
        lock: false,
        lifecycle: vec![
            LifecycleRule {
                id: "old-versions".into(),
                prefix: String::new(),
                expire_days: None,
                noncurrent_days: Some(7),
            },
            LifecycleRule {
                id: "staging".into(),
                prefix: "_staging/a&b/".into(),
                expire_days: Some(1),
                noncurrent_days: None,
            },
        ],
    };
    let name = spec.name.clone();
    let expected = |verb, detail: &str| Change::new(verb, "bucket", &name).because(detail);
    let change = async |spec: &BucketSpec| {
        let wanted = std::slice::from_ref(spec);
        let planned = s3.diff_buckets(wanted).await.unwrap().remove(0);
        let done = s3.ensure_buckets(wanted).await.unwrap().remove(0);
        assert_eq!(planned, done);
        done
    };
    assert_eq!(change(&spec).await, expected(Verb::Create, ""));
    assert_eq!(change(&spec).await, expected(Verb::Keep, ""));
    spec.lifecycle[1].expire_days = Some(2);
    assert_eq!(
        change(&spec).await,
        expected(Verb::Change, "lifecycle rules")
    );
    spec.lifecycle.clear();
    spec.versioning = false;
    assert_eq!(
        change(&spec).await,
        expected(Verb::Change, "versioning, lifecycle rules")
    );
    assert_eq!(change(&spec).await, expected(Verb::Keep, ""));

    // One that is there stays without object lock, and is named.
    let unlocked = async |spec: &BucketSpec| {
        let unlocked = s3.unlocked_buckets(std::slice::from_ref(spec)).await;
        unlocked.unwrap()
    };
    assert!(unlocked(&spec).await.is_empty(), "nobody wants it");
    spec.lock = true;
    assert_eq!(change(&spec).await, expected(Verb::Keep, ""));
    assert_eq!(unlocked(&spec).await, [spec.name.clone()]);
    let missing = BucketSpec {
        name: unused_name("missing"),
        ..spec.clone()
    };
    assert!(unlocked(&missing).await.is_empty(), "it will have it");

    let usage = s3.usage(&[spec.name.clone()], 1).await.unwrap();
    assert_eq!(
        (usage[0].objects, usage[0].bytes, usage[0].exact),
        (0, 0, true)
    );
    let missing = s3.usage(&[unused_name("missing")], 1).await.unwrap_err();
    assert!(missing.to_string().contains("NoSuchBucket"), "{missing}");
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn objects_are_counted_over_pages_and_by_the_scanner_beyond_the_bound() {
    let mut store = Store::new();
    let s3 = store.s3.clone();
    let bucket = store.bucket();
    let spec = BucketSpec {
        name: bucket.clone(),
        versioning: false,
        lock: false,
        lifecycle: Vec::new(),
    };
    s3.ensure_buckets(&[spec]).await.unwrap();
    for number in 0..OBJECTS {
        let written = s3.sdk.put_object().bucket(&bucket).key(object(number));
        let written = written.body(ByteStream::from_static(b"xxx"));
        written.send().await.unwrap();
    }
    let pages = async |count| s3.count(&bucket, count, 2).await.unwrap();
    let counted = pages(3).await;
    assert_eq!(
        (counted.objects, counted.bytes, counted.exact),
        (5, 15, true)
    );
    let bounded = pages(2).await;
    assert_eq!((bounded.objects, bounded.exact), (4, false));
    // The scanner may have been there or not.
    let scanned = s3
        .usage(std::slice::from_ref(&bucket), 0)
        .await
        .unwrap()
        .remove(0);
    assert!(!scanned.exact && scanned.objects <= 5, "{scanned:?}");
}
