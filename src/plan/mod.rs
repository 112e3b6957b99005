//! What `up` would do, stage by stage, and whether there is room for it. It looks and changes
//! nothing; [`crate::stage`] acts.

mod budget;
mod capacity;
mod graph;
mod host;

pub use budget::{Budget, Resource, Row};
pub use graph::{Graph, Item, Stage, StageName};
pub use host::{ClusterInfo, Ground, Host};

use crate::error::Result;
use serde::Serialize;
use wikisentry_driver::converge::{Change, Verb, is_settled};

/// A stage and what it would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StagePlan {
    pub stage: StageName,
    /// The stages that must be done before.
    pub after: Vec<StageName>,
    /// What it would do; empty if it only looks.
    pub changes: Vec<Change>,
}

/// Everything that `up` would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The engine or the cluster that it would be done on.
    #[serde(flatten)]
    pub ground: Ground,
    pub stages: Vec<StagePlan>,
    /// What they take together.
    pub budget: Budget,
}

impl Plan {
    /// Looks at the machine and what runs on it.
    pub async fn make(graph: &Graph<'_>, host: &Host) -> Result<Self> {
        let changes = changes(graph).await?;
        let demand = graph.demand();
        let all = changes.concat();
        let budget = host.budget(&demand, &Default::default(), &all).await?;
        let looks = |stage| (stage, Vec::new());
        let names = graph.stages.iter().map(|stage| stage.name);
        let all = std::iter::once(looks(StageName::PREFLIGHT))
            .chain(names.zip(changes))
            .chain([looks(StageName::DATA_FLOW)]);
        let mut before = None;
        let stages = all.map(|(stage, changes)| StagePlan {
            stage,
            after: before.replace(stage).into_iter().collect(),
            changes,
        });
        Ok(Self {
            ground: host.ground(),
            stages: stages.collect(),
            budget,
        })
    }

    /// Whether `up` would not be stopped: there is room, and nothing is refused.
    pub fn is_possible(&self) -> bool {
        let mut changes = self.stages.iter().flat_map(|stage| &stage.changes);
        self.budget.fits() && !changes.any(|change| change.verb == Verb::Refuse)
    }

    /// Whether everything is there already.
    pub fn is_settled(&self) -> bool {
        self.stages.iter().all(|stage| is_settled(&stage.changes))
    }
}

/// What each stage would do.
async fn changes(graph: &Graph<'_>) -> Result<Vec<Vec<Change>>> {
    let mut before: Vec<Change> = Vec::new();
    let mut all = Vec::new();
    for stage in &graph.stages {
        let changes = stage.plan(&before).await?;
        before.extend(changes.iter().cloned());
        all.push(changes);
    }
    Ok(all)
}
