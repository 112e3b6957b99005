//! Phrases for the user who made the edit.

use super::format::{count_of, counted, percent, quoted};
use crate::explain::edit_row::EditRow;
use crate::features::Column as C;
use crate::user::UserType;

const HOUR_MS: i64 = 3_600_000;
/// An account is called new below this age in hours, or below this number of edits and 30 days.
const NEW_HOURS: i64 = 7 * 24;
const NEW_EDITS: i64 = 50;

pub(super) fn kind(row: &EditRow<'_>) -> String {
    let edit = row.edit;
    match edit.user_type {
        _ if edit.user.is_none() => "user name hidden",
        UserType::Bot => "edited by a bot",
        UserType::Anonymous if row.holds(C::user_is_temporary) => "edited by a temporary account",
        UserType::Anonymous if row.holds(C::user_is_ipv6) => "edited from an IPv6 address",
        UserType::Anonymous => "edited from an IP address",
        UserType::Registered => "edited by a registered user",
    }
    .to_owned()
}

pub(super) fn address(row: &EditRow<'_>) -> String {
    let (first, second) = (
        row.value(C::user_ipv4_first_octet),
        row.value(C::user_ipv4_second_octet),
    );
    format!("from the address range {first}.{second}.0.0/16")
}

pub(super) fn account(row: &EditRow<'_>) -> String {
    let edit = row.edit;
    let hours = edit
        .user_registered_at
        .map(|registered| (edit.event_time.as_millis() - registered.as_millis()).max(0) / HOUR_MS);
    let edits = edit.user_edit_count.map(|edits| edits.max(0));
    let is_new = hours.is_some_and(|hours| hours < NEW_HOURS)
        || edits.is_some_and(|edits| edits < NEW_EDITS) && hours.is_none_or(|h| h < 30 * 24);
    let account = if is_new { "new account" } else { "account" };
    match (hours, edits) {
        (None, None) => "account age and edit count unknown".to_owned(),
        (None, Some(edits)) => {
            format!(
                "{account} of unknown age, {}",
                counted(edits, "edit", "edits")
            )
        }
        (Some(hours), None) => format!("{account}, {} old, edit count unknown", age(hours)),
        (Some(hours), Some(edits)) => {
            let edits = counted(edits, "edit", "edits");
            format!("{account}, {} old, {edits}", age(hours))
        }
    }
}

fn age(hours: i64) -> String {
    match hours {
        0 => "under an hour".to_owned(),
        1..48 => counted(hours, "hour", "hours"),
        48..1_440 => counted(hours / 24, "day", "days"),
        1_440..17_520 => counted(hours / 730, "month", "months"),
        _ => counted(hours / 8_766, "year", "years"),
    }
}

pub(super) fn groups(row: &EditRow<'_>) -> String {
    if row.is_missing(C::account_groups) {
        return "user groups unknown".to_owned();
    }
    let groups = row.value(C::account_groups);
    if groups == 0.0 {
        return "in no user group but those that come by themselves".to_owned();
    }
    let groups = count_of(groups, "user group", "user groups");
    if row.holds(C::account_is_trusted) {
        format!("in {groups}, trusted by the community")
    } else {
        format!("in {groups}, none that the community trusts")
    }
}

pub(super) fn shared_words(leading: C, row: &EditRow<'_>) -> String {
    let some = row.value(leading) > 0.0;
    match leading {
        C::user_title_overlap if some => "user name and page title share words",
        C::user_title_overlap => "user name and page title share no words",
        C::comment_user_overlap if some => "the summary repeats words of the user name",
        C::comment_user_overlap => "the summary does not repeat the user name",
        _ if some => "the summary repeats words of the page title",
        _ => "the summary does not repeat the page title",
    }
    .to_owned()
}

pub(super) fn name(leading: C, row: &EditRow<'_>) -> String {
    let user = row.edit.user.as_deref().unwrap_or_default();
    let account = format!("edited by the account {}", quoted(user));
    let value = row.value(leading);
    let detail = match leading {
        // A missing value tells only that there is an account.
        _ if value.is_nan() => return account,
        C::user_name_length => counted(value as i64, "character", "characters"),
        C::user_name_words => count_of(value, "word", "words"),
        C::user_name_digit_share => format!("{} digits", percent(value)),
        C::user_name_trailing_digits => {
            format!("{} at its end", count_of(value, "digit", "digits"))
        }
        C::user_name_upper_share => format!("{} capitals", percent(value)),
        C::user_name_nonlatin_share if value == 0.0 => "Latin letters".to_owned(),
        C::user_name_nonlatin_share => format!("{} letters other than Latin", percent(value)),
        C::user_name_mark_share => format!("{} punctuation", percent(value)),
        C::user_name_vowel_share => format!("{} vowels", percent(value)),
        C::user_name_consonant_run => {
            format!("{} in a row", count_of(value, "consonant", "consonants"))
        }
        C::user_name_repeat_run if value <= 1.0 => "no doubled character".to_owned(),
        C::user_name_repeat_run => format!("a character {value} times in a row"),
        C::user_name_humps => {
            format!("{} within words", count_of(value, "capital", "capitals"))
        }
        C::user_name_lower_words => {
            format!("{} in small letters", count_of(value, "word", "words"))
        }
        C::user_name_has_year => has(value, "year"),
        C::user_name_has_bot => has(value, "word for a bot"),
        C::user_name_is_vulgar => has(value, "vulgar word"),
        _ => return account,
    };
    format!("{account}, {detail} in the name")
}

fn has(flag: f32, what: &str) -> String {
    let article = if flag == 1.0 { "a" } else { "no" };
    format!("{article} {what}")
}
