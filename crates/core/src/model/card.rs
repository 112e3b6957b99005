//! The card of a model: the features it was trained on, how its margins become probabilities and
//! classes, and its origin. Cards are read and checked here; scoring is in `scorer`.

use super::provenance::Provenance;
use crate::stability::ScoreReference;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `card.json` of one model version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Name of the model in the registry, such as `edit-risk`.
    pub name: String,
    /// Version within that name, from 1.
    pub version: u32,
    /// When the model was trained.
    pub created: Timestamp,
    /// The features of a row, in order.
    pub features: FeatureList,
    /// SHA-256 of `model.json` in hexadecimal. The reader of the two files compares it.
    pub model_sha256: String,
    /// SHA-256 of `text_risk.bin` in hexadecimal; without it the weights are the program's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_risk_sha256: Option<String>,
    /// How a margin becomes a probability.
    pub calibration: Calibration,
    /// The classes of scores, highest threshold first; the last one starts at 0.
    pub classes: Vec<Class>,
    /// The distribution of the scores of edits like those of training, the reference for live scores.
    /// Without it the first live scores are the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_reference: Option<ScoreReference>,
    /// Range and counts of the training rows; free form.
    #[serde(default)]
    pub data: Value,
    /// What each fitted part has seen; older cards do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// The evaluation of the model; free form, for retrained models an
    /// [`Evaluation`](crate::evaluation::Evaluation).
    #[serde(default)]
    pub metrics: Value,
    /// Training parameters; free form.
    #[serde(default)]
    pub parameters: Value,
    /// Seed of the training run.
    #[serde(default)]
    pub seed: u64,
    /// The origin of the version, such as `retrained`; older cards have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The decision on promotion, in which `promote` is the outcome and the rest is free form; null if
    /// there was none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub decision: Value,
    /// All other fields, kept as they are.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The features that a model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureList {
    /// Version of the feature definitions, see [`VERSION`](crate::features::VERSION).
    pub version: u32,
    /// In the order of a row.
    pub names: Vec<String>,
}

/// How a margin becomes a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Calibration {
    /// `1 / (1 + exp(-(slope * margin + intercept)))`: Platt, "Probabilistic outputs for support
    /// vector machines", 1999. Slope 1 and intercept 0 leave the model's own probability.
    Platt {
        /// Above 0, so that a higher margin never gives a lower score.
        slope: f64,
        /// Added to the scaled margin, in log-odds.
        intercept: f64,
    },
}

/// A range of scores with a name, such as `high`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    pub name: String,
    /// The lowest score of the class, 0 to 1.
    pub min_score: f64,
}

/// Why a card was refused.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// Not JSON, or a field is missing or of the wrong type.
    #[error("not a model card, at `{path}`: {reason}")]
    Json {
        /// Path of the field, such as `calibration.slope`.
        path: String,
        /// The message of the JSON parser.
        reason: String,
    },
    /// The name is empty or the version is 0.
    #[error("a card needs a name and a version from 1: found \"{name}\" and {version}")]
    Identity { name: String, version: u32 },
    /// The slope is not positive, or a number is not finite.
    #[error("calibration slope {slope}, intercept {intercept}: expected finite, slope above 0")]
    Calibration { slope: f64, intercept: f64 },
    /// Some scores would have no class, or a class would have no scores.
    #[error(
        "class {position} (\"{name}\", from {min_score}): classes need a name of their own and \
         thresholds that descend from at most 1 to exactly 0"
    )]
    Class {
        /// Position in `classes`, from 0.
        position: usize,
        name: String,
        min_score: f64,
    },
    #[error("a card needs at least one class")]
    NoClasses,
}

impl Card {
    /// Reads and checks a card.
    ///
    /// # Errors
    /// [`CardError`] with the field that is missing, of the wrong type or out of range.
    pub fn from_json(bytes: &[u8]) -> Result<Self, CardError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let card: Self =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|e| CardError::Json {
                path: e.path().to_string(),
                reason: e.into_inner().to_string(),
            })?;
        deserializer.end().map_err(|e| CardError::Json {
            path: ".".to_owned(),
            reason: e.to_string(),
        })?;
        card.check()?;
        Ok(card)
    }

    fn check(&self) -> Result<(), CardError> {
        if self.name.is_empty() || self.version == 0 {
            return Err(CardError::Identity {
                name: self.name.clone(),
                version: self.version,
            });
        }
        let Calibration::Platt { slope, intercept } = self.calibration;
        if !(slope.is_finite() && slope > 0.0 && intercept.is_finite()) {
            return Err(CardError::Calibration { slope, intercept });
        }
        let last = self
            .classes
            .len()
            .checked_sub(1)
            .ok_or(CardError::NoClasses)?;
        for (position, class) in self.classes.iter().enumerate() {
            let before = &self.classes[..position];
            let below = before.last().is_none_or(|b| class.min_score < b.min_score);
            let in_range = (0.0..=1.0).contains(&class.min_score);
            let ends_at_zero = (position == last) == (class.min_score == 0.0);
            let named = !class.name.is_empty() && before.iter().all(|b| b.name != class.name);
            if !(below && in_range && ends_at_zero && named) {
                return Err(CardError::Class {
                    position,
                    name: class.name.clone(),
                    min_score: class.min_score,
                });
            }
        }
        Ok(())
    }
}
