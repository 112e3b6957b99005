//! What can happen in the simulation, and why.

use super::truth::RevertEvidence;

/// Something to be done. Numbers are places in the list of drafts or of edits made.
#[derive(Debug)]
pub(super) enum Action {
    /// A labelled edit is made.
    Publish { draft: usize },
    /// A harmless edit is made on a page.
    Touch { page: usize, comment: String },
    /// An edit is reverted.
    Revert { target: usize, purpose: Purpose },
    /// A finished event is sent.
    Send(String),
}

/// Why an edit is reverted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Damage(RevertEvidence),
    SelfRevert,
    Bot,
    /// A good edit is undone.
    OpenWar,
    /// The revert of this good edit is undone.
    AnswerWar {
        good: usize,
    },
}
