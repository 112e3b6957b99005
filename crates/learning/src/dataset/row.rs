//! The row of an edit: each feature a column of 32-bit floats, then what is known of the edit beside it.

use super::split::Part;
use super::text::{TEXT_OF_CHAMPION, TEXT_OF_REFIT};
use arrow_array::types::{Float32Type, UInt64Type};
use arrow_schema::DataType;
use wikisentry_core::edit::Edit;
use wikisentry_core::features;
use wikisentry_lake::table::{NewRow, TableBuilder, time};
use xxhash_rust::xxh3::xxh3_64;

/// What a row holds beside the edit itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'p> {
    /// The part that it is in.
    pub part: Part,
    /// The revision that the edit made.
    pub rev_id: i64,
    /// Whether the edit was reverted as damage.
    pub is_damage: bool,
    /// In the order of [`features::NAMES`], NaN where nothing is known; `text_risk` by the weights of the
    /// trial.
    pub features: &'p [f32],
    /// `text_risk` by the weights of the refit.
    pub text_of_refit: f32,
    /// `text_risk` by the champion's weights.
    pub text_of_champion: f32,
}

impl Row<'_> {
    /// The columns: name, type, and whether they may be null.
    pub fn columns() -> impl Iterator<Item = (&'static str, DataType, bool)> {
        use DataType::{Boolean, Float32, Int64, UInt64, Utf8};
        let features = features::NAMES.map(|name| (name, Float32, false));
        let beside = [
            ("label", Boolean, false),
            ("wiki", Utf8, false),
            ("rev_id", Int64, false),
            ("user_type", Utf8, false),
            ("user_hash", UInt64, false),
            ("event_time", time(), false),
            ("meta_id", Utf8, false),
            (TEXT_OF_REFIT, Float32, false),
            (TEXT_OF_CHAMPION, Float32, false),
        ];
        features.into_iter().chain(beside)
    }

    /// Adds the row of an edit to a table that begins with [`Row::columns`]; those behind them are still to
    /// be given.
    pub fn push<'t>(&self, edit: &Edit<'_>, table: &'t mut TableBuilder) -> NewRow<'t> {
        let mut new = table.row();
        for value in self.features {
            new.number::<Float32Type>(*value);
        }
        new.flag(self.is_damage);
        new.text(&*edit.wiki);
        new.integer(self.rev_id);
        new.text(edit.user_type.name());
        // Hidden users are each one of their own.
        let user = edit.user.as_deref().unwrap_or(&edit.meta_id);
        new.number::<UInt64Type>(xxh3_64(user.as_bytes()));
        new.time(edit.event_time);
        new.text(&*edit.meta_id);
        new.number::<Float32Type>(self.text_of_refit);
        new.number::<Float32Type>(self.text_of_champion);
        new
    }
}
