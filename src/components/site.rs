//! What a component is given to find itself and others: settings and passwords.

use super::Secrets;
use crate::config::Settings;
use crate::error::Result;
use std::time::Duration;
use url::Url;

/// How long one request to a component may take.
pub const REQUEST: Duration = Duration::from_secs(10);

/// A platform of containers, as far as its components need to know it.
pub struct Site {
    pub settings: Settings,
    pub secrets: Secrets,
}

/// The address of a port on this machine.
///
/// # Errors
/// Never for a port: a bug.
pub fn local(port: u16) -> Result<Url> {
    Ok(Url::parse(&format!("http://127.0.0.1:{port}"))?)
}
