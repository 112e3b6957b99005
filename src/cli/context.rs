//! What every command is given: a report to speak through, and lazy access to settings, state and
//! the platform.

use super::GlobalArgs;
use crate::components;
use crate::config::{
    self, CONFIG_VARIABLE, Location, Override, Resolved, Settings, Sources, lost, typed,
};
use crate::error::Result;
use crate::platform::{Platform, RecordingState, Remembered, merged};
use crate::report::Report;
use crate::state::StateDir;
use crate::text::{harmless, shell_word};
use std::cell::OnceCell;
use std::path::Path;

pub struct Context {
    pub report: Report,
    pub global: GlobalArgs,
    recording: OnceCell<Option<RecordingState>>,
    remembered: OnceCell<Option<Remembered>>,
}

impl Context {
    pub fn new(global: GlobalArgs) -> Self {
        Self {
            report: Report::to_terminal(global.output, global.color, global.quiet),
            global,
            recording: OnceCell::new(),
            remembered: OnceCell::new(),
        }
    }

    /// The same about this recording, or about the live feed, whatever is in use.
    pub fn about(&self, recording: Option<RecordingState>) -> Self {
        Self {
            recording: OnceCell::from(recording),
            ..Self::new(self.global.clone())
        }
    }

    /// The same, with this for what the last `up` was.
    pub fn remembering(&self, global: GlobalArgs, remembered: Option<Remembered>) -> Self {
        Self {
            recording: self.recording.clone(),
            remembered: OnceCell::from(remembered),
            ..Self::new(global)
        }
    }

    /// The settings: the flags of the last `up` lie below those of this call, unless this call
    /// names another profile. Warnings about them are reported.
    pub fn settings(&self, own_flags: Vec<Override>) -> Result<Resolved> {
        let remembered = self.remembered_for(&own_flags)?;
        let earlier = remembered.map_or(&[][..], |remembered| &remembered.flags);
        let earlier = earlier.iter().map(|flag| Override {
            flag: format!("{} of an earlier `up`", flag.flag),
            ..flag.clone()
        });
        let earlier: Vec<Override> = earlier.collect();
        let flags = self.flags_over(&earlier, &own_flags);
        if let Some(file) = self.lost_file(remembered) {
            let what = lost(file).what;
            self.report
                .warn(format!("{what}; the usual settings stand in for it"));
        }
        let location = self.location_under(remembered)?;
        let sources = Sources::of_process(&location, flags)?;
        let resolved = config::resolve(&sources, &components::sections())?;
        for warning in &resolved.warnings {
            self.report.warn(warning);
        }
        Ok(resolved)
    }

    /// The flags that set something, of this call over earlier ones.
    pub fn flags_over(&self, earlier: &[Override], own_flags: &[Override]) -> Vec<Override> {
        merged(&merged(earlier, &self.global.set), own_flags)
    }

    /// What the last `up` was, unless flags of this call name another profile.
    pub fn remembered_for(&self, own_flags: &[Override]) -> Result<Option<&Remembered>> {
        let flags = [&self.global.set[..], own_flags].concat();
        let remembered = self.remembered()?;
        Ok(remembered.filter(|remembered| !remembered.is_overruled_by(&flags)))
    }

    /// What the last `up` was, as the command found it.
    pub fn remembered(&self) -> Result<Option<&Remembered>> {
        if self.remembered.get().is_none() {
            let found = Remembered::load(&self.state()?)?;
            // Only this thread sets it.
            let _ = self.remembered.set(found);
        }
        Ok(self.remembered.get().and_then(Option::as_ref))
    }

    /// The settings file to use: the one that is named, else that of the last `up`, else the usual
    /// one.
    pub fn location(&self) -> Result<Location> {
        self.location_under(self.remembered_for(&[])?)
    }

    fn location_under(&self, remembered: Option<&Remembered>) -> Result<Location> {
        let earlier = remembered.and_then(|remembered| remembered.config.as_deref());
        let earlier = earlier.filter(|file| file.exists());
        Location::find(self.global.config.as_deref().or(earlier))
    }

