//! A client of the replay server for its tests: plain sockets, HTTP/1.0 and a strict reader of
//! SSE frames, sharing no code with what it tests.
#![allow(dead_code, reason = "each test file uses a part of it")]

use bytes::BytesMut;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wikisentry_replay::{ReplayHandle, ReplayOptions, ReplaySource, serve};

/// A server that says nothing for this long has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// A frame, or a comment, as it came.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    Comment(String),
    Event { id: String, data: Vec<u8> },
}

pub struct Feed {
    pub status: u16,
    pub head: String,
    socket: TcpStream,
    unread: BytesMut,
}

pub async fn start(lines: &str, options: ReplayOptions) -> ReplayHandle {
    let source = ReplaySource::from_bytes("test", lines.as_bytes()).unwrap();
    serve(source, options).await.unwrap()
}

pub async fn start_sample(faults: &str, seed: u64) -> ReplayHandle {
    let faults = faults.parse().unwrap();
    let options = ReplayOptions {
        faults,
        seed,
        ..Default::default()
    };
    serve(ReplaySource::sample().unwrap(), options)
        .await
        .unwrap()
}

/// Asks for a path below `/v2/stream` with a User-Agent.
pub async fn get(server: &ReplayHandle, path: &str, headers: &[(&str, &str)]) -> Feed {
    let mut all = vec![("User-Agent", "tests (tests@example.org)")];
    all.extend(headers);
    get_bare(server.local_addr(), &format!("/v2/stream{path}"), &all).await
}

pub async fn get_bare(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Feed {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let mut request = format!("GET {path} HTTP/1.0\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += "\r\n";
    // A server that refuses early may close before it has read everything.
    let _ = socket.write_all(request.as_bytes()).await;
    let mut feed = Feed {
        status: 0,
        head: String::new(),
        socket,
        unread: BytesMut::new(),
    };
    let head = feed.until(b"\r\n\r\n").await.expect("a response head");
    feed.head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    feed.status = feed.head.split(' ').nth(1).unwrap().parse().unwrap();
    feed
}

impl Feed {
    async fn read(&mut self) -> bool {
        let read = self.socket.read_buf(&mut self.unread);
        let read = tokio::time::timeout(PATIENCE, read)
            .await
            .expect("the server hangs");
        matches!(read, Ok(bytes) if bytes > 0)
    }

    async fn until(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        let mut from = 0;
        loop {
            let found = memchr::memmem::find(&self.unread[from..], mark);
            if let Some(at) = found {
                let end = from + at + mark.len();
                return Some(self.unread.split_to(end).to_vec());
            }
            from = self.unread.len().saturating_sub(mark.len());
            if !self.read().await {
                return None;
            }
        }
    }

    /// The next frame; none if the connection ends before its blank line.
    pub async fn frame(&mut self) -> Option<Frame> {
        let frame = self.until(b"\n\n").await?;
        if let Some(comment) = frame.strip_prefix(b":") {
            return Some(Frame::Comment(
                String::from_utf8_lossy(comment).trim_end().to_owned(),
            ));
        }
        let mut lines = frame[..frame.len() - 2].split(|b| *b == b'\n');
        assert_eq!(lines.next().unwrap(), b"event: message");
        let id = lines.next().unwrap().strip_prefix(b"id: ").expect("an id");
        let data: Vec<&[u8]> = lines
            .map(|line| line.strip_prefix(b"data: ").expect("data"))
            .collect();
        assert!(!data.is_empty() && !data.concat().contains(&b'\r'));
        Some(Frame::Event {
            id: String::from_utf8(id.to_vec()).unwrap(),
            data: data.join(&b'\n'),
        })
    }

    /// The next event and its id, heartbeats skipped.
    pub async fn event(&mut self) -> Option<(String, Vec<u8>)> {
        loop {
            if let Frame::Event { id, data } = self.frame().await? {
                return Some((id, data));
            }
        }
    }

    /// Events up to the first heartbeat or the end of the connection.
    pub async fn events(&mut self) -> Vec<(String, Vec<u8>)> {
        let mut events = Vec::new();
        while let Some(frame) = self.frame().await {
            match frame {
                Frame::Event { id, data } => events.push((id, data)),
                Frame::Comment(text) if text == "heartbeat" => break,
                Frame::Comment(text) => assert_eq!(text, "ok"),
            }
        }
        events
    }

    /// All that is left, as it came.
    pub async fn rest(mut self) -> Vec<u8> {
        while self.read().await {}
        self.unread.to_vec()
    }
}

/// The positions in an id: topic to offset.
pub fn positions(id: &str) -> BTreeMap<String, i64> {
    let id: Vec<Value> = serde_json::from_str(id).unwrap();
    let position = |p: &Value| {
        assert_eq!(p["partition"], 0);
        (
            p["topic"].as_str().unwrap().to_owned(),
            p["offset"].as_i64().unwrap(),
        )
    };
    id.iter().map(position).collect()
}

/// What a client got that follows the ids through every cut until it has all it expects.
#[derive(Debug, Default)]
pub struct Followed {
    /// Payloads that were expected, by topic and offset.
    pub events: BTreeMap<(String, u64), Vec<u8>>,
    /// Expected payloads that came more often than once.
    pub repeated: u64,
    /// Everything else: canaries, garbage.
    pub others: Vec<Vec<u8>>,
    pub refused: Vec<u16>,
    pub connections: u64,
}

/// Follows streams, resuming at the last complete frame's id, until every event was received.
pub async fn follow(server: &ReplayHandle, streams: &str) -> Followed {
    let expected: BTreeMap<Vec<u8>, (String, u64)> = server
        .recording()
        .expected()
        .map(|e| (e.payload, (e.topic.to_owned(), e.offset)))
        .collect();
    let mut got = Followed::default();
    let mut last_id = String::new();
    while got.events.len() < expected.len() {
        let mut feed = get(
            server,
            &format!("/{streams}"),
            &[("Last-Event-ID", &last_id)],
        )
        .await;
        got.connections += 1;
        if feed.status != 200 {
            got.refused.push(feed.status);
            continue;
        }
        while got.events.len() < expected.len() {
            let Some((id, data)) = feed.event().await else {
                break;
            };
            last_id = id;
            match expected.get(&data) {
                Some(place) if got.events.insert(place.clone(), data.clone()).is_some() => {
                    got.repeated += 1;
                }
                Some(_) => {}
                None => got.others.push(data),
            }
        }
    }
    got
}
