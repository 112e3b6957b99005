//! Summaries as the tools of the wikis write them, and arbitrary text.

use super::*;
use proptest::prelude::*;

fn undo(rev_id: i64, user: &str) -> Option<RevertSummary> {
    Some(RevertSummary::Undo {
        rev_id,
        user: Some(user.to_owned()),
    })
}

fn rollback(user: &str, to_user: &str) -> Option<RevertSummary> {
    Some(RevertSummary::Rollback {
        user: Some(user.to_owned()),
        to_user: Some(to_user.to_owned()),
    })
}

#[test]
fn reads_undo_rollback_and_restored_revisions() {
    let anon = "~2025-12345-67";
    for (wiki, comment, expected) in [
        (
            "enwiki",
            "Undid revision [[Special:Diff/1200000001|1200000001]] by [[Special:Contributions/~2025-12345-67|~2025-12345-67]] ([[User talk:~2025-12345-67|talk]])",
            undo(1_200_000_001, anon),
        ),
        (
            "dewiki",
            "Änderung 17 von [[Special:Contributions/2001:db8::1|2001:db8::1]] rückgängig gemacht",
            undo(17, "2001:db8::1"),
        ),
        (
            "wikidatawiki",
            "/* undo:0||644|QuickStatementsBot */ no",
            undo(644, "QuickStatementsBot"),
        ),
        (
            "trwiki",
            "[[Özel:Katkılar/192.0.2.1|192.0.2.1]] ([[Kullanıcı mesaj:192.0.2.1|mesaj]]) tarafından yapılan 16071994 değişikliği geri alındı.",
            undo(16_071_994, "192.0.2.1"),
        ),
        (
            "enwiki",
            "Reverted edits by [[Special:Contributions/A|A]] ([[User talk:A|talk]]) to last revision by [[User:B|B]]",
            rollback("A", "B"),
        ),
        (
            "enwiki",
            "Reverted edits by Ann Lee (talk) to last version by Bob",
            rollback("Ann Lee (talk)", "Bob"),
        ),
        (
            "enwiki",
            "Reverted edits by a hidden user to last revision by [[User:B|B]]",
            Some(RevertSummary::Rollback {
                user: None,
                to_user: Some("B".to_owned()),
            }),
        ),
        (
            "enwiki",
            "Reverted to revision 678163522 by [[Special:Contributions/A|A]] ([[User talk:A|talk]]). ([[WP:TW|TW]])",
            Some(RevertSummary::ToRevision {
                rev_id: 678_163_522,
            }),
        ),
        (
            "enwiki",
            "Undid revision 99999999999999999999 by [[Special:Contributions/A|A]]",
            Some(RevertSummary::Manual),
        ),
        (
            "enwiki",
            "Undid revision 123[[a|456]] by [[Special:Contributions/A|A]]",
            Some(RevertSummary::Undo {
                rev_id: 123,
                user: None,
            }),
        ),
        (
            "trwiki",
            "Son metin değişikliği ([[Special:Contributions/V|V]] tarafından) geri çevrildi ve G tarafından yapılan 50000 sürümü geri yüklendi",
            Some(RevertSummary::ToRevision { rev_id: 50_000 }),
        ),
        (
            "enwiki",
            "Restoring revision 1293847561 by G",
            Some(RevertSummary::ToRevision {
                rev_id: 1_293_847_561,
            }),
        ),
        (
            "enwiki",
            "Reverted 1 edit by an unknown user to last revision by G",
            Some(RevertSummary::Rollback {
                user: None,
                to_user: Some("G".to_owned()),
            }),
        ),
        (
            "enwiki",
            "Rejected the first 2 text changes (by [[Special:Contributions/V|V]]) that followed revision 5 by G",
            Some(RevertSummary::Manual),
        ),
        (
            "bgwiki",
            "Премахване на [[Special:Contributions/V|редакции на V]] ([[User talk:V|беседа]]); възвръщане към последната версия на [[User:G|G]]",
            rollback("V", "G"),
        ),
        (
            "kawiki",
            "[[Special:Contributions/V|V-ის]]([[User talk:V|განხილვა]]) ცვლილებების გაუქმება (№50000)",
            undo(50_000, "V"),
        ),
        (
            "dewiki",
            "Bot: Änderung 5 von [[Special:Contributions/V|V]] rückgängig gemacht.",
            undo(5, "V"),
        ),
        (
            "wikidatawiki",
            "/* wbsetlabel-set:1|en */ Undid revision 5 by [[Special:Contributions/V|V]]",
            None,
        ),
        (
            "enwiki",
            "/* Undid revision 5 by [[Special:Contributions/V|V]] */ why?",
            None,
        ),
        (
            "enwiki",
            "see [[Rollback (legislation)]] by [[User:V|V]]",
            None,
        ),
        ("enwiki", "rv vandalism", Some(RevertSummary::Manual)),
        ("enwiki", "see [[Special:Contributions/A|A]], 2015", None),
        ("enwiki", "", None),
    ] {
        assert_eq!(RevertSummary::read(wiki, comment), expected, "{comment}");
    }
}

#[test]
fn languages_come_from_database_names() {
    for (wiki, expected) in [
        ("dewiki", "de"),
        ("frwiktionary", "fr"),
        ("nowiki", "nb"),
        ("commonswiki", "en"),
        ("", ""),
    ] {
        assert_eq!(language(wiki), expected);
    }
}

proptest! {
    #[test]
    fn reading_any_text_is_repeatable(comment in "\\PC{0,80}", head in 0..6_usize, tail in 0..6_usize) {
        const ENDS: [&str; 6] = [
            "", "Undid revision ", "Reverted edits by [[Special:Contributions/", "[[a:b/", "]] (", "\u{1}x\u{2}による ID:1",
        ];
        let comment = format!("{}{comment}{}", ENDS[head], ENDS[tail]);
        let read = RevertSummary::read("jawiki", &comment);
        prop_assert_eq!(&RevertSummary::read("jawiki", &comment), &read);
    }

    #[test]
    fn a_revision_is_one_number_of_the_summary(
        start in 0..4_usize,
        parts in prop::collection::vec((0..10_usize, 0..1_000_u32), 1..12),
    ) {
        const STARTS: [&str; 4] = ["Undid revision ", "Restored revision ", "/* undo:0||", "X による ID:"];
        const PARTS: [&str; 10] =
            ["", "[[a|", "]]", "[[", "|", "\u{200e}", "_", "[[User:7|7]]", " by [[User:A|A]]", "の版を取り消し"];
        let mut comment = STARTS[start].to_owned();
        for (part, number) in parts {
            comment.push_str(PARTS[part]);
            comment.push_str(&number.to_string());
        }
        let read = RevertSummary::read("jawiki", &comment);
        if let Some(RevertSummary::Undo { rev_id, .. } | RevertSummary::ToRevision { rev_id }) = read {
            let mut numbers = comment.split(|c: char| !c.is_ascii_digit());
            prop_assert!(numbers.any(|number| number.parse() == Ok(rev_id)), "{} of {}", rev_id, comment);
        }
    }
}
