//! Whether an edit summary says that the edit undoes others: the words that MediaWiki's undo and
//! rollback and the common tools write, by language. The patterns find out which edit was undone.

use super::case::capitalised;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// Where in the text a phrase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// As a whole word: no letter or digit before or after it.
    Word,
    /// At the start of a word, whose ending varies.
    Start,
    /// Anywhere: in scripts without spaces or with words attached to each other.
    Any,
}

/// Phrases in lower case. Sources: MediaWiki's messages `undo-summary*` and `revertpage*`, and
/// the summaries that tools of the big wikis write instead.
const PHRASES: &[(At, &[&str])] = &[
    // Editors everywhere, in English or not.
    (At::Word, &["rv", "rvv", "rvt", "rvs", "undid", "rollback"]),
    // en, and the same stem in es, pt, ca, gl, de, it, cs and others.
    (
        At::Start,
        &[
            "revert",
            "undo revision",
            "undo imported",
            "undoing",
            "rolled back",
            "rolling back",
            "restored revision",
        ],
    ),
    // de
    (At::Start, &["rückgängig", "zurückgesetzt"]),
    // fr
    (
        At::Start,
        &[
            "annulation des modif",
            "annulation de la modif",
            "révocation des modif",
            "révocation de la modif",
            "révocation de vandal",
            "révocation (retour",
            "révoquées vers",
        ],
    ),
    // es, pt, ca, gl
    (
        At::Start,
        &[
            "deshecha la",
            "deshechas las",
            "deshecho",
            "deshacer la",
            "deshacer rev",
            "desfeita",
            "desfez a",
            "desfazer a",
            "desfazer rev",
            "es desfà la",
            "desfer la",
            "desfés la",
            "desfíxo",
            "desfixé",
            "desfacer a",
        ],
    ),
    // it, ro
    (
        At::Start,
        &[
            "annullata la modif",
            "annullate le modif",
            "annullato",
            "ripristina le modif",
            "anularea modif",
            "anularea versiun",
            "revenire asupra modif",
        ],
    ),
    // ru, uk, be, bg, sr
    (
        At::Start,
        &[
            "отмена прав",
            "отмена]]",
            "отмена верс",
            "откат",
            "отклонены последн",
            "отклонено последн",
            "отклонены правки",
            "скасування редаг",
            "скасування верс",
            "скасувати верс",
            "скасовано",
            "відкинуто",
            "відкинуті",
            "відкіт",
            "відкот",
            "адкат",
            "адкочан",
            "отмяна на",
            "премахната редакция",
            "премахване на [[",
            "премахнати редакции",
            "връщане на редакц",
            "поништена измена",
            "враћене измене",
        ],
    ),
    // pl, cs, sk, sl, hr, sh
    (
        At::Start,
        &[
            "anulowan",
            "wycofano",
            "wycofanie",
            "zrušena verze",
            "zrušena editace",
            "vráceny do",
            "vráceno do",
            "vrácena",
            "bola vrátená",
            "vrátiť rev",
            "vrátené",
            "razveljav",
            "vrnitev sprememb",
            "vrnitev urejanj",
            "poništena",
            "poništeno",
            "poništi izmj",
            "vraćene iz",
            "vraćeno na",
            "uklanjanje izmj",
            "uklonjena promj",
        ],
    ),
    // nl, sv, nb, da
    (
        At::Start,
        &[
            "ongedaan gemaakt",
            "hersteld tot",
            "teruggedraaid",
            "terugge",
            "ogjord",
            "återställ",
            "ångra sidversion",
            "ångrade",
            "rullade tillbaka",
            "tilbakestil",
            "fjerner sideversjon",
            "fjern sideversjon",
            "fjerner version",
            "gendannet til",
            "tilbagerul",
        ],
    ),
    // fi, et, hu, tr, az, eu, lv, lt
    (
        At::Start,
        &[
            "kumottu",
            "kumottiin",
            "kumosi",
            "eemaldatud muudatus",
            "eemaldatud redakt",
            "tühistati",
            "visszavon",
            "visszaállított",
            "geri alın",
            "geri getirildi",
            "geri döndür",
            "geri qaytar",
            "desegin",
            "atcēl",
            "atgriezt",
            "atšauk",
            "atmest",
            "atversti",
        ],
    ),
    // el, hy, ka
    (
        At::Start,
        &[
            "αναίρεση",
            "ανάκληση",
            "αναστράφηκ",
            "επαναφορά τροπ",
            "հետ է շրջվ",
            "հետ են շրջվ",
            "հետ շրջվ",
            "გაუქმ",
        ],
    ),
    // vi, id, ms
    (
        At::Start,
        &[
            "lùi lại sửa",
            "lùi sửa",
            "lùi về",
            "membatalkan",
            "membalikkan",
            "mengembalikan suntingan",
            "pengembalian suntingan",
            "batalkan revisi",
            "balikkan revisi",
            "buat asal semakan",
        ],
    ),
    // ar, fa, he, hi, bn, th
    (
        At::Any,
        &[
            "الرجوع عن",
            "التراجع عن",
            "تراجع عن",
            "استرجع",
            "استرجاع",
            "خنثی‌سازی",
            "خنثی سازی",
            "واگردان",
            "ביטול גרסה",
            "שוחזר מ",
            "पूर्ववत",
            "বাতিল",
            "ย้อนรุ่น",
            "ย้อนการแก้ไข",
        ],
    ),
    // ja, ko, zh
    (
        At::Any,
        &[
            "取り消し",
            "取消し",
            "差し戻し",
            "差戻",
            "リバート",
            "되돌림",
            "되돌렸",
            "撤销",
            "撤銷",
            "回退",
            "还原",
            "還原",
            "取消[[special:",
            "取消由",
        ],
    ),
];

/// Beginnings of the messages by which bots tell users about a revert; the edit itself reverts nothing.
const NOTICES: [&str; 2] = ["BOT - Notifying user of ", "Welcome, edit reverted"];

struct PhraseMatcher {
    automaton: AhoCorasick,
    /// By pattern of the automaton.
    places: Vec<At>,
}

static MATCHER: LazyLock<PhraseMatcher> = LazyLock::new(|| {
    let mut phrases = Vec::new();
    let mut places = Vec::new();
    for (at, group) in PHRASES {
        for phrase in *group {
            // The automaton folds ASCII case only.
            for form in [(*phrase).to_owned(), capitalised(phrase)] {
                phrases.push(form);
                places.push(*at);
            }
        }
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(phrases)
        .expect("the phrases are far below the size limit of an automaton");
    PhraseMatcher { automaton, places }
});

/// Whether an edit summary says that the edit reverts others.
pub fn is_revert_summary(comment: &str) -> bool {
    if NOTICES.iter().any(|notice| comment.starts_with(notice)) {
        return false;
    }
    // The section's name says nothing about the edit.
    let heading = comment
        .strip_prefix("/*")
        .and_then(|rest| rest.split_once("*/"));
    let comment = heading.map_or(comment, |(_, typed)| typed);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let matcher = &*MATCHER;
    matcher
        .automaton
        .find_overlapping_iter(comment)
        .any(|found| {
            let before = || is_letter(comment[..found.start()].chars().next_back());
            let after = || is_letter(comment[found.end()..].chars().next());
            match matcher.places[found.pattern().as_usize()] {
                At::Word => !before() && !after(),
                At::Start => !before(),
                At::Any => true,
            }
        })
}

#[cfg(test)]
mod tests;
