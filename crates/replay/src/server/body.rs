//! The body of a response: chunks of frames at the rate asked for, heartbeats in between, and
//! the silences and cuts that the delivery orders.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::counters::SentCounters;
use super::delivery::{Delivery, DeliveryStep};
use super::options::{Rate, ReplayOptions};

/// A chunk is sent once it has this many bytes: one frame each would cost a system call each.
const CHUNK: usize = 64 << 10;
/// Room for the frame that exceeds a chunk.
const SPARE: usize = 8 << 10;
/// What was sent before a cut has this long to leave; without it the server might drop it.
const BEFORE_CUT: Duration = Duration::from_millis(5);

/// What is left of a connection.
pub(super) struct EventBody {
    delivery: Delivery,
    counters: Arc<SentCounters>,
    stop: CancellationToken,
    rate: Rate,
    heartbeat: Duration,
    gzip: Option<GzEncoder<Vec<u8>>>,
    started: Instant,
    sent: u64,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Opening,
    Sending,
    /// Do this before anything else is sent.
    Ordered(DeliveryStep),
    Quiet,
}

impl EventBody {
    pub(super) fn new(
        delivery: Delivery,
        counters: Arc<SentCounters>,
        stop: CancellationToken,
        options: &ReplayOptions,
        gzip: bool,
    ) -> Self {
        Self {
            delivery,
            counters,
            stop,
            rate: options.rate,
            heartbeat: options.heartbeat,
            gzip: gzip.then(|| GzEncoder::new(Vec::new(), Compression::fast())),
            started: Instant::now(),
            sent: 0,
            state: State::Opening,
        }
    }

    /// The chunks, until the client goes, the connection is cut or the server stops.
    pub(super) fn into_stream(
        self,
    ) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static {
        futures_util::stream::unfold(self, |mut body| async move {
            let stop = body.stop.clone();
            let chunk = stop.run_until_cancelled(body.next()).await??;
            Some((chunk.and_then(|plain| body.encode(plain)), body))
        })
    }

    async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            match self.state {
                State::Opening => {
                    self.state = State::Sending;
                    return Some(Ok(b":ok\n\n".to_vec()));
                }
                State::Ordered(DeliveryStep::Stall) => {
                    tokio::time::sleep(self.delivery.stall()).await;
                    self.state = State::Sending;
                }
                State::Ordered(DeliveryStep::Cut { cleanly }) => {
                    tokio::time::sleep(BEFORE_CUT).await;
                    let error = io::Error::from(io::ErrorKind::ConnectionReset);
                    return (!cleanly).then_some(Err(error));
                }
                State::Ordered(DeliveryStep::Event) => self.state = State::Sending,
                State::Ordered(DeliveryStep::End) => {
                    self.counters.finished.send_replace(true);
                    self.state = State::Quiet;
                }
                State::Quiet => {
                    tokio::time::sleep(self.heartbeat).await;
                    return Some(Ok(heartbeat()));
                }
                State::Sending => {
                    let quota = self.quota();
                    if quota == 0 {
                        let due = self.due();
                        let beat = Instant::now() + self.heartbeat;
                        tokio::time::sleep_until(due.min(beat)).await;
                        if beat < due {
                            return Some(Ok(heartbeat()));
                        }
                        continue;
                    }
                    let chunk = self.fill(quota);
                    if !chunk.is_empty() {
                        return Some(Ok(chunk));
                    }
                }
            }
        }
    }

    fn fill(&mut self, quota: u64) -> Vec<u8> {
        let mut chunk = Vec::with_capacity(if quota > 32 { CHUNK + SPARE } else { SPARE });
        let end = self.sent.saturating_add(quota);
        while chunk.len() < CHUNK && self.sent < end {
            match self.delivery.step(&mut chunk) {
                DeliveryStep::Event => self.sent += 1,
                order => {
                    self.state = State::Ordered(order);
                    break;
                }
            }
        }
        chunk
    }

    /// How many events may be sent now.
    fn quota(&self) -> u64 {
        match self.rate {
            Rate::Max => u64::MAX,
            Rate::PerSecond(rate) => {
                let allowed = self.started.elapsed().as_secs_f64() * rate;
                (allowed as u64 + 1).saturating_sub(self.sent)
            }
        }
    }

    /// When the next event may be sent.
    fn due(&self) -> Instant {
        let seconds = match self.rate {
            Rate::Max => 0.0,
            Rate::PerSecond(rate) => self.sent as f64 / rate,
        };
        Duration::try_from_secs_f64(seconds)
            .ok()
            .and_then(|after| self.started.checked_add(after))
            .unwrap_or_else(|| Instant::now() + self.heartbeat)
    }

    fn encode(&mut self, plain: Vec<u8>) -> io::Result<Bytes> {
        let Some(encoder) = &mut self.gzip else {
            return Ok(plain.into());
        };
        encoder.write_all(&plain)?;
        // A live feed cannot wait for the compressor's window to fill.
        encoder.flush()?;
        Ok(std::mem::take(encoder.get_mut()).into())
    }
}

fn heartbeat() -> Vec<u8> {
    b":heartbeat\n\n".to_vec()
}
