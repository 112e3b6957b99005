//! The model of a compose file: exactly what WikiSentry can run, read as docker compose reads it.
//! Everything else is refused by its name and place. It talks to no engine.
//!
//! Source of the notation: the Compose Specification; of the config hash: docker/compose,
//! `internal/confighash/hash.go`. YAML is read by `yaml_serde`.

mod document;
pub mod dotenv;
mod error;
mod hash;
mod health;
mod interpolate;
mod mount;
mod port;
mod project;
mod resource;
mod scalar;
mod service;
mod subnet;
mod variables;

pub use error::{ComposeError, DotenvError};
pub use hash::HashEdition;
pub use health::HealthCheck;
pub use mount::{Mount, TmpfsOptions};
pub use port::Port;
pub use project::{ComposeLocation, Project};
pub use resource::{AddressRange, Ipam, Network, Volume};
pub use service::{Attachment, Condition, Environment, Logging, Service, Ulimit};
pub use subnet::Subnet;
pub use variables::Variables;
