//! One retraining from end to end: label, build, train, evaluate, decide, swap. Whatever stops it,
//! and wherever, the champion stays what it was; nothing but the last step changes what is served.

use crate::dataset::{Dataset, DatasetOptions, Part, Spans};
use crate::error::LearningError;
use crate::event::{Observer, Phase, RetrainEvent};
use crate::judging::{TestRows, period};
use crate::labelling::{LabelReport, label};
use crate::lock::RetrainLock;
use crate::provenance::{provenance, seen_to};
use crate::refit::refit;
use crate::training::{Candidate, parameters, to_value, train};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;
use wikisentry_core::evaluation::Evaluation;
use wikisentry_core::evaluation::promotion::{Decision, PromotionCheck};
use wikisentry_core::labels::MATURITY_MS;
use wikisentry_core::model::{Card, Scorer};
use wikisentry_core::scoring::FEATURE_SPEC;
use wikisentry_core::text::grouped;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::label_facts::StoredFacts;
use wikisentry_lake::registry::{Registry, RegistryError};

/// Data sets that are kept for who wants to look into them.
const KEEP_DATASETS: usize = 2;

/// What a retraining works on.
#[derive(Debug, Clone, PartialEq)]
pub struct RetrainSettings {
    pub lake: PathBuf,
    /// The folder of all models.
    pub models: PathBuf,
    /// The folder of data sets.
    pub datasets: PathBuf,
    /// Name of the model in the registry.
    pub model: String,
    /// How much of the stream's time labels need to mature.
    pub maturity: Duration,
    /// How far training looks back from the newest edits whose labels have matured.
    pub window: Duration,
    /// The newest part of the window, which judges.
    pub test: Duration,
    /// The part before it, which calibrates.
    pub calibration: Duration,
    /// Rows to train on at most.
    pub max_rows: u64,
    /// Rows to calibrate on at most.
    pub max_calibration_rows: u64,
    /// Rows to judge by at most.
    pub max_test_rows: u64,
    /// Damage newer than all that the champion has learnt from, without which nothing is trained.
    pub min_new_damage: u64,
    /// Seed of all chance.
    pub seed: u64,
    /// Threads of the training.
    pub threads: usize,
}

/// What came of a retraining.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Retrained {
    /// The candidate's version in the registry.
    pub version: u32,
    /// The champion that it was held to.
    pub champion: String,
    /// The verdict, with its numbers.
    pub decision: Decision,
    /// The candidate's figures, the champion's beside them.
    pub evaluation: Evaluation,
    /// The data set it learnt from.
    pub dataset: String,
    /// Where the card is.
    pub card: PathBuf,
}

