//! Requests to the replay server: what is answered with a stream and what is refused, and how.

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

use super::body::EventBody;
use super::chance::Chance;
use super::counters::SentCounters;
use super::delivery::Delivery;
use super::faults::Fault;
use super::options::ReplayOptions;
use super::recording::Recording;
use super::slots::Slots;
use super::start::{self, Start, StartError};

/// Most refusals in a row that are faults: a client always gets through.
const MAX_REFUSED_IN_ROW: u32 = 3;
/// Where a connection's own chance is drawn, beyond every event's.
const CONNECTION_POSITION: u64 = 1 << 56;

const CONTACT_NEEDED: &str = "Please set a User-Agent with contact information, an e-mail \
address or a URL; see https://meta.wikimedia.org/wiki/User-Agent_policy\n";

/// What the requests share.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) recording: Arc<Recording>,
    pub(super) counters: Arc<SentCounters>,
    pub(super) options: ReplayOptions,
    pub(super) stop: CancellationToken,
    /// Connections refused by a fault since the last that was not.
    pub(super) refused_in_row: Mutex<u32>,
}

#[derive(Debug, Deserialize)]
struct Parameters {
    since: Option<String>,
}

impl Service {
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/v2/stream/{streams}", get(stream))
            .route("/v2/stream", get(list))
            .route("/v2/stream/", get(list))
            .fallback(async || refuse(StatusCode::NOT_FOUND, "try /v2/stream/recentchange"))
            .with_state(Arc::new(self))
    }

    /// Decides whether this connection is refused, and with what.
    fn refusal(&self, chance: &mut Chance) -> Option<Fault> {
        chance.turn_to(CONNECTION_POSITION);
        let faults = [Fault::TooManyRequests, Fault::Forbidden, Fault::Unavailable];
        let struck = faults.map(|fault| chance.strikes(&self.options.faults, fault));
        let refused = faults.into_iter().zip(struck).find(|(_, struck)| *struck);
        let mut in_row = self
            .refused_in_row
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match refused {
            Some((fault, _)) if *in_row < MAX_REFUSED_IN_ROW => {
                *in_row += 1;
                self.counters.count(fault);
                Some(fault)
            }
            _ => {
                *in_row = 0;
                None
            }
        }
    }
}

async fn list(State(service): State<Arc<Service>>) -> Response {
    let streams = service.recording.events_by_stream();
    Json(json!({ "route": "/v2/stream/{streams}", "streams": streams })).into_response()
}

async fn stream(
    State(service): State<Arc<Service>>,
    Path(streams): Path<String>,
    Query(Parameters { since }): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let agent = headers.get(header::USER_AGENT).map(HeaderValue::as_bytes);
    if agent.is_none_or(|agent| agent.trim_ascii().is_empty()) {
        return (StatusCode::FORBIDDEN, CONTACT_NEEDED).into_response();
    }
    let names = streams.split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    let mut slots = match Slots::of_streams(names, &service.recording) {
        Ok(slots) if !slots.is_empty() => slots,
        Ok(_) => return refuse(StatusCode::NOT_FOUND, "no stream is named"),
        Err(name) => return refuse(StatusCode::NOT_FOUND, &format!("{name} is no stream")),
    };
    let last_event_id = headers.get("last-event-id").map(HeaderValue::as_bytes);
    match place(&mut slots, &service, last_event_id, since.as_deref()) {
        Ok(()) => {}
        Err(error @ StartError::Foreign(_)) => {
            return refuse(StatusCode::NOT_FOUND, &error.to_string());
        }
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }

    let number = service.counters.connect();
    let mut chance = Chance::new(service.options.seed, number);
    match service.refusal(&mut chance) {
        Some(Fault::TooManyRequests) => {
            let detail = "too many connections";
            let wait = [(header::RETRY_AFTER, "1")];
            return (wait, refuse(StatusCode::TOO_MANY_REQUESTS, detail)).into_response();
        }
        Some(Fault::Forbidden) => return (StatusCode::FORBIDDEN, CONTACT_NEEDED).into_response(),
        Some(_) => return refuse(StatusCode::SERVICE_UNAVAILABLE, "no upstream is healthy"),
        None => {}
    }

    let Service {
        recording,
        counters,
        options,
        stop,
        ..
    } = &*service;
    let (recording, counters) = (recording.clone(), counters.clone());
    let delivery = Delivery::new(
        recording,
        counters.clone(),
        options.faults.clone(),
        chance,
        slots,
    );
    let gzip = options.gzip && accepts_gzip(&headers);
    let body = EventBody::new(delivery, counters, stop.clone(), options, gzip);
    let mut response = Body::from_stream(body.into_stream()).into_response();
    let set = response.headers_mut();
    let event_stream = HeaderValue::from_static("text/event-stream; charset=utf-8");
    set.insert(header::CONTENT_TYPE, event_stream);
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if gzip {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Starts the topics where the request says; `Last-Event-ID` goes before `since`.
fn place(
    slots: &mut Slots,
    service: &Service,
    last_event_id: Option<&[u8]>,
    since: Option<&str>,
) -> Result<(), StartError> {
    let (recording, kafkasse) = (&service.recording, &service.options.kafkasse);
    let Some(text) = last_event_id.filter(|text| !text.is_empty()) else {
        let since = since.map(start::read_since).transpose()?;
        slots.start(recording, *kafkasse, |_| since.map(Start::Time));
        return Ok(());
    };
    let starts = start::read_last_event_id(text)?;
    let foreign = starts.iter().map(|(topic, _)| topic.as_str());
    let foreign: Vec<&str> = foreign.filter(|topic| !slots.has(topic)).collect();
    if kafkasse.refuse_foreign && !foreign.is_empty() {
        return Err(StartError::Foreign(foreign.join(", ")));
    }
    let find = |topic: &str| starts.iter().find(|(name, _)| name == topic);
    if kafkasse.named_only {
        slots.keep(|topic| find(topic).is_some());
    }
    slots.start(recording, *kafkasse, |topic| {
        find(topic).map(|(_, start)| *start)
    });
    Ok(())
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("gzip"))
}

fn refuse(status: StatusCode, detail: &str) -> Response {
    let reason = status.canonical_reason().unwrap_or("refused");
    let body = json!({ "type": reason, "status": status.as_u16(), "detail": detail });
    (status, Json(body)).into_response()
}
