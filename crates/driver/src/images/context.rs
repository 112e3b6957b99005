//! A build context: the files that an image is built from, their hash, and the archive that the
//! engine takes. It knows nothing of what a Dockerfile says.

#[cfg(test)]
use super::folder;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
#[cfg(test)]
use std::path::Path;

/// Hexadecimal digits of a context's hash that make a tag.
const TAG_DIGITS: usize = 12;

/// One file of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextFile {
    /// Path inside the context, with `/` between its parts.
    pub path: String,
    /// Whether it may be executed.
    pub executable: bool,
    pub content: Cow<'static, [u8]>,
}

/// The files of an image's folder, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildContext {
    files: Vec<ContextFile>,
}

impl BuildContext {
    /// Sorts the files by path, so that their order does not count.
    pub fn new(mut files: Vec<ContextFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// What the build script embeds of a folder, and of what its list names of `repository`.
    #[cfg(test)]
    pub(super) fn of_folder(folder: &Path, repository: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        for file in folder::files(folder, repository)? {
            files.push(ContextFile {
                path: file.relative,
                executable: file.executable,
                content: std::fs::read(&file.absolute)?.into(),
            });
        }
        Ok(Self::new(files))
    }

    /// The content of one file.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        let found = self.files.iter().find(|file| file.path == path)?;
        Some(&found.content)
    }

    /// SHA-256 over paths, modes, contents and build arguments, in hexadecimal. An image's parent
    /// is one of its arguments, so the content of the parent counts too.
    pub fn hash(&self, arguments: &BTreeMap<String, String>) -> String {
        let mut hash = Sha256::new();
        // Each part with its length, so that no two contexts give the same bytes.
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for file in &self.files {
            part(file.path.as_bytes());
            part(&[u8::from(file.executable)]);
            part(&file.content);
        }
        part(b"");
        for (name, value) in arguments {
            part(name.as_bytes());
            part(value.as_bytes());
        }
        hex::encode(hash.finalize())
    }

    /// The context as a tar archive, in pieces of a file each. Owners and times are the same
    /// everywhere, as the layer cache wants it.
    ///
    /// # Errors
    /// If a path does not fit into an archive.
    pub fn archive(&self) -> io::Result<Vec<Bytes>> {
        let mut folders = BTreeSet::new();
        let mut pieces = Vec::with_capacity(self.files.len() + 1);
        for file in &self.files {
            let mut piece = tar::Builder::new(Vec::new());
            for (at, _) in file.path.match_indices('/') {
                if folders.insert(&file.path[..at]) {
                    let mut header = header(0o755, 0);
                    header.set_entry_type(tar::EntryType::Directory);
                    piece.append_data(&mut header, &file.path[..=at], io::empty())?;
                }
            }
            let mode = if file.executable { 0o755 } else { 0o644 };
            let mut header = header(mode, file.content.len() as u64);
            piece.append_data(&mut header, &file.path, &*file.content)?;
            pieces.push(without_end(piece)?);
        }
        pieces.push(tar::Builder::new(Vec::new()).into_inner()?.into());
        Ok(pieces)
    }
}

/// The first digits of a context's hash, which an image of ours has as its tag.
pub fn tag(hash: &str) -> &str {
    hash.get(..TAG_DIGITS).unwrap_or(hash)
}

