//! Builders of page histories, which the tests of this folder give to a labeler.

mod histories;
mod limits;
mod orders;
mod reach;

use super::*;
use crate::event::{RevertRange, RevertTags, TagChange};
use crate::labels::label::{Label, LabelKind as Kind, LabelSource};
use crate::text::Text;
use crate::time::EventTime;
use crate::user::UserType;
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;

/// An event of the page `P` of enwiki. A new page has 0 as the revision before.
#[derive(Debug, Clone)]
enum PageEvent {
    /// Fields: revision, revision before, user, minute, summary.
    Edit(i64, i64, &'static str, i64, String),
    /// Fields: revision, minute, tags.
    Tags(i64, i64, RevertTags),
    /// As `Edit`, with the range of revisions that it reverts according to the event.
    Range(i64, i64, &'static str, i64, (i64, i64)),
    /// Another event, of a page that now has this title and this id, 0 if the event lacks it.
    On(&'static str, i64, Box<PageEvent>),
}

/// An event of a page by another title; its id is 0 if the event lacks it.
fn on(title: &'static str, page_id: i64, event: PageEvent) -> PageEvent {
    PageEvent::On(title, page_id, Box::new(event))
}

fn edit(rev: i64, old: i64, user: &'static str, minute: i64) -> PageEvent {
    PageEvent::Edit(rev, old, user, minute, String::new())
}

fn undo(rev: i64, old: i64, user: &'static str, minute: i64, undone: i64) -> PageEvent {
    let summary = format!("Undid revision {undone} by [[Special:Contributions/X|X]]");
    PageEvent::Edit(rev, old, user, minute, summary)
}

fn rollback(rev: i64, old: i64, user: &'static str, minute: i64, whose: &str) -> PageEvent {
    let summary = format!(
        "Reverted edits by [[Special:Contributions/{whose}|{whose}]] ([[User talk:{whose}|talk]]) to last version by Y"
    );
    PageEvent::Edit(rev, old, user, minute, summary)
}

const REVERTED: RevertTags = RevertTags {
    reverted: true,
    rollback: false,
    undo: false,
    manual_revert: false,
};
const ROLLBACK: RevertTags = RevertTags {
    reverted: false,
    rollback: true,
    undo: false,
    manual_revert: false,
};
const MANUAL: RevertTags = RevertTags {
    reverted: false,
    rollback: false,
    undo: false,
    manual_revert: true,
};

fn at(minute: i64) -> EventTime {
    EventTime::from_millis(minute * MINUTE).unwrap()
}

fn feed(labeler: &mut Labeler, event: &PageEvent, labels: &mut Vec<Label>) {
    let (title, page_id, event) = match event {
        PageEvent::On(title, page_id, event) => (*title, *page_id, event.as_ref()),
        event => ("P", 0, event),
    };
    let (rev_id, old, user, minute, comment, revert) = match event {
        PageEvent::On(..) => unreachable!("a page has one title"),
        PageEvent::Tags(rev_id, minute, added) => {
            let change = TagChange {
                wiki: Text::from("enwiki"),
                page_title: Text::from(title),
                rev_id: *rev_id,
                time: at(*minute),
                added: *added,
            };
            return labeler.tags(&change, labels);
        }
        PageEvent::Edit(rev, old, user, minute, comment) => {
            (rev, old, user, minute, comment.as_str(), None)
        }
        PageEvent::Range(rev, old, user, minute, (oldest, newest)) => {
            let (oldest, newest) = (*oldest, *newest);
            (
                rev,
                old,
                user,
                minute,
                "",
                Some(RevertRange { oldest, newest }),
            )
        }
    };
    let is_bot = user.ends_with("bot");
    let seen = SeenEdit {
        wiki: "enwiki".into(),
        page_title: title.into(),
        page_id: Some(page_id).filter(|id| *id != 0),
        rev_id: *rev_id,
        rev_old_id: Some(*old).filter(|old| *old != 0),
        user: Some(Text::from(*user)).filter(|name| name.as_str() != "hidden"),
        user_type: UserType::of(Some(user), is_bot),
        event_time: at(*minute),
        comment: Some(comment.into()),
        revert,
    };
    labeler.edit(&seen, labels);
}

fn run(events: &[PageEvent]) -> Vec<Label> {
    let mut labeler = Labeler::new(LabelerSettings::default());
    let mut labels = Vec::new();
    for event in events {
        feed(&mut labeler, event, &mut labels);
    }
    labels
}

/// The last label of each revision.
fn last(labels: &[Label]) -> BTreeMap<i64, &Label> {
    let mut last: BTreeMap<i64, &Label> = BTreeMap::new();
    for label in labels {
        if let Some(before) = last.insert(label.rev_id, label) {
            assert_eq!(label.update, before.update + 1, "{label:?}");
        }
    }
    last
}

/// Revision, kind, source, reverting revision.
type Expected = (i64, Kind, LabelSource, Option<i64>);

/// The last labels of a history are these.
fn check(name: &str, events: &[PageEvent], expected: &[Expected]) {
    let labels = run(events);
    let got: Vec<Expected> = last(&labels)
        .values()
        .map(|label| {
            (
                label.rev_id,
                label.kind,
                label.source,
                label.reverting_rev_id,
            )
        })
        .collect();
    assert_eq!(got, expected, "{name}: {labels:#?}");
}
