//! README.md and docs/COMMANDS.md show what the commands print: each block of kind `console` is typed
//! here, from the first to the last, against a platform that reads the sample. What differs from run to
//! run, such as times and sizes, is compared by its form; a line `…` stands for any lines.
//!
//! After a change `DOCUMENTS=write cargo test --test platform documents` writes what differs into the
//! pages; blocks with a line `…` are written by hand. Blocks `console docker` need an engine and are
//! not typed.

mod block;
mod form;
mod state_table;
mod terminal;

use block::{Block, Step};
use std::path::{Path, PathBuf};
use terminal::Terminal;

const WRITE: &str = "DOCUMENTS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is wrong with a block, or nothing; with `write` what can be is put right.
fn check(terminal: &Terminal, block: &mut Block, write: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for step in &mut block.steps {
        let seen = terminal.type_in(step);
        if form::agree(&step.output, &seen) {
            continue;
        }
        if write && !step.output.iter().any(|line| line == form::ANYTHING) {
            step.output = seen;
            continue;
        }
        let Step { command, output } = step;
        let (page, here) = (output.join("\n"), seen.join("\n"));
        wrong.push(format!(
            "$ {command}\n--- the page\n{page}\n--- now\n{here}\n"
        ));
    }
    wrong
}

fn typed_as_written(page: &str) {
    let path: PathBuf = root().join(page);
    let text = std::fs::read_to_string(&path).expect("the page");
    let mut document = block::Document::read(&text);
    let terminal = Terminal::new();
    let write = std::env::var_os(WRITE).is_some();
    let (mut wrong, mut typed) = (Vec::new(), 0);
    for block in document.blocks_mut() {
        typed += block.steps.len();
        wrong.extend(check(&terminal, block, write));
    }
    assert!(typed > 2, "{page} has {typed} commands");
    if write {
        std::fs::write(&path, document.text()).expect("written");
    }
    assert!(wrong.is_empty(), "{page}:\n{}", wrong.join("\n"));
}

#[test]
fn the_readme_shows_what_its_commands_print() {
    typed_as_written("README.md");
}

#[test]
fn the_tour_of_the_commands_shows_what_they_print() {
    typed_as_written("docs/COMMANDS.md");
}

#[test]
fn every_command_has_its_section() {
    let tour = std::fs::read_to_string(root().join("docs/COMMANDS.md")).expect("the page");
    let help = Terminal::new().home.ok(&["help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter_map(|line| line.split_ascii_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(
            tour.contains(&format!("\n### `{name}`")),
            "{name} has no section"
        );
    }
}
