//! What a budget is held against: a machine with an engine, or a cluster of others.

use super::Budget;
use super::budget::{Resource, Row};
use super::capacity::EngineHost;
use crate::error::Result;
use serde::Serialize;
use wikisentry_driver::converge::{Change, Demand};
use wikisentry_driver::docker::{Engine, EngineInfo};
use wikisentry_driver::kube::Room;

/// Where it would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// On an engine, as it says of itself.
    Engine(Box<EngineInfo>),
    Cluster(ClusterInfo),
}

/// A cluster of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterInfo {
    pub context: String,
    pub url: String,
    /// Of the Kubernetes API, such as `v1.34.2`.
    pub version: String,
    pub namespace: String,
    /// Nodes that take pods, and their memory for these, in bytes; none if the user may not look.
    pub nodes: Option<usize>,
    pub memory_bytes: Option<u64>,
}

/// Something that there is only so much of.
pub enum Host {
    Engine(Box<EngineHost>),
    Cluster {
        info: ClusterInfo,
        /// None if the user may not look.
        room: Option<Room>,
        /// The pod that takes most memory, and how much that is, in bytes.
        largest_pod: Option<(String, u64)>,
    },
}

impl Host {
    /// Asks the engine about itself.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn of(engine: &Engine, project: &str) -> Result<Self> {
        let host = EngineHost::of(engine, project).await?;
        Ok(Self::Engine(Box::new(host)))
    }

    pub fn ground(&self) -> Ground {
        match self {
            Self::Engine(host) => Ground::Engine(Box::new(host.info.clone())),
            Self::Cluster { info, .. } => Ground::Cluster(info.clone()),
        }
    }

    /// Holds what is asked for against what there is, on top of what `others`, parts of ours too,
    /// may still come to use. Of images that are missing, `changes` tell the bytes.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn budget(
        &self,
        demand: &Demand,
        others: &Demand,
        changes: &[Change],
    ) -> Result<Budget> {
        match self {
            Self::Engine(host) => host.budget(demand, others, changes).await,
            Self::Cluster {
                room, largest_pod, ..
            } => Ok(Budget {
                rows: rows(demand, room.as_ref(), largest_pod.as_ref()),
                memory_users: Vec::new(),
                growth: demand.growth.clone(),
            }),
        }
    }
}

/// What pods are promised, all together and the largest of them, against what nodes have left.
fn rows(demand: &Demand, room: Option<&Room>, largest_pod: Option<&(String, u64)>) -> Vec<Row> {
    let (Some(room), false) = (room, demand.memory.is_empty()) else {
        return Vec::new();
    };
    let parts = demand.memory.iter();
    let parts: Vec<String> = parts
        .map(|(name, bytes)| format!("{name} {} MiB", bytes >> 20))
        .collect();
    let nodes = room.nodes;
    let row = |what: String, needed: u64, available: u64, detail: String| Row {
        resource: Resource::Memory,
        what,
        needed,
        available,
        fits: needed <= available,
        detail,
        help: (needed > available)
            .then(|| "`--size small`, fewer pods, or another node for the cluster".to_owned()),
        setting: None,
    };
    let needed = demand.memory.iter().map(|(_, bytes)| bytes).sum();
    let of_all = format!("promised to nobody on {nodes} nodes");
    let mut rows = vec![row(parts.join(" + "), needed, room.free_bytes, of_all)];
    rows.extend(largest_pod.map(|(pod, bytes)| {
        let what = format!("the pod {pod}");
        let of_one = "promised to nobody on the node that has most left".to_owned();
        row(what, *bytes, room.largest_free_bytes, of_one)
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_need_room_together_and_the_largest_one_on_one_node() {
        let demand = Demand {
            memory: vec![("a".to_owned(), 3 << 30), ("b".to_owned(), 1 << 30)],
            ..Demand::default()
        };
        let room = |free: u64, largest: u64| Room {
            nodes: 3,
            allocatable_bytes: 64 << 30,
            free_bytes: free << 30,
            largest_free_bytes: largest << 30,
        };
        let pod = ("a".to_owned(), 3 << 30);
        for (room, fits) in [
            (room(4, 3), [true, true]),
            (room(3, 3), [false, true]),
            (room(9, 2), [true, false]),
        ] {
            let rows = rows(&demand, Some(&room), Some(&pod));
            let found: Vec<bool> = rows.iter().map(|row| row.fits).collect();
            assert_eq!(found, fits, "{room:?}");
            assert!(rows.iter().all(|row| row.fits == row.help.is_none()));
        }
        // What is not known is in nobody's way.
        assert_eq!(rows(&demand, None, Some(&pod)), []);
        let nothing = Demand::default();
        assert_eq!(rows(&nothing, Some(&room(0, 0)), Some(&pod)), []);
    }
}
