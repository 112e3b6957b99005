//! What the size of the host changes in the defaults. `defaults.toml` says the same in words.

use super::entry::{Entry, Origin};
use super::{Sections, Size};
use serde::Deserialize;
use sysinfo::{MemoryRefreshKind, System};
use toml::Value;

const GIB: i64 = 1 << 30;

/// The values that the chosen size puts over the defaults.
pub(super) fn assignments(given: &[Entry], sections: &Sections) -> Vec<Entry> {
    let chosen = given.iter().rfind(|entry| entry.key == "size");
    let chosen = chosen.map(|entry| Size::deserialize(entry.value.clone()));
    // An unknown size is refused when the settings are typed.
    let Ok(chosen) = chosen.unwrap_or(Ok(Size::Auto)) else {
        return Vec::new();
    };
    let size = match chosen {
        Size::Auto => host_memory().map_or(Size::Standard, |(all, _)| of_memory(all)),
        size => size,
    };
    let own: &[(&str, i64)] = match size {
        Size::Small => &[
            ("log.retention_bytes", 2 * GIB),
            ("archive.max_rows", 50_000),
        ],
        Size::Large => &[("log.retention_bytes", 16 * GIB)],
        Size::Standard | Size::Auto => &[],
    };
    let own = own.iter().map(|(key, value)| ((*key).to_owned(), *value));
    let others = sections.all.iter().flat_map(|section| {
        let values = section.of_size.iter().filter(|(of, ..)| *of == size);
        values.map(|(_, key, value)| (format!("{}.{key}", section.name), *value))
    });
    let name = match chosen {
        Size::Auto => format!("{} (auto)", size.name()),
        _ => size.name().to_owned(),
    };
    let assignment = |(key, value)| Entry {
        key,
        value: Value::Integer(value),
        origin: Origin::Size(name.clone()),
    };
    own.chain(others).map(assignment).collect()
}

/// The size whose memory comes nearest: hosts report somewhat less than they are sold with.
fn of_memory(bytes: u64) -> Size {
    match bytes >> 30 {
        0..24 => Size::Small,
        24..48 => Size::Standard,
        _ => Size::Large,
    }
}

/// Memory of this machine in bytes, all of it and what programs can still have; none where the
/// system does not say.
pub fn host_memory() -> Option<(u64, u64)> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    Some((system.total_memory(), system.available_memory()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
