//! The platform in one process of this program: started in the background or in the foreground,
//! found by the lock on its state folder, asked over its loopback API.

mod background;
mod client;
mod foreground;
mod instance;
mod log_file;
mod open_files;
mod records;
mod replayed;
mod restart;
mod running;
mod start;
mod stop;
mod watch;

pub use client::Client;
pub use foreground::Process;
pub use instance::{Instance, InstanceLock};
pub use replayed::streams_to_read;
pub use restart::nothing_runs;
pub use running::Running;
pub use start::{not_as_asked, stop_first};
pub use stop::stop;

use crate::config::Settings;
use crate::state::StateDir;
use wikisentry_lake::registry::Registry;
use wikisentry_learning::RetrainSettings;

/// A platform of one process on a state folder, running or not.
pub struct Embedded {
    pub(super) settings: Settings,
    pub(super) state: StateDir,
}

impl Embedded {
    pub fn new(settings: Settings, state: &StateDir) -> Self {
        Self {
            settings,
            state: state.clone(),
        }
    }

    pub fn models(&self) -> Registry {
        Registry::open(&self.state.models(), &self.settings.model.name)
    }

    /// What the settings make of a retraining.
    pub fn retraining(&self) -> RetrainSettings {
        let learning = &self.settings.learning;
        RetrainSettings {
            lake: self.state.lake(),
            models: self.state.models(),
            datasets: self.state.datasets(),
            model: self.settings.model.name.clone(),
            maturity: learning.maturity,
            window: learning.window,
            test: learning.test,
            calibration: learning.calibrate,
            max_rows: learning.max_rows,
            max_calibration_rows: learning.calibrate_rows,
            max_test_rows: learning.test_rows,
            min_new_damage: 0,
            seed: learning.seed,
            threads: learning.threads,
        }
    }
}
