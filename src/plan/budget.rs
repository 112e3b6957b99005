//! What the data layer takes against what there is: pure arithmetic over [`Capacity`].

use super::capacity::{Capacity, Holder, User};
use super::memory_limit;
use crate::components;
use crate::config::Settings;
use serde::Serialize;

/// Disk that must be left beside the images: the volumes begin small and grow with the topics.
const DISK_HEADROOM: u64 = 2 << 30;

/// Something there is only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// Bytes of memory: the limits of the containers.
    Memory,
    /// Bytes of the disk with the engine's files.
    Disk,
    /// Cores.
    Cpu,
    /// One port on 127.0.0.1.
    Port,
}

/// One line of the budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Of what.
    pub resource: Resource,
    /// What needs it.
    pub what: String,
    /// How much: bytes, cores, or the number of the port.
    pub needed: u64,
    /// How much there is; of a port 1 if it can be had, else 0.
    pub available: u64,
    /// Whether it is enough.
    pub fits: bool,
    /// What has been counted, or who has it.
    pub detail: String,
    /// What helps, if it does not fit.
    pub help: Option<String>,
}

/// All lines, and who uses most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// A line for each resource.
    pub rows: Vec<Row>,
    /// Who uses most memory, the greatest first.
    pub memory_users: Vec<User>,
    /// Bytes that the topics may grow to on disk, by their retention.
    pub topics_bytes: u64,
}

impl Budget {
    /// Holds what the settings ask for against what there is. `missing_bytes` is what images
    /// take that are not there yet.
    pub fn check(settings: &Settings, missing_bytes: u64, capacity: &Capacity) -> Self {
        let mut rows = vec![memory(settings, capacity)];
        rows.extend(disk(missing_bytes, capacity));
        rows.push(Row {
            resource: Resource::Cpu,
            what: "containers".to_owned(),
            needed: 1,
            available: capacity.cpus.into(),
            fits: capacity.cpus >= 1,
            detail: "shared, without limits".to_owned(),
            help: None,
        });
        rows.extend(capacity.ports.iter().map(port));
        let topics = wikisentry_core::topic::Topic::ALL.len() as u64;
        Self {
            rows,
            memory_users: capacity.memory_users.clone(),
            topics_bytes: settings.kafka.retention_bytes * topics,
        }
    }

    /// Whether everything fits.
    pub fn fits(&self) -> bool {
        self.rows.iter().all(|row| row.fits)
    }
}

fn memory(settings: &Settings, capacity: &Capacity) -> Row {
    let needed = memory_limit(settings);
    let in_engine = capacity
        .engine_memory_bytes
        .saturating_sub(capacity.others_in_engine_bytes);
    // What our containers use now is ours to use again.
    let on_host = capacity.host_available_bytes + capacity.ours_bytes;
    let (available, detail) = match capacity.virtual_machine {
        true => (in_engine, "of the engine's virtual machine"),
        false => (on_host.min(in_engine), "free on this machine"),
    };
    let parts: Vec<String> = components::ALL
        .iter()
        .map(|component| {
            let mib = (component.memory_mib)(settings);
            format!("{} {mib} MiB", component.name)
        })
        .collect();
    let fits = needed <= available;
    let help = match (fits, capacity.virtual_machine) {
        (true, _) => None,
        (false, true) => Some(
            "`--size small`, or give Docker more memory: Docker Desktop, Settings, Resources"
                .to_owned(),
        ),
        (false, false) => {
            let user = capacity.memory_users.first();
            let close = user.map_or(String::new(), |user| format!(", or close {}", user.name));
            Some(format!("`--size small`{close}"))
        }
    };
    Row {
        resource: Resource::Memory,
        what: parts.join(" + "),
        needed,
        available,
        fits,
        detail: detail.to_owned(),
        help,
    }
}

/// None where the engine's disk cannot be seen.
fn disk(missing_bytes: u64, capacity: &Capacity) -> Option<Row> {
    let (root, free) = capacity.disk.as_ref()?;
    let needed = missing_bytes + DISK_HEADROOM;
    let fits = needed <= *free;
    Some(Row {
        resource: Resource::Disk,
        what: match missing_bytes {
            0 => "volumes, to begin with".to_owned(),
            _ => "images to build, and volumes to begin with".to_owned(),
        },
        needed,
        available: *free,
        fits,
        detail: format!("free in {root}"),
        help: (!fits).then(|| {
            "free space: `docker system df` tells what takes it, `wikisentry images list` which \
             images of ours are not needed"
                .to_owned()
        }),
    })
}

