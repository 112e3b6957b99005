//! What this machine and its engine have, and who uses it now.

use crate::components;
use crate::config::Settings;
use crate::data_layer::{DataLayer, explain};
use crate::error::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System};
use wikisentry_driver::docker::{Engine, Facts, Publisher};

/// How many users of memory are named.
const USERS: usize = 5;

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Memory that programs on this machine can still have.
    pub host_available_bytes: u64,
    /// Memory of the machine that the engine runs in.
    pub engine_memory_bytes: u64,
    /// What containers of others use of it.
    pub others_in_engine_bytes: u64,
    /// What our containers use.
    pub ours_bytes: u64,
    /// The engine's machine is not this one.
    pub virtual_machine: bool,
    /// Cores of the engine's machine.
    pub cpus: u32,
    /// The engine's folder and what is free there; none if it cannot be seen.
    pub disk: Option<(String, u64)>,
    /// The ports that are asked for.
    pub ports: Vec<PortUse>,
    /// Who uses most memory.
    pub memory_users: Vec<User>,
}

/// A port and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortUse {
    /// What it is for.
    pub name: &'static str,
    /// The setting that moves it.
    pub setting: &'static str,
    /// Its number.
    pub number: u16,
    /// Who has it.
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
    /// A process of this machine.
    Process,
}

/// A process or container and its memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub memory_bytes: u64,
}

impl Capacity {
    /// Looks around; who uses the memory is left for [`Capacity::ask_users`].
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn look(
        engine: &Engine,
        facts: &Facts,
        layer: &DataLayer,
        settings: &Settings,
    ) -> Result<Self> {
        let ports = ports(engine, layer, settings).await?;
        Ok(Self {
            host_available_bytes: available_memory(),
            engine_memory_bytes: facts.memory_bytes,
            others_in_engine_bytes: 0,
            ours_bytes: 0,
            virtual_machine: facts.virtual_machine,
            cpus: facts.cpus,
            disk: facts
                .root_free_bytes
                .map(|free| (facts.root_dir.clone(), free)),
            ports,
            memory_users: Vec::new(),
        })
    }

    /// Asks who uses the memory. It takes an engine a second, so it is for when that matters: in
    /// a virtual machine, or where there seems to be too little.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn ask_users(&mut self, engine: &Engine, layer: &DataLayer) -> Result<()> {
        let containers = engine.memory_users().await.map_err(explain::engine)?;
        let is_ours = |project: &Option<String>| project.as_ref() == Some(&layer.project.name);
        let (ours, others): (Vec<_>, Vec<_>) = containers
            .into_iter()
            .partition(|user| is_ours(&user.project));
        self.ours_bytes = ours.iter().map(|user| user.memory_bytes).sum();
        self.others_in_engine_bytes = others.iter().map(|user| user.memory_bytes).sum();
        let containers = others.into_iter().map(|user| User {
            name: format!("container {}", user.container),
            memory_bytes: user.memory_bytes,
        });
        self.memory_users = containers.chain(processes()).collect();
        self.memory_users
            .sort_by_key(|user| std::cmp::Reverse(user.memory_bytes));
        self.memory_users.truncate(USERS);
        Ok(())
    }
}

async fn ports(engine: &Engine, layer: &DataLayer, settings: &Settings) -> Result<Vec<PortUse>> {
    let all = components::ALL.iter().flat_map(|component| component.ports);
    let bound = all.map(|port| {
        let number = (port.number)(settings);
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
        (port, number, free)
    });
    let bound: Vec<_> = bound.collect();
    let published = match bound.iter().all(|(_, _, free)| *free) {
        true => BTreeMap::new(),
        false => engine.published_ports().await.map_err(explain::engine)?,
    };
    let holder = |publisher: Option<&Publisher>| match publisher {
        None => Holder::Process,
        Some(one) if one.project.as_ref() == Some(&layer.project.name) => Holder::Ours,
        Some(one) => Holder::Container(one.container.clone()),
    };
    let uses = bound.into_iter().map(|(port, number, free)| PortUse {
        name: port.name,
        setting: port.setting,
        number,
        holder: match free {
            true => Holder::Nobody,
            false => holder(published.get(&number)),
        },
    });
    Ok(uses.collect())
}

/// Memory that programs on this machine can still have. Where the system does not tell, only the
/// engine's own memory bounds.
fn available_memory() -> u64 {
    let Ok(mut system) = System::new() else {
        return u64::MAX / 2;
    };
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    system.available_memory()
}

/// The programs of this machine, processes of a name together.
fn processes() -> Vec<User> {
    let Ok(mut system) = System::new() else {
        return Vec::new();
    };
    let what = ProcessRefreshKind::nothing().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let mut by_name = std::collections::BTreeMap::<String, u64>::new();
    for process in system.processes().values() {
        let name = process.name().to_string_lossy().into_owned();
        *by_name.entry(name).or_default() += process.memory();
    }
    let users = by_name.into_iter().map(|(name, memory_bytes)| User {
        name: crate::report::harmless(&name),
        memory_bytes,
    });
    users.collect()
}
