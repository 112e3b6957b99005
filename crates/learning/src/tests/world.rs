//! A state folder whose lake holds a simulated stream.

use crate::error::LearningError;
use crate::event::{Observer, RetrainEvent};
use crate::lock::RetrainLock;
use crate::retrain::{RetrainSettings, Retrained};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::evaluation::calibrate::platt;
use wikisentry_core::event::{Body, Event, RevertRisk};
use wikisentry_core::features;
use wikisentry_core::model::{Booster, Card, Class};
use wikisentry_lake::archive::{Archive, Lake};
use wikisentry_lake::registry::{Registry, model_sha256};
use wikisentry_replay::simulation::{Simulation, SimulationOptions, Truth, bundled};
use wikisentry_trainer::{BinnedSet, EdgeSampler, Params, Sampling};

pub const MODEL: &str = "edit-risk";

/// The simulated stream of both labelled sets.
pub fn simulation(options: &SimulationOptions) -> Simulation {
    bundled(options).unwrap()
}

pub struct World {
    pub folder: PathBuf,
    pub truth: Vec<Truth>,
}

impl World {
    /// Archives a stream as the platform does, as if its edits were real.
    pub fn of(folder: &Path, simulation: Simulation) -> Self {
        Self::archived(folder, simulation, |id| {
            id.replacen("51ba7ed0", "0ba7ed00", 1)
        })
    }

    /// Archives a stream as the platform does, as what it is.
    pub fn simulated(folder: &Path, simulation: Simulation) -> Self {
        Self::archived(folder, simulation, str::to_owned)
    }

    /// Edits in the lake, with other ids, and label facts beside it.
    fn archived(folder: &Path, simulation: Simulation, id: impl Fn(&str) -> String) -> Self {
        let lake = Lake::new(folder.join("lake"));
        let (mut archive, _) = Archive::open(lake, None).unwrap();
        let mut batch = archive.batch();
        let mut facts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (offset, line) in simulation.source.lines().enumerate() {
            let event = Event::parse(line).unwrap();
            match event.body {
                Body::Edit(mut edit) if !event.is_page_change => {
                    edit.meta_id = id(&edit.meta_id).into();
                    let classification = Classification {
                        score: None,
                        class: None,
                        model_version: None,
                        ingest_time: edit.event_time,
                        score_time: edit.event_time,
                    };
                    let edit = ClassifiedEdit {
                        edit: *edit,
                        classification,
                    };
                    batch.push(offset as u64, &edit).unwrap();
                }
                Body::Edit(_) | Body::LabelFact(_) => {
                    let day = event.time.unwrap().utc().date().to_string();
                    let facts = facts.entry(day).or_default();
                    facts.extend_from_slice(line);
                    facts.push(b'\n');
                }
                Body::RevertRisk(_) | Body::Canary | Body::Other { .. } => {}
            }
        }
        let prepared = batch.finish().unwrap().unwrap();
        archive.publish(&prepared).unwrap();
        write_days(&folder.join("lake/labels/facts"), facts);
        Self {
            folder: folder.to_owned(),
            truth: simulation.truth,
        }
    }

    /// Lets Wikimedia score every second edit, the damage higher than most.
    pub fn score_elsewhere(&self) {
        let mut days: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (at, truth) in self.truth.iter().enumerate().step_by(2) {
            let is_damage = truth.reverted.is_some();
            let risk = RevertRisk {
                wiki: truth.wiki.as_str().into(),
                page_title: "Any".into(),
                rev_id: truth.rev_id,
                time: truth.time,
                model: "revertrisk-language-agnostic".into(),
                model_version: None,
                probability: if is_damage || at % 10 == 0 { 0.8 } else { 0.1 },
            };
            let day = days.entry(truth.time.utc().date().to_string()).or_default();
            serde_json::to_writer(&mut *day, &risk).unwrap();
            day.push(b'\n');
        }
        write_days(&self.folder.join("lake/labels/revert_risk"), days);
    }

