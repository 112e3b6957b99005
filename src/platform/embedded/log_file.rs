//! The log file of the background process, which grows and may be set aside for a new one.

use super::background::{LOG, set_aside_as};
use super::{Embedded, Instance};
use crate::error::{ExpectedError, Result};
use crate::platform::{LogNext, LogWanted, TakeLog};
use crate::state::if_there;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;
use wikisentry_core::time::EventTime;
use wikisentry_lake::file::open_own;

/// How often a followed log is looked at.
const POLL: Duration = Duration::from_millis(200);
/// The end of a log is read in pieces of this size, in bytes.
const PIECE: u64 = 64 * 1024;
/// Lines from further back are not shown, in bytes. A log is set aside before it is as large.
const MOST: u64 = 64 * 1024 * 1024;

impl Embedded {
    pub(in crate::platform) fn logs(&self, wanted: &LogWanted, take: TakeLog<'_>) -> Result<()> {
        if !wanted.components.is_empty() {
            return ExpectedError::usage("components are for containers")
                .because("the embedded platform is one process with one log")
                .help("`wikisentry logs`")
                .fail();
        }
        let path = self.state.logs().join(LOG);
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound if Instance::is_running(&self.state).unwrap_or(false) => {
                ExpectedError::not_running("the platform writes no log file")
                    .because("it runs in the foreground, and logs to its terminal")
                    .help("look there; `wikisentry up` without --foreground writes a file")
            }
            io::ErrorKind::NotFound => ExpectedError::not_running("there is no log yet")
                .because(format!("{} is not there", path.display()))
                .help("start the platform with `wikisentry up`"),
            _ => ExpectedError::preflight(format!("cannot read {}", path.display()))
                .caused_by(&error),
        };
        let mut log = LogFile::open(&path).map_err(unreadable)?;
        let end = match wanted.since {
            Some(since) => {
                let said = log.lines_since(&set_aside_as(&path), since);
                last_of(said.map_err(unreadable)?, wanted.lines)
            }
            None => log.last_lines(wanted.lines).map_err(unreadable)?,
        };
        hand_on(&end, take)?;
        if !wanted.follow {
            return match end.is_empty() {
                true => take(LogNext::Nothing),
                false => Ok(()),
            };
        }
        loop {
            take(LogNext::Pause)?;
            let lines = log.new_lines(&path).map_err(unreadable)?;
            if lines.is_empty() {
                std::thread::sleep(POLL);
            }
            hand_on(&lines, take)?;
        }
    }
}

fn hand_on(lines: &[u8], take: TakeLog<'_>) -> Result<()> {
    String::from_utf8_lossy(lines).lines().try_for_each(|text| {
        take(LogNext::Line {
            component: None,
            time: None,
            text,
        })
    })
}

/// The last lines of a text of whole lines.
fn last_of(mut text: Vec<u8>, count: usize) -> Vec<u8> {
    let newlines: Vec<usize> = memchr::memchr_iter(b'\n', &text).collect();
    match newlines.len().checked_sub(count.saturating_add(1)) {
        Some(before) => text.split_off(newlines[before] + 1),
        None => text,
    }
}

/// What of a text of whole lines was written at a time or later. A line without a time goes with the one
/// before it.
fn lines_from(mut text: Vec<u8>, since: EventTime) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let early = lines.take_while(|line| time_of(line).is_none_or(|time| time < since));
    let start = early.map(<[u8]>::len).sum();
    text.split_off(start)
}

/// When a line was written; `None` if it goes on with the one before it.
fn time_of(line: &[u8]) -> Option<EventTime> {
    let time = line.split(|byte| *byte == b' ').next()?;
    EventTime::parse(std::str::from_utf8(time).ok()?)
}

/// A log file that grows, and may be set aside for a new one.
struct LogFile {
    file: File,
    /// Read up to here.
    at: u64,
    /// A line whose end is not written yet.
    unfinished: Vec<u8>,
}

