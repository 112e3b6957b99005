//! What every command says of itself: help that fits into 80 columns, exit codes in the same words
//! everywhere, and manual pages.

#![allow(clippy::unwrap_used)] // of functions that only tests call

use crate::wikisentry;
use std::path::Path;
use std::process::Command;
use wikisentry::error::ExitStatus;

/// The long help of a command, on a terminal as wide.
fn help(home: &tempfile::TempDir, command: &[String], width: usize) -> String {
    let output = wikisentry(home)
        .env("COLUMNS", width.to_string())
        .args(command)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every command that is listed, the program itself first, each with its long help at 80 columns.
fn commands(home: &tempfile::TempDir) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut left = vec![Vec::new()];
    while let Some(command) = left.pop() {
        let text = help(home, &command, 80);
        for name in section(&text, "Commands") {
            // What is indented further goes on with the line above.
            if name.starts_with("   ") || name.starts_with("  help ") {
                continue;
            }
            let name = name.split_whitespace().next().unwrap().to_owned();
            left.push([&command[..], &[name]].concat());
        }
        found.push((command, text));
    }
    assert!(found.len() > 30, "{}", found.len());
    found
}

/// The lines below a title.
fn section<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != format!("{title}:"));
    lines.skip(1).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn every_help_fits_into_80_columns_and_breaks_no_example() {
    let home = tempfile::tempdir().unwrap();
    for (command, text) in commands(&home) {
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{command:?}: {line}");
        }
        let wide = help(&home, &command, 200);
        assert_eq!(
            section(&text, "Examples"),
            section(&wide, "Examples"),
            "{command:?}"
        );
        // A paragraph fills the lines it has: none was folded where the source was.
        let about = text.rsplit("(repeatable)").next().unwrap();
        let lines: Vec<&str> = about.lines().collect();
        for pair in lines.windows(2) {
            let [line, next] = pair else { continue };
            if line.is_empty() || next.is_empty() || line.starts_with(' ') || next.starts_with(' ')
            {
                continue;
            }
            let word = next.split(' ').next().unwrap();
            let room = line.chars().count() + 1 + word.chars().count();
            assert!(room > 80, "{command:?}: {line}\n{next}");
        }
    }
}

#[test]
fn every_command_names_its_exit_codes_in_the_words_of_all() {
    let home = tempfile::tempdir().unwrap();
    let meaning = |code: &str| {
        let status = ExitStatus::ALL.into_iter();
        let status = status.map(|it| ((it as u8).to_string(), it.meaning()));
        status.into_iter().find(|(number, _)| number == code)
    };
    for (command, text) in commands(&home) {
        let is_group = !command.is_empty() && !section(&text, "Commands").is_empty();
        let mut seen = Vec::new();
        let mut told = section(&text, "Exit codes")
            .join("\n")
            .replace("\n       ", " ");
        told = told.replace("\n     ", " ");
        for line in told.lines() {
            let (code, words) = line.trim().split_once("  ").unwrap();
            let (_, meaning) = meaning(code).unwrap_or_else(|| panic!("{command:?}: {line}"));
            let words = words.trim_start();
            assert!(words.starts_with(meaning), "{command:?}: {line}");
            seen.push(code.parse::<u8>().unwrap());
        }
        assert!(seen.is_sorted(), "{command:?}: {seen:?}");
        match (command.is_empty(), is_group) {
            (true, _) => assert_eq!(seen.len(), ExitStatus::ALL.len(), "{text}"),
            // Those below it say theirs.
            (_, true) => assert_eq!(seen, [0; 0], "{command:?}"),
            (_, false) => assert!(seen.starts_with(&[0, 1, 2, 3]), "{command:?}: {seen:?}"),
        }
    }
}

#[test]
fn the_documents_have_the_exit_codes_in_the_same_words() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md");
    let page = std::fs::read_to_string(page).unwrap();
    for status in ExitStatus::ALL {
        let row = format!("| {} | {}", status as u8, status.meaning());
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn manual_pages_have_the_usual_sections_and_leave_what_is_typed_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("man");
    let made = wikisentry(&home).arg("man").arg(&folder).status().unwrap();
    assert!(made.success());
    for (command, text) in commands(&home) {
        let name = [&["wikisentry".to_owned()], &command[..]]
            .concat()
            .join("-");
        let file = folder.join(format!("{name}.1"));
        let page = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!page.contains("EXTRA"), "{name}");
        let is_group = !command.is_empty() && !section(&text, "Commands").is_empty();
        assert_eq!(
            page.contains("\n.SH \"EXIT STATUS\"\n"),
            !is_group,
            "{name}:\n{page}"
        );
        let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
        let synopsis = page.replace("\\-", "-");
        let synopsis = synopsis.split(".SH ").find(|it| it.starts_with("SYNOPSIS"));
        assert!(
            synopsis.unwrap().contains(usage.unwrap()),
            "{name}:\n{page}"
        );
        // As `man` shows it, an example is one line, and nothing is stretched.
        let shown = Command::new("groff")
            .args(["-man", "-Tutf8", "-P-cbou", "-rLL=80n"])
            .arg(&file)
            .output();
        let Ok(shown) = shown else { continue };
        let shown = String::from_utf8(shown.stdout).unwrap();
        for example in section(&text, "Examples") {
            let typed = example.trim().split("  ").next().unwrap();
            let typed = typed.replace(['\'', '"'], "");
            let lines = shown.replace(['\'', '"', '’', '‘', '´'], "");
            assert!(lines.contains(&typed), "{name}: {typed}\n{shown}");
        }
    }
    assert!(!folder.join("wikisentry-man.1").exists());
}
