//! What has to be done so that the engine has what a compose file asks for, and why. A plan touches
//! nothing; [`super::compare`] makes it.

use super::difference::{Difference, Refusal};
use super::resource::{Resource, ResourceKind};
use crate::compose::Project;
use crate::converge::{Change, Verb};

/// Everything that `apply` would do, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Networks first, then volumes, then containers in their start order.
    pub actions: Vec<PlannedAction>,
}

/// What is to be done with one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAction {
    pub resource: Resource,
    /// What is to be done with it.
    pub action: ResourceAction,
}

/// What is to be done with a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceAction {
    /// Nothing: it is there and as asked for.
    Keep,
    /// It is not there.
    Create,
    /// It is there and as asked for, but does not run.
    Start,
    /// It is there and different.
    Recreate {
        /// In which ways; never empty.
        because: Vec<Difference>,
    },
    /// It is left from an interrupted change, or one of several where one is asked for.
    Remove,
    /// It cannot be done; nothing at all is done then.
    Refuse(Refusal),
}

impl Plan {
    /// Everything that stands in the way.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.actions
            .iter()
            .filter_map(|planned| match &planned.action {
                ResourceAction::Refuse(refusal) => Some(refusal),
                _ => None,
            })
    }

    /// Whether there is nothing to do.
    pub fn is_settled(&self) -> bool {
        self.actions
            .iter()
            .all(|c| c.action == ResourceAction::Keep)
    }

    /// What is done with each thing, in the plan's order. A container belongs to the component
    /// that its service is named after, and has its service's limit of memory.
    pub fn changes(&self, project: &Project) -> Vec<Change> {
        let change = |planned: &PlannedAction| {
            let resource = &planned.resource;
            let (verb, detail) = verb(&planned.action);
            let mut change = Change::new(verb, resource.kind.word(), &resource.name);
            change.detail = detail;
            if resource.kind == ResourceKind::Container {
                let service = project.services.get(&resource.key);
                change.memory_bytes = service.and_then(|service| service.mem_limit);
                change.component.clone_from(&resource.key);
            }
            change
        };
        self.actions.iter().map(change).collect()
    }

    pub(super) fn add(&mut self, resource: Resource, action: ResourceAction) {
        self.actions.push(PlannedAction { resource, action });
    }
}

fn verb(action: &ResourceAction) -> (Verb, String) {
    match action {
        ResourceAction::Keep => (Verb::Keep, String::new()),
        ResourceAction::Create => (Verb::Create, String::new()),
        ResourceAction::Start => (Verb::Start, String::new()),
        ResourceAction::Remove => (Verb::Remove, "left from an interrupted change".to_owned()),
        ResourceAction::Refuse(refusal) => (Verb::Refuse, refusal.to_string()),
        ResourceAction::Recreate { because } => {
            let because: Vec<String> = because.iter().map(ToString::to_string).collect();
            (Verb::Recreate, because.join(", "))
        }
    }
}
