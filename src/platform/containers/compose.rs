//! The compose file, put together from the parts of the components, and the variables that fill it.

use crate::components::{self, Publishing, Site};
use wikisentry_driver::compose::Variables;
use wikisentry_driver::images::ImageSet;

const HEAD: &str = "\
# Everything of the platform that runs in containers of Docker. `wikisentry`
# reads this very file; `docker compose up -d` does the same by hand once the
# images are there (scripts/build_images.sh), and compose.override.yaml makes
# topics and connector then. It is put together from the parts in
# src/components. Ports are published on 127.0.0.1 only.
#
# Every ${VARIABLE} has a default and can be set in .env beside this file; the
# defaults of memory and heap are those of size `small`. The default
# credentials are for development: they are public.
name: wikisentry

services:
";

const NETWORKS: &str = "
networks:
  # Subnet and gateway are given, so that addresses stay when it is made again.
  wikisentry:
    driver: bridge
    ipam:
      config:
        - subnet: ${WIKISENTRY_SUBNET:-172.30.77.0/24}
          gateway: ${WIKISENTRY_GATEWAY:-172.30.77.1}
";

/// The file that `docker compose` reads too.
pub fn text() -> String {
    let parts = components::in_containers().map(|one| sections(one.compose));
    let (services, volumes): (Vec<&str>, String) = parts.unzip();
    let services = services.join("\n\n");
    format!("{HEAD}{services}\n\nvolumes:\n{volumes}{NETWORKS}")
}

/// The services and the volumes of a part, without their headings.
fn sections(part: &str) -> (&str, &str) {
    let services = part.split_once("services:\n");
    let services = services.map_or(part, |(_, rest)| rest);
    let (services, volumes) = services
        .split_once("\nvolumes:\n")
        .unwrap_or((services, ""));
    (services.trim_end_matches('\n'), volumes)
}

/// What the settings make of the variables.
pub(super) fn variables(site: &Site, images: &ImageSet) -> Variables {
    let settings = &site.settings;
    let mut variables = Variables::default();
    for component in components::in_containers() {
        let name = component.name.to_uppercase();
        if let Some(image) = images.get(component.name) {
            variables.set(format!("WIKISENTRY_{name}_IMAGE"), &image.reference);
        }
        for variable in component.variables {
            let value = settings.plain(component.name, variable.key);
            variables.set(variable.name, format!("{value}{}", variable.unit));
        }
        for port in component.ports {
            let number = port.number(component, settings);
            if let Publishing::Variable(variable) = port.publishing {
                variables.set(variable, number.to_string());
            }
        }
        let accounts = site.secrets.of(component);
        if let Some(((administrator, password), users)) = accounts.split_first() {
            variables.set(format!("WIKISENTRY_{name}_ROOT_USER"), *administrator);
            variables.set(format!("WIKISENTRY_{name}_ROOT_PASSWORD"), *password);
            for (user, password) in users {
                let user = user.to_uppercase();
                variables.set(format!("WIKISENTRY_{name}_{user}_PASSWORD"), *password);
            }
        }
    }
    variables.set("COMPOSE_PROJECT_NAME", &settings.docker.project);
    variables.set("WIKISENTRY_SUBNET", &settings.docker.subnet);
    if let Some(gateway) = settings.docker.gateway() {
        variables.set("WIKISENTRY_GATEWAY", gateway.to_string());
    }
    variables
}
