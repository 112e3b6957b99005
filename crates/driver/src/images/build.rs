//! Builds one image through the engine's BuildKit and follows the build.
//!
//! What the Dockerfile is built from is pulled before: the engine does it with its own network,
//! proxies and certificates, and reports its progress. Within a build, BuildKit would have this
//! process log in to registries for it.

use super::dockerfile::images_needed;
use super::engine::{CONTEXT_LABEL, IMAGE_LABEL, inspect, patient};
use super::error::ImageError;
use super::event::{ImageEvent, ImageStep, OnEvent};
use super::pull::pull;
use super::set::{PlannedImage, Recipe, wrong};
use super::trace::BuildTrace;
use bollard::Docker;
use bollard::errors::Error;
use bollard::models::BuildInfoAux;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, BuilderVersion};
use futures_util::StreamExt;
use std::collections::HashMap;

/// Builds the image and names it. The layer cache makes steps that were done before free, also
/// those of a build that was interrupted.
///
/// # Errors
/// [`ImageError::Missing`] if an image that it is built from cannot be obtained,
/// [`ImageError::BuildFailed`] if a step fails.
pub(super) async fn build(
    docker: &Docker,
    image: &PlannedImage,
    recipe: &Recipe,
    on_event: OnEvent<'_>,
) -> Result<(), ImageError> {
    let name = image.facts.name;
    let bad_context = |why| wrong(image.facts, why);
    let dockerfile = recipe.context.file("Dockerfile").unwrap_or_default();
    let dockerfile = str::from_utf8(dockerfile).map_err(|error| bad_context(error.to_string()))?;
    for needed in images_needed(dockerfile, &recipe.arguments).map_err(bad_context)? {
        if inspect(docker, &needed).await?.is_none() {
            pull(docker, name, &needed, on_event).await?;
        }
    }
    let pieces = recipe.context.archive();
    let pieces = pieces.map_err(|error| bad_context(error.to_string()))?;
    let body = bollard::body_stream(futures_util::stream::iter(pieces));
    let docker = patient(docker);
    let mut answers = docker.build_image(options(image, recipe), None, Some(body));
    let mut trace = BuildTrace::default();
    let mut said = None;
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) => {
                if let Some(BuildInfoAux::BuildKit(status)) = &answer.aux {
                    trace.apply(status);
                }
            }
            Err(Error::DockerStreamError { error }) => {
                return Err(failed(name, recipe, &mut trace, error));
            }
            Err(error) => return Err(ImageError::engine(format!("build {name}"))(error)),
        }
        if let Some(work) = trace.progress().work()
            && said.as_ref() != Some(&work)
        {
            said = Some(work.clone());
            let step = ImageStep::Work(work);
            on_event(ImageEvent { image: name, step });
        }
    }
    Ok(())
}

fn options(image: &PlannedImage, recipe: &Recipe) -> BuildImageOptions {
    let labels = HashMap::from([
        (
            "org.opencontainers.image.version",
            env!("CARGO_PKG_VERSION"),
        ),
        (IMAGE_LABEL, image.facts.name),
        (CONTEXT_LABEL, &recipe.hash),
    ]);
    let arguments = recipe.arguments.iter();
    let arguments = arguments.map(|(name, value)| (name.as_str(), value.as_str()));
    BuildImageOptionsBuilder::new()
        .t(&image.reference)
        .buildargs(&arguments.collect::<HashMap<_, _>>())
        .labels(&labels)
        .version(BuilderVersion::BuilderBuildKit)
        .session(&format!("{:032x}", rand::random::<u128>()))
        .build()
}

fn failed(name: &str, recipe: &Recipe, trace: &mut BuildTrace, error: String) -> ImageError {
    let step = trace.failed();
    let message = step.map_or(&error, |step| &step.error);
    // BuildKit repeats the whole command, which may be long.
    let message = match message.rsplit_once("exit code: ") {
        Some((_, code)) => format!("exit code {code}"),
        None => message.clone(),
    };
    ImageError::BuildFailed {
        image: name.to_owned(),
        step: step.map(|step| step.name.clone()).unwrap_or_default(),
        message,
        log: step
            .into_iter()
            .flat_map(|step| &step.log)
            .cloned()
            .collect(),
        replaced_parent: recipe.replaced_parent.clone(),
    }
}
