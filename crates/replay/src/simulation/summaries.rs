//! Summaries as wikis write them: of undo and rollback in the wiki's language, of those who revert
//! without a word of it, and of those who only talk about reverts.

/// The wording of one language, a line of `wordings.tsv`. `{rev}` is the revision undone, `{user}`
/// its author with links, `{to}` the author of what was there before.
#[derive(Debug)]
struct Wording {
    language: &'static str,
    undo: &'static str,
    rollback: &'static str,
    /// The text of the link to a user's talk page.
    talk: &'static str,
}

/// As seen in page histories. English comes first and stands for languages that are not here.
fn wordings() -> impl Iterator<Item = Wording> {
    include_str!("wordings.tsv").lines().map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [language, undo, rollback, talk] = columns[..] else {
            panic!("four columns in `{line}`");
        };
        Wording {
            language,
            undo,
            rollback,
            talk,
        }
    })
}

/// What people write who revert by hand: nothing that says which edit it was.
pub(super) const SILENT: [&str; 5] = [
    "",
    "unsourced",
    "not an improvement",
    "please use the talk page first",
    "the source says otherwise",
];

/// Summaries of edits that revert nothing. `{user}` is the author of the edit before.
pub(super) const MENTIONS: [&str; 6] = [
    "/* Reverted decisions */ typo",
    "please do not revert without discussion",
    "as agreed on the talk page after the last revert",
    "the ruling was reverted on appeal in 2011, added the source",
    "explain what version 4.2 rolled back",
    "thanks to [[User:{user}|{user}]], no need to undo anything here",
];

/// Summaries of the quiet edits at the end.
pub(super) const QUIET: [&str; 5] = [
    "",
    "typo",
    "/* References */ link",
    "added a source",
    "wording",
];

fn of_wiki(wiki: &str) -> Wording {
    let language = wiki.strip_suffix("wiki").unwrap_or(wiki);
    wordings()
        .find(|wording| wording.language == language)
        .or_else(|| wordings().next())
        .expect("there is English")
}

/// The links to a user; those without an account of their own get none to a talk page.
fn user_links(talk: &str, user: &str, is_anonymous: bool) -> String {
    match is_anonymous {
        true => format!("[[Special:Contributions/{user}|{user}]]"),
        false => {
            format!("[[Special:Contributions/{user}|{user}]] ([[User talk:{user}|{talk}]])")
        }
    }
}

/// What MediaWiki writes for an undo.
pub(super) fn undo(wiki: &str, rev_id: i64, user: &str, is_anonymous: bool) -> String {
    let wording = of_wiki(wiki);
    fill(
        wording.undo,
        &[
            ("{rev}", &rev_id.to_string()),
            ("{user}", &user_links(wording.talk, user, is_anonymous)),
        ],
    )
}

/// What MediaWiki writes for a rollback to the last revision by `to`.
pub(super) fn rollback(wiki: &str, user: &str, is_anonymous: bool, to: &str) -> String {
    let wording = of_wiki(wiki);
    fill(
        wording.rollback,
        &[
            ("{user}", &user_links(wording.talk, user, is_anonymous)),
            ("{to}", &format!("[[User:{to}|{to}]]")),
        ],
    )
}

/// Fills the places of a template, which look like `{this}`; what is filled in is not looked at
/// again.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let filled = |part: &str| {
        let mut values = values.iter();
        let filled =
            values.find_map(|(place, value)| Some(format!("{}{value}", part.strip_suffix(place)?)));
        filled.unwrap_or_else(|| part.to_owned())
    };
    template.split_inclusive('}').map(filled).collect()
}

/// Whether a summary may be about reverts. Says so too often rather than too rarely: it marks
/// what stays out of comparisons.
pub(super) fn may_revert(comment: &str) -> bool {
    const WORDS: [&str; 8] = [
        "revert", "undid", "undo", "rv", "roll", "restor", "back to", "vandal",
    ];
    let comment = comment.to_lowercase();
    let is_english = WORDS.iter().any(|word| comment.contains(word));
    // In any language a revert leads to the contributions of someone.
    is_english || comment.contains("[[special:") || comment.contains("[[user:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_in_the_language_of_the_wiki_and_name_what_they_undo() {
        assert_eq!(
            undo("dewiki", 17, "Ann", false),
            "Änderung 17 von [[Special:Contributions/Ann|Ann]] ([[User talk:Ann|Diskussion]]) rückgängig gemacht."
        );
        assert_eq!(
            rollback("enwiki", "192.0.2.1", true, "Ann"),
            "Reverted edits by [[Special:Contributions/192.0.2.1|192.0.2.1]] to last revision by [[User:Ann|Ann]]"
        );
        // A language that is not here.
        assert!(undo("etwiki", 17, "Ann", false).starts_with("Undid revision 17 by "));
        // A name cannot be taken for a place.
        assert!(rollback("enwiki", "{to}", false, "Ann").contains("|{to}]]"));
    }

    #[test]
    fn every_wording_has_its_places() {
        assert_eq!(wordings().count(), 20);
        for wording in wordings() {
            for (text, places) in [
                (wording.undo, ["{rev}", "{user}"]),
                (wording.rollback, ["{user}", "{to}"]),
            ] {
                let has_all = places.iter().all(|place| text.matches(place).count() == 1);
                assert!(has_all, "{}: {text}", wording.language);
            }
            assert!(
                may_revert(&undo(wording.language, 1, "A", false)),
                "{wording:?}"
            );
        }
    }
}
