//! Names of those who edit: who reverts, and what becomes of the users of the labelled sets.

use rand::{Rng, RngExt};
use wikisentry_core::user::{UserType, is_ip_address};
use xxhash_rust::xxh3::xxh3_64;

const FIRST: [&str; 8] = [
    "Amber", "Birch", "Cedar", "Dusty", "Early", "Frosty", "Gentle", "Humble",
];
const SECOND: [&str; 8] = [
    "Otter", "Plover", "Quill", "Raven", "Stoat", "Thrush", "Urchin", "Vole",
];

/// The account of the bot that cleans up.
pub(super) const BOT: &str = "Simulated cleanup bot";

/// Someone with an account who is not `other`.
pub(super) fn someone_but(other: &str, dice: &mut impl Rng) -> String {
    let first = dice.random_range(0..FIRST.len());
    let second = dice.random_range(0..SECOND.len());
    let name = format!("{} {}", FIRST[first], SECOND[second]);
    if name != other {
        return name;
    }
    format!("{} {}", FIRST[(first + 1) % FIRST.len()], SECOND[second])
}

/// Whether a user has no account of their own making.
pub(super) fn is_anonymous(user: &str) -> bool {
    UserType::of(Some(user), false) == UserType::Anonymous
}

/// The temporary account that an address would have got; others keep their names.
pub(super) fn temporary(user: &str) -> String {
    if !is_ip_address(user) {
        return user.to_owned();
    }
    let number = xxh3_64(user.as_bytes());
    format!(
        "~2026-{:05}-{:02}",
        number % 100_000,
        number / 100_000 % 100
    )
}

/// The account that an anonymous user has after the drift; others keep their names.
pub(super) fn registered(user: &str) -> String {
    match is_anonymous(user) {
        true => format!("Newcomer {}", xxh3_64(user.as_bytes()) % 10_000_000),
        false => user.to_owned(),
    }
}
