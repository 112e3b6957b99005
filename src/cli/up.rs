//! `wikisentry up`: starts the platform and returns when the first edit is scored.

use super::help::{self, Code};
use super::plan::Choice;
use super::{Context, GlobalArgs, completing};
use crate::config::{contact, lost};
use crate::error::{Error, ExitStatus, Result};
use crate::platform::embedded::{Instance, Running, not_as_asked, nothing_runs, stop_first};
use crate::platform::{
    Platform, RecordingState, Remembered, ReplayRequest, StartRequest, Until, content_of,
};
use crate::state::StateDir;
use crate::text::harmless;
use std::io::Read;
use std::num::NonZeroU32;
use std::time::Duration;
use wikisentry_core::stream::Brings;
use wikisentry_replay::{Rate, ReplaySource};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    #[command(flatten)]
    choice: Choice,

    /// Go up to this stage of the profile k3d, and stay with it in later `up`s
    #[arg(long, value_enum, value_name = "STAGE")]
    until: Option<Until>,

    /// Start though the budget says that there is no room
    #[arg(long)]
    force: bool,

    /// Stay in the foreground and log to standard error; Ctrl-C stops the platform
    #[arg(long, short)]
    pub foreground: bool,

    /// Read a recording instead of the feed: `sample`, `simulation`, or a file of events
    #[arg(long, value_name = "sample|simulation|FILE", add = completing::recordings())]
    replay: Option<String>,

    /// Speed of the replay: events a second, or max
    #[arg(long, value_name = "N|max", default_value = "max", requires = "replay")]
    #[arg(add = completing::words(["max"]))]
    rate: Rate,

    /// How often the recording is played
    #[arg(long, value_name = "N", default_value = "1", requires = "replay")]
    repeat: NonZeroU32,

    /// What goes wrong in the replay, as `wikisentry replay --help` tells
    #[arg(long, value_name = "SPEC", default_value = "", requires = "replay")]
    #[arg(hide_default_value = true, add = completing::faults())]
    faults: String,

    /// Seed of the faults
    #[arg(long, value_name = "N", default_value = "0", requires = "faults")]
    seed: u64,

    /// Stop first what runs with other settings; nothing is lost by it
    #[arg(long)]
    restart: bool,

    /// Forget the flags of earlier `up`s, `--until` too; the settings file and the environment stay
    #[arg(long)]
    forget: bool,

    /// Set a damaged log aside, and read the stream again from where the lake ends
    #[arg(long)]
    rebuild: bool,

    /// Wait this many seconds for the first edit; 0 does not wait
    #[arg(long, value_name = "SECONDS", default_value = "15")]
    timeout: u64,

    /// Take the whole request from standard input, and stay: how `up` starts the background
    /// process
    #[arg(long, hide = true)]
    pub handed_over: bool,
}

const ABOUT: &str = "\
Starts the platform in the background and returns when the first edit is scored, or says what it
waits for. If it runs already, nothing changes. Later commands, `up` included, act on the same
platform with the same flags.";

const CODES: &[Code] = &[
    (
        ExitStatus::Fine,
        "edits are scored; with the profile k3d: edits arrive",
    ),
    (
        ExitStatus::TimedOut,
        "no edit within --timeout; the platform goes on running and tries again by itself",
    ),
    (
        ExitStatus::Refused,
        "it runs with other settings than are asked for",
    ),
    (ExitStatus::Interrupted, ""),
];

const EXAMPLES: &str = "
  wikisentry up                      the live feed
  wikisentry up --replay sample      recorded edits, for a machine without the feed
  wikisentry up --replay simulation  labelled edits and their reverts, to learn from
  wikisentry up --foreground         stay attached, log to the terminal
  wikisentry up --profile k3d \\
    --until data-layer               Kafka, Kafka Connect and MinIO in Docker";

pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    if args.handed_over {
        return handed_over(context);
    }
    let replay = args.replay();
    let wanted = replay.as_ref().map(RecordingState::of);
    let before = context;
    let context = &as_asked(&args, &before.about(wanted.clone()))?;
    let (platform, request) = prepare(&args, replay, context)?;
    let home = context.home()?;
    // What `--restart` stops.
    let ran = Instance::find(&before.state()?).ok().flatten();
    let started = match before.recording()? == wanted.as_ref() {
        true => start(&platform, &request, context),
        false => start_other(&platform, &request, wanted, before, context),
    };
    match (started, ran) {
        (Err(error), Some(ran)) if matches!(RecordingState::running(&home), Ok(None)) => {
            Err(nothing_runs(error, &ran))
        }
        (started, _) => started,
    }
}

