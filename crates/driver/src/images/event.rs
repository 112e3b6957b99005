//! What happens while images are built and pulled.

use crate::converge::{Verb, Work};
use std::time::Duration;

/// One thing that happened to one image of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageEvent {
    /// Name of the image.
    pub image: &'static str,
    pub step: ImageStep,
}

/// What happened to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageStep {
    /// It is not on the engine and is about to be built or pulled.
    Started,
    /// It is being built or pulled, or one that it is built from is; without its name.
    Work(Work),
    /// It is on the engine.
    Ready {
        /// `Keep`, `Build` or `Pull`.
        verb: Verb,
        /// How long that took.
        elapsed: Duration,
    },
}

impl ImageEvent {
    /// What goes on with it, its name first, for those who show all images in one line; none for
    /// its beginning and end.
    pub fn work(self) -> Option<Work> {
        let ImageStep::Work(work) = self.step else {
            return None;
        };
        let step = format!("{} {}", self.image, work.step);
        Some(Work { step, ..work })
    }
}

/// Where events go; called from one task at a time.
pub type OnEvent<'a> = &'a (dyn Fn(ImageEvent) + Send + Sync);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_told_with_the_name_first() {
        for (step, expected) in [
            (ImageStep::Started, None),
            (
                ImageStep::Work(Work::step("1/3 FROM a")),
                Some("kafka 1/3 FROM a"),
            ),
        ] {
            let image = "kafka";
            let work = ImageEvent { image, step }.work();
            assert_eq!(work, expected.map(Work::step));
        }
    }
}
