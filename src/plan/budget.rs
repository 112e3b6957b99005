//! What is asked for against what there is: pure arithmetic over [`Capacity`].

use super::capacity::{Capacity, Holder, PortUse, User};
use serde::Serialize;
use wikisentry_driver::converge::{Demand, Growth};

/// Something there is only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// Bytes of memory: the limits of the containers.
    Memory,
    /// Bytes of the disk with the engine's files.
    Disk,
    Cpu,
    /// One port on 127.0.0.1.
    Port,
}

/// One line of the budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub resource: Resource,
    pub what: String,
    /// How much: bytes, cores, or the number of the port.
    pub needed: u64,
    /// How much there is; of a port 1 if it can be had, else 0.
    pub available: u64,
    pub fits: bool,
    /// What has been counted, or who has it.
    pub detail: String,
    /// What helps, if it does not fit.
    pub help: Option<String>,
    /// The setting that moves it, if it is a port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
}

/// All lines, and who uses most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    pub rows: Vec<Row>,
    /// Who uses most memory, the greatest first.
    pub memory_users: Vec<User>,
    /// What may come to take more disk in time.
    pub growth: Vec<Growth>,
}

impl Budget {
    /// Holds a demand against what there is. What `others` of ours run has its limit reserved;
    /// `missing_bytes` is what images and volumes take that are not there yet.
    pub fn check(
        demand: &Demand,
        others: &Demand,
        missing_bytes: u64,
        capacity: &Capacity,
    ) -> Self {
        let mut rows = Vec::new();
        if !demand.memory.is_empty() {
            rows.push(memory(demand, others, capacity));
        }
        rows.extend(disk(missing_bytes, capacity));
        if demand.cpus > 0 {
            rows.push(cpus(demand, capacity));
        }
        rows.extend(capacity.ports.iter().map(port));
        Self {
            rows,
            memory_users: capacity.memory_users.clone(),
            growth: demand.growth.clone(),
        }
    }

    pub fn fits(&self) -> bool {
        self.rows.iter().all(|row| row.fits)
    }

    /// The line of a resource; the first of several ports.
    pub fn row(&self, resource: Resource) -> Option<&Row> {
        self.rows.iter().find(|row| row.resource == resource)
    }
}

fn memory(demand: &Demand, others: &Demand, capacity: &Capacity) -> Row {
    let needed = demand.memory.iter().map(|(_, bytes)| bytes).sum();
    // What our containers use now is ours to use again, and others of them may come to use all
    // that they are allowed to.
    let ours: u64 = capacity.ours.values().sum();
    let runs = |name: &str| capacity.ours.contains_key(name);
    let reserved = others.memory.iter().filter(|(name, _)| runs(name));
    let reserved: u64 = reserved.map(|(_, limit)| limit).sum();
    let in_engine = capacity
        .engine_memory_bytes
        .saturating_sub(capacity.others_in_engine_bytes);
    let on_host = capacity.host_available_bytes + ours;
    let (room, detail) = match capacity.virtual_machine {
        true => (in_engine, "of the engine's virtual machine"),
        false => (on_host.min(in_engine), "free on this machine"),
    };
    let available = room.saturating_sub(reserved);
    let parts = demand.memory.iter();
    let parts: Vec<String> = parts
        .map(|(name, bytes)| format!("{name} {} MiB", bytes >> 20))
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
        setting: None,
    }
}

/// None where nothing is asked for, or the engine's disk cannot be seen.
fn disk(needed: u64, capacity: &Capacity) -> Option<Row> {
    let (root, free) = capacity.disk.as_ref()?;
    if needed == 0 {
        return None;
    }
    let fits = needed <= *free;
    Some(Row {
        resource: Resource::Disk,
        what: "images and volumes to make".to_owned(),
        needed,
        available: *free,
        fits,
        detail: format!("free in {root}"),
        help: (!fits).then(|| {
            "free space: `docker system df` tells what takes it, `wikisentry images list` which \
             images of ours are not needed"
                .to_owned()
        }),
        setting: None,
    })
}

