//! The Docker engine: what it is, what of a compose project it has, and making it have the rest.
//! Containers, networks and volumes have docker compose's labels, so that `docker compose ps`,
//! `logs` and `down` see what was started here, and the other way round.
//!
//! The engine is reached through `bollard`. Nothing that lacks the project's label is touched.

mod address;
mod apply;
mod compare;
mod context;
mod down;
mod edition;
mod engine;
mod error;
mod failure;
mod info;
mod labels;
mod lists;
mod logs;
mod observed;
mod progress;
mod request;
mod service_status;
mod survey;
mod wait;

pub use context::ContextError;
pub use down::Removing;
pub use engine::Engine;
pub use error::{Attempt, EngineError};
pub(crate) use error::{conflict, found};
pub use failure::{ServiceFailure, WaitOutcome};
pub use info::EngineInfo;
pub use labels::{COMPONENT, PLATFORM};
pub use logs::{LogLine, LogRequest};
pub(crate) use observed::name_of;
pub use progress::{Progress, ProgressStep, Watcher};
pub use service_status::{ContainerUsage, MemoryUser, ServiceStatus};
pub use survey::{ProjectResources, Publisher};

/// What there is of a project in an engine, in the engine's words.
pub const NETWORK: &str = "network";
pub const VOLUME: &str = "volume";
pub const CONTAINER: &str = "container";
