//! The Connect driver held to a real worker, and to none.
#![allow(clippy::unwrap_used, reason = "tests")]

mod data_layer;

use std::time::Duration;
use wikisentry_driver::Account;
use wikisentry_driver::connect::{Connect, ConnectError};

const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_worker_that_does_not_answer_is_named_with_the_reason() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = format!("http://127.0.0.1:{port}/");
    let account = Account {
        user: "any".to_owned(),
        password: "any".to_owned(),
    };
    let connect = Connect::new(url.parse().unwrap(), account, TIMEOUT).unwrap();
    let error = connect.status("any").await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{text}");
    assert!(text.contains(&url) && text.contains("refused"), "{text}");
}
