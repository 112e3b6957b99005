//! Filters that put a value into YAML so that it stays that value, whatever it holds.

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};

/// The value on one line, as JSON, which is YAML too: `"a: b"`, `["x"]`, `{"k": 1}`.
pub(super) fn json(value: &Value) -> Result<Value, Error> {
    // The environment is strict for what is printed, and this is not printed yet.
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = serde_json::to_string(value).map_err(|error| cannot(&error))?;
    Ok(Value::from_safe_string(escaped(&text)))
}

/// The value in block style. `indent` is the number of spaces before each line after the first.
pub(super) fn yaml(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    options.assert_all_used()?;
    if value.as_str().is_some() || value.is_undefined() {
        return json(value);
    }
    let text = yaml_serde::to_string(value).map_err(|error| cannot(&error))?;
    let line_end = format!("\n{}", " ".repeat(indent.unwrap_or_default()));
    let text = text.trim_end().replace('\n', &line_end);
    Ok(Value::from_safe_string(text))
}

/// JSON may hold some characters as they are that YAML wants escaped (§5.1: what is not printable).
fn escaped(json: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out
}

fn cannot(error: &dyn std::error::Error) -> Error {
    Error::new(
        ErrorKind::BadSerialization,
        format!("cannot be written as YAML: {error}"),
    )
}