fn header(mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Takes off the two empty blocks that end an archive.
fn without_end(piece: tar::Builder<Vec<u8>>) -> io::Result<Bytes> {
    let mut bytes = piece.into_inner()?;
    bytes.truncate(bytes.len() - 2 * 512);
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn file(path: &str, executable: bool, content: &'static [u8]) -> ContextFile {
        ContextFile {
            path: path.to_owned(),
            executable,
            content: content.into(),
        }
    }

    fn hash(files: &[ContextFile], arguments: &[(&str, &str)]) -> String {
        let arguments = arguments
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        BuildContext::new(files.to_vec()).hash(&arguments.collect())
    }

    #[test]
    fn the_hash_knows_paths_modes_contents_and_arguments_and_no_order() {
        let (a, b) = (file("a", false, b"x"), file("b/c", true, b"y"));
        let one = hash(&[a.clone(), b.clone()], &[("BASE", "p:1")]);
        assert_eq!(one, hash(&[b.clone(), a.clone()], &[("BASE", "p:1")]));
        // A tag that changed with a new version of this program would mean building everything again.
        assert_eq!(tag(&one), "3617bf90d256");
        let others = [
            hash(&[a.clone(), b.clone()], &[("BASE", "p:2")]),
            hash(&[a.clone(), b.clone()], &[]),
            hash(&[a.clone(), file("b/c", false, b"y")], &[("BASE", "p:1")]),
            hash(&[a.clone(), file("b/d", true, b"y")], &[("BASE", "p:1")]),
            hash(&[a.clone(), file("b/c", true, b"z")], &[("BASE", "p:1")]),
            hash(&[file("ax", false, b""), b.clone()], &[("BASE", "p:1")]),
            hash(std::slice::from_ref(&a), &[("BASE", "p:1")]),
        ];
        let distinct: BTreeSet<_> = others.iter().chain([&one]).collect();
        assert_eq!(distinct.len(), others.len() + 1);
    }

    #[test]
    fn a_folder_gives_the_same_context_whatever_lies_around_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("src/main")).unwrap();
        std::fs::create_dir_all(at("target/classes")).unwrap();
        for (path, content) in [
            ("Dockerfile", "FROM x"),
            ("src/main/A.java", "class A"),
            ("target/classes/A.class", "compiled"),
            ("Dockerfile~", "FROM y"),
            (".DS_Store", "window"),
        ] {
            std::fs::write(at(path), content).unwrap();
        }
        let context = BuildContext::of_folder(folder.path(), folder.path()).unwrap();
        let expected = BuildContext::new(vec![
            file("src/main/A.java", false, b"class A"),
            file("Dockerfile", false, b"FROM x"),
        ]);
        assert_eq!(context, expected);
    }

    #[test]
    fn what_a_list_names_of_the_repository_has_its_path_there_and_no_tests() {
        let repository = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &str| {
            let path = repository.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        for path in [
            "Cargo.lock",
            "crates/a/Cargo.toml",
            "crates/a/src/lib.rs",
            "crates/a/src/deep/tests.rs",
            "crates/a/src/deep/tests/one.rs",
            "crates/a/tests/all.rs",
            "crates/a/benches/x/main.rs",
            "crates/a/examples/x.rs",
            "crates/b/src/lib.rs",
            "images/x/Dockerfile",
            // An image's own folder is taken as it is.
            "images/x/tests/one",
        ] {
            write(path, path);
        }
        let image = repository.path().join("images/x");
        let of_list = |list: &str| {
            write("images/x/context.list", list);
            let context = BuildContext::of_folder(&image, repository.path());
            context.map(|context| {
                let paths = context.files.iter().map(|file| file.path.clone());
                paths.collect::<Vec<_>>()
            })
        };
        let found = of_list("# Sources.\nCargo.lock\n\ncrates/a # the first\n").unwrap();
        let expected = [
            "Cargo.lock",
            "Dockerfile",
            "context.list",
            "crates/a/Cargo.toml",
            "crates/a/src/lib.rs",
            "tests/one",
        ];
        assert_eq!(found, expected);
        for (list, why) in [
            ("../b", "context.list: ../b: a plain path"),
            ("/etc/passwd", "/etc/passwd: a plain path"),
            ("crates/a/", "crates/a/: a plain path"),
            ("crates/none", "crates/none: "),
            (
                "crates/a\ncrates/a/Cargo.toml",
                "it is in the context twice",
            ),
        ] {
            let refused = of_list(list).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        let link = repository.path().join("crates/b/link");
        std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
        for list in ["crates/b", "crates/b/link"] {
            let refused = of_list(list).unwrap_err().to_string();
            assert!(refused.contains("link: a build context holds"), "{refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn of_a_mode_only_the_owners_right_to_execute_counts_and_links_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("start");
        std::fs::write(&path, "#!/bin/sh").unwrap();
        for (mode, executable) in [(0o600, false), (0o664, false), (0o700, true), (0o775, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let context = BuildContext::of_folder(folder.path(), folder.path()).unwrap();
            assert_eq!(context.files[0].executable, executable, "{mode:o}");
        }
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
        let refused = BuildContext::of_folder(folder.path(), folder.path())
            .unwrap_err()
            .to_string();
        assert!(refused.contains("link"), "{refused}");
    }

    #[test]
    fn the_archive_holds_every_file_with_its_mode_and_every_folder_once() {
        let long = format!("{}/f", "long".repeat(60));
        let context = BuildContext::new(vec![
            file("Dockerfile", false, b"FROM x"),
            file("a/b/one", true, b"1"),
            file("a/b/two", false, &[7; 1000]),
            file(&long, false, b"far"),
        ]);
        let bytes: Vec<u8> = context.archive().unwrap().concat();
        let mut found = Vec::new();
        for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            found.push((path, entry.header().mode().unwrap(), content.len()));
        }
        let folder = long.trim_end_matches('f').to_owned();
        let expected = [
            ("Dockerfile".to_owned(), 0o644, 6),
            ("a/".to_owned(), 0o755, 0),
            ("a/b/".to_owned(), 0o755, 0),
            ("a/b/one".to_owned(), 0o755, 1),
            ("a/b/two".to_owned(), 0o644, 1000),
            (folder, 0o755, 0),
            (long, 0o644, 3),
        ];
        assert_eq!(found, expected);
    }
}
