//! Models that are not JSON because they hold NaN or Infinity: what they are refused for. XGBoost 1.7
//! and 2.1 write NaN as the threshold of each categorical split.

use super::checked::CheckedModel;
use super::error::XgboostError;

/// The refusal that the model would meet if those were numbers; `error` if it holds none of them.
pub(super) fn cause(bytes: &[u8], error: XgboostError) -> XgboostError {
    let Some(numbers) = with_numbers(bytes) else {
        return error;
    };
    match (CheckedModel::objection(&numbers), error) {
        // It is not JSON for other reasons, too.
        (Some(XgboostError::Json { .. }), error) => error,
        (Some(cause), _) => cause,
        (None, XgboostError::Json { path, .. }) => XgboostError::Json {
            path,
            reason: "a value is NaN or infinite".to_owned(),
        },
        (None, error) => error,
    }
}

/// The text with a 0 in the place of each NaN and Infinity; `None` if there are none.
fn with_numbers(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut numbers = bytes.to_vec();
    let (mut at, mut in_text, mut is_changed) = (0, false, false);
    while let Some(&byte) = numbers.get(at) {
        let rest = &numbers[at..];
        let found = [&b"NaN"[..], b"Infinity"].into_iter();
        let found = found
            .filter(|_| !in_text)
            .find(|word| rest.starts_with(word));
        at += match (byte, found) {
            (b'"', _) => {
                in_text = !in_text;
                1
            }
            (b'\\', _) if in_text => 2,
            (_, Some(word)) => {
                numbers[at..at + word.len()].fill(b' ');
                numbers[at] = b'0';
                is_changed = true;
                word.len()
            }
            _ => 1,
        };
    }
    is_changed.then_some(numbers)
}
