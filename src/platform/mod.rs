//! What the commands need of a platform that runs: where it is, how to ask it. The only profile
//! there is so far runs in one process.

mod client;
mod instance;

pub use client::Client;
pub use instance::{Instance, InstanceLock};
