//! How fast one partition is read to a pipe: `cargo bench -p wikisentry-driver --bench tail`, with
//! the address of a broker in TEST_KAFKA, and its administrator in TEST_KAFKA_USER and TEST_KAFKA_PASSWORD. It makes topics of its own and deletes them.
//! Beside it stands kcat, if it is installed, which does the same. Linux only.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::io::{BufWriter, Read as _, Write};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wikisentry_driver::Account;
use wikisentry_driver::kafka::{Kafka, ReadRequest, ReadStart, ReadStep};

/// Events written unless the first argument says otherwise.
const EVENTS: u64 = 1_000_000;

fn main() {
    let Ok(bootstrap) = std::env::var("TEST_KAFKA") else {
        println!("not run: TEST_KAFKA names no broker");
        return;
    };
    let events = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let events = events.unwrap_or(EVENTS);
    println!("| codec | partitions | events | reader | events/s | MB/s | events/CPU second |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (codec, partitions) in [("none", 1), ("lz4", 1), ("zstd", 1), ("lz4", 3)] {
        round(&bootstrap, codec, partitions, events);
    }
}

fn account() -> Account {
    let variable = |name: &str| std::env::var(name).unwrap();
    Account {
        user: variable("TEST_KAFKA_USER"),
        password: variable("TEST_KAFKA_PASSWORD"),
    }
}

fn round(bootstrap: &str, codec: &str, partitions: i32, events: u64) {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("security.protocol", "sasl_plaintext")
        .set("sasl.mechanism", "PLAIN")
        .set("sasl.username", account().user)
        .set("sasl.password", account().password);
    let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let topic = format!(
        "bench-tail-{codec}-{partitions}-{}",
        jiff::Timestamp::now().as_millisecond()
    );
    let new = NewTopic::new(&topic, partitions, TopicReplication::Fixed(1));
    let created = runtime.block_on(admin.create_topics([&new], &AdminOptions::new()));
    created.unwrap()[0].as_ref().unwrap();
    fill(&config, codec, &topic, events);
    for (reader, read) in [("ours", ours as Reader), ("kcat", kcat)] {
        let (started, cpu) = (Instant::now(), cpu_seconds());
        let Some(bytes) = read(bootstrap, &topic, events) else {
            continue;
        };
        let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        println!(
            "| {codec} | {partitions} | {events} | {reader} | {:.0} | {:.0} | {:.0} |",
            events as f64 / seconds,
            bytes as f64 / seconds / 1e6,
            events as f64 / cpu
        );
    }
    let deleted = runtime.block_on(admin.delete_topics(&[&topic], &AdminOptions::new()));
    deleted.unwrap()[0].as_ref().unwrap();
}

/// Events of about 1 KB, as the feed sends them: text with some fields that change.
fn fill(config: &ClientConfig, codec: &str, topic: &str, events: u64) {
    let producer: BaseProducer = config
        .clone()
        .set("compression.codec", codec)
        .set("linger.ms", "20")
        .set("batch.size", "262144")
        .create()
        .unwrap();
    let comment =
        "[[Special:Contributions/192.0.2.1|192.0.2.1]] undid revision of a page ".repeat(9);
    for number in 0..events {
        let value = format!(
            "{{\"$schema\":\"/mediawiki/recentchange/1.0.0\",\"meta\":{{\"id\":\"{:032x}\",\
             \"domain\":\"en.wikipedia.org\",\"offset\":{number}}},\"id\":{},\"type\":\"edit\",\
             \"title\":\"Page {}\",\"comment\":\"{comment}\",\"user\":\"User {}\",\"bot\":false,\
             \"length\":{{\"old\":{},\"new\":{}}},\"wiki\":\"enwiki\"}}",
            u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
            number * 3,
            number % 9973,
            number % 977,
            number % 50_000,
            number % 49_999,
        );
        let key = format!("enwiki:Page {}", number % 9973);
        loop {
            match producer.send(BaseRecord::to(topic).key(&key).payload(&value)) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    producer.poll(Duration::from_millis(5));
                }
                Err((error, _)) => panic!("{error}"),
            }
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// Reads a topic from its beginning to a pipe and returns how many bytes went in; `None` if it
/// is not there.
type Reader = fn(&str, &str, u64) -> Option<u64>;

fn ours(bootstrap: &str, topic: &str, events: u64) -> Option<u64> {
    let mut cat = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufWriter::with_capacity(64 * 1024, cat.stdin.take().unwrap());
    let kafka = Kafka::new(bootstrap, Duration::from_secs(30)).with_account(account());
    let read = ReadRequest {
        topic: topic.to_owned(),
        start: ReadStart::Beginning,
        floor: None,
        follow: false,
        max: None,
    };
    let (mut count, mut bytes) = (0, 0);
    kafka
        .read(&read, |step| {
            if let ReadStep::Record(record) = step {
                let value = record.value.unwrap();
                out.write_all(value).unwrap();
                out.write_all(b"\n").unwrap();
                count += 1;
                bytes += value.len() as u64 + 1;
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    drop(out);
    cat.wait().unwrap();
    assert_eq!(count, events);
    Some(bytes)
}

fn kcat(bootstrap: &str, topic: &str, events: u64) -> Option<u64> {
    let mut kcat = Command::new("kcat")
        .args([
            "-C",
            "-e",
            "-q",
            "-o",
            "beginning",
            "-b",
            bootstrap,
            "-t",
            topic,
            "-X",
            "security.protocol=sasl_plaintext",
            "-X",
            "sasl.mechanism=PLAIN",
            "-X",
            &format!("sasl.username={}", account().user),
            "-X",
            &format!("sasl.password={}", account().password),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut out = kcat.stdout.take().unwrap();
    let (mut buffer, mut lines, mut bytes) = (vec![0; 64 * 1024], 0, 0);
    loop {
        let read = out.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        bytes += read as u64;
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    kcat.wait().unwrap();
    assert_eq!(lines, events);
    Some(bytes)
}

/// CPU time of this process and of the children it has waited for: proc(5), in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields = after_name.split_whitespace().skip(11).take(4);
    fields
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}
