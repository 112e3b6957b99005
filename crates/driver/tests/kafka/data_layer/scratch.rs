//! A topic of a test's own.

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::ops::ControlFlow;
use std::time::Duration;
use wikisentry_driver::Account;
use wikisentry_driver::converge::Verb;
use wikisentry_driver::kafka::{Kafka, ReadRecord, ReadRequest, ReadStart, ReadStep, TopicSpec};

pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A topic of a test; deleted with it, also on panic.
pub struct Scratch {
    bootstrap: String,
    account: Account,
    pub spec: TopicSpec,
    /// When it was made, in milliseconds since 1970.
    pub now: i64,
}

impl Scratch {
    pub fn new(what: &str, partitions: i32) -> Self {
        let variable = |name: &str| {
            std::env::var(name).unwrap_or_else(|_| {
                panic!("{name} is not set: scripts/check_data_layer.sh starts a broker")
            })
        };
        let account = Account {
            user: variable("TEST_KAFKA_USER"),
            password: variable("TEST_KAFKA_PASSWORD"),
        };
        let stamp = jiff::Timestamp::now();
        let spec = TopicSpec {
            name: format!("test-{what}-{}", stamp.as_nanosecond()),
            partitions,
            replication: 1,
            config: [
                ("cleanup.policy", "delete"),
                ("retention.ms", "3600000000"),
                ("retention.bytes", "1073741824"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        };
        let now = stamp.as_millisecond();
        Self {
            bootstrap: variable("TEST_KAFKA"),
            account,
            spec,
            now,
        }
    }

    pub fn kafka(&self) -> Kafka {
        Kafka::new(&self.bootstrap, TIMEOUT).with_account(self.account.clone())
    }

    /// The same broker, asked with a wrong password.
    pub fn refused(&self) -> Kafka {
        let account = Account {
            password: "wrong-one".to_owned(),
            ..self.account.clone()
        };
        Kafka::new(&self.bootstrap, TIMEOUT).with_account(account)
    }

    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("security.protocol", "sasl_plaintext")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", &self.account.user)
            .set("sasl.password", &self.account.password);
        config
    }

    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().unwrap()
    }

    pub async fn create(&self) {
        let kafka = self.kafka();
        let done = kafka.ensure_topics(std::slice::from_ref(&self.spec)).await;
        assert_eq!(done.unwrap()[0].verb, Verb::Create);
    }

    /// Writes records with their partition and their milliseconds after `now`. Records of 1970
    /// would be deleted at once, whenever the broker looks what is too old.
    pub fn write(&self, producer: &BaseProducer, records: &[(i32, i64, &str)]) {
        for (partition, time, value) in records {
            let record = BaseRecord::to(&self.spec.name)
                .partition(*partition)
                .timestamp(self.now + *time)
                .key("k")
                .payload(*value);
            producer.send(record).unwrap();
        }
        producer.flush(TIMEOUT).unwrap();
    }

    pub fn read(&self, start: ReadStart, max: Option<u64>) -> Vec<String> {
        self.read_only(start, max, |_| true)
    }

    pub fn read_only(
        &self,
        start: ReadStart,
        max: Option<u64>,
        keep: impl Fn(&ReadRecord<'_>) -> bool,
    ) -> Vec<String> {
        let read = ReadRequest {
            topic: self.spec.name.clone(),
            start,
            floor: None,
            follow: false,
            max,
        };
        self.values(&read, keep)
    }

    pub fn values(
        &self,
        read: &ReadRequest,
        keep: impl Fn(&ReadRecord<'_>) -> bool,
    ) -> Vec<String> {
        let mut values = Vec::new();
        let ended = self.kafka().read_only(read, keep, |step| {
            if let ReadStep::Record(record) = step {
                values.push(String::from_utf8(record.value.unwrap().to_vec()).unwrap());
            }
            ControlFlow::Continue(())
        });
        ended.unwrap();
        values
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let admin = self.admin();
        let name = self.spec.name.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let topics = [name.as_str()];
            let options = AdminOptions::new();
            let _ = runtime.map(|one| one.block_on(admin.delete_topics(&topics, &options)));
        })
        .join()
        .ok();
    }
}
