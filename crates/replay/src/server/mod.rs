//! The server: its parts, and the handle on one that runs.

mod body;
mod chance;
mod counters;
mod delivery;
mod faults;
mod noise;
mod options;
mod recording;
mod service;
mod slots;
mod start;
mod template;

#[cfg(test)]
mod tests;

pub use counters::Served;
pub use faults::{Fault, Faults, FaultsError};
pub use options::{FIRST_OFFSET, KafkaSse, Rate, RateError, ReplayOptions};
pub use recording::{ExpectedEvent, Recording};

use crate::error::ReplayError;
use crate::source::ReplaySource;
use counters::SentCounters;
use service::Service;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;
use wikisentry_http::ConnectionLimits;

/// Open connections have this long to end when the server is shut down.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

/// Starts to serve a recording, on the loopback address unless told otherwise. It ends with the handle.
pub async fn serve(
    source: ReplaySource,
    options: ReplayOptions,
) -> Result<ReplayHandle, ReplayError> {
    let address = SocketAddr::new(options.listen, options.port);
    let listen = |cause| ReplayError::Listen { address, cause };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let recording = Arc::new(Recording::new(source, &options));
    let counters = Arc::new(SentCounters::new(&recording));
    let stop = CancellationToken::new();
    let service = Service {
        recording: recording.clone(),
        counters: counters.clone(),
        options,
        stop: stop.clone(),
        refused_in_row: Mutex::default(),
    };
    let bounds = ConnectionLimits::default();
    let server = wikisentry_http::serve(listener, service.router(), bounds, stop.clone());
    let task = tokio::spawn(server);
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
    counters: Arc<SentCounters>,
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

    /// The events with their offsets, as every client must get them.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What was sent so far. Sent is not received: a cut may lose what was on its way.
    pub fn served(&self) -> Served {
        self.counters.served(&self.recording)
    }

    /// Whether some connection was served to the end of the recording, for its streams.
    pub fn is_finished(&self) -> bool {
        *self.counters.finished.borrow()
    }

    /// Waits until some connection was served to the end; see [`is_finished`](Self::is_finished).
    pub async fn finished(&self) {
        // The sender lives as long as this handle.
        let _ = self.counters.finished.subscribe().wait_for(|is| *is).await;
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
