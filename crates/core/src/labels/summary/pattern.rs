//! The patterns of undo and rollback summaries: fixed texts, and places for a revision and for
//! users. They are read from the two tables in this folder.

/// Who writes such summaries, and the table of their patterns; the README of this folder describes
/// them. What was written by hand is first: it decides between patterns that fit equally well.
pub(super) const TABLES: [(&str, &str); 5] = [
    ("observed", include_str!("patterns/observed.tsv")),
    ("mediawiki", include_str!("patterns/mediawiki.tsv")),
    ("flaggedrevs", include_str!("patterns/flaggedrevs.tsv")),
    ("automoderator", include_str!("patterns/automoderator.tsv")),
    ("twinkle", include_str!("patterns/twinkle.tsv")),
];

/// What a summary that fits a pattern says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PatternKind {
    /// Edits of a user whose name is hidden are undone.
    Hidden,
    /// The latest edits of a user are undone.
    Rollback,
    /// One revision is undone.
    Undo,
    /// Everything after one revision is undone.
    To,
    /// Some edits after one revision are undone, but later ones stay.
    First,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Rev,
    User,
    To,
    Number,
    Plain,
    /// Any number of users, with or without links.
    Users,
    Gap,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub kind: PatternKind,
    /// Codes of languages, separated by commas.
    pub languages: &'static str,
    pub pieces: Vec<Piece>,
    /// Bytes of fixed text. Of the patterns that fit, the longest is taken for the one that was used.
    pub fixed: usize,
}

/// All patterns, in an order that decides between equally good ones.
pub(super) fn all() -> impl Iterator<Item = Pattern> {
    TABLES.into_iter().flat_map(|(_, table)| of_table(table))
}

pub(super) fn of_table(table: &'static str) -> impl Iterator<Item = Pattern> {
    let lines = table.lines();
    lines.map(|line| Pattern::parse(line).expect("a test reads every line of the tables"))
}

impl Pattern {
    /// A line of a file: kind, languages and pieces, separated by tabs.
    fn parse(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        let kind = match fields.next()? {
            "undo" => PatternKind::Undo,
            "rollback" => PatternKind::Rollback,
            "hidden" => PatternKind::Hidden,
            "to" => PatternKind::To,
            "first" => PatternKind::First,
            _ => return None,
        };
        let languages = fields.next()?;
        let mut rest = fields.next()?;
        let mut pieces = Vec::new();
        let mut fixed = 0;
        while !rest.is_empty() {
            let at = rest.find('{').unwrap_or(rest.len());
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_owned()));
                fixed += at;
                rest = &rest[at..];
                continue;
            }
            let (place, after) = rest[1..].split_once('}')?;
            pieces.push(match place {
                "rev" => Piece::Rev,
                "user" => Piece::User,
                "to" => Piece::To,
                "num" => Piece::Number,
                "plain" => Piece::Plain,
                "users" => Piece::Users,
                "*" => Piece::Gap,
                _ => return None,
            });
            rest = after;
        }
        Some(Self {
            kind,
            languages,
            pieces,
            fixed,
        })
    }

    /// Patterns with a linked user or a revision rank above those of hidden users, and these above
    /// those that take any text for a name.
    pub fn trust(&self) -> u8 {
        match self.kind {
            PatternKind::Hidden => 1,
            PatternKind::Rollback if self.pieces.contains(&Piece::Plain) => 0,
            _ => 2,
        }
    }

    pub fn is_of(&self, language: &str) -> bool {
        self.languages.split(',').any(|of| {
            of.strip_prefix(language)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }

    /// The fixed text that a pattern is found by: its first piece or its second.
    pub fn first_text(&self) -> Option<&str> {
        self.pieces.iter().take(2).find_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_files_is_a_pattern() {
        for (tool, table) in TABLES {
            assert!(table.lines().count() >= 80, "{tool}");
            for line in table.lines() {
                let pattern = Pattern::parse(line).unwrap_or_else(|| panic!("{line}"));
                assert!(pattern.first_text().is_some(), "{line}");
                let places = |place: &Piece| pattern.pieces.iter().filter(|p| *p == place).count();
                let names_revision = matches!(
                    pattern.kind,
                    PatternKind::Undo | PatternKind::To | PatternKind::First
                );
                assert_eq!(places(&Piece::Rev), usize::from(names_revision), "{line}");
                let users = places(&Piece::User) + places(&Piece::Plain);
                assert!(users <= 1 && places(&Piece::To) <= 1, "{line}");
                assert!(
                    pattern.kind != PatternKind::Rollback || users == 1,
                    "{line}"
                );
                assert!(pattern.fixed >= 4, "{line}");
            }
        }
    }
}
