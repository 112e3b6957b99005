//! What each kind of data is reported as: a view for people, JSON for scripts. All of them fail as
//! [`Report::line`] does.

use super::record::Look;
use super::records::Records;
use super::{Report, explained, images, models, plan, record, retrained, status};
use crate::error::Result;
use crate::models::{Comparison, Listed};
use crate::plan::Plan;
use crate::text::harmless;
use serde_json::json;
use wikisentry_core::explained::Explained;
use wikisentry_core::model::Card;
use wikisentry_core::predict::Prediction;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_driver::images::ImageListing;
use wikisentry_engine::status::Status;
use wikisentry_engine::tail::{Clock, TailRecord};
use wikisentry_learning::Retrained;

impl Report {
    /// Starts showing records of a topic.
    pub fn records(&self, topic: Topic, is_local: bool) -> Records {
        Records::new(self.clone(), topic, is_local)
    }

    /// How a record reads to people below others of any day, for views of several topics. Times are UTC.
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
        record::line(topic, &record, self.look_at_any_day(&Clock::utc())).text
    }

    /// What the columns of those lines are.
    pub fn record_header(&self, topic: Topic) -> String {
        let clock = Clock::utc();
        let look = self.look_at_any_day(&clock);
        record::header(topic, look.time_width, look)
    }

    fn look_at_any_day<'a>(&self, clock: &'a Clock) -> Look<'a> {
        let width = self.width();
        Look {
            width,
            // A view that is renewed counts columns.
            links: false,
            clock,
            time_width: record::dated_width(width),
        }
    }

    /// `start` is the command that starts the platform.
    pub fn status(&self, status: &Status, start: &str) -> Result<()> {
        self.data(status, || status::view(status, start, self.view_width()))
    }

    /// The same for a view that is renewed: with a clock, and no longer than the terminal is high.
    pub fn watched_status(&self, status: &Status, start: &str) -> Result<()> {
        let (width, rows) = (self.view_width(), self.rows());
        self.data(status, || status::watched(status, start, width, rows))
    }

    pub fn retrained(&self, done: &Retrained, model: &str) -> Result<()> {
        self.data(done, || retrained::view(done, model, self.view_width()))
    }

    pub fn images(&self, listing: &ImageListing) -> Result<()> {
        self.data(listing, || images::view(listing, self.view_width()))
    }

    /// A table for people, one object a line for scripts.
    pub fn model_versions(&self, versions: &[Listed]) -> Result<()> {
        if self.is_json() {
            return versions.iter().try_for_each(|version| self.json(version));
        }
        self.text(models::list(versions, self.view_width()))
    }

    pub fn model_card(&self, listed: &Listed, card: &Card) -> Result<()> {
        let (version, aliases, fault) = (listed.version, &listed.aliases, &listed.fault);
        let data = json!({"version": version, "aliases": aliases, "fault": fault, "card": card});
        self.data(&data, || models::card(listed, card, self.view_width()))
    }

    pub fn model_comparison(&self, comparison: &Comparison) -> Result<()> {
        self.data(comparison, || {
            models::comparison(comparison, self.view_width())
        })
    }

    pub fn explained(&self, explained: &Explained) -> Result<()> {
        self.data(explained, || explained::view(explained, self.view_width()))
    }

    /// Why an event was passed over, in the place of its answer.
    pub fn refused(&self, refused: &Prediction<'_>) -> Result<()> {
        match refused {
            Prediction::Refused { meta_id, error, .. } if !self.is_json() => {
                let id = meta_id.as_deref().unwrap_or("an event");
                self.line(format_args!("{}: {}", harmless(id), harmless(error)))
            }
            _ => self.json(refused),
        }
    }

    /// The plan of a profile for hosts of a size.
    pub fn plan(&self, plan: &Plan, profile: &str, size: &str) -> Result<()> {
        let mut data = serde_json::to_value(plan)?;
        data["profile"] = json!(profile);
        data["size"] = json!(size);
        data["settled"] = json!(plan.is_settled());
        self.data(&data, || plan::view(plan, size, self.view_width()))
    }
}
