//! A model and its card as one thing that gives a row a calibrated score and a class.
//! Computing rows from edits belongs to the features, choosing a model to the registry.

#[cfg(test)]
mod tests;

use super::card::{Calibration, Card, CardError};
use super::xgboost::{Booster, XgboostError};

/// The features that the caller computes, which a model must have been trained on.
#[derive(Debug, Clone, Copy)]
pub struct FeatureSpec<'a> {
    /// Version of the feature definitions.
    pub version: u32,
    /// Names in the order of a row.
    pub names: &'a [&'a str],
}

/// Why a model and its card cannot score.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The model was refused.
    #[error("model refused: {0}")]
    Model(#[from] XgboostError),
    /// The card was refused.
    #[error("card refused: {0}")]
    Card(#[from] CardError),
    /// Trained on another version of the feature definitions.
    #[error("the model was trained on features of version {found}, this build computes {expected}")]
    FeatureVersion {
        /// Version of this build.
        expected: u32,
        /// Version in the card.
        found: u32,
    },
    /// Trained on another number of features.
    #[error("{origin} has {found} features, this build computes {expected}")]
    FeatureCount {
        /// `card.json` or `model.json`.
        origin: &'static str,
        /// Width of a row of this build.
        expected: usize,
        /// Width in the file.
        found: usize,
    },
    /// Trained on other features, or in another order.
    #[error("feature {position} of {origin} is `{found}`, this build computes `{expected}` there")]
    FeatureName {
        /// `card.json` or `model.json`.
        origin: &'static str,
        /// Position in the row, from 0.
        position: usize,
        /// Name in this build.
        expected: String,
        /// Name in the file.
        found: String,
    },
}

/// What a model says of one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score<'a> {
    /// Calibrated probability, 0 to 1.
    pub score: f64,
    /// Name of the class the score falls into.
    pub class: &'a str,
}

/// A model version that scores rows. Immutable; share it between threads in an `Arc`.
#[derive(Debug)]
pub struct Scorer {
    booster: Booster,
    card: Card,
    version: String,
}

impl Scorer {
    /// Reads a model and its card and checks that they fit the features of this build.
    /// The card's `model_sha256` is for the caller to compare.
    ///
    /// # Errors
    /// [`ModelError`] if a file is refused or the features differ in version, number, name or
    /// order. A model without feature names is held to the number alone.
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
                origin: "model.json",
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
        })
    }

    /// Name and version as events and metrics carry them, such as `edit-risk/1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The card the scorer was loaded with.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The model itself.
    pub fn booster(&self) -> &Booster {
        &self.booster
    }

    /// Scores one row; NaN is a missing value.
    ///
    /// # Panics
    /// If the row does not have one value per feature.
    pub fn score(&self, row: &[f32]) -> Score<'_> {
        self.judge(self.booster.margin(row))
    }

    /// Scores rows laid out one after another and hands each score to `out` in order: the same
    /// scores as [`Scorer::score`], to the bit and at least as fast.
    ///
    /// # Panics
    /// If the length of `rows` is not a multiple of the number of features.
    pub fn score_batch<'a>(&'a self, rows: &[f32], out: &mut Vec<Score<'a>>) {
        let width = self.booster.num_features();
        let mut margins = vec![0.0; rows.len() / width];
        self.booster.margins(rows, &mut margins);
        out.clear();
        out.extend(margins.into_iter().map(|margin| self.judge(margin)));
    }

    /// The calibrated score and class of a margin. `libm` gives the same bits on every platform.
    fn judge(&self, margin: f32) -> Score<'_> {
        let Calibration::Platt { slope, intercept } = self.card.calibration;
        let score = 1.0 / (1.0 + libm::exp(-(slope * f64::from(margin) + intercept)));
        let classes = &self.card.classes;
        let class = classes
            .iter()
            .find(|class| class.min_score <= score)
            // The last class starts at 0, so this is reached by NaN alone, from two infinities.
            .unwrap_or(&classes[classes.len() - 1]);
        Score {
            score,
            class: &class.name,
        }
    }
}

fn check_names(
    origin: &'static str,
    found: &[String],
    expected: &[&str],
) -> Result<(), ModelError> {
    if found.len() != expected.len() {
        return Err(ModelError::FeatureCount {
            origin,
            expected: expected.len(),
            found: found.len(),
        });
    }
    match found.iter().zip(expected).position(|(f, e)| f != e) {
        Some(position) => Err(ModelError::FeatureName {
            origin,
            position,
            expected: expected[position].to_owned(),
            found: found[position].clone(),
        }),
        None => Ok(()),
    }
}
