//! The replay server keeps the protocol of EventStreams: frames, composition, resuming, refusals.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod replay_client;

use replay_client::{Frame, get, get_bare, positions, start, start_sample};
use serde_json::Value;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use wikisentry_replay::{FIRST_OFFSET, KafkaSse, Rate, ReplayOptions};

/// Three topics of two streams, taking turns, with a garbage line among them.
fn mixed() -> String {
    let line = |n: usize| match n % 5 {
        0 | 3 => format!(r#"{{"meta":{{"id":"{n}","dt":"{}"}},"n":{n}}}"#, time(n)),
        1 => format!(
            r#"{{"meta":{{"id":"{n}","dt":"{}","stream":"mediawiki.page_change.v1"}}}}"#,
            time(n)
        ),
        2 => format!(
            r#"{{"meta":{{"id":"{n}","dt":"{}","topic":"codfw.mediawiki.recentchange"}}}}"#,
            time(n)
        ),
        _ => format!("garbage {n}"),
    };
    (0..25).map(line).collect::<Vec<_>>().join("\n")
}

fn time(n: usize) -> String {
    format!("2026-09-17T03:42:{n:02}.500Z")
}

fn quick() -> ReplayOptions {
    ReplayOptions {
        heartbeat: Duration::from_millis(50),
        ..Default::default()
    }
}

async fn data(server: &wikisentry_replay::ReplayHandle, path: &str) -> Vec<Vec<u8>> {
    get(server, path, &[])
        .await
        .events()
        .await
        .into_iter()
        .map(|(_, data)| data)
        .collect()
}

#[tokio::test]
async fn the_whole_sample_comes_in_order_with_ids_one_beyond_each_offset() {
    let server = start_sample("", 0).await;
    let mut feed = get(&server, "/recentchange", &[]).await;
    assert_eq!(feed.status, 200);
    assert!(
        feed.head.contains("content-type: text/event-stream"),
        "{}",
        feed.head
    );
    assert_eq!(feed.frame().await, Some(Frame::Comment("ok".into())));
    for expected in server.recording().expected() {
        let (id, data) = feed.event().await.unwrap();
        assert_eq!(data, expected.payload);
        let event: Value = serde_json::from_slice(&data).unwrap();
        assert_eq!(event["meta"]["offset"], expected.offset);
        let dt: jiff::Timestamp = event["meta"]["dt"].as_str().unwrap().parse().unwrap();
        let eqiad = format!(
            r#"{{"topic":"eqiad.mediawiki.recentchange","partition":0,"offset":{},"timestamp":{}}}"#,
            expected.offset + 1,
            dt.as_millisecond()
        );
        let codfw = r#"{"topic":"codfw.mediawiki.recentchange","partition":0,"offset":-1}"#;
        assert_eq!(id, format!("[{eqiad},{codfw}]"));
    }
    server.finished().await;
    let served = server.served();
    assert_eq!((served.connections, served.events), (1, 4_231));
    let end = FIRST_OFFSET + 4_231;
    assert_eq!(served.next_offsets["eqiad.mediawiki.recentchange"], end);
    assert_eq!(
        server.recording().end_offsets()["eqiad.mediawiki.recentchange"],
        end
    );
}

#[tokio::test]
async fn resuming_after_any_event_brings_exactly_the_rest() {
    for repeat in [1, 2] {
        let faults = "gap=0.3,canary=0.3".parse().unwrap();
        let repeat = NonZeroU32::new(repeat).unwrap();
        let server = start(
            &mixed(),
            ReplayOptions {
                faults,
                repeat,
                seed: 3,
                ..quick()
            },
        )
        .await;
        for streams in ["/recentchange", "/recentchange,mediawiki.page_change.v1"] {
            let all = get(&server, streams, &[]).await.events().await;
            assert!(all.len() > 20 * repeat.get() as usize);
            for (cut, (id, _)) in all.iter().enumerate() {
                let rest = get(&server, streams, &[("Last-Event-ID", id)])
                    .await
                    .events()
                    .await;
                assert_eq!(rest, all[cut + 1..], "{streams} cut after {cut}, at {id}");
            }
        }
    }
}

/// Codfw has 5 events of recentchange, eqiad 15, and the second stream 5 in eqiad.
#[tokio::test]
async fn an_id_starts_as_kafkasse_does_and_each_point_can_be_switched() {
    let lenient = KafkaSse {
        latest: false,
        named_only: false,
        refuse_foreign: false,
        times: false,
    };
    let real = KafkaSse::default();
    let only = |point: fn(&mut KafkaSse)| {
        let mut kafkasse = lenient;
        point(&mut kafkasse);
        kafkasse
    };
    let named_only = only(|kafkasse| kafkasse.named_only = true);
    let latest = only(|kafkasse| kafkasse.latest = true);
    let refuse_foreign = only(|kafkasse| kafkasse.refuse_foreign = true);
    let eqiad = |rest: &str| {
        format!(r#"[{{"topic":"eqiad.mediawiki.recentchange","partition":0,{rest}}}]"#)
    };
    let now = time(10)
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond();
    let at_time = |millis: i64| eqiad(&format!(r#""timestamp":{millis}"#));
    let foreign = r#"[{"topic":"eqiad.mediawiki.page_change.v1","partition":0,"offset":1000000}]"#;
    for (kafkasse, id, events) in [
        (real, eqiad(r#""offset":1000000"#), Some(15)),
        (real, eqiad(r#""offset":1000005"#), Some(10)),
        (real, eqiad(r#""offset":-1"#), Some(0)),
        (real, eqiad(r#""offset":0"#), Some(0)),
        (real, eqiad(r#""offset":99999999999"#), Some(0)),
        (real, at_time(now), Some(9)),
        (real, at_time(now + 1), Some(8)),
        (
            real,
            eqiad(&format!(r#""offset":1000014,"timestamp":{now}"#)),
            Some(1),
        ),
        (real, foreign.to_owned(), None),
        (lenient, eqiad(r#""offset":1000005"#), Some(15)),
        (lenient, eqiad(r#""offset":-1"#), Some(20)),
        (lenient, eqiad(r#""offset":0"#), Some(20)),
        (lenient, eqiad(r#""offset":99999999999"#), Some(5)),
        (lenient, foreign.to_owned(), Some(20)),
        (named_only, eqiad(r#""offset":-1"#), Some(15)),
        (latest, eqiad(r#""offset":-1"#), Some(5)),
        (latest, eqiad(r#""offset":0"#), Some(5)),
        (refuse_foreign, foreign.to_owned(), None),
    ] {
        let options = ReplayOptions {
            kafkasse,
            ..quick()
        };
        let server = start(&mixed(), options).await;
        let headers = [("Last-Event-ID", id.as_str())];
        let mut feed = get(&server, "/recentchange", &headers).await;
        match events {
            Some(events) => {
                assert_eq!(feed.status, 200, "{kafkasse:?} {id}");
                assert_eq!(feed.events().await.len(), events, "{kafkasse:?} {id}");
            }
            None => assert_eq!(feed.status, 404, "{kafkasse:?} {id}"),
        }
    }
}

#[tokio::test]
async fn ids_by_time_name_the_millisecond_behind_an_event_and_offsets_of_what_was_silent() {
    let kafkasse = KafkaSse {
        times: true,
        ..KafkaSse::default()
    };
    let options = ReplayOptions {
        kafkasse,
        first_offset: 77,
        ..quick()
    };
    let server = start(&mixed(), options).await;
    let mut feed = get(&server, "/recentchange", &[]).await;
    let (id, data) = feed.event().await.unwrap();
    let event: Value = serde_json::from_slice(&data).unwrap();
    assert_eq!(event["meta"]["offset"], 77);
    let millis = time(0).parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let expected = format!(
        r#"[{{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":{}}},{{"topic":"codfw.mediawiki.recentchange","partition":0,"offset":77}}]"#,
        millis + 1
    );
    assert_eq!(id, expected);
    let rest = get(&server, "/recentchange", &[("Last-Event-ID", &id)])
        .await
        .events()
        .await;
    assert_eq!(rest.len(), 19);
}

#[tokio::test]
async fn streams_compose_and_only_what_was_asked_for_comes() {
    let server = start(&mixed(), quick()).await;
    assert_eq!(data(&server, "/recentchange").await.len(), 20);
    assert_eq!(data(&server, "/mediawiki.recentchange").await.len(), 20);
    assert_eq!(data(&server, "/mediawiki.page_change.v1").await.len(), 5);
    assert_eq!(
        data(&server, "/mediawiki.revision-tags-change").await.len(),
        0
    );
    let everything: Vec<_> = server.recording().expected().map(|e| e.payload).collect();
    for path in [
        "/recentchange,mediawiki.page_change.v1",
        "/mediawiki.page_change.v1%2Crecentchange",
    ] {
        assert_eq!(data(&server, path).await, everything);
    }
    let composed = "/recentchange,mediawiki.page_change.v1,mediawiki.page-move,recentchange";
    let (id, _) = get(&server, composed, &[])
        .await
        .events()
        .await
        .pop()
        .unwrap();
    let offsets: Vec<i64> = positions(&id).into_values().collect();
    // In order of names: codfw page-move, page_change, recentchange, then eqiad likewise.
    assert_eq!(offsets, [-1, -1, 1_000_005, -1, 1_000_005, 1_000_015]);
}

#[tokio::test]
async fn since_starts_at_the_first_event_of_that_time_or_later() {
    let server = start(&mixed(), quick()).await;
    let millis = time(20)
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond();
    for (since, events) in [
        ("2026-09-17T03:42:20.500Z", 4),
        ("2026-09-17T05:42:20.500%2B02:00", 4),
        ("2026-09-17T03:42:20.501Z", 3),
        ("1999-01-01T00:00:00Z", 20),
        ("2099-01-01T00:00:00Z", 0),
        (&millis.to_string(), 4),
    ] {
        let path = format!("/recentchange?since={since}");
        assert_eq!(data(&server, &path).await.len(), events, "{since}");
    }
    let id = r#"[{"topic":"eqiad.mediawiki.recentchange","partition":0,"offset":1000014}]"#;
    let both = "/recentchange?since=2099-01-01T00:00:00Z";
    let events = get(&server, both, &[("Last-Event-ID", id)])
        .await
        .events()
        .await;
    assert_eq!(events.len(), 1, "Last-Event-ID goes before since");
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_with_a_reason() {
    let server = start(&mixed(), quick()).await;
    let long = "x".repeat(100_000);
    let huge = "x".repeat(1_000_000);
    let deep = "[".repeat(50_000);
    let bad = "[{\"topic\":\"a\",\"partition\":0}]";
    for (path, id, status) in [
        ("/nonsense", "", 404),
        ("/recentchange,nonsense", "", 404),
        ("/,", "", 404),
        ("/recentchange/more", "", 404),
        ("/recentchange", "nonsense", 400),
        ("/recentchange", "[{\"topic\":7}]", 400),
        ("/recentchange", bad, 400),
        ("/recentchange", deep.as_str(), 400),
        ("/recentchange", long.as_str(), 400),
        ("/recentchange", huge.as_str(), 431),
        ("/recentchange?since=soon", "", 400),
        ("/recentchange?since=1&since=2", "", 400),
        ("/recentchange?since=%ff", "", 400),
    ] {
        let feed = get(&server, path, &[("Last-Event-ID", id)]).await;
        let shown = &id[..id.len().min(40)];
        assert_eq!(feed.status, status, "{path} {shown}");
    }
    let body = get(&server, "/nonsense", &[]).await.rest().await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["detail"], "nonsense is no stream");

    for headers in [&[][..], &[("User-Agent", "")], &[("User-Agent", "  ")]] {
        let feed = get_bare(server.local_addr(), "/v2/stream/recentchange", headers).await;
        assert_eq!(feed.status, 403);
        let text = String::from_utf8(feed.rest().await).unwrap();
        assert!(text.contains("contact"), "{text}");
    }
    assert_eq!(
        data(&server, "/recentchange").await.len(),
        20,
        "and still serves"
    );
    let list = get(&server, "", &[]).await.rest().await;
    let list: Value = serde_json::from_slice(&list).unwrap();
    assert_eq!(list["streams"]["mediawiki.page_change.v1"], 5);
}

#[tokio::test]
async fn lines_that_are_no_events_come_as_they_are() {
    let lines = "nonsense\n\0\x01: x\n {\"a\":\r1}\r\n:comment\n";
    let server = start(lines, quick()).await;
    let came = data(&server, "/recentchange").await;
    assert_eq!(
        came,
        [&b"nonsense"[..], b"\0\x01: x", b" {\"a\":\n1}", b":comment"]
    );
}

#[tokio::test]
async fn at_the_end_the_connection_stays_open_until_shutdown() {
    let server = start(&mixed(), quick()).await;
    assert!(!server.is_finished());
    let mut feed = get(&server, "/recentchange", &[]).await;
    assert_eq!(feed.events().await.len(), 20);
    assert!(server.is_finished());
    for _ in 0..3 {
        assert_eq!(feed.frame().await, Some(Frame::Comment("heartbeat".into())));
    }
    server.shutdown().await;
    while let Some(frame) = feed.frame().await {
        assert_eq!(frame, Frame::Comment("heartbeat".into()));
    }
}

#[tokio::test]
async fn events_come_no_faster_than_the_rate_and_heartbeats_fill_the_waits() {
    let options = ReplayOptions {
        rate: Rate::PerSecond(5.0),
        ..quick()
    };
    let server = start(&mixed(), options).await;
    let started = Instant::now();
    let mut feed = get(&server, "/recentchange", &[]).await;
    let (mut events, mut heartbeats) = (0, 0);
    while events < 4 {
        match feed.frame().await.unwrap() {
            Frame::Event { .. } => events += 1,
            Frame::Comment(text) => heartbeats += u32::from(text == "heartbeat"),
        }
    }
    assert!(
        started.elapsed() >= Duration::from_millis(590),
        "{:?}",
        started.elapsed()
    );
    assert!(heartbeats > 0);
}

#[tokio::test]
async fn gzip_is_for_those_who_accept_it_and_comes_event_by_event() {
    let options = ReplayOptions {
        gzip: true,
        ..Default::default()
    };
    let server = start(&mixed(), options).await;
    let plain = get(&server, "/recentchange", &[]).await;
    assert!(!plain.head.contains("content-encoding"), "{}", plain.head);
    let accept = [("User-Agent", "t"), ("Accept-Encoding", "br, gzip")];
    let feed = get_bare(server.local_addr(), "/v2/stream/recentchange", &accept).await;
    assert!(
        feed.head.contains("content-encoding: gzip"),
        "{}",
        feed.head
    );
    server.finished().await;
    server.shutdown().await;
    let packed = feed.rest().await;
    let mut plain = Vec::new();
    // The stream has no end, as a live one; all that came must still unpack.
    let _ = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut plain);
    assert_eq!(memchr::memmem::find_iter(&plain, b"\nid: [").count(), 20);
}

#[tokio::test]
async fn it_listens_where_it_is_told_and_says_how_to_get_there() {
    for (listen, host) in [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")] {
        let options = ReplayOptions {
            listen: listen.parse().unwrap(),
            ..quick()
        };
        let server = start(&mixed(), options).await;
        let address = server.local_addr();
        assert_eq!(address.ip().to_string(), listen);
        let url = format!("http://{host}:{}/v2/stream", address.port());
        assert_eq!(server.base_url().as_str(), url);
        assert_eq!(get(&server, "/recentchange", &[]).await.status, 200);
        // Linux has all of 127.0.0.0/8: another address there stands for another network.
        if cfg!(target_os = "linux") {
            let elsewhere = tokio::net::TcpStream::connect(("127.0.0.3", address.port())).await;
            assert_eq!(elsewhere.is_ok(), listen == "0.0.0.0", "{listen}");
        }
    }
}
