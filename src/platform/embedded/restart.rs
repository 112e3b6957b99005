//! A start in the place of a process that runs: what can be known of it is checked before that is
//! stopped, and what could not be known ends with how to start the earlier one again.

use super::foreground::refusal;
use super::replayed::streams_to_read;
use super::{Embedded, Instance};
use crate::error::{Error, Result};
use crate::platform::{RecordingState, StartRequest};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpListener};
use wikisentry_engine::runtime::{PipelineError, check_state};
use wikisentry_engine::sse::EventSource;
use wikisentry_replay::{Recording, ReplayOptions};

impl Embedded {
    /// Whether a start can take the place of a process, as far as it can be known while that runs.
    ///
    /// # Errors
    /// What the start would be refused for, and that what runs goes on.
    pub(in crate::platform) fn check_in_place_of(
        &self,
        running: &Instance,
        request: &StartRequest,
    ) -> Result<()> {
        let goes_on = |error: Error| match error {
            Error::Expected(error) => {
                Error::from(error.because("nothing was stopped: what runs goes on as it was"))
            }
            error => error,
        };
        self.check_startable(running, request).map_err(goes_on)
    }

    fn check_startable(&self, running: &Instance, request: &StartRequest) -> Result<()> {
        let refused = |error: PipelineError| refusal(error, &self.state);
        self.check_port(running).map_err(refused)?;
        match &request.replay {
            Some(replay) => {
                let replay = replay.open()?;
                let recording = Recording::new(replay.source, &ReplayOptions::default());
                let recorded: BTreeMap<&str, u64> = recording.events_by_stream();
                streams_to_read(&recorded, &self.settings.source.streams)?;
            }
            None => {
                let source = EventSource::new(&self.settings.source);
                source.map_err(|error| refused(error.into()))?;
            }
        }
        // Its own log the process that runs has open.
        if Instance::is_running(&self.state)? {
            return Ok(());
        }
        self.state.claim()?;
        match request.rebuild {
            true => Ok(()),
            false => check_state(self.state.root()).map_err(refused),
        }
    }

    /// The port is free, or that of the process that is to be stopped.
    fn check_port(&self, running: &Instance) -> Result<(), PipelineError> {
        let listen = self.settings.api.listen;
        let address = running.api.strip_prefix("http://");
        let address = address.and_then(|address| address.parse::<SocketAddr>().ok());
        if address.is_some_and(|address| overlap(address, listen)) {
            return Ok(());
        }
        let bound = TcpListener::bind(listen);
        bound
            .map(drop)
            .map_err(|error| PipelineError::Listen { listen, error })
    }
}

/// Whether two listeners would be in each other's way.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let any = |address: IpAddr| address.is_unspecified();
    one.port() == other.port() && (one.ip() == other.ip() || any(one.ip()) || any(other.ip()))
}

/// The refusal of a start for which another process was stopped: nothing runs any more.
pub fn nothing_runs(error: Error, stopped: &Instance) -> Error {
    let up = match stopped.replay() {
        Some(replay) => RecordingState::of(replay).up_command() + &replay.flags(),
        None => "wikisentry up".to_owned(),
    };
    let why = format!("nothing runs any more; what ran before starts again with `{up}`");
    match error {
        Error::Expected(error) => Error::from(error.because(why)),
        Error::Bug {
            what,
            why: mut causes,
            backtrace,
        } => {
            causes.push(why);
            Error::Bug {
                what,
                why: causes,
                backtrace,
            }
        }
        Error::PipeClosed => Error::PipeClosed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_what_is_stopped_is_free_then() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (one, other, overlaps) in [
            ("127.0.0.1:8000", "127.0.0.1:8000", true),
            ("127.0.0.1:8000", "0.0.0.0:8000", true),
            ("[::]:8000", "127.0.0.1:8000", true),
            ("127.0.0.1:8000", "127.0.0.2:8000", false),
            ("127.0.0.1:8000", "127.0.0.1:8001", false),
        ] {
            assert_eq!(
                overlap(address(one), address(other)),
                overlaps,
                "{one} {other}"
            );
        }
    }
}
