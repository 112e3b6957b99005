//! Templates and their rendering, by minijinja: what is not defined is an error, nothing is escaped.

use super::{ManifestError, Object, filters, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, escape_formatter,
};
use serde::Serialize;

/// A set of templates, which may include each other by name.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

/// What a template became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Its name, as errors say it.
    pub template: String,
    /// YAML, of any number of documents.
    pub text: String,
}

impl Templates {
    /// Reads templates, each by its name and text.
    ///
    /// # Errors
    /// If one is not written as it must be.
    pub fn new(
        templates: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Result<Self, ManifestError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // Errors then hold the text that failed.
        environment.set_debug(true);
        // A line that holds nothing but a block leaves no empty line.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build();
        environment.set_syntax(syntax.map_err(|error| located("", &error))?);

        environment.set_formatter(|out, state, value| match value.kind() {
            ValueKind::Bool => Err(Error::new(
                ErrorKind::InvalidOperation,
                "a boolean would read as Python writes it, True or False: print it by the filter json",
            )),
            _ => escape_formatter(out, state, value),
        });
        environment.add_filter("json", filters::json);
        environment.add_filter("yaml", filters::yaml);
        for (name, text) in templates {
            let (name, text) = (name.into(), text.into());
            environment
                .add_template_owned(name.clone(), text)
                .map_err(|error| located(&name, &error))?;
        }
        Ok(Self { environment })
    }

    /// Names of all templates, in their order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .environment
            .templates()
            .map(|(name, _)| name.to_owned())
            .collect();
        names.sort();
        names
    }

    /// Renders one template.
    ///
    /// # Errors
    /// If there is none of that name, or it needs what `context` does not have.
    pub fn render(&self, name: &str, context: impl Serialize) -> Result<Rendered, ManifestError> {
        let template = self.environment.get_template(name);
        let text = template.and_then(|template| template.render(Value::from(Serde(&context))));
        Ok(Rendered {
            template: name.to_owned(),
            text: text.map_err(|error| located(name, &error))?,
        })
    }
}

impl Rendered {
    /// The objects of all documents.
    ///
    /// # Errors
    /// If a document is no YAML or no object.
    pub fn objects(&self) -> Result<Vec<Object>, ManifestError> {
        parse(&self.template, &self.text)
    }
}

/// The error with its place. What happens in a template that was included is its cause.
fn located(asked: &str, error: &Error) -> ManifestError {
    let innermost = innermost(error);
    let template = innermost.name().unwrap_or(asked).to_owned();
    let line = innermost.line().unwrap_or_default();
    match innermost.kind() {
        ErrorKind::TemplateNotFound => ManifestError::NoTemplate {
            template: asked.to_owned(),
        },
        ErrorKind::UndefinedError => ManifestError::Undefined {
            template,
            line,
            variable: expression(innermost).unwrap_or_else(|| "a value".to_owned()),
        },
        _ => {
            let kind = innermost.kind().to_string();
            let reason = innermost.detail().map(|detail| format!("{kind}: {detail}"));
            ManifestError::Syntax {
                template,
                line,
                reason: reason.unwrap_or(kind),
            }
        }
    }
}

fn innermost(error: &Error) -> &Error {
    let mut innermost = error;
    while let Some(cause) =
        std::error::Error::source(innermost).and_then(|cause| cause.downcast_ref::<Error>())
    {
        innermost = cause;
    }
    innermost
}

/// The part of the template that failed.
fn expression(error: &Error) -> Option<String> {
    let source = error.template_source()?;
    let range = error.range()?;
    let text = source.get(range.clone())?;
    // Of a filter's input the filter is named: what stands before it is what was missing.
    let printed = source[..range.start].rfind("{{").and_then(|start| {
        let inner = source.get(start + 2..)?.split("}}").next()?;
        (start + 2 + inner.len() >= range.end).then_some(inner)
    });
    let text = printed.map_or(text, |inner| inner.split('|').next().unwrap_or(inner));
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
}
