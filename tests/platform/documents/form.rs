//! Compares output with a page: as it is, but for what differs from run to run.

use regex::Regex;
use std::sync::LazyLock;

/// A line that stands for any lines.
pub const ANYTHING: &str = "…";

/// What differs, and what stands for it; the order matters.
static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Moments of this run, all of this or a later century's years: edits of the sample keep theirs.
        (
            r"20(2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
            "TIME",
        ),
        (r"^\d\d:\d\d:\d\d", "CLOCK"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"\b\d+(\.\d+)? (B|KiB|MiB|GiB|TiB)\b", "SIZE"),
        (r"\([\d.,]+/s\)", "RATE"),
        (r"\b\d+(\.\d+)? (ms|s|min|h|days)\b", "SPAN"),
        (r"\b\d+ (since|is healthy)\b", "PROCESS"),
        (r"\bin \d+ (Parquet )?files\b|\ball \d+ files\b", "FILES"),
        (r#"id="[0-9a-f]{32}""#, "ID"),
        (r"(scratch|wikisentry-demo-)[A-Za-z0-9]+", "FOLDER"),
        // Columns are as wide as what stands in them.
        (r" {2,}", "  "),
        (r"\s+$", ""),
    ]
    .into_iter()
    .map(|(pattern, form)| (Regex::new(pattern).expect(pattern), form))
    .collect()
});

fn form(line: &str) -> String {
    let mut line = line.to_owned();
    for (pattern, form) in VARYING.iter() {
        line = pattern.replace_all(&line, *form).into_owned();
    }
    line
}

/// Whether lines have the same form.
pub fn alike(page: &str, seen: &str) -> bool {
    form(page) == form(seen)
}

/// Whether what was seen is what the page shows.
pub fn agree(page: &[String], seen: &[String]) -> bool {
    lines_agree(&unwrapped(page), &unwrapped(seen))
}

/// Where a line is wrapped depends on how wide what varies is: indented lines belong to the one above.
fn unwrapped(lines: &[String]) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for line in lines {
        match whole.last_mut() {
            Some(above) if line.starts_with("       ") => {
                above.push(' ');
                above.push_str(line.trim_start());
            }
            _ => whole.push(line.clone()),
        }
    }
    whole
}

fn lines_agree(page: &[String], seen: &[String]) -> bool {
    let Some((first, rest)) = page.split_first() else {
        return seen.is_empty();
    };
    if first == ANYTHING {
        return (0..=seen.len()).any(|skipped| lines_agree(rest, &seen[skipped..]));
    }
    match seen.split_first() {
        Some((line, seen)) => alike(first, line) && lines_agree(rest, seen),
        None => false,
    }
}

#[test]
fn what_differs_from_run_to_run_is_compared_by_its_form_and_nothing_else_is() {
    for (page, seen, expected) in [
        (
            "since 2026-11-29T22:05:11.967Z",
            "since 2031-01-02T03:04:05Z",
            true,
        ),
        (
            "edited 2023-07-29T07:51:39Z",
            "edited 2023-07-29T07:51:40Z",
            false,
        ),
        (
            "log 1.1 MiB, lake 254 KiB in 17 files",
            "log 980 KiB, lake 260 KiB in 9 files",
            true,
        ),
        ("scored  1,018 (169.5/s)", "scored  1,018 (0.0/s)", true),
        ("scored  1,018 (169.5/s)", "scored  1,017 (169.5/s)", false),
        ("process   2116 since", "process  77 since", true),
        (
            "edits.bot   3,050     436 KiB",
            "edits.bot   3,050  1.1 MiB",
            true,
        ),
        (
            "edits.bot   3,050     436 KiB",
            "edits.bots  3,050     436 KiB",
            false,
        ),
    ] {
        assert_eq!(alike(page, seen), expected, "{page} / {seen}");
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(agree(&lines("a\n…\nd"), &lines("a\nb\nc\nd")));
    assert!(agree(&lines("…"), &[]));
    let (narrow, wide) = ("a  1 (9.1/s),\n          b", "a  1 (1000.0/s), b");
    assert!(agree(&lines(narrow), &lines(wide)));
    assert!(!agree(&lines("a\n…\nd"), &lines("a\nb\nc")));
    assert!(!agree(&lines("a"), &lines("a\nb")));
}