/// Retrains a model on all that is archived. The lock is that of the settings' models.
///
/// # Errors
/// [`LearningError::TooLittle`] if there is not enough to learn from, [`LearningError::Cancelled`]
/// if `observer` says to stop. A worse candidate is no error: it is kept, and the decision says why.
pub fn retrain(
    _lock: &RetrainLock,
    settings: &RetrainSettings,
    observer: &mut Observer<'_>,
) -> Result<Retrained, LearningError> {
    let lake = Lake::new(&settings.lake);
    let registry = Registry::open(&settings.models, &settings.model);
    registry.bootstrap()?;
    let current = registry.champion_version()?;
    let champion = registry.champion()?.scorer;

    let labels = labels(&lake, observer)?;
    let dataset = dataset(settings, &lake, &labels, &champion, observer)?;
    let fresh = dataset.manifest.new_damage;
    if fresh < settings.min_new_damage {
        return Err(LearningError::TooLittle {
            reason: format!(
                "{} edits are newly known to be damage, {} are asked for",
                grouped(fresh),
                grouped(settings.min_new_damage)
            ),
        });
    }
    newer_than_champion(&dataset, &champion)?;
    let mut candidate = candidate(settings, &dataset, observer)?;

    started(observer, Phase::Evaluate)?;
    let bytes =
        serde_json::to_vec(&candidate.card).expect("its keys are text, so it is always JSON");
    let scorer = Scorer::load(&candidate.model, &bytes, FEATURE_SPEC)?;
    let scorer = scorer.with_text(candidate.text.clone());
    let facts = StoredFacts::of(&lake);
    let rows = TestRows::score(&facts, &dataset, &scorer, &champion)?;
    let test = dataset.part(Part::Test);
    let summary = format!(
        "{} edits, {} of them damage",
        grouped(test.rows),
        grouped(test.damage)
    );
    finished(observer, Phase::Evaluate, summary)?;

    started(observer, Phase::Decide)?;
    let (of_candidate, of_champion) = (provenance(&candidate.card)?, provenance(champion.card())?);
    let period = period(&dataset, &of_candidate, &of_champion);
    let (evaluation, mut decision) = rows.judge(&champion, period)?;
    drop(rows);
    candidate.card.metrics = to_value(&evaluation);
    let summary = match decision.promote {
        true => "the candidate is better".to_owned(),
        false => "the candidate is not promoted".to_owned(),
    };
    finished(observer, Phase::Decide, summary)?;
    if decision.promote {
        candidate = refitted(settings, &dataset, &candidate, observer)?;
    }

    started(observer, Phase::Swap)?;
    respect_rulings(&mut decision, &registry, &candidate.card)?;
    let mut card = candidate.card;
    card.decision = to_value(&decision);
    if let Some(decision) = card.decision.as_object_mut() {
        decision.insert("champion".to_owned(), champion.version().into());
    }
    let version = registry.publish_with_text(&candidate.model, Some(&candidate.text), card)?;
    if decision.promote {
        match registry.promote_unattended(version, current) {
            Ok(_) => {}
            // It was held after the decision.
            Err(held @ RegistryError::Held { .. }) => {
                decision.rule_out(PromotionCheck::Held, held.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let label = format!("{}/{version}", settings.model);
    let summary = match decision.promote {
        true => format!("{label} is the champion"),
        false => format!("{label} is kept, {} stays the champion", champion.version()),
    };
    // What was decided is done: nobody is asked whether to go on.
    _ = finished(observer, Phase::Swap, summary);
    Dataset::prune(&settings.datasets, KEEP_DATASETS);
    let folder = settings.models.join(&settings.model).join("versions");
    Ok(Retrained {
        version,
        champion: champion.version().to_owned(),
        decision,
        evaluation,
        dataset: dataset.manifest.id,
        card: folder.join(version.to_string()).join("card.json"),
    })
}

/// Without an edit that the champion has not seen there is nothing to judge by.
fn newer_than_champion(dataset: &Dataset, champion: &Scorer) -> Result<(), LearningError> {
    if dataset.part(Part::Test).rows > 0 {
        return Ok(());
    }
    let seen_to = seen_to(champion.card())?.unwrap_or_default();
    Err(LearningError::TooLittle {
        reason: format!(
            "{} has seen the edits up to {seen_to}, and no label of a newer one has matured: those \
             of edits before {} have",
            champion.version(),
            dataset.manifest.split.young_from
        ),
    })
}

fn refitted(
    settings: &RetrainSettings,
    dataset: &Dataset,
    trial: &Candidate,
    observer: &mut Observer<'_>,
) -> Result<Candidate, LearningError> {
    started(observer, Phase::Refit)?;
    let params = parameters(settings.seed, settings.threads);
    let candidate = refit(dataset, trial, &params, settings.max_rows, &mut |now| {
        let (done, total) = (now.tree as u64, now.trees as u64);
        observer(progress(Phase::Refit, done, total, "trees", None))
    })?;
    let data = &candidate.card.data;
    let to = data["range"]["to"].as_str().unwrap_or_default();
    let summary = format!(
        "the same number of trees on {} edits up to {to}",
        grouped(data["rows"].as_u64().unwrap_or_default())
    );
    finished(observer, Phase::Refit, summary)?;
    Ok(candidate)
}

/// What people have ruled stands above what was measured.
fn respect_rulings(
    decision: &mut Decision,
    registry: &Registry,
    candidate: &Card,
) -> Result<(), LearningError> {
    let ruling = registry.ruling()?;
    if let Some(before) = ruling.rolled_back(&candidate.model_sha256) {
        let text = format!(
            "the same model was rolled back as {}/{} at {}; `wikisentry models promote {} \
             --force` takes it back into use",
            registry.name(),
            before.version,
            before.at,
            before.version
        );
        decision.rule_out(PromotionCheck::RolledBack, text);
    }
    if let Some(hold) = ruling.hold {
        let text = format!("the champion is held {hold}; `wikisentry models release` ends that");
        decision.rule_out(PromotionCheck::Held, text);
    }
    Ok(())
}

/// Why a candidate is not the champion, in words.
pub fn refusal(decision: &Decision) -> &str {
    let against = decision.findings.iter().find(|finding| !finding.passed);
    against.map_or("", |finding| finding.text.as_str())
}

fn labels(lake: &Lake, observer: &mut Observer<'_>) -> Result<LabelReport, LearningError> {
    started(observer, Phase::Label)?;
    let report = label(lake, &mut |done, total| {
        observer(progress(Phase::Label, done, total, "days", None))
    })?;
    let damage = report.by_kind.get("damage").copied().unwrap_or_default();
    let summary = format!(
        "{} edits looked at, {} reverted as damage",
        grouped(report.counters.edits - report.counters.duplicates),
        grouped(damage)
    );
    finished(observer, Phase::Label, summary)?;
    Ok(report)
}

fn dataset(
    settings: &RetrainSettings,
    lake: &Lake,
    labels: &LabelReport,
    champion: &Scorer,
    observer: &mut Observer<'_>,
) -> Result<Dataset, LearningError> {
    started(observer, Phase::Build)?;
    let Some(stream_now) = labels.stream_now else {
        return Err(LearningError::TooLittle {
            reason: "no edit is archived yet".to_owned(),
        });
    };
    let options = DatasetOptions {
        maturity_ms: i64::try_from(settings.maturity.as_millis()).unwrap_or(MATURITY_MS),
        stream_now,
        champion_text: champion.text().clone(),
        test_after: seen_to(champion.card())?,
        spans: Spans {
            window_ms: millis(settings.window),
            calibrate_ms: millis(settings.calibration),
            test_ms: millis(settings.test),
        },
        max_train_rows: settings.max_rows,
        max_calibrate_rows: settings.max_calibration_rows,
        max_test_rows: settings.max_test_rows,
        seed: settings.seed,
    };
    let dataset = Dataset::build(lake, &settings.datasets, &options, &mut |done, total| {
        observer(progress(Phase::Build, done, total, "hours", None))
    })?;
    let parts = Part::ALL.map(|part| (part.name(), dataset.part(part)));
    let rows: u64 = parts.iter().map(|(_, part)| part.rows).sum();
    let parts = parts.map(|(name, part)| format!("{name} {}", grouped(part.rows)));
    let young = dataset.manifest.left_out.young;
    let share = 100.0 * young as f64 / (rows + young).max(1) as f64;
    let summary = format!(
        "{} edits; {} ({share:.0} %) too young to know",
        parts.join(", "),
        grouped(young)
    );
    finished(observer, Phase::Build, summary)?;
    Ok(dataset)
}

fn candidate(
    settings: &RetrainSettings,
    dataset: &Dataset,
    observer: &mut Observer<'_>,
) -> Result<Candidate, LearningError> {
    started(observer, Phase::Train)?;
    let params = parameters(settings.seed, settings.threads);
    let candidate = train(dataset, &settings.model, &params, &mut |now| {
        let loss = now.validation.map(|loss| format!("log loss {loss:.5}"));
        let (done, total) = (now.tree as u64, now.trees as u64);
        observer(progress(Phase::Train, done, total, "trees", loss))
    })?;
    let trees = &candidate.card.parameters["trees"];
    finished(observer, Phase::Train, format!("{trees} trees"))?;
    Ok(candidate)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn started(observer: &mut Observer<'_>, phase: Phase) -> Result<(), LearningError> {
    go_on(observer(RetrainEvent::Started { phase }))
}

fn progress(phase: Phase, done: u64, total: u64, unit: &str, note: Option<String>) -> RetrainEvent {
    let unit = unit.to_owned();
    RetrainEvent::Progress {
        phase,
        done,
        total,
        unit,
        note,
    }
}

fn finished(
    observer: &mut Observer<'_>,
    phase: Phase,
    summary: String,
) -> Result<(), LearningError> {
    go_on(observer(RetrainEvent::Finished { phase, summary }))
}

fn go_on(answer: ControlFlow<()>) -> Result<(), LearningError> {
    match answer {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LearningError::Cancelled),
    }
}
