//! Judges what the project has and needs on the engine: ports, containers left, images.

use super::super::Check;
use super::listener;
use super::survey::Survey;
use crate::components::{self, Port};
use crate::config::Settings;
use crate::amounts::bytes as byte_count;
use std::net::{Ipv4Addr, TcpListener};
use wikisentry_driver::docker::{Belongings, Publisher};
use wikisentry_driver::images::ImageListing;

/// A port of a component, and who has it.
#[derive(Debug, Clone)]
pub(super) struct PortUse {
    pub port: &'static Port,
    pub number: u16,
    pub holder: Holder,
}

/// Who has a port.
#[derive(Debug, Clone)]
pub(super) enum Holder {
    Nobody,
    Container(Publisher),
    /// As far as it can be told.
    Process(Option<String>),
}

/// Who has the ports of the components.
pub(super) fn port_uses(settings: &Settings, survey: &Survey) -> Vec<PortUse> {
    let is_local = survey.facts.address.starts_with("unix://");
    let ports = components::ALL.iter().flat_map(|one| one.ports);
    ports
        .map(|port| {
            let number = (port.number)(settings);
            let published = survey.ports.as_ref().ok();
            let publisher = published.and_then(|published| published.get(&number));
            let holder = match publisher {
                Some(publisher) => Holder::Container(publisher.clone()),
                // The engine's own machine is asked at its address alone.
                None if !is_local => Holder::Nobody,
                None => match TcpListener::bind((Ipv4Addr::LOCALHOST, number)) {
                    Ok(_) => Holder::Nobody,
                    Err(_) => Holder::Process(listener::of_port(number)),
                },
            };
            PortUse {
                port,
                number,
                holder,
            }
        })
        .collect()
}

/// The ports are free, or ours already.
pub(super) fn ports(uses: &[PortUse], project: &str) -> Check {
    const NAME: &str = "docker-ports";
    let mut ours = 0;
    let mut taken = Vec::new();
    let mut settings = Vec::new();
    for one in uses {
        let holder = match &one.holder {
            Holder::Nobody => continue,
            Holder::Container(publisher) if publisher.project.as_deref() == Some(project) => {
                ours += 1;
                continue;
            }
            Holder::Container(publisher) => format!("the container {}", publisher.container),
            Holder::Process(Some(process)) => process.clone(),
            Holder::Process(None) => "a process of somebody else".to_owned(),
        };
        taken.push(format!("{} ({}) by {holder}", one.number, one.port.name));
        settings.push(one.port.setting);
    }
    if !taken.is_empty() {
        let remedy = format!("stop that, or choose another port: {}", settings.join(", "));
        return Check::fail(NAME, format!("taken: {}", taken.join(", ")), remedy);
    }
    let numbers: Vec<String> = uses.iter().map(|one| one.number.to_string()).collect();
    let numbers = numbers.join(", ");
    Check::ok(
        NAME,
        match ours {
            0 => format!("{numbers} are free"),
            _ if ours == uses.len() => format!("{numbers} are held by our containers"),
            _ => format!("{numbers} are free or held by our containers"),
        },
    )
}

/// What there is of the project belongs to a data layer that is up, or is data.
pub(super) fn leftovers(
    belongings: &Result<Belongings, String>,
    project: &str,
    is_up: bool,
) -> Check {
    const NAME: &str = "containers";
    let there = match belongings {
        Ok(there) => there,
        Err(why) => {
            let finding = format!("they cannot be listed: {why}");
            return Check::warn(NAME, finding, "look at `docker ps --all`");
        }
    };
    let named = |kind: &str, names: &[String]| {
        let plural = if names.len() == 1 { "" } else { "s" };
        let list = names.join(", ");
        (!names.is_empty()).then(|| format!("{kind}{plural} {list}"))
    };
    let containers = named("container", &there.containers);
    let networks = named("network", &there.networks);
    let volumes = named("volume", &there.volumes);
    let join = |parts: &[&Option<String>]| {
        let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
        parts.join("; ")
    };
    if is_up && there.containers.is_empty() {
        return Check::warn(
            NAME,
            "the data layer should be up, and has no container",
            "`wikisentry up` makes them again, `wikisentry down` ends it",
        );
    }
    if is_up {
        return Check::ok(NAME, join(&[&containers, &networks, &volumes]));
    }
    if there.containers.is_empty() && there.networks.is_empty() {
        return Check::ok(
            NAME,
            match volumes {
                None => "none".to_owned(),
                Some(volumes) => format!("none; data is kept in {volumes}"),
            },
        );
    }
    Check::warn(
        NAME,
        format!(
            "not of a running `wikisentry up`: {}",
            join(&[&containers, &networks])
        ),
        format!("if nobody needs them: `docker compose --project-name {project} down`; data stays"),
    )
}

/// Images of ours that nothing uses; nothing to say if there is none.
pub(super) fn old_images(images: &Result<ImageListing, String>) -> Option<Check> {
    const NAME: &str = "images";
    let listing = match images {
        Ok(listing) => listing,
        Err(why) => {
            let finding = format!("images cannot be listed: {why}");
            return Some(Check::warn(NAME, finding, "look at `docker image ls`"));
        }
    };
    let unused = listing.outdated.iter().filter(|old| old.used_by.is_empty());
    let sizes: Vec<u64> = unused.map(|old| old.bytes).collect();
    if sizes.is_empty() {
        return None;
    }
    Some(Check::warn(
        NAME,
        format!(
            "{} that nothing uses; the largest has {}",
            sizes.len(),
            byte_count(sizes.iter().copied().max().unwrap_or(0))
        ),
        "`wikisentry images list` names them, `docker image rm` removes them",
    ))
}

/// Bytes of the images that are not on the engine yet; of all if that cannot be told.
pub(super) fn missing_bytes(images: &Result<ImageListing, String>) -> u64 {
    let is_there = |name: &str| {
        images.as_ref().is_ok_and(|listing| {
            let mut listed = listing.images.iter();
            listed.any(|image| image.name == name && image.present.is_some())
        })
    };
    let missing = components::ALL.iter().filter(|one| !is_there(one.name));
    missing.map(|one| one.image_bytes).sum()
}

#[cfg(test)]
mod tests;
