//! `mediawiki.page_change.v1`: changes of pages, with fields that recentchange lacks, such as the
//! registration date of the account.

use super::body::Body;
use super::error::EventError;
use super::wire::{Wire, required, with_spaces};
use crate::edit::{Edit, EditType};
use crate::text::Text;
use crate::time::EventTime;
use crate::user::UserType;

pub(super) fn body(wire: Wire<'_>, time: Option<EventTime>) -> Result<Body<'_>, EventError> {
    let kind = required(wire.page_change_kind, "page_change_kind")?;
    let edit_type = match kind.as_str() {
        "edit" => EditType::Edit,
        "create" => EditType::New,
        _ => {
            return Ok(Body::Other {
                kind: Text::from(format!("page_{kind}")),
            });
        }
    };
    let page = wire.page.ok_or(EventError::Missing { field: "page" })?;
    let revision = wire
        .revision
        .ok_or(EventError::Missing { field: "revision" })?;
    let page_title = with_spaces(required(page.page_title, "page.page_title")?);
    // A hidden performer is absent from the event.
    let performer = wire.performer.unwrap_or_default();
    let user = performer.user_text.filter(|name| !name.is_empty());
    let is_bot = performer.is_bot.unwrap_or(false);
    let user_type = match UserType::of(user.as_deref(), is_bot) {
        UserType::Registered if performer.is_temp == Some(true) => UserType::Anonymous,
        user_type => user_type,
    };
    let user_registered_at = performer
        .registration_dt
        .map(|text| {
            let bad = || EventError::bad_time("performer.registration_dt", &text);
            EventTime::parse(&text).ok_or_else(bad)
        })
        .transpose()?;
    Ok(Body::Edit(Box::new(Edit {
        meta_id: required(wire.meta.id, "meta.id")?,
        wiki: required(wire.wiki_id, "wiki_id")?,
        edit_type,
        rev_id: revision.rev_id,
        // 0 stands for no revision.
        rev_old_id: revision.rev_parent_id.filter(|id| *id != 0),
        page_id: page.page_id,
        page_title,
        namespace: page.namespace_id,
        user,
        user_id: performer.user_id,
        user_type,
        is_bot,
        is_minor: revision.is_minor_edit,
        is_patrolled: None,
        comment: revision.comment.or(wire.comment),
        length_old: wire
            .prior_state
            .and_then(|prior| prior.revision)
            .and_then(|rev| rev.rev_size),
        length_new: revision.rev_size,
        event_time: time.ok_or(EventError::Missing { field: "dt" })?,
        user_edit_count: performer.edit_count,
        user_registered_at,
        user_groups: performer.groups,
        page_revision_count: page.revision_count,
        source_topic: wire.meta.topic,
        source_partition: wire.meta.partition,
        source_offset: wire.meta.offset,
    })))
}
