//! Starts a thread for each step and stops them in order: the feed first, so that what it has
//! taken is committed, then those that read the log.

use super::error::PipelineError;
use super::keeper::Keeper;
use super::options::PipelineOptions;
use super::views::Views;
use crate::alerting::{self, Alerter, Webhook, WebhookCounts};
use crate::api::{self, ApiState};
use crate::archiver::{self, Archiver};
use crate::classify::{self, Classifier};
use crate::fact_archiver::{self, FactArchiver};
use crate::ingest::{Ingest, IngestOptions};
use crate::log::Log;
use crate::patience::{Patience, Problems};
use crate::sse::{EventSource, RunningFeed};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use wikisentry_core::stream::{RECENTCHANGE, own_name};
use wikisentry_lake::archive::Lake;
use wikisentry_lake::registry::Champion;

/// How long the webhook may try to deliver what waits when the process stops.
/// Ingest commits what it holds in far less.
const INGEST_GRACE: Duration = Duration::from_secs(5);
const WEBHOOK_GRACE: Duration = Duration::from_secs(2);

/// The running threads and tasks.
pub(super) struct Workers {
    stop: CancellationToken,
    feed_stop: CancellationToken,
    threads: Vec<(&'static str, JoinHandle<()>)>,
    webhook: Option<Arc<Webhook>>,
    ended: mpsc::UnboundedReceiver<PipelineError>,
    report: mpsc::UnboundedSender<PipelineError>,
}

impl Workers {
    pub(super) fn start(
        options: &PipelineOptions,
        log: &Log,
        lake: &Lake,
        champion: watch::Receiver<Arc<Champion>>,
        problems: &Problems,
        stop: CancellationToken,
    ) -> Result<(Self, Views), PipelineError> {
        let (report, ended) = mpsc::unbounded_channel();
        let webhook = Webhook::start(&options.alerts.webhook)?.map(Arc::new);
        let mut workers = Self {
            feed_stop: stop.child_token(),
            stop,
            threads: Vec::new(),
            webhook,
            ended,
            report,
        };

        let (ingest_view, ingest_seen) = watch::channel(Default::default());
        let (classify_view, classify_seen) = watch::channel(Default::default());
        let (drift_view, drift_seen) = watch::channel(None);
        let (archive_view, archive_seen) = watch::channel(Default::default());
        let (alert_view, alert_seen) = watch::channel(Default::default());

        let ingest = Ingest::open(log.clone(), ingest_options(options), ingest_view)?;
        let score_bots = options.model.score_bots;
        let classifier = Classifier::open(
            log.clone(),
            champion.clone(),
            score_bots,
            classify_view,
            drift_view,
        )?;
        let archiver = Archiver::open(
            log.clone(),
            lake.clone(),
            options.archive.clone(),
            archive_view,
            problems,
        )?;
        let facts = FactArchiver::open(log.clone(), lake, options.archive.interval)?;
        let alerter = Alerter::open(
            log.clone(),
            &options.alerts,
            ingest_seen.clone(),
            options.source_end.clone(),
            champion.clone(),
            workers.webhook.clone(),
            alert_view,
        )?;

        let source = EventSource::new(&options.source)?;
        let RunningFeed {
            messages,
            status: feed_seen,
            ..
        } = source.spawn(workers.feed_stop.clone());

        workers.spawn("ingest", problems, move |runtime, patience| {
            Ok(ingest.run(runtime, messages, patience)?)
        })?;
        workers.spawn(classify::CONSUMER, problems, move |runtime, patience| {
            Ok(classifier.run(runtime, patience)?)
        })?;
        workers.spawn(
            fact_archiver::CONSUMER,
            problems,
            move |runtime, patience| Ok(facts.run(runtime, patience)?),
        )?;
        workers.spawn(archiver::CONSUMER, problems, move |runtime, patience| {
            Ok(archiver.run(runtime, patience)?)
        })?;
        workers.spawn(alerting::CONSUMER, problems, move |runtime, patience| {
            Ok(alerter.run(runtime, patience)?)
        })?;
        let keeper = Keeper {
            log: log.clone(),
            settings: options.log.clone(),
        };
        workers.spawn(
            "log",
            problems,
            move |_, patience| Ok(keeper.run(patience)?),
        )?;

        let views = Views {
            ingest: ingest_seen,
            classify: classify_seen,
            drift: drift_seen,
            archive: archive_seen,
            alert: alert_seen,
            feed: feed_seen,
            champion,
        };
        Ok((workers, views))
    }

