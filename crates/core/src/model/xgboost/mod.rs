//! XGBoost models of the objective `binary:logistic`, read from the JSON that
//! `Booster.save_model` writes (XGBoost 1.7 to 3.x) and evaluated bit for bit as Python does.
//! Models that need anything else are refused, with its name.

mod booster;
mod check_tree;
mod checked;
mod error;
mod forest;
mod json;
mod not_json;
mod shap;
#[cfg(test)]
mod tests;

pub use booster::Booster;
pub use error::XgboostError;
pub use shap::{Contributions, Explainer};
