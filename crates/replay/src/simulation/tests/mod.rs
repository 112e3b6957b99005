//! The simulation held against its own promises, on the labelled sets and on invented ones. The
//! stream is read with `history`, which shares no code with the simulation or with core's labels.

mod history;
mod invented;

use super::*;
use history::History;
use std::collections::{BTreeMap, HashMap, HashSet};
use wikisentry_core::event::{Body, Event};
use wikisentry_core::simulated::is_simulated;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

fn both_sets() -> Vec<u8> {
    [PAN, KI].concat()
}

fn simulated(options: &SimulationOptions) -> Simulation {
    bundled(options).unwrap()
}

fn seeded(seed: u64) -> SimulationOptions {
    SimulationOptions {
        seed,
        ..Default::default()
    }
}

fn times(simulation: &Simulation) -> Vec<EventTime> {
    let events = simulation.source.lines().map(Event::parse);
    events.map(|event| event.unwrap().time.unwrap()).collect()
}

#[test]
fn every_event_is_read_as_what_it_is_and_comes_in_the_order_of_time() {
    let simulation = simulated(&seeded(1));
    let mut ids = HashSet::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for line in simulation.source.lines() {
        let event = Event::parse(line).unwrap();
        let id = event.id.clone().unwrap().to_string();
        assert!(is_simulated(&id), "{id}");
        assert!(ids.insert(id));
        let kind = match event.body {
            Body::Edit(_) if event.is_page_change => "page_change",
            Body::Edit(_) => "edit",
            Body::LabelFact { .. } => "tags",
            _ => panic!("{}", String::from_utf8_lossy(line)),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    assert!(times(&simulation).is_sorted());
    assert_eq!(kinds["edit"], simulation.truth.len());
    let told_by = |evidence| {
        let reverted = simulation.truth.iter().filter_map(|truth| truth.reverted);
        reverted.filter(|r| r.evidence == evidence).count()
    };
    assert_eq!(kinds["page_change"], told_by(RevertEvidence::PageChange));
    let tagged = told_by(RevertEvidence::Tag);
    assert!((tagged..=2 * tagged).contains(&kinds["tags"]), "{kinds:?}");
}

#[test]
fn rows_stay_as_published_but_for_revisions_and_times() {
    let rows = rows::read(&both_sets()).unwrap();
    let simulation = simulated(&seeded(2));
    let history = History::read(&simulation.source);
    let mut seen = HashSet::new();
    for truth in &simulation.truth {
        let Some(row) = truth.row else { continue };
        assert!(seen.insert(row), "row {row} twice");
        let edit = &history.edits[&(truth.wiki.clone(), truth.rev_id)];
        let row = &rows[row];
        assert_eq!(
            (&edit.wiki, &edit.title, &edit.user, &edit.comment),
            (
                &row.wiki,
                &row.title,
                &row.user,
                row.comment.as_ref().unwrap()
            )
        );
        assert_eq!(truth.label, Some(row.label));
        assert!(truth.rev_id > row.rev_id);
    }
    assert_eq!(seen.len(), rows.len());
}

#[test]
fn histories_of_pages_are_whole() {
    let simulation = simulated(&seeded(3));
    let rows = rows::read(&both_sets()).unwrap();
    let published: HashSet<_> = rows.iter().filter_map(|row| row.old_rev_id).collect();
    History::read(&simulation.source).check(|first| published.contains(&first));
}

#[test]
fn damage_is_what_is_labelled_and_nothing_else() {
    let simulation = simulated(&seeded(4));
    let mut kinds: HashMap<ExpectedLabel, usize> = HashMap::new();
    for truth in &simulation.truth {
        let expected = truth.reverted.map(|reverted| reverted.expected);
        let is_damage = expected == Some(ExpectedLabel::Damage);
        assert_eq!(is_damage, truth.label == Some(true), "{truth:?}");
        if let Some(expected) = expected {
            *kinds.entry(expected).or_default() += 1;
        }
    }
    assert_eq!(kinds[&ExpectedLabel::Damage], 856);
    // About 5,500 good edits are alone on their page.
    for (expected, share) in [
        (ExpectedLabel::SelfRevert, 0.01),
        (ExpectedLabel::BotRevert, 0.01),
        (ExpectedLabel::RevertOfRevert, 0.005),
        (ExpectedLabel::Restored, 0.005),
    ] {
        let found = kinds[&expected] as f64 / 5_500.0;
        assert!((found / share - 1.0).abs() < 0.5, "{expected:?}: {found}");
    }
    let unclear = simulation.truth.iter().filter(|t| t.unclear).count();
    assert!((100..400).contains(&unclear), "{unclear} unclear");
}

#[test]
fn truth_is_what_a_reader_of_the_stream_finds() {
    for seed in 5..8 {
        let simulation = simulated(&seeded(seed));
        let found = History::read(&simulation.source).reverts();
        for truth in simulation.truth.iter().filter(|truth| !truth.unclear) {
            let key = (truth.wiki.clone(), truth.rev_id);
            let told = truth.reverted.map(|r| r.evidence);
            assert_eq!(found.get(&key).copied(), told, "seed {seed}: {truth:?}");
        }
    }
}

#[test]
fn reverts_are_told_by_the_shares_asked_for() {
    let simulation = simulated(&seeded(9));
    let mut counts: HashMap<RevertEvidence, f64> = HashMap::new();
    let damage = simulation.truth.iter().filter(|t| t.label == Some(true));
    for reverted in damage.filter_map(|truth| truth.reverted) {
        *counts.entry(reverted.evidence).or_default() += 1.0 / 856.0;
    }
    for (evidence, share) in [
        (RevertEvidence::Undo, 0.4),
        (RevertEvidence::Rollback, 0.3),
        (RevertEvidence::Tag, 0.2),
        (RevertEvidence::PageChange, 0.1),
    ] {
        let found = counts[&evidence];
        assert!((found - share).abs() < 0.06, "{evidence:?}: {found}");
    }
}

#[test]
fn delays_follow_the_measured_distribution() {
    for seed in 10..13 {
        let simulation = simulated(&seeded(seed));
        let damage = simulation.truth.iter().filter(|t| t.label == Some(true));
        let delays: Vec<i64> = damage.map(|t| t.reverted.unwrap().delay_ms).collect();
        for (hours, share) in [(0.5, 0.53), (1.0, 0.63), (24.0, 0.95), (47.99, 1.0)] {
            let within = delays
                .iter()
                .filter(|ms| (**ms as f64) <= hours * 3_600_000.0);
            let found = within.count() as f64 / delays.len() as f64;
            // Three standard deviations of 856 draws.
            assert!(
                (found - share).abs() < 0.052,
                "seed {seed}: {found} in {hours} h"
            );
        }
        assert!(delays.iter().all(|ms| *ms > 0));
    }
}

#[test]
fn a_seed_fixes_every_byte() {
    let all = |seed| -> Vec<u8> {
        let simulation = simulated(&seeded(seed));
        let lines: Vec<&[u8]> = simulation.source.lines().collect();
        lines.join(&b'\n')
    };
    assert_eq!(all(1), all(1));
    assert_ne!(all(1), all(2));
}

#[test]
fn shuffled_labels_are_as_many_and_hit_at_random() {
    let rows = rows::read(&both_sets()).unwrap();
    let simulation = simulated(&SimulationOptions {
        shuffle_labels: true,
        ..seeded(14)
    });
    let reverted = simulation
        .truth
        .iter()
        .filter(|truth| truth.label == Some(true));
    let hit: Vec<usize> = reverted.map(|truth| truth.row.unwrap()).collect();
    assert_eq!(hit.len(), 856);
    // 95 of them are expected to hit damage by chance.
    let damage = hit.iter().filter(|row| rows[**row].label).count();
    assert!((60..=130).contains(&damage), "{damage}");
}

#[test]
fn after_the_drift_another_population_edits() {
    let options = SimulationOptions {
        drift_from: Some(0.5),
        ..seeded(15)
    };
    let simulation = simulated(&options);
    let history = History::read(&simulation.source);
    let mut anonymous = [0, 0];
    let rows = simulation.truth.iter().filter(|truth| truth.row.is_some());
    for (number, truth) in rows.enumerate() {
        let edit = &history.edits[&(truth.wiki.clone(), truth.rev_id)];
        let is_after = number >= 7_729 / 2;
        let is_anonymous = UserType::of(Some(&edit.user), false) == UserType::Anonymous;
        anonymous[usize::from(is_after)] += usize::from(is_anonymous);
        assert_eq!(is_after, edit.title.starts_with("Draft:"), "{edit:?}");
        assert_eq!(is_after, edit.comment.contains("#suggestededit"));
    }
    assert!(anonymous[0] > 500 && anonymous[1] == 0, "{anonymous:?}");
    history.check(|_| true);
}

#[test]
fn addresses_become_temporary_accounts_if_asked() {
    let simulation = simulated(&SimulationOptions {
        anonymous: Anonymous::TemporaryAccounts,
        ..seeded(16)
    });
    let history = History::read(&simulation.source);
    let (mut temporary, mut addresses) = (HashSet::new(), 0);
    for edit in history.edits.values() {
        addresses += usize::from(wikisentry_core::user::is_ip_address(&edit.user));
        if wikisentry_core::user::is_temporary_account(&edit.user) {
            temporary.insert(&edit.user);
        }
    }
    assert_eq!(addresses, 0);
    assert!(temporary.len() > 1_000, "{}", temporary.len());
}

#[test]
fn quiet_days_follow_so_that_labels_mature() {
    let options = seeded(17);
    let simulation = simulated(&options);
    let last_row = simulation.truth.iter().rfind(|t| t.row.is_some());
    let week_ms = options.start.as_millis() + 7 * 86_400_000;
    assert!((last_row.unwrap().time.as_millis() - week_ms).abs() <= 1);
    let end = times(&simulation).last().unwrap().as_millis();
    assert_eq!(end, week_ms + 3 * 86_400_000);
    let quiet = |truth: &&Truth| truth.row.is_none() && truth.time.as_millis() > week_ms;
    assert!(simulation.truth.iter().filter(quiet).count() < 400);
}