impl LogFile {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: open_own(path, OpenOptions::new().read(true))?,
            at: 0,
            unfinished: Vec::new(),
        })
    }

    /// The last lines, as many as asked for; reading goes on behind them.
    fn last_lines(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let enough = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() > count;
        Ok(last_of(self.end(enough)?, count))
    }

    /// The lines written at a time or later, also those of the log that was set aside for this one;
    /// reading goes on behind them.
    fn lines_since(&mut self, aside: &Path, since: EventTime) -> io::Result<Vec<u8>> {
        let begins_before = |text: &[u8]| {
            let first = text.split(|byte| *byte == b'\n').find_map(time_of);
            first.is_some_and(|time| time < since)
        };
        let mut text = self.end(begins_before)?;
        if !begins_before(&text)
            && let Some(mut before) = if_there(Self::open(aside))?
            // It may have been set aside since it was opened.
            && before.file.metadata()?.ino() != self.file.metadata()?.ino()
        {
            let mut earlier = before.end(begins_before)?;
            earlier.append(&mut text);
            text = earlier;
        }
        Ok(lines_from(text, since))
    }

    /// The whole lines at the end, as far back as need be for enough of them; reading goes on behind
    /// them.
    fn end(&mut self, enough: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
        let end = self.file.metadata()?.len();
        let mut text: Vec<u8> = Vec::new();
        let mut start = end;
        while start > 0 && end - start < MOST && !enough(&text) {
            let from = start.saturating_sub(PIECE);
            let mut piece = vec![0; (start - from) as usize];
            self.file.seek(SeekFrom::Start(from))?;
            self.file.read_exact(&mut piece)?;
            piece.extend_from_slice(&text);
            (text, start) = (piece, from);
        }
        self.at = end;
        self.file.seek(SeekFrom::Start(end))?;
        Ok(self.whole(text))
    }

    /// The lines written since; empty if there are none yet.
    fn new_lines(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let read = self.file.by_ref().take(PIECE).read_to_end(&mut text)?;
        self.at += read as u64;
        if read == 0 && self.was_replaced(path) {
            *self = Self::open(path)?;
        }
        Ok(self.whole(text))
    }

    fn was_replaced(&self, path: &Path) -> bool {
        let (Ok(ours), Ok(there)) = (self.file.metadata(), path.metadata()) else {
            return false;
        };
        ours.ino() != there.ino() || there.len() < self.at
    }

    /// Keeps back the end of the text if it is no whole line.
    fn whole(&mut self, text: Vec<u8>) -> Vec<u8> {
        self.unfinished.extend_from_slice(&text);
        let end = memchr::memrchr(b'\n', &self.unfinished).map_or(0, |newline| newline + 1);
        let rest = self.unfinished.split_off(end);
        std::mem::replace(&mut self.unfinished, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_last_lines_are_found_wherever_they_begin() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let long = "x".repeat(PIECE as usize);
        for (text, count, expected) in [
            ("", 3, ""),
            ("a\nb\nc\n", 2, "b\nc\n"),
            ("a\nb\nc\n", 3, "a\nb\nc\n"),
            ("a\nb\nc\n", 0, ""),
            ("a\nb\nhalf", 1, "b\n"),
            (&format!("a\n{long}\nb\n"), 2, &format!("{long}\nb\n")),
        ] {
            std::fs::write(&path, text).unwrap();
            let found = LogFile::open(&path).unwrap().last_lines(count).unwrap();
            assert!(found == expected.as_bytes(), "{count} of {:.20}", text);
        }
    }

    #[test]
    fn lines_of_a_time_are_found_with_those_that_go_on_and_those_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("log"), folder.path().join("log.1"));
        let line =
            |hour: u32, text: &str| format!("2026-11-30T{hour:02}:00:00.000001Z  INFO x: {text}\n");
        let long = line(12, &"x".repeat(2 * PIECE as usize));
        let now = format!("{}{long}  goes on\n{}half", line(11, "b"), line(13, "c"));
        std::fs::write(&path, &now).unwrap();
        let since = |time: &str| {
            let time = EventTime::parse(time).unwrap();
            let lines = LogFile::open(&path).unwrap().lines_since(&aside, time);
            String::from_utf8(lines.unwrap()).unwrap()
        };
        let (c, all) = (line(13, "c"), now.trim_end_matches("half"));
        assert_eq!(since("2026-11-30T13:00:00Z"), c);
        assert!(since("2026-11-30T12:00:00Z") == format!("{long}  goes on\n{c}"));
        assert_eq!(since("2026-11-30T13:00:01Z"), "");
        assert!(since("2026-11-30T01:00:00Z") == all);
        std::fs::write(&aside, line(9, "a") + &line(10, "a")).unwrap();
        assert!(since("2026-11-30T10:00:00Z") == format!("{}{all}", line(10, "a")));
        assert_eq!(
            last_of(since("2026-11-30T01:00:00Z").into(), 1),
            c.as_bytes()
        );
    }

    #[test]
    fn following_shows_whole_lines_and_moves_on_to_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "old\nha").unwrap();
        let mut log = LogFile::open(&path).unwrap();
        assert_eq!(log.last_lines(10).unwrap(), b"old\n");
        let mut append = File::options().append(true).open(&path).unwrap();
        append.write_all(b"lf\nmore\n").unwrap();
        assert_eq!(log.new_lines(&path).unwrap(), b"half\nmore\n");
        assert_eq!(log.new_lines(&path).unwrap(), b"");
        std::fs::rename(&path, folder.path().join("log.1")).unwrap();
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(log.new_lines(&path).unwrap(), b"");
        assert_eq!(log.new_lines(&path).unwrap(), b"new\n");
    }
}
