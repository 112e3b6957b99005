//! What clients can and cannot do to a server: idle ones, slow ones, and those that never end.

use super::*;
use axum::body::Body;
use axum::routing::get;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
    /// Somebody has asked for `/waits`.
    begun: Arc<Notify>,
    /// Lets `/waits` be answered.
    go_on: Arc<Notify>,
}

async fn server(connections: usize, header_time: Duration) -> Server {
    let bounds = ConnectionLimits {
        connections,
        header_time,
        write_time: LONG,
    };
    bounded(bounds).await
}

/// A server that says `hello`; below `/waits`, once it may; below `/endless`, nothing for ever; and
/// below `/flood`, more than anybody reads.
async fn bounded(bounds: ConnectionLimits) -> Server {
    let endless =
        || async { Body::from_stream(futures_util::stream::pending::<io::Result<Bytes>>()) };
    let flood = || async {
        let piece = || Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 1 << 16]));
        Body::from_stream(futures_util::stream::repeat_with(piece))
    };
    let [begun, go_on] = [(); 2].map(|()| Arc::new(Notify::new()));
    let (asked, may) = (Arc::clone(&begun), Arc::clone(&go_on));
    let waits = || async move {
        asked.notify_one();
        may.notified().await;
        "at last"
    };
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/waits", get(waits))
        .route("/endless", get(endless))
        .route("/flood", get(flood));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(listener, router, bounds, stop.clone()));
    Server {
        address,
        stop,
        task,
        begun,
        go_on,
    }
}

const LONG: Duration = Duration::from_secs(3_600);

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.expect("connected")
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("sent");
}

/// What comes until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that is closed while it was written to ends with an error.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).expect("UTF-8")
}

/// What comes until the text has this in it.
async fn until(stream: &mut TcpStream, part: &str) -> String {
    let mut text = String::new();
    while !text.contains(part) {
        let mut piece = [0; 1_024];
        let count = stream.read(&mut piece).await.expect("read");
        assert!(count > 0, "closed after {text:?}");
        text.push_str(str::from_utf8(&piece[..count]).expect("UTF-8"));
    }
    text
}

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const ENDLESS: &str = "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let server = server(4, LONG).await;
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(connect(&server).await);
        let mut client = connect(&server).await;
        send(&mut client, GET).await;
        assert!(until(&mut client, "hello").await.contains("200 OK"));
    }
    // The first of them were closed.
    assert_eq!(rest(&mut idle[0]).await, "");
}

#[tokio::test]
async fn where_all_have_a_request_the_next_is_told_so() {
    let server = server(2, LONG).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&server).await;
        send(&mut stream, ENDLESS).await;
        until(&mut stream, "200 OK").await;
        streams.push(stream);
    }
    let refused = rest(&mut connect(&server).await).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("Retry-After: 1"));
    drop(streams.pop());
    // The server finds out when it looks next.
    answered(&server).await;
}

/// Asks until there is a seat.
async fn answered(server: &Server) {
    let asking = async {
        loop {
            let mut client = connect(server).await;
            let sent = client.write_all(GET.as_bytes()).await;
            if sent.is_ok() && rest_has(&mut client, "hello").await {
                break;
            }
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, asking)
        .await
        .expect("a seat");
}

#[tokio::test]
async fn who_does_not_read_what_was_asked_for_is_left() {
    let server = bounded(ConnectionLimits {
        connections: 1,
        header_time: LONG,
        write_time: Duration::from_millis(50),
    })
    .await;
    let mut stream = connect(&server).await;
    send(&mut stream, "GET /flood HTTP/1.1\r\nHost: x\r\n\r\n").await;
    until(&mut stream, "200 OK").await;
    answered(&server).await;
}

async fn rest_has(stream: &mut TcpStream, part: &str) -> bool {
    let mut piece = [0; 1_024];
    let mut text = Vec::new();
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        text.extend_from_slice(&piece[..count]);
        if String::from_utf8_lossy(&text).contains(part) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_header_that_does_not_end_is_not_waited_for() {
    let server = server(4, Duration::from_millis(50)).await;
    let mut slow = connect(&server).await;
    send(&mut slow, "GET / HTTP/1.1\r\nHost").await;
    rest(&mut slow).await;
    let mut silent = connect(&server).await;
    assert_eq!(rest(&mut silent).await, "");
    // Nor is the next request of a connection, while an answer may take its time.
    let patient = self::server(4, Duration::from_secs(1)).await;
    let mut kept = connect(&patient).await;
    send(&mut kept, GET).await;
    assert!(rest(&mut kept).await.ends_with("hello"));
}

#[tokio::test]
async fn answers_that_were_begun_are_ended_when_the_server_stops() {
    let server = server(4, LONG).await;
    let idle = connect(&server).await;
    let mut stream = connect(&server).await;
    send(&mut stream, "GET /waits HTTP/1.1\r\nHost: x\r\n\r\n").await;
    server.begun.notified().await;
    server.stop.cancel();
    // The one with an answer under way is waited for, and no other.
    server.go_on.notify_one();
    assert!(rest(&mut stream).await.ends_with("at last"));
    server.task.await.expect("it ended");
    drop(idle);
}
