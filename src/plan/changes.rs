//! What each stage would do, in one form for images, containers, topics, buckets and connectors.

use crate::components;
use crate::config::Settings;
use crate::data_layer::{CONNECTOR, DataLayer, explain};
use crate::error::{Error, Result};
use serde::Serialize;
use std::time::Duration;
use wikisentry_driver::connect::ConnectorAction;
use wikisentry_driver::docker::{self, Action, Engine, Kind};
use wikisentry_driver::images;
use wikisentry_driver::kafka::TopicAction;
use wikisentry_driver::s3::S3Action;

/// How long what runs may take to be asked for a plan.
const ASK: Duration = Duration::from_secs(5);

/// What is done with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Nothing.
    Keep,
    /// It is built here.
    Build,
    /// It comes from a registry.
    Pull,
    /// It is made.
    Create,
    /// It is there and started.
    Start,
    /// It is there and changed.
    Change,
    /// It is replaced.
    Recreate,
    /// It is removed.
    Remove,
    /// It cannot be done.
    Refuse,
}

/// A thing and what would be done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What is done.
    pub verb: Verb,
    /// `image`, `network`, `volume`, `container`, `topic`, `bucket`, `user` or `connector`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Why, or with what.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Limit of its memory, if it is a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Bytes that it will take on disk, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
}

impl Change {
    fn new(verb: Verb, kind: &'static str, name: impl Into<String>, detail: String) -> Self {
        Self {
            verb,
            kind,
            name: name.into(),
            detail,
            memory_bytes: None,
            disk_bytes: None,
        }
    }
}

/// The images, and the bytes that the missing ones will take.
pub(super) async fn images(engine: &Engine, layer: &DataLayer) -> Result<(Vec<Change>, u64)> {
    let listing = images::list(engine.client(), &layer.images).await;
    let listing = listing.map_err(explain::images)?;
    let mut missing = 0;
    let changes = listing.images.iter().map(|image| {
        if image.present.is_some() {
            return Change::new(Verb::Keep, "image", &image.reference, String::new());
        }
        let verb = if image.replaced {
            Verb::Pull
        } else {
            Verb::Build
        };
        let mut change = Change::new(verb, "image", &image.reference, String::new());
        let known = components::find(image.name).filter(|_| !image.replaced);
        change.disk_bytes = known.map(|component| component.image_bytes);
        missing += change.disk_bytes.unwrap_or_default();
        change
    });
    let changes = changes.collect();
    Ok((changes, missing))
}

/// Networks, volumes and containers.
pub(super) fn containers(plan: &docker::Plan, settings: &Settings) -> Vec<Change> {
    let changes = plan.changes.iter().map(|change| {
        let (verb, detail) = match &change.action {
            Action::Keep => (Verb::Keep, String::new()),
            Action::Create => (Verb::Create, String::new()),
            Action::Start => (Verb::Start, String::new()),
            Action::Remove => (Verb::Remove, "left from an interrupted change".to_owned()),
            Action::Refuse(refusal) => (Verb::Refuse, refusal.to_string()),
            Action::Recreate { because } => {
                let because: Vec<String> = because.iter().map(ToString::to_string).collect();
                (Verb::Recreate, because.join(", "))
            }
        };
        let kind = match change.subject.kind {
            Kind::Network => "network",
            Kind::Volume => "volume",
            Kind::Container => "container",
        };
        let component = components::find(&change.subject.key);
        let mut made = Change::new(verb, kind, &change.subject.name, detail);
        made.memory_bytes = component
            .filter(|_| change.subject.kind == Kind::Container)
            .map(|component| (component.memory_mib)(settings) << 20);
        made
    });
    changes.collect()
}

/// Topics, buckets, users and the connector: compared with what is there if it can be asked, else
/// taken as missing.
pub(super) async fn provisioning(layer: &DataLayer, plan: &docker::Plan) -> Result<Vec<Change>> {
    let runs = |service: &str| {
        plan.changes.iter().any(|change| {
            change.subject.kind == Kind::Container
                && change.subject.key == service
                && change.action == Action::Keep
        })
    };
    let (topics, store, connector) = tokio::join!(
        topics(layer, runs("kafka")),
        store(layer, runs("minio")),
        connector(layer, runs("connect"))
    );
    Ok([topics, store?, connector?].concat())
}

