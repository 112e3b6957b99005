//! Images against a real Docker engine: built, found again, carried in an archive. Tiny images under
//! names of their own; needs `debian:bookworm-slim` on the engine, or a network.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use bollard::Docker;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptions, ListImagesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use wikisentry_driver::converge::{Verb, Work};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::images::{
    self, BuildContext, CONTEXT_LABEL, ContextFile, ImageError, ImageEvent, ImageFacts, ImageSet,
    ImageStep,
};

const FACTS: &[ImageFacts] = &[
    facts("base", None, false),
    facts("child", Some("base"), true),
    facts("other", None, true),
];

/// Their contexts are each test's own.
const fn facts(name: &'static str, parent: Option<&'static str>, runs: bool) -> ImageFacts {
    ImageFacts {
        name,
        parent,
        uses: &[],
        image_bytes: 4_000,
        runs,
        context: |_| None,
    }
}

/// A repository of its own on the engine, emptied at the end, also of a test that fails.
struct Repository(String);

impl Repository {
    fn new() -> Self {
        Self(format!("wikisentry-test-{:08x}", rand::random::<u32>()))
    }

    /// Three images that were never built before; `other` has this line in its Dockerfile.
    fn set(&self, other: &str) -> ImageSet {
        self.set_with("${BASE}", other)
    }

    /// The same, with a child that is built on an image of its own choice.
    fn set_with(&self, parent: &str, other: &str) -> ImageSet {
        let context = |facts: &ImageFacts| {
            let dockerfile = match facts.name {
                "base" => "FROM debian:bookworm-slim\nCOPY unique /\n".to_owned(),
                "child" => format!("ARG BASE\nFROM {parent}\nRUN echo grown > /child\n"),
                _ => format!("FROM debian:bookworm-slim\nCOPY unique /\n{other}\n"),
            };
            let file = |path: &str, content: String| ContextFile {
                path: path.to_owned(),
                executable: false,
                content: content.into_bytes().into(),
            };
            let unique = format!("{} {}", self.0, facts.name);
            Some(BuildContext::new(vec![
                file("Dockerfile", dockerfile),
                file("unique", unique),
            ]))
        };
        ImageSet::of(FACTS, &self.0, &BTreeMap::new(), context).unwrap()
    }

    async fn remove_all(&self, docker: &Docker) {
        let filters = HashMap::from([("reference", vec![format!("{}/*", self.0)])]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        for image in docker.list_images(Some(options)).await.unwrap() {
            for tag in image.repo_tags {
                let options = RemoveImageOptionsBuilder::new().force(true).build();
                docker
                    .remove_image(&tag, Some(options), None)
                    .await
                    .unwrap();
            }
        }
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                runtime().block_on(async {
                    self.remove_all(Engine::connect().await.unwrap().client())
                        .await
                });
            });
        });
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Runs a test with an engine and a repository of its own.
fn on_engine(test: impl AsyncFnOnce(Docker, &Repository)) {
    let repository = Repository::new();
    runtime().block_on(async {
        test(
            Engine::connect().await.unwrap().client().clone(),
            &repository,
        )
        .await
    });
}

fn ignore(_: ImageEvent) {}

