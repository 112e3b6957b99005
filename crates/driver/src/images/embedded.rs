//! The build contexts that this program carries, so that it builds from any directory. The build
//! script reads them from `images/` of the repository.

use super::context::{BuildContext, ContextFile};

/// Path, whether it is executable, content.
type EmbeddedFile = (&'static str, bool, &'static [u8]);

/// Folder of an image, its files.
const CONTEXTS: &[(&str, &[EmbeddedFile])] = include!(concat!(env!("OUT_DIR"), "/contexts.rs"));

/// The files of `images/<image>` and those that its list names; none if there was no such folder when this program was built.
pub fn context(image: &str) -> Option<BuildContext> {
    let (_, files) = CONTEXTS.iter().find(|(name, _)| *name == image)?;
    let files = files
        .iter()
        .map(|&(path, executable, content)| ContextFile {
            path: path.to_owned(),
            executable,
            content: content.into(),
        });
    Some(BuildContext::new(files.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::dockerfile::images_needed;
    use std::collections::BTreeMap;
    use std::path::Path;

    #[test]
    fn what_is_embedded_is_what_the_folder_holds() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let images = repository.join("images");
        let mut total = 0;
        for (name, files) in CONTEXTS {
            let embedded = context(name).unwrap();
            let folder = BuildContext::of_folder(&images.join(name), &repository).unwrap();
            let none = BTreeMap::new();
            assert_eq!(embedded.hash(&none), folder.hash(&none), "{name}");
            assert!(embedded.file("Dockerfile").is_some(), "{name}");
            total += files.iter().map(|file| file.2.len()).sum::<usize>();
        }
        assert!(
            total > 0 && total < 5_000_000,
            "{total} bytes in the binary"
        );
    }

    #[test]
    fn every_dockerfile_can_be_built_and_from_no_image_that_was_built_by_hand() {
        for (name, _) in CONTEXTS {
            let context = context(name).unwrap();
            let dockerfile = std::str::from_utf8(context.file("Dockerfile").unwrap()).unwrap();
            // Every image of ours is given by an argument; by hand, it is the one of the local tag.
            let lines = dockerfile
                .lines()
                .filter_map(|line| line.strip_prefix("ARG "));
            let ours: BTreeMap<_, _> = lines
                .filter_map(|line| line.split_once('='))
                .filter(|(_, default)| default.ends_with(":local"))
                .map(|(argument, _)| (argument.to_owned(), format!("{argument}:1").to_lowercase()))
                .collect();
            let needed = images_needed(dockerfile, &ours).unwrap();
            for reference in ours.values() {
                assert!(needed.contains(reference), "{name}: {reference}");
            }
            let by_hand = needed.iter().any(|image| image.ends_with(":local"));
            assert!(!by_hand && !needed.is_empty(), "{name}: {needed:?}");
        }
    }
}
