//! The HTTP API, on loopback: predictions, health, metrics, status and the records of topics.

mod error;
mod guard;
mod health;
mod metrics;
mod openapi;
mod predict;
mod topics;

use crate::log::Log;
use crate::status::Status;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use wikisentry_http::ConnectionLimits;
use wikisentry_lake::registry::{Champion, Registry};

/// What the handlers need of the pipeline.
#[derive(Clone)]
pub struct ApiState {
    /// The model in use.
    pub champion: watch::Receiver<Arc<Champion>>,
    pub log: Log,
    /// Knows which classes there are.
    pub registry: Registry,
    /// Names that requests may ask for besides this machine's: `api.allowed_hosts`.
    pub allowed_hosts: Arc<[String]>,
    /// The setting `model.score_bots`: bots get a score too.
    pub score_bots: bool,
    /// Puts the status together.
    pub status: Arc<dyn Fn() -> Status + Send + Sync>,
    /// Ends open streams when the process stops.
    pub stop: CancellationToken,
    pub limits: Limits,
}

/// What is done for clients at a time, so that nothing else waits for it.
#[derive(Clone)]
pub struct Limits {
    topics: Turns,
    predictions: Turns,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            topics: Turns::new(topics::MAX_FOLLOWERS),
            predictions: Turns::new(predict::MAX_REQUESTS),
        }
    }
}

/// Who may come, and who of them may work at this moment.
#[derive(Clone)]
struct Turns {
    /// One permit for each request or stream that may be under way.
    seats: Arc<Semaphore>,
    /// One for each that may take a core: as many as there are.
    working: Arc<Semaphore>,
}

impl Turns {
    fn new(seats: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            seats: Arc::new(Semaphore::new(seats)),
            working: Arc::new(Semaphore::new(cores)),
        }
    }
}

/// A route, as `docs/contracts/openapi.json` has it, too.
struct Route {
    method: Method,
    path: &'static str,
    handler: MethodRouter<ApiState>,
}

impl Route {
    fn get<H: Handler<T, ApiState>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self {
            method: Method::GET,
            path,
            handler: get(handler),
        }
    }
}

fn routes() -> [Route; 7] {
    let predict = Route {
        method: Method::POST,
        path: "/predict",
        handler: post(predict::predict),
    };
    [
        predict,
        Route::get("/health/live", health::live),
        Route::get("/health/ready", health::ready),
        Route::get("/metrics", metrics::metrics),
        Route::get("/v1/status", health::status),
        Route::get("/v1/topics/{topic}", topics::records),
        Route::get("/openapi.json", openapi::document),
    ]
}

fn router(state: ApiState, max_body_bytes: usize) -> Router {
    let guard = from_fn_with_state(Arc::clone(&state.allowed_hosts), guard::guard);
    let router = Router::new();
    let router = routes().into_iter().fold(router, |router, route| {
        router.route(route.path, route.handler)
    });
    router
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(DefaultBodyLimit::max(max_body_bytes))
        .layer(guard)
        .with_state(state)
}

/// Listens; the address that was bound tells the port where 0 was asked for.
pub async fn bind(listen: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// Answers until told to stop.
pub async fn serve(listener: TcpListener, state: ApiState, max_body_bytes: usize) {
    let stop = state.stop.clone();
    let router = router(state, max_body_bytes);
    wikisentry_http::serve(listener, router, ConnectionLimits::default(), stop).await;
}
