//! What is wanted of a cluster, and in what another one differs from it.

use super::error::K3dError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Where the API and every port of a cluster are published: never on the network.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// The label of the containers of a cluster that was made here; its value is the cluster's name.
pub const CLUSTER_LABEL: &str = "org.wikisentry.cluster";

/// Arguments of k3s that leave out what the platform does not use.
pub const LEAN: [&str; 3] = [
    "--disable=traefik",
    "--disable=servicelb",
    "--disable=metrics-server",
];

/// Longest name, in characters: k3d makes host names of it.
const LONGEST_NAME: usize = 32;

/// k3s does not start with less memory.
const LEAST_MEMORY: u64 = 512 << 20;

/// A cluster of one node, as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterSpec {
    /// Lower-case letters, digits and dashes.
    pub name: String,
    /// The image of k3s, with its version.
    pub image: String,
    /// A Docker network that is there, with subnet and gateway. Pods resolve the aliases of the
    /// containers in it.
    pub network: String,
    /// Ports on [`ADDRESS`] and where they lead in the cluster.
    pub ports: Vec<PublishedNodePort>,
    /// Limit of the node's memory, with all that runs in it, in bytes.
    pub node_memory_bytes: u64,
    /// Arguments of `k3s server`, such as [`LEAN`].
    pub k3s_args: Vec<String>,
    /// Further labels of its containers.
    pub labels: BTreeMap<String, String>,
    /// Port of the Kubernetes API on [`ADDRESS`].
    pub api_port: u16,
}

/// A port of the host that leads to a port of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedNodePort {
    /// Published on [`ADDRESS`] alone.
    pub host: u16,
    /// A node port of a Service.
    pub node: u16,
}

impl ClusterSpec {
    /// Refuses what cannot be created.
    ///
    /// # Errors
    /// [`K3dError::BadSpec`] with the reason.
    pub fn check(&self) -> Result<(), K3dError> {
        let refuse = |why: String| {
            let name = self.name.clone();
            Err(K3dError::BadSpec { name, why })
        };
        let is_letter = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let name = self.name.as_bytes();
        let ends = [name.first(), name.last()];
        if !ends.iter().all(|end| end.is_some_and(|c| is_letter(*c)))
            || !name.iter().all(|c| is_letter(*c) || *c == b'-')
            || name.len() > LONGEST_NAME
        {
            return refuse(format!(
                "a name has 1 to {LONGEST_NAME} lower-case letters, digits and dashes, and no dash at its ends"
            ));
        }
        if self.node_memory_bytes < LEAST_MEMORY {
            let mib = LEAST_MEMORY >> 20;
            return refuse(format!("its node needs {mib} MiB of memory"));
        }
        let mut taken = BTreeSet::from([self.api_port]);
        if let Some(port) = self.ports.iter().find(|port| !taken.insert(port.host)) {
            return refuse(format!("port {} is given twice", port.host));
        }
        if self
            .labels
            .keys()
            .any(|key| key.is_empty() || key.contains('='))
        {
            return refuse("a label needs a name without =".to_owned());
        }
        Ok(())
    }

    /// Where the Kubernetes API is.
    pub fn api_url(&self) -> String {
        format!("https://{ADDRESS}:{}", self.api_port)
    }

    /// In what `self`, which is wanted, differs from `there`, in words; empty if in nothing.
    pub fn differences(&self, there: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, there: String, wanted: String| {
            if there != wanted {
                found.push(format!("{what} {there} → {wanted}"));
            }
        };
        compare("image", there.image.clone(), self.image.clone());
        compare("network", there.network.clone(), self.network.clone());
        let mib = |spec: &Self| format!("{} MiB", spec.node_memory_bytes >> 20);
        compare("memory of the node", mib(there), mib(self));
        let api = |spec: &Self| spec.api_port.to_string();
        compare("port of the API", api(there), api(self));
        compare("ports", there.ports_text(), self.ports_text());
        let arguments = |spec: &Self| or_none(spec.k3s_args.join(" "));
        compare("arguments of k3s", arguments(there), arguments(self));
        let labels = |spec: &Self| {
            let labels = spec.labels.iter();
            let labels: Vec<_> = labels
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            or_none(labels.join(" "))
        };
        compare("labels", labels(there), labels(self));
        if found.is_empty() && self.node_memory_bytes != there.node_memory_bytes {
            let bytes = |spec: &Self| format!("{} bytes", spec.node_memory_bytes);
            found.push(format!(
                "memory of the node {} → {}",
                bytes(there),
                bytes(self)
            ));
        }
        found
    }