async fn topics(layer: &DataLayer, runs: bool) -> Vec<Change> {
    let wanted = layer.topics();
    let found = match runs {
        true => tokio::time::timeout(ASK, layer.kafka().diff_topics(&wanted)).await,
        false => Ok(Ok(Vec::new())),
    };
    let found = found.ok().and_then(|found| found.ok()).unwrap_or_default();
    let changes = wanted.iter().map(|topic| {
        let action = found.iter().find(|plan| plan.name == topic.name);
        let partitions = || format!("{} partitions", topic.partitions);
        let (verb, detail) = match action.map(|plan| &plan.action) {
            None | Some(TopicAction::Create) => (Verb::Create, partitions()),
            Some(TopicAction::Keep) => (Verb::Keep, String::new()),
            Some(TopicAction::Change { partitions, config }) => {
                let partitions = partitions.map(|count| format!("to {count} partitions"));
                let config = config
                    .iter()
                    .map(|change| format!("{} to {}", change.name, change.to));
                let parts: Vec<String> = partitions.into_iter().chain(config).collect();
                (Verb::Change, parts.join(", "))
            }
        };
        Change::new(verb, "topic", &topic.name, detail)
    });
    changes.collect()
}

async fn store(layer: &DataLayer, runs: bool) -> Result<Vec<Change>> {
    let (buckets, users) = (layer.buckets(), layer.users());
    let found = if runs {
        let store = layer.store()?;
        let ask = async {
            let found = store.diff_buckets(&buckets).await.ok()?;
            Some((found, store.diff_users(&users).await.ok()?))
        };
        tokio::time::timeout(ASK, ask).await.ok().flatten()
    } else {
        None
    };
    let (found_buckets, found_users) = found.unwrap_or_default();
    let change = |kind, name: &str, action: Option<&S3Action>| {
        let (verb, detail) = match action {
            None | Some(S3Action::Create) => (Verb::Create, String::new()),
            Some(S3Action::Keep) => (Verb::Keep, String::new()),
            Some(S3Action::Change(what)) => (Verb::Change, what.join(", ")),
        };
        Change::new(verb, kind, name, detail)
    };
    let buckets = buckets.iter().map(|bucket| {
        let found = found_buckets.iter().find(|found| found.name == bucket.name);
        change("bucket", &bucket.name, found.map(|found| &found.action))
    });
    let users = users.iter().map(|user| {
        let key = &user.credentials.access_key;
        let found = found_users.iter().find(|found| found.access_key == *key);
        change("user", key, found.map(|found| &found.action))
    });
    Ok(buckets.chain(users).collect())
}

async fn connector(layer: &DataLayer, runs: bool) -> Result<Vec<Change>> {
    let config = match layer.connector() {
        Ok(config) => config,
        Err(Error::Expected(error)) => {
            let detail = [&[error.what][..], &error.why, error.help.as_slice()].concat();
            let detail = detail.join(": ");
            let refused = Change::new(Verb::Refuse, "connector", CONNECTOR, detail);
            return Ok(vec![refused]);
        }
        Err(error) => return Err(error),
    };
    let action = if runs {
        let connect = layer.connect()?;
        let asked = tokio::time::timeout(ASK, connect.diff(CONNECTOR, &config)).await;
        asked.ok().and_then(|found| found.ok())
    } else {
        None
    };
    let (verb, detail) = match action {
        None | Some(ConnectorAction::Create) => (Verb::Create, String::new()),
        Some(ConnectorAction::Keep) => (Verb::Keep, String::new()),
        Some(ConnectorAction::Change(names)) => (Verb::Change, names.join(", ")),
    };
    Ok(vec![Change::new(verb, "connector", CONNECTOR, detail)])
}
