//! `POST /predict` with one event, over connections that each send the next request when the
//! answer to the last is in. The server has one core, this client another.

use crate::Failure;
use crate::http::Head;
use crate::pinning::Pinned;
use crate::platform::Home;
use crate::sample::Sample;
use crate::table::{Figure, Goal, quantile};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::user::UserType;

const CONNECTIONS: usize = 16;
/// Different events in turns.
const EVENTS: usize = 512;
const WARM_UP: Duration = Duration::from_secs(2);
const SPAN: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(120);

/// Requests a second and the time of the slowest hundredth.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let sample = Sample::load()?;
    let for_server = Pinned::to_cores(0, 1)?;
    let platform = Home::new()?.start(&["--replay", "sample"])?;
    drop(for_server);
    // The pipeline must not compete with the API.
    platform.wait_until("the end of the replay", PATIENCE, |status| {
        status.flow.archived >= Some(sample.edits)
    })?;
    let _pinned = Pinned::to_cores(1, 1)?;
    let requests: Rc<[Vec<u8>]> = requests(&sample, platform.api)?.into();
    let before = platform.cpu_seconds()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut times = runtime.block_on(LocalSet::new().run_until(load(platform.api, requests)))?;
    let cpu = platform.cpu_seconds()? - before;
    platform.stop()?;
    times.sort_by(f64::total_cmp);
    let rate = times.len() as f64 / SPAN.as_secs_f64();
    Ok(vec![
        Figure {
            what: "`POST /predict`, one event, 16 connections, one core each",
            measured: rate,
            goal: Goal::AtLeast(15_000.0),
            unit: "requests/s",
            note: format!(
                "over {} s; the server had {:.0} % of its core",
                SPAN.as_secs(),
                cpu * 100.0 / (SPAN + WARM_UP).as_secs_f64()
            ),
        },
        Figure {
            what: "p99 of those requests",
            measured: quantile(&times, 0.99),
            goal: Goal::AtMost(2.0),
            unit: "ms",
            note: format!(
                "median {:.2}, p99.9 {:.2}, longest {:.2}",
                quantile(&times, 0.5),
                quantile(&times, 0.999),
                quantile(&times, 1.0)
            ),
        },
    ])
}

/// Requests with edits that are scored.
fn requests(sample: &Sample, api: SocketAddr) -> Result<Vec<Vec<u8>>, Failure> {
    let mut requests = Vec::with_capacity(EVENTS);
    for line in &sample.lines {
        let Body::Edit(edit) = Event::parse(line.as_bytes())?.body else {
            continue;
        };
        if edit.user_type == UserType::Bot {
            continue;
        }
        let request = format!(
            "POST /predict HTTP/1.1\r\nHost: {api}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{line}",
            line.len()
        );
        requests.push(request.into_bytes());
        if requests.len() == EVENTS {
            break;
        }
    }
    Ok(requests)
}

/// Milliseconds that each request of the span took.
async fn load(api: SocketAddr, requests: Rc<[Vec<u8>]>) -> Result<Vec<f64>, Failure> {
    let from = Instant::now() + WARM_UP;
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let requests = Rc::clone(&requests);
            tokio::task::spawn_local(async move {
                let skip = number * requests.len() / CONNECTIONS;
                connection(api, requests.iter().cycle().skip(skip), from)
                    .await
                    .map_err(|error| error.to_string())
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(times)
}

async fn connection(
    api: SocketAddr,
    requests: impl Iterator<Item = &Vec<u8>>,
    from: Instant,
) -> Result<Vec<f64>, Failure> {
    let mut stream = TcpStream::connect(api).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut answer = Vec::with_capacity(4096);
    for request in requests {
        let begun = Instant::now();
        if begun >= from + SPAN {
            break;
        }
        stream.write_all(request).await?;
        answer.clear();
        let head = loop {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("the API closed a connection".into());
            }
            if let Some(head) = Head::read(&answer)?
                && answer.len() >= head.bytes + head.body_bytes
            {
                break head;
            }
        };
        if begun >= from {
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        } else {
            // While warming up there is time to look at the answers.
            let answer: serde_json::Value = serde_json::from_slice(&answer[head.bytes..])?;
            if !answer["score"].is_f64() {
                return Err(format!("not scored: {answer}").into());
            }
        }
    }
    Ok(times)
}
