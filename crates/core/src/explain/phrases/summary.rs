//! Words for the edit summary and the section it names.

use super::super::Direction;
use super::super::topic::Facts;
use super::{count_of, percent, plain};
use crate::features::Column as C;

/// From this share of capitals on, a summary is in capital letters.
const CAPITALS: f32 = 0.7;

pub(super) fn kind(facts: &Facts<'_>) -> String {
    if facts.edit.comment.is_none() {
        return "summary hidden or unknown".to_owned();
    }
    if facts.holds(C::comment_is_empty) {
        "no summary".to_owned()
    } else if facts.holds(C::comment_is_wikibase) {
        "summary written by Wikibase".to_owned()
    } else if facts.holds(C::comment_is_automatic) {
        "summary written by the software".to_owned()
    } else if facts.holds(C::comment_is_section_only) {
        "summary names a section and says nothing else".to_owned()
    } else {
        let words = facts.value(C::comment_words);
        format!("summary of {}", count_of(words, "word", "words"))
    }
}

/// Whether nothing was typed, for phrases that add it to another fact.
pub(super) fn says_nothing(facts: &Facts<'_>) -> bool {
    facts.holds(C::comment_is_empty) || facts.holds(C::comment_is_section_only)
}

pub(super) fn shape(leading: C, facts: &Facts<'_>) -> String {
    let value = facts.value(leading);
    let count = |one: &str, many: &str| format!("{} in the summary", count_of(value, one, many));
    let share = |of: &str| format!("{} {of} in the summary", percent(value));
    let yes_no = |yes: &str, no: &str| (if value == 1.0 { yes } else { no }).to_owned();
    match leading {
        C::comment_upper_share if value >= CAPITALS => "summary in capital letters".to_owned(),
        C::comment_upper_share => share("capitals"),
        C::comment_longest_word => {
            let length = count_of(value, "character", "characters");
            format!("longest word of the summary has {length}")
        }
        C::comment_digit_share => share("digits"),
        C::comment_mark_share => share("punctuation"),
        C::comment_nonlatin_share if value == 0.0 => "summary in Latin letters".to_owned(),
        C::comment_nonlatin_share => {
            format!("{} of the summary not in Latin letters", percent(value))
        }
        C::comment_vowel_share => share("vowels"),
        C::comment_exclamations => count("exclamation mark", "exclamation marks"),
        C::comment_questions => count("question mark", "question marks"),
        C::comment_repeat_run if value <= 1.0 => "no character doubled in the summary".to_owned(),
        C::comment_repeat_run => format!("a character {value} times in a row in the summary"),
        C::comment_consonant_run => {
            let run = count_of(value, "consonant", "consonants");
            format!("at most {run} in a row in the summary")
        }
        C::comment_years => count("year", "years"),
        C::comment_starts_upper => yes_no(
            "summary begins with a capital",
            "summary does not begin with a capital",
        ),
        C::comment_starts_with_mark => yes_no(
            "summary begins with a mark such as + or →",
            "summary begins without a mark such as + or →",
        ),
        C::comment_ends_sentence => yes_no(
            "summary ends as a sentence",
            "summary does not end as a sentence",
        ),
        C::comment_has_quote => yes_no("summary holds a quotation", "summary holds no quotation"),
        other => plain(other, facts),
    }
}

pub(super) fn links(leading: C, facts: &Facts<'_>) -> String {
    let value = facts.value(leading);
    let count = |one: &str, many: &str| format!("{} in the summary", count_of(value, one, many));
    match leading {
        C::comment_links => count("wiki link", "wiki links"),
        C::comment_templates => count("template", "templates"),
        _ if value.is_nan() => plain(leading, facts),
        _ => {
            let what = match leading {
                C::comment_names_user => "link to a user",
                C::comment_has_url => "web address",
                C::comment_has_project_link => "link to a project page",
                _ => "tool's hashtag",
            };
            let article = if value == 1.0 { "a" } else { "no" };
            format!("{article} {what} in the summary")
        }
    }
}

pub(super) fn words(leading: C, facts: &Facts<'_>) -> String {
    let of = match leading {
        C::comment_vulgar_words => "vulgar words",
        C::comment_chat_words => "words of chat",
        C::comment_typo_words => "words of copy-editing",
        C::comment_source_words => "words of sourcing",
        C::comment_format_words => "words of formatting",
        C::comment_revert_words => "words of reverting",
        C::comment_remove_words => "words of removing",
        C::comment_add_words => "words of adding",
        C::comment_update_words => "words of updating",
        C::comment_reason_words => "words of arguing",
        C::comment_tool_words => "names of editing tools",
        other => return plain(other, facts),
    };
    if facts.value(leading) > 0.0 {
        format!("{of} in the summary")
    } else {
        format!("no {of} in the summary")
    }
}

pub(super) fn section(leading: C, facts: &Facts<'_>) -> String {
    let value = facts.value(leading);
    let of = match leading {
        C::section_length => {
            let length = count_of(value, "character", "characters");
            return format!("section with a name of {length}");
        }
        C::section_words => {
            let words = count_of(value, "word", "words");
            return format!("section with a name of {words}");
        }
        C::section_years => "years",
        C::section_apparatus_words => "references or links",
        C::section_life_words => "a life",
        C::section_past_words => "history, geography or culture",
        C::section_story_words => "a plot or a cast",
        C::section_famous_words => "notable people or popular culture",
        other => return plain(other, facts),
    };
    if value > 0.0 {
        format!("edited a section on {of}")
    } else {
        format!("edited a section not on {of}")
    }
}

pub(super) fn wording(direction: Direction, facts: &Facts<'_>) -> String {
    match direction {
        _ if facts.is_missing(C::text_risk) => "nothing known of the wording",
        Direction::Raises => "wording of summary, title and user name as in damaging edits",
        Direction::Lowers => "wording of summary, title and user name as in good edits",
    }
    .to_owned()
}
