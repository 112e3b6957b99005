//! What is taken for ours, and what is left alone.

use super::*;
use crate::error::ExitStatus;
use std::os::unix::fs::{PermissionsExt, symlink};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn open_to_all(path: &Path) {
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_was_never_ours_is_neither_taken_nor_removed() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::at(dir.path());
    let weights = state.models().join("llama/weights.bin");
    fs::create_dir_all(weights.parent().unwrap()).unwrap();
    fs::write(&weights, "mine").unwrap();
    for refused in [state.create(), state.remove().map(drop)] {
        let error = refused.unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Refused);
        let root = dir.path().display().to_string();
        assert!(error.in_one_line().contains(&root), "{error:?}");
    }
    assert!(!state.is_ours() && !state.run().exists());
    assert_eq!(fs::read(&weights).unwrap(), b"mine");
}

#[test]
fn one_entry_of_ours_does_not_vouch_for_what_else_is_in_its_folder() {
    for (ours, theirs) in [
        ("models/.retrain.lock", "models/llama/weights.bin"),
        ("models/edit-risk/versions/1/card.json", "models/notes.txt"),
        ("models/edit-risk/.lock", "models/edit-risk/thesis.tex"),
        ("run/lock", "run/daemon.pid"),
        ("log/lock", "log/mail.log"),
        ("logs/wikisentry.log", "logs/mail.log"),
        ("lake/edits/part.parquet", "lake/photo.jpg"),
        ("data-layer/compose.yaml", "data-layer/dump.sql"),
        ("recordings/sample/log/lock", "recordings/song.flac"),
        ("recordings/sample/run/lock", "recordings/sample/song.flac"),
        (
            "recordings/sample/run/lock",
            "recordings/sample/models/llama/weights.bin",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        for name in [ours, theirs] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, name).unwrap();
        }
        let state = StateDir::at(dir.path());
        let refused = state.claim().unwrap_err();
        assert_eq!(refused.exit_status(), ExitStatus::Refused, "{theirs}");
        assert!(!state.is_ours());
        fs::remove_file(dir.path().join(theirs)).unwrap();
        // An empty folder holds nothing of anybody's.
        state.claim().unwrap();
    }
}

#[test]
fn whatever_this_program_writes_is_known_as_its_own() {
    let names = [
        ("run", &RUN[..]),
        ("log", &LOG[..]),
        ("lake", &LAKE[..]),
        ("data-layer", &DATA_LAYER[..]),
        ("logs", &["wikisentry.log", "wikisentry.log.1"][..]),
        ("models", &[".retrain.lock"][..]),
    ];
    let torn = ["lost+found", ".a1B2c3"];
    let all = names.iter().flat_map(|(folder, names)| {
        let names = names.iter().chain(&torn);
        names.map(move |name| format!("{folder}/{name}"))
    });
    for name in all {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(&name);
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        let claimed = StateDir::at(dir.path()).claim();
        assert!(claimed.is_ok(), "{name}: {claimed:?}");
    }
}

#[test]
fn a_linked_recording_is_neither_used_nor_removed() {
    let dir = tempfile::tempdir().unwrap();
    let (root, disk) = (dir.path().join("state"), dir.path().join("disk"));
    fs::create_dir_all(disk.join("lake/edits")).unwrap();
    fs::write(disk.join(MARK), "{}").unwrap();
    open_to_all(&disk);
    let home = StateDir::at(&root);
    home.create().unwrap();
    fs::create_dir(home.recordings()).unwrap();
    symlink(&disk, home.recordings().join("sample")).unwrap();
    let state = home.recording("sample");
    for refused in [state.create(), state.claim(), state.remove().map(drop)] {
        let error = refused.unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Preflight);
        assert!(error.in_one_line().contains("symbolic link"), "{error:?}");
    }
    assert_eq!(mode(&disk), 0o755);
    home.remove().unwrap();
    assert!(disk.join("lake/edits").is_dir() && !root.exists());
}

#[test]
fn a_state_is_for_its_owner_alone_and_removed_with_its_mark() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::at(&dir.path().join("a/b"));
    state.create().unwrap();
    for folder in [state.root(), &state.run(), &state.logs()] {
        assert_eq!(mode(folder), 0o700, "{folder:?}");
    }
    assert!(state.is_ours());
    assert_eq!(mode(&state.mark()), 0o600);
    fs::create_dir_all(state.lake().join("edits")).unwrap();
    assert!(state.remove().unwrap().is_empty());
    assert!(!state.root().exists());
}

#[test]
fn a_state_of_before_the_mark_is_closed_to_others_once_and_then_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::at(&dir.path().join("state"));
    let file = state.lake().join("edits/user_type=bot/part.parquet");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::create_dir_all(state.log()).unwrap();
    for name in ["log/lock", "lake/edits/user_type=bot/part.parquet"] {
        fs::write(state.root().join(name), "").unwrap();
        open_to_all(&state.root().join(name));
    }
    let folders = [state.root().to_owned(), state.log(), state.lake()];
    folders.iter().for_each(|folder| open_to_all(folder));
    let refused = state.remove().unwrap_err();
    assert_eq!(refused.exit_status(), ExitStatus::Refused);
    state.create().unwrap();
    assert!(folders.iter().all(|folder| mode(folder) == 0o700));
    assert_eq!((mode(file.parent().unwrap()), mode(&file)), (0o700, 0o600));
    // Who opens it now means to.
    open_to_all(&state.lake());
    state.create().unwrap();
    assert_eq!(mode(&state.lake()), 0o755);
}

#[test]
fn a_shared_folder_keeps_its_mode_and_what_else_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("notes"), "mine").unwrap();
    open_to_all(dir.path());
    let state = StateDir::at(dir.path());
    state.create().unwrap();
    assert_eq!((mode(dir.path()), mode(&state.run())), (0o755, 0o700));
    state.remove().unwrap();
    let left: Vec<_> = entries(dir.path()).map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["notes"]);
}

#[test]
fn a_linked_lake_is_used_and_what_it_points_to_is_left_by_a_purge() {
    let dir = tempfile::tempdir().unwrap();
    let (root, disk) = (dir.path().join("state"), dir.path().join("disk"));
    fs::create_dir_all(disk.join("edits")).unwrap();
    fs::write(disk.join("photo.jpg"), "mine").unwrap();
    fs::create_dir(&root).unwrap();
    open_to_all(&disk);
    symlink(&disk, root.join("lake")).unwrap();
    let state = StateDir::at(&root);
    state.create().unwrap();
    assert_eq!(
        mode(&disk),
        0o755,
        "the modes of another disk are its owner's"
    );
    assert_eq!(state.remove().unwrap(), [disk.as_path()]);
    assert!(disk.join("edits").is_dir() && disk.join("photo.jpg").is_file());
    assert!(!root.exists());
}
