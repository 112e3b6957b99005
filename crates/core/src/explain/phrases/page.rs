//! Phrases for the page, its title, the size of the edit, and how and when it was made.

use super::format::{count_of, counted, grouped, percent, plain};
use super::summary;
use crate::explain::edit_row::EditRow;
use crate::features::Column as C;

pub(super) fn kind(row: &EditRow<'_>) -> String {
    let verb = if row.holds(C::page_is_new) {
        "created"
    } else {
        "changed"
    };
    match row.edit.namespace {
        None => format!("{verb} a page of unknown namespace"),
        Some(0) => format!("{verb} an article"),
        Some(_) if row.holds(C::page_is_talk) => format!("{verb} a talk page"),
        Some(2) => format!("{verb} a user page"),
        Some(namespace) => format!("{verb} a page in namespace {namespace}, not an article"),
    }
}

pub(super) fn history(leading: C, row: &EditRow<'_>) -> String {
    let edit = row.edit;
    match (leading, edit.page_revision_count) {
        (C::page_revisions, Some(revisions)) => {
            let revisions = counted(revisions.max(0), "revision", "revisions");
            return format!("page of {revisions}");
        }
        (C::page_revisions, None) => return "number of revisions unknown".to_owned(),
        _ => {}
    }
    if row.is_missing(leading) {
        return if row.holds(C::page_is_new) {
            "page without earlier edits".to_owned()
        } else {
            "time of the page's last edit unknown".to_owned()
        };
    }
    match (edit.rev_id, edit.rev_old_id) {
        (Some(new), Some(old)) => {
            let between = counted(new.saturating_sub(old), "edit", "edits");
            format!("page last changed {between} of the whole wiki ago")
        }
        _ => plain(leading, row),
    }
}

pub(super) fn size(leading: C, row: &EditRow<'_>) -> String {
    let edit = row.edit;
    if row.is_missing(leading) {
        return match leading {
            C::size_old if row.holds(C::page_is_new) => "no earlier size: the page is new",
            C::size_removed_share | C::size_is_blanked if row.holds(C::page_is_new) => {
                "nothing to remove: the page is new"
            }
            C::size_removed_share | C::size_is_blanked if edit.length_old == Some(0) => {
                "nothing to remove: the page was empty"
            }
            _ => "size of the page unknown",
        }
        .to_owned();
    }
    match (leading, edit.length_old, edit.length_new) {
        (C::size_old, Some(old), _) => return page_of(old),
        (C::size_new, _, Some(new)) => return page_of(new),
        _ => {}
    }
    let silent = if summary::says_nothing(row) {
        " with no summary"
    } else {
        ""
    };
    if row.holds(C::size_is_blanked) {
        return format!("blanked the page{silent}");
    }
    let Some(delta) = edit.length_delta() else {
        return plain(leading, row);
    };
    let bytes = grouped(delta.saturating_abs());
    let unit = if delta.unsigned_abs() == 1 {
        "byte"
    } else {
        "bytes"
    };
    match delta {
        0 => format!("left the size as it was{silent}"),
        1.. => format!("added {bytes} {unit}{silent}"),
        _ if leading == C::size_removed_share => {
            let share = percent(row.value(leading));
            format!("removed {bytes} {unit}, {share} of the page{silent}")
        }
        _ => format!("removed {bytes} {unit}{silent}"),
    }
}

fn page_of(bytes: i64) -> String {
    format!("page of {}", counted(bytes, "byte", "bytes"))
}

pub(super) fn minor(row: &EditRow<'_>) -> String {
    match row.edit.is_minor {
        Some(true) => "marked as minor",
        Some(false) => "not marked as minor",
        None => "unknown whether marked as minor",
    }
    .to_owned()
}

pub(super) fn patrolled(row: &EditRow<'_>) -> String {
    match row.edit.is_patrolled {
        Some(true) => "patrolled on arrival, as edits of trusted users are",
        Some(false) => "not patrolled on arrival",
        None => "unknown whether patrolled",
    }
    .to_owned()
}

pub(super) fn time(leading: C, row: &EditRow<'_>) -> String {
    const DAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    match leading {
        C::time_hour => format!("edited at {:02} h UTC", row.value(leading)),
        C::time_weekday => format!("edited on a {}", DAYS[row.value(leading) as usize % 7]),
        C::time_is_weekend if row.holds(leading) => "edited at the weekend".to_owned(),
        C::time_is_weekend => "edited on a working day".to_owned(),
        other => plain(other, row),
    }
}

pub(super) fn title_shape(leading: C, row: &EditRow<'_>) -> String {
    let value = row.value(leading);
    if value.is_nan() {
        return "no letters to look at in the title".to_owned();
    }
    let count = |one: &str, many: &str| format!("title of {}", count_of(value, one, many));
    let has = |what: &str| {
        let with = if value == 1.0 { "with" } else { "without" };
        format!("title {with} {what}")
    };
    match leading {
        C::title_length => count("character", "characters"),
        C::title_words => count("word", "words"),
        C::title_longest_word => {
            let length = count_of(value, "character", "characters");
            format!("longest word of the title has {length}")
        }
        C::title_lower_words => {
            let words = count_of(value, "word", "words");
            format!("{words} in small letters in the title")
        }
        C::title_years => format!("{} in the title", count_of(value, "year", "years")),
        C::title_digit_share => format!("{} digits in the title", percent(value)),
        C::title_upper_share => format!("{} capitals in the title", percent(value)),
        C::title_nonlatin_share if value == 0.0 => "title in Latin letters".to_owned(),
        C::title_nonlatin_share => format!("{} of the title not in Latin letters", percent(value)),
        C::title_mark_share => format!("{} punctuation in the title", percent(value)),
        C::title_has_brackets => has("a qualifier in brackets"),
        C::title_has_comma => has("a comma"),
        C::title_has_hyphen => has("a hyphen"),
        C::title_is_subpage => has("a slash"),
        other => plain(other, row),
    }
}

pub(super) fn title_words(leading: C, row: &EditRow<'_>) -> String {
    let of = match leading {
        C::title_school_words => "of schools",
        C::title_screen_words => "of film and television",
        C::title_music_words => "of music",
        C::title_place_words => "of places",
        C::title_sport_words => "of sport",
        C::title_person_words => "of persons",
        C::title_war_words => "of wars and empires",
        C::title_game_words => "of games and computers",
        C::title_nature_words => "of nature and the body",
        C::title_list_words => "for a list",
        C::title_vulgar_words => "called vulgar",
        other => return plain(other, row),
    };
    if row.value(leading) > 0.0 {
        format!("title with words {of}")
    } else {
        format!("title without words {of}")
    }
}
