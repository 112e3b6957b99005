//! The driver held to a real MinIO, whose address is in TEST_S3, with the root user's
//! keys in TEST_S3_USER and TEST_S3_PASSWORD.
#![allow(clippy::print_stdout, reason = "tests")]

mod buckets;
mod users;

use super::{Credentials, S3, S3Error, UserSpec};
use reqwest::Method;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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
        if s3.sdk.delete_bucket().bucket(bucket).send().await.is_err() {
            for number in 0..buckets::OBJECTS {
                let object = s3.sdk.delete_object().bucket(bucket);
                _ = object.key(buckets::object(number)).send().await;
            }
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

#[test]
fn a_secret_is_not_shown() {
    let keys = credentials("wikisentry", "wJalrXUtnFEMI");
    let s3 = connect(&"http://127.0.0.1:9".parse().unwrap(), keys.clone());
    assert!(!format!("{keys:?}{:?}{s3:?}", keys.for_sdk()).contains("wJalr"));
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

/// An address where every request gets this answer.
async fn stand_in(answer: &'static str) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            _ = stream.read(&mut request).await;
            _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://127.0.0.1:{port}").parse().unwrap()
}

#[tokio::test]
async fn what_is_no_object_store_is_told_by_its_answer() {
    let page = stand_in("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>hello").await;
    let s3 = connect(&page, credentials("user", "secret-key"));
    let error = s3.bucket_names().await.unwrap_err();
    assert!(matches!(error, S3Error::Answer { .. }), "{error:?}");
    let spec = UserSpec {
        credentials: credentials("other", "secret-key"),
        grants: Vec::new(),
    };
    let error = s3.diff_users(&[spec]).await.unwrap_err();
    assert!(matches!(error, S3Error::Answer { .. }), "{error:?}");

    let nothing = "HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n<html>no</html>";
    let s3 = connect(&stand_in(nothing).await, credentials("user", "secret-key"));
    let error = s3.usage(&["lake".to_owned()], 1).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("list bucket lake: 404: Not Found"), "{text}");
}

#[tokio::test]
async fn a_store_that_says_nothing_is_given_up_after_the_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let keys = credentials("user", "secret-key");
    let s3 = S3::new(
        url.parse().unwrap(),
        "us-east-1",
        keys,
        Duration::from_millis(200),
    );
    let begun = std::time::Instant::now();
    let error = s3.unwrap().check().await.unwrap_err();
    assert!(matches!(error, S3Error::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("timed out"), "{error}");
    assert!(begun.elapsed() < TIMEOUT, "it was asked again and again");
}
