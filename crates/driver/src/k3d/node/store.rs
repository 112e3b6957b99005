//! What the node has: `ctr images check` names every image, whether its content is complete, and the
//! digest that it leads to. Kubernetes gives each a second name, `sha256:` and its id.

use super::Node;
use crate::k3d::error::K3dError;
use std::collections::BTreeSet;

/// `ctr` on the images that pods are made from.
pub(super) const CTR: [&str; 3] = ["ctr", "--namespace", "k8s.io"];

/// An image in the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeImage {
    /// With registry and tag, such as `docker.io/wikisentry/base:1234`.
    pub reference: String,
    /// The digest of its manifest, …
    pub digest: String,
    /// … and the one of its configuration, if Kubernetes has seen it.
    pub id: Option<String>,
    /// Whether all of its content is there.
    pub complete: bool,
}

impl NodeImage {
    /// Whether it is the image that the Docker engine calls `id`: by its configuration, or, if the
    /// engine keeps images in containerd's store, by its manifest.
    pub fn is(&self, id: &str) -> bool {
        self.complete && (self.digest == id || self.id.as_deref() == Some(id))
    }
}

impl Node {
    /// The images that the node has.
    ///
    /// # Errors
    /// If the node does not run, or cannot tell.
    pub async fn images(&self) -> Result<Vec<NodeImage>, K3dError> {
        let command: Vec<&str> = CTR.into_iter().chain(["images", "check"]).collect();
        let ended = self.exec(&command, futures_util::stream::empty()).await?;
        Ok(read(&ended.success(self, "list its images")?))
    }
}

/// Reads the table: reference, type, digest, status … The first line is the head.
fn read(table: &str) -> Vec<NodeImage> {
    let rows = table.lines().skip(1).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (reference, digest) = (words.next()?, words.nth(1)?);
        Some((reference, digest, words.next()? == "complete"))
    });
    let (ids, images): (Vec<_>, Vec<_>) =
        rows.partition(|(reference, ..)| reference.starts_with("sha256:"));
    let ids: BTreeSet<_> = ids.iter().map(|(id, digest, _)| (*digest, *id)).collect();
    let image = |(reference, digest, complete): (&str, &str, bool)| NodeImage {
        reference: reference.to_owned(),
        digest: digest.to_owned(),
        id: ids
            .iter()
            .find(|(of, _)| *of == digest)
            .map(|(_, id)| (*id).to_owned()),
        complete,
    };
    images.into_iter().map(image).collect()
}

/// A reference as the node keeps it: with the registry that Docker leaves out.
pub(super) fn full(reference: &str) -> String {
    match reference.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => reference.to_owned(),
        Some(_) => format!("docker.io/{reference}"),
        None => format!("docker.io/library/{reference}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
REF                       TYPE DIGEST    STATUS           SIZE            UNPACKED
docker.io/wikisentry/a:1  t/m  sha256:d1 complete (2/2)   5.9 MiB/5.9 MiB true
docker.io/wikisentry/b:1  t/m  sha256:d2 incomplete (1/3) 1 MiB/9 MiB     false
docker.io/wikisentry/c:1  t/m  sha256:d3 unavailable (0/?) 0/?            false
sha256:c1                 t/m  sha256:d1 complete (2/2)   5.9 MiB/5.9 MiB true
sha256:c2                 t/m  sha256:d2 incomplete (1/3) 1 MiB/9 MiB     false
";

    #[test]
    fn an_image_is_there_if_all_of_it_is_and_it_is_the_same() {
        let images = read(TABLE);
        let short: Vec<_> = images
            .iter()
            .map(|image| {
                (
                    image.reference.as_str(),
                    image.id.as_deref(),
                    image.complete,
                )
            })
            .collect();
        let expected = [
            ("docker.io/wikisentry/a:1", Some("sha256:c1"), true),
            ("docker.io/wikisentry/b:1", Some("sha256:c2"), false),
            ("docker.io/wikisentry/c:1", None, false),
        ];
        assert_eq!(short, expected);
        assert!(images[0].is("sha256:c1") && images[0].is("sha256:d1"));
        assert!(!images[0].is("sha256:c2") && !images[1].is("sha256:c2"));
        assert!(read("").is_empty() && read("REF\nx y\n").is_empty());
    }

    #[test]
    fn references_are_those_of_the_node() {
        for (reference, expected) in [
            (
                "debian:bookworm-slim",
                "docker.io/library/debian:bookworm-slim",
            ),
            ("wikisentry/base:1", "docker.io/wikisentry/base:1"),
            ("localhost:5000/a:1", "localhost:5000/a:1"),
            ("localhost/a:1", "localhost/a:1"),
            ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
        ] {
            assert_eq!(full(reference), expected);
        }
    }
}
