//! What happens while images are built and pulled.

use crate::converge::{Verb, Work};
use std::time::Duration;

/// One thing that happened to one image of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageEvent {
    /// It is not on the engine and is about to be built or pulled.
    Started {
        /// Name of the image.
        image: &'static str,
        /// What it will be called.
        reference: String,
    },
    /// An image is being pulled: itself, or one that it is built from.
    Pulling {
        /// Name of the image.
        image: &'static str,
        reference: String,
        /// Bytes here, of the layers that are known so far.
        done: u64,
        /// Bytes of those layers.
        total: u64,
    },
    /// The build made progress.
    Building {
        /// Name of the image.
        image: &'static str,
        progress: BuildProgress,
    },
    /// It is on the engine.
    Ready {
        /// Name of the image.
        image: &'static str,
        /// `Keep`, `Build` or `Pull`.
        verb: Verb,
        /// How long that took.
        elapsed: Duration,
    },
}

impl ImageEvent {
    /// Name of the image that it is about.
    pub fn image(&self) -> &'static str {
        match self {
            Self::Started { image, .. }
            | Self::Pulling { image, .. }
            | Self::Building { image, .. }
            | Self::Ready { image, .. } => image,
        }
    }

    /// What goes on with it, without its name; none for its beginning and end.
    pub fn step(&self) -> Option<Work> {
        match self {
            Self::Started { .. } | Self::Ready { .. } => None,
            Self::Pulling {
                reference,
                done,
                total,
                ..
            } => Some(Work {
                bytes: (*total > 0).then_some((*done, *total)),
                ..Work::step(format!("pull {reference}"))
            }),
            Self::Building { progress, .. } => progress.work(),
        }
    }

    /// The same with its name first, for those who show all images in one line.
    pub fn work(&self) -> Option<Work> {
        let work = self.step()?;
        let step = format!("{} {}", self.image(), work.step);
        Some(Work { step, ..work })
    }
}

/// Where a build is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildProgress {
    /// Steps of the Dockerfile that are done or came from the layer cache.
    pub done: usize,
    /// Steps that are known so far.
    pub total: usize,
    /// What runs right now, as in the Dockerfile; empty before the first step.
    pub step: String,
    /// The last line that it wrote.
    pub line: Option<String>,
}

impl BuildProgress {
    /// The step that runs, by its number. Before the first step of the Dockerfile BuildKit only
    /// prepares itself: none.
    fn work(&self) -> Option<Work> {
        if self.total == 0 || self.step.is_empty() {
            return None;
        }
        // The step that runs is the one after those that are done.
        let at = (self.done + 1).min(self.total);
        Some(Work {
            line: self.line.clone(),
            ..Work::step(format!("{at}/{} {}", self.total, self.step))
        })
    }
}

/// Where events go; called from one task at a time.
pub type OnEvent<'a> = &'a (dyn Fn(ImageEvent) + Send + Sync);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_once_it_has_a_name() {
        for (done, total, step, expected) in [
            (0, 0, "load metadata", None),
            (2, 3, "", None),
            (0, 3, "FROM a", Some("kafka 1/3 FROM a")),
            (3, 3, "RUN end", Some("kafka 3/3 RUN end")),
        ] {
            let progress = BuildProgress {
                done,
                total,
                step: step.to_owned(),
                line: Some("said".to_owned()),
            };
            let work = ImageEvent::Building {
                image: "kafka",
                progress,
            }
            .work();
            let expected = expected.map(|step| Work {
                line: Some("said".to_owned()),
                ..Work::step(step)
            });
            assert_eq!(work, expected);
        }
    }

    #[test]
    fn a_pull_tells_its_bytes_once_they_are_known() {
        for (total, expected) in [(0, None), (9, Some((4, 9)))] {
            let event = ImageEvent::Pulling {
                image: "minio",
                reference: "a/b:1".to_owned(),
                done: 4,
                total,
            };
            let work = event.work().unwrap();
            assert_eq!(
                (work.step.as_str(), work.bytes),
                ("minio pull a/b:1", expected)
            );
        }
    }
}
