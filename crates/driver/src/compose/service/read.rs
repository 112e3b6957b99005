//! Reads a service from the file.

use super::{Attachment, Condition, Environment, Logging, Service, Ulimit};
use crate::compose::document::{Fields, Node};
use crate::compose::error::ComposeError;
use crate::compose::resource::labels;
use crate::compose::variables::Variables;
use crate::compose::{health, mount, port};
use std::collections::BTreeMap;

/// What to write instead of settings that are not supported.
const HINTS: [(&str, &str); 4] = [
    ("deploy", "use mem_limit, cpus and pids_limit"),
    ("env_file", "use environment and variables"),
    ("container_name", "docker compose's own name is used"),
    ("network_mode", "use networks"),
];

pub(in crate::compose) fn read(
    node: &Node,
    variables: &Variables,
) -> Result<Service, ComposeError> {
    let mut fields = node.fields()?;
    // How an image is made and when it is pulled is not a matter of running it.
    fields.take("build");
    fields.take("pull_policy");
    let Some(image) = fields.read("image", Node::text)? else {
        return node.invalid("image is missing");
    };
    let environment = fields.read("environment", |node| {
        let given = |(name, value): (String, Option<String>)| {
            let value = value.or_else(|| variables.get(&name).map(str::to_owned));
            (name, value)
        };
        Ok(Environment(node.pairs()?.into_iter().map(given).collect()))
    })?;
    let networks = fields.read("networks", networks)?;
    let service = Service {
        cap_drop: texts(&mut fields, "cap_drop")?,
        cpus: fields.read("cpus", cpus)?.filter(|cpus| *cpus > 0.0),
        command: fields.read("command", command)?,
        entrypoint: fields.read("entrypoint", command)?,
        environment: environment.unwrap_or_default(),
        extra_hosts: fields.read("extra_hosts", extra_hosts)?.unwrap_or_default(),
        healthcheck: fields.read("healthcheck", health::read)?,
        image,
        init: fields.read("init", Node::truth)?,
        labels: fields.read("labels", labels)?.unwrap_or_default(),
        logging: fields.read("logging", logging)?,
        mem_limit: size(&mut fields, "mem_limit")?,
        memswap_limit: size(&mut fields, "memswap_limit")?,
        networks: networks.unwrap_or_else(|| BTreeMap::from([("default".to_owned(), None)])),
        pids_limit: fields.read("pids_limit", Node::number)?.filter(|n| *n != 0),
        ports: items(&mut fields, "ports", port::read)?,
        read_only: fields.read("read_only", Node::truth)?.unwrap_or(false),
        restart: fields.read("restart", restart)?,
        security_opt: texts(&mut fields, "security_opt")?,
        stop_grace_period: fields.read("stop_grace_period", health::duration)?,
        stop_signal: fields.read("stop_signal", Node::text)?,
        tmpfs: fields.read("tmpfs", |t| t.texts(true))?.unwrap_or_default(),
        ulimits: fields.read("ulimits", ulimits)?.unwrap_or_default(),
        user: fields.read("user", Node::text)?,
        volumes: items(&mut fields, "volumes", mount::read)?,
        working_dir: fields.read("working_dir", Node::text)?,
        depends_on: fields.read("depends_on", depends_on)?.unwrap_or_default(),
    };
    fields.finish(&HINTS)?;
    Ok(service)
}

fn texts(fields: &mut Fields, name: &str) -> Result<Vec<String>, ComposeError> {
    Ok(fields
        .read(name, |node| node.texts(false))?
        .unwrap_or_default())
}

fn items<T>(
    fields: &mut Fields,
    name: &str,
    read: fn(&Node) -> Result<T, ComposeError>,
) -> Result<Vec<T>, ComposeError> {
    let items = fields.read(name, |node| node.list()?.iter().map(read).collect())?;
    Ok(items.unwrap_or_default())
}

fn size(fields: &mut Fields, name: &str) -> Result<Option<u64>, ComposeError> {
    Ok(fields.read(name, mount::size)?.filter(|bytes| *bytes > 0))
}

fn cpus(node: &Node) -> Result<f32, ComposeError> {
    let cpus: f32 = node.number()?;
    if cpus.is_finite() && (0.0..=1024.0).contains(&cpus) {
        Ok(cpus)
    } else {
        node.invalid("a number of cores is expected, such as 1.5")
    }
}

