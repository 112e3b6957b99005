//! The Docker engine: what it is, what of a compose project it has, and making it have the rest.
//! Containers, networks and volumes bear docker compose's labels, so that `docker compose ps`,
//! `logs` and `down` see what was started here, and the other way round.
//!
//! The engine is reached through `bollard`. Nothing that lacks the project's label is touched.

mod address;
mod apply;
mod down;
mod edition;
mod engine;
mod error;
mod exec;
mod failure;
mod info;
mod labels;
mod logs;
mod observed;
mod plan;
mod progress;
mod request;
mod service_status;
mod survey;
mod wait;

pub use engine::Engine;
pub use error::{Attempt, EngineError};
pub use exec::ExecOutput;
pub use failure::{ServiceFailure, WaitOutcome};
pub use info::EngineInfo;
pub use logs::{LogLine, LogRequest};
pub use plan::{Difference, Plan, PlannedAction, Refusal, Resource, ResourceAction, ResourceKind};
pub use progress::{Progress, ProgressStep, Watcher};
pub use service_status::{ContainerUsage, MemoryUser, ServiceStatus};
pub use survey::{Belongings, Publisher};
