//! Whose an object is, by Kubernetes' recommended labels.

use super::Object;

pub const NAME: &str = "app.kubernetes.io/name";
pub const INSTANCE: &str = "app.kubernetes.io/instance";
pub const COMPONENT: &str = "app.kubernetes.io/component";
pub const PART_OF: &str = "app.kubernetes.io/part-of";
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Objects that belong together: those of an instance of the platform, or of one component of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The application, of which a cluster may have several instances.
    pub part_of: String,
    /// Which of several in one cluster.
    pub instance: String,
    /// The component, such as `flink`; none for all of the instance.
    pub component: Option<String>,
    /// What manages the objects: `wikisentry`.
    pub managed_by: String,
}

impl Scope {
    /// Adds the labels that the object does not have.
    pub fn label(&self, object: &mut Object) {
        let name = object.name().to_owned();
        object.add_label(NAME, &name);
        object.add_label(INSTANCE, &self.instance);
        object.add_label(PART_OF, &self.part_of);
        object.add_label(MANAGED_BY, &self.managed_by);
        if let Some(component) = &self.component {
            object.add_label(COMPONENT, component);
        }
    }

    /// All of the instance.
    #[must_use]
    pub fn of_instance(&self) -> Self {
        Self {
            component: None,
            ..self.clone()
        }
    }

    /// One component of the instance.
    #[must_use]
    pub fn of_component(&self, component: impl Into<String>) -> Self {
        Self {
            component: Some(component.into()),
            ..self.clone()
        }
    }

    /// The label selector that finds them.
    pub fn selector(&self) -> String {
        let mut selector = format!("{PART_OF}={},{INSTANCE}={}", self.part_of, self.instance);
        if let Some(component) = &self.component {
            selector.push_str(&format!(",{COMPONENT}={component}"));
        }
        selector
    }
}
