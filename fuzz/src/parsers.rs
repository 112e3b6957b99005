//! The parsers of `wikisentry-core`: what must hold for any bytes. Panics are the findings.

use wikisentry_core::bookmark::{Bookmark, IdEntry};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::labels::RevertSummary;
use wikisentry_core::model::Booster;

/// A reason lies beside its payload in `deadletter`; it must not repeat it.
const MAX_REASON_BYTES: usize = 512;

/// An event: read, or refused for a short reason; what was read survives being written.
pub fn event_parse(data: &[u8]) {
    let event = match Event::parse(data) {
        Ok(event) => event,
        Err(error) => {
            let reason = error.to_string();
            assert!(
                !reason.is_empty() && reason.len() <= MAX_REASON_BYTES,
                "{reason}"
            );
            return;
        }
    };
    if let Some(position) = &event.position {
        let mut bookmark = Bookmark::default();
        bookmark.take(position, event.time, 0);
        let id = bookmark.last_event_id().expect("a position was taken");
        let entries: Vec<IdEntry<'_>> = serde_json::from_str(&id).expect("an id is JSON");
        assert!(entries.iter().all(|entry| entry.offset > Some(position.offset) || entry.offset == Some(i64::MAX)));
    }
    let routed = event.route().is_some();
    match &event.body {
        Body::Edit(edit) => {
            assert!(routed && !edit.key().is_empty());
            edit.length_delta();
            survives_json(edit);
        }
        Body::LabelFact(_) | Body::RevertRisk(_) => assert!(routed),
        Body::Canary | Body::Other { .. } => assert!(!routed),
    }
}

fn survives_json(edit: &Edit<'_>) {
    let json = serde_json::to_string(edit).expect("an edit is JSON");
    let read: Edit<'_> = serde_json::from_str(&json).expect("an edit reads its own JSON");
    assert_eq!(&read, edit);
    // A classification is not part of an edit: the classified form must say so, not make one up.
    assert!(ClassifiedEdit::from_json(json.as_bytes()).is_err());
}

/// A model: read and evaluated, or refused.
pub fn model_json(data: &[u8]) {
    match Booster::from_json(data) {
        // Larger rows are only slower.
        Ok(model) if model.num_features() <= 4_096 => {
            for value in [f32::NAN, f32::NEG_INFINITY, -1.0, 0.0, 0.5, f32::INFINITY] {
                model.margin(&vec![value; model.num_features()]);
            }
        }
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// An edit summary: an answer, the same for the same words, and nothing that does not stand there.
pub fn revert_summary(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for wiki in ["enwiki", "jawiki", ""] {
        let read = RevertSummary::read(wiki, &text);
        assert_eq!(read, RevertSummary::read(wiki, &text));
        match read {
            Some(RevertSummary::Undo { rev_id, .. } | RevertSummary::ToRevision { rev_id }) => {
                let mut numbers = text.split(|c: char| !c.is_ascii_digit());
                assert!(rev_id > 0 && numbers.any(|number| number.parse() == Ok(rev_id)));
            }
            Some(RevertSummary::Rollback {
                user: Some(user), ..
            }) => assert!(user.len() <= text.len()),
            _ => {}
        }
    }
}