/// Starts on another state than the one that commands were about.
fn start_other(
    platform: &Platform,
    request: &StartRequest,
    wanted: Option<RecordingState>,
    before: &Context,
    context: &Context,
) -> Result<ExitStatus> {
    let home = context.home()?;
    if wanted.is_some() {
        let settings = context.about(None).settings(Vec::new())?.settings;
        Platform::no_containers(&settings, &home)?;
    }
    let replaced = wanted.as_ref().filter(|wanted| wanted.is_replaced(&home));
    make_way(&before.state()?, platform, request, context)?;
    if let Some(wanted) = replaced {
        context.report.note(format_args!(
            "{} is another file than was read before: it is read from its beginning, into a state of \
             its own beside the one of before",
            harmless(&wanted.name)
        ));
    }
    RecordingState::choose(&home, wanted.as_ref())?;
    let started = start(platform, request, context);
    if started.is_err()
        && let Err(error) = choose_again(&home, &context.state()?, before.recording()?)
    {
        context.report.warn(error.in_one_line());
    }
    started
}

/// After a start that failed: commands are about what runs; if nothing does and nothing was begun, they
/// stay where they were.
fn choose_again(home: &StateDir, tried: &StateDir, before: Option<&RecordingState>) -> Result<()> {
    match RecordingState::running(home)? {
        Some(running) => RecordingState::choose(home, running.as_ref()),
        None if tried.logs().exists() => Ok(()),
        None => RecordingState::choose(home, before),
    }
}

/// Without the flags of earlier `up`s, if they are to be forgotten.
fn as_asked(args: &Args, context: &Context) -> Result<Context> {
    let remembered = context.remembered()?.cloned();
    if !args.forget {
        return Ok(context.remembering(context.global.clone(), remembered));
    }
    let without_flags = remembered.map(|remembered| Remembered {
        flags: Vec::new(),
        config: None,
        until: None,
        ..remembered
    });
    Ok(context.remembering(context.global.clone(), without_flags))
}

/// Ends what runs on another state, if `--restart` says so.
fn make_way(
    other: &StateDir,
    platform: &Platform,
    request: &StartRequest,
    context: &Context,
) -> Result<()> {
    let Some(instance) = Instance::find(other)? else {
        return Ok(());
    };
    if !request.restart {
        let asked = Running::of(platform.settings(), request.replay.as_ref())?;
        return Err(not_as_asked(&instance, instance.differences(&asked)).into());
    }
    platform.check_in_place_of(&instance, request)?;
    let report = &context.report;
    report.with_stages(|on_stage| stop_first(&instance, other, on_stage))
}

/// Checks the request as far as that can be done before anything is stopped or started.
fn prepare(
    args: &Args,
    replay: Option<ReplayRequest>,
    context: &Context,
) -> Result<(Platform, StartRequest)> {
    let flags = args.choice.overrides();
    let state = context.state()?;
    let remembered = context.remembered_for(&flags)?;
    if let Some(file) = context.lost_file(remembered) {
        return Err(lost(file).into());
    }
    let settings = context.settings(flags.clone())?.settings;
    let (platform, why) = Platform::to_start(settings, &state, remembered, context.remembered()?)?;
    match &replay {
        // Whether there is such a recording is said here, not in a log.
        Some(replay) => drop(replay.open()?),
        None if platform.reads_the_feed() => {
            let source = &platform.settings().source;
            // Before anything is stopped for it.
            contact(source)?;
            // A subscription can be right and yet bring nothing.
            let warnings = useless_streams(&source.streams).into_iter();
            warnings.for_each(|warning| context.report.warn(warning));
        }
        None => {}
    }
    if let Some(why) = why {
        context.report.note(why);
    }
    let earlier = remembered.map_or(&[][..], |remembered| &remembered.flags);
    let is_same = |last: &&Remembered| last.profile.name() == platform.profile();
    let request = StartRequest {
        until: args.until.or_else(|| remembered.filter(is_same)?.until),
        force: args.force,
        foreground: args.foreground,
        restart: args.restart,
        rebuild: args.rebuild,
        timeout: Duration::from_secs(args.timeout),
        flags: context.flags_over(earlier, &flags),
        config: named_file(&context.global, remembered),
        replay,
    };
    Ok((platform, request))
}

