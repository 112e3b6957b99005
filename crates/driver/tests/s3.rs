//! The S3 driver held to a real MinIO, whose address is in WIKISENTRY_TEST_S3, with the root
//! user's keys in WIKISENTRY_TEST_S3_USER and WIKISENTRY_TEST_S3_PASSWORD.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::time::Duration;
use url::Url;
use wikisentry_driver::s3::{
    Access, BucketSpec, Credentials, Grant, LifecycleRule, S3, S3Action, S3Error, UserSpec,
};

const TIMEOUT: Duration = Duration::from_secs(20);

fn credentials(access_key: &str, secret_key: &str) -> Credentials {
    Credentials {
        access_key: access_key.into(),
        secret_key: secret_key.into(),
    }
}

/// The store and its address; `None`, and says so, if there is none to test with.
fn store() -> Option<(S3, Url, Credentials)> {
    let variable = |name| std::env::var(name).ok();
    let (Some(url), Some(user), Some(password)) = (
        variable("WIKISENTRY_TEST_S3"),
        variable("WIKISENTRY_TEST_S3_USER"),
        variable("WIKISENTRY_TEST_S3_PASSWORD"),
    ) else {
        println!("not run: WIKISENTRY_TEST_S3, _USER and _PASSWORD name no object store");
        return None;
    };
    let url: Url = url.parse().unwrap();
    let root = credentials(&user, &password);
    let s3 = S3::new(url.clone(), "us-east-1", root.clone(), TIMEOUT).unwrap();
    Some((s3, url, root))
}

/// A name nobody else has.
fn name(what: &str) -> String {
    format!("test-{what}-{}", jiff::Timestamp::now().as_nanosecond())
}

#[tokio::test]
async fn buckets_are_created_changed_and_kept() {
    let Some((s3, ..)) = store() else { return };
    let mut spec = BucketSpec {
        name: name("bucket"),
        versioning: true,
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
    let changed = |what: &[&'static str]| S3Action::Change(what.to_vec());
    let action = async |spec: &BucketSpec| {
        let wanted = std::slice::from_ref(spec);
        let planned = s3.diff_buckets(wanted).await.unwrap().remove(0).action;
        let done = s3.ensure_buckets(wanted).await.unwrap().remove(0).action;
        assert_eq!(planned, done);
        done
    };
    assert_eq!(action(&spec).await, S3Action::Create);
    assert_eq!(action(&spec).await, S3Action::Keep);
    spec.lifecycle[1].expire_days = Some(2);
    assert_eq!(action(&spec).await, changed(&["lifecycle rules"]));
    spec.lifecycle.clear();
    spec.versioning = false;
    assert_eq!(
        action(&spec).await,
        changed(&["versioning", "lifecycle rules"])
    );
    assert_eq!(action(&spec).await, S3Action::Keep);

    let usage = s3.usage(&[spec.name.clone()], 1).await.unwrap();
    assert_eq!(
        (usage[0].objects, usage[0].bytes, usage[0].exact),
        (0, 0, true)
    );
    let missing = s3.usage(&[name("missing")], 1).await.unwrap_err();
    assert!(missing.to_string().contains("NoSuchBucket"), "{missing}");
}

#[tokio::test]
async fn users_have_their_own_rights_and_no_others() {
    let Some((s3, url, _)) = store() else { return };
    let buckets = [name("mine"), name("other")];
    let specs = buckets.clone().map(|name| BucketSpec {
        name,
        versioning: false,
        lifecycle: Vec::new(),
    });
    s3.ensure_buckets(&specs).await.unwrap();
    let mut spec = UserSpec {
        credentials: credentials(&name("user"), "first-secret"),
        grants: vec![Grant {
            bucket: buckets[0].clone(),
            prefix: "edits/".into(),
            access: Access::ReadWrite,
        }],
    };
    let as_user = |spec: &UserSpec| {
        S3::new(url.clone(), "us-east-1", spec.credentials.clone(), TIMEOUT).unwrap()
    };
    let action = async |spec: &UserSpec| {
        let wanted = std::slice::from_ref(spec);
        let planned = s3.diff_users(wanted).await.unwrap().remove(0).action;
        let done = s3.ensure_users(wanted).await.unwrap().remove(0).action;
        assert_eq!(planned, done);
        done
    };
    assert_eq!(action(&spec).await, S3Action::Create);
    assert_eq!(action(&spec).await, S3Action::Keep);
    let user = as_user(&spec);
    user.check().await.unwrap();
    user.usage(&buckets[..1], 1).await.unwrap();
    let denied = user.usage(&buckets[1..], 1).await.unwrap_err();
    assert!(
        matches!(&denied, S3Error::Refused { code, .. } if code == "AccessDenied"),
        "{denied}"
    );
    let denied = user.ensure_buckets(&specs).await.unwrap_err();
    assert!(
        matches!(&denied, S3Error::Refused { code, .. } if code == "AccessDenied"),
        "{denied}"
    );

    spec.credentials.secret_key = "second-secret".into();
    assert_eq!(action(&spec).await, S3Action::Change(vec!["secret key"]));
    let old = user.check().await.unwrap_err();
    assert!(matches!(old, S3Error::Credentials { .. }), "{old}");
    as_user(&spec).check().await.unwrap();

    spec.grants[0].bucket = buckets[1].clone();
    assert_eq!(action(&spec).await, S3Action::Change(vec!["policy"]));
    let user = as_user(&spec);
    user.usage(&buckets[1..], 1).await.unwrap();
    user.usage(&buckets[..1], 1).await.unwrap_err();
    assert_eq!(action(&spec).await, S3Action::Keep);
}

#[tokio::test]
async fn wrong_keys_are_told_from_a_store_that_is_not_there() {
    let Some((_, url, root)) = store() else {
        return;
    };
    for wrong in [
        credentials(&root.access_key, "not-the-password"),
        credentials("nobody-known", &root.secret_key),
    ] {
        let s3 = S3::new(url.clone(), "us-east-1", wrong, TIMEOUT).unwrap();
        for error in [
            s3.check().await.unwrap_err(),
            s3.diff_users(&[UserSpec {
                credentials: root.clone(),
                grants: Vec::new(),
            }])
            .await
            .unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(matches!(error, S3Error::Credentials { .. }), "{text}");
            assert!(!text.contains("not-the-password") && !text.contains(&root.secret_key));
        }
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_named_with_the_reason() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let url: Url = format!("http://127.0.0.1:{port}").parse().unwrap();
    let s3 = S3::new(
        url.clone(),
        "us-east-1",
        credentials("user", "secret-key"),
        TIMEOUT,
    );
    let error = s3.unwrap().check().await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, S3Error::Unreachable { .. }), "{text}");
    assert!(
        text.contains(url.as_str()) && text.contains("refused"),
        "{text}"
    );
}
