//! The classes of words that features count, and sets of them.

/// What a word hints at; a word can have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(in crate::features) enum WordClass {
    // In summaries and names.
    Vulgar,
    Chat,
    Typo,
    Source,
    Format,
    Revert,
    Remove,
    Add,
    Update,
    Reason,
    Tool,
    // In the names of sections.
    Apparatus,
    Life,
    Past,
    Story,
    Famous,
    // In titles.
    School,
    Screen,
    Music,
    Place,
    Sport,
    Person,
    War,
    Game,
    Nature,
    List,
}

/// The classes of a word, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::features) struct WordClasses(pub(super) u32);

impl WordClasses {
    /// Most words have no class: one test instead of one for each class.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn has(self, class: WordClass) -> bool {
        self.0 & (1 << class as u32) != 0
    }
}
