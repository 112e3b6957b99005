//! What `scripts/dist.sh` packs, with modes and without anything of the machine that packs.

#![allow(clippy::unwrap_used)] // of functions that only tests call

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A stand-in for the program that is quick to pack; it does what the program does.
fn stand_in(folder: &Path) -> PathBuf {
    let file = folder.join("wikisentry");
    let text = format!(
        "#!/bin/sh\nexec '{}' \"$@\"\n",
        env!("CARGO_BIN_EXE_wikisentry")
    );
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    file
}

fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// All files below a folder, with their modes.
fn files(root: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.insert(name, path.metadata().unwrap().permissions().mode() & 0o7777);
        }
    }
    found
}

/// The script, which puts its packages into the folder.
fn script(folder: &Path) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/dist.sh");
    let mut command = Command::new(script);
    command.args(["--to".as_ref(), folder.join("packages").as_os_str()]);
    command
}

/// Makes the packages of a program that is there; what the script says it made.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let mut command = script(folder);
    command.args(["--binary".as_ref(), stand_in(folder).as_os_str()]);
    run(&mut command).lines().map(PathBuf::from).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn packages_have_program_manual_completions_and_units_with_their_modes() {
    let folder = tempfile::tempdir().unwrap();
    let made = packages(folder.path());
    let expected = if has("dpkg-deb") { 2 } else { 1 };
    assert_eq!(made.len(), expected, "{made:?}");

    let prefix = folder.path().join("prefix");
    std::fs::create_dir(&prefix).unwrap();
    let mut unpack = Command::new("tar");
    unpack
        .args(["--strip-components=1", "-xzf"])
        .arg(&made[0])
        .arg("-C")
        .arg(&prefix);
    run(&mut unpack);
    let found = files(&prefix);
    for (name, mode) in [
        ("bin/wikisentry", 0o755),
        ("share/man/man1/wikisentry.1.gz", 0o644),
        ("share/man/man1/wikisentry-models-promote.1.gz", 0o644),
        ("share/bash-completion/completions/wikisentry", 0o644),
        ("share/fish/vendor_completions.d/wikisentry.fish", 0o644),
        ("share/zsh/site-functions/_wikisentry", 0o644),
        ("share/systemd/user/wikisentry.service", 0o644),
        ("lib/systemd/system/wikisentry.service", 0o644),
        ("share/doc/wikisentry/LICENSE", 0o644),
    ] {
        assert_eq!(found.get(name), Some(&mode), "{name} of {found:?}");
    }
    let user = read(&prefix.join("share/systemd/user/wikisentry.service"));
    assert!(
        user.contains("ExecStart=%h/.local/bin/wikisentry up --foreground\n"),
        "{user}"
    );

    let Some(package) = made.get(1) else { return };
    let root = folder.path().join("root");
    run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&root));
    let found = files(&root);
    for (name, mode) in [
        ("usr/bin/wikisentry", 0o755),
        ("usr/share/man/man1/wikisentry-up.1.gz", 0o644),
        ("usr/share/zsh/vendor-completions/_wikisentry", 0o644),
        ("usr/lib/systemd/user/wikisentry.service", 0o644),
        ("usr/lib/systemd/system/wikisentry.service", 0o644),
        ("usr/share/doc/wikisentry/copyright", 0o644),
        // It may hold a secret.
        ("etc/wikisentry/config.toml", 0o600),
    ] {
        assert_eq!(found.get(name), Some(&mode), "{name} of {found:?}");
    }
    let system = read(&root.join("usr/lib/systemd/system/wikisentry.service"));
    for line in [
        "DynamicUser=yes",
        "StateDirectory=wikisentry",
        "ProtectSystem=strict",
        "RestartPreventExitStatus=2 7",
    ] {
        assert!(system.lines().any(|own| own == line), "{line} in {system}");
    }
    for unit in [&user, &system] {
        // Without a contact it never starts, which is no reason to try for ever.
        let (head, service) = unit.split_once("\n[Service]\n").unwrap();
        assert!(
            head.contains("\nStartLimitIntervalSec=120\nStartLimitBurst=5\n"),
            "{head}"
        );
        assert!(service.contains("\nRestartSec=5\n"), "{service}");
    }
    // The settings that come with the package are taken.
    let show = run(Command::new(env!("CARGO_BIN_EXE_wikisentry"))
        .env_clear()
        .env("HOME", folder.path())
        .args(["config", "show", "--config"])
        .arg(root.join("etc/wikisentry/config.toml")));
    assert!(show.contains("source.contact"), "{show}");

    let listed = run(Command::new("dpkg-deb").arg("-c").arg(package));
    assert!(
        listed.lines().all(|line| line.contains(" root/root ")),
        "{listed}"
    );
    let control = run(Command::new("dpkg-deb").arg("-f").arg(package));
    let version = format!("Version: {}\n", env!("CARGO_PKG_VERSION"));
    assert!(
        control.contains(&version) && control.contains("\nDepends: libc6"),
        "{control}"
    );
}

