//! What the commands need of a platform that runs: where it is, how to ask it. The only profile
//! there is so far runs in one process.

mod background;
mod client;
mod foreground;
mod instance;
mod records;

pub use background::{Start, start};
pub use client::Client;
pub(crate) use foreground::StopSignals;
pub use foreground::{Platform, Replay};
pub use instance::{Instance, InstanceLock};
pub use records::{Wanted, read};
