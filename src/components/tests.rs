//! What must hold of every component.

use super::*;
use crate::config::{Override, Settings, Sources, resolve};

pub(super) fn settings(size: Size) -> Settings {
    let overrides = vec![Override {
        key: "size".to_owned(),
        value: size.name().to_owned(),
        flag: "--size".to_owned(),
    }];
    let sources = Sources {
        overrides,
        ..Sources::default()
    };
    resolve(&sources, &sections()).unwrap().settings
}

#[test]
fn every_component_is_measured_in_every_size_and_fits_its_limit() {
    for size in [Size::Small, Size::Standard, Size::Large] {
        for component in all() {
            let measured = component.measured(size);
            assert!(
                0 < measured.full_mib && measured.full_mib < measured.limit_mib,
                "{} at {size:?}: {measured:?}",
                component.name
            );
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_size_standard() {
    for component in all() {
        let defaults: toml::Table = toml::from_str(component.defaults).unwrap();
        let section = &defaults[component.name];
        for (_, key, value) in component.of_size(Size::Standard) {
            let found = section[key].as_integer();
            assert_eq!(found, Some(value), "{}.{key}", component.name);
        }
    }
}

#[test]
fn ports_and_memory_that_cannot_be_are_refused_of_every_component() {
    let refused = |key: String, value: &str| {
        let flag = Override {
            key: key.clone(),
            value: value.to_owned(),
            flag: "--set".to_owned(),
        };
        let sources = Sources {
            overrides: vec![flag],
            ..Sources::default()
        };
        let error = resolve(&sources, &sections()).unwrap_err().in_one_line();
        assert!(error.contains(&key), "{error}");
    };
    for component in all() {
        let key = |key: &str| format!("{}.{key}", component.name);
        for port in component.ports {
            refused(key(port.key), "70000");
            refused(key(port.key), "0");
        }
        for memory in component.memory_keys() {
            refused(key(memory), "0");
        }
        if component.measured(Size::Standard).heap_mib.is_some() {
            refused(key("heap_mib"), "0");
            refused(key("heap_mib"), "9000000");
        }
    }
}

#[test]
fn pods_of_every_size_have_what_was_measured() {
    for size in [Size::Small, Size::Standard, Size::Large] {
        let settings = settings(size);
        let pods = all()
            .iter()
            .filter(|one| matches!(one.place, Place::Pods(_)));
        for component in pods {
            let limit = component.measured(size).limit_mib;
            let name = component.name;
            assert_eq!(
                component.memory_bytes(&settings) >> 20,
                limit,
                "{name}, {size:?}"
            );
        }
    }
}

#[test]
fn a_size_changes_what_is_needed() {
    let needed = |size| -> u64 {
        let settings = settings(size);
        let memory = in_containers().map(|one| one.memory_bytes(&settings));
        memory.sum()
    };
    assert!(needed(Size::Small) < needed(Size::Standard));
    assert!(needed(Size::Standard) < needed(Size::Large));
    assert!(needed(Size::Small) <= 1_500_000_000 + (64 << 20));
}

#[test]
fn what_others_depend_on_stands_first() {
    for (at, component) in all().iter().enumerate() {
        for needed in component.depends_on {
            assert!(all()[..at].iter().any(|other| other.name == *needed));
        }
    }
}

#[test]
fn an_account_belongs_to_one() {
    for component in all() {
        let accounts = (component.accounts)();
        let different: std::collections::BTreeSet<_> = accounts.iter().collect();
        assert_eq!(different.len(), accounts.len(), "{}", component.name);
    }
}

#[test]
fn every_port_and_variable_has_its_setting() {
    let settings = settings(Size::Standard);
    for component in all() {
        for port in component.port_demands(&settings) {
            assert!(port.number > 0, "{}", port.setting);
        }
        for variable in component.variables {
            let (component, key) = (component.name, variable.key);
            let set = settings.section::<toml::Table>(component);
            assert!(set.contains_key(key), "{component}.{key}");
            let number = settings.number(component, key);
            assert!(variable.unit.is_empty() || number > 0, "{component}.{key}");
        }
    }
}

#[test]
fn every_image_can_be_replaced_and_nothing_else() {
    let settings = settings(Size::Standard);
    let named: Vec<&str> = settings.images.keys().map(String::as_str).collect();
    let mut known: Vec<&str> = images().iter().map(|image| image.name).collect();
    known.sort_unstable();
    assert_eq!(named, known);
    assert!(settings.image_replacements().is_empty());
}
