//! `wikisentry images`: builds the images of the data layer, lists them, and carries them to a
//! machine without network.

mod progress;

use progress::ImageStages;

use super::Context;
use super::help::{self, Code};
use crate::advice;
use crate::amounts::bytes as byte_count;
use crate::components;
use crate::error::{ExitStatus, Result};
use crate::report::lock;
use crate::runtime;
use crate::stage::{Outcome, StageEvent};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use wikisentry_driver::converge::Verb;
use wikisentry_driver::docker::Engine;
use wikisentry_driver::images::{self, ArchiveProgress, ImageError, ImageSet};

/// How often a build that prints nothing still reports that it runs.
const TICK: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Build what is missing, or pull what the settings name instead
    ///
    /// An image's tag is the hash of what it is built from, so what is there is never built again.
    /// A build that was stopped goes on where it was.
    #[command(after_long_help = help::of(BUILD_ABOUT, BUILD_CODES, BUILD_EXAMPLES))]
    Build,
    /// Show which images are there, how large they are, and which are not needed any more
    #[command(after_long_help = help::of("", LIST_CODES, LIST_EXAMPLES))]
    List,
    /// Remove images built for other versions or settings, unless a container uses them
    #[command(after_long_help = help::of(PRUNE_ABOUT, PRUNE_CODES, PRUNE_EXAMPLES))]
    Prune,
    /// Write all images to one file
    #[command(after_long_help = help::of(SAVE_ABOUT, SAVE_CODES, SAVE_EXAMPLES))]
    Save {
        /// The file; one that is there is replaced when the new one is complete
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Take all images from a file that `images save` wrote
    ///
    /// The whole file is checked before the Docker engine gets any of it: that it is uncut, that
    /// every layer has its SHA-256, and that it holds no image but those that this version with
    /// these settings runs. The images are compared with what was saved afterwards.
    #[command(after_long_help = help::of("", LOAD_CODES, LOAD_EXAMPLES))]
    Load {
        /// What `images save` printed: a file with another SHA-256 is refused. The file itself cannot
        /// tell who wrote it
        #[arg(long, value_name = "HEX", value_parser = sha256)]
        sha256: Option<String>,

        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

const BUILD_ABOUT: &str = "\
Needs a Docker engine from 20.10 on, and a network unless all that is built from is there. MinIO is
compiled from source: some minutes, once.";

const BUILD_CODES: &[Code] = &[
    (
        ExitStatus::Preflight,
        "no Docker engine answers, or an image can neither be built nor pulled",
    ),
    (ExitStatus::TimedOut, ""),
    (ExitStatus::Interrupted, ""),
];

const BUILD_EXAMPLES: &str = "
  wikisentry images build
  wikisentry images build --set images.base.ref=registry.example.org/base:1";

const LIST_CODES: &[Code] = &[
    (ExitStatus::Preflight, "no Docker engine answers"),
    (ExitStatus::TimedOut, ""),
];

const LIST_EXAMPLES: &str = "
  wikisentry images list
  wikisentry images list --output json \\
      | jq -r '.outdated[] | select(.used_by == []) | .reference'";

const PRUNE_ABOUT: &str = "\
Only images that were built here, whose tag is the hash of what they are built from. What this
version with these settings runs stays.";

const PRUNE_CODES: &[Code] = &[
    (ExitStatus::Preflight, "no Docker engine answers"),
    (ExitStatus::TimedOut, ""),
];

const PRUNE_EXAMPLES: &str = "
  wikisentry images list                 shows them first
  wikisentry images prune";

const SAVE_ABOUT: &str = "\
The file is a tar archive compressed with zstd. `wikisentry images load` reads it, and so does
`docker load`, which checks less.";

const SAVE_CODES: &[Code] = &[
    (
        ExitStatus::Preflight,
        "no Docker engine answers, an image is missing, or the file cannot be written",
    ),
    (ExitStatus::TimedOut, ""),
    (ExitStatus::Interrupted, ""),
];

const SAVE_EXAMPLES: &str = "
  wikisentry images save wikisentry-images.tar.zst";

const LOAD_CODES: &[Code] = &[
    (
        ExitStatus::Usage,
        "the file is not there, damaged, another one, of another origin, for another kind of machine, or holds images of another version",
    ),
    (ExitStatus::Preflight, "no Docker engine answers"),
    (ExitStatus::TimedOut, ""),
    (ExitStatus::Interrupted, ""),
];

const LOAD_EXAMPLES: &str = "
  wikisentry images load --sha256 $(cat sha256.txt) wikisentry-images.tar.zst";

/// Digits of a SHA-256.
fn sha256(text: &str) -> Result<String, String> {
    match images::is_sha256(text) {
        true => Ok(text.to_lowercase()),
        false => Err("a SHA-256 has 64 hexadecimal digits".to_owned()),
    }
}

/// Runs one of the actions.
///
/// # Errors
/// With exit code 3 if no Docker engine answers, or an image can neither be built nor pulled.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let settings = context.settings(Vec::new())?.settings;
    let set = ImageSet::resolve(&components::images(), &settings.image_replacements())
        .map_err(advice::images)?;
    runtime::single()?.block_on(async {
        let engine = Engine::connect().await.map_err(advice::engine)?;
        match args.action {
            Action::Build => build(&engine, &set, context).await,
            Action::List => list(&engine, &set, context).await,
            Action::Prune => prune(&engine, &set, context).await,
            Action::Save { file } => save(&engine, &set, &file, context).await,
            Action::Load { file, sha256 } => {
                load(&engine, &set, &file, sha256.as_deref(), context).await
            }
        }
    })?;
    Ok(ExitStatus::Fine)
}

async fn build(engine: &Engine, set: &ImageSet, context: &Context) -> Result<()> {
    let stages = Mutex::new(ImageStages::new(context.report.stages()));
    let on_event = |event| lock(&stages).on(event);
    let outcomes = {
        let mut work = std::pin::pin!(images::ensure(engine.client(), set, &on_event));
        loop {
            tokio::select! {
                done = &mut work => break done,
                () = tokio::time::sleep(TICK) => lock(&stages).repeat(),
            }
        }
    };
    lock(&stages).close(outcomes.is_ok());
    let outcomes = outcomes.map_err(advice::images)?;
    for change in &outcomes {
        let outcome = match change.verb {
            Verb::Build => "built",
            Verb::Pull => "pulled",
            _ => "present",
        };
        let (name, reference) = (&change.component, &change.name);
        let data = json!({"name": name, "reference": reference, "outcome": outcome});
        let text = || format!("{reference}  {outcome}\n");
        context.report.data(&data, text)?;
    }
    Ok(())
}

async fn list(engine: &Engine, set: &ImageSet, context: &Context) -> Result<()> {
    let listing = images::list(engine.client(), set).await;
    context.report.images(&listing.map_err(advice::images)?)
}

async fn prune(engine: &Engine, set: &ImageSet, context: &Context) -> Result<()> {
    let pruned = images::prune(engine.client(), set).await;
    for one in pruned.map_err(advice::images)? {
        context.report.data(&one, || {
            let (reference, users) = (&one.image.reference, &one.image.used_by);
            match (one.removed, users.as_slice()) {
                (true, _) => format!("{reference}  removed\n"),
                (false, []) => format!("{reference}  kept: it is used\n"),
                (false, users) => format!("{reference}  kept: {} uses it\n", users.join(", ")),
            }
        })?;
    }
    Ok(())
}

async fn save(engine: &Engine, set: &ImageSet, file: &Path, context: &Context) -> Result<()> {
    let saved = archive_stages(context, &["save the images"], async |on_progress| {
        images::save(engine.client(), set, file, on_progress).await
    })
    .await?;
    let (images, bytes, sha256) = (&saved.references, saved.bytes, &saved.sha256);
    let data = json!({"file": file, "bytes": bytes, "sha256": sha256, "images": images});
    context.report.data(&data, || {
        let (file, count, size) = (file.display(), images.len(), byte_count(bytes));
        format!("{file}: {count} images, {size}, SHA-256 {sha256}\n")
    })
}

async fn load(
    engine: &Engine,
    set: &ImageSet,
    file: &Path,
    sha256: Option<&str>,
    context: &Context,
) -> Result<()> {
    let names = ["check the file", "load the images"];
    let loaded = archive_stages(context, &names, async |on_progress| {
        images::load(engine.client(), set, file, sha256, on_progress).await
    })
    .await?;
    for image in &loaded {
        context.report.data(image, || {
            let outcome = ["loaded", "present"][usize::from(image.was_present)];
            format!("{}  {outcome}\n", image.reference)
        })?;
    }
    let has = |reference: &str| loaded.iter().any(|image| image.reference == reference);
    let missing = set.iter().filter(|image| !has(&image.reference));
    let missing: Vec<&str> = missing.map(|image| image.reference.as_str()).collect();
    if !missing.is_empty() {
        context.report.warn(format_args!(
            "the file was made with other settings; not in it: {}",
            missing.join(", ")
        ));
    }
    Ok(())
}

/// Shows work on an archive: its stages in order, each in MiB of as many.
async fn archive_stages<T>(
    context: &Context,
    names: &[&str],
    work: impl AsyncFnOnce(images::OnArchive<'_>) -> Result<T, ImageError>,
) -> Result<T> {
    let (stages, begun) = (Mutex::new(context.report.stages()), Instant::now());
    let at = Mutex::new(0);
    let end = |name: &str, outcome| StageEvent::finished(name, begun.elapsed(), outcome);
    lock(&stages).on(StageEvent::started(names[0]));
    let on_progress = |event: ArchiveProgress| {
        let ArchiveProgress { step, done, total } = event;
        let (mut stages, mut at) = (lock(&stages), lock(&at));
        if *at != step {
            stages.on(end(names[*at], Outcome::Done));
            stages.on(StageEvent::started(names[step]));
            *at = step;
        }
        stages.on(StageEvent::Progress {
            stage: names[step].to_owned(),
            unit: "MiB".to_owned(),
            done: done >> 20,
            total: total >> 20,
            note: None,
        });
    };
    let done = work(&on_progress).await.map_err(advice::images);
    let outcome = match &done {
        Ok(_) => Outcome::Done,
        Err(_) => Outcome::Failed,
    };
    let at = *lock(&at);
    lock(&stages).on(end(names[at], outcome));
    done
}
