//! Taking what a wiki has hidden out of label facts that are on disk.

use super::{FactKind, StoredFacts};
use crate::error::LakeError;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::io::Write;
use wikisentry_core::hidden::Hidden;

impl StoredFacts {
    /// Takes what is hidden out of the facts of these days; answers in how many it was. Each file that
    /// held some of it is replaced in one step. May be repeated after any error and after any crash.
    ///
    /// # Errors
    /// If a folder cannot be listed or a file cannot be replaced; those before it are done.
    pub fn blank(&self, hidden: &Hidden, days: &BTreeSet<Date>) -> Result<u64, LakeError> {
        let mut facts = 0;
        for day in days {
            for key in self.files(FactKind::Label, *day)? {
                let mut lines = GzEncoder::new(Vec::new(), Compression::default());
                let mut blanked = 0;
                let read = self.lines_of(&key, &mut |line| {
                    let without = hidden.blanked(line);
                    blanked += u64::from(without.is_some());
                    let written = match without {
                        Some(line) => lines.write_all(&line).and_then(|()| lines.write_all(b"\n")),
                        None => lines.write_all(line),
                    };
                    written.expect("writing into memory does not fail");
                });
                if let Err(error) = read {
                    // Labelling refuses it by name; the lake's edits must not wait for it.
                    tracing::warn!("what is hidden stays in a file of facts: {error}");
                    continue;
                }
                if blanked > 0 {
                    let bytes = lines.finish().expect("writing into memory does not fail");
                    self.storage.put(&key, &bytes)?;
                    facts += blanked;
                }
            }
        }
        Ok(facts)
    }
}
