//! Features of the page's title: its shape and the classes of its words.

use super::columns::Column as C;
use super::row::RowWriter;
use super::scan::scan;
use super::words::{WordClass, WordSet};
use crate::edit::Edit;

/// Classes of title words and the features that count them.
const COUNTED: [(WordClass, C); 11] = [
    (WordClass::School, C::title_school_words),
    (WordClass::Screen, C::title_screen_words),
    (WordClass::Music, C::title_music_words),
    (WordClass::Place, C::title_place_words),
    (WordClass::Sport, C::title_sport_words),
    (WordClass::Person, C::title_person_words),
    (WordClass::War, C::title_war_words),
    (WordClass::Game, C::title_game_words),
    (WordClass::Nature, C::title_nature_words),
    (WordClass::List, C::title_list_words),
    (WordClass::Vulgar, C::title_vulgar_words),
];

pub(super) fn extract(
    edit: &Edit<'_>,
    user: &WordSet,
    words: &mut WordSet,
    row: &mut RowWriter<'_>,
) {
    let title = bare(edit);
    row.zero_classes(&COUNTED);
    let mut of_user = 0;
    let shape = scan(title, |word| {
        row.bump_classes(word.classes(), &COUNTED);
        if !word.is_pair {
            of_user += u32::from(user.contains(&word));
        }
        words.insert(&word);
    });
    row.count(C::title_length, shape.chars);
    row.count(C::title_words, shape.words);
    row.count(C::title_longest_word, shape.longest_word);
    row.count(C::title_lower_words, shape.lower_words);
    row.count(C::title_years, shape.years);
    row.share(C::title_digit_share, shape.digits, shape.chars);
    row.share(C::title_upper_share, shape.upper, shape.letters);
    row.share(C::title_nonlatin_share, shape.nonlatin, shape.letters);
    row.share(C::title_mark_share, shape.marks, shape.chars);
    row.flag(C::title_has_brackets, title.ends_with([')', '）']));
    row.flag(C::title_has_comma, title.contains(", "));
    row.flag(C::title_has_hyphen, title.contains(['-', '–']));
    row.flag(C::title_is_subpage, title.contains('/'));
    if edit.user.is_some() {
        row.share(C::user_title_overlap, of_user, user.len());
    }
}

/// The title without its namespace prefix, which is in the wiki's language and therefore not
/// compared with anything.
fn bare<'e>(edit: &'e Edit<'_>) -> &'e str {
    match edit.page_title.split_once(':') {
        Some((_, title)) if edit.namespace.is_some_and(|n| n != 0) => title.trim_start(),
        _ => &edit.page_title,
    }
}
