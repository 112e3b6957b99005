//! The table of the state folder in docs/OPERATIONS.md has a row for everything that is in one.

use super::root;
use crate::support::{Home, files_below};

/// The paths of the first column.
fn rows() -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/OPERATIONS.md")).expect("the page");
    let (_, section) = page
        .split_once("\n## The state folder\n")
        .expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let paths = cells.flat_map(|line| {
        let cell = line.split(" | ").next().unwrap_or_default();
        cell.split(", `")
            .map(|path| path.split('`').next().unwrap_or_default().to_owned())
    });
    paths.collect()
}

/// Whether a row is about the path: it names it or a folder that it is in.
fn is_about(row: &str, path: &str) -> bool {
    let (mut names, mut parts) = (row.split('/'), path.split('/'));
    loop {
        match (names.next(), parts.next()) {
            (None | Some(""), _) => return true,
            (Some(name), Some(part)) if name == part || name == "NAME" => {}
            _ => return false,
        }
    }
}

#[test]
fn every_file_of_a_state_folder_has_a_row() {
    let home = Home::new();
    home.ok(&["up", "--replay", "sample"]);
    home.wait_for("the sample in the lake", |status| {
        status["archived"].as_u64() == Some(4_068) && status["lag"] == 0
    });
    // It learns nothing from so little, and leaves its notes.
    home.run(&["retrain", "--now"]);
    // Those of the recording are among them.
    let found = files_below(&home.home());
    home.ok(&["down"]);
    let rows = rows();
    assert!(rows.len() > 10, "{rows:?}");
    let recording = home.state();
    let missing: Vec<String> = found
        .iter()
        .map(|path| {
            let own = path.strip_prefix(&recording).ok();
            let path = own.or(path.strip_prefix(home.home()).ok()).expect("below");
            path.display().to_string()
        })
        .filter(|path| !rows.iter().any(|row| is_about(row, path)))
        .collect();
    assert!(found.len() > 20, "{found:?}");
    assert!(missing.is_empty(), "no row is about {missing:?}");
}

#[test]
fn a_row_is_about_what_is_in_its_folder_alone() {
    for (row, path, expected) in [
        ("log/", "log/0/1.jnl", true),
        ("log/", "logs/wikisentry.log", false),
        ("models/NAME/", "models/edit-risk/aliases/champion", true),
        ("run/turn.lock", "run/turn.lock", true),
        ("run/turn.lock", "run/lock", false),
        ("lake/edits/", "lake/other/file", false),
    ] {
        assert_eq!(is_about(row, path), expected, "{row} {path}");
    }
}
