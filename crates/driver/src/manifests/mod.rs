//! Manifests of Kubernetes from templates: rendered with settings, parsed, labelled. Nothing here
//! talks to a cluster, so `wikisentry render` needs none.

mod error;
mod filters;
mod object;
mod parse;
mod scope;
mod templates;
#[cfg(test)]
mod tests;

pub use error::ManifestError;
pub use object::Object;
pub use parse::parse;
pub use scope::{COMPONENT, INSTANCE, MANAGED_BY, NAME, PART_OF, Scope};
pub use templates::{Rendered, Templates};
