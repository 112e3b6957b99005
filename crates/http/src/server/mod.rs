//! The server of our HTTP/1 endpoints: a bounded number of connections, each with a bounded time for
//! its next request. Routes, and how long a body may take, are the caller's business.

mod seats;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use seats::{Busy, Seat, Seats};
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

/// After an error that is no connection's, such as no free descriptor.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the last bytes of an answer may take when a connection gives way to another.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// What a connection gets that finds no seat; nobody has to read it.
const NO_SEAT: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
                         Connection: close\r\nContent-Length: 0\r\n\r\n";

/// How much a server takes from its clients.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Connections at a time. A further one takes the seat of the one that has waited longest without
    /// a request; if all have one, it is answered 503 and closed.
    pub connections: usize,
    /// How long a connection may take for the header of a request, and be silent between two.
    pub header_time: Duration,
    /// How long a client may leave what it asked for unread.
    pub write_time: Duration,
}

impl Default for ConnectionLimits {
    /// For endpoints of one machine or network.
    fn default() -> Self {
        Self {
            connections: 256,
            header_time: Duration::from_secs(10),
            write_time: Duration::from_secs(60),
        }
    }
}

/// Answers until told to stop, and then until the answers that were begun are out. Dropping the future
/// closes all connections.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: ConnectionLimits,
    stop: CancellationToken,
) {
    let seats = Arc::new(Seats::new(bounds.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
            // Takes those that ended out of the set.
            Some(_) = connections.join_next() => continue,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) if is_of_connection(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        match seats.take() {
            Some(seat) => {
                let answered = answer(stream, seat, router.clone(), bounds, stop.clone());
                connections.spawn(answered);
            }
            // Nothing was written yet, so there is room for this.
            None => drop(stream.try_write(NO_SEAT)),
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Whether a connection ended before it was accepted.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// Answers the requests of one connection.
async fn answer(
    stream: TcpStream,
    seat: Arc<Seat>,
    router: Router,
    bounds: ConnectionLimits,
    stop: CancellationToken,
) {
    let router = TowerToHyperService::new(router);
    let of = Arc::clone(&seat);
    let service = service_fn(move |request: Request<Incoming>| {
        let busy = of.begin();
        let answer = router.call(request);
        async move {
            let answer: Result<Response<Body>, Infallible> = answer.await;
            answer.map(|answer| answer.map(|body| Answer { body, _busy: busy }))
        }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write_time));
    let stream = TokioIo::new(Box::pin(stream));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_time)
        .serve_connection(stream, service);
    tokio::pin!(connection);
    tokio::select! {
        // What goes wrong here is the client's business.
        _ = connection.as_mut() => return,
        () = seat.given_away() => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let gave_way = async {
        seat.given_away().await;
        tokio::time::sleep(LAST_BYTES).await;
    };
    tokio::select! {
        _ = connection => {}
        () = gave_way => {}
    }
}

/// An answer on its way; its connection is busy until all of it is handed over, if not sent.
struct Answer {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
