//! What a perfect reader of the simulated stream would say of every revision: the answer that
//! tests hold labels against. It is never part of the stream.

use wikisentry_core::time::EventTime;

/// What a revert of an edit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedLabel {
    /// Reverted by someone else: the only kind that counts as damage.
    Damage,
    /// Reverted by its own author.
    SelfRevert,
    /// Reverted by a bot.
    BotRevert,
    /// A revert, undone by the author of the edit that it had undone.
    RevertOfRevert,
    /// Was reverted for a while, but stands in the end.
    Restored,
}

/// Which event says that an edit was reverted. No other event of the simulation says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevertEvidence {
    /// A summary that names the revision.
    Undo,
    /// A summary that names the user, whose latest edits on the page were all reverted.
    Rollback,
    /// `mediawiki.revision-tags-change` adds `mw-reverted`; the summary says nothing.
    Tag,
    /// `revision.revert` of `mediawiki.page_change.v1`; the summary says nothing.
    PageChange,
}

/// How an edit was reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reverted {
    /// What the label of the edit must be.
    pub expected: ExpectedLabel,
    /// The one kind of event that tells it.
    pub evidence: RevertEvidence,
    /// The revision that reverted it.
    pub rev_id: i64,
    /// From the edit to the revert, in milliseconds. Its tag comes up to 5 seconds later.
    pub delay_ms: i64,
}

/// What is true of one revision of the simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Database name of the wiki.
    pub wiki: String,
    /// The revision in the simulation; the labelled row has another.
    pub rev_id: i64,
    /// When it was made in the simulation.
    pub time: EventTime,
    /// The labelled row that it was made from, counted from 0; `None` for made-up edits.
    pub row: Option<usize>,
    /// Whether the row's label, shuffled if asked for, says that it is damage.
    pub label: Option<bool>,
    /// How it was reverted; `None`: no label may say that it was.
    pub reverted: Option<Reverted>,
    /// A later row of the set on the same page has a summary about reverts. What it reverted in
    /// reality may be this edit: leave it out where labels are held against the truth.
    pub unclear: bool,
}
