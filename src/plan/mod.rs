//! What `up` would do, stage by stage, and whether there is room for it. It looks and changes
//! nothing; [`crate::stage`] acts.

mod budget;
mod capacity;
mod changes;

pub use budget::{Budget, Resource, Row};
pub use capacity::{Capacity, Holder, PortUse, User};
pub use changes::{Change, Verb};

use crate::components;
use crate::config::Settings;
use crate::data_layer::{DataLayer, explain};
use crate::error::Result;
use serde::Serialize;
use wikisentry_driver::docker::{Engine, Facts};

/// The stages of the data layer, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageName {
    /// Look at the engine, check the budget.
    Preflight,
    /// Build, pull or find the images.
    Images,
    /// Network, volumes and containers.
    DataLayer,
    /// Topics, buckets, users and the connector.
    Provisioning,
    /// Edits arrive.
    DataFlow,
}

impl StageName {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Preflight,
        Self::Images,
        Self::DataLayer,
        Self::Provisioning,
        Self::DataFlow,
    ];

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Images => "images",
            Self::DataLayer => "data layer",
            Self::Provisioning => "topics, buckets, connector",
            Self::DataFlow => "data flow",
        }
    }
}

/// A stage and what it would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StagePlan {
    /// Which.
    pub stage: StageName,
    /// The stages that must be done before.
    pub after: Vec<StageName>,
    /// What it would do; empty if it only looks.
    pub changes: Vec<Change>,
}

/// Everything that `up` would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The engine.
    pub engine: Facts,
    /// The stages.
    pub stages: Vec<StagePlan>,
    /// What they take.
    pub budget: Budget,
}

impl Plan {
    /// Looks at the engine and what runs on it.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn make(engine: &Engine, layer: &DataLayer, settings: &Settings) -> Result<Self> {
        let (facts, images, containers) = tokio::join!(
            engine.facts(),
            changes::images(engine, layer),
            engine.plan(&layer.project),
        );
        let facts = facts.map_err(explain::engine)?;
        let (images, missing_bytes) = images?;
        let containers = containers.map_err(explain::engine)?;
        let (capacity, provisioning) = tokio::join!(
            Capacity::look(engine, &facts, layer, settings),
            changes::provisioning(layer, &containers),
        );
        let budget = budget(capacity?, missing_bytes, engine, layer, settings).await?;
        let changes = [
            Vec::new(),
            images,
            changes::containers(&containers, settings),
            provisioning?,
            Vec::new(),
        ];
        let stages = StageName::ALL.into_iter().zip(changes).enumerate();
        let stages = stages.map(|(at, (stage, changes))| StagePlan {
            stage,
            after: StageName::ALL[..at].last().copied().into_iter().collect(),
            changes,
        });
        Ok(Self {
            engine: facts,
            stages: stages.collect(),
            budget,
        })
    }

    /// Only whether there is room for it, which asks less.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn budget(engine: &Engine, layer: &DataLayer, settings: &Settings) -> Result<Budget> {
        let (facts, images) = tokio::join!(engine.facts(), changes::images(engine, layer));
        let (facts, (_, missing_bytes)) = (facts.map_err(explain::engine)?, images?);
        let capacity = Capacity::look(engine, &facts, layer, settings).await?;
        budget(capacity, missing_bytes, engine, layer, settings).await
    }

    /// Whether everything is there already.
    pub fn is_settled(&self) -> bool {
        let mut changes = self.stages.iter().flat_map(|stage| &stage.changes);
        changes.all(|change| change.verb == Verb::Keep)
    }
}

async fn budget(
    mut capacity: Capacity,
    missing_bytes: u64,
    engine: &Engine,
    layer: &DataLayer,
    settings: &Settings,
) -> Result<Budget> {
    let budget = Budget::check(settings, missing_bytes, &capacity);
    if budget.fits() && !capacity.virtual_machine {
        return Ok(budget);
    }
    capacity.ask_users(engine, layer).await?;
    Ok(Budget::check(settings, missing_bytes, &capacity))
}

/// Limits of all containers together, in bytes.
pub fn memory_limit(settings: &Settings) -> u64 {
    let components = components::ALL.iter();
    components
        .map(|component| (component.memory_mib)(settings) << 20)
        .sum()
}
