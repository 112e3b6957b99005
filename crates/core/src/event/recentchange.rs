//! `recentchange`: the feed of all wikis' recent changes.

use super::body::Body;
use super::error::EventError;
use super::wire::{Wire, required};
use crate::edit::{Edit, EditType};
use crate::time::EventTime;
use crate::user::UserType;

pub(super) fn body(wire: Wire<'_>, time: Option<EventTime>) -> Result<Body<'_>, EventError> {
    let Some(kind) = wire.kind else {
        // An event of another stream names its schema or its stream; anything else is refused.
        return match wire.schema.or(wire.meta.stream) {
            Some(other) => Ok(Body::Other { kind: other }),
            None => Err(EventError::Missing { field: "type" }),
        };
    };
    let edit_type = match kind.as_str() {
        "edit" => EditType::Edit,
        "new" => EditType::New,
        _ => return Ok(Body::Other { kind }),
    };
    let is_bot = wire.bot.unwrap_or(false);
    let user = wire.user.filter(|name| !name.is_empty());
    let user_type = UserType::of(user.as_deref(), is_bot);
    let (rev_old_id, rev_id) = wire.revision.map_or((None, None), |rev| (rev.old, rev.new));
    let (length_old, length_new) = wire.length.map_or((None, None), |len| (len.old, len.new));
    Ok(Body::Edit(Box::new(Edit {
        meta_id: required(wire.meta.id, "meta.id")?,
        wiki: required(wire.wiki, "wiki")?,
        edit_type,
        rev_id,
        // 0 stands for no revision.
        rev_old_id: rev_old_id.filter(|id| *id != 0),
        page_id: None,
        page_title: required(wire.title, "title")?,
        namespace: wire.namespace,
        user,
        user_id: None,
        user_type,
        is_bot,
        is_minor: wire.minor,
        is_patrolled: wire.patrolled,
        comment: wire.comment,
        length_old,
        length_new,
        event_time: time.ok_or(EventError::Missing { field: "meta.dt" })?,
        user_edit_count: None,
        user_registered_at: None,
        user_groups: None,
        page_revision_count: None,
        source_topic: wire.meta.topic,
        source_partition: wire.meta.partition,
        source_offset: wire.meta.offset,
    })))
}
