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
    assert_eq!(
        value,
        [
            "profile=auto",
            "profile=embedded",
            "profile=k3d",
            "profile=kubernetes"
        ]
    );
    let value = offered(&home, "bash", &["status", "--set", "kafka.port="]);
    assert_eq!(value, ["kafka.port=9092"]);
    let value = offered(&home, "bash", &["status", "--set", "model.score_bots="]);
    assert_eq!(value, ["model.score_bots=true", "model.score_bots=false"]);
}

#[test]
fn recordings_files_and_profiles_are_completed_and_what_is_hidden_is_not() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("saved.jsonl"), "").unwrap();
    let typed = format!("{}/sa", home.path().display());
    let saved = format!("{}/saved.jsonl", home.path().display());
    for shell in ["bash", "fish", "zsh"] {
        let offered = |words: &[&str]| offered(&home, shell, words);
        for words in [&["replay", "sa"][..], &["up", "--replay", "sa"]] {
            assert_eq!(offered(words), ["sample"], "{shell}: {words:?}");
        }
        for words in [
            &["replay", &typed][..],
            &["up", "--replay", &typed],
            &["explain", &typed],
            &["predict", &typed],
        ] {
            assert_eq!(offered(words), [saved.as_str()], "{shell}: {words:?}");
        }
        assert_eq!(offered(&["ma"]), [""; 0], "{shell}");
        assert_eq!(
            offered(&["replay", "sample", "--faults", "disc"]),
            ["disconnect="]
        );
        assert_eq!(
            offered(&["replay", "sample", "--faults", "gap=0.1,dup"]),
            ["gap=0.1,duplicate="]
        );
        assert_eq!(offered(&["logs", "ka"]), ["kafka"], "{shell}");
        let profiles = offered(&["plan", "--profile", ""]);
        let is_offered = profiles.iter().any(|one| one.starts_with("kubernetes"));
        assert!(is_offered, "{shell}: {profiles:?}");
    }
    let hidden = wikisentry(&home)
        .env("_WIKISENTRY_COMPLETE", "fish")
        .args(["--", "wikisentry", "up", "--handed"])
        .output()
        .unwrap();
    assert!(
        hidden.status.success() && hidden.stdout.is_empty(),
        "{hidden:?}"
    );
}

/// Bash breaks words at `=` and `:` before it asks, and puts the answer in the place of the last part.
#[test]
fn bash_completes_what_stands_behind_an_equals_sign() {
    let home = tempfile::tempdir().unwrap();
    let script = wikisentry(&home).args(["completions", "bash"]).output();
    let file = home.path().join("completions.bash");
    std::fs::write(&file, script.unwrap().stdout).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_wikisentry"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    for (words, expected) in [
        (&["status", "--set", "kafka.por"][..], "kafka.port="),
        (&["status", "--set", "kafka.port", "="], "9092"),
        (&["status", "--set", "=", "kafka.por"], "kafka.port="),
        (&["status", "--set", "=", "kafka.port", "="], "9092"),
        (&["status", "--set", "=", "kafka.port", "=", "90"], "9092"),
        (&["plan", "--profile", "="], "auto embedded k3d kubernetes"),
        (&["plan", "--profile", "=", "k"], "k3d kubernetes"),
        (
            &["status", "--set", "api.listen", "=", "127.0.0.1", ":"],
            "8000",
        ),
        (&["up", "--replay", "=", "sim"], "simulation"),
        (&["up", "--replay", "sim"], "simulation"),
        (&["st"], "status"),
    ] {
        // As bash gives it: breaks are words of their own, and spaces only stand where they were typed.
        let mut line = "wikisentry".to_owned();
        for (at, word) in words.iter().enumerate() {
            let is_break = |word: &&str| matches!(*word, "=" | ":");
            let is_joined = is_break(word) || (at > 0 && is_break(&words[at - 1]));
            // The value of `--set` begins a word, unless `=` was typed before it.
            line.push_str(if is_joined { "" } else { " " });
            line.push_str(word);
        }
        let last = words.last().unwrap();
        let current = if matches!(*last, "=" | ":") {
            ""
        } else {
            *last
        };
        let test = format!(
            "source {}; COMP_WORDS=(wikisentry {}); COMP_CWORD={}; COMP_LINE='{line}'; \
             COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9; _wikisentry wikisentry '{current}' ''; \
             echo \"${{COMPREPLY[*]}}\"",
            file.display(),
            words.join(" "),
            words.len(),
        );
        let output = std::process::Command::new("bash")
            .args(["--norc", "-c", &test])
            .env_clear()
            .env("HOME", home.path())
            .env("WIKISENTRY_HOME", home.path().join("state"))
            .env("PATH", &path)
            .output()
            .unwrap();
        let offered = String::from_utf8(output.stdout).unwrap();
        assert_eq!(offered.trim_end(), expected, "{line}: {:?}", output.stderr);
    }
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
