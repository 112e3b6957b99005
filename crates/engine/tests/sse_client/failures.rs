//! How the client comes back from silence, refusals and servers that are gone.

use super::server::{Server, Step, chunk, event, last_chunk, refusal, stream};
use super::{Consumer, settings};
use std::time::Duration;
use wikisentry_core::bookmark::{Resume, ResumeBy};
use wikisentry_core::time::EventTime;
use wikisentry_engine::sse::{ConnectionError, FeedState, FeedStatus, Message};

#[tokio::test]
async fn a_silent_connection_is_replaced_and_resumed() {
    let mut server = Server::play(vec![
        vec![stream(), chunk(event(1)), Step::Hang],
        vec![stream(), chunk(event(2)), Step::Hang],
    ])
    .await;
    let mut settings = settings(&server.url);
    settings.heartbeat_timeout = Duration::from_millis(200);
    let mut consumer = Consumer::with(&settings);
    assert_eq!(consumer.events(2).await, ["1", "2"]);
    assert_eq!(
        server
            .requests
            .recv()
            .await
            .unwrap()
            .header("last-event-id"),
        None
    );
    let second = server.requests.recv().await.unwrap();
    assert_eq!(second.header("last-event-id"), Some("1"));
}

#[tokio::test]
async fn heartbeats_keep_a_connection_without_events_alive() {
    let mut reply = vec![stream()];
    for _ in 0..20 {
        reply.extend([
            chunk(":heartbeat\n\n"),
            Step::Pause(Duration::from_millis(100)),
        ]);
    }
    reply.extend([chunk(event(1)), Step::Hang]);
    let server = Server::play(vec![reply]).await;
    let mut settings = settings(&server.url);
    settings.heartbeat_timeout = Duration::from_millis(1500);
    let mut consumer = Consumer::with(&settings);
    assert_eq!(consumer.events(1).await, ["1"]);
    assert_eq!(consumer.feed.status.borrow().connections, 1);
}

#[tokio::test]
async fn a_server_that_accepts_but_never_answers_is_unreachable() {
    let server = Server::play(vec![]).await;
    let mut settings = settings(&server.url);
    settings.heartbeat_timeout = Duration::from_millis(50);
    let mut consumer = Consumer::with(&settings);
    let status = consumer.status(|status| status.failures >= 3).await;
    assert!(status.unreachable_since.is_some());
    assert!(status.last_error.unwrap().contains("50ms"));
    assert_eq!(status.connections, 0);
}

