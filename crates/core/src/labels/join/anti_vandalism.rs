//! Bots whose reverts count as anyone's, even where they are flagged: they fight vandalism.

/// Names of accounts, one a line, in the order of their bytes. Accounts are the same on all wikis.
/// From the census <https://en.wikipedia.org/wiki/User:Emijrp/Anti-vandalism_bot_census>, from the
/// summaries in `testdata/labels`, and the default name of the extension AutoModerator.
const ACCOUNTS: &str = include_str!("anti_vandalism.txt");

/// Whether a user name is that of such a bot.
pub(super) fn is_account(name: &str) -> bool {
    ACCOUNTS.lines().any(|account| account == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_known_by_their_whole_name() {
        let accounts: Vec<&str> = ACCOUNTS.lines().collect();
        assert!(accounts.len() >= 10 && accounts.is_sorted());
        assert!(is_account("ClueBot NG") && !is_account("ClueBot NG II") && !is_account(""));
    }
}
