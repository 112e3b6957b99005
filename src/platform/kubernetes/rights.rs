//! What the user of the context must be allowed to do: all that is applied, looked at and removed.
//! docs/KUBERNETES.md has the same as a Role; a test holds it to this.

use wikisentry_driver::kube::Right;

/// Group and resource of what is applied in the namespace.
const APPLIED: [(&str, &str); 8] = [
    ("", "configmaps"),
    ("", "secrets"),
    ("", "serviceaccounts"),
    ("", "services"),
    ("apps", "deployments"),
    ("networking.k8s.io", "networkpolicies"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("rbac.authorization.k8s.io", "roles"),
];
const APPLY: [&str; 5] = ["create", "delete", "get", "list", "patch"];

/// What else is done in the namespace: what is seen of pods, the way to their services, and what Flink
/// itself must be allowed, as nobody gives away a right that he does not have.
pub(super) const OTHERS: [(&str, &str, &str); 9] = [
    ("", "configmaps", "update"),
    ("", "configmaps", "watch"),
    ("", "events", "list"),
    ("", "pods", "list"),
    ("", "pods/log", "get"),
    ("", "services/proxy", "create"),
    ("", "services/proxy", "get"),
    ("apps", "replicasets", "get"),
    ("apps", "replicasets", "list"),
];

/// All rights that are needed.
pub(super) fn needed(makes_namespace: bool, has_policies: bool) -> Vec<Right> {
    let right = |group, resource, verb, is_namespaced| Right {
        verb,
        group,
        resource,
        is_namespaced,
    };
    let applied = APPLIED
        .into_iter()
        .filter(|(_, resource)| has_policies || *resource != "networkpolicies");
    let applied =
        applied.flat_map(|(group, resource)| APPLY.map(|verb| right(group, resource, verb, true)));
    let others = OTHERS.map(|(group, resource, verb)| right(group, resource, verb, true));
    let namespaces = ["create", "get", "patch"].map(|verb| right("", "namespaces", verb, false));
    let namespaces = namespaces.into_iter().filter(|_| makes_namespace);
    namespaces.chain(applied).chain(others).collect()
}
