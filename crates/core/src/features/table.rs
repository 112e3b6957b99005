//! How a feature is described, and the row that features are written into.

use super::columns::Column;
use super::words::{Class, Classes};
use std::fmt;

/// One feature: a column of the row and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Unique name, as in model files and cards.
    pub name: &'static str,
    /// What it tells about.
    pub group: Group,
    /// What it says, including when it is missing.
    pub description: &'static str,
    /// What the number counts.
    pub unit: Unit,
}

/// What a feature tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Who edits: kind of user, shape of the name.
    User,
    /// The account, where the stream knows it.
    Account,
    /// The edit summary.
    Comment,
    /// The section named in the summary.
    Section,
    /// The page's title.
    Title,
    /// Summary, title and user name, taken together.
    Text,
    /// The page, its history and its wiki.
    Page,
    /// Bytes before and after.
    Size,
    /// How and when the edit was made.
    Context,
}

/// What the number of a feature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 1 if it holds, 0 if not.
    Flag,
    /// A number of things.
    Count,
    /// A number of characters (Unicode scalar values).
    Characters,
    /// A part of a whole, 0 to 1.
    Share,
    /// Base-2 logarithm of 1 + the value; its sign is kept.
    Log2,
    /// Logarithm of the odds of damage, but for a constant.
    LogOdds,
    /// A code or ordinal whose meaning the description gives.
    Code,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Group::User => "user",
            Group::Account => "account",
            Group::Comment => "comment",
            Group::Section => "section",
            Group::Title => "title",
            Group::Text => "text",
            Group::Page => "page",
            Group::Size => "size",
            Group::Context => "context",
        })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Flag => "flag",
            Unit::Count => "count",
            Unit::Characters => "characters",
            Unit::Share => "share",
            Unit::Log2 => "log2",
            Unit::LogOdds => "log-odds",
            Unit::Code => "code",
        })
    }
}

/// A row under construction.
pub(super) struct Row<'r>(&'r mut [f32]);

impl<'r> Row<'r> {
    pub fn new(values: &'r mut [f32]) -> Self {
        Row(values)
    }

    pub fn set(&mut self, column: Column, value: f32) {
        self.0[column as usize] = value;
    }

    pub fn flag(&mut self, column: Column, value: bool) {
        self.set(column, f32::from(u8::from(value)));
    }

    pub fn count(&mut self, column: Column, value: u32) {
        self.set(column, value as f32);
    }

    /// A part of a whole; of nothing it is missing.
    pub fn share(&mut self, column: Column, part: u32, whole: u32) {
        if whole > 0 {
            self.set(column, part as f32 / whole as f32);
        }
    }

    pub fn log2(&mut self, column: Column, value: i64) {
        self.set(column, signed_log2(value));
    }

    /// Sets the counts of some classes of words to zero.
    pub fn zero_classes(&mut self, counted: &[(Class, Column)]) {
        for (_, column) in counted {
            self.count(*column, 0);
        }
    }

    /// Counts a word in each of its classes.
    pub fn bump_classes(&mut self, classes: Classes, counted: &[(Class, Column)]) {
        if classes.is_empty() {
            return;
        }
        for (class, column) in counted {
            if classes.has(*class) {
                self.0[*column as usize] += 1.0;
            }
        }
    }
}

/// `sign(x) · log2(1 + |x|)`, from `libm` so that every platform gives the same bits.
fn signed_log2(value: i64) -> f32 {
    let magnitude = libm::log2f(1.0 + value.unsigned_abs() as f32);
    if value < 0 { -magnitude } else { magnitude }
}
