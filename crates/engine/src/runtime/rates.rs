//! Events per second over the last ten seconds.

use super::views::Views;
use crate::status;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const WINDOW: usize = 10;
const EVERY: Duration = Duration::from_secs(1);

/// Rates of the pipeline, renewed every second.
pub(super) struct RateMeter(watch::Receiver<status::Rates>);

type Sample = (Instant, [u64; 3]);

impl RateMeter {
    pub(super) fn start(views: &Views, stop: CancellationToken) -> Self {
        let (ingest, classify, archive) = (
            views.ingest.clone(),
            views.classify.clone(),
            views.archive.clone(),
        );
        let (sender, receiver) = watch::channel(status::Rates::default());
        let sample = move || -> Sample {
            let counts = [
                ingest.borrow().counters.received,
                classify.borrow().scored,
                archive.borrow().archived,
            ];
            (Instant::now(), counts)
        };
        let mut samples = VecDeque::from([sample()]);
        tokio::spawn(async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(EVERY))
                .await
                .is_some()
            {
                samples.push_back(sample());
                if samples.len() > WINDOW + 1 {
                    samples.pop_front();
                }
                if let (Some(first), Some(last)) = (samples.front(), samples.back()) {
                    sender.send_replace(between(first, last));
                }
            }
        });
        Self(receiver)
    }

    pub(super) fn now(&self) -> status::Rates {
        *self.0.borrow()
    }
}

fn between(first: &Sample, last: &Sample) -> status::Rates {
    let seconds = (last.0 - first.0).as_secs_f64().max(f64::EPSILON);
    let rate = |index: usize| (last.1[index] - first.1[index]) as f64 / seconds;
    status::Rates {
        received: rate(0),
        scored: rate(1),
        archived: rate(2),
    }
}
