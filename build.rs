//! Notes the commit that a release is built from, for `wikisentry -V`. A debug build notes none, so
//! that a commit does not compile the program again while it is written. Without git, as in an archive
//! of the source, there is none either, unless `SOURCE_COMMIT` gives it as `HASH DATE`.

#![allow(clippy::print_stdout, reason = "what is printed is for cargo")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_COMMIT");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let root = PathBuf::from(var("CARGO_MANIFEST_DIR"));
    let is_release = var("PROFILE") == "release";
    let commit = is_release.then(|| {
        for file in watched(&root) {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        commit(&root, &var("SOURCE_COMMIT"))
    });
    let version = var("CARGO_PKG_VERSION");
    let (short, hash, date) = match (commit.flatten(), is_release) {
        (Some((hash, date)), _) => {
            let start: String = hash.chars().take(9).collect();
            (format!("{version} ({start} {date})"), hash, date)
        }
        (None, true) => (version, "unknown".to_owned(), "unknown".to_owned()),
        (None, false) => {
            let none = "not noted in a debug build";
            let short = format!("{version} (debug build)");
            (short, none.to_owned(), none.to_owned())
        }
    };
    for (name, value) in [
        ("BUILT_VERSION", short),
        ("BUILT_COMMIT", hash),
        ("BUILT_COMMIT_DATE", date),
        ("BUILT_TARGET", var("TARGET")),
    ] {
        println!("cargo::rustc-env={name}={value}");
    }
}

/// Hash and day of the commit in a folder of source: what is given for it, else what git says.
pub fn commit(root: &Path, given: &str) -> Option<(String, String)> {
    let text = match given.trim() {
        "" if is_repository(root) => git(root, &["log", "-1", "--format=%H %cs"])?,
        given => given.to_owned(),
    };
    let (hash, date) = text.split_once(' ')?;
    let is_hash = hash.len() >= 7 && hash.chars().all(|c| c.is_ascii_hexdigit());
    is_hash.then(|| (hash.to_owned(), date.trim().to_owned()))
}

/// The files that change with each commit; those that are not there would have cargo build each time.
pub fn watched(root: &Path) -> Vec<PathBuf> {
    if !is_repository(root) {
        return Vec::new();
    }
    let branch = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    // The branch has no file of its own once git has packed it; each commit is in the log of HEAD.
    let names = ["HEAD".to_owned(), "logs/HEAD".to_owned()].into_iter();
    let names = names.chain(branch);
    let paths = names.filter_map(|name| git(root, &["rev-parse", "--git-path", &name]));
    paths
        .map(|path| root.join(path))
        .filter(|path| path.exists())
        .collect()
}

/// Whether the folder is a repository of its own, not an archive unpacked in somebody else's.
fn is_repository(root: &Path) -> bool {
    let top = git(root, &["rev-parse", "--show-toplevel"]);
    let same =
        |top: String| Some(Path::new(&top).canonicalize().ok()? == root.canonicalize().ok()?);
    top.and_then(same).unwrap_or(false)
}

/// What git prints, without the end of the line; `None` if there is no git or it fails.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        // Set in a hook, and about another repository then.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