/// How many steps a Dockerfile has, of `2/3 RUN …`.
fn total(work: &Work) -> usize {
    let (_, rest) = work.step.split_once('/').unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

async fn verbs(docker: &Docker, set: &ImageSet) -> Vec<Verb> {
    let planned = images::plan(docker, set).await.unwrap();
    let done = images::ensure(docker, set, &ignore).await.unwrap();
    assert_eq!(planned, done);
    done.iter().map(|change| change.verb).collect()
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn what_is_missing_is_built_once_and_found_again() {
    on_engine(async |docker, repository| {
        let set = repository.set("RUN echo said >&2; echo end; sleep 1");
        let events = Mutex::new(Vec::new());
        let note = |event| events.lock().unwrap().push(event);
        let planned = images::plan(&docker, &set).await.unwrap();
        let first = images::ensure(&docker, &set, &note).await.unwrap();
        assert_eq!(first, planned);
        for (change, image) in first.iter().zip(set.iter()) {
            assert_eq!((change.verb, change.kind), (Verb::Build, "image"));
            assert_eq!(change.name, image.reference);
            assert_eq!(change.component, image.facts.name);
            assert_eq!(change.disk_bytes, Some(4_000));
        }
        let events = events.into_inner().unwrap();
        // The two lines are of two streams: the builder may report either one last.
        let said = |event: &ImageEvent| {
            matches!(event, ImageEvent { image: "other", step: ImageStep::Work(work) }
                if work.step.contains(" RUN echo said")
                && matches!(work.line.as_deref(), Some("said" | "end")) && total(work) >= 3)
        };
        assert!(events.iter().any(said), "{events:?}");
        let ready = |name: &str| {
            let found = |event: &ImageEvent| {
                event.image == name && matches!(event.step, ImageStep::Ready { .. })
            };
            events.iter().position(found).unwrap()
        };
        assert!(ready("base") < ready("child"));

        assert_eq!(verbs(&docker, &set).await, [Verb::Keep; 3]);
        for image in set.iter() {
            let found = docker.inspect_image(&image.reference).await.unwrap();
            let labels = found.config.unwrap().labels.unwrap();
            let recipe = image.recipe.as_ref().unwrap();
            assert_eq!(labels[CONTEXT_LABEL], recipe.hash);
            let local = docker.inspect_image(&recipe.local_name).await.unwrap();
            assert_eq!(local.id, found.id);
        }

        let changed = repository.set("RUN echo changed");
        let listing = images::list(&docker, &changed).await.unwrap();
        let present: Vec<_> = listing
            .images
            .iter()
            .map(|image| image.present.is_some())
            .collect();
        assert_eq!(present, [true, true, false]);
        let child = listing.images[1].present.as_ref().unwrap();
        let base = listing.images[0].present.as_ref().unwrap();
        assert_eq!(
            (child.shared_layers, child.shared_bytes),
            (base.layers, base.bytes)
        );
        assert_eq!(listing.bytes, child.bytes);
        let old = set.get("other").unwrap();
        let outdated: Vec<_> = listing
            .outdated
            .iter()
            .map(|image| &image.reference)
            .collect();
        assert_eq!(outdated, [&old.reference]);
    });
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn two_builds_at_the_same_time_end_with_the_same_images() {
    on_engine(async |docker, repository| {
        let set = repository.set("RUN sleep 1 && date +%N > /now");
        let (one, two) = tokio::join!(
            images::ensure(&docker, &set, &ignore),
            images::ensure(&docker, &set, &ignore),
        );
        assert_eq!(one.unwrap().len(), 3);
        assert_eq!(two.unwrap().len(), 3);
        assert_eq!(verbs(&docker, &set).await, [Verb::Keep; 3]);
    });
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn a_build_that_is_stopped_goes_on_from_the_layers_it_had() {
    on_engine(async |docker, repository| {
        let set = repository.set("RUN date +%N | tee /first && sleep 1\nRUN sleep 2");
        let has_written = |work: &Work| work.step.contains(" RUN date") && work.line.is_some();
        let written = AtomicBool::new(false);
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let stop = Mutex::new(Some(stop));
        let note = |event: ImageEvent| {
            if let ImageStep::Work(work) = event.step {
                written.fetch_or(has_written(&work), Ordering::Relaxed);
                if work.step.ends_with(" RUN sleep 2")
                    && let Some(stop) = stop.lock().unwrap().take()
                {
                    stop.send(()).unwrap();
                }
            }
        };
        tokio::select! {
            done = images::ensure(&docker, &set, &note) => panic!("not stopped: {done:?}"),
            stopped = stopped => stopped.unwrap(),
        }
        assert!(written.into_inner(), "the first step was not seen to run");
        let note = |event| {
            if let ImageEvent {
                image: "other",
                step: ImageStep::Work(work),
            } = event
            {
                // What was done before comes from the layer cache: the step may be looked for
                // there, but writes nothing.
                assert!(!has_written(&work), "{work:?}");
            }
        };
        let done = images::ensure(&docker, &set, &note).await.unwrap();
        let other = done.iter().find(|change| change.component == "other");
        assert_eq!(other.unwrap().verb, Verb::Build);
    });
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn a_step_that_fails_is_named_with_its_last_lines() {
    on_engine(async |docker, repository| {
        let set = repository.set("RUN seq 1 50 && exit 3");
        let error = images::ensure(&docker, &set, &ignore).await.unwrap_err();
        let ImageError::BuildFailed {
            image,
            step,
            message,
            log,
            ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(
            (image.as_str(), step.as_str()),
            ("other", "RUN seq 1 50 && exit 3")
        );
        assert_eq!(message, "exit code 3");
        let expected: Vec<String> = (21..=50).map(|n| n.to_string()).collect();
        assert_eq!(log, expected);
    });
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn what_is_built_on_another_parent_than_ours_is_thrown_away() {
    on_engine(async |docker, repository| {
        let set = repository.set_with("debian:bookworm-slim", "RUN true");
        for _ in 0..2 {
            let error = images::ensure(&docker, &set, &ignore).await.unwrap_err();
            let child = &set.get("child").unwrap().reference;
            let ImageError::NotVerified { reference, .. } = &error else {
                panic!("{error:?}")
            };
            assert_eq!(reference, child);
            assert!(docker.inspect_image(child).await.is_err());
        }
    });
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn an_image_that_nobody_has_is_named() {
    on_engine(async |docker, _| {
        let name = "registry.invalid/wikisentry-test/none:1";
        let replacements = BTreeMap::from([("child".to_owned(), name.to_owned())]);
        let only = &FACTS[1..2];
        let set = ImageSet::of(only, "unused", &replacements, |_| None).unwrap();
        let error = images::ensure(&docker, &set, &ignore).await.unwrap_err();
        let ImageError::Missing {
            image,
            reference,
            why,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!((image.as_str(), reference.as_str()), ("child", name));
        assert!(!why.is_empty());
    });
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn an_archive_carries_all_images_and_a_damaged_one_changes_nothing() {
    on_engine(async |docker, repository| {
        let set = repository.set("RUN echo carried > /carried");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("images.tar.zst");
        let missing = images::save(&docker, &set, &path, &|_| ())
            .await
            .unwrap_err();
        assert!(matches!(missing, ImageError::NotPresent { references } if references.len() == 3));
        assert!(!path.exists());

        images::ensure(&docker, &set, &ignore).await.unwrap();
        let saved = images::save(&docker, &set, &path, &|_| ()).await.unwrap();
        assert_eq!(saved.references.len(), 3);
        assert_eq!(saved.bytes, path.metadata().unwrap().len());
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");

        repository.remove_all(&docker).await;
        let present = async |set: &ImageSet| {
            let listing = images::list(&docker, set).await.unwrap();
            listing
                .images
                .iter()
                .filter(|image| image.present.is_some())
                .count()
        };
        assert_eq!(present(&set).await, 0);
        let cut = folder.path().join("cut.tar.zst");
        let content = std::fs::read(&path).unwrap();
        std::fs::write(&cut, &content[..content.len() - 9]).unwrap();
        let refused = load(&docker, &set, &cut).await.unwrap_err();
        assert!(matches!(refused, ImageError::Damaged { .. }), "{refused}");
        // Sound, and not the file that is meant; or not what is run here.
        let other = Some("0".repeat(64));
        let refused = images::load(&docker, &set, &path, other.as_deref(), &|_| ()).await;
        let refused = refused.unwrap_err();
        let ImageError::OtherFile { found, .. } = &refused else {
            panic!("{refused}");
        };
        assert_eq!(found, &saved.sha256);
        let refused = load(&docker, &repository.set("RUN echo other"), &path).await;
        let refused = refused.unwrap_err();
        let ImageError::NotPlanned { references, .. } = &refused else {
            panic!("{refused}");
        };
        assert_eq!(references, &[set.get("other").unwrap().reference.clone()]);
        assert_eq!(present(&set).await, 0);

        let sha256 = Some(saved.sha256.as_str());
        let loaded = images::load(&docker, &set, &path, sha256, &|_| ()).await;
        let loaded = loaded.unwrap();
        assert!(loaded.iter().all(|image| !image.was_present), "{loaded:?}");
        assert_eq!(present(&set).await, 3);
        assert_eq!(verbs(&docker, &set).await, [Verb::Keep; 3]);
        let again = load(&docker, &set, &path).await.unwrap();
        assert!(again.iter().all(|image| image.was_present), "{again:?}");
    });
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn what_was_loaded_and_is_not_as_planned_loses_its_name() {
    on_engine(async |docker, repository| {
        // Another image by the name of ours, in an archive that is consistent.
        let set = repository.set("RUN true");
        let reference = &set.get("other").unwrap().reference;
        let (name, tag) = reference.rsplit_once(':').unwrap();
        images::ensure(&docker, &set, &ignore).await.unwrap();
        repository.remove_all(&docker).await;
        let options = TagImageOptionsBuilder::new().repo(name).tag(tag).build();
        let tagged = docker.tag_image("debian:bookworm-slim", Some(options));
        tagged.await.unwrap();
        let theirs = BTreeMap::from([("other".to_owned(), reference.clone())]);
        let theirs = ImageSet::of(&FACTS[2..], "unused", &theirs, |_| None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("images.tar.zst");
        images::save(&docker, &theirs, &path, &|_| ())
            .await
            .unwrap();
        repository.remove_all(&docker).await;

        let refused = load(&docker, &set, &path).await.unwrap_err();
        let ImageError::NotVerified { reference: of, why } = &refused else {
            panic!("{refused}");
        };
        assert_eq!(of, reference);
        assert_eq!(why, "it was built from something else");
        assert!(docker.inspect_image(reference).await.is_err());
    });
}

async fn load(
    docker: &Docker,
    set: &ImageSet,
    path: &Path,
) -> Result<Vec<images::LoadedImage>, ImageError> {
    images::load(docker, set, path, None, &|_| ()).await
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn a_prune_removes_what_was_built_for_others_and_nothing_uses() {
    on_engine(async |docker, repository| {
        let (old, used, now) = (
            repository.set("RUN echo old"),
            repository.set("RUN echo used"),
            repository.set("RUN echo now"),
        );
        for set in [&old, &used, &now] {
            images::ensure(&docker, set, &ignore).await.unwrap();
        }
        let other = |set: &ImageSet| set.get("other").unwrap().reference.clone();
        // A name that somebody gave, and a container that was never started.
        let mine = TagImageOptionsBuilder::new()
            .repo(&format!("{}/other", repository.0))
            .tag("mine")
            .build();
        docker.tag_image(&other(&old), Some(mine)).await.unwrap();
        let container = ContainerCreateBody {
            image: Some(other(&used)),
            ..Default::default()
        };
        let options = None::<CreateContainerOptions>;
        let container = docker.create_container(options, container).await.unwrap();

        let pruned = images::prune(&docker, &now).await.unwrap();
        let options = RemoveContainerOptionsBuilder::new().force(true).build();
        let removed = docker.remove_container(&container.id, Some(options)).await;
        removed.unwrap();
        let mut found: Vec<_> = pruned
            .iter()
            .map(|one| (one.image.reference.clone(), one.removed))
            .collect();
        found.sort();
        let mut expected = [(other(&old), true), (other(&used), false)];
        expected.sort();
        assert_eq!(found, expected);
        assert!(docker.inspect_image(&other(&old)).await.is_err());
        assert_eq!(verbs(&docker, &now).await, [Verb::Keep; 3]);
        let mine = format!("{}/other:mine", repository.0);
        docker.inspect_image(&mine).await.unwrap();

        let again = images::prune(&docker, &now).await.unwrap();
        assert!(again.iter().all(|one| one.removed), "{again:?}");
        assert_eq!(images::prune(&docker, &now).await.unwrap(), []);
    });
}
