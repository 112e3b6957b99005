//! `recentchange`: the feed of all wikis' recent changes.

use super::body::Body;
use super::error::EventError;
use super::lenient::Partition;
use super::wire::{Wire, required};
use crate::edit::{Edit, EditType};
use crate::time::EventTime;
use crate::user::UserType;

pub(super) fn body(
    wire: Wire<'_>,
    time: Result<EventTime, EventError>,
) -> Result<Body<'_>, EventError> {
    let is_own = wire.is_recentchange();
    let meta = wire.meta.0.unwrap_or_default();
    let Some(kind) = wire.kind.0 else {
        // An event of another stream names its schema or its stream; anything else is refused.
        return match wire.schema.0.or(meta.stream.0) {
            Some(other) if !is_own => Ok(Body::Other { kind: other }),
            _ => Err(EventError::Missing { field: "type" }),
        };
    };
    let edit_type = match kind.as_str() {
        "edit" => EditType::Edit,
        "new" => EditType::New,
        _ => return Ok(Body::Other { kind }),
    };
    let is_bot = wire.bot.0.unwrap_or(false);
    let user = wire.user.0.filter(|name| !name.is_empty());
    let user_type = UserType::of(user.as_deref(), is_bot);
    let (rev_old_id, rev_id) = wire
        .revision
        .0
        .map_or((None, None), |rev| (*rev.old, *rev.new));
    let (length_old, length_new) = wire
        .length
        .0
        .map_or((None, None), |len| (*len.old, *len.new));
    Ok(Body::Edit(Box::new(Edit {
        meta_id: required(meta.id, "meta.id")?,
        wiki: required(wire.wiki, "wiki")?,
        edit_type,
        rev_id,
        // 0 stands for no revision.
        rev_old_id: rev_old_id.filter(|id| *id != 0),
        page_id: None,
        page_title: required(wire.title, "title")?,
        namespace: *wire.namespace,
        user,
        user_id: None,
        user_type,
        is_bot,
        is_minor: *wire.minor,
        is_patrolled: *wire.patrolled,
        comment: wire.comment.0,
        length_old,
        length_new,
        event_time: time?,
        user_edit_count: None,
        user_registered_at: None,
        user_groups: None,
        page_revision_count: None,
        source_topic: meta.topic.0,
        source_partition: meta.partition.0.and_then(Partition::number),
        source_offset: meta.offset.0,
    })))
}
