//! What an archive holds, entry by entry, and whether that is what its lists say: engines differ in
//! which of the lists they read, so none of them may name an image that ours does not, and every
//! image must have the layers that ours gives it. Only the oldest list, `repositories`, is held to its
//! names alone; the engine's answer shows what came of it.

mod index;

use super::ArchiveManifest;
use crate::images::is_sha256;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};
use tar::EntryType;

/// The engine's own list of what is in an archive; that of engines long before.
const ENGINE_LIST: &str = "manifest.json";
const OLD_LIST: &str = "repositories";

/// Content is kept up to this size, as that of lists and configurations is; in bytes.
const KEPT: u64 = 1 << 20;
/// All that is kept, in bytes. A layer has two small files in old archives.
const KEPT_TOGETHER: u64 = 64 << 20;
/// Entries of an archive: a handful for each layer.
const ENTRIES: usize = 10_000;
/// How often a link may lead to a link.
const LINKS: usize = 4;

/// The entries of an archive by their normal paths.
#[derive(Default)]
pub(super) struct Content {
    entries: HashMap<String, Entry>,
    kept: u64,
}

enum Entry {
    Folder,
    File {
        sha256: String,
        /// Absent if it is too large to be a list.
        content: Option<Vec<u8>>,
        /// Compressed layers are checked by the engine, which unpacks them.
        is_compressed: bool,
    },
    /// To the normal path of another entry: how old engines write a layer twice.
    Link(String),
}

