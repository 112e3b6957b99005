//! The state folder is its owner's alone, and ours by a mark: what else may lie in its place is left as
//! it is.

use crate::support::{Home, NOWHERE, all_below, said};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use wikisentry_learning::RetrainLock;

fn mode(path: &Path) -> u32 {
    let found = fs::symlink_metadata(path).expect("it is there");
    found.permissions().mode() & 0o777
}

#[test]
fn all_that_is_kept_is_for_its_owner_alone_also_what_an_earlier_version_left_open() {
    let home = Home::with_sample();
    let check = || {
        let found = all_below(&home.home());
        for path in &found {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(path) & !expected, 0, "{}", path.display());
        }
        found
    };
    let found = check();
    assert!(found.len() > 30, "{found:?}");

    // As an earlier version made it.
    for path in &found {
        let open = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, PermissionsExt::from_mode(open)).expect("opened");
    }
    for state in [home.home(), home.state()] {
        fs::remove_file(state.join(".wikisentry-state")).expect("a mark");
    }
    let purge = home.run(&["down", "--purge", "--yes"]);
    assert_eq!(purge.status.code(), Some(7), "{}", said(&purge));
    // Long lines are folded.
    let help = said(&purge)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let advice = "`wikisentry up --replay sample`, then `wikisentry down --purge`";
    assert!(help.contains(advice), "{help}");
    home.ok(&["up", "--replay", "sample", "--timeout", "0"]);
    home.ok(&["down"]);
    check();
    home.ok(&["down", "--purge", "--yes"]);
    assert!(!home.home().exists(), "a purge leaves nothing of ours");
}

#[test]
fn folders_of_somebody_else_are_neither_used_nor_removed() {
    let mut home = Home::new();
    home.set("SOURCE__URL", NOWHERE);
    let weights = home.home().join("models/llama/weights.bin");
    fs::create_dir_all(weights.parent().expect("a folder")).expect("made");
    fs::write(&weights, "mine").expect("written");
    for command in [
        &["up", "--replay", "sample"][..],
        &["up"],
        &["models", "hold", "wait"],
        &["retrain", "--now"],
        &["up"],
        &["down", "--purge", "--yes"],
    ] {
        let refused = home.run(command);
        assert_eq!(
            refused.status.code(),
            Some(7),
            "{command:?}: {}",
            said(&refused)
        );
    }
    assert_eq!(fs::read(&weights).expect("it is there"), b"mine");
    let models = fs::read_dir(home.home().join("models")).expect("a folder");
    assert_eq!(models.count(), 1, "nothing was written beside them");
}

#[test]
fn to_look_at_retrainings_writes_nothing() {
    let home = Home::new();
    let models = home.home().join("models");
    fs::create_dir_all(&models).expect("made");
    home.ok(&["retrain"]);
    assert_eq!(all_below(&home.home()).len(), all_below(&models).len() + 1);
    assert_eq!(fs::read_dir(&models).expect("a folder").count(), 0);
}

#[test]
fn a_state_that_a_retraining_works_on_is_not_removed() {
    let home = Home::with_sample();
    let lock = RetrainLock::take(&home.state().join("models")).expect("nobody has it");
    let refused = home.run(&["down", "--purge", "--yes"]);
    assert_eq!(refused.status.code(), Some(7), "{}", said(&refused));
    assert!(said(&refused).contains("retraining"), "{}", said(&refused));
    assert!(home.state().join("lake/edits").is_dir());
    drop(lock);
    home.ok(&["down", "--purge", "--yes"]);
    assert!(!home.home().exists());
}

#[test]
fn a_linked_recording_is_refused_and_what_is_behind_it_stays_as_it_is() {
    let home = Home::with_sample();
    let (recording, disk) = (home.state(), home.dir.path().join("disk"));
    fs::rename(&recording, &disk).expect("moved");
    fs::set_permissions(&disk, PermissionsExt::from_mode(0o755)).expect("opened");
    symlink(&disk, &recording).expect("linked");
    let before = all_below(&disk);
    for command in [
        &["up", "--replay", "sample"][..],
        &["models", "hold"],
        &["down", "--purge", "--yes"],
    ] {
        let refused = home.run(command);
        let said = said(&refused);
        assert_eq!(refused.status.code(), Some(3), "{command:?}: {said}");
        assert!(said.contains("link"), "{command:?}: {said}");
    }
    assert_eq!(all_below(&disk), before);
    assert_eq!(mode(&disk), 0o755);
}

#[test]
fn links_within_the_state_are_refused_and_what_they_point_to_stays() {
    let home = Home::with_sample();
    let thesis = home.dir.path().join("thesis");
    fs::create_dir(&thesis).expect("made");
    fs::write(thesis.join("chapter.tex"), "mine").expect("written");
    let state = home.state();
    for link in ["lake/.staging", "run", "log/lock"] {
        let (link, aside) = (state.join(link), state.join("aside"));
        fs::rename(&link, &aside).expect("moved");
        symlink(&thesis, &link).expect("linked");
        let refused = home.run(&["up", "--replay", "sample"]);
        assert_eq!(
            refused.status.code(),
            Some(3),
            "{}: {}",
            link.display(),
            said(&refused)
        );
        for says in [&*link.to_string_lossy(), "remove the link"] {
            assert!(said(&refused).contains(says), "{}", said(&refused));
        }
        assert!(!said(&refused).contains("free space"), "{}", said(&refused));
        assert_eq!(fs::read_dir(&thesis).expect("a folder").count(), 1);
        fs::remove_file(&link).expect("unlinked");
        fs::rename(&aside, &link).expect("moved back");
    }
    // The lake itself may be on another disk.
    let disk = home.dir.path().join("disk");
    fs::rename(state.join("lake"), &disk).expect("moved");
    symlink(&disk, state.join("lake")).expect("linked");
    home.ok(&["up", "--replay", "sample", "--timeout", "0"]);
    home.ok(&["down"]);
    let purged = home.run(&["down", "--purge", "--yes"]);
    assert!(purged.status.success(), "{}", said(&purged));
    assert!(
        said(&purged).contains(&disk.display().to_string()),
        "{}",
        said(&purged)
    );
    assert!(disk.join("edits").is_dir() && !home.home().exists());
}

#[test]
fn a_pipe_or_a_huge_file_in_place_of_a_note_ends_no_command_in_waiting() {
    let mut home = Home::with_sample();
    home.set("SOURCE__URL", NOWHERE);
    let run = home.home().join("run");
    let note = run.join("recording.json");
    fs::remove_file(&note).expect("a note");
    let kind = rustix::fs::FileType::Fifo;
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &note, kind, mode, 0).expect("a pipe");
    for command in ["status", "up", "down"] {
        let refused = home.run(&[command]);
        assert_eq!(
            refused.status.code(),
            Some(3),
            "{command}: {}",
            said(&refused)
        );
        assert!(
            said(&refused).contains("recording.json"),
            "{}",
            said(&refused)
        );
    }
    fs::remove_file(&note).expect("a pipe");
    let huge = fs::File::create(run.join("platform.json")).expect("made");
    huge.set_len(2 << 30).expect("as long as that");
    let refused = home.run(&["status"]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(
        said(&refused).contains("2147483648 bytes"),
        "{}",
        said(&refused)
    );
}
