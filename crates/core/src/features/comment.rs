//! Features of the edit summary: its section, the text typed after it, its links and words.

use super::columns::Column as C;
use super::row::RowWriter;
use super::scan::{Shape, scan};
use super::words::{WordClass, WordSet};
use crate::edit::Edit;

const COUNTED: [(WordClass, C); 11] = [
    (WordClass::Vulgar, C::comment_vulgar_words),
    (WordClass::Chat, C::comment_chat_words),
    (WordClass::Typo, C::comment_typo_words),
    (WordClass::Source, C::comment_source_words),
    (WordClass::Format, C::comment_format_words),
    (WordClass::Revert, C::comment_revert_words),
    (WordClass::Remove, C::comment_remove_words),
    (WordClass::Add, C::comment_add_words),
    (WordClass::Update, C::comment_update_words),
    (WordClass::Reason, C::comment_reason_words),
    (WordClass::Tool, C::comment_tool_words),
];

const COUNTED_IN_SECTION: [(WordClass, C); 5] = [
    (WordClass::Apparatus, C::section_apparatus_words),
    (WordClass::Life, C::section_life_words),
    (WordClass::Past, C::section_past_words),
    (WordClass::Story, C::section_story_words),
    (WordClass::Famous, C::section_famous_words),
];

pub(super) fn extract(edit: &Edit<'_>, user: &WordSet, title: &WordSet, row: &mut RowWriter<'_>) {
    let Some(comment) = edit.comment.as_deref() else {
        return;
    };
    let (section, text) = split(comment);
    // Wikibase writes the operation in place of a section: `/* wbsetclaim-create:2||1 */`.
    let is_wikibase = section.is_some_and(|section| section.starts_with("wb"));
    let section = section.filter(|_| !is_wikibase);
    row.flag(C::comment_is_empty, comment.trim().is_empty());
    row.flag(C::comment_is_wikibase, is_wikibase);
    row.flag(C::comment_has_section, section.is_some());
    row.flag(
        C::comment_is_section_only,
        section.is_some() && text.is_empty(),
    );
    row.count(C::comment_length, comment.chars().count() as u32);
    if let Some(section) = section {
        self::section(section, row);
    }
    automatic(text, row);
    links(text, row);
    self::text(text, user, title, row);
}

/// The section and the text after it. Where a tool writes text before the section, all of it counts
/// as text.
pub(crate) fn split(comment: &str) -> (Option<&str>, &str) {
    let comment = comment.trim();
    match comment
        .strip_prefix("/*")
        .and_then(|rest| rest.split_once("*/"))
    {
        Some((section, text)) => (Some(section.trim()), text.trim()),
        None => (None, comment),
    }
}

fn section(section: &str, row: &mut RowWriter<'_>) {
    row.zero_classes(&COUNTED_IN_SECTION);
    let shape = scan(section, |word| {
        row.bump_classes(word.classes(), &COUNTED_IN_SECTION);
    });
    row.count(C::section_length, shape.chars);
    row.count(C::section_words, shape.words);
    row.count(C::section_years, shape.years);
}

fn text(text: &str, user: &WordSet, title: &WordSet, row: &mut RowWriter<'_>) {
    row.zero_classes(&COUNTED);
    let (mut of_title, mut of_user) = (0, 0);
    let shape = scan(text, |word| {
        row.bump_classes(word.classes(), &COUNTED);
        if !word.is_pair {
            of_title += u32::from(title.contains(&word));
            of_user += u32::from(user.contains(&word));
        }
    });
    row.count(C::comment_text_length, shape.chars);
    row.count(C::comment_words, shape.words);
    if shape.chars > 0 {
        self::shape(text, &shape, row);
        row.count(C::comment_title_overlap, of_title);
        row.count(C::comment_user_overlap, of_user);
    }
}

/// The shape of a text that is not empty; without text these features are missing.
fn shape(text: &str, shape: &Shape, row: &mut RowWriter<'_>) {
    row.count(C::comment_longest_word, shape.longest_word);
    row.share(C::comment_upper_share, shape.upper, shape.letters);
    row.share(C::comment_digit_share, shape.digits, shape.chars);
    row.share(C::comment_mark_share, shape.marks, shape.chars);
    row.share(C::comment_nonlatin_share, shape.nonlatin, shape.letters);
    row.share(C::comment_vowel_share, shape.vowels, shape.letters);
    row.count(C::comment_exclamations, shape.exclamations);
    row.count(C::comment_questions, shape.questions);
    row.count(C::comment_repeat_run, shape.longest_repeat);
    row.count(C::comment_consonant_run, shape.longest_consonants);
    row.count(C::comment_years, shape.years);
    let first = text.chars().next();
    row.flag(
        C::comment_starts_upper,
        first.is_some_and(char::is_uppercase),
    );
    row.flag(C::comment_starts_with_mark, first.is_some_and(is_list_mark));
    row.flag(
        C::comment_ends_sentence,
        text.ends_with(['.', '!', '?', '。']),
    );
}

/// Whether editors begin terse summaries with this character, e.g. `+`, `-`, `→`, `(`.
fn is_list_mark(c: char) -> bool {
    matches!(c, '+' | '-' | '−' | '→' | '(' | '*' | '~' | '/' | '±')
}

/// Summaries that the software writes; their marks are the same in most languages.
fn automatic(text: &str, row: &mut RowWriter<'_>) {
    // Before 2011 they were `[[WP:AES|←]]…`, since then `←…` or a plain sentence.
    let is_automatic = text.starts_with('←') || text.starts_with("[[WP:AES|");
    row.flag(C::comment_is_automatic, is_automatic);
}

fn links(text: &str, row: &mut RowWriter<'_>) {
    let bytes = text.as_bytes();
    // Most summaries have no link; the searches for kinds of links run only if there is one.
    let brackets = memchr::memmem::find_iter(bytes, b"[[").count() as u32;
    row.count(C::comment_links, brackets);
    row.flag(
        C::comment_has_project_link,
        brackets > 0 && has_project_link(text),
    );
    // `[[Special:Contributions/1.2.3.4|1.2.3.4]]`: a revert links to the user whose edit it undoes.
    let names_user = brackets > 0 && (has(text, "[[Special:Contribu") || has(text, "[[User"));
    row.flag(C::comment_names_user, names_user);
    let braces = memchr::memmem::find_iter(bytes, b"{{").count() as u32;
    row.count(C::comment_templates, braces);
    row.flag(C::comment_has_url, has(text, "://") || has(text, "www."));
    row.flag(
        C::comment_has_hashtag,
        bytes.starts_with(b"#") || has(text, " #"),
    );
    row.flag(C::comment_has_quote, text.contains(['"', '“', '«']));
}

/// `[[WP:…]]`, `[[Wikipedia:…]]`, `[[Project:…]]`, `[[:en:…]]`: links that experienced editors write.
fn has_project_link(text: &str) -> bool {
    [
        "[[WP:",
        "[[Wikip",
        "[[wp:",
        "[[Project:",
        "[[ВП:",
        "[[:",
        "[[MOS:",
        "[[Help:",
    ]
    .iter()
    .any(|prefix| has(text, prefix))
}

fn has(text: &str, part: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}
