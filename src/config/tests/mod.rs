//! Layering, origins, refusals and suggestions.

mod layering;
mod refusals;

use super::*;
use crate::components;
use crate::error::{Error, ExpectedError};

/// With the sections of all components, as every command resolves.
fn resolve(sources: &Sources) -> Result<Resolved> {
    super::resolve(sources, &components::sections())
}

fn file(text: &str) -> Sources {
    Sources {
        file: Some(("config.toml".into(), text.into())),
        ..Sources::default()
    }
}

fn env(variables: &[(&str, &str)]) -> Sources {
    let environment = variables
        .iter()
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect();
    Sources {
        environment,
        ..Sources::default()
    }
}

fn flag(key: &str, value: &str) -> Override {
    Override {
        key: key.into(),
        value: value.into(),
        flag: "--set".into(),
    }
}

fn set(key: &str, value: &str) -> Sources {
    Sources {
        overrides: vec![flag(key, value)],
        ..Sources::default()
    }
}

fn entry(resolved: &Resolved, key: &str) -> (String, String) {
    let entries = resolved.entries();
    let entry = entries.iter().find(|entry| entry.key == key).expect(key);
    (entry.value.to_string(), entry.origin.to_string())
}

fn is_bug(sources: &Sources) -> bool {
    matches!(resolve(sources), Err(Error::Bug { .. }))
}

fn refusal(sources: &Sources) -> ExpectedError {
    match resolve(sources) {
        Err(Error::Expected(error)) => *error,
        other => panic!("not refused: {other:?}"),
    }
}
