//! What can happen in the simulation, why, and in what words.

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

/// What an edit that is about to be made says.
pub(super) struct Words<'a> {
    pub(super) user: &'a str,
    pub(super) comment: &'a str,
    pub(super) is_bot: bool,
    /// Of the page before and after, in bytes, where it is known.
    pub(super) length: Option<(i64, i64)>,
}

impl<'a> Words<'a> {
    pub(super) fn of(user: &'a str, comment: &'a str) -> Self {
        Self {
            user,
            comment,
            is_bot: false,
            length: None,
        }
    }
}
