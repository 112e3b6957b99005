//! What the size of the host changes in the defaults. `defaults.toml` says the same in words.

use super::Size;
use super::layer::{Assignment, Entry, Origin};
use crate::components;
use serde::Deserialize;
use sysinfo::{MemoryRefreshKind, System};
use toml::Value;

const GIB: i64 = 1 << 30;

/// The values that the chosen size puts over the defaults.
pub(super) fn assignments(given: &[Assignment]) -> Vec<Assignment> {
    let chosen = given.iter().rfind(|assignment| assignment.0.key == "size");
    // A size that is none is refused when the settings are typed.
    let chosen = chosen.map_or(Some(Size::Auto), |Assignment(entry)| {
        Size::deserialize(entry.value.clone()).ok()
    });
    let Some(chosen) = chosen else {
        return Vec::new();
    };
    let size = match chosen {
        Size::Auto => host_memory().map_or(Size::Standard, of_memory),
        size => size,
    };
    let values: Vec<(String, i64)> = match size {
        Size::Small => [
            ("log.retention_bytes", 2 * GIB),
            ("archive.max_rows", 50_000),
            ("kafka.partitions", 2),
            ("kafka.retention_bytes", GIB),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .chain(memory(Size::Small))
        .collect(),
        Size::Large => [
            ("log.retention_bytes", 16 * GIB),
            ("kafka.partitions", 8),
            ("kafka.retention_bytes", 16 * GIB),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .chain(memory(Size::Large))
        .collect(),
        Size::Standard | Size::Auto => Vec::new(),
    };
    let name = format!("{size:?}").to_lowercase();
    let name = if chosen == Size::Auto {
        format!("{name} (auto)")
    } else {
        name
    };
    values
        .into_iter()
        .map(|(key, value)| {
            Assignment(Entry {
                key,
                value: Value::Integer(value),
                origin: Origin::Size(name.clone()),
            })
        })
        .collect()
}

/// Limits and heaps of the components, as measured.
fn memory(size: Size) -> Vec<(String, i64)> {
    let mut values = Vec::new();
    for component in components::ALL {
        let footprint = component.footprint(size);
        let name = component.name;
        values.push((format!("{name}.memory_mib"), footprint.limit_mib));
        if let Some(heap) = footprint.heap_mib {
            values.push((format!("{name}.heap_mib"), heap));
        }
    }
    let number = |mib: u64| i64::try_from(mib).unwrap_or(i64::MAX);
    let values = values.into_iter();
    values.map(|(key, mib)| (key, number(mib))).collect()
}

/// The size whose memory comes nearest: hosts report somewhat less than they are sold with.
fn of_memory(bytes: u64) -> Size {
    match bytes >> 30 {
        0..24 => Size::Small,
        24..48 => Size::Standard,
        _ => Size::Large,
    }
}

/// In bytes; none where the system does not say.
fn host_memory() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    Some(system.total_memory())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_size_standard() {
        let defaults: toml::Table = toml::from_str(crate::config::DEFAULTS).unwrap();
        for (key, value) in memory(Size::Standard) {
            let (section, name) = key.split_once('.').unwrap();
            assert_eq!(defaults[section][name].as_integer(), Some(value), "{key}");
        }
    }

    #[test]
    fn a_host_gets_the_size_it_is_sold_as() {
        for (gib, size) in [
            (7, Size::Small),
            (15, Size::Small),
            (31, Size::Standard),
            (62, Size::Large),
        ] {
            assert_eq!(of_memory(gib << 30), size, "{gib} GiB");
        }
    }
}
