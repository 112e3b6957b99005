//! What the shells offer at the cursor, asked as the scripts of `wikisentry completions` ask.

#![allow(clippy::unwrap_used)] // of functions that only tests call

use crate::{versions, wikisentry};

/// What a shell is offered after these words, the last of them unfinished.
fn offered(home: &tempfile::TempDir, shell: &str, words: &[&str]) -> Vec<String> {
    let output = wikisentry(home)
        .env("_WIKISENTRY_COMPLETE", shell)
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .args(["--", "wikisentry"])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // Fish has explanations behind a tab, zsh behind a colon.
    let name = |line: &str| {
        let line = line.split(['\t']).next().unwrap();
        match shell {
            "zsh" => line.split(':').next().unwrap().to_owned(),
            _ => line.to_owned(),
        }
    };
    // Bash is offered options as well where nothing was typed.
    let names = text.lines().map(name);
    names.filter(|name| !name.starts_with('-')).collect()
}

#[test]
fn topics_settings_and_versions_are_completed_in_every_shell() {
    let home = tempfile::tempdir().unwrap();
    versions::publish(&home.path().join("state/models"));
    for shell in ["bash", "fish", "zsh"] {
        let offered = |words: &[&str]| offered(&home, shell, words);
        assert_eq!(
            offered(&["tail", "edits.c"]),
            ["edits.classified"],
            "{shell}"
        );
        assert_eq!(offered(&["tail", ""]).len(), 7, "{shell}");
        assert_eq!(
            offered(&["status", "--set", "source.conta"]),
            ["source.contact="],
            "{shell}"
        );
        assert_eq!(
            offered(&["models", "show", ""]),
            ["champion", "previous", "1", "2", "3", "4", "5", "6"],
            "{shell}"
        );
        assert_eq!(offered(&["models", "promote", "3"]), ["3"], "{shell}");
        assert_eq!(offered(&["end"]), ["endpoints"], "{shell}");
    }
    let value = offered(&home, "bash", &["status", "--set", "profile="]);
    assert_eq!(value, ["profile=auto"]);
}

#[test]
fn the_script_of_a_shell_asks_the_program() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = wikisentry(&home).args(["completions", shell]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("_WIKISENTRY_COMPLETE"), "{shell}: {script}");
    }
}
