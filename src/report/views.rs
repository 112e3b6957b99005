//! What each kind of data is reported as: a view for people, JSON for scripts.

use super::{Report, explained, images, models, plan, record, retrained, status};
use crate::error::Result;
use crate::explained::Explained;
use crate::models::{Comparison, Listed};
use crate::plan::Plan;
use crate::records::Record;
use crate::text::harmless;
use wikisentry_core::model::Card;
use wikisentry_core::predict::Prediction;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_driver::images::ImageListing;
use wikisentry_engine::status::Status;
use wikisentry_engine::tail::TailRecord;
use wikisentry_learning::Retrained;

impl Report {
    /// One record of a topic: a line for people, or for scripts its value as it is stored.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn record(&self, topic: Topic, record: &Record<'_>) -> Result<()> {
        if self.is_json() {
            let mut line = Vec::with_capacity(record.value.len() + 1);
            record.push_line(&mut line);
            return self.lines(&line);
        }
        let width = self.width();
        self.line(record.with_json(|record| record::line(topic, record, width))?)
    }

    /// How a record reads to people, for views of several.
    pub fn record_line(&self, topic: Topic, timestamp: EventTime, value: &[u8]) -> String {
        let Ok(value) = serde_json::from_slice(value) else {
            return String::new();
        };
        let (offset, key) = (0, "".into());
        let record = TailRecord {
            offset,
            timestamp,
            key,
            value,
        };
        record::line(topic, &record, self.width())
    }

    /// The state of the platform: a view for people, one object for scripts.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn status(&self, status: &Status) -> Result<()> {
        if self.is_json() {
            return self.json(status);
        }
        self.text(status::view(status))
    }

    /// What came of a retraining: a view for people.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn retrained(&self, done: &Retrained, model: &str) -> Result<()> {
        self.text(retrained::view(done, model))
    }

    /// The images: a view for people, one object for scripts.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn images(&self, listing: &ImageListing) -> Result<()> {
        if self.is_json() {
            return self.json(listing);
        }
        self.text(images::view(listing))
    }

    /// The versions of a model: a table for people, one object a line for scripts.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn model_versions(&self, versions: &[Listed]) -> Result<()> {
        if self.is_json() {
            return versions.iter().try_for_each(|version| self.json(version));
        }
        self.text(models::list(versions))
    }

    /// The card of a version, for people.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn model_card(&self, listed: &Listed, card: &Card) -> Result<()> {
        self.text(models::card(listed, card))
    }

    /// Two cards side by side: tables for people, one object for scripts.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn model_comparison(&self, comparison: &Comparison) -> Result<()> {
        if self.is_json() {
            return self.json(comparison);
        }
        self.text(models::comparison(comparison))
    }

    /// A score and its reasons: a view for people, one object a line for scripts.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn explained(&self, explained: &Explained) -> Result<()> {
        if self.is_json() {
            return self.json(explained);
        }
        self.text(explained::view(explained))
    }

    /// Why an event was passed over, in the place of its answer.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn refused(&self, refused: &Prediction<'_>) -> Result<()> {
        match refused {
            Prediction::Refused { meta_id, error } if !self.is_json() => {
                let id = meta_id.as_deref().unwrap_or("an event");
                self.line(format_args!("{}: {}", harmless(id), harmless(error)))
            }
            _ => self.json(refused),
        }
    }

    /// A plan for people.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn plan(&self, plan: &Plan, size: &str) -> Result<()> {
        self.text(plan::view(plan, size))
    }
}
