//! Names of Wikimedia's event streams, as EventStreams and Event Platform have them. What their
//! events say is [`crate::event`]'s business.

/// Edits and what else happens on wikis; the public service also calls it `recentchange`.
pub const RECENTCHANGE: &str = "mediawiki.recentchange";

/// Revisions of pages, from schema 1.12.0 on with the reverts that they are.
pub const PAGE_CHANGE: &str = "mediawiki.page_change.v1";

/// Changes of the tags of revisions.
pub const TAGS_CHANGE: &str = "mediawiki.revision-tags-change";

/// The data centres. Each has a topic of its own for a stream, e.g. `eqiad.mediawiki.recentchange`.
pub const DATA_CENTRES: [&str; 2] = ["eqiad", "codfw"];

/// A stream's own name, for the name by which it was asked for.
pub fn own_name(name: &str) -> &str {
    match name {
        "recentchange" => RECENTCHANGE,
        own => own,
    }
}
