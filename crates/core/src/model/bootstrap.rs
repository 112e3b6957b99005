//! The model that comes with the program and the wheel, with which the first edit is scored.

/// Its `model.json`, as XGBoost saves it.
pub const MODEL: &[u8] = include_bytes!("../../../../models/edit-risk/versions/1/model.json");

/// Its `card.json`, of `edit-risk/1`.
pub const CARD: &[u8] = include_bytes!("../../../../models/edit-risk/versions/1/card.json");
