//! `-V` and `--version`, and which commit the build notes.

#![allow(clippy::unwrap_used)] // of functions that only tests call

#[allow(dead_code, reason = "its main is for cargo")]
#[path = "../../build.rs"]
mod script;

use std::path::Path;
use std::process::{Command, Stdio};

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(arguments)
        .env("GIT_COMMITTER_DATE", "2026-02-03T04:05:06Z")
        // The repository of the test alone, also for who signs commits or runs this from a hook.
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .stdout(Stdio::null())
        .status();
    assert!(done.unwrap().success(), "{arguments:?}");
}

#[test]
fn the_version_is_said_in_one_line_and_the_build_in_some() {
    let said = |flag: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_wikisentry"))
            .arg(flag)
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let (short, long) = (said("-V"), said("--version"));
    let start = concat!("wikisentry ", env!("CARGO_PKG_VERSION"));
    assert!(
        short.starts_with(start) && short.lines().count() == 1,
        "{short}"
    );
    assert!(long.starts_with(short.trim_end()), "{long}");
    for name in ["\ncommit: ", "\ncommit date: ", "\ntarget: "] {
        assert!(long.contains(name), "{long}");
    }
}

#[test]
fn the_commit_is_that_of_the_source_and_of_no_folder_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    assert_eq!(script::commit(root, ""), None, "there is no commit yet");
    std::fs::write(root.join("file"), "text").unwrap();
    git(root, &["add", "file"]);
    git(root, &["commit", "--quiet", "--message", "first"]);
    let (hash, date) = script::commit(root, "").unwrap();
    assert_eq!((hash.len(), date.as_str()), (40, "2026-02-03"));
    // Cargo is given what a commit changes, the branch and the log of HEAD, and HEAD for a change of
    // branch. A branch that was packed has no file.
    for (is_packed, count) in [(false, 3), (true, 2)] {
        if is_packed {
            git(root, &["pack-refs", "--all"]);
        }
        let watched = script::watched(root);
        assert_eq!(watched.len(), count, "{watched:?}");
        let read = || -> Vec<_> { watched.iter().map(std::fs::read).map(Result::ok).collect() };
        let before = read();
        git(
            root,
            &["commit", "--quiet", "--allow-empty", "--message", "more"],
        );
        let changed = read()
            .iter()
            .zip(&before)
            .filter(|(now, before)| now != before)
            .count();
        assert_eq!(changed, count - 1, "{watched:?}");
    }

    // An archive of the source, unpacked in somebody's repository.
    let unpacked = root.join("unpacked");
    std::fs::create_dir(&unpacked).unwrap();
    assert_eq!(script::commit(&unpacked, ""), None);
    assert!(script::watched(&unpacked).is_empty());
    let given = script::commit(&unpacked, "0123456789abcdef 2026-03-04");
    let expected = ("0123456789abcdef".to_owned(), "2026-03-04".to_owned());
    assert_eq!(given, Some(expected));
    assert_eq!(script::commit(&unpacked, "main yesterday"), None);
}
