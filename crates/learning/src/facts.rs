//! Label facts as the archiver keeps them: the raw events of `revision.tags`, by the day of the
//! event, in files of gzipped lines. Reading only; `wikisentry_engine::facts` writes them.

use crate::error::LearningError;
use flate2::read::MultiGzDecoder;
use jiff::civil::Date;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use wikisentry_core::event::Event;
use wikisentry_core::time::EventTime;

/// The folder of label facts.
#[derive(Debug, Clone)]
pub struct Facts {
    root: PathBuf,
}

/// One fact: when it happened, and the event as received.
pub(crate) type Fact = (EventTime, Vec<u8>);

impl Facts {
    /// The facts of a lake, whose folder need not exist.
    pub fn of(lake: &Path) -> Self {
        Self {
            root: lake.join("labels").join("facts"),
        }
    }

    /// The facts of a day, in the order of their times. Lines that are no event are passed over:
    /// they were checked when they came.
    pub(crate) fn of_day(&self, day: Date) -> Result<Vec<Fact>, LearningError> {
        let folder = self.root.join(format!("date={day}"));
        let mut facts = Vec::new();
        for path in files(&folder)? {
            let file = File::open(&path).map_err(LearningError::io("open", &path))?;
            for line in BufReader::new(MultiGzDecoder::new(file)).split(b'\n') {
                let line = line.map_err(LearningError::io("read", &path))?;
                let time = Event::parse(&line).ok().and_then(|event| event.time);
                facts.extend(time.map(|time| (time, line)));
            }
        }
        // A stable order whatever the names of the files: a file may have been written twice.
        facts.sort_unstable();
        facts.dedup();
        Ok(facts)
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, LearningError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LearningError::io("list", folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(LearningError::io("list", folder))?.path();
        files.extend((path.extension() == Some("gz".as_ref())).then_some(path));
    }
    Ok(files)
}
