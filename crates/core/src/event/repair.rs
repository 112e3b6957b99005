//! What the JSON parser refuses although the event is whole: half a surrogate pair in an escape, as of
//! a text that was cut by UTF-16 units, and a number that no float holds. Both are replaced in place.

/// `json` with each half of a surrogate pair replaced by U+FFFD, and each number beyond the range of
/// floats by null; `None` if it has neither. What is not JSON stays so.
pub(super) fn repaired(json: &str) -> Option<Vec<u8>> {
    let mut bytes = json.as_bytes().to_vec();
    let mut is_changed = false;
    let mut in_text = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'"' => {
                in_text = !in_text;
                1
            }
            b'\\' if in_text => {
                let (length, is_half) = escape(&bytes[at..]);
                if is_half {
                    bytes[at + 2..at + 6].copy_from_slice(b"fffd");
                    is_changed = true;
                }
                length
            }
            b'-' | b'0'..=b'9' if !in_text => {
                let length = number(&bytes[at..]);
                let token = &mut bytes[at..at + length];
                if is_too_large(token) {
                    // The shortest, such as 1e309, is longer than this.
                    token.fill(b' ');
                    token[..4].copy_from_slice(b"null");
                    is_changed = true;
                }
                length
            }
            _ => 1,
        };
    }
    is_changed.then_some(bytes)
}

/// The length of an escape, or of the two of a surrogate pair, and whether it is half of one.
fn escape(bytes: &[u8]) -> (usize, bool) {
    match unit(bytes) {
        Some(0xd800..0xdc00) => match unit(&bytes[6..]) {
            Some(0xdc00..0xe000) => (12, false),
            _ => (6, true),
        },
        Some(0xdc00..0xe000) => (6, true),
        Some(_) => (6, false),
        // The character after the backslash may be a quote or a backslash.
        None => (2, false),
    }
}

/// The UTF-16 unit of an escape `\uXXXX`.
fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u16::from_str_radix(digits, 16).ok()
}

fn number(bytes: &[u8]) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    bytes.iter().take_while(|byte| is_part(byte)).count()
}

fn is_too_large(token: &[u8]) -> bool {
    let number = str::from_utf8(token)
        .ok()
        .and_then(|it| it.parse::<f64>().ok());
    number.is_some_and(f64::is_infinite)
}

#[cfg(test)]
mod tests {
    use super::repaired;

    #[test]
    fn halves_of_pairs_and_numbers_out_of_range_are_replaced_in_place() {
        for (json, expected) in [
            (r#"{"a":"\ud83d"}"#, Some(r#"{"a":"\ufffd"}"#)),
            (
                r#"["\uDC00x","\ud83d\ud83d\ude00"]"#,
                Some(r#"["\ufffdx","\ufffd\ud83d\ude00"]"#),
            ),
            (
                r#"["\\ud83d","\"\ud83d\"1e999"]"#,
                Some(r#"["\\ud83d","\"\ufffd\"1e999"]"#),
            ),
            ("[1e309,-1E+400, 2]", Some("[null ,null   , 2]")),
            (r#"["\ud83d\ude00",1e308,"1e400"]"#, None),
            (r#"{"a":"\ud83"#, None),
            (r#"{"a":"\"#, None),
            ("-", None),
        ] {
            let expected = expected.map(|json| json.as_bytes().to_vec());
            assert_eq!(repaired(json), expected, "{json}");
        }
        let long = format!("[{}]", "9".repeat(400));
        let emptied = format!("[null{}]", " ".repeat(396));
        assert_eq!(repaired(&long), Some(emptied.into_bytes()));
    }
}
