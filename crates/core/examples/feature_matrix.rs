//! Reads labelled edits (JSON lines, `testdata/labelled/README.md`) and writes a matrix of features
//! (CSV), so that a model is trained on the features that the platform computes.
//!
//! `feature_matrix [as-recorded|as-temporary-accounts] < rows.jsonl > matrix.csv`
//!
//! A row becomes an [`Edit`] directly, as the data sets lack required fields of events such as
//! `meta.id`. The first line is `#features_version=N`; a missing value is an empty field. The last
//! column, `text_buckets`, has the buckets of all character n-grams, separated by blanks.

use serde::Deserialize;
use std::borrow::Cow;
use std::error::Error;
use std::io::{self, BufRead, BufWriter, Write};
use wikisentry_core::edit::{Edit, EditType};
use wikisentry_core::features::{COUNT, NAMES, TextWeights, VERSION, extract, text_buckets};
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::{UserType, is_ip_address};

/// Features that need the page's absolute size. They are missing if a data set has only the
/// difference.
const ABSOLUTE_SIZES: [&str; 4] = [
    "size_new",
    "size_old",
    "size_removed_share",
    "size_is_blanked",
];

/// A stand-in for the unknown size, larger than any edit can remove; its features are left empty.
const ANY_SIZE: i64 = 1 << 30;

#[derive(Deserialize)]
struct Labelled<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    wiki: Cow<'a, str>,
    rev_id: i64,
    old_rev_id: Option<i64>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow)]
    user: Option<Cow<'a, str>>,
    user_is_anon: bool,
    #[serde(borrow)]
    comment: Option<Cow<'a, str>>,
    timestamp: EventTime,
    length_diff: Option<i64>,
    label: u8,
    #[serde(default)]
    page_revision_count: Option<i64>,
    #[serde(default)]
    user_groups: Option<Vec<String>>,
}

impl Labelled<'_> {
    fn edit(&self, temporary_accounts: bool) -> Edit<'_> {
        let user = self.user.as_deref().map(|user| {
            if temporary_accounts && is_ip_address(user) {
                Text::from(format!(
                    "~2026-{}-{}",
                    self.rev_id % 90_000,
                    self.rev_id % 97
                ))
            } else {
                Text::from(user)
            }
        });
        Edit {
            meta_id: Text::default(),
            wiki: Text::from(&*self.wiki),
            edit_type: match self.old_rev_id {
                Some(0) => EditType::New,
                _ => EditType::Edit,
            },
            rev_id: Some(self.rev_id),
            rev_old_id: self.old_rev_id,
            page_id: None,
            page_title: Text::from(&*self.title),
            // The data sets hold articles; PAN-11 has a few user pages.
            namespace: Some(if self.title.starts_with("User:") {
                2
            } else {
                0
            }),
            user_type: if self.user_is_anon {
                UserType::Anonymous
            } else {
                UserType::of(user.as_deref(), false)
            },
            user,
            user_id: None,
            is_bot: false,
            is_minor: None,
            is_patrolled: None,
            comment: self.comment.as_deref().map(Text::from),
            length_old: self.length_diff.map(|_| ANY_SIZE),
            length_new: self.length_diff.map(|difference| ANY_SIZE + difference),
            event_time: self.timestamp,
            user_edit_count: None,
            user_registered_at: None,
            user_groups: self
                .user_groups
                .as_ref()
                .map(|groups| groups.iter().map(|group| Text::from(&**group)).collect()),
            page_revision_count: self.page_revision_count,
            source_topic: None,
            source_partition: None,
            source_offset: None,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temporary_accounts = match std::env::args().nth(1).as_deref() {
        None | Some("as-recorded") => false,
        Some("as-temporary-accounts") => true,
        Some(other) => return Err(format!("unknown form {other:?}").into()),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "#features_version={VERSION}")?;
    writeln!(
        out,
        "source,wiki,rev_id,label,user_type,{},text_buckets",
        NAMES.join(",")
    )?;
    let mut row = [0.0; COUNT];
    for (line, text) in io::stdin().lock().lines().enumerate() {
        let text = text?;
        let labelled: Labelled<'_> =
            serde_json::from_str(&text).map_err(|error| format!("line {}: {error}", line + 1))?;
        let edit = labelled.edit(temporary_accounts);
        extract(&edit, TextWeights::of_program(), &mut row);
        let (source, wiki) = (&labelled.source, &labelled.wiki);
        let (rev_id, label, user_type) = (labelled.rev_id, labelled.label, edit.user_type);
        write!(out, "{source},{wiki},{rev_id},{label},{user_type}")?;
        for (name, value) in NAMES.iter().zip(row) {
            let unknown = labelled.length_diff.is_some() && ABSOLUTE_SIZES.contains(name);
            if value.is_nan() || unknown {
                write!(out, ",")?;
            } else {
                write!(out, ",{value}")?;
            }
        }
        let mut buckets = String::new();
        text_buckets(&edit, |bucket| buckets += &format!(" {bucket}"));
        writeln!(out, ",{}", buckets.trim_start())?;
    }
    Ok(out.flush()?)
}
