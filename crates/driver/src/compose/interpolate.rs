//! `${NAME:-default}` in the strings of a compose file, as docker compose replaces it, and `$$` for
//! a dollar. Of the forms that the Compose Specification has, `compose.yaml` uses these; others are
//! refused.

use super::error::ComposeError;
use super::variables::Variables;
use yaml_serde::Value;

/// Replaces the variables in all strings of `value`, which stands at `place`.
pub(super) fn interpolate(
    value: &mut Value,
    place: &str,
    variables: &Variables,
) -> Result<(), ComposeError> {
    match value {
        Value::String(text) => {
            let replaced = replace(text, variables);
            *text = replaced.ok_or_else(|| ComposeError::Invalid {
                place: place.to_owned(),
                reason: "write ${NAME:-default} for a variable and $$ for a dollar".to_owned(),
            })?;
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                interpolate(item, &format!("{place}[{at}]"), variables)?;
            }
        }
        Value::Mapping(entries) => {
            for (name, entry) in entries.iter_mut() {
                let name = name.as_str().unwrap_or("?");
                let dot = if place.is_empty() { "" } else { "." };
                interpolate(entry, &format!("{place}{dot}{name}"), variables)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The text with its variables replaced; an empty value counts as none. None if a dollar begins
/// something else.
fn replace(text: &str, variables: &Variables) -> Option<String> {
    let (begin, mut rest) = text.split_once('$').unwrap_or((text, ""));
    let mut out = begin.to_owned();
    if begin.len() == text.len() {
        return Some(out);
    }
    loop {
        let behind = if let Some(behind) = rest.strip_prefix('$') {
            out.push('$');
            behind
        } else {
            let (inner, behind) = rest.strip_prefix('{')?.split_once('}')?;
            let (name, default) = inner.split_once(":-")?;
            if !is_name(name) || default.contains('$') {
                return None;
            }
            let value = variables.get(name).filter(|value| !value.is_empty());
            out.push_str(value.unwrap_or(default));
            behind
        };
        match behind.split_once('$') {
            Some((between, next)) => {
                out.push_str(between);
                rest = next;
            }
            None => {
                out.push_str(behind);
                return Some(out);
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(|c: char| is_part(c) && !c.is_ascii_digit()) && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(text: &str) -> Option<String> {
        let variables = [("SET", "value"), ("EMPTY", ""), ("DOLLAR", "a${SET:-}")];
        replace(text, &variables.into_iter().collect())
    }

    #[test]
    fn the_forms_of_our_file_are_replaced() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("$$SET $$${SET:-}$$", "$SET $value$"),
            ("${SET:-other}s", "values"),
            ("${EMPTY:-other}", "other"),
            ("${NONE:-}", ""),
            ("${NONE:-a?b:-c}", "a?b:-c"),
            ("127.0.0.1:${NONE:-1}:${SET:-2}", "127.0.0.1:1:value"),
            // A value is not looked into again.
            ("${DOLLAR:-}", "a${SET:-}"),
        ] {
            assert_eq!(run(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn every_other_form_is_refused() {
        for text in [
            "$",
            "$SET",
            "$5",
            "${",
            "${}",
            "${SET}",
            "${SET",
            "${SET-x}",
            "${SET:?x}",
            "${:-x}",
            "${1:-x}",
            "${ SET:-x}",
            "${NONE:-${SET:-x}}",
        ] {
            assert_eq!(run(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"([${}:?+\-A-Z]|SET|.){0,60}") {
            let _ = run(&text);
        }

        #[test]
        fn doubled_dollars_bring_any_text_through(text in ".{0,60}") {
            prop_assert_eq!(run(&text.replace('$', "$$")), Some(text));
        }
    }
}
