//! What each column is about: several tell one thing to a person. The match has no default arm, so
//! that a new feature does not compile before it has a topic.

use crate::edit::Edit;
use crate::features::{COUNT, Column};
use crate::user::UserType;

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Bot, anonymous, hidden.
    UserKind,
    /// The range of an IPv4 address.
    Address,
    /// A registered account and the shape of its name: having a name is what sets it apart.
    UserName,
    /// Words that user name, title and summary share.
    SharedWords,
    /// Age of the account and its edits.
    Account,
    /// Groups of the account.
    Groups,
    /// Whether there is a summary, of which kind, and how it is written: having text at all is
    /// what its shape tells first.
    Summary,
    /// Links and templates in the summary.
    SummaryLinks,
    /// Words of the summary that hint at something.
    SummaryWords,
    /// The section edited.
    Section,
    /// How the title is written.
    TitleShape,
    /// Words of the title that hint at a subject.
    TitleWords,
    /// N-grams of summary, title and name.
    Wording,
    /// New page, talk page, namespace.
    PageKind,
    /// How old and how quiet the page is.
    PageHistory,
    /// The wiki.
    Wiki,
    /// Bytes.
    Size,
    /// Marked minor.
    Minor,
    /// Patrolled on arrival.
    Patrolled,
    /// Hour and day.
    Time,
}

/// The edit and its row.
pub(super) struct Facts<'f> {
    pub edit: &'f Edit<'f>,
    pub row: &'f [f32; COUNT],
}

impl Facts<'_> {
    pub fn value(&self, column: Column) -> f32 {
        self.row[column as usize]
    }

    pub fn is_missing(&self, column: Column) -> bool {
        self.value(column).is_nan()
    }

    pub fn holds(&self, column: Column) -> bool {
        self.value(column) == 1.0
    }

    /// What the kind of user is told by.
    fn user_topic(&self) -> Topic {
        if self.edit.user.is_some() && self.edit.user_type == UserType::Registered {
            Topic::UserName
        } else {
            Topic::UserKind
        }
    }
}

/// What `column` tells of this edit. A value that is missing because there is nothing to look at
/// tells just that: no chosen name, no summary.
pub(super) fn of(column: Column, facts: &Facts<'_>) -> Topic {
    use Column as C;
    let missing = facts.is_missing(column);
    match column {
        C::user_is_anonymous
        | C::user_is_temporary
        | C::user_is_ipv6
        | C::user_is_bot
        | C::user_is_hidden => facts.user_topic(),
        C::user_ipv4_first_octet | C::user_ipv4_second_octet if missing => facts.user_topic(),
        C::user_ipv4_first_octet | C::user_ipv4_second_octet => Topic::Address,
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
        | C::user_name_is_vulgar
            if missing =>
        {
            facts.user_topic()
        }
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
        | C::user_name_is_vulgar => Topic::UserName,
        C::user_title_overlap if missing => facts.user_topic(),
        C::account_edits | C::account_age_hours => Topic::Account,
        C::account_groups | C::account_is_trusted => Topic::Groups,
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
        | C::comment_has_quote => Topic::Summary,
        _ if missing && is_of_comment(column) => Topic::Summary,
        C::user_title_overlap | C::comment_title_overlap | C::comment_user_overlap => {
            Topic::SharedWords
        }
        C::comment_names_user
        | C::comment_links
        | C::comment_templates
        | C::comment_has_url
        | C::comment_has_project_link
        | C::comment_has_hashtag => Topic::SummaryLinks,
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
        | C::comment_tool_words => Topic::SummaryWords,
        C::section_length
        | C::section_words
        | C::section_years
        | C::section_apparatus_words
        | C::section_life_words
        | C::section_past_words
        | C::section_story_words
        | C::section_famous_words => Topic::Section,
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
        | C::title_is_subpage => Topic::TitleShape,
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
        | C::title_vulgar_words => Topic::TitleWords,
        C::text_risk => Topic::Wording,
        C::page_is_new | C::page_namespace | C::page_is_talk => Topic::PageKind,
        C::page_idle_revisions | C::page_idle_share | C::page_revisions => Topic::PageHistory,
        C::wiki_kind | C::wiki_is_english | C::wiki_bucket => Topic::Wiki,
        C::size_new
        | C::size_old
        | C::size_delta
        | C::size_delta_magnitude
        | C::size_removed_share
        | C::size_is_blanked => Topic::Size,
        C::edit_is_minor => Topic::Minor,
        C::edit_is_patrolled => Topic::Patrolled,
        C::time_hour | C::time_weekday | C::time_is_weekend => Topic::Time,
    }
}

fn is_of_comment(column: Column) -> bool {
    let name = crate::features::NAMES[column as usize];
    name.starts_with("comment_") || name.starts_with("section_")
}
