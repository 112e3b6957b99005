//! `text_risk`: the log-odds of damage that a linear model over hashed character n-grams gives for
//! summary, title and user name together. `scripts/train_bootstrap.py` fits its weights; the hash is
//! defined here alone.

use super::columns::Column as C;
use super::hash::{Fnv, bucket};
use super::row::RowWriter;
use crate::edit::Edit;

/// Number of buckets that n-grams are hashed into.
const TEXT_BUCKETS: usize = 1 << 15;

/// The longest n-gram, in characters; the shortest has two.
const LONGEST: usize = 5;

/// Per bucket, little-endian: its weight in the log-odds times its inverse document frequency
/// (i16), and the square of that frequency (u16); both in units of 1/512.
static TABLE: &[u8; TEXT_BUCKETS * 4] = include_bytes!("text_risk.bin");

const UNIT: f32 = 1.0 / 512.0;

/// Calls `visit` with the bucket of each n-gram of an edit's texts, once for each occurrence.
///
/// Each of summary, title and user name counts as one text with a blank at both ends. Letters are
/// taken in lower case; n-grams of two to five characters end at each character.
pub fn text_buckets(edit: &Edit<'_>, mut visit: impl FnMut(usize)) {
    let texts = [
        edit.comment.as_deref(),
        Some(&*edit.page_title),
        edit.user.as_deref(),
    ];
    for text in texts.into_iter().flatten() {
        let mut before = ['\0'; LONGEST - 1];
        let mut known = 0;
        for c in [' '].into_iter().chain(text.chars()).chain([' ']) {
            // Backwards from here, so that one running hash gives all lengths.
            let mut hash = Fnv::new().char(c);
            for &earlier in &before[..known] {
                hash = hash.char(earlier);
                visit(bucket(hash.value(), TEXT_BUCKETS as u32));
            }
            before.rotate_right(1);
            before[0] = c;
            known = (known + 1).min(before.len());
        }
    }
}

/// Log-odds without the intercept: the mean evidence over n-grams, weighted by their rarity.
pub(super) fn extract(edit: &Edit<'_>, row: &mut RowWriter<'_>) {
    let (mut evidence, mut rarity) = (0_i64, 0_u64);
    text_buckets(edit, |bucket| {
        let cell = &TABLE[bucket * 4..bucket * 4 + 4];
        evidence += i64::from(i16::from_le_bytes([cell[0], cell[1]]));
        rarity += u64::from(u16::from_le_bytes([cell[2], cell[3]]));
    });
    if rarity > 0 {
        let norm = libm::sqrtf(rarity as f32 * UNIT);
        row.set(C::text_risk, evidence as f32 * UNIT / norm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Event};

    fn buckets(user: &str, title: &str, comment: &str) -> Vec<usize> {
        let payload = serde_json::json!({
            "meta": {"id": "00000000-0000-0000-0000-000000000000"}, "type": "edit",
            "wiki": "enwiki", "title": title, "namespace": 0, "timestamp": 1_800_000_000,
            "user": user, "comment": comment, "revision": {"new": 2, "old": 1},
        });
        let payload = payload.to_string();
        let event = Event::parse(payload.as_bytes()).unwrap();
        let Body::Edit(edit) = event.body else {
            panic!("no edit")
        };
        let mut all = Vec::new();
        text_buckets(&edit, |bucket| all.push(bucket));
        all
    }

    #[test]
    fn each_text_gives_its_n_grams_in_lower_case() {
        // " t " has two pairs and one triple; " ab " three, two and one of four characters.
        let all = buckets("AB", "t", "");
        // The summary is "  ": one pair.
        assert_eq!(all.len(), 1 + 3 + 6);
        assert_eq!(all, buckets("ab", "T", ""));
        assert_ne!(all, buckets("ba", "T", ""));
        assert!(all.iter().all(|bucket| *bucket < TEXT_BUCKETS));
    }

    #[test]
    fn no_n_gram_spans_two_texts() {
        let mut parts = buckets("A", "ccc", "bb");
        let mut moved = buckets("A", "bb", "ccc");
        parts.sort_unstable();
        moved.sort_unstable();
        assert_eq!(parts, moved);
    }
}
