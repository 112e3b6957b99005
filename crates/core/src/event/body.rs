//! What an event carries, by kind.

use super::label_fact::TagChange;
use super::revert_risk::RevertRisk;
use crate::edit::Edit;
use crate::text::Text;

/// The content of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Body<'a> {
    /// An edit of a page or a new page.
    Edit(Box<Edit<'a>>),
    /// A change of tags, from which labels are made.
    LabelFact(Box<TagChange<'a>>),
    /// The score that Wikimedia's own model gave an edit.
    RevertRisk(Box<RevertRisk<'a>>),
    /// A test event of the event platform, which carries no data.
    Canary,
    /// Any other event; it is only counted, by its kind, e.g. `log` or `categorize`.
    Other {
        /// The event's type, or its stream if it has none.
        kind: Text<'a>,
    },
}
