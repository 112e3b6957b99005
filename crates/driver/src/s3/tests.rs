//! What only a real MinIO can tell and only the module's insides can bring about: objects to be
//! counted, users switched off. Addresses as in `tests/s3.rs`.
#![allow(clippy::print_stdout, reason = "tests")]

use super::client::Request;
use super::{BucketSpec, Credentials, S3, S3Action, S3Error, UserSpec};
use reqwest::Method;
use std::time::Duration;

fn store() -> Option<S3> {
    let variable = |name| std::env::var(name).ok();
    let (Some(url), Some(access_key), Some(secret_key)) = (
        variable("WIKISENTRY_TEST_S3"),
        variable("WIKISENTRY_TEST_S3_USER"),
        variable("WIKISENTRY_TEST_S3_PASSWORD"),
    ) else {
        println!("not run: WIKISENTRY_TEST_S3, _USER and _PASSWORD name no object store");
        return None;
    };
    let root = Credentials {
        access_key,
        secret_key,
    };
    let timeout = Duration::from_secs(20);
    Some(S3::new(url.parse().unwrap(), "us-east-1", root, timeout).unwrap())
}

async fn put(s3: &S3, path: &[&str], query: &[(&str, &str)], body: Vec<u8>) {
    let request = Request {
        what: "take this",
        method: Method::PUT,
        path,
        query,
        body,
    };
    s3.send(request).await.unwrap();
}

#[tokio::test]
async fn objects_are_counted_over_pages_and_by_the_scanner_beyond_the_bound() {
    let Some(s3) = store() else { return };
    let bucket = format!("test-usage-{}", jiff::Timestamp::now().as_nanosecond());
    let spec = BucketSpec {
        name: bucket.clone(),
        versioning: false,
        lifecycle: Vec::new(),
    };
    s3.ensure_buckets(&[spec]).await.unwrap();
    // One more than a page holds; the names hold what signatures and XML must encode.
    for number in 0..1001 {
        let name = format!("ä & <b>+{number}%.parquet");
        put(&s3, &[&bucket, "user_type=bot", &name], &[], vec![b'x'; 3]).await;
    }
    let names = [bucket];
    let counted = s3.usage(&names, 2).await.unwrap().remove(0);
    assert_eq!(
        (counted.objects, counted.bytes, counted.exact),
        (1001, 3003, true)
    );
    let bounded = s3.usage(&names, 1).await.unwrap().remove(0);
    assert!(!bounded.exact && bounded.objects >= 1000, "{bounded:?}");
}

#[tokio::test]
async fn a_user_switched_off_is_not_accepted_until_it_is_wanted_again() {
    let Some(s3) = store() else { return };
    let name = format!("test-off-{}", jiff::Timestamp::now().as_nanosecond());
    let spec = UserSpec {
        credentials: Credentials {
            access_key: name.clone(),
            secret_key: "some-secret".into(),
        },
        grants: vec![super::Grant {
            bucket: "nothing".into(),
            prefix: String::new(),
            access: super::Access::Read,
        }],
    };
    let wanted = std::slice::from_ref(&spec);
    s3.ensure_users(wanted).await.unwrap();
    let user = s3.as_user(spec.credentials.clone());
    user.check().await.unwrap();
    let path = ["minio", "admin", "v3", "set-user-status"];
    let query = [("accessKey", name.as_str()), ("status", "disabled")];
    put(&s3, &path, &query, Vec::new()).await;
    let off = user.check().await.unwrap_err();
    assert!(matches!(off, S3Error::Credentials { .. }), "{off}");
    let done = s3.ensure_users(wanted).await.unwrap().remove(0).action;
    assert_eq!(done, S3Action::Change(vec!["switched on"]));
    user.check().await.unwrap();
}
