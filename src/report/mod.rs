//! The only code that writes to the terminal: data on standard output, everything said about the
//! work on standard error. It decides how things look, never what is done.

mod explained;
mod failure;
mod images;
mod layout;
mod learnt;
mod live;
pub mod logging;
mod models;
mod plan;
mod progress;
mod record;
mod records;
mod retrained;
mod screen;
mod status;
mod views;

pub use layout::{folded, indented, pairs, table};
pub use live::Live;
pub use progress::Stages;
pub use screen::Screen;

use crate::error::{Error, ExpectedError, Result};
use crate::stage::OnStage;
use crate::text;
use anstream::{AutoStream, ColorChoice};
use owo_colors::OwoColorize;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The form of the data on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Output {
    /// For people; may change between versions.
    #[default]
    Human,
    /// For scripts: one JSON value a line.
    Json,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::AlwaysAnsi,
            Color::Never => Self::Never,
        }
    }
}

type Sink = Mutex<Box<dyn Write + Send>>;

/// The two streams a command speaks to. Cheap to clone, may be shared between threads.
#[derive(Clone)]
pub struct Report {
    out: Arc<Sink>,
    err: Arc<Sink>,
    output: Output,
    quiet: bool,
    out_is_terminal: bool,
    err_is_terminal: bool,
    /// Whether standard output is a terminal on which texts can be links.
    has_links: bool,
}

impl Report {
    /// Reports to the process's own streams.
    pub fn to_terminal(output: Output, color: Color, quiet: bool) -> Self {
        // JSON needs no colours stripped, and `predict` writes a lot of it.
        let out: Box<dyn Write + Send> = match output {
            Output::Human => Box::new(AutoStream::new(io::stdout(), color.into())),
            Output::Json => Box::new(io::stdout()),
        };
        let out = BufWriter::with_capacity(64 * 1024, out);
        let err = AutoStream::new(io::stderr(), color.into());
        Self {
            out: Arc::new(Mutex::new(Box::new(out))),
            err: Arc::new(Mutex::new(Box::new(err))),
            output,
            quiet,
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            has_links: supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
        }
    }

    /// Whether data is to be written with [`Report::json`].
    pub fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// One line of data for people.
    ///
    /// # Errors
    /// [`Error::PipeClosed`] if the reader has gone, an expected error if writing fails otherwise.
    pub fn line(&self, line: impl Display) -> Result<()> {
        self.text(format_args!("{line}\n"))
    }

