//! One pass over a text: its shape in numbers, and its words as hashes. It allocates nothing.

use super::hash::Fnv;

/// Counts of characters and words, and lengths of runs in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub chars: u32,
    pub letters: u32,
    pub upper: u32,
    pub digits: u32,
    /// Neither letter, digit nor white space.
    pub marks: u32,
    /// Letters of other scripts than Latin.
    pub nonlatin: u32,
    /// The vowels a e i o u y, without accents.
    pub vowels: u32,
    pub exclamations: u32,
    pub questions: u32,
    /// Longest run of one character; runs of digits and white space do not count.
    pub longest_repeat: u32,
    /// Longest run of ASCII letters without a vowel.
    pub longest_consonants: u32,
    /// Capitals right after a small letter.
    pub humps: u32,
    pub words: u32,
    /// Words that begin with a small letter.
    pub lower_words: u32,
    pub longest_word: u32,
    /// Numbers of four digits from 1000 to 2099.
    pub years: u32,
    pub trailing_digits: u32,
}

/// A word: a run of letters and digits. In scripts written without spaces, each pair of
/// neighbouring characters also counts as one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    /// Hash of the whole word in lower case.
    pub hash: u32,
    /// Hash of its first [`STEM`] characters, if it has that many.
    pub stem: Option<u32>,
    /// A pair of neighbouring characters rather than a whole word.
    pub is_pair: bool,
}

/// Characters of a stem: enough to tell `rever|ted` from `refer|ence`.
pub(super) const STEM: u32 = 5;

#[derive(Clone, Copy)]
struct OpenWord {
    hash: Fnv,
    stem: Option<u32>,
    chars: u32,
    digits: u32,
    /// The first digits as a number, to find years.
    number: u32,
    lower: bool,
}

/// Measures a text and calls `word` with each of its words.
pub(super) fn scan(text: &str, mut word: impl FnMut(Word)) -> Shape {
    let mut shape = Shape::default();
    let mut open: Option<OpenWord> = None;
    let mut last = '\0';
    let (mut repeat, mut consonants) = (0, 0);
    for c in text.chars() {
        shape.chars += 1;
        let kind = CharKind::of(c);
        repeat = if c == last { repeat + 1 } else { 1 };
        if !matches!(kind, CharKind::Digit | CharKind::Space) {
            shape.longest_repeat = shape.longest_repeat.max(repeat);
        }
        let vowel = matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        consonants = if c.is_ascii_alphabetic() && !vowel {
            consonants + 1
        } else {
            0
        };
        shape.longest_consonants = shape.longest_consonants.max(consonants);
        shape.vowels += u32::from(vowel);
        shape.trailing_digits = if kind == CharKind::Digit {
            shape.trailing_digits + 1
        } else {
            0
        };
        match kind {
            CharKind::Lower | CharKind::Upper | CharKind::Other | CharKind::Unspaced => {
                shape.letters += 1;
                shape.nonlatin += u32::from(kind == CharKind::Unspaced || !is_latin(c));
                if kind == CharKind::Upper {
                    shape.upper += 1;
                    shape.humps += u32::from(last.is_lowercase());
                }
            }
            CharKind::Digit => shape.digits += 1,
            CharKind::Mark => {
                shape.marks += 1;
                shape.exclamations += u32::from(matches!(c, '!' | '！' | '¡'));
                shape.questions += u32::from(matches!(c, '?' | '？' | '؟'));
            }
            CharKind::Space => {}
        }
        if matches!(kind, CharKind::Mark | CharKind::Space) {
            if let Some(open) = open.take() {
                close(open, &mut shape, &mut word);
            }
        } else {
            if kind == CharKind::Unspaced && CharKind::of(last) == CharKind::Unspaced {
                let hash = Fnv::new().char(last).char(c).value();
                word(Word {
                    hash,
                    stem: None,
                    is_pair: true,
                });
            }
            let word = open.get_or_insert(OpenWord {
                hash: Fnv::new(),
                stem: None,
                chars: 0,
                digits: 0,
                number: 0,
                lower: kind == CharKind::Lower,
            });
            word.hash = word.hash.char(c);
            word.chars += 1;
            if word.chars == STEM {
                word.stem = Some(word.hash.value());
            }
            if let (Some(digit), true) = (c.to_digit(10), word.chars <= 4) {
                word.digits += 1;
                word.number = word.number * 10 + digit;
            }
        }
        last = c;
    }
    if let Some(open) = open {
        close(open, &mut shape, &mut word);
    }
    shape
}

fn close(open: OpenWord, shape: &mut Shape, word: &mut impl FnMut(Word)) {
    shape.words += 1;
    shape.lower_words += u32::from(open.lower);
    shape.longest_word = shape.longest_word.max(open.chars);
    let is_year = open.chars == 4 && open.digits == 4 && (1000..2100).contains(&open.number);
    shape.years += u32::from(is_year);
    word(Word {
        hash: open.hash.value(),
        stem: open.stem,
        is_pair: false,
    });
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CharKind {
    Lower,
    Upper,
    /// A letter without case.
    Other,
    /// A letter of a script without spaces or with long suffixes: Han, Kana, Hangul, Thai.
    Unspaced,
    Digit,
    Space,
    Mark,
}

impl CharKind {
    fn of(c: char) -> Self {
        match c {
            'a'..='z' => CharKind::Lower,
            'A'..='Z' => CharKind::Upper,
            '0'..='9' => CharKind::Digit,
            ' ' => CharKind::Space,
            '\0'..='\x7f' if c.is_ascii_whitespace() => CharKind::Space,
            '\0'..='\x7f' => CharKind::Mark,
            '\u{0e00}'..='\u{0e7f}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{20000}'..='\u{3ffff}' => CharKind::Unspaced,
            _ if c.is_lowercase() => CharKind::Lower,
            _ if c.is_uppercase() => CharKind::Upper,
            _ if c.is_alphabetic() => CharKind::Other,
            _ if c.is_numeric() => CharKind::Digit,
            _ if c.is_whitespace() => CharKind::Space,
            _ => CharKind::Mark,
        }
    }
}

/// Latin letters with all their accents lie below U+0250 and in Latin Extended Additional.
fn is_latin(c: char) -> bool {
    matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_what_a_person_would_count() {
        let shape = scan("Born in 1999, LOL!!! fooBar99", |_| {});
        assert_eq!(shape.words, 5);
        assert_eq!(shape.years, 1);
        assert_eq!(shape.exclamations, 3);
        assert_eq!(shape.longest_repeat, 3);
        assert_eq!(shape.upper, 5);
        assert_eq!(shape.humps, 1);
        assert_eq!(shape.digits, 6);
        assert_eq!(shape.trailing_digits, 2);
        assert_eq!(shape.longest_word, 8);
        assert_eq!(shape.lower_words, 2);
        assert_eq!(scan("qwrtzp", |_| {}).longest_consonants, 6);
    }

    #[test]
    fn words_of_unspaced_scripts_come_as_pairs_too() {
        let mut pairs = 0;
        let shape = scan("回退到", |word| pairs += u32::from(word.is_pair));
        assert_eq!((pairs, shape.words, shape.nonlatin), (2, 1, 3));
    }
}
