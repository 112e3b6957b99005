//! A model with its card: gives a row a calibrated score and a class. The features compute rows from
//! edits, and the registry chooses the model.

#[cfg(test)]
mod tests;

use super::card::{Calibration, Card, CardError};
use super::xgboost::{Booster, XgboostError};
use crate::features::TextWeights;

/// The features of the caller's rows, which a model must have been trained on.
#[derive(Debug, Clone, Copy)]
pub struct FeatureSpec<'a> {
    /// Version of the feature definitions, see [`VERSION`](crate::features::VERSION).
    pub version: u32,
    /// In the order of a row.
    pub names: &'a [&'a str],
}

/// Why a model and its card cannot score.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("model refused: {0}")]
    Model(#[from] XgboostError),
    #[error("card refused: {0}")]
    Card(#[from] CardError),
    #[error("the model was trained on features of version {found}, this build computes {expected}")]
    FeatureVersion { expected: u32, found: u32 },
    #[error("{file} has {found} features, this build computes {expected}")]
    FeatureCount {
        /// Either `card.json` or `model.json`.
        file: &'static str,
        expected: usize,
        found: usize,
    },
    /// Other features, or the same ones in another order.
    #[error("feature {position} of {file} is `{found}`, this build computes `{expected}` there")]
    FeatureName {
        /// Either `card.json` or `model.json`.
        file: &'static str,
        /// Position in the row, from 0.
        position: usize,
        expected: String,
        found: String,
    },
}

/// The result for one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score<'a> {
    /// Calibrated probability of damage, 0 to 1.
    pub score: f64,
    /// Name of the class that the score belongs to.
    pub class: &'a str,
}

/// A model version that scores rows. It is immutable: threads can share it in an `Arc`.
#[derive(Debug)]
pub struct Scorer {
    booster: Booster,
    card: Card,
    version: String,
    text: TextWeights,
}

impl Scorer {
    /// Reads a model and its card and checks that they fit the features of this build. The caller
    /// compares the card's `model_sha256`, and adds the weights that its `text_risk_sha256` speaks of.
    ///
    /// # Errors
    /// [`ModelError`] if a file is refused or the features differ in version, number, name or
    /// order. Of a model without feature names only their number is checked.
    pub fn load(
        model_json: &[u8],
        card_json: &[u8],
        features: FeatureSpec<'_>,
    ) -> Result<Self, ModelError> {
        let card = Card::from_json(card_json)?;
        if card.features.version != features.version {
            return Err(ModelError::FeatureVersion {
                expected: features.version,
                found: card.features.version,
            });
        }
        check_names("card.json", &card.features.names, features.names)?;
        let booster = Booster::from_json(model_json)?;
        if booster.num_features() != features.names.len() {
            return Err(ModelError::FeatureCount {
                file: "model.json",
                expected: features.names.len(),
                found: booster.num_features(),
            });
        }
        if !booster.feature_names().is_empty() {
            check_names("model.json", booster.feature_names(), features.names)?;
        }
        let version = format!("{}/{}", card.name, card.version);
        Ok(Self {
            booster,
            card,
            version,
            text: TextWeights::of_program().clone(),
        })
    }

    /// With weights of `text_risk` of its own instead of the program's.
    #[must_use]
    pub fn with_text(self, text: TextWeights) -> Self {
        Self { text, ..self }
    }

    /// The weights of `text_risk` that rows for this model are computed with.
    pub fn text(&self) -> &TextWeights {
        &self.text
    }

    /// Name and version as events and metrics carry them, such as `edit-risk/1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn card(&self) -> &Card {
        &self.card
    }

    pub fn booster(&self) -> &Booster {
        &self.booster
    }

    /// Scores one row; NaN is a missing value.
    ///
    /// # Panics
    /// If the row does not have one value per feature.
    pub fn score(&self, row: &[f32]) -> Score<'_> {
        self.calibrated(self.booster.margin(row))
    }

    /// Scores rows that follow each other in `rows` and replaces the content of `out` by their scores:
    /// those of [`Scorer::score`], bit for bit and at least as fast.
    ///
    /// # Panics
    /// If the length of `rows` is not a multiple of the number of features.
    pub fn score_batch<'a>(&'a self, rows: &[f32], out: &mut Vec<Score<'a>>) {
        let width = self.booster.num_features();
        let mut margins = vec![0.0; rows.len() / width];
        self.booster.margins(rows, &mut margins);
        out.clear();
        out.extend(margins.into_iter().map(|margin| self.calibrated(margin)));
    }

    /// The score and class of a margin. `libm` gives the same bits on every platform.
    fn calibrated(&self, margin: f32) -> Score<'_> {
        let Calibration::Platt { slope, intercept } = self.card.calibration;
        let score = 1.0 / (1.0 + libm::exp(-(slope * f64::from(margin) + intercept)));
        let classes = &self.card.classes;
        let class = classes
            .iter()
            .find(|class| class.min_score <= score)
            // The last class starts at 0, so only a score of NaN, from two infinities, gets here.
            .unwrap_or(&classes[classes.len() - 1]);
        Score {
            score,
            class: &class.name,
        }
    }
}

fn check_names(file: &'static str, found: &[String], expected: &[&str]) -> Result<(), ModelError> {
    if found.len() != expected.len() {
        return Err(ModelError::FeatureCount {
            file,
            expected: expected.len(),
            found: found.len(),
        });
    }
    match found.iter().zip(expected).position(|(f, e)| f != e) {
        Some(position) => Err(ModelError::FeatureName {
            file,
            position,
            expected: expected[position].to_owned(),
            found: found[position].clone(),
        }),
        None => Ok(()),
    }
}
