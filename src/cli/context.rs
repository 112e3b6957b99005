//! What every command is given: a report to speak through, and lazy access to settings and state.

use super::GlobalArgs;
use crate::config::{self, Location, Override, Resolved, Settings, Sources};
use crate::data_layer::{DataLayer, Workspace};
use crate::error::Result;
use crate::platform::Instance;
use crate::report::Report;
use crate::state::StateDir;

/// The surroundings of a command.
pub struct Context {
    /// Where the command speaks.
    pub report: Report,
    /// The options every command takes, e.g. to start another process alike.
    pub global: GlobalArgs,
}

impl Context {
    /// Reads nothing yet.
    pub fn new(global: GlobalArgs) -> Self {
        Self {
            report: Report::to_terminal(global.output, global.color, global.quiet),
            global,
        }
    }

    /// The settings, with the command's own flags over `--set`. Warnings about them are reported.
    ///
    /// # Errors
    /// As [`config::resolve`], or if the settings file cannot be read.
    pub fn settings(&self, own_flags: Vec<Override>) -> Result<Resolved> {
        self.resolve(self.flags(own_flags))
    }

    /// The settings given on the command line, the command's own flags over `--set`.
    pub fn flags(&self, own_flags: Vec<Override>) -> Vec<Override> {
        [self.global.set.clone(), own_flags].concat()
    }

    /// The settings of what is up: where the data layer is, the flags that `up` was given lie
    /// below this command's own.
    ///
    /// # Errors
    /// As [`Context::settings`].
    pub fn settings_in_use(&self, state: &StateDir) -> Result<Resolved> {
        let workspace = Workspace::of(state);
        if !workspace.is_up() {
            return self.settings(Vec::new());
        }
        self.settings_of_last_up(&workspace)
    }

    /// The settings that the last `up` of the data layer had, be it up or not.
    ///
    /// # Errors
    /// As [`Context::settings`].
    pub fn settings_of_last_up(&self, workspace: &Workspace) -> Result<Resolved> {
        let mut overrides = workspace.flags();
        overrides.extend(self.global.set.clone());
        self.resolve(overrides)
    }

    fn resolve(&self, overrides: Vec<Override>) -> Result<Resolved> {
        let resolved = config::resolve(&Sources::of_process(&self.location()?, overrides)?)?;
        for warning in &resolved.warnings {
            self.report.warn(warning);
        }
        Ok(resolved)
    }

    /// The settings file to use.
    ///
    /// # Errors
    /// As [`Location::find`].
    pub fn location(&self) -> Result<Location> {
        Location::find(self.global.config.as_deref())
    }

    /// The data layer, if the command is about it rather than about the embedded profile: it is
    /// up, or it is asked for and no embedded platform runs.
    ///
    /// # Errors
    /// If a setting cannot be meant for it, or what is kept cannot be read.
    pub fn data_layer(&self, state: &StateDir) -> Result<Option<DataLayer>> {
        // An embedded platform that runs is asked whatever the settings say.
        if !Workspace::of(state).is_up() && Instance::is_running(state)? {
            return Ok(None);
        }
        let settings = self.settings_in_use(state)?.settings;
        self.data_layer_of(&settings, state)
    }

    /// The same, with settings at hand.
    ///
    /// # Errors
    /// As [`Context::data_layer`].
    pub fn data_layer_of(
        &self,
        settings: &Settings,
        state: &StateDir,
    ) -> Result<Option<DataLayer>> {
        let is_embedded = !Workspace::of(state).is_up() && Instance::is_running(state)?;
        if is_embedded || !DataLayer::is_meant(settings, state) {
            return Ok(None);
        }
        DataLayer::as_kept(settings, state).map(Some)
    }

    /// The state folder; not created.
    ///
    /// # Errors
    /// As [`StateDir::from_environment`].
    pub fn state(&self) -> Result<StateDir> {
        StateDir::from_environment()
    }
}
