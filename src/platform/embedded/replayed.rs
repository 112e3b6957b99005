//! Which streams a replay reads: what it has decides, or it would play as nothing.

use crate::amounts::count;
use crate::error::{ExpectedError, Result};
use std::collections::BTreeMap;
use wikisentry_core::stream::{Brings, own_name};

/// A stream of edits that has less than this part of another's events was recorded for its facts.
const WHOLE: u64 = 4;

/// The streams of `source.streams` that a recording has, if one of them brings its edits; else all that
/// it has and that bring something. `recorded` are its events by stream.
///
/// # Errors
/// If none of its streams brings edits or label facts.
pub fn streams_to_read(
    recorded: &BTreeMap<&str, u64>,
    subscribed: &[String],
) -> Result<Vec<String>> {
    let names = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        let streams = recorded.keys().filter(|stream| wanted(stream));
        streams.map(|stream| (*stream).to_owned()).collect()
    };
    let is_subscribed = |stream: &str| subscribed.iter().any(|name| own_name(name) == stream);
    let asked = names(&is_subscribed);
    let of_edits = |stream: &str| Brings::of(stream) == Brings::Edits;
    let edits = recorded.iter().filter(|(stream, _)| of_edits(stream));
    let most = edits.map(|(_, events)| *events).max().unwrap_or(0);
    let is_whole = |stream: &str| {
        let events = recorded.get(stream).copied().unwrap_or(0);
        of_edits(stream) && events.saturating_mul(WHOLE) >= most
    };
    if asked.iter().any(|stream| is_whole(stream)) {
        return Ok(asked);
    }
    let useful = names(&|stream| Brings::of(stream) != Brings::Nothing);
    if useful.is_empty() && !recorded.is_empty() {
        let counts = recorded
            .iter()
            .map(|(stream, events)| format!("{stream} {}", count(*events)));
        let counts: Vec<_> = counts.collect();
        return ExpectedError::usage("the recording has nothing that can be scored")
            .because(format!("its events by stream: {}", counts.join(", ")))
            .help("record `recentchange` or `mediawiki.page_change.v1`")
            .fail();
    }
    // An empty recording has no streams of its own.
    Ok(match useful.is_empty() {
        true => subscribed.to_vec(),
        false => useful,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_reads_what_its_recording_has() {
        let all = [
            "mediawiki.page_change.v1",
            "mediawiki.recentchange",
            "mediawiki.revision-create",
            "mediawiki.revision-tags-change",
        ];
        let [page_change, recentchange, create, tags] = all;
        for (recorded, subscribed, read) in [
            (&all[..], &["recentchange"][..], &[recentchange][..]),
            (&all, &[page_change, tags], &[page_change, tags]),
            (&all, &[tags], &[page_change, recentchange, tags]),
            (&[page_change], &["recentchange"], &[page_change]),
            (
                &[page_change, create],
                &["recentchange", create],
                &[page_change],
            ),
            (&[tags], &["recentchange"], &[tags]),
            (&[], &["recentchange"], &["recentchange"]),
        ] {
            let recorded = recorded.iter().map(|stream| (*stream, 1)).collect();
            let subscribed: Vec<_> = subscribed.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(
                streams_to_read(&recorded, &subscribed).unwrap(),
                read,
                "{recorded:?}"
            );
        }
        // Of the reverts alone no edit could be scored.
        let reverts_only = BTreeMap::from([(page_change, 100), (recentchange, 900), (tags, 100)]);
        let subscribed = [page_change, tags].map(str::to_owned);
        assert_eq!(
            streams_to_read(&reverts_only, &subscribed).unwrap(),
            [page_change, recentchange, tags]
        );
        let error = streams_to_read(&BTreeMap::from([(create, 3)]), &[]).unwrap_err();
        assert!(
            format!("{error:?}").contains("mediawiki.revision-create 3"),
            "{error:?}"
        );
    }
}
