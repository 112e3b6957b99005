//! `.env` files as docker compose reads them: quotes, comments, `export`, variables in values.

use super::error::DotenvError;
use super::interpolate::interpolate;
use super::variables::Variables;
use std::iter::Peekable;
use std::str::Chars;

/// Reads a `.env` text. `outer` (the environment) wins over the file where a value refers to
/// another variable, and gives the value of a name that stands alone on its line.
pub fn parse(text: &str, outer: &Variables) -> Result<Variables, DotenvError> {
    let mut reader = Reader {
        chars: text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .chars()
            .peekable(),
        line: 1,
    };
    let mut found = Variables::default();
    while reader.skip_to_statement() {
        let line = reader.line;
        let (name, has_value) = reader.name()?;
        if !has_value {
            if let Some(value) = outer.get(&name) {
                found.set(name, value);
            }
            continue;
        }
        let (raw, expands) = reader.value()?;
        let value = if expands {
            let lookup = |name: &str| outer.get(name).or_else(|| found.get(name));
            interpolate(&raw, &lookup, &mut |_| {}).map_err(|_| DotenvError {
                line,
                problem: "a `${…}` in the value is not valid; put the value in single quotes to take it as it is",
            })?
        } else {
            raw
        };
        found.set(name, value);
    }
    Ok(found)
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.chars.next();
        if next == Some('\n') {
            self.line += 1;
        }
        next
    }

    fn error<T>(&self, problem: &'static str) -> Result<T, DotenvError> {
        let line = self.line;
        Err(DotenvError { line, problem })
    }

    /// Passes white space and comment lines; false at the end of the text.
    fn skip_to_statement(&mut self) -> bool {
        while let Some(&next) = self.chars.peek() {
            if next == '#' {
                self.rest_of_line();
            } else if next.is_whitespace() {
                self.next();
            } else {
                return true;
            }
        }
        false
    }

    fn rest_of_line(&mut self) -> String {
        let mut rest = String::new();
        while let Some(next) = self.next() {
            if next == '\n' {
                break;
            }
            rest.push(next);
        }
        rest
    }

    /// The name, and whether a value follows it.
    fn name(&mut self) -> Result<(String, bool), DotenvError> {
        let mut name = String::new();
        let has_value = loop {
            match self.chars.peek() {
                Some('=' | ':') => {
                    self.next();
                    break true;
                }
                None | Some('\n') => break false,
                Some(&c) if c.is_alphanumeric() || "_.-[]".contains(c) || is_space(c) => {
                    name.push(c);
                    self.next();
                }
                Some(_) => {
                    return self.error("a variable's name has a character that is not allowed");
                }
            }
        };
        let name = match name.strip_prefix("export") {
            Some(rest) if rest.starts_with(is_space) => rest.trim(),
            _ => name.trim(),
        };
        if name.is_empty() {
            return self.error("a variable's name is missing");
        }
        if name.contains(is_space) {
            return self.error("a variable's name has a space in it");
        }
        Ok((name.to_owned(), has_value))
    }

    /// The value, and whether variables in it are replaced.
    fn value(&mut self) -> Result<(String, bool), DotenvError> {
        while self.chars.peek().copied().is_some_and(is_space) {
            self.next();
        }
        match self.chars.peek() {
            Some('\'') => Ok((self.quoted('\'')?, false)),
            Some('"') => Ok((unescape(&self.quoted('"')?), true)),
            _ => {
                let line = self.rest_of_line();
                let value = line.split_once(" #").map_or(line.as_str(), |(v, _)| v);
                Ok((value.trim_end().to_owned(), true))
            }
        }
    }

    /// What stands between two `quote`s, which may span lines; a backslash keeps a quote inside.
    fn quoted(&mut self, quote: char) -> Result<String, DotenvError> {
        let begin = self.line;
        self.next();
        let mut value = String::new();
        while let Some(next) = self.next() {
            match next {
                _ if next == quote => return Ok(value),
                '\\' => match self.next() {
                    Some(escaped) if escaped == quote => value.push(quote),
                    Some(other) => value.extend(['\\', other]),
                    None => break,
                },
                _ => value.push(next),
            }
        }
        Err(DotenvError {
            line: begin,
            problem: "the quote that opens here is never closed",
        })
    }
}

/// White space that does not end a line.
fn is_space(c: char) -> bool {
    c != '\n' && c.is_whitespace()
}

/// The escapes of double quotes; what is no escape stays as it is written.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(next) = chars.next() {
        if next != '\\' {
            out.push(next);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('\\') => out.push('\\'),
            // Kept from interpolation, which makes one dollar of two.
            Some('$') => out.push_str("$$"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse_one(text: &str) -> Option<String> {
        let outer = Variables::from_iter([("OUTER", "out"), ("BOTH", "outer")]);
        let found = parse(text, &outer).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        found.get("A").map(str::to_owned)
    }

    #[test]
    fn values_are_read_as_docker_compose_reads_them() {
        for (text, expected) in [
            ("A=1", "1"),
            ("  export A = two words  \r\n", "two words"),
            ("A: yaml", "yaml"),
            ("A=", ""),
            ("A=x # comment", "x"),
            ("A=x#y", "x#y"),
            ("# A=0\n\nA=1", "1"),
            ("A='$OUTER # \\n'", "$OUTER # \\n"),
            ("A=\"$OUTER # \\n\\t\\$OUTER\" # after", "out # \n\t$OUTER"),
            ("A='it\\'s'", "it's"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("B=b\nA=${B}${NONE:-n}$OUTER", "bnout"),
            ("BOTH=file\nA=$BOTH", "outer"),
            ("A=$$OUTER", "$OUTER"),
            ("A=1\nA=2", "2"),
            ("\u{feff}A=1", "1"),
        ] {
            assert_eq!(parse_one(text).as_deref(), Some(expected), "{text:?}");
        }
        assert_eq!(parse_one("A\nB=1"), None);
        let outer = Variables::from_iter([("A", "inherited")]);
        assert_eq!(parse("A\n", &outer).unwrap().get("A"), Some("inherited"));
    }

    #[test]
    fn errors_say_the_line_and_never_the_value() {
        for (text, line) in [
            ("A=1\nB='secret", 2),
            ("A=1\n\nB C=secret", 3),
            ("?=secret", 1),
            ("=secret", 1),
            ("A='\n'\nB=${secret", 3),
        ] {
            let error = parse(text, &Variables::default()).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"(A|=|'|"|\\|\$|\{|\}|#|\n| |.){0,60}"#) {
            let _ = parse(&text, &Variables::default());
        }

        #[test]
        fn single_quotes_bring_any_plain_value_through(value in r"[^'\\]{0,40}") {
            let found = parse(&format!("A='{value}'"), &Variables::default()).unwrap();
            prop_assert_eq!(found.get("A"), Some(value.as_str()));
        }
    }
}
