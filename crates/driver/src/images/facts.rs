//! Facts about the images of the platform. To add one: a folder under `images/` of the repository
//! and a line here.

/// What is known of an image before it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageFacts {
    /// Its name, and that of its folder under `images/`.
    pub name: &'static str,
    /// The image of ours it is built from; its Dockerfile takes the reference as [`PARENT`].
    pub parent: Option<&'static str>,
    /// The variable of `compose.yaml` that takes its reference; none if nothing runs it as it is.
    pub compose_variable: Option<&'static str>,
}

impl ImageFacts {
    /// The setting that names another image to use in its place.
    pub fn settings_key(&self) -> String {
        format!("images.{}.ref", self.name)
    }
}

/// The build argument that names the parent.
pub const PARENT: &str = "BASE";

/// Where images of ours are kept: `wikisentry/<name>:<tag>`.
pub const REPOSITORY: &str = "wikisentry";

/// The tag that `compose.yaml` and the Dockerfiles fall back to when they are used by hand.
pub const LOCAL_TAG: &str = "local";

/// Every image, parents first.
pub const IMAGES: &[ImageFacts] = &[
    ImageFacts {
        name: "base",
        parent: None,
        compose_variable: None,
    },
    ImageFacts {
        name: "kafka",
        parent: Some("base"),
        compose_variable: Some("WIKISENTRY_KAFKA_IMAGE"),
    },
    ImageFacts {
        name: "connect",
        parent: Some("kafka"),
        compose_variable: Some("WIKISENTRY_CONNECT_IMAGE"),
    },
    ImageFacts {
        name: "minio",
        parent: Some("base"),
        compose_variable: Some("WIKISENTRY_MINIO_IMAGE"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parent_stands_before_its_children() {
        for (at, image) in IMAGES.iter().enumerate() {
            if let Some(parent) = image.parent {
                let before = IMAGES[..at].iter().any(|other| other.name == parent);
                assert!(before, "{} comes before its parent {parent}", image.name);
            }
        }
    }
}
