//! What is asked for, and that everything sent arrives once, in order.

use super::server::{Server, Step, chunk, event, last_chunk, refusal, stream};
use super::{Consumer, PATIENCE, settings};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;
use wikisentry_core::bookmark::ResumeBy;
use wikisentry_engine::sse::{ConnectionError, FeedState, Frame, Message};

#[tokio::test]
async fn asks_for_the_streams_as_whom_and_from_where() {
    let mut server = Server::play(vec![vec![stream(), Step::Hang]]).await;
    let mut settings = settings(&server.url);
    settings.since = "2026-01-02T03:04:05Z".into();
    let mut consumer = Consumer::with(&settings);
    let status = consumer
        .status(|status| matches!(status.state, FeedState::Connected { .. }))
        .await;
    let request = server.requests.recv().await.unwrap();
    let path = "/v2/stream/recentchange,mediawiki.page_change.v1?since=2026-01-02T03%3A04%3A05Z";
    assert!(
        request
            .head
            .starts_with(&format!("GET {path} HTTP/1.1\r\n"))
    );
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert_eq!(request.header("last-event-id"), None);
    let agent = request.header("user-agent").unwrap();
    assert!(agent.contains("(me@example.org)"), "{agent}");
    assert_eq!((status.connections, status.failures), (1, 0));
}

#[tokio::test]
async fn events_split_over_chunks_arrive_whole() {
    let text: String = (1..=20).map(event).collect();
    let mut reply = vec![stream()];
    for part in text.as_bytes().chunks(7) {
        reply.extend([chunk(part), Step::Pause(Duration::from_millis(1))]);
    }
    reply.push(Step::Hang);
    let server = Server::play(vec![reply]).await;
    let expected: Vec<String> = (1..=20).map(|number| number.to_string()).collect();
    assert_eq!(Consumer::new(&server).events(20).await, expected);
}

#[tokio::test]
async fn an_event_cut_off_by_a_disconnect_is_asked_for_again() {
    let cut = &event(3)[..20];
    let mut server = Server::play(vec![
        vec![stream(), chunk(event(1) + &event(2) + cut)],
        vec![stream(), chunk(event(3)), last_chunk()],
        vec![stream(), chunk(event(4)), Step::Hang],
    ])
    .await;
    let mut consumer = Consumer::new(&server);
    assert_eq!(consumer.events(4).await, ["1", "2", "3", "4"]);
    for expected in [None, Some("2"), Some("3")] {
        let request = server.requests.recv().await.unwrap();
        assert_eq!(request.header("last-event-id"), expected);
    }
}

#[tokio::test]
async fn messages_tell_the_course_of_each_connection() {
    let server = Server::play(vec![vec![stream(), chunk(event(1)), last_chunk()]]).await;
    let mut consumer = Consumer::new(&server);
    let Message::Resume(request) = consumer.message().await else {
        panic!("first where to resume")
    };
    assert_eq!(request.by, ResumeBy::Offsets);
    request.answer(None);
    assert!(matches!(consumer.message().await, Message::Connected));
    assert!(matches!(consumer.message().await, Message::Frames(_)));
    let Message::Disconnected(error) = consumer.message().await else {
        panic!("then the end")
    };
    assert_eq!(error, ConnectionError::Closed);
    assert!(matches!(consumer.message().await, Message::Resume(_)));
    let status = consumer.feed.status.borrow().clone();
    assert_eq!((status.failures, status.last_error), (0, None));
}

#[tokio::test]
async fn compressed_events_arrive_before_the_stream_ends() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut reply = vec![Step::Send(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\
          Transfer-Encoding: chunked\r\n\r\n"
            .to_vec(),
    )];
    for number in 1..=3 {
        encoder.write_all(event(number).as_bytes()).unwrap();
        encoder.flush().unwrap();
        reply.extend([
            chunk(std::mem::take(encoder.get_mut())),
            Step::Pause(Duration::from_millis(20)),
        ]);
    }
    reply.push(Step::Hang);
    let server = Server::play(vec![reply]).await;
    let mut consumer = Consumer::new(&server);
    assert_eq!(consumer.events(3).await, ["1", "2", "3"]);
    let decompressed: u64 = (1..=3).map(|number| event(number).len() as u64).sum();
    assert_eq!(consumer.feed.status.borrow().bytes, decompressed);
}

