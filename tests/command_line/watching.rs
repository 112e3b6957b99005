//! `status --watch` on a terminal, which `script` of util-linux makes.

#![allow(clippy::unwrap_used)] // of functions that only tests call

use crate::wikisentry;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ALTERNATE: &str = "\x1b[?1049h";
const MAIN: &str = "\x1b[?1049l";
const FRAME: &str = "\x1b[H\x1b[2J";

#[test]
fn a_view_that_is_renewed_has_a_screen_of_its_own_and_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    let given = wikisentry(&home);
    let line = format!(
        "trap : INT; stty rows 15 cols 80; '{}' status --watch 1; echo ended with $?",
        env!("CARGO_BIN_EXE_wikisentry")
    );
    let mut command = Command::new("script");
    command.args([
        "--quiet",
        "--flush",
        "--return",
        "--command",
        &line,
        "/dev/null",
    ]);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    for (key, value) in given.get_envs() {
        command.env(key, value.unwrap_or_default());
    }
    command
        .env("TERM", "xterm-256color")
        .env("SHELL", "/bin/sh");
    let mut script = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = script.stdin.take().unwrap();
    let mut screen = script.stdout.take().unwrap();
    let mut seen = Vec::new();
    let begun = Instant::now();
    let shown = |seen: &[u8]| String::from_utf8_lossy(seen).into_owned();
    while shown(&seen).matches(FRAME).count() < 2 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{}",
            shown(&seen)
        );
        let mut part = [0; 4096];
        let read = screen.read(&mut part).unwrap();
        assert!(read > 0, "{}", shown(&seen));
        seen.extend_from_slice(&part[..read]);
    }
    keyboard.write_all(b"\x03").unwrap();
    screen.read_to_end(&mut seen).unwrap();
    script.wait().unwrap();

    let seen = shown(&seen);
    let (before, rest) = seen
        .split_once(ALTERNATE)
        .unwrap_or_else(|| panic!("{seen}"));
    assert!(!before.contains(FRAME), "{seen:?}");
    let (views, after) = rest.split_once(MAIN).unwrap_or_else(|| panic!("{seen}"));
    assert!(
        !after.contains(FRAME) && after.contains("ended with 0"),
        "{seen:?}"
    );
    assert!(views.contains("\x1b[?25h"), "the cursor is back: {seen:?}");
    for view in views.split(FRAME).skip(1) {
        assert!(view.contains("not running"), "{view:?}");
        assert!(view.matches('\n').count() < 15, "{view:?}");
    }
}

#[test]
fn without_a_terminal_views_come_below_each_other() {
    let home = tempfile::tempdir().unwrap();
    let mut watching = wikisentry(&home)
        .args(["status", "--watch", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = String::new();
    let mut views = watching.stdout.take().unwrap();
    while seen.matches("not running").count() < 2 {
        let mut part = [0; 1024];
        let read = views.read(&mut part).unwrap();
        assert!(read > 0, "{seen}");
        seen.push_str(std::str::from_utf8(&part[..read]).unwrap());
    }
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert!(!seen.contains('\x1b'), "{seen:?}");
}
