//! Judges what the project has and needs on the engine: ports, containers left, images.

use super::super::Check;
use crate::amounts::bytes as byte_count;
use crate::plan::Row;
use wikisentry_driver::docker::ProjectResources;
use wikisentry_driver::images::ImageListing;

/// The ports are free, or ours already, as the plan counts them.
pub(super) fn ports(
    rows: &[&Row],
    is_local: bool,
    who_listens: impl Fn(u16) -> Option<String>,
) -> Check {
    let mut taken = Vec::new();
    let mut settings = Vec::new();
    for row in rows.iter().filter(|row| !row.fits) {
        let holder = row.detail.trim_end_matches(" has it");
        let number = u16::try_from(row.needed).unwrap_or_default();
        let holder = match holder {
            // The engine's own machine is asked at its address alone.
            "another process" if !is_local => continue,
            "another process" => {
                who_listens(number).unwrap_or_else(|| "a process of somebody else".to_owned())
            }
            container => container.to_owned(),
        };
        taken.push(format!("{number} ({}) by {holder}", row.what));
        settings.extend(row.setting.as_deref());
    }
    if !taken.is_empty() {
        let remedy = format!("stop that, or choose another port: {}", settings.join(", "));
        return Check::fail(format!("taken: {}", taken.join(", ")), remedy);
    }
    let numbers: Vec<String> = rows.iter().map(|row| row.needed.to_string()).collect();
    let numbers = numbers.join(", ");
    let ours = rows.iter().filter(|row| row.detail == "ours").count();
    Check::ok(match ours {
        0 => format!("{numbers} are free"),
        _ if ours == rows.len() => format!("{numbers} are held by our containers"),
        _ => format!("{numbers} are free or held by our containers"),
    })
}

/// What there is of the project belongs to a data layer that is up, or is data.
pub(super) fn leftovers(
    belongings: &Result<ProjectResources, String>,
    project: &str,
    is_up: bool,
) -> Check {
    let there = match belongings {
        Ok(there) => there,
        Err(why) => {
            let finding = format!("they cannot be listed: {why}");
            return Check::warn(finding, "look at `docker ps --all`");
        }
    };
    let named = |kind: &str, names: &[String]| {
        let plural = if names.len() == 1 { "" } else { "s" };
        let list = names.join(", ");
        (!names.is_empty()).then(|| format!("{kind}{plural} {list}"))
    };
    let parts = [
        named("container", &there.containers),
        named("network", &there.networks),
        named("volume", &there.volumes),
    ];
    let join = |parts: &[Option<String>]| {
        let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
        parts.join("; ")
    };
    if is_up && there.containers.is_empty() {
        return Check::warn(
            "the data layer should be up, and has no container",
            "`wikisentry up` makes them again, `wikisentry down` ends it",
        );
    }
    if is_up {
        return Check::ok(join(&parts));
    }
    if there.containers.is_empty() && there.networks.is_empty() {
        return Check::ok(match &parts[2] {
            None => "none".to_owned(),
            Some(volumes) => format!("none; data is kept in {volumes}"),
        });
    }
    Check::warn(
        format!("not of a running `wikisentry up`: {}", join(&parts[..2])),
        format!("if nobody needs them: `docker compose --project-name {project} down`; data stays"),
    )
}

/// Images of ours that nothing uses; nothing to say if there is none.
pub(super) fn old_images(images: &Result<ImageListing, String>) -> Option<Check> {
    let listing = match images {
        Ok(listing) => listing,
        Err(why) => {
            let finding = format!("images cannot be listed: {why}");
            return Some(Check::warn(finding, "look at `docker image ls`"));
        }
    };
    let unused = listing.outdated.iter().filter(|old| old.used_by.is_empty());
    let sizes: Vec<u64> = unused.map(|old| old.bytes).collect();
    let (number, largest) = (sizes.len(), byte_count(*sizes.iter().max()?));
    Some(Check::warn(
        format!("{number} that nothing uses; the largest has {largest}"),
        "`wikisentry images list` names them, `wikisentry images prune` removes them",
    ))
}

#[cfg(test)]
mod tests;
