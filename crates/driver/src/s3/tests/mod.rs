//! The driver held to a real MinIO, whose address is in TEST_S3, with the root user's
//! keys in TEST_S3_USER and TEST_S3_PASSWORD.
#![allow(clippy::print_stdout, reason = "tests")]

mod buckets;
mod users;

use super::client::Request;
use super::{Credentials, S3, S3Error, UserSpec};
use reqwest::Method;
use std::time::Duration;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A store to test with, and what was made in it: removed with this, also on panic.
struct Store {
    s3: S3,
    url: Url,
    root: Credentials,
    buckets: Vec<String>,
    users: Vec<String>,
}

impl Store {
    /// `None`, and says so, if there is no store to test with.
    fn new() -> Option<Self> {
        let variable = |name| std::env::var(name).ok();
        let (Some(url), Some(user), Some(password)) = (
            variable("TEST_S3"),
            variable("TEST_S3_USER"),
            variable("TEST_S3_PASSWORD"),
        ) else {
            println!("not run: TEST_S3, _USER and _PASSWORD name no object store");
            return None;
        };
        let url: Url = url.parse().unwrap();
        let root = credentials(&user, &password);
        Some(Self {
            s3: connect(&url, root.clone()),
            url,
            root,
            buckets: Vec::new(),
            users: Vec::new(),
        })
    }

    fn as_user(&self, credentials: &Credentials) -> S3 {
        connect(&self.url, credentials.clone())
    }

    /// A name nobody else has, for a bucket.
    fn bucket(&mut self) -> String {
        let name = unused_name("bucket");
        self.buckets.push(name.clone());
        name
    }

    /// A name nobody else has, for a user.
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
        // Within a runtime none can be waited for.
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
        // Few tests write objects: only if it is not empty is it looked for them.
        if send(s3, Method::DELETE, &[bucket], &[], Vec::new())
            .await
            .is_err()
        {
            for number in 0..buckets::OBJECTS {
                let path = [bucket, buckets::FOLDER, &buckets::object(number)];
                let _ = send(s3, Method::DELETE, &path, &[], Vec::new()).await;
            }
        }
        let _ = send(s3, Method::DELETE, &[bucket], &[], Vec::new()).await;
    }
    for user in users {
        for (command, query) in [
            ("remove-user", "accessKey"),
            ("remove-canned-policy", "name"),
        ] {
            let path = ["minio", "admin", "v3", command];
            let query = [(query, user.as_str())];
            let _ = send(s3, Method::DELETE, &path, &query, Vec::new()).await;
        }
    }
}

async fn send(
    s3: &S3,
    method: Method,
    path: &[&str],
    query: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<(), S3Error> {
    let request = Request {
        what: "do this",
        method,
        path,
        query,
        body,
    };
    s3.send(request).await.map(|_| ())
}

fn connect(url: &Url, credentials: Credentials) -> S3 {
    S3::new(url.clone(), "us-east-1", credentials, TIMEOUT).unwrap()
}

fn credentials(access_key: &str, secret_key: &str) -> Credentials {
    Credentials {
        access_key: access_key.into(),
        secret_key: secret_key.into(),
    }
}

fn unused_name(what: &str) -> String {
    format!("test-{what}-{}", jiff::Timestamp::now().as_nanosecond())
}

#[tokio::test]
async fn wrong_keys_are_told_from_a_store_that_is_not_there() {
    let Some(store) = Store::new() else { return };
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

#[tokio::test]
async fn a_store_that_does_not_answer_is_named_with_the_reason() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let url: Url = format!("http://127.0.0.1:{port}").parse().unwrap();
    let s3 = connect(&url, credentials("user", "secret-key"));
    let error = s3.check().await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, S3Error::Unreachable { .. }), "{text}");
    assert!(
        text.contains(url.as_str()) && text.contains("refused"),
        "{text}"
    );
}
