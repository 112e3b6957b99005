//! What can be wrong with a template or with what it renders to.

/// Why a template gives no objects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// There is no template of that name.
    #[error("there is no template {template}")]
    NoTemplate { template: String },
    /// The template is not written as it must be.
    #[error("{template}:{line}: {reason}")]
    Syntax {
        template: String,
        /// Line of the template, from 1.
        line: usize,
        reason: String,
    },
    /// The template names something that the settings do not have.
    #[error("{template}:{line}: `{variable}` is not defined")]
    Undefined {
        template: String,
        /// Line of the template, from 1.
        line: usize,
        /// The expression as the template has it, such as `flink.slots`.
        variable: String,
    },
    /// What came of the template is no YAML, or no object of Kubernetes.
    #[error("{template}, document {document}: {reason}")]
    Document {
        template: String,
        /// Place of the document among those of the template, from 1.
        document: usize,
        /// What is wrong, with the line of the rendered text if it is known.
        reason: String,
    },
}
