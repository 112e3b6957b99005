//! A server that plays a script, byte by byte: one reply a connection, then silence.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use url::Url;

pub const STREAM: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

/// What the server does next on a connection. When a reply is through, the socket is closed.
pub enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Neither sends nor closes.
    Hang,
}

/// A request as it came.
pub struct Request {
    /// Request line and headers, names in lower case.
    pub head: String,
    pub at: Instant,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
    }
}

pub struct Server {
    pub url: Url,
    pub requests: mpsc::UnboundedReceiver<Request>,
    /// Bytes that the sockets have taken.
    pub sent: Arc<AtomicUsize>,
}

impl Server {
    pub async fn play(replies: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (taken, requests) = mpsc::unbounded_channel();
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        tokio::spawn(async move {
            let mut replies = replies.into_iter();
            while let Ok((socket, _)) = listener.accept().await {
                let reply = replies.next().unwrap_or_else(|| vec![Step::Hang]);
                tokio::spawn(answer(socket, reply, taken.clone(), Arc::clone(&counter)));
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}/v2/stream")
                .parse()
                .unwrap(),
            requests,
            sent,
        }
    }
}

async fn answer(
    mut socket: TcpStream,
    reply: Vec<Step>,
    taken: mpsc::UnboundedSender<Request>,
    sent: Arc<AtomicUsize>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let at = Instant::now();
    let head = String::from_utf8(head).unwrap();
    // A test that has seen enough does not read the requests any more.
    let _ = taken.send(Request { head, at });
    for step in reply {
        match step {
            Step::Send(bytes) => {
                for part in bytes.chunks(64 * 1024) {
                    if socket.write_all(part).await.is_err() {
                        return;
                    }
                    sent.fetch_add(part.len(), Ordering::Relaxed);
                }
            }
            Step::Pause(pause) => tokio::time::sleep(pause).await,
            Step::Hang => std::future::pending().await,
        }
    }
}

pub fn chunk(data: impl AsRef<[u8]>) -> Step {
    let data = data.as_ref();
    let mut bytes = format!("{:x}\r\n", data.len()).into_bytes();
    bytes.extend_from_slice(data);
    bytes.extend_from_slice(b"\r\n");
    Step::Send(bytes)
}

/// The end of a response in good order.
pub fn last_chunk() -> Step {
    Step::Send(b"0\r\n\r\n".to_vec())
}

pub fn stream() -> Step {
    Step::Send(STREAM.to_vec())
}

/// A whole response that is no stream.
pub fn refusal(status: &str, headers: &str, body: &str) -> Vec<Step> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    vec![Step::Send(head.into_bytes())]
}

/// An event whose id and data are its number.
pub fn event(number: usize) -> String {
    format!("event: message\nid: {number}\ndata: {number}\n\n")
}
