//! The address of a cluster, and the librdkafka clients made for it. librdkafka's own log goes to
//! `tracing`, never to standard error.

use super::security::HAS_TLS;
use super::{KafkaError, Security};
use crate::Account;
use rdkafka::admin::AdminClient;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError as Native, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the reason for a failed connection may take to come out of librdkafka's queue.
const REASON_WITHIN: Duration = Duration::from_millis(200);

/// A Kafka cluster. Cheap to make and to clone: it connects when something is asked of it.
#[derive(Debug, Clone)]
pub struct Kafka {
    pub(super) bootstrap: String,
    pub(super) account: Option<Account>,
    pub(super) security: Security,
    pub(super) timeout: Duration,
}

pub(super) type Client = BaseConsumer<LogContext>;

/// A client for changes. Dropping it takes 100 ms and blocks, so that happens in another thread.
pub(super) struct Admin(Option<AdminClient<LogContext>>);

impl std::ops::Deref for Admin {
    type Target = AdminClient<LogContext>;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        let admin = self.0.take();
        std::thread::spawn(move || drop(admin));
    }
}

/// Receives librdkafka's log and errors.
#[derive(Debug, Default)]
pub(super) struct LogContext {
    last_error: Mutex<Option<LastError>>,
}

/// What librdkafka said last: the reason why the request after it fails.
#[derive(Debug)]
pub(super) struct LastError {
    reason: String,
    /// The broker does not take the password.
    is_account: bool,
}

impl LogContext {
    /// Takes the latest error, so that it is not reported twice.
    pub(super) fn take_error(&self) -> Option<LastError> {
        self.last_error().take()
    }

    fn last_error(&self) -> MutexGuard<'_, Option<LastError>> {
        let locked = self.last_error.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for LogContext {
    // One level lower than librdkafka's: the caller gets an error of its own.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::warn!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
                tracing::info!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "librdkafka", facility, "{message}");
            }
        }
    }

    fn error(&self, error: Native, reason: &str) {
        // "All brokers are down" comes after the reason why, and says less.
        if matches!(
            error.rdkafka_error_code(),
            Some(RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::AllBrokersDown)
        ) {
            return;
        }
        tracing::info!(target: "librdkafka", %error, "{reason}");
        *self.last_error() = Some(LastError {
            reason: reason.to_owned(),
            is_account: error.rdkafka_error_code() == Some(RDKafkaErrorCode::Authentication),
        });
    }
}

impl ConsumerContext for LogContext {}

impl Kafka {
    /// The cluster behind `bootstrap` (`host:port`, several with commas), asked by nobody in
    /// particular. Whatever takes longer than `timeout` fails.
    pub fn new(bootstrap: impl Into<String>, timeout: Duration) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            account: None,
            security: Security::default(),
            timeout,
        }
    }

    /// The same, asked by a user. Unless [`Kafka::with_security`] says otherwise, the password goes to
    /// the broker as it is (SASL/PLAIN without TLS): for brokers on this machine alone.
    pub fn with_account(self, account: Account) -> Self {
        Self {
            account: Some(account),
            ..self
        }
    }

    /// The same by connections of this kind.
    pub fn with_security(self, security: Security) -> Self {
        Self { security, ..self }
    }

    /// Settings common to all clients.
    pub(super) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", "wikisentry")
            .set("reconnect.backoff.max.ms", "1000")
            // No broker here collects metrics of clients.
            .set("enable.metrics.push", "false")
            .set_log_level(RDKafkaLogLevel::Info);
        let protocol = self.security.protocol(self.account.is_some());
        config.set("security.protocol", protocol.to_lowercase());
        if let Some(Account { user, password }) = &self.account {
            config
                .set("sasl.mechanism", self.security.mechanism.name())
                .set("sasl.username", user)
                .set("sasl.password", password);
        }
        match &self.security.ca {
            Some(ca) if self.security.tls => config.set("ssl.ca.pem", ca),
            // Where systems keep them; OpenSSL that is linked in knows of no place.
            None if self.security.tls => config.set("ssl.ca.location", "probe"),
            _ => &mut config,
        };
        config
    }

    /// A client for queries. It is a consumer, since only consumers can be kept from creating the
    /// topics that they ask for.
    pub(super) fn client(&self) -> Result<Client, KafkaError> {
        self.create(self.config().set("allow.auto.create.topics", "false"))
    }

    pub(super) fn admin(&self) -> Result<Admin, KafkaError> {
        self.create(&self.config()).map(|admin| Admin(Some(admin)))
    }

    pub(super) fn create<T: FromClientConfigAndContext<LogContext>>(
        &self,
        config: &ClientConfig,
    ) -> Result<T, KafkaError> {
        if !HAS_TLS && self.security.needs_tls(self.account.is_some()) {
            return Err(KafkaError::WithoutTls {
                bootstrap: self.bootstrap.clone(),
            });
        }
        T::from_config_and_context(config, LogContext::default())
            .map_err(|error| KafkaError::refused("accept the client's settings", error))
    }

    /// Metadata of one topic or of all.
    pub(super) fn metadata(
        &self,
        client: &Client,
        topic: Option<&str>,
    ) -> Result<Metadata, KafkaError> {
        client
            .fetch_metadata(topic, self.timeout)
            .map_err(|error| self.unreachable(client, &error))
    }

    /// The error for a cluster that does not answer, with the reason that the connection gave.
    pub(super) fn unreachable(&self, client: &Client, error: &Native) -> KafkaError {
        let deadline = std::time::Instant::now() + REASON_WITHIN;
        let mut reason = client.context().take_error();
        while reason.is_none() && std::time::Instant::now() < deadline {
            let _event = client.poll(Duration::from_millis(20));
            reason = client.context().take_error();
        }
        let bootstrap = self.bootstrap.clone();
        match (reason, &self.account) {
            (Some(found), Some(account)) if found.is_account => KafkaError::Account {
                bootstrap,
                user: account.user.clone(),
            },
            (found, _) => KafkaError::Unreachable {
                bootstrap,
                reason: found.map_or_else(|| error.to_string(), |found| found.reason),
            },
        }
    }

    /// Runs blocking work in a thread for that.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, KafkaError> + Send + 'static,
    ) -> Result<T, KafkaError> {
        let kafka = self.clone();
        match tokio::task::spawn_blocking(move || work(&kafka)).await {
            Ok(done) => done,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => Err(KafkaError::refused("finish the request", error)),
        }
    }
}
