//! The kinds of objects that are applied: where the API has them, in which order they are made,
//! and which of them are removed when they are wanted no longer.

/// A kind of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Group and version, such as `apps/v1`; of the core group the version alone.
    pub api_version: &'static str,
    pub name: &'static str,
    /// Its name in addresses, such as `deployments`.
    pub plural: &'static str,
    /// Its name in changes, such as `deployment`.
    pub word: &'static str,
    /// Whether its objects lie in a namespace.
    pub is_namespaced: bool,
    /// Whether what is wanted no longer is removed.
    pub pruned: Pruned,
}

/// When an object is removed that is wanted no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pruned {
    Always,
    /// It holds data: only if that is asked for.
    IfAsked,
    /// It holds objects of others.
    Never,
}

const fn namespaced(
    api_version: &'static str,
    name: &'static str,
    plural: &'static str,
    word: &'static str,
) -> Kind {
    Kind {
        api_version,
        name,
        plural,
        word,
        is_namespaced: true,
        pruned: Pruned::Always,
    }
}

const fn of_cluster(
    api_version: &'static str,
    name: &'static str,
    plural: &'static str,
    word: &'static str,
) -> Kind {
    Kind {
        is_namespaced: false,
        ..namespaced(api_version, name, plural, word)
    }
}

/// In the order in which they are made: what others need comes first.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        pruned: Pruned::Never,
        ..of_cluster("v1", "Namespace", "namespaces", "namespace")
    },
    namespaced("v1", "ResourceQuota", "resourcequotas", "quota"),
    namespaced("v1", "LimitRange", "limitranges", "limit range"),
    of_cluster(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        "priorityclasses",
        "priority class",
    ),
    namespaced("v1", "ServiceAccount", "serviceaccounts", "service account"),
    namespaced("rbac.authorization.k8s.io/v1", "Role", "roles", "role"),
    namespaced(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rolebindings",
        "role binding",
    ),
    of_cluster(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "clusterroles",
        "cluster role",
    ),
    of_cluster(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
        "cluster role binding",
    ),
    namespaced("v1", "Secret", "secrets", "secret"),
    namespaced("v1", "ConfigMap", "configmaps", "config map"),
    Kind {
        pruned: Pruned::IfAsked,
        ..namespaced(
            "v1",
            "PersistentVolumeClaim",
            "persistentvolumeclaims",
            "volume claim",
        )
    },
    namespaced("v1", "Service", "services", "service"),
    namespaced(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        "endpointslices",
        "endpoint slice",
    ),
    namespaced(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "networkpolicies",
        "network policy",
    ),
    namespaced("networking.k8s.io/v1", "Ingress", "ingresses", "ingress"),
    namespaced(
        "policy/v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "disruption budget",
    ),
    namespaced("apps/v1", "StatefulSet", "statefulsets", "stateful set"),
    namespaced("apps/v1", "Deployment", "deployments", "deployment"),
    namespaced("apps/v1", "DaemonSet", "daemonsets", "daemon set"),
    namespaced("batch/v1", "Job", "jobs", "job"),
    namespaced("batch/v1", "CronJob", "cronjobs", "cron job"),
    namespaced("v1", "Pod", "pods", "pod"),
];

impl Kind {
    /// The kind of that name and version.
    pub(super) fn find(api_version: &str, name: &str) -> Option<&'static Self> {
        let mut kinds = KINDS.iter();
        kinds.find(|kind| kind.name == name && kind.api_version == api_version)
    }

    /// The kind of that name.
    ///
    /// # Panics
    /// If the table has none: names are this crate's own.
    pub(super) fn named(name: &str) -> &'static Self {
        let mut kinds = KINDS.iter();
        kinds
            .find(|kind| kind.name == name)
            .expect("a kind of the table")
    }

    /// Its place in the order.
    pub(super) fn order(&self) -> usize {
        let place = KINDS.iter().position(|kind| kind == self);
        place.unwrap_or(KINDS.len())
    }

    /// The address of all of them in a namespace.
    pub(super) fn path(&self, namespace: Option<&str>) -> String {
        let api = match self.api_version.contains('/') {
            true => "apis",
            false => "api",
        };
        let Self {
            api_version,
            plural,
            ..
        } = self;
        match namespace {
            Some(namespace) if self.is_namespaced => {
                format!("/{api}/{api_version}/namespaces/{namespace}/{plural}")
            }
            _ => format!("/{api}/{api_version}/{plural}"),
        }
    }
}
