//! The row that features are written into, and the encodings of its values.

use super::columns::Column;
use super::words::{WordClass, WordClasses};

/// A row of features in the order of [`Column`]; a value that is not set stays missing (NaN).
pub(super) struct RowWriter<'r>(&'r mut [f32]);

impl<'r> RowWriter<'r> {
    pub fn new(values: &'r mut [f32]) -> Self {
        RowWriter(values)
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

    /// A part of a whole, 0 to 1; missing if the whole is 0.
    pub fn share(&mut self, column: Column, part: u32, whole: u32) {
        if whole > 0 {
            self.set(column, part as f32 / whole as f32);
        }
    }

    pub fn log2(&mut self, column: Column, value: i64) {
        self.set(column, signed_log2(value));
    }

    /// Sets the counts of some classes of words to zero.
    pub fn zero_classes(&mut self, counted: &[(WordClass, Column)]) {
        for (_, column) in counted {
            self.count(*column, 0);
        }
    }

    /// Counts a word in each of its classes.
    pub fn bump_classes(&mut self, classes: WordClasses, counted: &[(WordClass, Column)]) {
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
