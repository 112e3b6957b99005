//! The list that engines with containerd's store read: an index of OCI's image layout (image-spec
//! 1.1), which leads through manifests to configurations.

use super::{Content, EngineImage, Wanted};
use serde::Deserialize;
use std::collections::BTreeMap;

const INDEX: &str = "index.json";

/// How deep indexes may lie in indexes, and how many digests are followed in all: an image has one
/// or two, and one for each other kind of machine.
const DEPTH: usize = 3;
const FOLLOWED: usize = 1_000;

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// The kind of machine that an image is for; a configuration begins with the same two.
#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

/// What a digest leads to: another index, or the manifest of an image.
#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// Goes where an index leads.
struct Walk<'c> {
    content: &'c Content,
    /// Only images for this kind of machine count, as only those are run: `linux/amd64`.
    platform: &'c str,
    followed: usize,
    /// The layers of those that were found.
    images: Vec<Vec<String>>,
}

impl Content {
    /// Holds the index to our list, if there is one: in names, and in the layers of the images.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn check_index(&self, wanted: &Wanted<'_>, platform: &str) -> Result<(), String> {
        let index: Option<Index> = self.list(INDEX)?;
        let mut walk = Walk {
            content: self,
            platform,
            followed: 0,
            images: Vec::new(),
        };
        for one in index.iter().flat_map(|index| &index.manifests) {
            let names = names(one, wanted);
            let unknown = names
                .iter()
                .find(|name| !wanted.contains_key(name.as_str()));
            if let Some(name) = unknown {
                return Err(format!("its list does not name {name}, which it holds"));
            }
            walk.images.clear();
            walk.follow(one, DEPTH)?;
            if let (Some(name), true) = (names.first(), walk.images.is_empty()) {
                return Err(format!("{INDEX} has no image {name} for {platform}"));
            }
            let is_wanted = |layers: &Vec<String>| match names.as_slice() {
                [] => wanted.values().any(|wanted| *wanted == layers),
                names => names.iter().all(|name| wanted[name.as_str()] == layers),
            };
            if !walk.images.iter().all(is_wanted) {
                return Err(format!(
                    "{INDEX} has an image with other layers than its list says"
                ));
            }
        }
        Ok(())
    }
}

impl Walk<'_> {
    fn follow(&mut self, to: &Descriptor, depth: usize) -> Result<(), String> {
        self.followed += 1;
        if depth == 0 || self.followed > FOLLOWED {
            return Err(format!("{INDEX} leads on and on"));
        }
        // Engines leave out what is for other kinds of machines.
        let path = blob(to)?;
        let Some(target) = self.content.list::<Target>(&path)? else {
            return Ok(());
        };
        match (target.manifests, target.config) {
            (Some(below), None) => below.iter().try_for_each(|one| self.follow(one, depth - 1)),
            (None, Some(config)) => self.image(to, &config, &target.layers),
            _ => Err(format!("{path} is neither index nor manifest")),
        }
    }

    fn image(
        &mut self,
        manifest: &Descriptor,
        config: &Descriptor,
        layers: &[Descriptor],
    ) -> Result<(), String> {
        let config = blob(config)?;
        let own: Option<Platform> = self.content.list(&config)?;
        // Engines take the word of either.
        let mut platforms = [&manifest.platform, &own].into_iter().flatten();
        if platforms.all(|one| format!("{}/{}", one.os, one.architecture) != self.platform) {
            return Ok(());
        }
        let image = EngineImage {
            config,
            repo_tags: None,
            layers: layers.iter().map(blob).collect::<Result<_, _>>()?,
        };
        self.images.push(self.content.layers(&image)?);
        Ok(())
    }
}

/// The names that an index gives an image.
fn names(one: &Descriptor, wanted: &Wanted<'_>) -> Vec<String> {
    let note = |key: &str| one.annotations.get(key).map(String::as_str);
    // The second is a whole name or a tag alone, which says nothing beside the first.
    let full = note("io.containerd.image.name");
    let short = note("org.opencontainers.image.ref.name").filter(|short| {
        let is_tag = |name: &&str| name.ends_with(&format!(":{short}"));
        !wanted.keys().any(is_tag)
    });
    let names = [full, short].into_iter().flatten().map(|name| {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        name.strip_prefix("library/").unwrap_or(name).to_owned()
    });
    names.collect()
}

/// Where the content with a digest is.
fn blob(to: &Descriptor) -> Result<String, String> {
    match to.digest.strip_prefix("sha256:") {
        Some(hex) => Ok(format!("blobs/sha256/{hex}")),
        None => Err(format!("{INDEX} leads to {}, no SHA-256", to.digest)),
    }
}
