//! The lines that `k3d` logs: `INFO[0009] Starting node 'k3d-a-server-0'`, in colours even where nobody
//! sees them.

/// A line of the log of `k3d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogLine {
    /// Whether it tells of an error.
    pub is_error: bool,
    pub text: String,
}

/// Longest line that is kept, in characters.
const LIMIT: usize = 500;

impl LogLine {
    /// Reads a line; none if it is not of the log, but data that was asked for.
    pub fn read(line: &str) -> Option<Self> {
        let plain = without_colours(line);
        let (level, rest) = plain.split_once('[')?;
        let (seconds, text) = rest.split_once(']')?;
        if !matches!(level, "INFO" | "WARN" | "ERRO" | "FATA")
            || !seconds.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let text = text.trim();
        let is_error = matches!(level, "ERRO" | "FATA");
        (!text.is_empty()).then(|| Self {
            is_error,
            text: text.chars().take(LIMIT).collect(),
        })
    }
}

/// Takes out what sets colours (`ESC [ … m`), and every other control character.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                // Up to its final letter.
                _ = characters.find(char::is_ascii_alphabetic);
            }
            character if character.is_control() => {}
            character => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_log_are_told_from_data() {
        for (line, expected) in [
            (
                "\u{1b}[36mINFO\u{1b}[0m[0009] Starting node 'k3d-a-server-0'   ",
                Some((false, "Starting node 'k3d-a-server-0'")),
            ),
            (
                "\u{1b}[31mFATA\u{1b}[0m[0001] Cluster creation FAILED",
                Some((true, "Cluster creation FAILED")),
            ),
            ("ERRO[0000] a [b] c", Some((true, "a [b] c"))),
            ("INFO[0000]  ", None),
            ("    certificate-authority-data: LS0t[0]", None),
            ("INFO[now] soon", None),
            ("", None),
            ("\u{1b}[", None),
        ] {
            let read = LogLine::read(line);
            let read = read.as_ref().map(|read| (read.is_error, &*read.text));
            assert_eq!(read, expected, "{line:?}");
        }
    }
}
