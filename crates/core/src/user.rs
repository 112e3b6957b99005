//! The type of the user who made an edit, by which edits are routed. The connector has the same rule
//! in Java; `testdata/vectors/user_type.json` tests both.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// The type of a user, which decides the topic of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserType {
    /// Flagged as a bot by the wiki.
    Bot,
    /// An IP address, or a temporary account (`~2026-12345-67`), which replaced IP editing.
    Anonymous,
    /// Any other account, and users whose name is hidden.
    Registered,
}

impl UserType {
    /// All user types, in the order of their topics.
    pub const ALL: [UserType; 3] = [UserType::Registered, UserType::Anonymous, UserType::Bot];

    /// The type by the bot flag, then by the shape of the name, which is `None` if hidden.
    pub fn of(name: Option<&str>, is_bot: bool) -> Self {
        match name {
            _ if is_bot => UserType::Bot,
            Some(name) if is_ip_address(name) || is_temporary_account(name) => UserType::Anonymous,
            _ => UserType::Registered,
        }
    }

    /// The name in topics, partitions and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            UserType::Bot => "bot",
            UserType::Anonymous => "anonymous",
            UserType::Registered => "registered",
        }
    }
}

impl fmt::Display for UserType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a user name is an IPv4 or IPv6 address. Such names cannot be registered.
pub fn is_ip_address(name: &str) -> bool {
    // A cheap test of the first character, which most names fail.
    let may_be = name
        .as_bytes()
        .first()
        .is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
    may_be && name.parse::<IpAddr>().is_ok()
}

/// Whether a user name is that of a temporary account: `~YYYY-` and groups of digits separated by
/// hyphens (<https://www.mediawiki.org/wiki/Trust_and_Safety_Product/Temporary_Accounts>).
pub fn is_temporary_account(name: &str) -> bool {
    let Some((year, serial)) = name.strip_prefix('~').and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    year.len() == 4 && digits(year) && serial.split('-').all(digits)
}
