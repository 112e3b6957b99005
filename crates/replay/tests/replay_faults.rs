//! Each fault of the replay does what it says, follows from the seed, and never makes an event
//! unreachable for a client that resumes as it should.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod replay_client;

use replay_client::{Followed, follow, get, get_bare, positions, start_sample};
use serde_json::Value;
use std::time::{Duration, Instant};
use wikisentry_replay::{ReplayHandle, ReplayOptions, ReplaySource, serve};

const EVENTS: u64 = 4_231;

/// Lets a client follow the sample to its end and checks that nothing is missing.
async fn follow_sample(faults: &str, seed: u64) -> (Followed, ReplayHandle) {
    let server = start_sample(faults, seed).await;
    let followed = follow(&server, "recentchange").await;
    let expected: Vec<_> = server.recording().expected().map(|e| e.payload).collect();
    assert!(
        followed.events.values().eq(&expected),
        "{faults} seed {seed}"
    );
    (followed, server)
}

fn count(server: &ReplayHandle, fault: &str) -> u64 {
    server.served().faults[fault]
}

#[tokio::test]
async fn cut_connections_lose_nothing_and_repeat_nothing() {
    for fault in ["disconnect", "truncated"] {
        let (followed, server) = follow_sample(&format!("{fault}=0.01"), 1).await;
        assert_eq!(followed.connections, count(&server, fault) + 1);
        assert!(followed.connections > 10, "{}", followed.connections);
        assert_eq!((followed.repeated, followed.others.len()), (0, 0));
    }
}

#[tokio::test]
async fn a_connection_ends_both_cleanly_and_not() {
    let server = start_sample("disconnect=0.9", 1).await;
    let (mut clean, mut torn) = (0, 0);
    for _ in 0..40 {
        let mut socket = tokio::net::TcpStream::connect(server.local_addr())
            .await
            .unwrap();
        let request = b"GET /v2/stream/recentchange HTTP/1.1\r\nHost: t\r\nUser-Agent: t\r\n\
            Connection: close\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut socket, request)
            .await
            .unwrap();
        let mut body = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut body).await;
        if body.ends_with(b"\r\n0\r\n\r\n") {
            clean += 1
        } else {
            torn += 1
        }
    }
    assert!(clean > 5 && torn > 5, "{clean} clean, {torn} torn");
}

#[tokio::test]
async fn a_torn_frame_is_never_complete() {
    let server = start_sample("truncated=0.2", 5).await;
    for _ in 0..50 {
        let body = get(&server, "/recentchange", &[]).await.rest().await;
        let end = body.windows(2).rposition(|w| w == b"\n\n").unwrap() + 2;
        let torn = &body[end..];
        assert!(!torn.is_empty());
        let start = b"event: message\nid: ";
        let length = torn.len().min(start.len());
        assert_eq!(torn[..length], start[..length]);
    }
}

#[tokio::test]
async fn duplicates_come_within_fifty_events_and_leave_the_ids_safe() {
    let server = start_sample("duplicate=0.05", 2).await;
    let events = get(&server, "/recentchange", &[]).await.events().await;
    let duplicates = count(&server, "duplicate");
    assert!(duplicates > 100);
    assert_eq!(events.len() as u64, EVENTS + duplicates);
    let offsets: Vec<u64> = events.iter().map(|(_, data)| offset(data)).collect();
    let mut next = offsets[0];
    for (place, offset) in offsets.into_iter().enumerate() {
        let id = positions(&events[place].0)["eqiad.mediawiki.recentchange"] as u64;
        assert_eq!(id, offset + 1);
        if offset == next {
            next += 1;
        } else {
            assert!(
                offset < next && next - offset <= 52,
                "{offset} again at {next}"
            );
        }
    }
}

#[tokio::test]
async fn late_events_are_late_by_five_at_most_and_never_behind_an_id() {
    let server = start_sample("reorder=0.1", 3).await;
    let events = get(&server, "/recentchange", &[]).await.events().await;
    assert_eq!(events.len() as u64, EVENTS);
    let offsets: Vec<u64> = events.iter().map(|(_, data)| offset(data)).collect();
    let first = *offsets.iter().min().unwrap();
    let mut moved = 0;
    for (place, &offset) in offsets.iter().enumerate() {
        let home = (offset - first) as usize;
        assert!(home.abs_diff(place) <= 5, "{home} came at {place}");
        moved += u64::from(home < place);
        let id = positions(&events[place].0)["eqiad.mediawiki.recentchange"] as u64;
        let missing = offsets[place + 1..].iter().min();
        assert!(
            missing.is_none_or(|&missing| id <= missing),
            "{id} hides {missing:?}"
        );
    }
    assert!(moved > 200 && moved <= count(&server, "reorder"), "{moved}");
}

#[tokio::test]
async fn gaps_and_canaries_are_the_same_on_every_connection() {
    let server = start_sample("gap=0.05,canary=0.05", 4).await;
    let events = get(&server, "/recentchange", &[]).await.events().await;
    assert_eq!(
        get(&server, "/recentchange", &[]).await.events().await,
        events
    );
    let offsets: Vec<u64> = events.iter().map(|(_, data)| offset(data)).collect();
    let gaps = offsets
        .windows(2)
        .filter(|pair| pair[1] > pair[0] + 1)
        .count() as u64;
    assert!(
        offsets
            .windows(2)
            .all(|pair| (1..=11).contains(&(pair[1] - pair[0])))
    );
    assert!(
        gaps > 100 && count(&server, "gap") - gaps <= 1,
        "a gap before all is not seen"
    );
    let canaries = events
        .iter()
        .filter(|(_, data)| json(data)["meta"]["domain"] == "canary");
    let canaries = canaries.count() as u64;
    assert!(canaries > 100);
    assert_eq!(count(&server, "canary"), 2 * canaries);
    assert_eq!(events.len() as u64, EVENTS + canaries);
}

