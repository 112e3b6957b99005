//! Reads the events of Wikimedia's streams: `recentchange` in all its recorded forms,
//! `mediawiki.page_change.v1`, and the streams that labels and baselines are made from. Any bytes
//! give an event or an [`EventError`], never a panic.

mod body;
mod error;
mod hiding;
mod label_fact;
mod lenient;
mod object;
mod page_change;
mod recentchange;
mod redirect;
mod repair;
mod revert_risk;
mod wire;

pub use body::Body;
pub use error::EventError;
pub use hiding::{HiddenParts, Hiding};
pub use label_fact::{RevertRange, RevertTags, TagChange};
pub use redirect::RedirectTrace;
pub use revert_risk::RevertRisk;

use crate::bookmark::Position;
use crate::text::Text;
use crate::time::EventTime;
use crate::topic::Topic;
use object::Object;
use serde::Deserialize;
use wire::Wire;

/// One event of a stream, reduced to what the platform uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// `meta.id`; canary events and edits always have it.
    pub id: Option<Text<'a>>,
    /// `dt`, or `meta.dt`, or `timestamp`: the first that can be read.
    pub time: Option<EventTime>,
    /// Its position in the source; a stream without positions is resumed by time.
    pub position: Option<Position<'a>>,
    /// Whether it came as `page_change` rather than `recentchange`.
    pub is_page_change: bool,
    /// The revisions that the edit reverted according to the event; only `page_change` has them.
    pub revert: Option<RevertRange>,
    /// What it says of a redirect that a move leaves; only `page_change` does.
    pub redirect: Option<RedirectTrace>,
    /// What it hides of edits made before; only events that are no edits do.
    pub hides: Option<Hiding>,
    pub body: Body<'a>,
}

impl<'a> Event<'a> {
    /// Reads one event from the payload of an SSE `data` field.
    ///
    /// # Errors
    /// [`EventError`] names the field at fault.
    pub fn parse(payload: &'a [u8]) -> Result<Self, EventError> {
        let text = str::from_utf8(payload).map_err(|error| EventError::NotUtf8 {
            at: error.valid_up_to(),
        })?;
        let wire = match serde_json::from_str::<Object<Wire<'a>>>(text) {
            Ok(Object(wire)) => wire,
            // Errors are rare enough for a second look.
            Err(_) => repaired_wire(text)?,
        };
        let mut event = Event::from_wire(wire)?;
        if let Body::Other { kind } = &event.body {
            event.hides = Hiding::read(kind, text);
        }
        Ok(event)
    }

    fn from_wire(wire: Wire<'a>) -> Result<Self, EventError> {
        let Some(meta) = &*wire.meta else {
            return Err(EventError::Missing { field: "meta" });
        };
        let id = meta.id.clone();
        let position = meta.position();
        let time = wire.time();
        let is_page_change = wire.is_page_change();
        let revert = RevertRange::of(&wire).filter(|_| is_page_change);
        let redirect = RedirectTrace::of(&wire).filter(|_| is_page_change);
        let known_time = time.as_ref().ok().copied();
        let body = if wire.is_canary() {
            Body::Canary
        } else if wire.is_prediction() {
            match RevertRisk::of(wire, time)? {
                Some(risk) => Body::RevertRisk(Box::new(risk)),
                None => Body::Other {
                    kind: Text::from("prediction"),
                },
            }
        } else if is_page_change {
            page_change::body(wire, time)?
        } else if wire.is_tags_change() {
            Body::LabelFact(Box::new(TagChange::of(wire, time)?))
        } else {
            recentchange::body(wire, time)?
        };
        Ok(Event {
            id,
            time: known_time,
            position,
            is_page_change,
            revert,
            redirect,
            hides: None,
            body,
        })
    }

    /// The topic that takes the event as received; `None` for events that are only counted.
    pub fn route(&self) -> Option<Topic> {
        match &self.body {
            Body::Edit(edit) => Some(Topic::of_edits_by(edit.user_type)),
            Body::LabelFact(_) | Body::RevertRisk(_) => Some(Topic::RevisionTags),
            Body::Canary | Body::Other { .. } => None,
        }
    }
}

/// Reads an event that is not JSON as it stands, but is when what the parser cannot take is replaced.
fn repaired_wire(text: &str) -> Result<Wire<'static>, EventError> {
    let Some(bytes) = repair::repaired(text) else {
        return Err(EventError::locate::<Object<Wire<'_>>>(text));
    };
    // It reads from a stream of bytes, so that nothing borrows from what ends here.
    let mut json = serde_json::Deserializer::from_reader(bytes.as_slice());
    let read = Object::<Wire<'static>>::deserialize(&mut json);
    match read.and_then(|Object(wire)| json.end().map(|()| wire)) {
        Ok(wire) => Ok(wire),
        Err(_) => Err(EventError::locate::<Object<Wire<'_>>>(text)),
    }
}
