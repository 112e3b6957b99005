//! From an edit sent to its alert printed by `wikisentry tail alerts`, at the speed of the live
//! feed. The feed is a server of its own here, to know when each event was sent.

use crate::Failure;
use crate::platform::Home;
use crate::sample::Sample;
use crate::table::{Figure, Goal, quantile};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{ChildStdout, Stdio};
use std::time::{Duration, Instant};
use wikisentry_core::event::{Body, Event};
use wikisentry_core::scoring::Scoring;
use wikisentry_lake::registry::Registry;

const ALERTS: usize = 500;
/// Between two events: 50 a second.
const PACE: Duration = Duration::from_millis(20);
const HIGH: &str = "high";
const PATIENCE: Duration = Duration::from_secs(60);

/// Time from sending to seeing.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let delays = delays()?;
    Ok(vec![Figure {
        what: "event received → alert visible in `tail alerts`, p99",
        measured: quantile(&delays, 0.99),
        goal: Goal::AtMost(250.0),
        unit: "ms",
        note: describe(&delays),
    }])
}

/// What there is to say of delays beside their 99th percentile.
pub fn describe(delays: &[f64]) -> String {
    format!(
        "{} alerts at 50 events/s; median {:.1}, longest {:.1}",
        delays.len(),
        quantile(delays, 0.5),
        quantile(delays, 1.0)
    )
}

/// The time each alert took, in milliseconds, in rising order.
pub fn delays() -> Result<Vec<f64>, Failure> {
    let edits = risky_edits()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut home = Home::new()?;
    let url = format!("http://{}/v2/stream", listener.local_addr()?);
    home.set("SOURCE__URL", &url);
    home.set("SOURCE__STREAMS", "recentchange");
    home.set("ALERTS__HIGH_RISK_SCORE", "0.0");
    home.set("ALERTS__MAX_PER_MINUTE", "1000");
    let platform = home.start(&[])?;
    let mut feed = accept(&listener)?;
    let alerts = ALERTS.to_string();
    let arguments = ["--from", "beginning", "--max", &alerts, "--follow"];
    let mut tail = platform
        .home
        .command(&[&["tail", "alerts", "--output", "json"], &arguments[..]].concat())
        .stdout(Stdio::piped())
        .spawn()?;
    let printed = tail.stdout.take().ok_or("no output")?;
    let seen = std::thread::spawn(move || follow(printed).map_err(|error| error.to_string()));
    // What it misses while it starts would count as delay.
    std::thread::sleep(Duration::from_secs(1));
    let mut sent = HashMap::new();
    let begun = Instant::now();
    for (number, edit) in edits.iter().cycle().take(ALERTS).enumerate() {
        let recorded = edit["revision"]["new"].as_u64().ok_or("no revision")?;
        // How far it is from the revision before says something of the page: it stays about so.
        let revision = recorded + number as u64;
        let frame = frame(edit, revision, number);
        let due = begun + PACE * number as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if sent.insert(revision, Instant::now()).is_some() {
            return Err(format!("revision {revision} was sent twice").into());
        }
        feed.write_all(&frame)?;
    }
    platform.wait_until("the alerts", PATIENCE, |status| {
        status.flow.alerts >= Some(ALERTS as u64)
    })?;
    let seen = seen.join().map_err(|_| "the follower panicked")??;
    tail.wait()?;
    platform.stop()?;
    let mut delays: Vec<f64> = Vec::with_capacity(ALERTS);
    for (revision, at) in seen {
        let sent = sent
            .get(&revision)
            .ok_or("an alert of no edit that was sent")?;
        delays.push((at - *sent).as_secs_f64() * 1e3);
    }
    if delays.len() < ALERTS * 9 / 10 {
        return Err(format!("only {} of {ALERTS} alerts", delays.len()).into());
    }
    delays.sort_by(f64::total_cmp);
    Ok(delays)
}

/// Recorded edits of the model's highest class.
fn risky_edits() -> Result<Vec<Value>, Failure> {
    let sample = Sample::load()?;
    let champion = Registry::bootstrap_champion()?;
    let mut scoring = Scoring::new();
    let mut risky = Vec::new();
    for line in &sample.lines {
        let event = Event::parse(line.as_bytes())?;
        if event.is_page_change {
            continue;
        }
        let Body::Edit(edit) = event.body else {
            continue;
        };
        let scores = scoring.score(&champion.scorer, &[*edit], false);
        if scores.iter().flatten().any(|score| score.class == HIGH) {
            risky.push(serde_json::from_str(line)?);
        }
    }
    if risky.is_empty() {
        return Err("the sample has no edit of class `high`".into());
    }
    Ok(risky)
}

/// Waits for the platform's connection and opens the stream.
fn accept(listener: &TcpListener) -> Result<TcpStream, Failure> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut request = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n:ok\n\n",
    )?;
    Ok(stream)
}

/// An edit as if it were made again, as another revision.
fn frame(edit: &Value, revision: u64, offset: usize) -> Vec<u8> {
    const TOPIC: &str = "eqiad.mediawiki.recentchange";
    let mut edit = edit.clone();
    edit["revision"] = json!({ "old": edit["revision"]["old"], "new": revision });
    edit["meta"]["id"] = format!("{offset:08x}-0000-4000-8000-000000000000").into();
    edit["meta"]["topic"] = TOPIC.into();
    edit["meta"]["partition"] = 0.into();
    edit["meta"]["offset"] = offset.into();
    let id = json!([{ "topic": TOPIC, "partition": 0, "offset": offset + 1 }]);
    format!("event: message\nid: {id}\ndata: {edit}\n\n").into_bytes()
}

/// Revisions of the alerts on edits, and when each was printed.
fn follow(printed: ChildStdout) -> Result<Vec<(u64, Instant)>, Failure> {
    let mut seen = Vec::with_capacity(ALERTS);
    for line in BufReader::new(printed).lines() {
        let line = line?;
        let at = Instant::now();
        let alert: Value = serde_json::from_str(&line)?;
        if alert["kind"] == "high_risk_edit" {
            let revision = alert["details"]["rev_id"].as_u64();
            seen.push((revision.ok_or("an alert without revision")?, at));
        }
    }
    Ok(seen)
}
