//! What a model sees of an edit: a row of numbers, computed from the edit alone when it is made.
//! Not here: anything remembered between edits, or known only later.

mod columns;
mod comment;
mod feature;
mod hash;
mod page;
mod row;
mod scan;
#[cfg(test)]
mod tests;
mod text_risk;
mod title;
mod user;
mod words;

pub(crate) use columns::Column;
pub use columns::{COUNT, FEATURES, NAMES};
pub(crate) use comment::split as split_summary;
pub(crate) use feature::ReasonKind;
pub use feature::{Feature, FeatureUnit};
pub use text_risk::{NGrams, TextLearner, TextWeights, WrongTextWeights, text_buckets};

use crate::edit::Edit;
use row::RowWriter;
use words::WordSet;

/// Version of the list and of every definition in it. A model is used only with the version it
/// was trained on, so a change of order, meaning or word list raises it.
pub const VERSION: u32 = 2;

/// Position of `text_risk` in a row, the one feature whose weights come with the model.
pub const TEXT_RISK: usize = Column::text_risk as usize;

/// Writes the features of an edit into `row`, in the order of [`NAMES`]; what is not known or does
/// not apply is NaN, everything else is finite. The same edit and weights of `text_risk`, which are
/// the model's, give the same bits everywhere.
///
/// # Panics
/// If `row` does not hold exactly [`COUNT`] values.
pub fn extract(edit: &Edit<'_>, text: &TextWeights, row: &mut [f32]) {
    extract_all_but_text(edit, row);
    row[TEXT_RISK] = text.risk(edit).unwrap_or(f32::NAN);
}

/// Writes all features but `text_risk`, which stays NaN, for rows that are computed with several
/// weights of it.
///
/// # Panics
/// If `row` does not hold exactly [`COUNT`] values.
pub fn extract_all_but_text(edit: &Edit<'_>, row: &mut [f32]) {
    assert_eq!(row.len(), COUNT, "a feature row holds {COUNT} values");
    row.fill(f32::NAN);
    let mut row = RowWriter::new(row);
    let mut user_words = WordSet::default();
    let mut title_words = WordSet::default();
    user::extract(edit, &mut user_words, &mut row);
    title::extract(edit, &user_words, &mut title_words, &mut row);
    comment::extract(edit, &user_words, &title_words, &mut row);
    page::extract(edit, &mut row);
}
