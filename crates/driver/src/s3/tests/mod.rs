//! The driver held to a real MinIO, and to what is none.

mod data_layer;

use super::{Credentials, S3, S3Error, StoreAddress, UserSpec};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(20);

fn connect(url: &Url, credentials: Credentials) -> S3 {
    S3::new(&StoreAddress::own(url.clone()), credentials, TIMEOUT).unwrap()
}

fn credentials(access_key: &str, secret_key: &str) -> Credentials {
    Credentials {
        access_key: access_key.into(),
        secret_key: secret_key.into(),
    }
}

#[test]
fn a_secret_is_not_shown() {
    let keys = credentials("wikisentry", "wJalrXUtnFEMI");
    let s3 = connect(&"http://127.0.0.1:9".parse().unwrap(), keys.clone());
    assert!(!format!("{keys:?}{:?}{s3:?}", keys.for_sdk()).contains("wJalr"));
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
        &StoreAddress::own(url.parse().unwrap()),
        keys,
        Duration::from_millis(200),
    );
    let begun = std::time::Instant::now();
    let error = s3.unwrap().check().await.unwrap_err();
    assert!(matches!(error, S3Error::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("timed out"), "{error}");
    assert!(begun.elapsed() < TIMEOUT, "it was asked again and again");
}
