//! `mediawiki.page_change.v1`: changes of pages, with fields that recentchange lacks, such as the
//! registration date of the account.

use super::body::Body;
use super::error::EventError;
use super::lenient::Partition;
use super::wire::{Wire, required, with_spaces};
use crate::edit::{Edit, EditType};
use crate::text::Text;
use crate::time::EventTime;
use crate::user::UserType;

pub(super) fn body(
    wire: Wire<'_>,
    time: Result<EventTime, EventError>,
) -> Result<Body<'_>, EventError> {
    let meta = wire.meta.0.unwrap_or_default();
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
    let page = wire.page.0.unwrap_or_default();
    let revision = wire.revision.0.unwrap_or_default();
    let page_title = with_spaces(required(page.page_title, "page.page_title")?);
    // A hidden performer is absent from the event.
    let performer = wire.performer.0.unwrap_or_default();
    let user = performer.user_text.0.filter(|name| !name.is_empty());
    let is_bot = performer.is_bot.0.unwrap_or(false);
    let user_type = match UserType::of(user.as_deref(), is_bot) {
        UserType::Registered if *performer.is_temp == Some(true) => UserType::Anonymous,
        user_type => user_type,
    };
    let registered = performer.registration_dt.0;
    let user_registered_at = registered.and_then(|text| EventTime::parse(&text));
    Ok(Body::Edit(Box::new(Edit {
        meta_id: required(meta.id, "meta.id")?,
        wiki: required(wire.wiki_id, "wiki_id")?,
        edit_type,
        rev_id: *revision.rev_id,
        // 0 stands for no revision.
        rev_old_id: revision.rev_parent_id.0.filter(|id| *id != 0),
        page_id: *page.page_id,
        page_title,
        namespace: *page.namespace_id,
        user,
        user_id: *performer.user_id,
        user_type,
        is_bot,
        is_minor: *revision.is_minor_edit,
        is_patrolled: None,
        comment: revision.comment.0.or(wire.comment.0),
        length_old: (wire.prior_state.0)
            .and_then(|prior| prior.revision.0)
            .and_then(|rev| *rev.rev_size),
        length_new: *revision.rev_size,
        event_time: time?,
        user_edit_count: *performer.edit_count,
        user_registered_at,
        user_groups: performer.groups.0,
        page_revision_count: *page.revision_count,
        source_topic: meta.topic.0,
        source_partition: meta.partition.0.and_then(Partition::number),
        source_offset: meta.offset.0,
    })))
}
