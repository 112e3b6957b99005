//! The events as Wikimedia's streams have them: `recentchange`, `mediawiki.page_change.v1` and
//! `mediawiki.revision-tags-change`. Facts that the labelled sets lack are left out of made-up
//! edits too, so that nothing but the content tells them apart.

use serde_json::{Value, json};
use url::Url;
use wikisentry_core::simulated;
use wikisentry_core::stream::{PAGE_CHANGE, RECENTCHANGE, TAGS_CHANGE};
use wikisentry_core::time::EventTime;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::people;

/// English names of namespaces and their numbers.
const NAMESPACES: [(&str, i64); 14] = [
    ("Talk", 1),
    ("User", 2),
    ("User talk", 3),
    ("Wikipedia", 4),
    ("Wikipedia talk", 5),
    ("File", 6),
    ("File talk", 7),
    ("Template", 10),
    ("Template talk", 11),
    ("Category", 14),
    ("Category talk", 15),
    ("Portal", 100),
    ("Draft", 118),
    ("Draft talk", 119),
];

/// All that the events say of one edit.
#[derive(Debug, Clone)]
pub(super) struct EditFacts<'a> {
    pub seed: u64,
    pub wiki: &'a str,
    pub title: &'a str,
    pub page_id: i64,
    pub user: &'a str,
    pub is_bot: bool,
    pub comment: &'a str,
    pub rev_id: i64,
    /// `None` for a new page.
    pub parent: Option<i64>,
    pub length: Option<(i64, i64)>,
    pub time_ms: i64,
}

impl EditFacts<'_> {
    /// The `recentchange` event of the edit.
    pub fn recentchange(&self) -> String {
        let domain = domain(self.wiki);
        let query = match self.parent {
            Some(parent) => format!("diff={}&oldid={parent}", self.rev_id),
            None => format!("oldid={}", self.rev_id),
        };
        line(json!({
            "$schema": "/mediawiki/recentchange/1.0.0",
            "meta": self.meta(RECENTCHANGE, self.time_ms),
            "id": self.rev_id + 600_000_000,
            "type": if self.parent.is_some() { "edit" } else { "new" },
            "namespace": namespace(self.title),
            "title": self.title,
            "title_url": self.page_url(),
            "comment": self.comment,
            "timestamp": self.time_ms.div_euclid(1_000),
            "user": self.user,
            "bot": self.is_bot,
            "notify_url": format!("https://{domain}/w/index.php?{query}"),
            "length": self.length.map(|(old, new)| json!({ "old": old, "new": new })),
            "revision": { "old": self.parent, "new": self.rev_id },
            "server_url": format!("https://{domain}"),
            "server_name": domain,
            "server_script_path": "/w",
            "wiki": self.wiki,
        }))
    }

    /// The `page_change` event of the edit, which says that it reverted one revision, and whether
    /// the page is again as it was before that.
    pub fn page_change(&self, reverted: i64, is_exact: bool) -> String {
        let made = time(self.time_ms);
        line(json!({
            "$schema": "/mediawiki/page/change/1.12.0",
            "meta": self.meta(PAGE_CHANGE, self.time_ms),
            "dt": made,
            "wiki_id": self.wiki,
            "changelog_kind": "update",
            "page_change_kind": "edit",
            "page": {
                "page_id": self.page_id,
                "page_title": self.title.replace(' ', "_"),
                "namespace_id": namespace(self.title),
                "is_redirect": false,
            },
            "performer": {
                "user_text": self.user,
                "is_bot": self.is_bot,
                "is_temp": people::is_anonymous(self.user),
            },
            "revision": {
                "rev_id": self.rev_id,
                "rev_parent_id": self.parent,
                "rev_dt": made,
                "comment": self.comment,
                "is_content_visible": true,
                "is_editor_visible": true,
                "is_comment_visible": true,
                "revert": {
                    "method": if is_exact { "manual" } else { "undo" },
                    "is_exact": is_exact,
                    "rev_reverted_oldest_id": reverted,
                    "rev_reverted_newest_id": reverted,
                },
            },
            "comment": self.comment,
        }))
    }

    /// The event that the edit got its first tag.
    pub fn tags_change(&self, tag: &str, at_ms: i64) -> String {
        line(json!({
            "$schema": "/mediawiki/revision/tags-change/1.0.1",
            "meta": self.meta(TAGS_CHANGE, at_ms),
            "database": self.wiki,
            "page_id": self.page_id,
            "page_title": self.title.replace(' ', "_"),
            "page_namespace": namespace(self.title),
            "page_is_redirect": false,
            "performer": { "user_text": self.user, "user_is_bot": self.is_bot },
            "rev_id": self.rev_id,
            "rev_parent_id": self.parent,
            "rev_timestamp": time(self.time_ms),
            "tags": [tag],
            "prior_state": { "tags": [] },
        }))
    }

    fn meta(&self, stream: &str, at_ms: i64) -> Value {
        json!({
            "uri": self.page_url(),
            "request_id": self.uuid("request"),
            "id": self.uuid(stream),
            "domain": domain(self.wiki),
            "stream": stream,
            "dt": time(at_ms),
        })
    }

    /// Follows from the seed and the revision, and tells that the event is simulated. A revision has
    /// one event a stream.
    fn uuid(&self, what: &str) -> String {
        let key = format!("{what} {} {}", self.wiki, self.rev_id);
        let bits = xxh3_128_with_seed(key.as_bytes(), self.seed);
        let random = uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
        uuid::Uuid::from_u128(simulated::marked(random.as_u128())).to_string()
    }

    fn page_url(&self) -> String {
        let title = self.title.replace(' ', "_");
        let url = format!("https://{}/", domain(self.wiki));
        match Url::parse(&url) {
            Ok(mut url) => {
                url.set_path(&format!("/wiki/{title}"));
                url.into()
            }
            Err(_) => url,
        }
    }
}

fn line(mut event: Value) -> String {
    leave_out_unknown(&mut event);
    event.to_string()
}

fn leave_out_unknown(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(leave_out_unknown);
    }
}

/// The host of a wiki: of `be_x_oldwiki` it is `be-x-old.wikipedia.org`.
fn domain(wiki: &str) -> String {
    let language = wiki.strip_suffix("wiki").unwrap_or(wiki);
    format!("{}.wikipedia.org", language.replace('_', "-"))
}

/// The namespace's number; 0 for prefixes that are no English name of one.
fn namespace(title: &str) -> i64 {
    let Some((prefix, _)) = title.split_once(':') else {
        return 0;
    };
    NAMESPACES
        .iter()
        .find(|(name, _)| *name == prefix)
        .map_or(0, |(_, number)| *number)
}

pub(super) fn time(ms: i64) -> EventTime {
    EventTime::from_millis(ms).expect("the options keep the simulation before the year 9999")
}
