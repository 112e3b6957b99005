//! Summaries of reverts, recorded in 2015 or written as MediaWiki's messages are, and others that
//! only look like them.

use crate::labels::summary::heading::without_heading;

/// As a summary is read: from after its heading on.
fn says_revert(comment: &str) -> bool {
    without_heading(comment).is_some_and(super::says_revert)
}

/// The summary of an undo or rollback by this user, as each wiki writes it.
const BY: &str = "[[Special:Contributions/192.0.2.7|192.0.2.7]]";

#[test]
fn reverts_are_found_in_the_main_languages() {
    for (wiki, before, after) in [
        (
            "enwiki",
            "Undid revision 680597808 by ",
            " ([[User talk:192.0.2.7|talk]]) please explain",
        ),
        (
            "enwiki",
            "Reverted edits by ",
            " ([[User talk:192.0.2.7|talk]]) ([[WP:HG|HG]]) (3.1.15)",
        ),
        (
            "enwiki",
            "Reverting possible vandalism by ",
            " to version by Bkonrad.",
        ),
        ("enwiki", "Restored revision 1234 by ", ""),
        (
            "dewiki",
            "Änderung 145956058 von ",
            " rückgängig gemacht; such bitte konsens",
        ),
        (
            "dewiki",
            "Änderungen von ",
            " auf die letzte Version von [[User:Aka|Aka]] zurückgesetzt",
        ),
        ("frwiki", "Annulation des modifications 118561585 de ", ""),
        (
            "frwiki",
            "[[WP:LRC|LiveRC]] : Révocation des modifications de ",
            " (retour)",
        ),
        ("eswiki", "Deshecha la edición 85063480 de ", ""),
        (
            "eswiki",
            "Revertidos los cambios de ",
            " a la última edición de Gaijin",
        ),
        (
            "ptwiki",
            "Desfeita(s) uma ou mais edições de ",
            ", com [[WP:RA|Reversão e avisos]].",
        ),
        ("ptwiki", "Foram [[WP:REV|revertidas]] as edições de ", ""),
        ("itwiki", "Annullata la modifica 75074850 di ", ""),
        (
            "itwiki",
            "Annullate le modifiche di ",
            ", riportata alla versione precedente",
        ),
        ("ruwiki", "[[ВП:×|отмена]] правки 73284505 участника ", ""),
        ("ruwiki", "[[ВП:ОТКАТ|откат]] правок ", " к версии Dimma837"),
        ("ruwiki", "Отмена версии 17 от ", ""),
        ("ukwiki", "Скасування редагування № 17 користувача ", ""),
        ("plwiki", "Anulowanie wersji 43591873 autora ", ""),
        ("plwiki", "Wycofano edycje użytkownika ", ""),
        (
            "nlwiki",
            "Wijzigingen door ",
            " hersteld tot de laatste versie door Aka",
        ),
        (
            "svwiki",
            "Återställde redigeringar av ",
            " till senaste versionen av Aka",
        ),
        (
            "nowiki",
            "Tilbakestilte endringer av ",
            " til siste versjon av Aka",
        ),
        (
            "dawiki",
            "Gendannet til seneste version af Aka, fjerner ændringer fra ",
            "",
        ),
        ("fiwiki", "Kumottu muokkaus 17, jonka teki ", ""),
        ("cswiki", "Zrušena verze 17 od uživatele ", ""),
        ("huwiki", "Visszavontam ", " szerkesztését (oldid: 17)"),
        (
            "trwiki",
            "",
            " tarafından yapılan 16071994 değişikliği geri alındı.",
        ),
        ("elwiki", "Αναίρεση αναθεώρησης 17 από ", ""),
        ("hewiki", "ביטול גרסה 17468822 של ", ""),
        ("arwiki", "الرجوع عن التعديل 17 بواسطة ", ""),
        ("fawiki", "خنثی‌سازی نسخهٔ 17 از ", ""),
        ("hiwiki", "", " द्वारा किए बदलाव 17 को पूर्ववत किया"),
        ("viwiki", "Đã lùi lại sửa đổi 21535646 của ", ""),
        ("idwiki", "Membalikkan revisi 17 oleh ", ""),
        (
            "jawiki",
            "",
            " による ID:56814486 の版を[[H:RV|取り消し]]　白紙化撤回",
        ),
        ("kowiki", "", "의 14802379판 편집을 되돌림"),
        ("zhwiki", "[[WP:UNDO|撤销]]", "的版本37171104：外语不加粗"),
        ("zhwiki", "取消", "作出的修訂17"),
        ("any", "rvv ", ""),
        ("any", "REVERTING ", " again"),
    ] {
        let comment = format!("{before}{BY}{after}");
        assert!(says_revert(&comment), "{wiki}: {comment}");
    }
}

#[test]
fn other_summaries_are_not_reverts() {
    for comment in [
        "",
        "r",
        "/* History */ fixed a typo",
        "new section on rvalue references",
        "Merged from [[Harvard]], see talk",
        "bot : annonce de révocation sur [[Giovanni Prinzi]]",
        "Created page with 'The irreversible process'",
        "отмена рабства: дополнение",
        "Redirected page to [[Irreverence]]",
        "Nuwe bladsy geskep met 'x'",
        "clean up using [[Project:AWB|AWB]]",
        "ページの作成：「東京」",
        "/* wbsetclaim-update:2||1 */ [[Property:P31]]: [[Q5]]",
        "/* wbsetlabel-set:1|en */ Revert 1",
        "/* Reverts of last week */ my view",
        "[[Rollback (legislation)]]",
        "moved to [[Revert (programming)|the general article]]",
        "welcome, [[User:Rollback Man|Rollback Man]]",
    ] {
        assert!(!says_revert(comment), "{comment}");
    }
}

#[test]
fn short_words_count_only_by_themselves() {
    for (comment, is_revert) in [
        ("rv", true),
        ("(rv)", true),
        ("rv.", true),
        ("RV vandalism", true),
        ("test-rv-test", true),
        ("rv2", false),
        ("curv", false),
        ("érv", false),
        ("rvé", false),
    ] {
        assert_eq!(says_revert(comment), is_revert, "{comment}");
    }
}
