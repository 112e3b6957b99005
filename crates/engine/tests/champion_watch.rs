//! A process that follows the champion alias.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../lake/tests/registry/sample.rs"]
#[allow(dead_code, reason = "the registry's own tests use the rest")]
mod sample;

use std::fs;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wikisentry_engine::champion_watch::watch_champion;
use wikisentry_engine::patience::Problems;

#[tokio::test]
async fn promotions_are_followed_refused_ones_reported_and_rollbacks_restore() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    for seed in [2, 3] {
        registry
            .publish(sample::model(), sample::card(seed))
            .unwrap();
    }
    let (problems, stop) = (Problems::default(), CancellationToken::new());
    let every = Duration::from_millis(5);
    let mut champion = watch_champion(
        registry.clone(),
        every,
        problems.clone(),
        stop.child_token(),
    )
    .unwrap();
    let in_use = |seen: &wikisentry_lake::registry::Champion| seen.scorer.version().to_owned();
    assert_eq!(in_use(&champion.borrow()), "edit-risk/1");

    registry.promote(2, Some(1)).unwrap();
    let swapped = champion.wait_for(|seen| in_use(seen) == "edit-risk/2");
    assert_eq!(swapped.await.unwrap().scorer.card().seed, 2);

    // Damaged after it was promoted.
    registry.promote(3, Some(2)).unwrap();
    champion
        .wait_for(|seen| in_use(seen) == "edit-risk/3")
        .await
        .unwrap();
    let two = folder.path().join("edit-risk/versions/2/model.json");
    fs::write(&two, "{}").unwrap();
    let alias = folder.path().join("edit-risk/aliases/champion");
    let good = fs::read(&alias).unwrap();
    let back = r#"{"version":2,"updated_at":"2026-11-22T17:00:00.000Z"}"#;
    fs::write(&alias, back).unwrap();
    while problems.list().is_empty() {
        tokio::time::sleep(every).await;
    }
    assert_eq!(in_use(&champion.borrow()), "edit-risk/3");

    fs::write(&two, sample::model()).unwrap();
    fs::write(&alias, good).unwrap();
    while !problems.list().is_empty() {
        tokio::time::sleep(every).await;
    }
    assert_eq!(in_use(&champion.borrow()), "edit-risk/3");
    stop.cancel();
}