#[test]
fn a_program_that_is_built_first_is_packed_with_the_libraries_it_needs() {
    if !has("dpkg-deb") || !has("dpkg-shlibdeps") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // What cargo would have built, at a place that is named from the source's folder.
    let target = folder.path().join("target");
    let built = target.join("dist/wikisentry");
    std::fs::create_dir_all(built.parent().unwrap()).unwrap();
    let source = folder.path().join("main.rs");
    let program = env!("CARGO_BIN_EXE_wikisentry");
    let text = format!(
        "fn main() {{ let error = std::os::unix::process::CommandExt::exec(\
         std::process::Command::new({program:?}).args(std::env::args_os().skip(1))); \
         panic!(\"{{error}}\") }}"
    );
    std::fs::write(&source, text).unwrap();
    run(
        Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
            .args(["--edition=2024", "-o"])
            .args([&built, &source]),
    );
    let cargo = folder.path().join("bin/cargo");
    std::fs::create_dir(cargo.parent().unwrap()).unwrap();
    std::fs::write(&cargo, "#!/bin/sh\ntest \"$1\" = build\n").unwrap();
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).unwrap();

    let from_root = target.strip_prefix("/").unwrap();
    let up = Path::new(env!("CARGO_MANIFEST_DIR")).components().skip(1);
    let up: PathBuf = up.map(|_| "..").collect();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", cargo.parent().unwrap().display());
    let mut command = script(folder.path());
    command.env("CARGO_TARGET_DIR", up.join(from_root));
    let made = run(command.env("PATH", path));
    let package = made.lines().last().unwrap();
    let control = run(Command::new("dpkg-deb").arg("-f").arg(package));
    // With a version: what the stand-in of a script is given has none.
    assert!(control.contains("\nDepends: libc6 (>= "), "{control}");
    assert!(control.contains(", ca-certificates\n"), "{control}");
}

#[test]
fn every_command_has_its_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut man = Command::new("sh");
    man.args(["-c", "umask 022 && exec \"$0\" man \"$1\""]);
    man.arg(env!("CARGO_BIN_EXE_wikisentry"));
    run(man.arg(folder.path()));
    let pages = files(folder.path());
    for name in [
        "wikisentry",
        "wikisentry-up",
        "wikisentry-config-show",
        "wikisentry-models-list",
    ] {
        let page = read(&folder.path().join(format!("{name}.1")));
        assert!(
            page.contains(".TH ") && page.contains(".SH OPTIONS"),
            "{page}"
        );
    }
    // They are for everybody to read.
    assert!(pages.values().all(|mode| *mode == 0o644), "{pages:?}");
    // What is hidden is no command for people.
    assert!(!pages.contains_key("wikisentry-man.1"), "{pages:?}");
}
