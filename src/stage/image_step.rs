//! What goes on with an image, in the words of a step.

use crate::report::byte_count;
use wikisentry_driver::images::ImageEvent;

/// The step that an event tells of, and the last line that it wrote; none if it tells of no step.
pub fn image_step(event: &ImageEvent) -> Option<(String, Option<String>)> {
    match event {
        ImageEvent::Started { .. } | ImageEvent::Ready { .. } => None,
        ImageEvent::Pulling {
            reference,
            done,
            total,
            ..
        } => {
            let bytes =
                (*total > 0).then(|| format!("{} of {}", byte_count(*done), byte_count(*total)));
            Some((format!("pull {reference}"), bytes))
        }
        // Before the first step of the Dockerfile BuildKit only prepares itself.
        ImageEvent::Building { progress, .. }
            if progress.total == 0 || progress.step.is_empty() =>
        {
            None
        }
        ImageEvent::Building { progress, .. } => {
            // The step that runs is the one after those that are done.
            let at = (progress.done + 1).min(progress.total);
            let step = format!("{at}/{} {}", progress.total, progress.step);
            Some((step, progress.line.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_driver::images::BuildProgress;

    #[test]
    fn a_step_is_shown_once_it_has_a_name() {
        let building = |done, total, step: &str| ImageEvent::Building {
            image: "kafka",
            progress: BuildProgress {
                done,
                total,
                step: step.to_owned(),
                line: None,
            },
        };
        assert_eq!(image_step(&building(0, 0, "load metadata")), None);
        assert_eq!(image_step(&building(2, 3, "")), None);
        let step = image_step(&building(3, 3, "RUN end")).map(|(step, _)| step);
        assert_eq!(step.as_deref(), Some("3/3 RUN end"));
    }
}
