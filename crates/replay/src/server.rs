//! The HTTP side: the route, what is refused and how, and the handle on a running server.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use super::faults::Fault;
use super::recording::Recording;
use super::service::Service;
use super::source::ReplaySource;
use super::{ReplayError, ReplayOptions};

/// Open connections have this long to end when the server is shut down.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

/// What was sent so far, over all connections.
#[derive(Debug)]
pub(super) struct Counters {
    connections: AtomicU64,
    events: AtomicU64,
    faults: [AtomicU64; Fault::ALL.len()],
    /// By topic: the offset after the highest sent, 0 for none.
    next: Vec<AtomicU64>,
    finished: watch::Sender<bool>,
}

impl Counters {
    pub(super) fn new(recording: &Recording) -> Self {
        let counters = Self {
            connections: AtomicU64::new(0),
            events: AtomicU64::new(0),
            faults: Default::default(),
            next: recording
                .topics()
                .iter()
                .map(|_| AtomicU64::new(0))
                .collect(),
            finished: watch::Sender::new(false),
        };
        counters.faults[Fault::Gap.index()].store(recording.gaps(), Relaxed);
        counters
    }

    /// The number of a new connection, from 1.
    pub(super) fn connect(&self) -> u64 {
        self.connections.fetch_add(1, Relaxed) + 1
    }

    pub(super) fn count(&self, fault: Fault) {
        self.faults[fault.index()].fetch_add(1, Relaxed);
    }

    pub(super) fn sent(&self, topic: usize, offset: u64) {
        self.events.fetch_add(1, Relaxed);
        self.next[topic].fetch_max(offset + 1, Relaxed);
    }

    pub(super) fn finish(&self) {
        self.finished.send_replace(true);
    }
}

/// What a server has sent so far, over all connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Requests for streams that were well formed, refused by a fault or not.
    pub connections: u64,
    /// Event frames: repetitions and canaries count, garbage does not.
    pub events: u64,
    /// By topic that had an event sent: the offset after the highest.
    pub next_offsets: BTreeMap<String, u64>,
    /// How often each fault was committed. Gaps are those of the whole recording.
    pub faults: BTreeMap<&'static str, u64>,
}

/// Starts to serve a recording, on the loopback address unless told otherwise. It ends with the handle.
pub async fn serve(
    source: ReplaySource,
    options: ReplayOptions,
) -> Result<ReplayHandle, ReplayError> {
    let address = SocketAddr::new(options.listen, options.port);
    let listen = |cause| ReplayError::Listen { address, cause };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let recording = Arc::new(Recording::new(&source, &options));
    drop(source);
    let counters = Arc::new(Counters::new(&recording));
    let stop = CancellationToken::new();
    let service = Service::new(recording.clone(), counters.clone(), options, stop.clone());
    let server = axum::serve(listener, service.router())
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let task = tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the replay server failed");
        }
    });
    Ok(ReplayHandle {
        address,
        recording,
        counters,
        task,
        stop: stop.drop_guard(),
    })
}

/// A running replay server. Dropping it stops the server.
#[derive(Debug)]
pub struct ReplayHandle {
    address: SocketAddr,
    recording: Arc<Recording>,
    counters: Arc<Counters>,
    task: JoinHandle<()>,
    stop: DropGuard,
}

impl ReplayHandle {
    /// Where the server listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What to set `source.url` to on this machine: `http://127.0.0.1:PORT/v2/stream`, or the
    /// address listened on if that is a single other one.
    pub fn base_url(&self) -> Url {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let text = format!("http://{address}/v2/stream");
        text.parse().expect("an address and a fixed path are a URL")
    }

    /// What is served.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What was sent so far. Sent is not received: a cut may lose what was on its way.
    pub fn served(&self) -> Served {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        let topics = self.recording.topics().iter().zip(&self.counters.next);
        Served {
            connections: read(&self.counters.connections),
            events: read(&self.counters.events),
            next_offsets: topics
                .map(|(topic, next)| (topic.name.clone(), read(next)))
                .filter(|(_, next)| *next > 0)
                .collect(),
            faults: Fault::ALL
                .into_iter()
                .map(|fault| (fault.name(), read(&self.counters.faults[fault.index()])))
                .collect(),
        }
    }

    /// Whether some connection was served to the end of the recording, for its streams.
    pub fn is_finished(&self) -> bool {
        *self.counters.finished.borrow()
    }

    /// Waits until [`is_finished`](Self::is_finished).
    pub async fn finished(&self) {
        let mut finished = self.counters.finished.subscribe();
        // The sender lives as long as this handle.
        let _ = finished.wait_for(|finished| *finished).await;
    }

    /// Ends all connections and the server.
    pub async fn shutdown(mut self) {
        drop(self.stop);
        // A client that does not read keeps its connection busy; the task goes without it.
        if tokio::time::timeout(SHUTDOWN_TIME, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}
