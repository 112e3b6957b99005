//! Which images the platform runs with: for each its reference, and where it comes from. Decided
//! from facts and settings alone; no engine is asked.

use super::context::{self, BuildContext};
use super::embedded;
use super::error::ImageError;
use super::facts::{IMAGES, ImageFacts, LOCAL_TAG, PARENT, REPOSITORY};
use super::reference::is_reference;
use std::collections::{BTreeMap, BTreeSet};

/// One image, decided upon.
#[derive(Debug, Clone)]
pub struct PlannedImage {
    /// What is known of it.
    pub facts: ImageFacts,
    /// The name to run it by: with a content hash as its tag, or as the settings say.
    pub reference: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where an image comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// It is built here.
    Built(Recipe),
    /// The settings name another one, which is pulled.
    Replaced,
}

/// What an image is built from.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The files.
    pub context: BuildContext,
    /// SHA-256 of files and arguments, in hexadecimal; also on the image, as a label.
    pub hash: String,
    /// Build arguments: the parent, if there is one.
    pub arguments: BTreeMap<String, String>,
    /// The same image under a tag that stays, for use by hand.
    pub local_name: String,
    /// The setting that replaced the parent, if one did.
    pub replaced_parent: Option<String>,
}

/// The images of the platform, parents first.
#[derive(Debug, Clone)]
pub struct ImageSet {
    images: Vec<PlannedImage>,
}

impl ImageSet {
    /// Decides from the embedded contexts. `replacements` holds references by image name, those
    /// that are empty left out of account; a replaced image stands in wherever it is used, also
    /// as a parent, and a parent that nothing is built from any more is not in the set.
    ///
    /// # Errors
    /// If a replacement is no reference, or a folder is missing in this program.
    pub fn resolve(replacements: &BTreeMap<String, String>) -> Result<Self, ImageError> {
        Self::of(IMAGES, REPOSITORY, replacements, embedded::context)
    }

    /// As [`ImageSet::resolve`], from other facts and contexts.
    ///
    /// # Errors
    /// As [`ImageSet::resolve`].
    pub fn of(
        facts: &[ImageFacts],
        repository: &str,
        replacements: &BTreeMap<String, String>,
        contexts: impl Fn(&str) -> Option<BuildContext>,
    ) -> Result<Self, ImageError> {
        let mut images: Vec<PlannedImage> = Vec::with_capacity(facts.len());
        for &facts in facts {
            let replacement = replacements
                .get(facts.name)
                .filter(|value| !value.is_empty());
            images.push(match replacement {
                Some(reference) => replaced(facts, reference)?,
                None => {
                    let parent = facts.parent.map(|parent| {
                        let found = images.iter().find(|image| image.facts.name == parent);
                        found.ok_or_else(|| wrong(facts, format!("it has no parent {parent}")))
                    });
                    let context = contexts(facts.name)
                        .ok_or_else(|| wrong(facts, "it is not embedded".to_owned()))?;
                    built(facts, repository, parent.transpose()?, context)
                }
            });
        }
        drop_unused(&mut images);
        Ok(Self { images })
    }

    /// The images, parents first.
    pub fn iter(&self) -> impl Iterator<Item = &PlannedImage> {
        self.images.iter()
    }

    /// The image of a name; none if there is no such, or nothing needs it.
    pub fn get(&self, name: &str) -> Option<&PlannedImage> {
        self.images.iter().find(|image| image.facts.name == name)
    }

    /// The variables of `compose.yaml` with the references to run.
    pub fn compose_variables(&self) -> BTreeMap<&'static str, String> {
        let pair = |image: &PlannedImage| {
            let variable = image.facts.compose_variable?;
            Some((variable, image.reference.clone()))
        };
        self.images.iter().filter_map(pair).collect()
    }
}

fn wrong(facts: ImageFacts, why: String) -> ImageError {
    ImageError::BadContext {
        image: facts.name.to_owned(),
        why,
    }
}

fn replaced(facts: ImageFacts, reference: &str) -> Result<PlannedImage, ImageError> {
    if !is_reference(reference) {
        return Err(ImageError::BadReference {
            key: facts.settings_key(),
            value: reference.to_owned(),
        });
    }
    Ok(PlannedImage {
        facts,
        reference: reference.to_owned(),
        origin: Origin::Replaced,
    })
}

