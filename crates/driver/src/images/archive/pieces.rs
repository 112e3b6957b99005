//! The unpacked bytes of an archive in pieces, each known by its SHA-256: what the engine is given is
//! what was looked through, also if somebody changes the file between.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Bytes of each piece but the last.
pub(super) const PIECE: usize = 256 * 1024;

/// Those of the pieces, in their order.
pub(super) type Hashes = Vec<[u8; 32]>;

/// Takes bytes as they come.
#[derive(Default)]
pub(super) struct Pieces {
    done: Hashes,
    open: Sha256,
    /// Bytes in the open one.
    filled: usize,
}

impl Pieces {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(PIECE - self.filled));
            self.open.update(now);
            self.filled += now.len();
            if self.filled == PIECE {
                self.close();
            }
            bytes = rest;
        }
    }

    fn close(&mut self) {
        self.done.push(self.open.finalize_reset().into());
        self.filled = 0;
    }

    pub(super) fn finish(mut self) -> Hashes {
        if self.filled > 0 {
            self.close();
        }
        self.done
    }
}

/// Reads all pieces, and sends each as soon as it is known to be the same, without the first `skip`
/// bytes of all. Ends early if `send` answers that nobody takes more.
///
/// # Errors
/// If a piece is another one, lacks or is one too many: it is not sent, nor is what follows.
pub(super) fn hand_over(
    mut archive: impl Read,
    known: &Hashes,
    skip: u64,
    mut send: impl FnMut(Bytes) -> bool,
) -> io::Result<()> {
    let (mut known, mut skip) = (known.iter(), skip);
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let mut next = archive.by_ref().take(PIECE as u64);
        next.read_to_end(&mut piece)?;
        let is_same = match known.next() {
            Some(known) => Sha256::digest(&piece)[..] == known[..],
            None => piece.is_empty(),
        };
        if !is_same {
            return Err(io::Error::other("the file was changed meanwhile"));
        }
        if piece.is_empty() {
            return Ok(());
        }
        let mut piece = Bytes::from(piece);
        let skipped = skip.min(piece.len() as u64);
        skip -= skipped;
        _ = piece.split_to(skipped as usize);
        if !piece.is_empty() && !send(piece) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(content: &[u8], at_a_time: usize) -> Hashes {
        let mut pieces = Pieces::default();
        content
            .chunks(at_a_time)
            .for_each(|some| pieces.update(some));
        pieces.finish()
    }

    /// What was sent, and whether all was well.
    fn handed_over(content: &[u8], known: &Hashes, skip: usize) -> (Vec<u8>, bool) {
        let mut sent = Vec::new();
        let done = hand_over(content, known, skip as u64, |piece| {
            sent.extend_from_slice(&piece);
            true
        });
        (sent, done.is_ok())
    }

    #[test]
    fn nothing_is_sent_but_what_was_looked_through() {
        let content: Vec<u8> = (0..4 * PIECE as u64 + 1_000)
            .map(|n| ((n * n) >> 9) as u8)
            .collect();
        let known = hashes(&content, 10_000);
        assert_eq!(known.len(), 5);
        assert_eq!(known, hashes(&content, content.len()));
        for skip in [0, 1_024, PIECE, 2 * PIECE + 512] {
            let (sent, is_well) = handed_over(&content, &known, skip);
            assert!(is_well && sent == content[skip..], "{skip}");
        }
        // With zeros enough behind it, all of another file would be sent before its end is seen.
        let mut other = content.clone();
        other[2 * PIECE + 7] ^= 1;
        other.extend_from_slice(&vec![0; 2 * PIECE]);
        let (sent, is_well) = handed_over(&other, &known, 512);
        assert!(!is_well && sent == content[512..2 * PIECE]);
        for (other, sent_bytes) in [
            // Cut, between two pieces and within one; longer, likewise.
            (content[..3 * PIECE].to_vec(), 3 * PIECE),
            (content[..3 * PIECE - 1].to_vec(), 2 * PIECE),
            ([&content[..], b"more"].concat(), 4 * PIECE),
        ] {
            let (sent, is_well) = handed_over(&other, &known, 0);
            assert!(!is_well && sent == content[..sent_bytes], "{sent_bytes}");
        }
        let whole = content[..4 * PIECE].to_vec();
        let longer = [&whole[..], b"more"].concat();
        let (sent, is_well) = handed_over(&longer, &hashes(&whole, PIECE), 0);
        assert!(!is_well && sent == whole);
    }

    #[test]
    fn it_ends_when_nobody_takes_more() {
        let content = vec![1; 3 * PIECE];
        let known = hashes(&content, PIECE);
        let mut count = 0;
        let done = hand_over(&content[..], &known, 0, |_| {
            count += 1;
            count < 2
        });
        assert!(done.is_ok() && count == 2, "{count}");
    }
}
