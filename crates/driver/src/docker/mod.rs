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
mod facts;
mod labels;
mod logs;
mod observed;
mod plan;
mod progress;
mod request;
mod status;
mod survey;
mod wait;

pub use engine::Engine;
pub use error::{Attempt, EngineError};
pub use exec::ExecOutput;
pub use facts::Facts;
pub use logs::{LogLine, LogRequest};
pub use plan::{Action, Change, Kind, Plan, Reason, Refusal, Subject};
pub use progress::{Progress, Step, Watcher};
pub use status::{MemoryUser, ServiceStatus, Usage};
pub use survey::{Belongings, Publisher};
pub use wait::{Outcome, ServiceFailure};
