//! What a Dockerfile is built from: the images that its `FROM` and `COPY --from` lines name and
//! that must be on the engine before the build. It reads nothing else of a Dockerfile.

use std::collections::{BTreeMap, BTreeSet};

/// References in the order of the file, each once, without its own stages and `scratch`.
///
/// # Errors
/// If a `FROM` line names a build argument that has neither value nor default.
pub fn images_needed(
    dockerfile: &str,
    arguments: &BTreeMap<String, String>,
) -> Result<Vec<String>, String> {
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    let mut stages = BTreeSet::new();
    let mut count = 0_usize;
    let mut needed: Vec<String> = Vec::new();
    let lines = dockerfile.lines().map(str::trim);
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let instruction = words.next().unwrap_or_default().to_ascii_uppercase();
        let (mut image, mut stage) = (None, None);
        match instruction.as_str() {
            // Only those before the first stage count for FROM.
            "ARG" if count == 0 => {
                for word in words {
                    let (name, default) = word.split_once('=').unwrap_or((word, ""));
                    let given = arguments.get(name).map(String::as_str);
                    let value = given.unwrap_or_else(|| default.trim_matches('"'));
                    values.insert(name, value.to_owned());
                }
            }
            "FROM" => {
                count += 1;
                let mut words = words.filter(|word| !word.starts_with("--"));
                (image, stage) = (words.next(), words.nth(1));
            }
            "COPY" => {
                let from = words.find_map(|word| word.strip_prefix("--from="));
                // A number is a stage too.
                image = from.filter(|from| from.parse::<usize>().is_err());
            }
            _ => {}
        }
        if let Some(image) = image {
            let image = expand(image, &values)?;
            let known = stages.contains(&image.to_ascii_lowercase()) || needed.contains(&image);
            if !known && image != "scratch" {
                needed.push(image);
            }
        }
        stages.extend(stage.map(str::to_ascii_lowercase));
    }
    Ok(needed)
}

/// Puts values in the place of `${NAME}` and `$NAME`.
fn expand(text: &str, values: &BTreeMap<&str, String>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, behind) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            Some(split) => split,
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                after.split_at(end.unwrap_or(after.len()))
            }
        };
        let value = values.get(name).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| format!("FROM {text}: {name} has no value"))?;
        expanded.push_str(value);
        rest = behind;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(dockerfile: &str, arguments: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let arguments = arguments
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        images_needed(dockerfile, &arguments.collect())
    }

    #[test]
    fn images_outside_the_file_are_found_and_its_own_stages_are_not() {
        let dockerfile = "\
# FROM comment
ARG BASE=wikisentry/base:local
ARG GOLANG=golang:1.26-bookworm OTHER
FROM --platform=linux/amd64 ${GOLANG} AS build
ARG BASE=ignored:here
FROM build as Second
COPY --from=0 /a /a
from $BASE
COPY --chown=1:1 --from=second /b /b
COPY --from=other/image:1 /c /c
FROM scratch
";
        let base = [("BASE", "wikisentry/base:1234")];
        let expected = [
            "golang:1.26-bookworm",
            "wikisentry/base:1234",
            "other/image:1",
        ];
        assert_eq!(needed(dockerfile, &base).unwrap(), expected);
        assert_eq!(needed(dockerfile, &[]).unwrap()[1], "wikisentry/base:local");
    }

    #[test]
    fn a_build_argument_without_value_is_named() {
        for dockerfile in ["FROM ${BASE}", "ARG BASE\nFROM $BASE"] {
            let why = needed(dockerfile, &[]).unwrap_err();
            assert!(why.contains("BASE has no value"), "{why}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fail_otherwise(text in "(FROM|ARG|COPY|\\$|\\{|\\}|[ -~]|\n){0,80}") {
            _ = needed(&text, &[]);
        }
    }
}
