//! What a source is asked for by: the name of what is part of the binary, or a file.

use crate::error::ReplayError;
use crate::simulation::{self, SimulationOptions};
use crate::source::ReplaySource;
use std::path::Path;

impl ReplaySource {
    /// What is part of the binary, by the name that [`ReplaySource::named`] takes.
    pub const BUNDLED: [&str; 2] = ["sample", "simulation"];

    /// `sample`, `simulation`, or else the path of a file.
    pub fn named(name: &str) -> Result<Self, ReplayError> {
        match name {
            "sample" => Self::sample(),
            "simulation" => match simulation::bundled(&SimulationOptions::default()) {
                Ok(simulation) => Ok(simulation.source),
                Err(error) => Err(ReplayError::Read {
                    name: name.to_owned(),
                    cause: std::io::Error::other(error),
                }),
            },
            path => Self::file(Path::new(path)),
        }
    }
}
