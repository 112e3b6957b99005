//! Lays out small tables in monospaced text. Cells are measured in characters; nothing is wrapped.

use owo_colors::OwoColorize;

/// `name  value` lines with aligned values.
pub fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, value) in pairs {
        let padding = " ".repeat(width - name.chars().count());
        text.push_str(&format!("{}{padding}  {value}\n", name.bold()));
    }
    text
}

/// Left-aligned columns under a bold header, two spaces apart.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([header[column].chars().count()])
            .max()
            .unwrap_or(0)
    });
    let mut text = line(header, widths).bold().to_string();
    text.push('\n');
    for row in rows {
        text.push_str(&line(
            std::array::from_fn(|column| row[column].as_str()),
            widths,
        ));
        text.push('\n');
    }
    text
}

fn line<const N: usize>(cells: [&str; N], widths: [usize; N]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.into_iter().zip(widths) {
        line.push_str(&format!("{cell:width$}  "));
    }
    line.truncate(line.trim_end().len());
    line
}
