//! The model of `compose.yaml`: exactly the settings that this file has and the tests of the driver
//! need, with docker compose's own config hash. Everything else is refused by its name and place.
//! It talks to no engine.
//!
//! Source of the notation: the Compose Specification; of the config hash: docker/compose,
//! `internal/confighash/hash.go`.

mod error;
mod hash;
mod interpolate;
mod project;
mod resource;
mod scalar;
mod service;
mod short_form;
mod variables;

pub use error::ComposeError;
pub use hash::HashEdition;
pub use project::{ComposeLocation, Project};
pub use resource::{AddressRange, Driver, Ipam, Network, Volume};
pub use scalar::{Bytes, GoDuration};
pub use service::{Attachment, Condition, Dependency, HealthCheck, Logging, Restart, Service};
pub use short_form::{ExtraHost, Mount, PublishedPort};
pub use variables::Variables;