/// A list of arguments, or a line of plain words. Quotes are left to the list form.
fn command(node: &Node) -> Result<Vec<String>, ComposeError> {
    if node.is_list() {
        return node.texts(false);
    }
    let line = node.text()?;
    if line.contains(|c: char| "'\"\\`$;&|<>()".contains(c)) {
        return node
            .invalid("a command with quotes or other signs of the shell is written as a list");
    }
    Ok(line.split_whitespace().map(str::to_owned).collect())
}

/// `["name:address"]`, `["name=address"]` or `{name: address}`, as sorted `name=address`.
fn extra_hosts(node: &Node) -> Result<Vec<String>, ComposeError> {
    let entries = if node.is_list() {
        node.texts(false)?
    } else {
        let pairs = labels(node)?.into_iter();
        pairs.map(|(host, ip)| format!("{host}={ip}")).collect()
    };
    let mut hosts = Vec::new();
    for entry in entries {
        match entry.split_once(['=', ':']) {
            Some((host, ip)) if !host.is_empty() && !ip.is_empty() => {
                hosts.push(format!("{host}={ip}"));
            }
            _ => return node.invalid("each entry is name:address"),
        }
    }
    hosts.sort();
    Ok(hosts)
}

fn logging(node: &Node) -> Result<Logging, ComposeError> {
    let mut fields = node.fields()?;
    let logging = Logging {
        driver: fields.read("driver", Node::text)?,
        options: fields.read("options", labels)?.unwrap_or_default(),
    };
    fields.finish(&[])?;
    Ok(logging)
}

fn networks(node: &Node) -> Result<BTreeMap<String, Option<Attachment>>, ComposeError> {
    let networks: BTreeMap<_, _> = if node.is_list() {
        let names = node.texts(false)?.into_iter();
        names.map(|name| (name, None)).collect()
    } else {
        let entries = node.fields()?.into_entries();
        entries
            .map(|(name, node)| {
                let attachment = (!node.is_null()).then(|| attachment(&node)).transpose()?;
                Ok((name, attachment))
            })
            .collect::<Result<_, ComposeError>>()?
    };
    if networks.len() > 1 {
        return node.unsupported(Some("a service is in one network"));
    }
    Ok(networks)
}

fn attachment(node: &Node) -> Result<Attachment, ComposeError> {
    let mut fields = node.fields()?;
    let aliases = texts(&mut fields, "aliases")?;
    fields.finish(&[])?;
    Ok(Attachment { aliases })
}

fn restart(node: &Node) -> Result<String, ComposeError> {
    let policy = match node.text()?.as_str() {
        // Unquoted, `no` may have been read as a truth value.
        "false" => "no".to_owned(),
        policy => policy.to_owned(),
    };
    let retries = policy.strip_prefix("on-failure:");
    if ["no", "always", "unless-stopped", "on-failure"].contains(&policy.as_str())
        || retries.is_some_and(|n| n.parse::<u32>().is_ok())
    {
        Ok(policy)
    } else {
        node.invalid("no, always, unless-stopped, on-failure or on-failure:N is expected")
    }
}

fn ulimits(node: &Node) -> Result<BTreeMap<String, Ulimit>, ComposeError> {
    let limit = |(name, node): (String, Node)| {
        if !node.is_mapping() {
            return Ok((name, Ulimit::Single(node.number()?)));
        }
        let mut fields = node.fields()?;
        let both = (
            fields.read("soft", Node::number)?,
            fields.read("hard", Node::number)?,
        );
        fields.finish(&[])?;
        match both {
            (Some(soft), Some(hard)) => Ok((name, Ulimit::Range { soft, hard })),
            _ => node.invalid("soft and hard are both needed"),
        }
    };
    node.fields()?.into_entries().map(limit).collect()
}

fn depends_on(node: &Node) -> Result<BTreeMap<String, Condition>, ComposeError> {
    if node.is_list() {
        let names = node.texts(false)?.into_iter();
        return Ok(names.map(|name| (name, Condition::Started)).collect());
    }
    let entry = |(name, node): (String, Node)| {
        let mut fields = node.fields()?;
        let condition = fields.read("condition", |node| {
            let name = node.text()?;
            let known = [Condition::Started, Condition::Healthy, Condition::Completed];
            match known.into_iter().find(|known| known.name() == name) {
                Some(condition) => Ok(condition),
                None => node.invalid("service_started, service_healthy or service_completed_successfully is expected"),
            }
        })?;
        fields.finish(&[])?;
        Ok((name, condition.unwrap_or(Condition::Started)))
    };
    node.fields()?.into_entries().map(entry).collect()
}
