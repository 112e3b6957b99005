//! Names of Wikimedia's event streams, as EventStreams and Event Platform have them. What their
//! events say is [`crate::event`]'s business.

/// Edits and what else happens on wikis; the public service also calls it `recentchange`.
pub const RECENTCHANGE: &str = "mediawiki.recentchange";

/// Revisions of pages, from schema 1.12.0 on with the reverts that they are.
pub const PAGE_CHANGE: &str = "mediawiki.page_change.v1";

/// Changes of the tags of revisions.
pub const TAGS_CHANGE: &str = "mediawiki.revision-tags-change";

/// Scores that Wikimedia's own model gave edits.
pub const REVERT_RISK: &str = "mediawiki.page_revert_risk_prediction_change.v1";

/// What the events of a stream are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brings {
    Edits,
    /// What labels and baselines are made from.
    Facts,
    /// They are only counted.
    Nothing,
}

impl Brings {
    /// By the name, as events are known by where they name no schema.
    pub fn of(stream: &str) -> Self {
        let stream = own_name(stream);
        let is_any = |parts: &[&str]| parts.iter().any(|part| stream.contains(part));
        match stream {
            _ if is_any(&["prediction_change", "revision-tags-change"]) => Self::Facts,
            _ if is_any(&["recentchange", "page_change"]) => Self::Edits,
            _ => Self::Nothing,
        }
    }
}

/// The data centres. Each has a topic of its own for a stream, e.g. `eqiad.mediawiki.recentchange`.
pub const DATA_CENTRES: [&str; 2] = ["eqiad", "codfw"];

/// A stream's own name, for the name by which it was asked for.
pub fn own_name(name: &str) -> &str {
    match name {
        "recentchange" => RECENTCHANGE,
        own => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_bring_edits_or_facts_or_nothing() {
        for (stream, brings) in [
            ("recentchange", Brings::Edits),
            (RECENTCHANGE, Brings::Edits),
            (PAGE_CHANGE, Brings::Edits),
            (TAGS_CHANGE, Brings::Facts),
            (REVERT_RISK, Brings::Facts),
            ("mediawiki.revision-create", Brings::Nothing),
            ("mediawiki.page-create", Brings::Nothing),
        ] {
            assert_eq!(Brings::of(stream), brings, "{stream}");
        }
    }
}
