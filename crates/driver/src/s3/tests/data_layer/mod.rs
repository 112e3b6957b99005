//! On a MinIO that runs, whose address is in TEST_S3, with the root user's keys in TEST_S3_USER and
//! TEST_S3_PASSWORD.

mod buckets;
mod users;
mod versions;

use super::{connect, credentials};
use crate::s3::{Credentials, S3, S3Error, UserSpec};
use reqwest::Method;
use url::Url;

/// A store to test with, and what was made in it: removed with this, also on panic.
struct Store {
    s3: S3,
    url: Url,
    root: Credentials,
    buckets: Vec<String>,
    users: Vec<String>,
}

impl Store {
    fn new() -> Self {
        let variable = |name| {
            let value = std::env::var(name);
            value.unwrap_or_else(|_| panic!("{name} is not set: scripts/check_data_layer.sh does"))
        };
        let url: Url = variable("TEST_S3").parse().unwrap();
        let root = credentials(&variable("TEST_S3_USER"), &variable("TEST_S3_PASSWORD"));
        Self {
            s3: connect(&url, root.clone()),
            url,
            root,
            buckets: Vec::new(),
            users: Vec::new(),
        }
    }

    fn as_user(&self, credentials: &Credentials) -> S3 {
        connect(&self.url, credentials.clone())
    }

    /// An unused name for a bucket.
    fn bucket(&mut self) -> String {
        let name = unused_name("bucket");
        self.buckets.push(name.clone());
        name
    }

    /// An unused name for a user.
    fn user(&mut self) -> String {
        let name = unused_name("user");
        self.users.push(name.clone());
        name
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Its own connections: those of the test are stuck while it waits here.
        let s3 = connect(&self.url, self.root.clone());
        let buckets = std::mem::take(&mut self.buckets);
        let users = std::mem::take(&mut self.users);
        // Within a runtime no other one can be waited for.
        let cleaned = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(clean(&s3, &buckets, &users));
            std::io::Result::Ok(())
        });
        cleaned.join().ok();
    }
}

/// Errors do not matter: not all of it was made.
async fn clean(s3: &S3, buckets: &[String], users: &[String]) {
    for bucket in buckets {
        // Few tests write objects: only a bucket that is not empty is searched for them.
        if s3.sdk.delete_bucket().bucket(bucket).send().await.is_err() {
            versions::remove_all(s3, bucket).await;
        }
        _ = s3.sdk.delete_bucket().bucket(bucket).send().await;
    }
    for user in users {
        for (command, query) in [
            ("remove-user", "accessKey"),
            ("remove-canned-policy", "name"),
        ] {
            let query = [(query, user.as_str())];
            let removed = s3.send_admin("do this", Method::DELETE, command, &query, Vec::new());
            _ = removed.await;
        }
    }
}

fn unused_name(what: &str) -> String {
    format!("test-{what}-{}", jiff::Timestamp::now().as_nanosecond())
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn wrong_keys_are_told_from_a_store_that_is_not_there() {
    let store = Store::new();
    let root = store.root.clone();
    for wrong in [
        credentials(&root.access_key, "not-the-password"),
        credentials("nobody-known", &root.secret_key),
    ] {
        let s3 = store.as_user(&wrong);
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