#[tokio::test]
async fn oversized_events_are_reported_and_the_next_one_arrives() {
    let large = format!("id: 1\ndata: {}\n\n", "x".repeat(5000));
    let server = Server::play(vec![vec![stream(), chunk(large + &event(2)), Step::Hang]]).await;
    let mut consumer = Consumer::new(&server);
    let mut frames = Vec::new();
    while frames.len() < 2 {
        frames.extend(consumer.frames().await);
    }
    let Frame::Oversized(oversized) = &frames[0] else {
        panic!("{frames:?}")
    };
    assert_eq!((oversized.bytes, &oversized.id[..]), (5000, &b"1"[..]));
    assert!(matches!(&frames[1], Frame::Event(event) if event.data == "2"));
}

#[tokio::test]
async fn a_slow_consumer_stops_the_server_and_loses_nothing() {
    const EVENTS: usize = 60_000;
    let body: Vec<u8> = (0..EVENTS)
        .flat_map(|number| format!("id: {number}\ndata: {number:0800}\n\n").into_bytes())
        .collect();
    let size = body.len();
    let server = Server::play(vec![vec![stream(), chunk(body), Step::Hang]]).await;
    let mut consumer = Consumer::new(&server);
    consumer.resume().await.answer(None);

    let mut before = usize::MAX;
    let stuck_at = loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let sent = server.sent.load(Ordering::Relaxed);
        if sent == before && sent > 0 {
            break sent;
        }
        before = sent;
    };
    assert!(
        stuck_at < size / 2,
        "{stuck_at} of {size} bytes were read ahead"
    );

    let taken = consumer.events(EVENTS).await;
    for (number, data) in taken.iter().enumerate() {
        assert_eq!(data.parse(), Ok(number));
    }
}

#[tokio::test]
async fn where_to_resume_is_asked_after_every_earlier_frame() {
    let first: Vec<Step> = (1..=10).map(|number| chunk(event(number))).collect();
    let mut reply = vec![stream()];
    reply.extend(first);
    let mut server = Server::play(vec![reply]).await;
    let mut consumer = Consumer::new(&server);
    consumer.resume().await.answer(None);
    // By now the server is long gone; the frames still wait in the channel.
    while server.sent.load(Ordering::Relaxed) < 10 * event(1).len() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let request = consumer.resume().await;
    assert_eq!(consumer.last_id.as_deref(), Some("10"));
    request.answer(consumer.last_id.clone());
    server.requests.recv().await.unwrap();
    let second = server.requests.recv().await.unwrap();
    assert_eq!(second.header("last-event-id"), Some("10"));
}

#[tokio::test]
async fn a_redirect_to_another_port_of_this_machine_is_followed() {
    let target = Server::play(vec![vec![stream(), chunk(event(1)), Step::Hang]]).await;
    let port = target.url.port().unwrap();
    let there = format!("Location: http://127.0.0.1:{port}/x\r\n");
    let server = Server::play(vec![refusal("307 Temporary Redirect", &there, "")]).await;
    let mut consumer = Consumer::new(&server);
    assert_eq!(consumer.events(1).await, ["1"]);
}

#[tokio::test]
async fn stopping_ends_the_messages_wherever_the_client_is() {
    let connected = Server::play(vec![vec![stream(), chunk(event(1)), Step::Hang]]).await;
    let hanging = Server::play(vec![]).await;
    for (server, events) in [(&connected, 1), (&hanging, 0)] {
        let mut consumer = Consumer::new(server);
        consumer.events(events).await;
        consumer.stop.cancel();
        let task = tokio::time::timeout(PATIENCE, &mut consumer.feed.task).await;
        task.unwrap().unwrap();
        while let Some(message) = consumer.feed.messages.recv().await {
            assert!(matches!(message, Message::Resume(_)), "{message:?}");
        }
        assert_eq!(consumer.feed.status.borrow().state, FeedState::Stopped);
    }
}

#[tokio::test]
async fn a_consumer_that_gives_no_answer_stops_the_client() {
    let server = Server::play(vec![]).await;
    let mut consumer = Consumer::new(&server);
    drop(consumer.resume().await);
    assert!(consumer.feed.messages.recv().await.is_none());
}