fn cpus(demand: &Demand, capacity: &Capacity) -> Row {
    Row {
        resource: Resource::Cpu,
        what: "containers".to_owned(),
        needed: demand.cpus.into(),
        available: capacity.cpus.into(),
        fits: demand.cpus <= capacity.cpus,
        detail: "shared, without limits".to_owned(),
        help: None,
        setting: None,
    }
}

fn port(PortUse { port, holder }: &PortUse) -> Row {
    let (fits, detail) = match holder {
        Holder::Nobody => (true, "free".to_owned()),
        Holder::Ours => (true, "ours".to_owned()),
        Holder::Container(name) => (false, format!("the container {name} has it")),
        Holder::Process => (false, "another process has it".to_owned()),
    };
    Row {
        resource: Resource::Port,
        what: port.name.clone(),
        needed: port.number.into(),
        available: fits.into(),
        fits,
        detail,
        help: (!fits).then(|| {
            let other = port.number.saturating_add(10_000);
            let setting = &port.setting;
            format!("end what has it, or take another: `--set {setting}={other}`")
        }),
        setting: Some(port.setting.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_driver::converge::PortDemand;

    /// Three containers with the limits of the size small.
    fn demand() -> Demand {
        let mib = |name: &str, mib: u64| (name.to_owned(), mib << 20);
        Demand {
            memory: vec![mib("a", 640), mib("b", 448), mib("c", 384)],
            cpus: 1,
            ..Demand::default()
        }
    }

    fn check(missing_bytes: u64, capacity: &Capacity) -> Budget {
        Budget::check(&demand(), &Demand::default(), missing_bytes, capacity)
    }

    fn roomy() -> Capacity {
        Capacity {
            host_available_bytes: 20 << 30,
            engine_memory_bytes: 32 << 30,
            others_in_engine_bytes: 0,
            ours: Default::default(),
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
        budget.row(resource).unwrap()
    }

    fn port(name: &str, setting: &str, number: u16, holder: Holder) -> PortUse {
        PortUse {
            port: PortDemand {
                name: name.to_owned(),
                setting: setting.to_owned(),
                number,
            },
            holder,
        }
    }

    #[test]
    fn what_is_short_is_named_with_its_remedy_all_at_once() {
        let other = Holder::Container("other-kafka-1".to_owned());
        let capacity = Capacity {
            host_available_bytes: 1 << 30,
            disk: Some(("/var/lib/docker".to_owned(), 1 << 30)),
            ports: vec![
                port("kafka", "kafka.port", 9092, other),
                port("s3", "minio.port", 9000, Holder::Process),
            ],
            ..roomy()
        };
        let budget = check(3 << 30, &capacity);
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
        let needed: u64 = demand().memory.iter().map(|(_, bytes)| bytes).sum();
        let full = Capacity {
            host_available_bytes: needed - 1,
            ..roomy()
        };
        assert!(!row(&check(0, &full), Resource::Memory).fits);
        let ours = Capacity {
            ours: [("a".to_owned(), 1)].into(),
            ..full
        };
        assert!(row(&check(0, &ours), Resource::Memory).fits);
    }

    #[test]
    fn what_runs_of_other_stages_keeps_the_room_that_it_may_come_to_use() {
        let others = Demand {
            memory: vec![
                ("runs".to_owned(), 4 << 30),
                ("does-not".to_owned(), 64 << 30),
            ],
            ..Demand::default()
        };
        let capacity = Capacity {
            host_available_bytes: 5 << 30,
            ours: [("runs".to_owned(), 1 << 30)].into(),
            ..roomy()
        };
        let budget = Budget::check(&demand(), &others, 0, &capacity);
        let memory = row(&budget, Resource::Memory);
        assert_eq!((memory.available, memory.fits), (2 << 30, true));
        let tight = Capacity {
            host_available_bytes: 4 << 30,
            ..capacity
        };
        let budget = Budget::check(&demand(), &others, 0, &tight);
        assert!(!row(&budget, Resource::Memory).fits);
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
        let budget = check(0, &capacity);
        let memory = row(&budget, Resource::Memory);
        assert_eq!((memory.available, memory.fits), (1 << 30, false));
        assert!(memory.help.as_ref().unwrap().contains("Docker Desktop"));
        assert!(budget.row(Resource::Disk).is_none());
    }
}
