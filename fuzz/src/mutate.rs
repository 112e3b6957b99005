//! Damages inputs at random, as a broken network or a hostile sender would.

use rand::{Rng, RngExt};

/// `input` with one to four changes; `other` lends the pieces that are spliced in.
pub fn mutated(rng: &mut impl Rng, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..=bytes.len());
        match rng.random_range(0..7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(..at)),
            2 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            3 if at < bytes.len() => bytes[at] = rng.random(),
            4 => {
                let piece = piece(rng, other).to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let end = rng.random_range(at..=bytes.len());
                let piece = piece(rng, other).to_vec();
                bytes.splice(at..end, piece);
            }
            _ => {
                let token = TOKENS[rng.random_range(0..TOKENS.len())];
                let end = bytes.len().min(at + rng.random_range(0..8));
                bytes.splice(at..end, token.iter().copied());
            }
        }
    }
    bytes
}

/// Pieces that parsers are known to trip over.
const TOKENS: [&[u8]; 14] = [
    b"null",
    b"{",
    b"[",
    b"\"",
    b"-1",
    b"1e999",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"\\ud800",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r\n\r\n",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

fn piece<'a>(rng: &mut impl Rng, of: &'a [u8]) -> &'a [u8] {
    let from = rng.random_range(0..=of.len());
    let to = rng.random_range(from..=of.len().min(from + 64));
    &of[from..to]
}
