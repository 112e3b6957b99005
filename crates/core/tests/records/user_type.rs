//! The user type against a slow reference, written from the grammar of addresses in RFC 3986, that
//! shares no code with the product.

use proptest::prelude::*;
use wikisentry_core::user::UserType;

fn is_ipv4(text: &str) -> bool {
    let part = |part: &str| {
        let digits = !part.is_empty() && part.chars().all(|c| "0123456789".contains(c));
        digits && (0..=255).any(|n: u16| n.to_string() == part)
    };
    text.split('.').count() == 4 && text.split('.').all(part)
}

/// The number of groups of 16 bits in `text`; `None` if it is not a list of groups.
fn groups(text: &str, may_end_in_ipv4: bool) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    let parts: Vec<&str> = text.split(':').collect();
    let mut count = 0;
    for (n, part) in parts.iter().enumerate() {
        let hex = part.chars().all(|c| "0123456789abcdefABCDEF".contains(c));
        if hex && (1..=4).contains(&part.chars().count()) {
            count += 1;
        } else if may_end_in_ipv4 && n + 1 == parts.len() && is_ipv4(part) {
            count += 2;
        } else {
            return None;
        }
    }
    Some(count)
}

fn is_ipv6(text: &str) -> bool {
    if groups(text, true) == Some(8) {
        return true;
    }
    // Every place of `::` is tried; it stands for at least one group.
    text.match_indices("::").any(|(at, _)| {
        let before = groups(&text[..at], false);
        let after = groups(&text[at + 2..], true);
        before
            .zip(after)
            .is_some_and(|(before, after)| before + after <= 7)
    })
}

fn is_temporary(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('~') else {
        return false;
    };
    let parts: Vec<&str> = rest.split('-').collect();
    let digits = |part: &&str| part.chars().all(|c| c.is_ascii_digit()) && !part.is_empty();
    parts.len() >= 2 && parts[0].len() == 4 && parts.iter().all(digits)
}

fn reference(name: Option<&str>, is_bot: bool) -> UserType {
    if is_bot {
        return UserType::Bot;
    }
    match name {
        Some(name) if is_ipv4(name) || is_ipv6(name) || is_temporary(name) => UserType::Anonymous,
        _ => UserType::Registered,
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9a-fA-F:.]{0,24}",
        "([0-9]{1,3}\\.){2,4}[0-9]{1,3}",
        "([0-9a-fA-F]{0,5}:){1,8}[0-9a-fA-F]{0,5}",
        "([0-9a-f]{1,4}:){0,6}:?[0-9]{1,3}(\\.[0-9]{1,3}){3}",
        "([0-9A-F]{1,4}:){7}[0-9A-F]{1,4}",
        "([0-9A-F]{1,4}:){0,4}:([0-9A-F]{1,4}:){0,4}[0-9A-F]{1,4}",
        "~[0-9]{3,5}(-[0-9]{0,6}){0,4}",
        "[~-]?[0-9~٣-]{0,12}",
        any::<[u8; 4]>().prop_map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
        any::<[u8; 16]>().prop_map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn the_user_type_equals_the_reference(name in prop::option::weighted(0.95, name()), is_bot in prop::bool::weighted(0.1)) {
        let name = name.as_deref();
        prop_assert_eq!(UserType::of(name, is_bot), reference(name, is_bot));
    }
}