    /// `8080:80 8081:30081`, in the order of their numbers.
    fn ports_text(&self) -> String {
        let mut ports = self.ports.clone();
        ports.sort();
        let ports: Vec<_> = ports
            .iter()
            .map(|port| format!("{}:{}", port.host, port.node))
            .collect();
        or_none(ports.join(" "))
    }
}

fn or_none(text: String) -> String {
    match text.as_str() {
        "" => "none".to_owned(),
        _ => text,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A cluster with something in every field.
    pub fn example() -> ClusterSpec {
        ClusterSpec {
            name: "wikisentry-dev".to_owned(),
            image: "rancher/k3s:v1.34.2-k3s1".to_owned(),
            network: "wikisentry_wikisentry".to_owned(),
            ports: vec![
                PublishedNodePort {
                    host: 8080,
                    node: 80,
                },
                PublishedNodePort {
                    host: 8081,
                    node: 30081,
                },
            ],
            node_memory_bytes: 3 << 30,
            k3s_args: LEAN.map(str::to_owned).to_vec(),
            labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
            api_port: 6550,
        }
    }

    /// The words for a change of one field of the example.
    fn told(change: impl FnOnce(&mut ClusterSpec)) -> Vec<String> {
        let mut wanted = example();
        change(&mut wanted);
        wanted.differences(&example())
    }

    #[test]
    fn differences_are_told_from_what_is_there_to_what_is_wanted() {
        assert!(told(|_| ()).is_empty());
        assert!(told(|spec| spec.ports.reverse()).is_empty());
        let two = told(|spec| {
            spec.node_memory_bytes = 2 << 30;
            spec.ports.pop();
        });
        let expected = [
            "memory of the node 3072 MiB → 2048 MiB",
            "ports 8080:80 8081:30081 → 8080:80",
        ];
        assert_eq!(two, expected);
        let less = told(|spec| spec.node_memory_bytes -= 1);
        assert_eq!(less.len(), 1, "{less:?}");
        for (what, told) in [
            ("image", told(|spec| spec.image.push('x'))),
            ("network", told(|spec| spec.network.push('x'))),
            ("port of the API", told(|spec| spec.api_port += 1)),
            ("arguments of k3s", told(|spec| spec.k3s_args.clear())),
            ("labels", told(|spec| spec.labels.clear())),
        ] {
            assert!(told.len() == 1 && told[0].starts_with(what), "{told:?}");
        }
    }

    #[test]
    fn what_k3d_would_refuse_half_way_is_refused_before() {
        example().check().unwrap();
        let refusal = |change: fn(&mut ClusterSpec)| {
            let mut spec = example();
            change(&mut spec);
            spec.check().unwrap_err().to_string()
        };
        for (why, refusal) in [
            ("a name has", refusal(|spec| spec.name = "Dev".to_owned())),
            ("a name has", refusal(|spec| spec.name.clear())),
            ("a name has", refusal(|spec| spec.name = "a-".to_owned())),
            ("a name has", refusal(|spec| spec.name = "a".repeat(33))),
            ("512 MiB", refusal(|spec| spec.node_memory_bytes = 1)),
            ("port 8080 is", refusal(|spec| spec.ports[1].host = 8080)),
            ("port 8080 is", refusal(|spec| spec.api_port = 8080)),
            (
                "a label",
                refusal(|spec| spec.labels = BTreeMap::from([("a=b".into(), "c".into())])),
            ),
        ] {
            assert!(refusal.contains(why), "{refusal}");
        }
    }
}
