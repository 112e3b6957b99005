//! Following the champion alias: a newer version is loaded, checked and swapped in between two
//! batches; one that is refused is reported and the champion kept.

use crate::patience::Problems;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wikisentry_lake::registry::{Champion, Registry, RegistryError};

const COMPONENT: &str = "model";

/// What scores while the champion that is named cannot.
const KEPT: &str = "the champion is kept";
const BOOTSTRAP: &str = "scoring with the bootstrap model";

/// Loads the version that is named, or the bootstrap model where it or the alias is damaged, which is
/// reported; gives what is then said of later failures.
fn first(
    registry: &Registry,
    named: Result<Option<u32>, RegistryError>,
    problems: &Problems,
) -> Result<(Champion, &'static str), RegistryError> {
    let loaded = named.and_then(|named| match named {
        Some(version) => registry.load(version),
        None => Registry::bootstrap_champion(),
    });
    match loaded {
        Ok(champion) => Ok((champion, KEPT)),
        Err(error) => {
            problems.report(COMPONENT, format!("{error}; {BOOTSTRAP}"));
            Ok((Registry::bootstrap_champion()?, BOOTSTRAP))
        }
    }
}

/// Loads the champion if it is another than `current`; gives what is named beside it.
fn newer(
    registry: &Registry,
    current: Option<u32>,
) -> (Option<u32>, Result<Option<Champion>, RegistryError>) {
    match registry.champion_version() {
        Ok(Some(version)) if Some(version) != current => {
            (Some(version), registry.load(version).map(Some))
        }
        Ok(_) => (current, Ok(None)),
        Err(error) => (current, Err(error)),
    }
}

/// Starts following the alias; the receiver always holds a usable model.
pub fn watch_champion(
    registry: Registry,
    every: Duration,
    problems: Problems,
    stop: CancellationToken,
) -> Result<watch::Receiver<Arc<Champion>>, RegistryError> {
    // Read once: a champion promoted while this one is loaded is then seen as another.
    let named = registry.champion_version();
    let mut current = named.as_ref().ok().copied().flatten();
    // A failure that is over must be taken back, though no other version is named.
    let mut unseen = named.is_err();
    let (champion, mut in_use) = first(&registry, named, &problems)?;
    let (sender, receiver) = watch::channel(Arc::new(champion));
    tokio::spawn(async move {
        while stop
            .run_until_cancelled(tokio::time::sleep(every))
            .await
            .is_some()
        {
            let asked = registry.clone();
            let looked = tokio::task::spawn_blocking(move || newer(&asked, current)).await;
            match looked {
                Ok((_, Ok(None))) if unseen => {
                    problems.clear(COMPONENT);
                    unseen = false;
                }
                Ok((_, Ok(None))) => {}
                Ok((named, Ok(Some(champion)))) => {
                    tracing::info!(version = champion.scorer.version(), "champion swapped");
                    sender.send_replace(Arc::new(champion));
                    problems.clear(COMPONENT);
                    current = named;
                    (unseen, in_use) = (false, KEPT);
                }
                Ok((named, Err(error))) => {
                    // A refused version is not tried again until the alias moves.
                    unseen = error.is_transient() || named == current;
                    if !error.is_transient() {
                        current = named;
                    }
                    problems.report(COMPONENT, format!("{error}; {in_use}"));
                }
                Err(error) => problems.report(COMPONENT, error.to_string()),
            }
        }
    });
    Ok(receiver)
}
