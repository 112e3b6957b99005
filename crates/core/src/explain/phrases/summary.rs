//! Phrases for the edit summary and the section it names.

use super::format::{count_of, percent, plain, quoted};
use crate::explain::edit_row::EditRow;
use crate::explain::explanation::Direction;
use crate::features::{Column as C, split_summary};

/// The share of capitals among letters from which a summary counts as in capital letters.
const CAPITALS: f32 = 0.7;

/// The kind of summary and, if there is text, how it is written.
pub(super) fn summary(leading: C, row: &EditRow<'_>) -> String {
    if leading == C::comment_upper_share && row.value(leading) >= CAPITALS {
        return "summary in capital letters".to_owned();
    }
    let kind = kind(row);
    match shape(leading, row) {
        Some(shape) => format!("{kind}, {shape}"),
        None => kind,
    }
}

fn kind(row: &EditRow<'_>) -> String {
    if row.edit.comment.is_none() {
        return "summary hidden or unknown".to_owned();
    }
    if row.holds(C::comment_is_empty) {
        "no summary".to_owned()
    } else if row.holds(C::comment_is_wikibase) {
        "summary written by Wikibase".to_owned()
    } else if row.holds(C::comment_is_automatic) {
        "summary written by the software".to_owned()
    } else if row.holds(C::comment_is_section_only) {
        "summary names a section and says nothing else".to_owned()
    } else {
        let words = row.value(C::comment_words);
        format!("summary of {}", count_of(words, "word", "words"))
    }
}

/// Whether no text was typed, for phrases that add it to another fact.
pub(super) fn says_nothing(row: &EditRow<'_>) -> bool {
    row.holds(C::comment_is_empty) || row.holds(C::comment_is_section_only)
}

/// How the text is written; `None` without text, and for features of its kind.
fn shape(leading: C, row: &EditRow<'_>) -> Option<String> {
    let value = row.value(leading);
    let yes_no = |yes: &str, no: &str| (if value == 1.0 { yes } else { no }).to_owned();
    let shape = match leading {
        _ if value.is_nan() => return None,
        C::comment_upper_share => format!("{} capitals", percent(value)),
        C::comment_longest_word => {
            let length = count_of(value, "character", "characters");
            format!("longest word of {length}")
        }
        C::comment_digit_share => format!("{} digits", percent(value)),
        C::comment_mark_share => format!("{} punctuation", percent(value)),
        C::comment_nonlatin_share if value == 0.0 => "in Latin letters".to_owned(),
        C::comment_nonlatin_share => format!("{} letters other than Latin", percent(value)),
        C::comment_vowel_share => format!("{} vowels", percent(value)),
        C::comment_exclamations => count_of(value, "exclamation mark", "exclamation marks"),
        C::comment_questions => count_of(value, "question mark", "question marks"),
        C::comment_repeat_run if value <= 1.0 => "no doubled character".to_owned(),
        C::comment_repeat_run => format!("a character {value} times in a row"),
        C::comment_consonant_run => {
            format!("{} in a row", count_of(value, "consonant", "consonants"))
        }
        C::comment_years => count_of(value, "year", "years"),
        C::comment_starts_upper => yes_no("begins with a capital", "begins without a capital"),
        C::comment_starts_with_mark => yes_no(
            "begins with a mark such as + or →",
            "begins without a mark such as + or →",
        ),
        C::comment_ends_sentence => yes_no("ends as a sentence", "does not end as a sentence"),
        C::comment_has_quote => yes_no("holds a quotation", "holds no quotation"),
        _ => return None,
    };
    Some(shape)
}

pub(super) fn links(leading: C, row: &EditRow<'_>) -> String {
    let value = row.value(leading);
    let count = |one: &str, many: &str| format!("{} in the summary", count_of(value, one, many));
    match leading {
        C::comment_links => count("wiki link", "wiki links"),
        C::comment_templates => count("template", "templates"),
        _ if value.is_nan() => plain(leading, row),
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

pub(super) fn words(leading: C, row: &EditRow<'_>) -> String {
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
        other => return plain(other, row),
    };
    if row.value(leading) > 0.0 {
        format!("{of} in the summary")
    } else {
        format!("no {of} in the summary")
    }
}

pub(super) fn section(leading: C, row: &EditRow<'_>) -> String {
    let comment = row.edit.comment.as_deref().unwrap_or_default();
    let section = split_summary(comment).0.unwrap_or_default();
    let edited = format!("edited the section {}", quoted(section));
    let about = match leading {
        C::section_years => "years",
        C::section_apparatus_words => "references or links",
        C::section_life_words => "a life",
        C::section_past_words => "history, geography or culture",
        C::section_story_words => "a plot or a cast",
        C::section_famous_words => "notable people or popular culture",
        _ => return edited,
    };
    let is_about = if row.value(leading) > 0.0 {
        "about"
    } else {
        "not about"
    };
    format!("{edited}, {is_about} {about}")
}

pub(super) fn wording(direction: Direction, row: &EditRow<'_>) -> String {
    match direction {
        _ if row.is_missing(C::text_risk) => "nothing known of the wording",
        Direction::Raises => "wording of summary, title and user name as in damaging edits",
        Direction::Lowers => "wording of summary, title and user name as in good edits",
    }
    .to_owned()
}