fn start(platform: &Platform, request: &StartRequest, context: &Context) -> Result<ExitStatus> {
    let report = &context.report;
    let started = report.with_stages(|on_stage| platform.start(request, on_stage))?;
    if report.is_json() && !started.data.is_null() {
        report.json(&started.data)?;
    }
    for note in &started.notes {
        report.note(note);
    }
    Ok(ExitStatus::Fine)
}

/// The background process. What is in the way goes to who waits for it, as data; the log has it too.
fn handed_over(context: &Context) -> Result<ExitStatus> {
    let ended = take_over(context);
    if let Err(Error::Expected(error)) = &ended {
        // Nobody waits any more if it cannot be said.
        _ = context.report.json(error);
        _ = context.report.flush();
    }
    ended
}

/// Everything it is to do comes through the pipe.
fn take_over(context: &Context) -> Result<ExitStatus> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    let request: StartRequest = serde_json::from_slice(&text)
        .map_err(|error| Error::bug(format!("the request that was handed over: {error}")))?;
    let request = StartRequest {
        foreground: true,
        ..request
    };
    let global = GlobalArgs {
        set: request.flags.clone(),
        config: request.config.clone(),
        ..context.global.clone()
    };
    let recording = request.replay.as_ref().map(RecordingState::of);
    // The request holds what earlier ones were given.
    let context = context.about(recording).remembering(global, None);
    let settings = context.settings(Vec::new())?.settings;
    let (platform, _) = Platform::to_start(settings, &context.state()?, None, None)?;
    start(&platform, &request, &context)?;
    Ok(ExitStatus::Fine)
}

/// What of `source.streams` brings nothing.
pub(super) fn useless_streams(streams: &[String]) -> Vec<String> {
    let brings = |wanted| move |stream: &&String| Brings::of(stream) == wanted;
    let useless = streams
        .iter()
        .filter(brings(Brings::Nothing))
        .map(|stream| {
            format!(
                "source.streams: {stream} brings neither edits nor label facts; it is only counted"
            )
        });
    let mut warnings: Vec<_> = useless.collect();
    if !streams.iter().any(|stream| brings(Brings::Edits)(&stream)) {
        warnings.push("source.streams brings no edits: nothing will be scored".to_owned());
    }
    warnings
}

/// The settings file that was named; the process may outlive the folder that it is relative to.
fn named_file(global: &GlobalArgs, remembered: Option<&Remembered>) -> Option<std::path::PathBuf> {
    match &global.config {
        Some(file) => Some(std::path::absolute(file).unwrap_or_else(|_| file.clone())),
        None => remembered.and_then(|remembered| remembered.config.clone()),
    }
}

impl Args {
    /// The recording to replay, if one is asked for.
    fn replay(&self) -> Option<ReplayRequest> {
        let name = self.replay.as_deref()?;
        let is_bundled = ReplaySource::BUNDLED.contains(&name);
        // However it is named, it is the same file.
        let path = std::fs::canonicalize(name).or_else(|_| std::path::absolute(name));
        let path = path.ok().filter(|_| !is_bundled);
        Some(ReplayRequest {
            content: path.as_deref().and_then(content_of),
            name: path.map_or_else(|| name.to_owned(), |path| path.display().to_string()),
            rate: self.rate,
            repeat: self.repeat,
            faults: self.faults.clone(),
            seed: self.seed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_that_bring_nothing_are_warned_of() {
        let warnings = |streams: &[&str]| {
            let streams: Vec<_> = streams.iter().map(|&stream| stream.to_owned()).collect();
            useless_streams(&streams)
        };
        assert_eq!(
            warnings(&["recentchange", "mediawiki.revision-tags-change"]),
            [""; 0]
        );
        assert_eq!(warnings(&["mediawiki.page_change.v1"]), [""; 0]);
        let useless = warnings(&["recentchange", "mediawiki.revision-create"]);
        assert!(useless.len() == 1 && useless[0].contains("mediawiki.revision-create"));
        let no_edits = warnings(&["mediawiki.revision-tags-change"]);
        assert!(
            no_edits.len() == 1 && no_edits[0].contains("no edits"),
            "{no_edits:?}"
        );
        assert_eq!(warnings(&["mediawiki.page-create"]).len(), 2);
    }
}
