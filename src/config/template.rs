//! Writes a new settings file: the commented defaults with some answers set.

use super::{Sections, defaults};

/// The defaults with every value commented out but those given as (dotted key, TOML value), so
/// that a later version may still improve a default that nobody chose.
pub fn render(sections: &Sections, answers: &[(&str, toml::Value)]) -> String {
    let defaults = defaults(sections);
    let mut section = "";
    let mut lines = Vec::new();
    for line in defaults.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        }
        let name = line.split(" = ").next().unwrap_or_default();
        let key = if section.is_empty() {
            name.to_owned()
        } else {
            format!("{section}.{name}")
        };
        lines.push(
            match answers.iter().find(|(answered, _)| *answered == key) {
                Some((_, value)) => format!("{name} = {value}"),
                None if is_assignment(line) => format!("#{line}"),
                None => line.to_owned(),
            },
        );
    }
    let body = lines.join("\n");
    // The defaults open by saying what they are; this file is something else.
    let body = body
        .split_once("\n\n")
        .map_or(body.as_str(), |(_, rest)| rest);
    format!("{HEADER}\n\n{body}\n")
}

const HEADER: &str = "\
# Settings of wikisentry. A line without its # sets a value; the others show the default.
# `wikisentry config show` prints each value and where it came from.
# A duration is a number with a unit: \"500ms\", \"45s\", \"10m\", \"168h\".";

fn is_assignment(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_lowercase()) && line.contains(" = ")
}
