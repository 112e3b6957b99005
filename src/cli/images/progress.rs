//! Shows the building of images as stages, one an image.

use crate::report::Stages;
use crate::stage::{Outcome, StageEvent};
use std::collections::BTreeMap;
use std::time::Instant;
use wikisentry_driver::converge::Verb;
use wikisentry_driver::images::{ImageEvent, ImageStep};

/// The stages of one `images build`, or of the part of `up` that does the same.
pub struct ImageStages {
    stages: Stages,
    /// Images on which work began, and what was last heard of it.
    begun: BTreeMap<&'static str, (Instant, Option<StageEvent>)>,
}

impl ImageStages {
    /// Shows images as stages of a longer work.
    pub fn new(stages: Stages) -> Self {
        Self {
            stages,
            begun: BTreeMap::new(),
        }
    }

    pub fn on(&mut self, event: ImageEvent) {
        let image = event.image;
        match event.step {
            ImageStep::Started => {
                self.begun.insert(image, (Instant::now(), None));
                self.stages.on(StageEvent::started(stage(image)));
            }
            ImageStep::Work(work) => {
                let event = StageEvent::working(stage(image), work);
                if let Some((_, last)) = self.begun.get_mut(image) {
                    *last = Some(event.clone());
                }
                self.stages.on(event);
            }
            ImageStep::Ready { verb, elapsed } => {
                self.begun.remove(image);
                let outcome = match verb {
                    Verb::Keep => Outcome::Unchanged,
                    _ => Outcome::Done,
                };
                let event = StageEvent::finished(stage(image), elapsed, outcome);
                self.stages.on(event);
            }
        }
    }

    /// Says again what goes on, for those who wait and hear nothing new.
    pub fn repeat(&mut self) {
        for (_, last) in self.begun.values() {
            if let Some(event) = last {
                self.stages.on(event.clone());
            }
        }
    }

    /// Ends the stages that did not end by themselves: failed, or stopped because another did.
    pub fn close(&mut self, well: bool) {
        for (image, (begun, _)) in std::mem::take(&mut self.begun) {
            if !well {
                let elapsed = begun.elapsed();
                let event = StageEvent::finished(stage(image), elapsed, Outcome::Failed);
                self.stages.on(event);
            }
        }
        self.stages.close();
    }
}

fn stage(image: &str) -> String {
    format!("image {image}")
}
