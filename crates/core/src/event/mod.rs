//! Reading the events of Wikimedia's streams: `recentchange` in every form on record,
//! `mediawiki.page_change.v1`, and what labels and baselines are made from. Any bytes give an event or an [`EventError`], never a panic.

mod error;
mod label_fact;
mod object;
mod page_change;
mod recentchange;
mod revert_risk;
mod wire;

pub use error::EventError;
pub use label_fact::{RevertRange, RevertTags, TagChange};
pub use revert_risk::RevertRisk;

use crate::bookmark::Position;
use crate::edit::Edit;
use crate::text::Text;
use crate::time::EventTime;
use crate::topic::Topic;
use crate::user::UserType;
use object::Object;
use wire::Wire;

/// An event of a stream, as far as the platform cares.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// `meta.id`; canary events and edits always have it.
    pub id: Option<Text<'a>>,
    /// When it happened.
    pub time: Option<EventTime>,
    /// Where it stood in its source; events without it are resumed by time.
    pub position: Option<Position<'a>>,
    /// Whether it came as `page_change` rather than `recentchange`.
    pub is_page_change: bool,
    /// What the event itself says that its edit reverts; only `page_change` does.
    pub revert: Option<RevertRange>,
    /// What it says.
    pub body: Body<'a>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body<'a> {
    /// An edit or a new page.
    Edit(Box<Edit<'a>>),
    /// Facts from which labels are made: tags of a revision changed.
    LabelFact(Box<TagChange<'a>>),
    /// What Wikimedia's own model says of an edit.
    RevertRisk(Box<RevertRisk<'a>>),
    /// A test event of the event platform; never data.
    Canary,
    /// An event that is no edit; counted by its kind, e.g. `log` or `categorize`.
    Other {
        /// The event's type, or its stream where it has none.
        kind: Text<'a>,
    },
}

impl<'a> Event<'a> {
    /// Reads one event from the payload of an SSE `data` field.
    pub fn parse(payload: &'a [u8]) -> Result<Self, EventError> {
        let text = str::from_utf8(payload).map_err(|error| EventError::NotUtf8 {
            at: error.valid_up_to(),
        })?;
        let wire = match serde_json::from_str::<Object<Wire<'a>>>(text) {
            Ok(Object(wire)) => wire,
            // The second pass finds out which field it was; errors are rare enough for it.
            Err(_) => return Err(EventError::locate::<Object<Wire<'_>>>(text)),
        };
        Event::from_wire(wire)
    }

    fn from_wire(wire: Wire<'a>) -> Result<Self, EventError> {
        let id = wire.meta.id.clone();
        let position = wire.meta.position();
        let time = wire.time()?;
        let is_page_change = wire.is_page_change();
        let revert = wire.revert_range().filter(|_| is_page_change);
        let body = if wire.is_canary() {
            Body::Canary
        } else if wire.is_prediction() {
            revert_risk::body(wire, time)?
        } else if is_page_change {
            page_change::body(wire, time)?
        } else if wire.is_tags_change() {
            Body::LabelFact(Box::new(TagChange::of(wire, time)?))
        } else {
            recentchange::body(wire, time)?
        };
        Ok(Event {
            id,
            time,
            position,
            is_page_change,
            revert,
            body,
        })
    }

    /// The topic that takes the event as received; `None` for events that are only counted.
    pub fn route(&self) -> Option<Topic> {
        match &self.body {
            Body::Edit(edit) => Some(match edit.user_type {
                UserType::Registered => Topic::EditsRegistered,
                UserType::Anonymous => Topic::EditsAnonymous,
                UserType::Bot => Topic::EditsBot,
            }),
            Body::LabelFact(_) | Body::RevertRisk(_) => Some(Topic::RevisionTags),
            Body::Canary | Body::Other { .. } => None,
        }
    }
}
