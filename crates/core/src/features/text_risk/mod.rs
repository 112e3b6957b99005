//! `text_risk`: the log-odds of damage that a linear model over hashed character n-grams gives for
//! summary, title and user name together. The hash is defined here alone. `scripts/train_bootstrap.py`
//! fits the weights of the program; each retraining goes on from them.

mod learner;
mod weights;

pub use learner::{NGrams, TextLearner};
pub use weights::{TextWeights, WrongTextWeights};

use super::hash::{Fnv, bucket};
use crate::edit::Edit;

/// Number of buckets that n-grams are hashed into.
const TEXT_BUCKETS: usize = 1 << 15;

/// The longest n-gram, in characters; the shortest has two.
const LONGEST: usize = 5;

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