    fn spawn(
        &mut self,
        component: &'static str,
        problems: &Problems,
        work: impl FnOnce(&Handle, &Patience) -> Result<(), PipelineError> + Send + 'static,
    ) -> Result<(), PipelineError> {
        let patience = Patience {
            stop: self.stop.clone(),
            problems: problems.clone(),
            component,
        };
        let (report, runtime) = (self.report.clone(), Handle::current());
        let body = move || {
            let work = AssertUnwindSafe(|| work(&runtime, &patience));
            let error = match catch_unwind(work) {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error,
                Err(_) => PipelineError::Panicked(component),
            };
            // Nobody listens only if the whole pipeline has ended already.
            let _ = report.send(error);
        };
        let thread = std::thread::Builder::new()
            .name(component.to_owned())
            .spawn(body)
            .map_err(PipelineError::Thread)?;
        self.threads.push((component, thread));
        Ok(())
    }

    /// Answers over HTTP until the workers stop.
    pub(super) fn serve(&self, listener: TcpListener, state: ApiState, max_body_bytes: usize) {
        tokio::spawn(api::serve(listener, state, max_body_bytes));
    }

    pub(super) fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// What the webhook does, if one is set.
    pub(super) fn webhook(&self) -> Option<watch::Receiver<WebhookCounts>> {
        self.webhook.as_ref().map(|webhook| webhook.counts())
    }

    pub(super) async fn failed(&mut self) -> PipelineError {
        let error = self.ended.recv().await;
        error.expect("this struct holds a sender, so the channel never closes")
    }

    /// The feed's end closes the channel to ingest, which commits what is in it and ends; then
    /// the readers of the log finish what they hold.
    pub(super) async fn stop(mut self) -> Result<(), PipelineError> {
        self.feed_stop.cancel();
        let threads = std::mem::take(&mut self.threads);
        let (ingest, readers): (Vec<_>, Vec<_>) =
            threads.into_iter().partition(|(name, _)| *name == "ingest");
        let ingest = tokio::spawn(join(ingest));
        // One that waits for the disk is not waited for: the stream sends again what it holds.
        let timer = self.stop.clone();
        let grace = tokio::spawn(async move {
            tokio::time::sleep(INGEST_GRACE).await;
            timer.cancel();
        });
        // The closure catches what can go wrong.
        let _ = ingest.await;
        grace.abort();
        self.stop.cancel();
        join(readers).await;
        if let Some(webhook) = self.webhook.take().and_then(Arc::into_inner) {
            webhook.shutdown(WEBHOOK_GRACE).await;
        }
        self.ended.try_recv().map_or(Ok(()), Err)
    }
}

async fn join(threads: Vec<(&'static str, JoinHandle<()>)>) {
    let joined = tokio::task::spawn_blocking(move || {
        for (name, thread) in threads {
            if thread.join().is_err() {
                tracing::error!("worker `{name}` panicked");
            }
        }
    });
    // The closure catches what can go wrong.
    let _ = joined.await;
}

fn ingest_options(options: &PipelineOptions) -> IngestOptions {
    let streams = &options.source.streams;
    IngestOptions {
        source: options.source_name.clone(),
        streams: streams
            .iter()
            .map(|name| own_name(name).to_owned())
            .collect(),
        reorder_window: options.source.reorder_window,
        dedupe_window: options.log.dedupe_window,
        edits_from_page_change: !streams
            .iter()
            .any(|stream| own_name(stream) == RECENTCHANGE),
    }
}
