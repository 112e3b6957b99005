//! What everything that can be brought to a wanted state has in common: images, containers, topics,
//! buckets, users, connectors. It is compared with what is there, and the difference is carried out;
//! both answer in the same form, [`Change`]. A profile is a list of [`Converge`]s.

use futures_util::future::BoxFuture;
use serde::Serialize;
use std::time::Duration;

/// What is done with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Left as it is.
    Keep,
    /// Built on this machine.
    Build,
    /// Fetched from a registry.
    Pull,
    /// Created; it did not exist.
    Create,
    /// Started; it exists and does not run.
    Start,
    /// Changed in place; it keeps what it holds.
    Change,
    /// Replaced by another one.
    Recreate,
    /// Removed, with what it holds.
    Remove,
    /// Impossible; `detail` says why.
    Refuse,
}

/// A thing, and what has to be done with it or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub verb: Verb,
    /// `image`, `network`, `volume`, `container`, `topic`, `bucket`, `user`, `connector`, `cluster` or
    /// `node image`.
    pub kind: &'static str,
    /// Its name in the place where it is.
    pub name: String,
    /// Why, or with what, in words for people. Never holds a secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Limit of its memory, in bytes, if it is a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Bytes that it will take on disk, as far as that is known before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// The component it belongs to, by which others need it.
    #[serde(skip)]
    pub component: String,
}

impl Change {
    /// A change without detail.
    pub fn new(verb: Verb, kind: &'static str, name: impl Into<String>) -> Self {
        Self {
            verb,
            kind,
            name: name.into(),
            detail: String::new(),
            memory_bytes: None,
            disk_bytes: None,
            component: String::new(),
        }
    }

    /// Says why, or with what.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// This creation, unless the thing is there: one that differs in nothing is kept, another one
    /// changed. `differences` are in words for people; none for a thing that is not there.
    #[must_use]
    pub fn or_by(self, differences: Option<&[impl AsRef<str>]>) -> Self {
        let Some(differences) = differences else {
            return self;
        };
        let verb = match differences {
            [] => Verb::Keep,
            _ => Verb::Change,
        };
        let words: Vec<&str> = differences.iter().map(AsRef::as_ref).collect();
        Self { verb, ..self }.because(words.join(", "))
    }
}

/// Whether every one of the changes leaves things as they are.
pub fn is_settled(changes: &[Change]) -> bool {
    changes.iter().all(|change| change.verb == Verb::Keep)
}

/// What something takes of the machine while it runs, and on its disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// Limits of memory in bytes, by what needs it.
    pub memory: Vec<(String, u64)>,
    /// Cores that must be there.
    pub cpus: u32,
    /// Ports that are published on 127.0.0.1.
    pub ports: Vec<PortDemand>,
    /// What may come to take more disk in time.
    pub growth: Vec<Growth>,
}

impl Demand {
    /// Both together; of cores the greater number, since they are shared.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.memory.extend(other.memory);
        self.cpus = self.cpus.max(other.cpus);
        self.ports.extend(other.ports);
        self.growth.extend(other.growth);
        self
    }

    /// Whether nothing is taken at once: what only grows in time is light.
    pub fn is_light(&self) -> bool {
        let Self {
            memory,
            cpus,
            ports,
            growth: _,
        } = self;
        memory.is_empty() && *cpus == 0 && ports.is_empty()
    }
}

/// Disk that is filled in time, up to a bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Growth {
    /// What grows: `the topics`.
    pub what: String,
    /// Its bound, in bytes.
    pub bytes: u64,
    /// The setting that bounds it.
    pub setting: String,
}

/// A port on 127.0.0.1 that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortDemand {
    /// The server that answers there.
    pub name: String,
    /// The setting that moves it.
    pub setting: String,
    pub number: u16,
}

/// What goes on while changes are carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// What is being done, with what: `image kafka 3/9 RUN …`.
    pub step: String,
    /// The last line that a program wrote about it.
    pub line: Option<String>,
    /// Bytes done and in all, if they are counted.
    pub bytes: Option<(u64, u64)>,
}

impl Work {
    /// A step by its words alone.
    pub fn step(step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            line: None,
            bytes: None,
        }
    }
}

/// Hears of the work, from one task at a time.
pub type OnWork<'a> = &'a (dyn Fn(Work) + Send + Sync);

/// Something that is brought to a wanted state. Carrying out is idempotent, and safe to interrupt:
/// what is there decides what is done, so the next call goes on.
pub trait Converge: Send + Sync {
    /// The failure that both ways end with.
    type Error;

    /// Its name among all, such as `topics`.
    fn key(&self) -> &'static str;

    /// Components that must run before it can be compared or carried out.
    fn needs(&self) -> Vec<&'static str>;

    /// Refuses what is wanted if it cannot be, whatever is there.
    ///
    /// # Errors
    /// What cannot be, and what to do about it.
    fn check(&self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// What it adds to the machine's load.
    fn demand(&self) -> Demand {
        Demand::default()
    }

    /// How long carrying out may take; none if only its user can tell.
    fn deadline(&self) -> Option<Duration>;

    /// Compares; changes nothing. Without `has_needs`, what it needs does not run yet: everything
    /// is then taken as missing, and nothing is asked.
    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>, Self::Error>>;

    /// Carries out the difference and answers what was done.
    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>, Self::Error>>;
}
