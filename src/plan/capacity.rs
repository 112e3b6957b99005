//! What this machine and its engine have, and who uses it now.

use super::Budget;
use crate::advice;
use crate::config::host_memory;
use crate::error::Result;
use crate::text::harmless;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};
use wikisentry_driver::converge::{Change, Demand, PortDemand};
use wikisentry_driver::docker::{Engine, EngineInfo, Publisher};

/// How many users of memory are named.
const USERS: usize = 5;

/// The machine that containers run on, and which of them are ours.
pub struct EngineHost {
    engine: Engine,
    /// What the engine says of itself.
    pub(super) info: EngineInfo,
    project: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Memory that programs on this machine can still have.
    pub host_available_bytes: u64,
    /// Memory of the machine that the engine runs in.
    pub engine_memory_bytes: u64,
    /// What containers of others use of it.
    pub others_in_engine_bytes: u64,
    /// What our containers use, by component; empty as long as nobody asked.
    pub ours: BTreeMap<String, u64>,
    /// The engine's machine is not this one.
    pub virtual_machine: bool,
    /// Cores of the engine's machine.
    pub cpus: u32,
    /// The engine's folder and what is free there; none if it cannot be seen.
    pub disk: Option<(String, u64)>,
    pub ports: Vec<PortUse>,
    pub memory_users: Vec<User>,
}

/// A port and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortUse {
    pub port: PortDemand,
    pub holder: Holder,
}

/// Who has a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// It can be had.
    Nobody,
    /// A container of ours.
    Ours,
    /// A container of others.
    Container(String),
    Process,
}

/// A process or container and its memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    pub name: String,
    pub memory_bytes: u64,
}

impl EngineHost {
    /// Asks the engine about itself.
    ///
    /// # Errors
    /// If it does not answer.
    pub(super) async fn of(engine: &Engine, project: &str) -> Result<Self> {
        Ok(Self {
            engine: engine.clone(),
            info: engine.info().await.map_err(advice::engine)?,
            project: project.to_owned(),
        })
    }

    /// Holds what is asked for against what there is, on top of what `others`, parts of ours too,
    /// may still come to use. Of images that are missing, `changes` tell the bytes.
    pub(super) async fn budget(
        &self,
        demand: &Demand,
        others: &Demand,
        changes: &[Change],
    ) -> Result<Budget> {
        let missing = changes.iter().filter_map(|change| change.disk_bytes).sum();
        let mut capacity = self.capacity(&demand.ports).await?;
        let budget = Budget::check(demand, others, missing, &capacity);
        // Who uses the memory takes an engine a second to say: only asked when it matters.
        let is_clear = budget.fits() && others.memory.is_empty() && !capacity.virtual_machine;
        if is_clear {
            return Ok(budget);
        }
        self.ask_users(&mut capacity).await?;
        Ok(Budget::check(demand, others, missing, &capacity))
    }

    async fn capacity(&self, ports: &[PortDemand]) -> Result<Capacity> {
        let info = &self.info;
        let disk = info.root_free_bytes;
        Ok(Capacity {
            // Where the system does not tell, only the engine's own memory bounds.
            host_available_bytes: host_memory().map_or(u64::MAX / 2, |(_, available)| available),
            engine_memory_bytes: info.memory_bytes,
            others_in_engine_bytes: 0,
            ours: BTreeMap::new(),
            virtual_machine: info.virtual_machine,
            cpus: info.cpus,
            disk: disk.map(|free| (info.root_dir.clone(), free)),
            ports: self.port_uses(ports).await?,
            memory_users: Vec::new(),
        })
    }

    async fn ask_users(&self, capacity: &mut Capacity) -> Result<()> {
        let containers = self.engine.memory_users().await.map_err(advice::engine)?;
        let is_ours = |project: &Option<String>| project.as_ref() == Some(&self.project);
        let (ours, others): (Vec<_>, Vec<_>) = containers
            .into_iter()
            .partition(|user| is_ours(&user.project));
        for user in ours {
            // A cluster has a container for its node and one for its ports.
            let part = user.service.unwrap_or(user.container);
            *capacity.ours.entry(part).or_default() += user.memory_bytes;
        }
        capacity.others_in_engine_bytes = others.iter().map(|user| user.memory_bytes).sum();
        let containers = others.into_iter().map(|user| User {
            name: format!("container {}", user.container),
            memory_bytes: user.memory_bytes,
        });
        let users = &mut capacity.memory_users;
        *users = containers.chain(processes()).collect();
        users.sort_by_key(|user| std::cmp::Reverse(user.memory_bytes));
        users.truncate(USERS);
        Ok(())
    }

    async fn port_uses(&self, ports: &[PortDemand]) -> Result<Vec<PortUse>> {
        let is_free = |number: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
        let bound: Vec<_> = ports
            .iter()
            .map(|port| (port, is_free(port.number)))
            .collect();
        let published = match bound.iter().all(|(_, free)| *free) {
            true => BTreeMap::new(),
            false => {
                let published = self.engine.published_ports().await;
                published.map_err(advice::engine)?
            }
        };
        let holder = |publisher: Option<&Publisher>| match publisher {
            None => Holder::Process,
            Some(one) if one.project.as_ref() == Some(&self.project) => Holder::Ours,
            Some(one) => Holder::Container(one.container.clone()),
        };
        let uses = bound.into_iter().map(|(port, free)| PortUse {
            port: port.clone(),
            holder: match free {
                true => Holder::Nobody,
                false => holder(published.get(&port.number)),
            },
        });
        Ok(uses.collect())
    }
}

/// The programs of this machine, processes of a name together.
fn processes() -> Vec<User> {
    let Ok(mut system) = System::new() else {
        return Vec::new();
    };
    let what = ProcessRefreshKind::nothing().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let mut by_name = BTreeMap::<String, u64>::new();
    for process in system.processes().values() {
        let name = process.name().to_string_lossy().into_owned();
        *by_name.entry(name).or_default() += process.memory();
    }
    let users = by_name.into_iter().map(|(name, memory_bytes)| User {
        name: harmless(&name),
        memory_bytes,
    });
    users.collect()
}
