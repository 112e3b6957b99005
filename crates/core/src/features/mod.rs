//! What a model sees of an edit: a row of numbers, computed from the edit alone and known the
//! moment it is made. Not here: anything remembered between edits, or known only later.

mod columns;
mod comment;
mod hash;
mod page;
mod scan;
mod table;
#[cfg(test)]
mod tests;
mod text_risk;
mod title;
mod user;
mod words;

pub(crate) use columns::Column;
pub use columns::{COUNT, FEATURES, NAMES};
pub(crate) use comment::split as split_summary;
pub use table::{Feature, Group, Unit};
pub use text_risk::{TEXT_BUCKETS, text_buckets};

use crate::edit::Edit;
use table::Row;
use words::WordSet;

/// Version of the list and of every definition in it. A model is used only with the version it
/// was trained on, so a change of order, meaning or word list raises it.
pub const VERSION: u32 = 2;

/// Writes the features of an edit into `row`, in the order of [`NAMES`]; what is not known or does
/// not apply is NaN, everything else is finite. The same edit gives the same bits everywhere.
///
/// # Panics
/// If `row` does not hold exactly [`COUNT`] values, which is a mistake of the caller.
pub fn extract(edit: &Edit<'_>, row: &mut [f32]) {
    assert_eq!(row.len(), COUNT, "a feature row holds {COUNT} values");
    row.fill(f32::NAN);
    let mut row = Row::new(row);
    let mut user_words = WordSet::default();
    let mut title_words = WordSet::default();
    user::extract(edit, &mut user_words, &mut row);
    title::extract(edit, &user_words, &mut title_words, &mut row);
    comment::extract(edit, &user_words, &title_words, &mut row);
    page::extract(edit, &mut row);
    text_risk::extract(edit, &mut row);
}
