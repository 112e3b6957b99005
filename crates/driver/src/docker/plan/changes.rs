//! A plan in the form that everything of the platform has: [`Change`].

use super::{Plan, PlannedAction, ResourceAction, ResourceKind};
use crate::compose::Project;
use crate::converge::{Change, Verb};

impl Plan {
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