fn built(
    facts: ImageFacts,
    repository: &str,
    parent: Option<&PlannedImage>,
    context: BuildContext,
) -> PlannedImage {
    let arguments: BTreeMap<_, _> = parent
        .map(|parent| (PARENT.to_owned(), parent.reference.clone()))
        .into_iter()
        .collect();
    let hash = context.hash(&arguments);
    let name = format!("{repository}/{}", facts.name);
    let replaced_parent = parent
        .filter(|parent| matches!(parent.origin, Origin::Replaced))
        .map(|parent| parent.facts.settings_key());
    PlannedImage {
        facts,
        reference: format!("{name}:{}", context::tag(&hash)),
        origin: Origin::Built(Recipe {
            context,
            hash,
            arguments,
            local_name: format!("{name}:{LOCAL_TAG}"),
            replaced_parent,
        }),
    }
}

/// An image that nothing runs is only needed to build others.
fn drop_unused(images: &mut Vec<PlannedImage>) {
    let mut needed = BTreeSet::new();
    for image in images.iter().rev() {
        let runs = image.facts.compose_variable.is_some();
        if runs || needed.contains(image.facts.name) {
            needed.insert(image.facts.name);
            if let (Origin::Built(_), Some(parent)) = (&image.origin, image.facts.parent) {
                needed.insert(parent);
            }
        }
    }
    images.retain(|image| needed.contains(image.facts.name));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(replacements: &[(&str, &str)]) -> Result<ImageSet, ImageError> {
        let replacements = replacements
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_string()));
        let context = |name: &str| {
            Some(BuildContext::new(vec![context::ContextFile {
                path: "Dockerfile".to_owned(),
                executable: false,
                content: name.as_bytes().to_vec().into(),
            }]))
        };
        ImageSet::of(IMAGES, "test", &replacements.collect(), context)
    }

    fn references(set: &ImageSet) -> Vec<&str> {
        set.iter().map(|image| image.reference.as_str()).collect()
    }

    #[test]
    fn a_child_has_its_parents_tag_as_build_argument_and_in_its_own_tag() {
        let set = resolve(&[]).unwrap();
        let (base, kafka) = (set.get("base").unwrap(), set.get("kafka").unwrap());
        let Origin::Built(recipe) = &kafka.origin else {
            panic!("{:?}", kafka.origin)
        };
        assert_eq!(recipe.arguments["BASE"], base.reference);
        assert_eq!(
            kafka.reference,
            format!("test/kafka:{}", &recipe.hash[..12])
        );
        let other = resolve(&[("base", "other:1")]).unwrap();
        assert_ne!(other.get("kafka").unwrap().reference, kafka.reference);
        assert_ne!(
            other.get("connect").unwrap().reference,
            set.get("connect").unwrap().reference
        );
    }

    #[test]
    fn a_replaced_image_stands_in_everywhere_and_parents_without_children_are_left_out() {
        let set = resolve(&[("minio", "minio/minio:1"), ("base", "")]).unwrap();
        assert_eq!(references(&set).len(), 4);
        assert_eq!(
            set.compose_variables()["WIKISENTRY_MINIO_IMAGE"],
            "minio/minio:1"
        );

        let set = resolve(&[("kafka", "a/kafka"), ("minio", "b/minio")]).unwrap();
        let Origin::Built(recipe) = &set.get("connect").unwrap().origin else {
            panic!()
        };
        assert_eq!(recipe.arguments["BASE"], "a/kafka");
        assert_eq!(recipe.replaced_parent.as_deref(), Some("images.kafka.ref"));
        assert!(set.get("base").is_none());

        let all = [("kafka", "a/k"), ("minio", "b/m"), ("connect", "c/c")];
        assert_eq!(references(&resolve(&all).unwrap()), ["a/k", "c/c", "b/m"]);
    }

    #[test]
    fn what_is_no_reference_is_refused_with_its_setting() {
        let refused = resolve(&[("minio", "not a reference")]).unwrap_err();
        assert!(
            refused.to_string().starts_with("images.minio.ref:"),
            "{refused}"
        );
    }

    #[test]
    fn every_image_of_the_platform_is_embedded_and_knows_what_it_is_built_from() {
        let set = ImageSet::resolve(&BTreeMap::new()).unwrap();
        for image in set.iter() {
            let Origin::Built(recipe) = &image.origin else {
                panic!("{} is not built", image.reference)
            };
            let dockerfile = std::str::from_utf8(recipe.context.file("Dockerfile").unwrap());
            let dockerfile = dockerfile.unwrap();
            let needed = super::super::dockerfile::images_needed(dockerfile, &recipe.arguments);
            let needed = needed.unwrap();
            if let Some(parent) = recipe.arguments.get(PARENT) {
                assert!(needed.contains(parent), "{}: {needed:?}", image.reference);
            }
            assert!(
                !needed.iter().any(|image| image.ends_with(":local")),
                "{needed:?}"
            );
        }
        assert_eq!(set.iter().count(), IMAGES.len());
    }
}
