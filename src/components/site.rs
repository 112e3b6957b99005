//! What a component is given to find itself and others: settings and passwords.

use super::{ClusterSettings, Foreign, Secrets};
use crate::config::Settings;
use crate::error::Result;
use std::time::Duration;
use url::Url;

/// How long one request to a component may take.
pub const REQUEST: Duration = Duration::from_secs(10);

/// A platform, as far as its components need to know it.
pub struct Site {
    pub settings: Settings,
    pub secrets: Secrets,
    /// What others run for it; none if all of it is ours, on this machine.
    pub foreign: Option<Foreign>,
}

impl Site {
    /// Where everything of ours lies in the cluster.
    pub fn namespace(&self) -> String {
        match &self.foreign {
            Some(foreign) => foreign.settings.namespace.clone(),
            None => ClusterSettings::of(&self.settings).namespace,
        }
    }

    /// Whether others run what pods talk to.
    pub fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }
}

/// The address of a port on this machine.
///
/// # Errors
/// Never for a port: a bug.
pub fn local(port: u16) -> Result<Url> {
    Ok(Url::parse(&format!("http://127.0.0.1:{port}"))?)
}
