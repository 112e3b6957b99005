//! The weights of the linear model behind `text_risk`: those of the program, or a version's own.

use super::{NGrams, TEXT_BUCKETS, text_buckets};
use crate::edit::Edit;
use std::sync::{Arc, LazyLock};

const UNIT: f32 = 1.0 / 512.0;
const CELL: usize = 4;

/// What one bucket says, in units of 1/512.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    /// Weight in the log-odds times the inverse document frequency.
    weight: i16,
    /// The square of that frequency.
    rarity: u16,
}

/// Over the n-grams of an edit.
#[derive(Default)]
struct Sums {
    evidence: i64,
    rarity: u64,
}

impl Sums {
    fn add(&mut self, cell: Cell) {
        self.evidence += i64::from(cell.weight);
        self.rarity += u64::from(cell.rarity);
    }

    fn risk(&self) -> Option<f32> {
        let rarity = self.rarity as f32 * UNIT;
        (self.rarity > 0).then(|| self.evidence as f32 * UNIT / libm::sqrtf(rarity))
    }
}

/// The weights of `text_risk`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextWeights(Arc<[Cell]>);

/// Bytes that are not weights of `text_risk`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("weights of text_risk have {expected} bytes, these are {found}")]
pub struct WrongTextWeights {
    pub expected: usize,
    pub found: usize,
}

impl TextWeights {
    /// The weights of the program, which the bootstrap model is used with, and every version that has
    /// none of its own.
    pub fn of_program() -> &'static Self {
        static OF_PROGRAM: LazyLock<TextWeights> = LazyLock::new(|| {
            let bytes: &[u8; TEXT_BUCKETS * CELL] = include_bytes!("text_risk.bin");
            TextWeights(cells(bytes).collect())
        });
        &OF_PROGRAM
    }

    /// Reads `text_risk.bin`: for each bucket weight (i16) and rarity (u16), little-endian.
    ///
    /// # Errors
    /// [`WrongTextWeights`] if the length is another.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrongTextWeights> {
        let expected = TEXT_BUCKETS * CELL;
        let found = bytes.len();
        if found != expected {
            return Err(WrongTextWeights { expected, found });
        }
        Ok(Self(cells(bytes).collect()))
    }

    /// The content of `text_risk.bin`, as [`TextWeights::from_bytes`] reads it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let cells = self.0.iter();
        let bytes = cells.flat_map(|Cell { weight, rarity }| {
            let [a, b] = weight.to_le_bytes();
            let [c, d] = rarity.to_le_bytes();
            [a, b, c, d]
        });
        bytes.collect()
    }

    /// Log-odds without the intercept: the mean evidence over n-grams, weighted by their rarity;
    /// `None` where nothing is known of any.
    pub fn risk(&self, edit: &Edit<'_>) -> Option<f32> {
        let mut sums = Sums::default();
        text_buckets(edit, |bucket| sums.add(self.0[bucket]));
        sums.risk()
    }

    /// [`TextWeights::risk`] of the edit that these n-grams are of.
    pub fn risk_of(&self, texts: &NGrams) -> Option<f32> {
        let mut sums = Sums::default();
        texts.buckets().for_each(|bucket| sums.add(self.0[bucket]));
        sums.risk()
    }

    /// How much an n-gram of a bucket weighs by being rare: its inverse document frequency.
    pub(super) fn rarity(&self, bucket: usize) -> f32 {
        libm::sqrtf(f32::from(self.0[bucket].rarity) * UNIT)
    }

    /// The weight of a bucket in the log-odds, for a row that is scaled by rarity.
    pub(super) fn weight(&self, bucket: usize) -> f32 {
        let rarity = self.rarity(bucket);
        match rarity > 0.0 {
            true => f32::from(self.0[bucket].weight) * UNIT / rarity,
            false => 0.0,
        }
    }

    /// The same rarities with other weights, one for each bucket, for rows that are scaled by rarity.
    pub(super) fn with(&self, weight: impl Fn(usize) -> f32) -> Self {
        let cells = self.0.iter().enumerate();
        let cells = cells.map(|(bucket, cell)| Cell {
            // A number out of range becomes the nearest, NaN 0.
            weight: (weight(bucket) * self.rarity(bucket) / UNIT).round() as i16,
            ..*cell
        });
        Self(cells.collect())
    }
}

fn cells(bytes: &[u8]) -> impl Iterator<Item = Cell> {
    bytes.chunks_exact(CELL).map(|cell| Cell {
        weight: i16::from_le_bytes([cell[0], cell[1]]),
        rarity: u16::from_le_bytes([cell[2], cell[3]]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_as_they_were_written_and_nothing_else_is() {
        let program = TextWeights::of_program();
        let bytes = program.to_bytes();
        assert_eq!(&bytes, include_bytes!("text_risk.bin"));
        assert_eq!(&TextWeights::from_bytes(&bytes).unwrap(), program);
        let cut = TextWeights::from_bytes(&bytes[..bytes.len() - 1]);
        assert_eq!(
            cut.unwrap_err().to_string(),
            "weights of text_risk have 131072 bytes, these are 131071"
        );
    }

    #[test]
    fn the_same_weights_come_back_from_their_scaled_form() {
        let program = TextWeights::of_program();
        assert_eq!(&program.with(|bucket| program.weight(bucket)), program);
    }
}