/// A line of the engine's list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EngineImage {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// The part of an image's configuration that says what it is made of.
#[derive(Deserialize)]
struct Config {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// The layers of each image of our list, by its reference.
type Wanted<'m> = BTreeMap<&'m str, &'m Vec<String>>;

impl Content {
    /// Takes an entry. Answers why it cannot be taken, which is no matter of reading.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn take(
        &mut self,
        entry: &mut tar::Entry<'_, impl Read>,
    ) -> io::Result<Result<(), String>> {
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = normal("", &entry.path_bytes()) else {
            return Ok(Err(format!("{shown} is no path in an archive")));
        };
        let found = match entry.header().entry_type() {
            EntryType::Directory => Entry::Folder,
            EntryType::Regular | EntryType::Continuous => self.file(entry)?,
            EntryType::Symlink => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let target = entry.link_name_bytes().unwrap_or_default();
                match normal(folder, &target) {
                    Some(target) => Entry::Link(target),
                    None => return Ok(Err(format!("{shown} leads out of the archive"))),
                }
            }
            _ => return Ok(Err(format!("{shown} is neither file nor folder"))),
        };
        let is_folder = matches!(found, Entry::Folder);
        let before = self.entries.insert(path, found);
        Ok(match before {
            Some(Entry::Folder) if is_folder => Ok(()),
            Some(_) => Err(format!("it holds {shown} twice")),
            None if self.entries.len() > ENTRIES => Err(format!("it has over {ENTRIES} entries")),
            None => Ok(()),
        })
    }

    fn file(&mut self, entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Entry> {
        let is_kept = entry.size() <= KEPT && self.kept + entry.size() <= KEPT_TOGETHER;
        let (mut hash, mut content) = (Sha256::new(), Vec::new());
        let (mut first, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
        loop {
            let count = entry.read(&mut piece)?;
            if count == 0 {
                break;
            }
            let piece = &piece[..count];
            hash.update(piece);
            first.extend(piece.iter().take(4_usize.saturating_sub(first.len())));
            if is_kept {
                content.extend_from_slice(piece);
            }
        }
        self.kept += content.len() as u64;
        Ok(Entry::File {
            sha256: hex::encode(hash.finalize()),
            content: is_kept.then_some(content),
            is_compressed: first.starts_with(&[0x1f, 0x8b]) || first == super::scan::MAGIC,
        })
    }

    /// Holds all lists and digests to our list.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn check(&self, ours: &ArchiveManifest) -> Result<(), String> {
        self.check_names()?;
        let mut wanted = Wanted::new();
        for image in &ours.images {
            if wanted.insert(&image.reference, &image.layers).is_some() {
                return Err(format!("its list names {} twice", image.reference));
            }
        }
        let list: Vec<EngineImage> = self
            .list(ENGINE_LIST)?
            .ok_or_else(|| format!("it lacks {ENGINE_LIST}"))?;
        let mut found = BTreeSet::new();
        for image in &list {
            let layers = self.layers(image)?;
            for tag in image.repo_tags.iter().flatten() {
                match wanted.get(tag.as_str()) {
                    None => return Err(format!("its list does not name {tag}, which it holds")),
                    Some(wanted) if **wanted != layers => {
                        return Err(format!("{tag} has other layers than its list says"));
                    }
                    Some(_) => found.insert(tag.as_str()),
                };
            }
            if image.repo_tags.as_ref().is_none_or(Vec::is_empty) {
                return Err("it holds an image without a name".to_owned());
            }
        }
        if let Some(missing) = wanted.keys().find(|name| !found.contains(*name)) {
            return Err(format!("its list names {missing}, which it does not hold"));
        }
        self.check_index(&wanted, &ours.platform)?;
        let old = self.old_names()?;
        match old.iter().find(|name| !wanted.contains_key(name.as_str())) {
            Some(name) => Err(format!("its list does not name {name}, which it holds")),
            None => Ok(()),
        }
    }

    /// A file that is called by a digest has it.
    fn check_names(&self) -> Result<(), String> {
        for (path, entry) in &self.entries {
            let named = path.strip_prefix("blobs/sha256/");
            let named = named.or_else(|| path.strip_suffix(".json").filter(|name| is_sha256(name)));
            let (Some(named), Entry::File { sha256, .. }) = (named, entry) else {
                continue;
            };
            if sha256 != named {
                return Err(format!("{path} has SHA-256 {sha256}"));
            }
        }
        Ok(())
    }

    /// The layers that an image's configuration names, if its files are those.
    fn layers(&self, image: &EngineImage) -> Result<Vec<String>, String> {
        let config: Config = self
            .list(&image.config)?
            .ok_or_else(|| format!("it lacks {}", image.config))?;
        let layers = config.rootfs.diff_ids;
        if layers.len() != image.layers.len() {
            return Err(format!("{} has other layers than the list", image.config));
        }
        for (path, layer) in image.layers.iter().zip(&layers) {
            match self.find(path)? {
                Some(Entry::File {
                    is_compressed: true,
                    ..
                }) => {}
                Some(Entry::File { sha256, .. })
                    if layer.strip_prefix("sha256:") == Some(sha256.as_str()) => {}
                Some(_) => return Err(format!("{path} is not the layer {layer}")),
                None => return Err(format!("it lacks {path}")),
            }
        }
        Ok(layers)
    }

    /// The names of images in the list of old engines.
    fn old_names(&self) -> Result<Vec<String>, String> {
        let old: Option<BTreeMap<String, BTreeMap<String, String>>> = self.list(OLD_LIST)?;
        let names = old.iter().flatten().flat_map(|(repository, tags)| {
            let tags = tags.keys();
            tags.map(move |tag| format!("{repository}:{tag}"))
        });
        Ok(names.collect())
    }

    /// A file of JSON; `None` if it is not there.
    fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, String> {
        match self.find(path)? {
            Some(Entry::File {
                content: Some(content),
                ..
            }) => match serde_json::from_slice(content) {
                Ok(list) => Ok(Some(list)),
                Err(error) => Err(format!("{path}: {error}")),
            },
            Some(_) => Err(format!("{path} is too large, or no file")),
            None => Ok(None),
        }
    }

    /// What a path leads to.
    fn find(&self, path: &str) -> Result<Option<&Entry>, String> {
        let mut at = normal("", path.as_bytes()).ok_or_else(|| format!("{path} is no path"))?;
        for _ in 0..=LINKS {
            match self.entries.get(&at) {
                Some(Entry::Link(target)) => at.clone_from(target),
                found => return Ok(found),
            }
        }
        Err(format!("{path} leads from link to link"))
    }
}

/// A path from the archive's root, without `.` and `..`; `None` if it leads out of it or is no text.
fn normal(folder: &str, path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_normal_or_refused() {
        for (folder, path, expected) in [
            ("", "./manifest.json", Some("manifest.json")),
            ("", "a//b/./c/", Some("a/b/c")),
            ("", "a/../manifest.json", Some("manifest.json")),
            ("x", "../y/layer.tar", Some("y/layer.tar")),
            ("", "../manifest.json", None),
            ("x", "../../y", None),
            ("", "/manifest.json", None),
            ("", "a\0b", None),
        ] {
            let found = normal(folder, path.as_bytes());
            assert_eq!(found.as_deref(), expected, "{folder} {path}");
        }
        assert_eq!(normal("", b"\xff"), None);
    }
}
