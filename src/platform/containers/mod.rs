//! What the settings make of the data layer: its containers, topics, buckets and connector, and
//! the way to each. It compares and changes nothing; the stages of `up` do.

mod connector;
pub mod explain;
mod secrets;
pub mod status;
mod store;
mod topics;
mod workspace;

pub use secrets::{ROOT_USER, Secrets};
pub use workspace::Workspace;

use crate::components;
use crate::config::{Profile, Settings};
use crate::error::{Error, ExpectedError, Result};
use crate::state::StateDir;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use url::Url;
use wikisentry_driver::compose::{HashEdition, Project, Variables};
use wikisentry_driver::connect::Connect;
use wikisentry_driver::images::ImageSet;
use wikisentry_driver::kafka::{Kafka, TopicSpec};
use wikisentry_driver::s3::{BucketSpec, Credentials, S3, UserSpec};

/// The file that `docker compose` reads too.
pub const COMPOSE: &str = include_str!("../../compose.yaml");

/// Name of the connector that reads the feed.
pub const CONNECTOR: &str = "eventstreams";

/// What containers call the machine they run on.
pub const HOST: &str = "host.docker.internal";

/// How long one request to Kafka, the worker or the store may take.
const REQUEST: Duration = Duration::from_secs(10);

/// The data layer as it should be.
pub struct DataLayer {
    /// Its containers.
    pub project: Project,
    /// Its images.
    pub images: ImageSet,
    /// The variables that the project was read with; some are secret.
    pub variables: Variables,
    settings: Settings,
    secrets: Secrets,
}

impl DataLayer {
    /// Whether commands are about the data layer: it is up, or the settings ask for it.
    pub fn is_meant(settings: &Settings, state: &StateDir) -> bool {
        Workspace::of(state).is_up() || settings.profile == Profile::K3d
    }

    /// What the settings ask for, with the credentials that are kept. Before the first `up` there
    /// are none; what is asked then needs none that lasts.
    ///
    /// # Errors
    /// As [`DataLayer::new`], or if the credentials cannot be read.
    pub fn as_kept(settings: &Settings, state: &StateDir) -> Result<Self> {
        let secrets = Secrets::load(state)?.unwrap_or_else(Secrets::generate);
        Self::new(settings, state, secrets)
    }

    /// What the settings ask for.
    ///
    /// # Errors
    /// If a setting cannot be meant for this profile.
    pub fn new(settings: &Settings, state: &StateDir, secrets: Secrets) -> Result<Self> {
        let images = ImageSet::resolve(&settings.image_replacements())
            .map_err(|error| ExpectedError::usage("images").caused_by(&error))?;
        let variables = variables(settings, &images, &secrets);
        let mut project = Project::load(COMPOSE, &variables)
            .map_err(|error| Error::bug(format!("compose.yaml: {error}")))?;
        project.origin = Some(Workspace::of(state).origin());
        Ok(Self {
            project,
            images,
            variables,
            settings: settings.clone(),
            secrets,
        })
    }

    /// The topics, edits first.
    pub fn topics(&self) -> Vec<TopicSpec> {
        topics::specs(&self.settings.kafka)
    }

    /// The buckets.
    pub fn buckets(&self) -> Vec<BucketSpec> {
        store::buckets(&self.settings.minio)
    }

    /// The users of the object store.
    pub fn users(&self) -> Vec<UserSpec> {
        store::users(&self.settings.minio, &self.secrets)
    }

    /// The connector's configuration.
    ///
    /// # Errors
    /// If the source cannot be read from a container, or a contact is missing.
    pub fn connector(&self) -> Result<BTreeMap<String, String>> {
        connector::config(&self.settings)
    }

    /// Kafka, as this machine reaches it.
    pub fn kafka(&self) -> Kafka {
        Kafka::new(format!("127.0.0.1:{}", self.settings.kafka.port), REQUEST)
    }

    /// The worker of Kafka Connect.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn connect(&self) -> Result<Connect> {
        Connect::new(local(self.settings.connect.port)?, REQUEST)
            .map_err(|error| Error::bug(error.to_string()))
    }

    /// The object store, as its administrator.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn store(&self) -> Result<S3> {
        let credentials = Credentials {
            access_key: secrets::ROOT_USER.to_owned(),
            secret_key: self.secrets.root_password().to_owned(),
        };
        S3::new(
            local(self.settings.minio.port)?,
            "us-east-1",
            credentials,
            REQUEST,
        )
        .map_err(|error| Error::bug(error.to_string()))
    }

    /// Tells whether two runs of `up` wanted the same: a part of the SHA-256 of all that is made.
    pub fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        for (name, service) in &self.project.services {
            // Of secrets it sees this hash alone.
            let hash = service.config_hash(HashEdition::WithoutDependencies);
            digest.update(format!("{name} {hash}\n"));
        }
        digest.update(format!("{:?}{:?}", self.topics(), self.buckets()));
        digest.update(format!("{:?}", self.connector().ok()));
        let digest = digest.finalize();
        digest[..6].iter().fold(String::new(), |mut text, byte| {
            _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The full name of a topic.
    pub fn topic_name(&self, topic: wikisentry_core::topic::Topic) -> String {
        format!("{}{}", self.settings.kafka.topic_prefix, topic.name())
    }
}

fn local(port: u16) -> Result<Url> {
    Url::parse(&format!("http://127.0.0.1:{port}")).map_err(|error| Error::bug(error.to_string()))
}

fn variables(settings: &Settings, images: &ImageSet, secrets: &Secrets) -> Variables {
    let mut variables: Variables = images.compose_variables().into_iter().collect();
    for component in components::ALL {
        variables.extend((component.variables)(settings));
        for port in component.ports {
            variables.set(port.variable, (port.number)(settings).to_string());
        }
    }
    variables.set("COMPOSE_PROJECT_NAME", &settings.docker.project);
    variables.set("WIKISENTRY_SUBNET", &settings.docker.subnet);
    if let Some(gateway) = settings.docker.gateway() {
        variables.set("WIKISENTRY_GATEWAY", gateway.to_string());
    }
    variables.set("WIKISENTRY_MINIO_ROOT_USER", secrets::ROOT_USER);
    variables.set("WIKISENTRY_MINIO_ROOT_PASSWORD", secrets.root_password());
    variables
}
