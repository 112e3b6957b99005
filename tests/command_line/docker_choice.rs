//! Commands about containers refuse where it is not known which Docker engine is meant.

use super::wikisentry;

type Pairs = &'static [(&'static str, &'static str)];

/// Files of the Docker CLI below `.docker`, variables, and what the refusal must name.
const UNKNOWN: [(Pairs, Pairs, &str, &str); 4] = [
    (
        &[],
        &[("DOCKER_CONTEXT", "gone")],
        "no Docker context `gone`, which DOCKER_CONTEXT names",
        "unset DOCKER_CONTEXT",
    ),
    (
        &[("config.json", r#"{"currentContext": "gone"}"#)],
        &[],
        "no Docker context `gone`",
        "docker context use default",
    ),
    (
        &[("config.json", "{")],
        &[],
        "config.json",
        "correct or remove",
    ),
    (
        &[],
        &[("DOCKER_TLS_VERIFY", "1")],
        "DOCKER_TLS_VERIFY asks for TLS",
        "ssh -nNT -L",
    ),
];

#[test]
fn an_engine_that_is_not_the_one_that_was_chosen_is_never_acted_on() {
    for (files, variables, what, help) in UNKNOWN {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".docker")).unwrap();
        for (name, text) in files {
            std::fs::write(home.path().join(".docker").join(name), text).unwrap();
        }
        for command in [
            &["down", "--purge", "--yes"][..],
            &["plan"],
            &["up", "--until", "data-layer"],
            &["doctor"],
        ] {
            let output = wikisentry(&home)
                .args(command)
                .env("WIKISENTRY_PROFILE", "k3d")
                .env("WIKISENTRY_SOURCE__CONTACT", "me@example.org")
                .envs(variables.iter().copied())
                .output()
                .unwrap();
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert_eq!(output.status.code(), Some(3), "{command:?}: {said}");
            // Long lines are folded.
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            for words in [what, help] {
                assert!(said.contains(words), "{command:?}: {words}: {said}");
            }
        }
    }
}
