//! The kind of reason that each feature belongs to: several features are one reason to a person. The
//! match has no default arm, so a new feature does not compile until it has a kind.

use crate::edit::Edit;
use crate::features::{COUNT, Column};
use crate::user::UserType;

/// What a reason is about; features of one kind are one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReasonKind {
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

/// An edit and the values of its features.
pub(super) struct EditRow<'e> {
    pub edit: &'e Edit<'e>,
    pub values: [f32; COUNT],
}

impl EditRow<'_> {
    pub fn value(&self, column: Column) -> f32 {
        self.values[column as usize]
    }

    pub fn is_missing(&self, column: Column) -> bool {
        self.value(column).is_nan()
    }

    /// Whether a flag is 1.
    pub fn holds(&self, column: Column) -> bool {
        self.value(column) == 1.0
    }

    /// The reason for what is known of the user apart from a chosen name.
    fn user_reason(&self) -> ReasonKind {
        if self.edit.user.is_some() && self.edit.user_type == UserType::Registered {
            ReasonKind::UserName
        } else {
            ReasonKind::UserKind
        }
    }
}

impl ReasonKind {
    /// The kind of reason that a feature of this edit belongs to. If its value is missing because the
    /// thing it describes is, such as a chosen name or a summary, that is the reason.
    pub(super) fn of(column: Column, row: &EditRow<'_>) -> Self {
        use Column as C;
        let missing = row.is_missing(column);
        let of_user = |kind| if missing { row.user_reason() } else { kind };
        match column {
            C::user_is_anonymous
            | C::user_is_temporary
            | C::user_is_ipv6
            | C::user_is_bot
            | C::user_is_hidden => row.user_reason(),
            C::user_ipv4_first_octet | C::user_ipv4_second_octet => of_user(Self::Address),
            C::user_name_length
            | C::user_name_words
            | C::user_name_digit_share
            | C::user_name_trailing_digits
            | C::user_name_upper_share
            | C::user_name_nonlatin_share
            | C::user_name_mark_share
            | C::user_name_vowel_share
            | C::user_name_consonant_run
            | C::user_name_repeat_run
            | C::user_name_humps
            | C::user_name_lower_words
            | C::user_name_has_year
            | C::user_name_has_bot
            | C::user_name_is_vulgar => of_user(Self::UserName),
            C::user_title_overlap if missing => row.user_reason(),
            C::account_edits | C::account_age_hours => Self::Account,
            C::account_groups | C::account_is_trusted => Self::Groups,
            C::comment_is_empty
            | C::comment_is_wikibase
            | C::comment_has_section
            | C::comment_is_section_only
            | C::comment_is_automatic
            | C::comment_length
            | C::comment_text_length
            | C::comment_words
            | C::comment_longest_word
            | C::comment_upper_share
            | C::comment_digit_share
            | C::comment_mark_share
            | C::comment_nonlatin_share
            | C::comment_vowel_share
            | C::comment_exclamations
            | C::comment_questions
            | C::comment_repeat_run
            | C::comment_consonant_run
            | C::comment_years
            | C::comment_starts_upper
            | C::comment_starts_with_mark
            | C::comment_ends_sentence
            | C::comment_has_quote => Self::Summary,
            _ if missing && is_of_comment(column) => Self::Summary,
            C::user_title_overlap | C::comment_title_overlap | C::comment_user_overlap => {
                Self::SharedWords
            }
            C::comment_names_user
            | C::comment_links
            | C::comment_templates
            | C::comment_has_url
            | C::comment_has_project_link
            | C::comment_has_hashtag => Self::SummaryLinks,
            C::comment_vulgar_words
            | C::comment_chat_words
            | C::comment_typo_words
            | C::comment_source_words
            | C::comment_format_words
            | C::comment_revert_words
            | C::comment_remove_words
            | C::comment_add_words
            | C::comment_update_words
            | C::comment_reason_words
            | C::comment_tool_words => Self::SummaryWords,
            C::section_length
            | C::section_words
            | C::section_years
            | C::section_apparatus_words
            | C::section_life_words
            | C::section_past_words
            | C::section_story_words
            | C::section_famous_words => Self::Section,
            C::title_length
            | C::title_words
            | C::title_longest_word
            | C::title_lower_words
            | C::title_years
            | C::title_digit_share
            | C::title_upper_share
            | C::title_nonlatin_share
            | C::title_mark_share
            | C::title_has_brackets
            | C::title_has_comma
            | C::title_has_hyphen
            | C::title_is_subpage => Self::TitleShape,
            C::title_school_words
            | C::title_screen_words
            | C::title_music_words
            | C::title_place_words
            | C::title_sport_words
            | C::title_person_words
            | C::title_war_words
            | C::title_game_words
            | C::title_nature_words
            | C::title_list_words
            | C::title_vulgar_words => Self::TitleWords,
            C::text_risk => Self::Wording,
            C::page_is_new | C::page_namespace | C::page_is_talk => Self::PageKind,
            C::page_idle_revisions | C::page_idle_share | C::page_revisions => Self::PageHistory,
            C::wiki_kind | C::wiki_is_english | C::wiki_bucket => Self::Wiki,
            C::size_new
            | C::size_old
            | C::size_delta
            | C::size_delta_magnitude
            | C::size_removed_share
            | C::size_is_blanked => Self::Size,
            C::edit_is_minor => Self::Minor,
            C::edit_is_patrolled => Self::Patrolled,
            C::time_hour | C::time_weekday | C::time_is_weekend => Self::Time,
        }
    }
}

fn is_of_comment(column: Column) -> bool {
    let name = crate::features::NAMES[column as usize];
    name.starts_with("comment_") || name.starts_with("section_")
}
