//! Features of the user: kind of user, shape of the name, and the account.

use super::columns::Column as C;
use super::row::RowWriter;
use super::scan::scan;
use super::words::{WordClass, WordSet};
use crate::edit::Edit;
use crate::text::Text;
use crate::user::{UserType, is_ip_address};
use std::net::Ipv4Addr;

/// Groups that a community gives to users it trusts; their names are the same on every wiki.
const TRUSTED: [&str; 17] = [
    "sysop",
    "rollbacker",
    "patroller",
    "autopatrolled",
    "autopatrol",
    "autoreview",
    "autoreviewer",
    "editor",
    "reviewer",
    "extendedconfirmed",
    "eliminator",
    "templateeditor",
    "bureaucrat",
    "checkuser",
    "suppress",
    "interface-admin",
    "trusted",
];

pub(super) fn extract(edit: &Edit<'_>, words: &mut WordSet, row: &mut RowWriter<'_>) {
    account(edit, row);
    row.flag(C::user_is_anonymous, edit.user_type == UserType::Anonymous);
    row.flag(C::user_is_bot, edit.is_bot);
    row.flag(C::user_is_hidden, edit.user.is_none());
    let Some(name) = edit.user.as_deref() else {
        return;
    };
    let is_ip = is_ip_address(name);
    let is_ipv6 = is_ip && name.contains(':');
    row.flag(C::user_is_ipv6, is_ipv6);
    let is_temporary = edit.user_type == UserType::Anonymous && !is_ip;
    row.flag(C::user_is_temporary, is_temporary);
    if is_ip {
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            let [first, second, ..] = address.octets();
            row.set(C::user_ipv4_first_octet, f32::from(first));
            row.set(C::user_ipv4_second_octet, f32::from(second));
        }
    } else if !is_temporary {
        named(name, words, row);
    }
}

/// The shape of a name that was chosen, which addresses and temporary accounts are not.
fn named(name: &str, words: &mut WordSet, row: &mut RowWriter<'_>) {
    let mut vulgar = 0;
    let shape = scan(name, |word| {
        vulgar += u32::from(word.classes().has(WordClass::Vulgar));
        words.insert(&word);
    });
    row.count(C::user_name_length, shape.chars);
    row.count(C::user_name_words, shape.words);
    row.share(C::user_name_digit_share, shape.digits, shape.chars);
    row.count(C::user_name_trailing_digits, shape.trailing_digits);
    row.share(C::user_name_upper_share, shape.upper, shape.letters);
    row.share(C::user_name_nonlatin_share, shape.nonlatin, shape.letters);
    row.share(C::user_name_mark_share, shape.marks, shape.chars);
    row.share(C::user_name_vowel_share, shape.vowels, shape.letters);
    row.count(C::user_name_consonant_run, shape.longest_consonants);
    row.count(C::user_name_repeat_run, shape.longest_repeat);
    row.count(C::user_name_humps, shape.humps);
    row.count(C::user_name_lower_words, shape.lower_words);
    row.flag(C::user_name_has_year, has_year(name));
    row.flag(C::user_name_has_bot, ends_as_bot(name));
    row.flag(C::user_name_is_vulgar, vulgar > 0);
}

fn account(edit: &Edit<'_>, row: &mut RowWriter<'_>) {
    if let Some(edits) = edit.user_edit_count {
        row.log2(C::account_edits, edits.max(0));
    }
    if let Some(registered) = edit.user_registered_at {
        let millis = edit.event_time.as_millis() - registered.as_millis();
        row.log2(C::account_age_hours, millis.max(0) / 3_600_000);
    }
    if let Some(groups) = &edit.user_groups {
        let mut given = given(groups);
        row.count(C::account_groups, given.clone().count() as u32);
        row.flag(
            C::account_is_trusted,
            given.any(|group| TRUSTED.contains(&group)),
        );
    }
}

/// The groups that somebody put the user in. MediaWiki lists these first, then `*` and what the
/// software gives by itself, `user`, `temp`, `autoconfirmed` and others that each wiki names, such as
/// frwiki's `autopatrolled` (`UserGroupManager::getUserEffectiveGroups`).
fn given<'g>(groups: &'g [Text<'_>]) -> impl Iterator<Item = &'g str> + Clone {
    let named = groups.iter().map(|group| group.as_str());
    // A list without `*` may still name those that every account gets.
    named
        .take_while(|group| *group != "*")
        .filter(|group| !matches!(*group, "user" | "temp" | "autoconfirmed"))
}

/// Whether the name contains a year from 1900 to 2099, as in `Anna1998`.
fn has_year(name: &str) -> bool {
    name.as_bytes().windows(4).any(|four| {
        matches!(four, [b'1', b'9', ..] | [b'2', b'0', ..]) && four.iter().all(u8::is_ascii_digit)
    })
}

/// Whether a word of the name ends in `bot`, as the names of bots do by convention.
fn ends_as_bot(name: &str) -> bool {
    name.split(|c: char| !c.is_alphabetic()).any(|word| {
        let tail = word.as_bytes();
        tail.len() >= 3 && tail[tail.len() - 3..].eq_ignore_ascii_case(b"bot")
    })
}
