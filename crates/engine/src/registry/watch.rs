//! Following the champion alias: a newer version is loaded, checked and swapped in between two
//! batches; one that is refused is reported and the champion kept.

use super::{Champion, Registry, RegistryError};
use crate::patience::Problems;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const COMPONENT: &str = "model";

/// Loads the champion, or the bootstrap model where it is damaged, which is reported.
fn first(registry: &Registry, problems: &Problems) -> Result<Champion, RegistryError> {
    registry.champion().or_else(|error| {
        problems.report(
            COMPONENT,
            format!("{error}; scoring with the bootstrap model"),
        );
        Registry::bootstrap_champion()
    })
}

/// Starts following the alias; the receiver always holds a usable model.
pub fn watch_champion(
    registry: Registry,
    every: Duration,
    problems: Problems,
    stop: CancellationToken,
) -> Result<watch::Receiver<Arc<Champion>>, RegistryError> {
    let champion = first(&registry, &problems)?;
    let mut current = registry.champion_version().ok().flatten();
    let (sender, receiver) = watch::channel(Arc::new(champion));
    tokio::spawn(async move {
        while stop
            .run_until_cancelled(tokio::time::sleep(every))
            .await
            .is_some()
        {
            let named = match registry.champion_version() {
                Ok(named) => named,
                Err(error) => {
                    problems.report(COMPONENT, format!("{error}; the champion is kept"));
                    continue;
                }
            };
            let Some(version) = named.filter(|_| named != current) else {
                continue;
            };
            let loading = registry.clone();
            let loaded = tokio::task::spawn_blocking(move || loading.load(version)).await;
            match loaded {
                Ok(Ok(champion)) => {
                    tracing::info!(version = champion.scorer.version(), "champion swapped");
                    sender.send_replace(Arc::new(champion));
                    problems.clear(COMPONENT);
                }
                Ok(Err(error)) => {
                    problems.report(COMPONENT, format!("{error}; the champion is kept"));
                }
                Err(error) => problems.report(COMPONENT, error.to_string()),
            }
            // A refused version is not tried again until the alias moves.
            current = named;
        }
    });
    Ok(receiver)
}