    pub fn lake(&self) -> Lake {
        Lake::new(self.folder.join("lake"))
    }

    pub fn settings(&self) -> RetrainSettings {
        settings(&self.folder)
    }

    pub fn registry(&self) -> Registry {
        Registry::open(&self.folder.join("models"), MODEL)
    }

    /// Makes a champion of a model that knows only whether the user is anonymous.
    pub fn crown_the_flag(&self) -> u32 {
        let registry = self.registry();
        registry.bootstrap().unwrap();
        let bootstrap = registry.champion().unwrap();
        let version = publish_flag(&registry, bootstrap.scorer.card());
        let current = registry.champion_version().unwrap();
        registry.promote(version, current).unwrap();
        version
    }
}

fn write_days(folder: &Path, days: BTreeMap<String, Vec<u8>>) {
    for (day, lines) in days {
        let day = folder.join(format!("date={day}"));
        std::fs::create_dir_all(&day).unwrap();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&lines).unwrap();
        std::fs::write(day.join("0-1.jsonl.gz"), packed.finish().unwrap()).unwrap();
    }
}

pub fn settings(folder: &Path) -> RetrainSettings {
    RetrainSettings {
        lake: folder.join("lake"),
        models: folder.join("models"),
        datasets: folder.join("lake/datasets"),
        model: MODEL.to_owned(),
        maturity: Duration::from_secs(48 * 3_600),
        window: Duration::from_secs(45 * 86_400),
        test: Duration::from_secs(48 * 3_600),
        calibration: Duration::from_secs(24 * 3_600),
        max_rows: 1_000_000,
        max_calibration_rows: 250_000,
        max_test_rows: 250_000,
        min_new_damage: 0,
        seed: 7,
        threads: 2,
    }
}

/// Retrains as the only process does.
pub fn retrain(
    settings: &RetrainSettings,
    observer: &mut Observer<'_>,
) -> Result<Retrained, LearningError> {
    let lock = RetrainLock::take(&settings.models)?;
    crate::retrain::retrain(&lock, settings, observer)
}

pub fn go_on(_: RetrainEvent) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Trains on rows in which a quarter of the anonymous, and few others, do damage.
fn publish_flag(registry: &Registry, like: &Card) -> u32 {
    let flag = features::NAMES
        .iter()
        .position(|name| *name == "user_is_anonymous");
    let flag = flag.expect("the feature");
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    for at in 0..4_000 {
        let mut row = vec![f32::NAN; features::COUNT];
        let is_anonymous = at % 3 == 0;
        row[flag] = f32::from(u8::from(is_anonymous));
        rows.extend(row);
        let every = if is_anonymous { 4 } else { 40 };
        labels.push((at / 3) % every == 0);
    }
    let names = features::NAMES.map(str::to_owned).to_vec();
    let mut sampler = EdgeSampler::new(names, Sampling::default()).unwrap();
    sampler.push(&rows).unwrap();
    let mut set = BinnedSet::new(sampler.finish().unwrap());
    let numbers: Vec<f32> = labels.iter().map(|label| f32::from(*label)).collect();
    set.push(&rows, &numbers).unwrap();
    let params = Params {
        trees: 20,
        max_depth: 1,
        ..Params::default()
    };
    let trained =
        wikisentry_trainer::train(&set, None, &params, &mut |_| ControlFlow::Continue(()));
    let model = trained.unwrap().to_json();
    let booster = Booster::from_json(&model).unwrap();
    let mut margins = vec![0.0; labels.len()];
    booster.margins(&rows, &mut margins);
    let margins: Vec<f64> = margins.into_iter().map(f64::from).collect();
    let mut card = like.clone();
    card.model_sha256 = model_sha256(&model);
    card.calibration = platt(&margins, &labels, 1.0).unwrap();
    card.score_reference = None;
    card.classes = vec![Class {
        name: "any".to_owned(),
        min_score: 0.0,
    }];
    registry.publish(&model, card).unwrap()
}
