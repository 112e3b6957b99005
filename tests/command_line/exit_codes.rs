//! Exit codes where standard output cannot be written, or nobody reads it.

#![allow(clippy::unwrap_used)] // of functions that only tests call

use crate::{versions, wikisentry};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_full_disk_behind_standard_output_is_an_error_of_every_command() {
    let (empty, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    versions::publish(&home.path().join("state/models"));
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for home in [&empty, &home] {
        for arguments in [
            &["models", "list"][..],
            &["models", "list", "--quiet"],
            &["models", "show"],
            &["plan"],
            &["plan", "--output", "json"],
            &["config", "show"],
            &["endpoints"],
            &["status"],
        ] {
            let output = wikisentry(home).args(arguments).stdout(full()).output();
            let output = output.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
            assert!(said.contains("cannot write to standard output"), "{said}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_an_error_though_nobody_reads_the_answer() {
    let home = tempfile::tempdir().unwrap();
    let edit = include_str!("../../testdata/events/recentchange-2026-temporary-account.json");
    let edit = edit.replace('\n', " ");
    for (command, events, strict, code) in [
        ("predict", "bad\nworse\n", false, 2),
        ("explain", "bad\nworse\n", false, 2),
        ("predict", &*format!("bad\n{edit}\n"), true, 2),
        ("predict", &*format!("{edit}\nbad\n"), false, 0),
        ("explain", &*format!("{edit}\nbad\n"), false, 0),
    ] {
        let (reader, gone) = std::io::pipe().unwrap();
        drop(reader);
        let mut file = tempfile::NamedTempFile::new_in(home.path()).unwrap();
        file.write_all(events.as_bytes()).unwrap();
        let input = File::open(file.path()).unwrap();
        let flags = if strict { &["--strict"][..] } else { &[] };
        let output = wikisentry(&home)
            .args([command, "-"])
            .args(flags)
            .stdin(Stdio::from(input))
            .stdout(gone)
            .output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
    }
}