    /// One line of data for scripts.
    ///
    /// # Errors
    /// As [`Report::line`], and a bug if the value cannot be JSON.
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.lines(&line)
    }

    /// Whole lines of JSON for scripts, as they are; on a terminal with escapes for what is unsafe there.
    pub fn lines(&self, lines: &[u8]) -> Result<()> {
        if self.out_is_terminal {
            return self.write_data(|out| out.write_all(&text::escaped_json(lines)));
        }
        self.write_data(|out| out.write_all(lines))
    }

    /// Data as one line of JSON for scripts, as a text for people.
    pub fn data<T: Display>(&self, data: &impl Serialize, text: impl FnOnce() -> T) -> Result<()> {
        match self.output {
            Output::Json => self.json(data),
            Output::Human => self.text(text()),
        }
    }

    /// Starts a view that is renewed; see [`Screen`].
    pub fn screen(&self) -> Screen {
        Screen::new(self.clone())
    }

    /// Columns of the terminal; without one as good as unlimited.
    fn width(&self) -> usize {
        let size = terminal_size::terminal_size().filter(|_| self.out_is_terminal);
        size.map_or(record::UNLIMITED, |(terminal_size::Width(width), _)| {
            width.into()
        })
    }

    /// Columns that a view may take: those that `COLUMNS` gives, else the terminal's. Unlike a record, a
    /// view is wrapped into it, and loses nothing.
    pub fn view_width(&self) -> usize {
        given_width().unwrap_or_else(|| self.width())
    }

    /// The same for what is said about the work.
    fn narrative_width(&self) -> usize {
        let size = || terminal_size::terminal_size_of(io::stderr());
        let size = self.err_is_terminal.then(size).flatten();
        let width = size.map(|(terminal_size::Width(width), _)| width.into());
        given_width().or(width).unwrap_or(record::UNLIMITED)
    }

    /// Rows of the terminal; without one as good as unlimited.
    fn rows(&self) -> usize {
        let size = terminal_size::terminal_size().filter(|_| self.out_is_terminal);
        size.map_or(usize::MAX, |(_, terminal_size::Height(rows))| rows.into())
    }

    /// Text as it is, e.g. a shell script, but for what is unsafe on a terminal. Ends no line.
    pub fn text(&self, text: impl Display) -> Result<()> {
        let text = text.to_string();
        self.write_data(|out| out.write_all(text::screened(&text).as_bytes()))
    }

    /// Hands over what is still buffered. Data reaches a pipe only so, or when much has gathered;
    /// call it before waiting for more. The end of the command does it too.
    pub fn flush(&self) -> Result<()> {
        lock(&self.out).flush().map_err(write_failed)
    }

    /// Something worth knowing about the work; hidden by `--quiet`.
    pub fn note(&self, note: impl Display) {
        if !self.quiet {
            let note = layout::folded(&note.to_string(), 0, self.narrative_width());
            self.narrate(format_args!("{note}"));
        }
    }

    /// Something that works but may not be meant; hidden by `--quiet`.
    pub fn warn(&self, warning: impl Display) {
        if !self.quiet {
            // It may quote what strangers wrote.
            let warning = text::harmless_lines(&warning.to_string());
            let warning = format!("{} {warning}", "warning:".yellow().bold());
            let warning = layout::folded(&warning, "warning: ".len(), self.narrative_width());
            self.narrate(format_args!("{warning}"));
        }
    }

    /// Why the command failed. Shown even with `--quiet`.
    pub fn failure(&self, error: &Error) {
        let text = failure::render(error, self.narrative_width());
        self.narrate(format_args!("{text}"));
    }

    /// Starts showing the stages of a longer work; see [`Stages`].
    pub fn stages(&self) -> Stages {
        Stages::new(self.clone(), self.err_is_terminal && !self.quiet)
    }

    /// Shows the stages of a longer work that tells of them from any thread.
    pub fn with_stages<T>(&self, work: impl FnOnce(OnStage<'_>) -> T) -> T {
        let stages = Mutex::new(self.stages());
        let done = work(&|event| lock(&stages).on(event));
        lock(&stages).close();
        done
    }

    /// Starts a running commentary; see [`Live`].
    pub fn live(&self) -> Live {
        Live::new(
            self.clone(),
            self.err_is_terminal && self.out_is_terminal && !self.quiet,
        )
    }

    fn narrate(&self, text: std::fmt::Arguments<'_>) {
        // What was said before must be seen before; and if nobody can hear us, there is nobody to
        // tell so.
        _ = lock(&self.out).flush();
        let mut err = lock(&self.err);
        _ = err.write_all(text::screened(&text.to_string()).as_bytes());
        _ = err.flush();
    }

    fn write_data(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = lock(&self.out);
        write(&mut *out).map_err(write_failed)?;
        match self.out_is_terminal {
            true => out.flush().map_err(write_failed),
            false => Ok(()),
        }
    }
}

/// Columns that `COLUMNS` gives.
fn given_width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok()?;
    columns.parse().ok().filter(|columns| *columns > 0)
}

/// A panic elsewhere must not keep us from saying so.
pub fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_failed(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Error::PipeClosed;
    }
    ExpectedError::preflight("cannot write to standard output")
        .caused_by(&error)
        .into()
}

#[cfg(test)]
mod tests;