#[tokio::test]
async fn garbage_and_oversized_frames_are_extra() {
    let (followed, server) = follow_sample("garbage=0.05,oversized=0.002:1500000", 5).await;
    let (large, garbage): (Vec<_>, Vec<_>) = followed
        .others
        .iter()
        .partition(|data| data.len() == 1_500_000);
    assert!(large.len() > 2 && garbage.len() > 100);
    assert_eq!(large.len() as u64, count(&server, "oversized"));
    assert_eq!(garbage.len() as u64, count(&server, "garbage"));
    assert!(large.iter().all(|data| json(data)["comment"].is_string()));
    let invalid_utf8 = garbage
        .iter()
        .filter(|data| std::str::from_utf8(data).is_err())
        .count();
    let json = garbage
        .iter()
        .filter(|data| serde_json::from_slice::<Value>(data).is_ok())
        .count();
    assert!(invalid_utf8 > 10 && json > 10, "{invalid_utf8} {json}");
}

#[tokio::test]
async fn a_stall_is_silence_for_the_time_given() {
    let faults = "stall=1:300ms".parse().unwrap();
    let heartbeat = Duration::from_millis(20);
    let options = ReplayOptions {
        faults,
        heartbeat,
        ..Default::default()
    };
    let server = serve(ReplaySource::sample().unwrap(), options)
        .await
        .unwrap();
    let mut feed = get(&server, "/recentchange", &[]).await;
    feed.frame().await.unwrap();
    for _ in 0..2 {
        let started = Instant::now();
        let frame = feed.frame().await.unwrap();
        assert!(
            started.elapsed() >= Duration::from_millis(250),
            "{:?}",
            started.elapsed()
        );
        assert!(
            matches!(frame, replay_client::Frame::Event { .. }),
            "no heartbeat in a stall"
        );
    }
}

#[tokio::test]
async fn refusals_come_as_asked_for_and_at_most_three_in_a_row() {
    for (name, status) in [("429", 429), ("403", 403), ("503", 503)] {
        let server = start_sample(&format!("{name}=1"), 0).await;
        let mut statuses = Vec::new();
        for _ in 0..8 {
            let agent = [("User-Agent", "t")];
            let feed = get_bare(server.local_addr(), "/v2/stream/recentchange", &agent).await;
            assert_eq!(feed.head.contains("retry-after: 1"), feed.status == 429);
            statuses.push(feed.status);
        }
        assert_eq!(
            statuses,
            [status, status, status, 200, status, status, status, 200]
        );
        assert_eq!(count(&server, name), 6);
    }
}

#[tokio::test]
async fn with_every_fault_at_once_each_event_still_arrives() {
    let faults = "disconnect=0.01,truncated=0.01,duplicate=0.05,reorder=0.05,gap=0.02,\
        stall=0.001:5ms,429=0.1,403=0.1,503=0.1,garbage=0.02,oversized=0.0005,canary=0.02";
    for seed in 0..6 {
        let (followed, server) = follow_sample(faults, seed).await;
        let served = server.served();
        for (fault, committed) in &served.faults {
            assert!(
                *committed > 0 || *fault == "oversized",
                "no {fault} with seed {seed}"
            );
        }
        assert_eq!(served.connections, followed.connections);
    }
}

#[tokio::test]
async fn the_highest_probabilities_below_certainty_still_let_a_client_through() {
    let faults = "disconnect=0.5,truncated=0.5,reorder=0.9,429=0.9,503=0.9"
        .parse()
        .unwrap();
    let lines: Vec<String> = (0..60)
        .map(|n| format!(r#"{{"meta":{{"id":"{n}"}}}}"#))
        .collect();
    let options = ReplayOptions {
        faults,
        seed: 9,
        ..Default::default()
    };
    let server = replay_client::start(&lines.join("\n"), options).await;
    let followed = follow(&server, "recentchange").await;
    assert_eq!(followed.events.len(), 60);
    assert!(followed.refused.contains(&429) && followed.refused.contains(&503));
}

#[tokio::test]
async fn a_seed_brings_back_the_same_stream() {
    let faults = "duplicate=0.02,reorder=0.02,gap=0.02,garbage=0.02,canary=0.02,disconnect=0.001";
    let mut streams = Vec::new();
    for seed in [11, 11, 12] {
        let server = start_sample(faults, seed).await;
        let mut connections = Vec::new();
        for _ in 0..3 {
            connections.push(get(&server, "/recentchange", &[]).await.events().await);
        }
        assert_ne!(
            connections[0], connections[1],
            "each connection has its own faults"
        );
        streams.push(connections);
    }
    assert_eq!(streams[0], streams[1]);
    assert_ne!(streams[0], streams[2]);
}

fn json(data: &[u8]) -> Value {
    serde_json::from_slice(data).unwrap()
}

fn offset(data: &[u8]) -> u64 {
    json(data)["meta"]["offset"].as_u64().unwrap()
}
