//! A receiver on a local port that answers as told; no wait here has a fixed length.

use super::*;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;
use wikisentry_core::anomaly::{AlertKind, Anomaly};
use wikisentry_core::time::EventTime;

const QUICK: Pace = Pace {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(5),
};
/// Far longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(60);

type Request = (HeaderMap, Vec<u8>);

/// What the receiver saw, and the answers it gives in turn; the last one is repeated. `None`
/// never answers.
#[derive(Clone)]
struct Receiver {
    answers: Arc<Vec<Option<u16>>>,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    async fn listen(answers: &[Option<u16>]) -> (Self, SocketAddr) {
        let receiver = Receiver {
            answers: Arc::new(answers.to_vec()),
            seen: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/secret-path", post(answer))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, address)
    }

    fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> StatusCode {
    let position = {
        let mut seen = receiver.seen.lock().unwrap();
        seen.push((headers, body.to_vec()));
        seen.len() - 1
    };
    match receiver.answers[position.min(receiver.answers.len() - 1)] {
        Some(status) => StatusCode::from_u16(status).unwrap(),
        None => std::future::pending().await,
    }
}

fn settings(url: String) -> WebhookSettings {
    WebhookSettings {
        url,
        headers: BTreeMap::from([("Authorization".to_owned(), "Bearer s3cret".to_owned())]),
        timeout: Duration::from_secs(20),
        retries: 3,
    }
}

fn alert(n: u64) -> Alert {
    let at = EventTime::from_seconds(1_700_000_000).unwrap();
    Alert {
        alert_id: format!("{n:032x}"),
        anomaly: Anomaly::FeedStalled {
            last_event_at: at,
            silent_seconds: 120.0,
        },
        severity: AlertKind::FeedStalled.severity(),
        wiki: None,
        user_type: None,
        url: None,
        subject: "feed".to_owned(),
        title: "no event for 2 min".to_owned(),
        event_time: at,
        raised_at: at,
        model_version: None,
    }
}

fn start(settings: &WebhookSettings) -> Webhook {
    Webhook::start_at(settings, QUICK).unwrap().unwrap()
}

#[tokio::test]
async fn alerts_arrive_in_order_as_json_with_the_headers() {
    let (receiver, address) = Receiver::listen(&[Some(204)]).await;
    let webhook = start(&settings(format!("http://{address}/secret-path")));
    for n in 0..3 {
        webhook.enqueue(alert(n));
    }
    let counts = webhook.shutdown(DEADLINE).await;
    assert_eq!(
        counts,
        WebhookCounts {
            sent: 3,
            ..WebhookCounts::default()
        }
    );
    for (n, (headers, body)) in receiver.seen().iter().enumerate() {
        assert_eq!(headers["authorization"], "Bearer s3cret");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(
            serde_json::from_slice::<Alert>(body).unwrap(),
            alert(n as u64)
        );
    }
}

#[tokio::test]
async fn answers_decide_whether_to_try_again() {
    for (name, answers, requests, expected) in [
        ("flapping", vec![500, 503, 200], 3, (1, 0, 2)),
        ("too many requests", vec![429, 200], 2, (1, 0, 1)),
        ("broken for good", vec![502], 4, (0, 1, 3)),
        ("refused", vec![400], 1, (0, 1, 0)),
        ("gone", vec![410], 1, (0, 1, 0)),
        ("redirected", vec![307], 1, (0, 1, 0)),
    ] {
        let answers: Vec<_> = answers.into_iter().map(Some).collect();
        let (receiver, address) = Receiver::listen(&answers).await;
        let webhook = start(&settings(format!("http://{address}/secret-path")));
        webhook.enqueue(alert(1));
        let counts = webhook.shutdown(DEADLINE).await;
        let (sent, failed, retried) = expected;
        let expected = WebhookCounts {
            sent,
            failed,
            retried,
            ..WebhookCounts::default()
        };
        assert_eq!(counts, expected, "{name}");
        assert_eq!(receiver.seen().len(), requests, "{name}");
    }
}

#[tokio::test]
async fn nobody_listening_ends_in_failure_after_the_retries() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let webhook = start(&settings(format!("http://{address}/secret-path")));
    webhook.enqueue(alert(1));
    let counts = webhook.shutdown(DEADLINE).await;
    assert_eq!((counts.failed, counts.retried), (1, 3));
}

#[tokio::test]
async fn a_hanging_receiver_times_out_and_is_tried_again() {
    let (_receiver, address) = Receiver::listen(&[None, Some(200)]).await;
    let webhook = start(&WebhookSettings {
        timeout: Duration::from_secs(1),
        ..settings(format!("http://{address}/secret-path"))
    });
    webhook.enqueue(alert(1));
    let counts = webhook.shutdown(DEADLINE).await;
    assert_eq!((counts.sent, counts.failed), (1, 0));
    assert!(counts.retried >= 1);
}

#[tokio::test]
async fn a_hanging_receiver_never_holds_up_the_caller_nor_the_end() {
    let (_receiver, address) = Receiver::listen(&[None]).await;
    let webhook = start(&WebhookSettings {
        timeout: Duration::from_secs(3_600),
        ..settings(format!("http://{address}/secret-path"))
    });
    let began = Instant::now();
    for n in 0..5_000 {
        webhook.enqueue(alert(n));
    }
    let counts = *webhook.counts().borrow();
    assert_eq!(counts.queued + counts.dropped, 5_000);
    // The one being sent has left the queue.
    assert!(
        (QUEUE as u64..=QUEUE as u64 + 1).contains(&counts.queued),
        "{counts:?}"
    );
    let counts = webhook.shutdown(Duration::from_millis(50)).await;
    assert_eq!((counts.queued, counts.dropped, counts.sent), (0, 5_000, 0));
    assert!(began.elapsed() < DEADLINE, "the receiver was waited for");
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_without_showing_secrets() {
    assert!(Webhook::start(&settings(String::new())).unwrap().is_none());
    for (url, header, message) in [
        (
            "not a url s3cret",
            "X-Key",
            "alerts.webhook.url is not a URL",
        ),
        ("ftp://s3cret@host/s3cret", "X-Key", "\"ftp\""),
        ("http://host/s3cret", "X Key", "\"X Key\""),
    ] {
        let mut settings = settings(url.to_owned());
        settings.headers = BTreeMap::from([(header.to_owned(), "s3cret".to_owned())]);
        let error = Webhook::start(&settings).expect_err(url);
        assert!(error.to_string().contains(message), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
}