fn port(port: &super::capacity::PortUse) -> Row {
    let (fits, detail) = match &port.holder {
        Holder::Nobody => (true, "free".to_owned()),
        Holder::Ours => (true, "ours".to_owned()),
        Holder::Container(name) => (false, format!("the container {name} has it")),
        Holder::Process => (false, "another process has it".to_owned()),
    };
    Row {
        resource: Resource::Port,
        what: port.name.to_owned(),
        needed: port.number.into(),
        available: fits.into(),
        fits,
        detail,
        help: (!fits).then(|| {
            format!(
                "end what has it, or take another: `--set {}={}`",
                port.setting,
                port.number.saturating_add(10_000)
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::capacity::PortUse;
    use super::*;
    use crate::config::{Override, Sources, resolve};

    fn settings(size: &str) -> Settings {
        let overrides = vec![Override {
            key: "size".to_owned(),
            value: size.to_owned(),
            flag: "--size".to_owned(),
        }];
        let sources = Sources {
            overrides,
            ..Sources::default()
        };
        resolve(&sources).unwrap().settings
    }

    fn roomy() -> Capacity {
        Capacity {
            host_available_bytes: 20 << 30,
            engine_memory_bytes: 32 << 30,
            others_in_engine_bytes: 0,
            ours_bytes: 0,
            virtual_machine: false,
            cpus: 4,
            disk: Some(("/var/lib/docker".to_owned(), 100 << 30)),
            ports: Vec::new(),
            memory_users: vec![User {
                name: "firefox".to_owned(),
                memory_bytes: 4 << 30,
            }],
        }
    }

    fn row(budget: &Budget, resource: Resource) -> &Row {
        budget
            .rows
            .iter()
            .find(|row| row.resource == resource)
            .unwrap()
    }

    #[test]
    fn a_size_changes_what_is_needed() {
        let needed = |size| memory_limit(&settings(size));
        assert!(needed("small") < needed("standard"));
        assert!(needed("standard") < needed("large"));
        assert!(needed("small") <= 1_500_000_000 + (64 << 20));
    }

    #[test]
    fn what_is_short_is_named_with_its_remedy_all_at_once() {
        let capacity = Capacity {
            host_available_bytes: 1 << 30,
            disk: Some(("/var/lib/docker".to_owned(), 1 << 30)),
            ports: vec![
                PortUse {
                    name: "kafka",
                    setting: "kafka.port",
                    number: 9092,
                    holder: Holder::Container("other-kafka-1".to_owned()),
                },
                PortUse {
                    name: "s3",
                    setting: "minio.port",
                    number: 9000,
                    holder: Holder::Process,
                },
            ],
            ..roomy()
        };
        let budget = Budget::check(&settings("standard"), 300 << 20, &capacity);
        assert!(!budget.fits());
        let short: Vec<_> = budget.rows.iter().filter(|row| !row.fits).collect();
        assert_eq!(short.len(), 4);
        let helps = short.iter().map(|row| row.help.as_deref().unwrap());
        let helps: Vec<_> = helps.collect();
        assert!(helps[0].contains("--size small") && helps[0].contains("firefox"));
        assert!(helps[2].contains("kafka.port=19092"));
        assert!(short[2].detail.contains("other-kafka-1"));
    }

    #[test]
    fn what_our_own_containers_use_counts_as_there() {
        let needed = memory_limit(&settings("small"));
        let full = Capacity {
            host_available_bytes: needed - 1,
            ..roomy()
        };
        let budget = Budget::check(&settings("small"), 0, &full);
        assert!(!row(&budget, Resource::Memory).fits);
        let ours = Capacity {
            ours_bytes: 1,
            ..full
        };
        let budget = Budget::check(&settings("small"), 0, &ours);
        assert!(row(&budget, Resource::Memory).fits);
    }

    #[test]
    fn a_virtual_machine_counts_by_its_own_memory() {
        let capacity = Capacity {
            virtual_machine: true,
            engine_memory_bytes: 4 << 30,
            others_in_engine_bytes: 3 << 30,
            disk: None,
            ..roomy()
        };
        let budget = Budget::check(&settings("small"), 0, &capacity);
        let memory = row(&budget, Resource::Memory);
        assert_eq!((memory.available, memory.fits), (1 << 30, false));
        assert!(memory.help.as_ref().unwrap().contains("Docker Desktop"));
        assert!(budget.rows.iter().all(|row| row.resource != Resource::Disk));
    }
}
