//! The build contexts that this program carries. The build script reads them from `images/`.

use super::context::{BuildContext, ContextFile};

/// Path, whether it is executable, content.
type EmbeddedFile = (&'static str, bool, &'static [u8]);

/// Folder of an image, its files.
const CONTEXTS: &[(&str, &[EmbeddedFile])] = include!(concat!(env!("OUT_DIR"), "/contexts.rs"));

/// The context of an image; none if this program has no such folder.
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
    use std::collections::BTreeMap;
    use std::path::Path;

    #[test]
    fn what_is_embedded_is_what_the_folder_holds() {
        let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../images");
        let mut total = 0;
        for (name, _) in CONTEXTS {
            let embedded = context(name).unwrap();
            let folder = BuildContext::of_folder(&images.join(name)).unwrap();
            let none = BTreeMap::new();
            assert_eq!(embedded.hash(&none), folder.hash(&none), "{name}");
            assert!(embedded.file("Dockerfile").is_some(), "{name}");
            total += embedded.bytes();
        }
        assert!(
            total > 0 && total < 2_000_000,
            "{total} bytes in the binary"
        );
    }
}
