//! Lays out small tables in monospaced text. Cells are measured in columns of a terminal, and wrapped
//! where a table would be wider than it.

use crate::text::{Breaks, at_least, columns, longest_piece, wrapped, wrapped_at};
use owo_colors::OwoColorize;

/// Columns between two cells.
const GAP: usize = 2;
/// Columns of a cell at least, where words are broken.
const NARROWEST: usize = 8;

/// `name  value` lines with aligned values, wrapped below each other at `width` columns.
pub fn pairs(pairs: &[(&str, String)], width: usize) -> String {
    let names = pairs.iter().map(|(name, _)| columns(name));
    let indent = names.max().unwrap_or(0) + GAP;
    let mut text = String::new();
    for (name, value) in pairs {
        let mut lines = wrapped(value, width.saturating_sub(indent)).into_iter();
        let padding = " ".repeat(indent - columns(name));
        let first = lines.next().unwrap_or_default();
        text.push_str(&format!("{}{padding}{first}\n", name.bold()));
        for line in lines {
            text.push_str(&format!("{:indent$}{line}\n", ""));
        }
    }
    text
}

/// Left-aligned columns under a bold header, two spaces apart; cells are wrapped where all of it would
/// not fit into `width` columns.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]], width: usize) -> String {
    table_rows(header, rows, width).concat()
}

/// The same by rows, the header first, each with the end of its last line.
pub fn table_rows<const N: usize>(
    header: [&str; N],
    rows: &[[String; N]],
    width: usize,
) -> Vec<String> {
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| columns(&row[column]));
        cells.chain([columns(header[column])]).max().unwrap_or(0)
    };
    let least = |column: usize, breaks: Breaks| {
        let cells = rows.iter().map(|row| row[column].as_str());
        let cells = cells.chain([header[column]]);
        cells.map(|cell| longest_piece(cell, breaks)).max()
    };
    let least = |breaks| std::array::from_fn(|column| least(column, breaks).unwrap_or(0));
    let fits = |least: &[usize; N]| least.iter().sum::<usize>() + gaps::<N>() <= width;
    // Paths and URLs are copied: they are broken only where the table is too wide otherwise.
    let (breaks, least) = [Breaks::AtWords, Breaks::AtSlashes]
        .map(|breaks| (breaks, least(breaks)))
        .into_iter()
        .find(|(_, least)| fits(least))
        .unwrap_or((Breaks::Anywhere, [NARROWEST; N]));
    let widths = narrowed(std::array::from_fn(widest), least, width);
    let header = lines(header, widths, breaks).into_iter();
    let header = header.map(|line| format!("{}\n", line.bold())).collect();
    let text = |row: &[String; N]| {
        let cells = std::array::from_fn(|column| row[column].as_str());
        let lines = lines(cells, widths, breaks);
        lines.iter().map(|line| format!("{line}\n")).collect()
    };
    [header].into_iter().chain(rows.iter().map(text)).collect()
}

/// A paragraph indented and wrapped at `width` columns, its last line ended.
pub fn indented(text: &str, indent: usize, width: usize) -> String {
    hanging(text, [indent, indent], width)
}

/// A paragraph wrapped at `width` columns, its last line ended: the first line after the first number of
/// columns, the others after the second.
pub fn hanging(text: &str, [indent, others]: [usize; 2], width: usize) -> String {
    let mut lines = wrapped(text, width.saturating_sub(indent)).into_iter();
    let first = lines.next().unwrap_or_default();
    let mut hanging = format!("{:indent$}{first}\n", "");
    // The rest once more: it has another width.
    let rest = text[first.len()..].trim_start();
    if !rest.is_empty() {
        for line in wrapped(rest, width.saturating_sub(others)) {
            hanging.push_str(&format!("{:others$}{line}\n", ""));
        }
    }
    hanging
}

/// Lines each folded at `width` columns, the parts after the first indented; every line is ended. Those
/// that are indented already are laid out, and stay as they are.
pub fn folded(text: &str, indent: usize, width: usize) -> String {
    let mut folded = String::new();
    for line in text.lines() {
        match columns(line) <= width || line.starts_with(' ') {
            true => folded.push_str(&format!("{line}\n")),
            false => folded.push_str(&hanging(line, [0, indent], width)),
        }
    }
    folded
}

