//! `$NAME` and `${NAME…}` in the strings of a compose file, as docker compose replaces them
//! (compose specification, "Interpolation"). It knows nothing of where the string stands.

/// Nesting of `${A:-${B:-…}}` beyond which a text is refused instead of exhausting the stack.
const MAX_DEPTH: usize = 32;

/// Why a text cannot be interpolated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InterpolationError {
    /// `${` without a name, with an unknown operator or without its `}`.
    Invalid,
    /// `${NAME:?message}` or `${NAME?message}`, and the variable has no value.
    Missing { name: String, message: String },
}

/// Replaces every variable of `text` by what `lookup` knows. Names that are not set and have no
/// default become nothing and are handed to `unset`.
pub(super) fn interpolate<'a>(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<&'a str>,
    unset: &mut dyn FnMut(&str),
) -> Result<String, InterpolationError> {
    expand(text, lookup, unset, 0)
}

fn expand<'a>(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<&'a str>,
    unset: &mut dyn FnMut(&str),
    depth: usize,
) -> Result<String, InterpolationError> {
    if depth > MAX_DEPTH {
        return Err(InterpolationError::Invalid);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if rest.starts_with('{') {
            let end = closing_brace(rest).ok_or(InterpolationError::Invalid)?;
            out.push_str(&braced(&rest[1..end], lookup, unset, depth)?);
            rest = &rest[end + 1..];
        } else {
            let name = name_prefix(rest);
            if name.is_empty() {
                // A dollar that begins no variable stands for itself, as in "$5".
                out.push('$');
            } else {
                match lookup(name) {
                    Some(value) => out.push_str(value),
                    None => unset(name),
                }
                rest = &rest[name.len()..];
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The value of what stands between `${` and `}`.
fn braced<'a>(
    inner: &str,
    lookup: &dyn Fn(&str) -> Option<&'a str>,
    unset: &mut dyn FnMut(&str),
    depth: usize,
) -> Result<String, InterpolationError> {
    let name = name_prefix(inner);
    if name.is_empty() {
        return Err(InterpolationError::Invalid);
    }
    let value = lookup(name);
    let rest = &inner[name.len()..];
    if rest.is_empty() {
        if value.is_none() {
            unset(name);
        }
        return Ok(value.unwrap_or_default().to_owned());
    }
    // With a colon an empty value counts as none.
    let (rest, value_counts) = match rest.strip_prefix(':') {
        Some(rest) => (rest, value.is_some_and(|value| !value.is_empty())),
        None => (rest, value.is_some()),
    };
    let mut operator = rest.chars();
    match (operator.next(), value_counts) {
        (Some('-' | '?'), true) | (Some('+'), false) => Ok(value.unwrap_or_default().to_owned()),
        (Some('-'), false) | (Some('+'), true) => {
            expand(operator.as_str(), lookup, unset, depth + 1)
        }
        (Some('?'), false) => Err(InterpolationError::Missing {
            name: name.to_owned(),
            message: expand(operator.as_str(), lookup, unset, depth + 1)?,
        }),
        _ => Err(InterpolationError::Invalid),
    }
}

fn name_prefix(text: &str) -> &str {
    let bytes = text.as_bytes();
    if !bytes
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
    {
        return "";
    }
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let end = bytes.iter().position(|b| !is_part(b));
    &text[..end.unwrap_or(text.len())]
}

/// Where the brace that `text` begins with is closed. Plain braces count too, so that JSON can be
/// a default.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lookup(name: &str) -> Option<&'static str> {
        match name {
            "SET" => Some("value"),
            "EMPTY" => Some(""),
            "DOLLAR" => Some("a$SET"),
            _ => None,
        }
    }

    fn run(text: &str) -> Result<String, InterpolationError> {
        interpolate(text, &lookup, &mut |_| {})
    }

    #[test]
    fn every_form_of_the_specification_is_replaced() {
        for (text, expected) in [
            ("plain", "plain"),
            ("$SET/$SET", "value/value"),
            ("${SET}s", "values"),
            ("$$SET $$$SET", "$SET $value"),
            ("$5 and $", "$5 and $"),
            ("${SET:-other}", "value"),
            ("${EMPTY:-other}", "other"),
            ("${EMPTY-other}", ""),
            ("${NONE-other}", "other"),
            ("${NONE:-}", ""),
            ("${NONE}", ""),
            ("${SET:+alt}", "alt"),
            ("${EMPTY:+alt}", ""),
            ("${EMPTY+alt}", "alt"),
            ("${NONE+alt}", ""),
            ("${SET:?needed}", "value"),
            ("${EMPTY?needed}", ""),
            ("${NONE:-${EMPTY:-${SET}}}!", "value!"),
            ("${NONE:-{\"a\": {}}}", "{\"a\": {}}"),
            ("${NONE:-a?b:-c}", "a?b:-c"),
            // A value is not looked into again.
            ("$DOLLAR", "a$SET"),
        ] {
            assert_eq!(run(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        for text in [
            "${", "${}", "${1}", "${SET", "${SET!x}", "${SET:}", "${ SET}",
        ] {
            assert_eq!(run(text), Err(InterpolationError::Invalid), "{text}");
        }
        let deep = "${A:-".repeat(10_000) + &"}".repeat(10_000);
        assert_eq!(run(&deep), Err(InterpolationError::Invalid));
    }

    #[test]
    fn a_needed_variable_is_named_with_its_message() {
        let missing = |message: &str| {
            Err(InterpolationError::Missing {
                name: "NONE".to_owned(),
                message: message.to_owned(),
            })
        };
        assert_eq!(run("${NONE:?set $SET}"), missing("set value"));
        assert_eq!(run("${NONE?}"), missing(""));
    }

    #[test]
    fn unset_names_are_reported() {
        let mut names = Vec::new();
        let text = "$A ${B} ${C:-x} ${SET}";
        let _ = interpolate(text, &lookup, &mut |name| names.push(name.to_owned()));
        assert_eq!(names, ["A", "B"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"([${}:?+\-A-Z]|SET|.){0,60}") {
            let _ = run(&text);
        }

        #[test]
        fn doubled_dollars_bring_any_text_through(text in ".{0,60}") {
            prop_assert_eq!(run(&text.replace('$', "$$")), Ok(text));
        }
    }
}
