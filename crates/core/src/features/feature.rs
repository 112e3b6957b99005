//! The description of a feature: its name, what it is about and what its number counts.

use std::fmt;

/// One feature: a column of the row and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Unique name, as in model files and cards.
    pub name: &'static str,
    /// The part of an edit that it describes, such as `comment`.
    pub group: &'static str,
    /// One line of Markdown, which also says when the value is missing.
    pub description: &'static str,
    pub unit: FeatureUnit,
}

/// What the number of a feature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureUnit {
    /// 1 if it holds, 0 if not.
    Flag,
    /// A number of things.
    Count,
    /// A number of characters (Unicode scalar values).
    Characters,
    /// A part of a whole, 0 to 1.
    Share,
    /// sign(x) · log2(1 + |x|) of a value x.
    Log2,
    /// Natural logarithm of the odds of damage, up to a constant.
    LogOdds,
    /// A code or ordinal; the description gives its meaning.
    Code,
}

/// What a feature says something about: features of one kind are one reason to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasonKind {
    /// Whether the user is a bot, anonymous or hidden.
    UserKind,
    /// The range of an IPv4 address.
    Address,
    /// That the user has a registered account, and the shape of its name.
    UserName,
    /// Words that two of user name, title and summary share.
    SharedWords,
    /// Age of the account and number of its edits.
    Account,
    Groups,
    /// Whether there is a summary, its kind, and how it is written.
    Summary,
    /// Links and templates in the summary.
    SummaryLinks,
    /// Words of the summary in one of the word lists.
    SummaryWords,
    Section,
    /// How the title is written.
    TitleShape,
    /// Words of the title in one of the word lists.
    TitleWords,
    /// N-grams of summary, title and user name.
    Wording,
    /// Whether the page is new, a talk page or in another namespace.
    PageKind,
    /// Number of revisions and time since the last one.
    PageHistory,
    Wiki,
    /// Bytes of the page and their change.
    Size,
    Minor,
    Patrolled,
    /// Hour and day of the week.
    Time,
}

impl fmt::Display for FeatureUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FeatureUnit::Flag => "flag",
            FeatureUnit::Count => "count",
            FeatureUnit::Characters => "characters",
            FeatureUnit::Share => "share",
            FeatureUnit::Log2 => "log2",
            FeatureUnit::LogOdds => "log-odds",
            FeatureUnit::Code => "code",
        })
    }
}
