//! Pulls an image by its reference: one that the settings put in the place of ours, or one that
//! ours are built from. The engine does it, with its own network, proxies and certificates.

use super::engine::patient;
use super::error::ImageError;
use super::event::{ImageEvent, ImageStep, OnEvent};
use super::reference::split_tag;
use crate::converge::Work;
use bollard::Docker;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;
use std::collections::HashMap;

/// Pulls `reference`, which `image` needs.
///
/// # Errors
/// [`ImageError::Missing`] with what the engine said.
pub(super) async fn pull(
    docker: &Docker,
    image: &'static str,
    reference: &str,
    on_event: OnEvent<'_>,
) -> Result<(), ImageError> {
    let missing = |why: String| ImageError::Missing {
        image: image.to_owned(),
        reference: reference.to_owned(),
        why,
    };
    let tagged = with_tag(reference);
    let options = CreateImageOptionsBuilder::new().from_image(&tagged).build();
    let docker = patient(docker);
    let mut answers = std::pin::pin!(docker.create_image(Some(options), None, None));
    let mut layers = LayerBytes::default();
    let mut said = None;
    while let Some(answer) = answers.next().await {
        let answer = answer.map_err(|error| missing(why(error)))?;
        if let Some(error) = answer.error_detail {
            return Err(missing(error.message.unwrap_or_default()));
        }
        layers.update(&answer);
        let bytes = layers.bytes();
        if said != Some(bytes) {
            said = Some(bytes);
            let step = ImageStep::Work(work(reference, bytes));
            on_event(ImageEvent { image, step });
        }
    }
    Ok(())
}

/// Without bytes as long as none are known.
fn work(reference: &str, (done, total): (u64, u64)) -> Work {
    Work {
        bytes: (total > 0).then_some((done, total)),
        ..Work::step(format!("pull {reference}"))
    }
}

/// Without a tag the engine would pull every tag there is.
fn with_tag(reference: &str) -> String {
    if reference.contains('@') || split_tag(reference).1.is_some() {
        return reference.to_owned();
    }
    format!("{reference}:latest")
}

/// What the engine said, without what the client adds.
fn why(error: bollard::errors::Error) -> String {
    use bollard::errors::Error::{DockerResponseServerError, DockerStreamError};
    match error {
        DockerResponseServerError { message, .. } => message,
        DockerStreamError { error } => error,
        other => other.to_string(),
    }
}

/// Bytes of each layer: already here, and in total.
#[derive(Default)]
struct LayerBytes(HashMap<String, (u64, u64)>);

impl LayerBytes {
    fn update(&mut self, answer: &CreateImageInfo) {
        let (Some(id), Some(status)) = (&answer.id, &answer.status) else {
            return;
        };
        let detail = answer.progress_detail.as_ref();
        let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
        let layer = self.0.entry(id.clone()).or_default();
        match status.as_str() {
            "Downloading" => {
                let total = detail.and_then(|detail| number(detail.total));
                let current = detail.and_then(|detail| number(detail.current));
                layer.1 = total.unwrap_or(layer.1);
                layer.0 = current.unwrap_or(layer.0).min(layer.1);
            }
            "Download complete" | "Pull complete" | "Extracting" => layer.0 = layer.1,
            _ => {}
        }
    }

    fn bytes(&self) -> (u64, u64) {
        let sum = |(a, b): (u64, u64), (c, d): &(u64, u64)| (a + c, b + d);
        self.0.values().fold((0, 0), sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::ProgressDetail;

    #[test]
    fn a_reference_without_tag_means_latest() {
        for (reference, expected) in [
            ("minio/minio", "minio/minio:latest"),
            ("localhost:5000/minio", "localhost:5000/minio:latest"),
            ("minio/minio:1", "minio/minio:1"),
            ("minio@sha256:00", "minio@sha256:00"),
        ] {
            assert_eq!(with_tag(reference), expected);
        }
    }

    #[test]
    fn a_pull_tells_its_bytes_once_they_are_known() {
        for (total, expected) in [(0, None), (9, Some((4, 9)))] {
            let work = work("a/b:1", (4, total));
            assert_eq!((work.step.as_str(), work.bytes), ("pull a/b:1", expected));
        }
    }

    #[test]
    fn the_bytes_of_all_layers_are_counted_together() {
        let mut layers = LayerBytes::default();
        for (id, status, current, total, expected) in [
            ("a", "Downloading", 10, 100, (10, 100)),
            ("b", "Downloading", 5, 50, (15, 150)),
            ("a", "Download complete", 0, 0, (105, 150)),
            ("b", "Downloading", 50, 50, (150, 150)),
            ("b", "Extracting", 1, 50, (150, 150)),
            ("c", "Already exists", 0, 0, (150, 150)),
        ] {
            layers.update(&CreateImageInfo {
                id: Some(id.to_owned()),
                status: Some(status.to_owned()),
                progress_detail: Some(ProgressDetail {
                    current: Some(current),
                    total: Some(total),
                }),
                ..Default::default()
            });
            assert_eq!(layers.bytes(), expected, "{id} {status}");
        }
    }
}