#[tokio::test]
async fn without_a_server_it_keeps_trying_and_says_since_when() {
    let server = Server::play(vec![]).await;
    let mut nobody = settings(&server.url);
    nobody.url.set_port(Some(1)).unwrap();
    let mut consumer = Consumer::with(&nobody);
    let first = consumer.status(|status| status.failures == 1).await;
    let later = consumer
        .status(|status| status.failures >= 4 && matches!(status.state, FeedState::Waiting { .. }))
        .await;
    assert_eq!(later.unreachable_since, first.unreachable_since);
    let FeedState::Waiting {
        attempt, reason, ..
    } = later.state
    else {
        panic!("{later:?}")
    };
    assert_eq!(u64::from(attempt), later.failures);
    assert!(reason.contains("no connection"), "{reason}");
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_again_and_recovery_is_noticed() {
    let server = Server::play(vec![
        refusal("503 Service Unavailable", "", "overloaded"),
        refusal("500 Internal Server Error", "", ""),
        refusal(
            "200 OK",
            "Content-Type: text/html\r\n",
            "<p>log in first</p>",
        ),
        vec![],
        vec![Step::Send(b"garbage\r\n\r\n".to_vec())],
        vec![stream(), last_chunk()],
        vec![stream(), chunk(event(1)), Step::Hang],
    ])
    .await;
    let mut consumer = Consumer::new(&server);
    let mut seen = vec![];
    while seen.len() < 6 {
        let known = seen.len() as u64;
        let status = consumer.status(|status| status.failures > known).await;
        assert_eq!(status.failures, known + 1);
        assert!(status.unreachable_since.is_some());
        seen.push(status.last_error.unwrap());
    }
    for (error, part) in seen.iter().zip([
        "503 Service Unavailable: overloaded",
        "500 Internal Server Error",
        "\"text/html\" instead of text/event-stream",
        "no connection",
        "no connection",
        "closed the connection",
    ]) {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(consumer.events(1).await, ["1"]);
    assert_eq!(consumer.feed.status.borrow().unreachable_since, None);
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_left_alone_for_as_long() {
    let retry = "Retry-After: 1\r\n";
    let mut server = Server::play(vec![
        refusal("429 Too Many Requests", retry, "slow down"),
        vec![
            stream(),
            chunk("retry: 700\n\n"),
            chunk(event(1)),
            last_chunk(),
        ],
        vec![stream(), chunk(event(2)), Step::Hang],
    ])
    .await;
    let mut consumer = Consumer::new(&server);
    assert_eq!(consumer.events(2).await, ["1", "2"]);
    let mut requests = vec![];
    for _ in 0..3 {
        requests.push(server.requests.recv().await.unwrap().at);
    }
    assert!(
        requests[1] - requests[0] >= Duration::from_secs(1),
        "Retry-After"
    );
    assert!(
        requests[2] - requests[1] >= Duration::from_millis(700),
        "retry:"
    );
}

#[tokio::test]
async fn a_client_the_server_does_not_want_is_told_why() {
    let body = "<h1>Set a\n  User-Agent</h1>";
    let server = Server::play(vec![
        refusal("403 Forbidden", "", body),
        vec![stream(), chunk(event(1)), Step::Hang],
    ])
    .await;
    let mut consumer = Consumer::new(&server);
    let forbidden = |state: &FeedState| matches!(state, FeedState::Forbidden { .. });
    let status = consumer.status(|status| forbidden(&status.state)).await;
    let FeedState::Forbidden { body, .. } = status.state else {
        panic!("{status:?}")
    };
    assert_eq!(body, "<h1>Set a User-Agent</h1>");
    assert_eq!(consumer.events(1).await, ["1"]);
}

#[tokio::test]
async fn an_unknown_stream_is_rejected_and_asked_for_again_slowly() {
    let server = Server::play(vec![
        refusal("404 Not Found", "", "no such stream"),
        refusal("204 No Content", "", ""),
        vec![stream(), chunk(event(1)), Step::Hang],
    ])
    .await;
    let mut consumer = Consumer::new(&server);
    for part in ["404 Not Found: no such stream", "204 No Content"] {
        let rejected = |state: &FeedState| matches!(state, FeedState::Rejected { reason, .. } if reason.contains(part));
        consumer.status(|status| rejected(&status.state)).await;
    }
    assert_eq!(consumer.events(1).await, ["1"]);
}

#[tokio::test]
async fn a_refused_bookmark_is_replaced_by_times_and_then_by_a_time() {
    let bad = || refusal("400 Bad Request", "", "invalid Last-Event-ID");
    let large = refusal("431 Request Header Fields Too Large", "", "");
    let mut server = Server::play(vec![
        bad(),
        large,
        vec![stream(), chunk(event(1)), last_chunk()],
    ])
    .await;
    let mut consumer = Consumer::new(&server);
    let since = EventTime::from_millis(1_700_000_000_000).unwrap();
    for (by, answer) in [
        (ResumeBy::Offsets, Resume::At("offsets".to_owned())),
        (ResumeBy::Times, Resume::At("times".to_owned())),
        (ResumeBy::Since, Resume::Since(since)),
        (ResumeBy::Offsets, Resume::At("1".to_owned())),
    ] {
        let request = consumer.resume().await;
        assert_eq!(request.by, by, "before {answer:?}");
        request.answer(answer.clone());
        let sent = server.requests.recv().await.unwrap();
        match answer {
            Resume::At(id) => assert_eq!(sent.header("last-event-id"), Some(id.as_str())),
            _ => assert_eq!(sent.header("last-event-id"), None),
        }
    }
    assert_eq!(consumer.feed.status.borrow().bookmark_fallbacks, 2);
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_chunk_says_so() {
    let broken = Step::Send(b"ff\r\ndata: 1\n".to_vec());
    let server = Server::play(vec![vec![stream(), broken]]).await;
    let mut consumer = Consumer::new(&server);
    consumer.resume().await.answer(None::<String>);
    assert!(matches!(consumer.message().await, Message::Connected));
    let Message::Disconnected(ConnectionError::Broken(reason)) = consumer.message().await else {
        panic!("no break noticed")
    };
    assert!(!reason.is_empty());
}

fn redirect(to: &str) -> Vec<Step> {
    refusal("307 Temporary Redirect", &format!("Location: {to}\r\n"), "")
}

#[tokio::test]
async fn a_redirect_to_another_port_is_followed_with_the_place_to_resume_at() {
    let mut there = Server::play(vec![vec![stream(), chunk(event(1)), Step::Hang]]).await;
    let elsewhere = there.url.join("/elsewhere").unwrap();
    let mut here = Server::play(vec![redirect(elsewhere.as_str())]).await;
    let mut settings = settings(&here.url);
    settings.url.set_username("me").unwrap();
    settings.url.set_password(Some("secret")).unwrap();
    let mut consumer = Consumer::with(&settings);
    consumer.resume().await.answer(Some("[7]".to_owned()));
    assert_eq!(consumer.frames().await.len(), 1);
    let first = here.requests.recv().await.unwrap();
    let second = there.requests.recv().await.unwrap();
    assert!(first.header("authorization").is_some());
    assert!(
        second.head.starts_with("GET /elsewhere "),
        "{}",
        second.head
    );
    for request in [&first, &second] {
        assert_eq!(request.header("last-event-id"), Some("[7]"));
        assert!(
            request
                .header("user-agent")
                .unwrap()
                .contains("me@example.org")
        );
    }
    // It is another server: what was meant for the first one stays there.
    assert_eq!(second.header("authorization"), None, "{}", second.head);
    assert_eq!(second.header("referer"), None, "{}", second.head);
}

#[tokio::test]
async fn a_password_is_sent_and_not_told() {
    let mut server = Server::play(vec![vec![stream(), chunk(event(1)), Step::Hang]]).await;
    let mut settings = settings(&server.url);
    settings.url.set_username("me").unwrap();
    settings.url.set_password(Some("secret")).unwrap();
    let mut consumer = Consumer::with(&settings);
    let connected = |status: &FeedStatus| matches!(status.state, FeedState::Connected { .. });
    let status = format!("{:?}", consumer.status(connected).await);
    assert!(
        status.contains("http://me:***@") && !status.contains("secret"),
        "{status}"
    );
    let request = server.requests.recv().await.unwrap();
    // `me:secret` in base64.
    assert_eq!(request.header("authorization"), Some("Basic bWU6c2VjcmV0"));
}

/// The reason of a rejection that names all of these.
async fn rejected(consumer: &mut Consumer, parts: &[&str]) {
    let is_told = |status: &FeedStatus| match &status.state {
        FeedState::Rejected { reason, .. } => parts.iter().all(|part| reason.contains(part)),
        _ => false,
    };
    consumer.status(is_told).await;
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_says_where_it_leads_and_why() {
    let away = "http://example.org/v2/stream?x";
    let server = Server::play(vec![redirect(away)]).await;
    let mut consumer = Consumer::new(&server);
    rejected(&mut consumer, &["307", "example.org", "plain http"]).await;
}

#[tokio::test]
async fn redirects_that_go_round_come_to_an_end() {
    let mut server = Server::play((0..20).map(|_| redirect("/v2/stream/x")).collect()).await;
    let mut consumer = Consumer::new(&server);
    rejected(&mut consumer, &["one redirect leads to the next"]).await;
    let mut asked = 0;
    while server.requests.try_recv().is_ok() {
        asked += 1;
    }
    assert_eq!(asked, 6);
}
