//! A broker that does not answer is reported with the reason.

use std::ops::ControlFlow;
use std::time::Duration;
use wikisentry_driver::kafka::{Kafka, ReadRequest, ReadStart};

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_does_not_answer_is_named_with_the_reason() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let address = format!("127.0.0.1:{port}");
    let kafka = Kafka::new(&address, Duration::from_secs(1));
    let read = ReadRequest {
        topic: "edits".into(),
        start: ReadStart::End,
        floor: None,
        follow: true,
        max: None,
    };
    let errors = [
        kafka.diff_topics(&[]).await.unwrap_err(),
        kafka.topics(&["edits".into()]).await.unwrap_err(),
        kafka
            .read(&read, |_| ControlFlow::Continue(()))
            .unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains(&address), "{text}");
        assert!(text.contains("Connection refused"), "{text}");
    }
}