    /// The settings file of the last `up`, if it would be used and is gone.
    pub fn lost_file<'a>(&self, remembered: Option<&'a Remembered>) -> Option<&'a Path> {
        let earlier = remembered.and_then(|remembered| remembered.config.as_deref());
        earlier.filter(|file| self.global.config.is_none() && !file.exists())
    }

    /// The platform that the command is about.
    pub fn platform(&self) -> Result<Platform> {
        self.platform_of(self.settings(Vec::new())?.settings)
    }

    /// The same, where the settings are there already.
    pub fn platform_of(&self, settings: Settings) -> Result<Platform> {
        let is_named = self.global.set.iter().any(|flag| flag.key == "profile");
        Platform::in_use(settings, &self.state()?, self.remembered()?, is_named)
    }

    /// The `up` that starts what this command is about: the recording and the settings of this call go
    /// with it. In place of a secret stands the variable of the environment to put it into.
    pub fn up_command(&self) -> String {
        let recording = self.recording().ok().flatten();
        let up = recording.map_or("wikisentry up".to_owned(), RecordingState::up_command);
        let set = self
            .global
            .set
            .iter()
            .map(|flag| format!(" --set {}", typed(flag)));
        let file = self.global.config.as_deref().filter(|file| {
            // The variable holds for the next command too.
            std::env::var_os(CONFIG_VARIABLE).is_none_or(|usual| usual != file.as_os_str())
        });
        let file = file.map(|file| format!(" --config {}", shell_word(&file.to_string_lossy())));
        format!(
            "{up}{}{}",
            file.unwrap_or_default(),
            set.collect::<String>()
        )
    }

    /// An advice as it is to be typed: while a recording is in use, `wikisentry up` alone would start
    /// the live feed. One with a profile is for the live feed.
    pub fn advised(&self, advice: &str) -> String {
        match self.recording() {
            Ok(Some(recording)) => {
                let up = format!("`{}", recording.up_command());
                let advice = advice.replace("`wikisentry up`", &format!("{up}`"));
                let is_whole =
                    |flags: &str| flags.starts_with("replay") || flags.starts_with("profile");
                let mut pieces = advice.split("`wikisentry up --");
                let first = pieces.next().unwrap_or_default().to_owned();
                pieces.fold(first, |said, rest| match is_whole(rest) {
                    true => said + "`wikisentry up --" + rest,
                    false => said + &up + " --" + rest,
                })
            }
            _ => advice.to_owned(),
        }
    }

    /// Says so if the command is about a recording, for commands that would else be taken to be about
    /// the live feed.
    pub fn note_recording(&self) -> Result<()> {
        if let Some(recording) = self.recording()? {
            let name = harmless(&recording.name);
            self.report.note(format_args!(
                "about the recording {name}, not the live feed"
            ));
        }
        Ok(())
    }

    /// The recording that the command is about, as the command found it; `None` if it is about the live
    /// feed.
    pub fn recording(&self) -> Result<Option<&RecordingState>> {
        if self.recording.get().is_none() {
            let found = RecordingState::in_use(&self.home()?)?;
            // Only this thread sets it.
            let _ = self.recording.set(found);
        }
        Ok(self.recording.get().and_then(Option::as_ref))
    }

    /// The state folder that the command is about: that of the recording in use, else that of the
    /// live feed; not created.
    pub fn state(&self) -> Result<StateDir> {
        let home = self.home()?;
        Ok(match self.recording()? {
            Some(recording) => recording.folder(&home),
            None => home,
        })
    }

    /// The state folder of the live feed, with those of recordings below it; not created.
    pub fn home(&self) -> Result<StateDir> {
        StateDir::from_environment()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    #[test]
    fn a_command_to_type_names_the_variable_of_a_secret_and_not_the_secret() {
        let said = |flags: &[&str]| {
            let line = [&["wikisentry", "status"], flags].concat();
            let context = Context::new(Cli::parse_from(line).global).about(None);
            context.up_command()
        };
        let url = said(&["--set", "source.url=https://me:pw@example.org/v2"]);
        assert_eq!(
            url,
            r#"wikisentry up --set source.url="$WIKISENTRY_SOURCE__URL""#
        );
        assert_eq!(
            said(&[
                "--config",
                "my file.toml",
                "--set",
                "source.url=https://example.org/v2"
            ]),
            "wikisentry up --config 'my file.toml' --set source.url=https://example.org/v2"
        );
    }

    #[test]
    fn an_advised_start_is_of_the_recording_unless_it_says_of_what_it_is() {
        let global = Cli::parse_from(["wikisentry", "status"]).global;
        let name = "sample".to_owned();
        let context = Context::new(global).about(Some(RecordingState {
            name,
            content: None,
        }));
        for (advice, typed) in [
            (
                "`wikisentry up` starts",
                "`wikisentry up --replay sample` starts",
            ),
            (
                "`wikisentry up --restart`, `wikisentry up`",
                "`wikisentry up --replay sample --restart`, `wikisentry up --replay sample`",
            ),
            (
                "`wikisentry up --profile k3d --until data-layer` makes them",
                "`wikisentry up --profile k3d --until data-layer` makes them",
            ),
            (
                "`wikisentry up --replay simulation`",
                "`wikisentry up --replay simulation`",
            ),
        ] {
            assert_eq!(context.advised(advice), typed);
        }
    }
}
