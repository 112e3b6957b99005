//! What a process was started with, to be held against what a later `up` asks for: a request that
//! differs is not "nothing to do".

use crate::config::{Settings, shown};
use crate::platform::ReplayRequest;
use crate::text::harmless;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use wikisentry_replay::Rate;

/// Sections of the settings that a process of this program does not read.
const OTHERS: [&str; 5] = ["profile", "size", "docker", "images", "kubernetes"];

/// What a process was started with. Values may be secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// The settings that it reads, by their dotted keys.
    settings: BTreeMap<String, Value>,
    /// The recording that it reads instead of the feed.
    replay: Option<ReplayRequest>,
}

impl Running {
    /// What a process with these settings reads.
    pub fn of(
        settings: &Settings,
        replay: Option<&ReplayRequest>,
    ) -> Result<Self, serde_json::Error> {
        let mut flat = BTreeMap::new();
        flatten("", serde_json::to_value(settings)?, &mut flat);
        let is_read = |key: &str| {
            let section = key.split('.').next();
            section.is_some_and(|section| !OTHERS.contains(&section))
        };
        flat.retain(|key, _| is_read(key));
        Ok(Self {
            settings: flat,
            replay: replay.cloned(),
        })
    }

    /// The recording that it reads; `None` for the live feed.
    pub fn replay(&self) -> Option<&ReplayRequest> {
        self.replay.as_ref()
    }

    /// What another asks for that this is not, a clause each; without what is secret.
    pub fn differences(&self, asked: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let is_changed = |replay: &ReplayRequest, asked: &ReplayRequest| {
            let as_it_was = ReplayRequest {
                content: replay.content.clone(),
                ..asked.clone()
            };
            *replay == as_it_was
        };
        let both = self.replay.as_ref().zip(asked.replay.as_ref());
        if self.replay == asked.replay {
        } else if both.is_some_and(|(replay, asked)| is_changed(replay, asked)) {
            differences.push(format!(
                "it reads {} as it was, and the file is another now",
                source(self.replay.as_ref())
            ));
        } else {
            differences.push(format!(
                "it reads {}, and {} is asked for",
                source(self.replay.as_ref()),
                source(asked.replay.as_ref())
            ));
        }
        let keys = self.settings.keys().chain(asked.settings.keys());
        for key in keys.collect::<BTreeSet<_>>() {
            let (is, wanted) = (self.settings.get(key), asked.settings.get(key));
            // A recording is read whatever the settings say of the feed.
            let is_of_feed = key.starts_with("source.") && self.replay != asked.replay;
            if is == wanted || is_of_feed {
                continue;
            }
            let value = |value: Option<&Value>| match value {
                None => "not set".to_owned(),
                Some(value) => shown(key, value),
            };
            differences.push(match (value(is), value(wanted)) {
                (is, wanted) if is == wanted => format!("`{key}` is another"),
                (is, wanted) => format!("`{key}` is {is}, and {wanted} is asked for"),
            });
        }
        differences
    }
}

fn source(replay: Option<&ReplayRequest>) -> String {
    let Some(replay) = replay else {
        return "the feed".to_owned();
    };
    let ReplayRequest {
        name,
        rate,
        repeat,
        faults,
        seed,
        content: _,
    } = replay;
    let mut text = format!("the recording {}", harmless(name));
    if let Rate::PerSecond(rate) = rate {
        text.push_str(&format!(", {rate} events a second"));
    }
    if repeat.get() > 1 {
        text.push_str(&format!(", {repeat} times"));
    }
    if !faults.is_empty() {
        text.push_str(&format!(", with faults {faults} of seed {seed}"));
    }
    text
}

fn flatten(key: &str, value: Value, flat: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = match key {
                    "" => name,
                    key => format!("{key}.{name}"),
                };
                flatten(&below, value, flat);
            }
        }
        value => {
            flat.insert(key.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components;
    use crate::config::{Override, Sources, resolve};
    use std::num::NonZeroU32;

    fn with(flags: &[(&str, &str)], replay: Option<&ReplayRequest>) -> Running {
        let overrides = flags.iter().map(|(key, value)| Override {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
            flag: "--set".to_owned(),
        });
        let sources = Sources {
            overrides: overrides.collect(),
            ..Sources::default()
        };
        let settings = resolve(&sources, &components::sections()).unwrap().settings;
        Running::of(&settings, replay).unwrap()
    }

    fn replay(rate: Rate) -> ReplayRequest {
        ReplayRequest {
            name: "sample".to_owned(),
            rate,
            repeat: NonZeroU32::MIN,
            faults: String::new(),
            seed: 0,
            content: None,
        }
    }

    #[test]
    fn what_is_asked_for_again_differs_in_nothing() {
        let running = with(&[("archive.interval", "5m")], None);
        let asked = with(
            &[
                ("archive.interval", "5m"),
                ("size", "small"),
                ("docker.deadline", "9m"),
            ],
            None,
        );
        assert_eq!(running.differences(&asked), Vec::<String>::new());
        let note = serde_json::to_vec(&running).unwrap();
        assert_eq!(serde_json::from_slice::<Running>(&note).unwrap(), running);
    }

    #[test]
    fn every_difference_is_named_with_both_values() {
        let running = with(&[], Some(&replay(Rate::Max)));
        let asked = with(&[("source.streams", "mediawiki.page_change.v1")], None);
        let differences = running.differences(&asked);
        // What the settings say of the feed does not matter to a recording.
        let other_source = ["it reads the recording sample, and the feed is asked for"];
        assert_eq!(differences, other_source);
        let differences = with(&[], None).differences(&asked);
        assert!(
            differences[0].starts_with("`source.streams` is [")
                && differences[0].ends_with("[\"mediawiki.page_change.v1\"] is asked for"),
            "{differences:?}"
        );
        assert_eq!(differences.len(), 1);
    }

    #[test]
    fn a_recording_that_was_replaced_is_said_to_be_another() {
        let of = |content: &str| {
            let content = Some(content.to_owned());
            with(
                &[],
                Some(&ReplayRequest {
                    content,
                    ..replay(Rate::Max)
                }),
            )
        };
        assert_eq!(
            of("a").differences(&of("b")),
            ["it reads the recording sample as it was, and the file is another now"]
        );
        assert!(of("a").differences(&of("a")).is_empty());
    }

    #[test]
    fn another_secret_is_named_and_not_shown() {
        let running = with(&[("alerts.webhook.headers.X-Key", "first")], None);
        let asked = with(&[("alerts.webhook.headers.X-Key", "second")], None);
        assert_eq!(
            running.differences(&asked),
            ["`alerts.webhook.headers.X-Key` is another"]
        );
    }
}
