//! Which images the platform runs with: for each its reference, and where it comes from. Decided
//! from facts and settings alone; no engine is asked.

use super::context::{self, BuildContext};
use super::error::ImageError;
use super::image_facts::{ImageFacts, LOCAL_TAG, PARENT, REPOSITORY, argument};
use super::reference::is_reference;
use std::collections::{BTreeMap, BTreeSet};

/// One image, with its reference and origin decided.
#[derive(Debug, Clone)]
pub struct PlannedImage {
    /// What is known of it.
    pub facts: ImageFacts,
    /// The name to run it by: with a content hash as its tag, or as the settings say.
    pub reference: String,
    /// What it is built from here; none if the settings name another one, which is pulled.
    pub recipe: Option<Recipe>,
}

/// What an image is built from.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub context: BuildContext,
    /// SHA-256 of files and arguments, in hexadecimal; also on the image, as a label.
    pub hash: String,
    /// Build arguments: the parent, if there is one, and what is copied from.
    pub arguments: BTreeMap<String, String>,
    /// The same image with the tag [`LOCAL_TAG`], for use by hand.
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
    /// Decides by the facts, parents first. `replacements` holds references by image name, where
    /// an empty one counts as none. A replaced image is used wherever it is needed, also as a
    /// parent; one that nothing is built from any more is not in the set.
    ///
    /// # Errors
    /// If a replacement is no reference, or an image that is not replaced has no context, or needs
    /// an image that does not stand before it.
    pub fn resolve(
        facts: &[ImageFacts],
        replacements: &BTreeMap<String, String>,
    ) -> Result<Self, ImageError> {
        let context = |facts: &ImageFacts| (facts.context)(facts.name);
        Self::of(facts, REPOSITORY, replacements, context)
    }

    /// As [`ImageSet::resolve`], under another repository and with contexts from elsewhere.
    ///
    /// # Errors
    /// As [`ImageSet::resolve`].
    pub fn of(
        facts: &[ImageFacts],
        repository: &str,
        replacements: &BTreeMap<String, String>,
        context: impl Fn(&ImageFacts) -> Option<BuildContext>,
    ) -> Result<Self, ImageError> {
        let mut images: Vec<PlannedImage> = Vec::with_capacity(facts.len());
        for &facts in facts {
            let replacement = replacements
                .get(facts.name)
                .filter(|value| !value.is_empty());
            images.push(match replacement {
                Some(reference) => replaced(facts, reference)?,
                None => {
                    let before = |name: &str, what: &str| {
                        let found = images.iter().find(|image| image.facts.name == name);
                        found.ok_or_else(|| wrong(facts, format!("it has no {what} {name}")))
                    };
                    let parent = facts.parent.map(|parent| before(parent, "parent"));
                    let parent = parent.transpose()?;
                    let used = facts.uses.iter().map(|name| before(name, "image to use"));
                    let used = used.collect::<Result<Vec<_>, _>>()?;
                    let context =
                        context(&facts).ok_or_else(|| wrong(facts, "it has none".to_owned()))?;
                    built(facts, repository, parent, &used, context)
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

    /// The same by the names with the tag [`LOCAL_TAG`], for use by hand.
    #[must_use]
    pub fn by_local_names(mut self) -> Self {
        for image in &mut self.images {
            if let Some(recipe) = &image.recipe {
                recipe.local_name.clone_into(&mut image.reference);
            }
        }
        self
    }

    /// The same by the names that a registry has them under: `PREFIX/NAME:TAG`, with the tag of each
    /// image's content if none is given. Those that the settings name stay as they are.
    #[must_use]
    pub fn in_registry(mut self, prefix: &str, tag: &str) -> Self {
        for image in &mut self.images {
            if let Some(recipe) = &image.recipe {
                let name = image.facts.name;
                let tag = match tag.is_empty() {
                    true => context::tag(&recipe.hash),
                    false => tag,
                };
                image.reference = format!("{prefix}/{name}:{tag}");
            }
        }
        self
    }

    /// Those of these names, and what they are built on.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        let mut needed: BTreeSet<&str> = names.iter().copied().collect();
        // Parents stand before what is built on them.
        for image in self.images.iter().rev() {
            if needed.contains(image.facts.name) {
                needed.extend(image.facts.parent);
                needed.extend(image.facts.uses);
            }
        }
        let images = self.images.iter();
        let images = images.filter(|image| needed.contains(image.facts.name));
        Self {
            images: images.cloned().collect(),
        }
    }

    /// The image of a name; none if there is no such image, or nothing needs it.
    pub fn get(&self, name: &str) -> Option<&PlannedImage> {
        self.images.iter().find(|image| image.facts.name == name)
    }
}

/// For an embedded context that cannot be used.
pub(super) fn wrong(facts: ImageFacts, why: String) -> ImageError {
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
        recipe: None,
    })
}

fn built(
    facts: ImageFacts,
    repository: &str,
    parent: Option<&PlannedImage>,
    used: &[&PlannedImage],
    context: BuildContext,
) -> PlannedImage {
    let parent_argument = parent.map(|parent| (PARENT.to_owned(), parent.reference.clone()));
    let used = used.iter();
    let used = used.map(|image| (argument(image.facts.name), image.reference.clone()));
    let arguments: BTreeMap<_, _> = parent_argument.into_iter().chain(used).collect();
    let hash = context.hash(&arguments);
    let name = format!("{repository}/{}", facts.name);
    let replaced_parent = parent
        .filter(|parent| parent.recipe.is_none())
        .map(|parent| parent.facts.settings_key());
    PlannedImage {
        facts,
        reference: format!("{name}:{}", context::tag(&hash)),
        recipe: Some(Recipe {
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
        if image.facts.runs || needed.contains(image.facts.name) {
            needed.insert(image.facts.name);
            needed.extend(image.facts.needs().filter(|_| image.recipe.is_some()));
        }
    }
    images.retain(|image| needed.contains(image.facts.name));
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn facts(name: &'static str, parent: Option<&'static str>, runs: bool) -> ImageFacts {
        ImageFacts {
            name,
            parent,
            uses: &[],
            image_bytes: 0,
            runs,
            context: |name| {
                Some(BuildContext::new(vec![context::ContextFile {
                    path: "Dockerfile".to_owned(),
                    executable: false,
                    content: name.as_bytes().to_vec().into(),
                }]))
            },
        }
    }

    const BASE: ImageFacts = facts("base", None, false);
    const KAFKA: ImageFacts = facts("kafka", Some("base"), true);
    const CONNECT: ImageFacts = facts("connect", Some("kafka"), true);
    const MINIO: ImageFacts = facts("minio", Some("base"), true);

    fn resolve(replacements: &[(&str, &str)]) -> Result<ImageSet, ImageError> {
        let replacements = replacements
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_string()));
        ImageSet::resolve(&[BASE, KAFKA, CONNECT, MINIO], &replacements.collect())
    }

    fn references(set: &ImageSet) -> Vec<&str> {
        set.iter().map(|image| image.reference.as_str()).collect()
    }

    #[test]
    fn a_child_has_its_parents_tag_as_build_argument_and_in_its_own_tag() {
        let set = resolve(&[]).unwrap();
        let (base, kafka) = (set.get("base").unwrap(), set.get("kafka").unwrap());
        let recipe = kafka.recipe.as_ref().unwrap();
        assert_eq!(recipe.arguments["BASE"], base.reference);
        assert_eq!(
            kafka.reference,
            format!("wikisentry/kafka:{}", &recipe.hash[..12])
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
        assert_eq!(set.get("minio").unwrap().reference, "minio/minio:1");

        let set = resolve(&[("kafka", "a/kafka"), ("minio", "b/minio")]).unwrap();
        let recipe = set.get("connect").unwrap().recipe.as_ref().unwrap();
        assert_eq!(recipe.arguments["BASE"], "a/kafka");
        assert_eq!(recipe.replaced_parent.as_deref(), Some("images.kafka.ref"));
        assert!(set.get("base").is_none());

        let all = [("kafka", "a/k"), ("minio", "b/m"), ("connect", "c/c")];
        assert_eq!(references(&resolve(&all).unwrap()), ["a/k", "c/c", "b/m"]);
    }

    #[test]
    fn what_is_copied_from_is_an_argument_of_its_name_and_counts_in_the_tag() {
        let native = facts("native-code", None, false);
        let flink = ImageFacts {
            uses: &["kafka", "native-code"],
            ..facts("flink", Some("base"), true)
        };
        let resolve = |replacements: &[(&str, &str)]| {
            let replacements = replacements
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_string()));
            ImageSet::resolve(&[BASE, KAFKA, native, flink], &replacements.collect())
        };
        let set = resolve(&[]).unwrap();
        let of = |name: &str| set.get(name).unwrap();
        let arguments = &of("flink").recipe.as_ref().unwrap().arguments;
        let expected = [
            ("BASE", "base"),
            ("KAFKA", "kafka"),
            ("NATIVE_CODE", "native-code"),
        ];
        let expected = expected.map(|(name, image)| (name.to_owned(), of(image).reference.clone()));
        assert_eq!(*arguments, BTreeMap::from(expected));
        let other = resolve(&[("native-code", "other:1")]).unwrap();
        assert_ne!(other.get("flink").unwrap().reference, of("flink").reference);
        // Nothing runs it, and nothing copies from it any more.
        let replaced = resolve(&[("flink", "a/flink:1")]).unwrap();
        assert_eq!(
            replaced
                .iter()
                .map(|one| one.facts.name)
                .collect::<Vec<_>>(),
            ["base", "kafka", "flink"]
        );
        let refused = ImageSet::resolve(&[BASE, KAFKA, flink], &BTreeMap::new()).unwrap_err();
        let expected = "of flink is wrong: it has no image to use native-code";
        assert!(refused.to_string().ends_with(expected), "{refused}");
    }

    #[test]
    fn a_registry_has_what_is_built_here_by_content_or_by_a_given_tag() {
        let set = resolve(&[("minio", "b/minio:1")]).unwrap();
        let local = set.get("kafka").unwrap().reference.clone();
        let tag = local.split_once(':').unwrap().1;
        let of = |set: ImageSet| {
            let of = |name: &str| set.get(name).unwrap().reference.clone();
            [of("kafka"), of("minio")]
        };
        let prefix = "registry.example.org:5000/w";
        assert_eq!(
            of(set.clone().in_registry(prefix, "")),
            [format!("{prefix}/kafka:{tag}"), "b/minio:1".to_owned()]
        );
        assert_eq!(
            of(set.in_registry(prefix, "7"))[0],
            format!("{prefix}/kafka:7")
        );
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
    fn an_image_whose_parent_or_context_is_missing_is_named() {
        let without = ImageFacts {
            context: |_| None,
            ..BASE
        };
        for (facts, expected) in [
            (
                &[KAFKA, BASE][..],
                "of kafka is wrong: it has no parent base",
            ),
            (&[without], "of base is wrong: it has none"),
        ] {
            let refused = ImageSet::resolve(facts, &BTreeMap::new()).unwrap_err();
            assert!(refused.to_string().ends_with(expected), "{refused}");
        }
        let replaced = BTreeMap::from([("base".to_owned(), "other:1".to_owned())]);
        let set = ImageSet::resolve(
            &[ImageFacts {
                runs: true,
                ..without
            }],
            &replaced,
        )
        .unwrap();
        assert_eq!(references(&set), ["other:1"]);
    }

    #[test]
    fn what_a_pod_runs_stays_and_what_nothing_runs_goes() {
        let spark = facts("spark", Some("base"), true);
        let idle = facts("idle", Some("base"), false);
        let set = ImageSet::resolve(&[BASE, spark, idle], &BTreeMap::new()).unwrap();
        let names: Vec<_> = set.iter().map(|image| image.facts.name).collect();
        assert_eq!(names, ["base", "spark"]);
    }
}
