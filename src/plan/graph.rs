//! What a profile is made of: stages in their order, each a list of things that converge.

use crate::error::{Error, Result};
use serde::Serialize;
use wikisentry_driver::converge::{Change, Converge, Demand, Verb};

/// Something that converges, with errors that the user can read.
pub type Item<'a> = Box<dyn Converge<Error = Error> + 'a>;

/// A stage: its name in the journal and in JSON, and its title for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub struct StageName {
    /// Of small letters and `-`.
    pub name: &'static str,
    /// As people read it.
    pub title: &'static str,
}

impl From<StageName> for &'static str {
    fn from(stage: StageName) -> Self {
        stage.name
    }
}

impl StageName {
    /// Looks at the machine; checks the budget of everything together.
    pub const PREFLIGHT: Self = Self::new("preflight", "preflight");
    /// Waits until data flows.
    pub const DATA_FLOW: Self = Self::new("data-flow", "data flow");

    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title }
    }
}

/// A stage and what it brings to its wanted state, in this order.
pub struct Stage<'a> {
    pub name: StageName,
    pub items: Vec<Item<'a>>,
}

/// The stages of a profile, in their order.
pub struct Graph<'a> {
    /// Each after the one before it.
    pub stages: Vec<Stage<'a>>,
}

/// Whether a component is there already, and stays as it is.
fn runs(before: &[Change], component: &str) -> bool {
    let of_it = before.iter().filter(|change| change.component == component);
    let verbs: Vec<Verb> = of_it.map(|change| change.verb).collect();
    !verbs.is_empty() && verbs.iter().all(|verb| *verb == Verb::Keep)
}

impl Stage<'_> {
    /// Whether what it takes can be short: it says so itself, or its plan does, of images. What
    /// lies in components takes nothing more, and can be asked only once they run.
    pub fn takes_room(&self) -> bool {
        let stands_alone = self.items.iter().any(|item| item.needs().is_empty());
        stands_alone || !self.demand().is_light()
    }

    /// What it adds to the machine's load.
    pub fn demand(&self) -> Demand {
        let items = self.items.iter();
        items.fold(Demand::default(), |sum, item| sum.and(item.demand()))
    }

    /// What it would do. `before` is what the stages before it would do: where a component that is
    /// needed is not kept as it is, nothing that lies in it can be asked for.
    pub async fn plan(&self, before: &[Change]) -> Result<Vec<Change>> {
        let plans = self.items.iter().map(|item| {
            let has_needs = item.needs().iter().all(|need| runs(before, need));
            item.plan(has_needs)
        });
        // What lies in different components is asked at the same time.
        let plans = futures_util::future::try_join_all(plans).await?;
        Ok(plans.concat())
    }
}

impl Graph<'_> {
    /// What all stages together take.
    pub fn demand(&self) -> Demand {
        self.stages
            .iter()
            .fold(Demand::default(), |sum, stage| sum.and(stage.demand()))
    }

    /// What the stages other than this one take.
    pub fn demand_without(&self, name: StageName) -> Demand {
        let others = self.stages.iter().filter(|stage| stage.name != name);
        others.fold(Demand::default(), |sum, stage| sum.and(stage.demand()))
    }

    /// What the stages would do that take room.
    pub async fn plan_of_room(&self) -> Result<Vec<Change>> {
        let mut all: Vec<Change> = Vec::new();
        for stage in self.stages.iter().filter(|stage| stage.takes_room()) {
            all.extend(stage.plan(&all).await?);
        }
        Ok(all)
    }

    /// Refuses what cannot be, whatever is there.
    ///
    /// # Errors
    /// The first such thing.
    pub fn check(&self) -> Result<()> {
        let mut items = self.stages.iter().flat_map(|stage| &stage.items);
        items.try_for_each(|item| item.check())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_runs_if_its_image_and_its_container_are_kept() {
        let change = |verb, kind| {
            let mut change = Change::new(verb, kind, "store");
            change.component = "store".to_owned();
            change
        };
        let image = change(Verb::Keep, "image");
        for (verb, expected) in [
            (Verb::Keep, true),
            (Verb::Create, false),
            (Verb::Start, false),
            (Verb::Recreate, false),
        ] {
            let before = [image.clone(), change(verb, "container")];
            assert_eq!(runs(&before, "store"), expected, "{verb:?}");
            assert!(!runs(&before, "broker"));
        }
    }
}