/// Columns between all cells of a line.
const fn gaps<const N: usize>() -> usize {
    GAP * N.saturating_sub(1)
}

/// The widest columns made narrower until all of them fit, or none can give more.
fn narrowed<const N: usize>(mut widths: [usize; N], least: [usize; N], width: usize) -> [usize; N] {
    while widths.iter().sum::<usize>().saturating_add(gaps::<N>()) > width {
        let wide = widths
            .iter_mut()
            .zip(least)
            .filter(|(it, least)| **it > *least);
        let Some((widest, _)) = wide.max_by_key(|(it, _)| **it) else {
            break;
        };
        *widest -= 1;
    }
    widths
}

fn lines<const N: usize>(cells: [&str; N], widths: [usize; N], breaks: Breaks) -> Vec<String> {
    let cells: [Vec<String>; N] =
        std::array::from_fn(|column| match columns(cells[column]) <= widths[column] {
            // Padding at its start aligns numbers.
            true => vec![cells[column].to_owned()],
            false => wrapped_at(cells[column], widths[column], breaks),
        });
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |number: usize| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let part = cell.get(number).map_or("", String::as_str);
            line.push_str(&at_least(part, width + GAP));
        }
        line.truncate(line.trim_end().len());
        line
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use proptest::prelude::*;

    fn shown(width: usize) -> String {
        let rows = [
            [
                "topics",
                "http://127.0.0.1:8000/v1/topics",
                "records, as `tail` reads them",
            ],
            ["live", "http://127.0.0.1:8000/live", "it answers"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned));
        let text = table(["name", "url", "purpose"], &rows, width);
        strip_str(&text).to_string()
    }

    #[test]
    fn cells_are_wrapped_where_a_table_would_be_too_wide() {
        insta::assert_snapshot!(shown(usize::MAX), @r"
        name    url                              purpose
        topics  http://127.0.0.1:8000/v1/topics  records, as `tail` reads them
        live    http://127.0.0.1:8000/live       it answers
        ");
        insta::assert_snapshot!(shown(60), @r"
        name    url                              purpose
        topics  http://127.0.0.1:8000/v1/topics  records, as `tail`
                                                 reads them
        live    http://127.0.0.1:8000/live       it answers
        ");
    }

    #[test]
    fn paths_are_broken_where_a_table_would_be_too_wide_otherwise() {
        let row = [
            "source.url",
            "https://example.org/v2/stream",
            "/etc/some/settings.toml",
        ];
        let rows = [row.map(str::to_owned)];
        let shown =
            |width| strip_str(&table(["setting", "value", "origin"], &rows, width)).to_string();
        insta::assert_snapshot!(shown(66), @r"
        setting     value                          origin
        source.url  https://example.org/v2/stream  /etc/some/settings.toml
        ");
        insta::assert_snapshot!(shown(50), @r"
        setting     value                 origin
        source.url  https://example.org/  /etc/some/
                    v2/stream             settings.toml
        ");
    }

    #[test]
    fn values_are_wrapped_below_each_other() {
        let text = pairs(
            &[
                ("a", "one two three".to_owned()),
                ("long", "four".to_owned()),
            ],
            20,
        );
        assert_eq!(
            strip_str(&text).to_string(),
            "a     one two three\nlong  four\n"
        );
        let text = pairs(&[("long", "one two three four five".to_owned())], 19);
        assert_eq!(
            strip_str(&text).to_string(),
            "long  one two three\n      four five\n"
        );
    }

    #[test]
    fn lines_are_folded_and_what_is_laid_out_stays() {
        let text = "one two three four\n  laid out as it is\nshort";
        let shown = "one two\n  three\n  four\n  laid out as it is\nshort\n";
        assert_eq!(folded(text, 2, 9), shown);
        assert_eq!(folded("`a b c` d", 0, 5), "`a b c`\nd\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(cells in prop::collection::vec(["([a-z]{0,8}[ ,]){0,8}", "([日本a]{1,5} ){0,6}", "[a-z]{0,5}"], 0..4)) {
            let text = table(["one", "two", "three"], &cells, 50);
            for line in strip_str(&text).to_string().lines() {
                prop_assert!(columns(line) <= 50, "{line:?}");
            }
        }
    }
}
