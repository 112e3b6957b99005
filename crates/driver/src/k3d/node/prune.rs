//! Removes images from the node that were brought in for others and that nothing uses any more.

use super::Node;
use super::store::{CTR, NodeImage, full};
use crate::k3d::error::K3dError;
use std::collections::BTreeSet;

impl Node {
    /// Removes the images of `repository`, such as `wikisentry`, that are not in `keep` and that no
    /// container is made from. Answers their references.
    ///
    /// # Errors
    /// If the node does not run, or cannot remove one.
    pub async fn prune(&self, repository: &str, keep: &[String]) -> Result<Vec<String>, K3dError> {
        let images = self.images().await?;
        let outdated = outdated(&images, repository, keep, &self.used().await?);
        let names: Vec<&str> = outdated.iter().flat_map(|one| one.names()).collect();
        if !names.is_empty() {
            let command = CTR
                .into_iter()
                .chain(["images", "remove", "--sync"])
                .chain(names);
            let command: Vec<&str> = command.collect();
            let ended = self.exec(&command, futures_util::stream::empty()).await?;
            ended.success(self, "remove images")?;
        }
        let removed = outdated.into_iter().map(|one| one.image.reference.clone());
        Ok(removed.collect())
    }

    /// The images that containers of the node are made from, by whatever name.
    async fn used(&self) -> Result<BTreeSet<String>, K3dError> {
        let command: Vec<&str> = CTR.into_iter().chain(["containers", "list"]).collect();
        let ended = self.exec(&command, futures_util::stream::empty()).await?;
        let table = ended.success(self, "list its containers")?;
        let rows = table.lines().skip(1);
        let images = rows.filter_map(|line| line.split_whitespace().nth(1));
        Ok(images.map(str::to_owned).collect())
    }
}

/// An image to be removed.
struct Outdated<'i> {
    image: &'i NodeImage,
    /// Whether another name leads to the same content, so that the id stays.
    shared: bool,
}

impl<'i> Outdated<'i> {
    /// All names that keep its content.
    fn names(&self) -> impl Iterator<Item = &'i str> {
        let id = self.image.id.as_deref().filter(|_| !self.shared);
        std::iter::once(self.image.reference.as_str()).chain(id)
    }
}

fn outdated<'i>(
    images: &'i [NodeImage],
    repository: &str,
    keep: &[String],
    used: &BTreeSet<String>,
) -> Vec<Outdated<'i>> {
    let prefix = format!("{}/", full(&format!("{repository}/")).trim_end_matches('/'));
    let keep: BTreeSet<String> = keep.iter().map(|reference| full(reference)).collect();
    let is_used = |image: &NodeImage| {
        let names = [
            Some(&image.reference),
            Some(&image.digest),
            image.id.as_ref(),
        ];
        names.into_iter().flatten().any(|name| used.contains(name))
    };
    let used_digests: BTreeSet<&str> = images
        .iter()
        .filter(|image| is_used(image))
        .map(|image| image.digest.as_str())
        .collect();
    let goes = |image: &NodeImage| {
        image.reference.starts_with(&prefix)
            && !keep.contains(&image.reference)
            && !used_digests.contains(image.digest.as_str())
    };
    let stays: BTreeSet<&str> = images
        .iter()
        .filter(|image| !goes(image))
        .map(|image| image.digest.as_str())
        .collect();
    let outdated = images.iter().filter(|image| goes(image));
    let outdated = outdated.map(|image| Outdated {
        shared: stays.contains(image.digest.as_str()),
        image,
    });
    outdated.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(reference: &str, number: u8) -> NodeImage {
        NodeImage {
            reference: format!("docker.io/{reference}"),
            digest: format!("sha256:d{number}"),
            id: Some(format!("sha256:c{number}")),
            complete: true,
        }
    }

    #[test]
    fn what_is_kept_used_or_of_others_stays() {
        let images = [
            image("wikisentry/flink:old", 1),
            image("wikisentry/flink:now", 2),
            image("wikisentry/flink:same", 2),
            image("wikisentry/flink:used", 3),
            image("wikisentry/flink:by-id", 4),
            image("wikisentry2/flink:old", 5),
            image("rancher/coredns:1", 6),
        ];
        let keep = ["wikisentry/flink:now".to_owned()];
        let used = ["docker.io/wikisentry/flink:used", "sha256:c4"];
        let used = used.map(str::to_owned).into();
        let found = outdated(&images, "wikisentry", &keep, &used);
        let names: Vec<Vec<&str>> = found.iter().map(|one| one.names().collect()).collect();
        let expected = [
            vec!["docker.io/wikisentry/flink:old", "sha256:c1"],
            // Its content is that of an image that is kept.
            vec!["docker.io/wikisentry/flink:same"],
        ];
        assert_eq!(names, expected);
    }
}
