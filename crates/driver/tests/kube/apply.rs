//! Applying: what is there twice is kept, what changes has words, what others set is theirs.

use crate::fixture::{Fixture, PATIENCE, actions, deployment, kubectl, moves, template};
use wikisentry_driver::converge::{Verb, is_settled};
use wikisentry_driver::kube::{ApplyOptions, KubeError};

/// One object of every kind that a platform has.
fn everything(namespace: &str) -> String {
    let sleeps = "exec sleep 600";
    let web = deployment(
        "web",
        sleeps,
        "          env: [{ name: LEVEL, value: one }]\n",
    );
    let pod = template(
        "store",
        sleeps,
        "          volumeMounts: [{ name: data, mountPath: /data }]\n",
    );
    let once = template("once", "true", "")
        .replace("    spec:\n", "    spec:\n      restartPolicy: Never\n");
    let nightly = once
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect::<String>();
    format!(
        r#"apiVersion: v1
kind: ResourceQuota
metadata: {{ name: quota }}
spec: {{ hard: {{ pods: "20", requests.memory: 2Gi }} }}
---
apiVersion: v1
kind: LimitRange
metadata: {{ name: limits }}
spec: {{ limits: [{{ type: Container, default: {{ memory: 64Mi }}, defaultRequest: {{ memory: 32Mi, cpu: 10m }} }}] }}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{ name: worker }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{ name: worker }}
rules: [{{ apiGroups: [""], resources: [configmaps], verbs: [get, list] }}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{ name: worker }}
roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: Role, name: worker }}
subjects: [{{ kind: ServiceAccount, name: worker, namespace: {namespace} }}]
---
apiVersion: v1
kind: Secret
metadata: {{ name: keys }}
stringData: {{ password: hunter2, user: me }}
---
apiVersion: v1
kind: ConfigMap
metadata: {{ name: settings }}
data:
  level: one
  app.conf: |
    a = 1
    b = 2
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{ name: shared }}
spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 10Mi }} }} }}
---
apiVersion: v1
kind: Service
metadata: {{ name: web }}
spec:
  type: NodePort
  selector: {{ app: web }}
  ports: [{{ name: http, port: 80, targetPort: 8000 }}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{ name: deny }}
spec: {{ podSelector: {{ }}, policyTypes: [Ingress] }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{ name: web }}
spec: {{ maxUnavailable: 1, selector: {{ matchLabels: {{ app: web }} }} }}
---
{web}apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: store }}
spec:
  serviceName: store
  selector: {{ matchLabels: {{ app: store }} }}
  volumeClaimTemplates:
    - metadata: {{ name: data }}
      spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 10Mi }} }} }}
  template:
{pod}---
apiVersion: batch/v1
kind: Job
metadata: {{ name: once }}
spec:
  template:
{once}---
apiVersion: batch/v1
kind: CronJob
metadata: {{ name: nightly }}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
{nightly}"#
    )
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn what_was_applied_is_kept_and_a_change_is_told_in_words() {
    let fixture = Fixture::new("words").await;
    let set = fixture.set(&everything(&fixture.namespace));
    let planned = fixture.diff(&set).await;
    assert_eq!(planned.len(), set.objects.len());
    assert!(
        planned.iter().all(|change| change.verb == Verb::Create),
        "{planned:?}"
    );
    let kinds: Vec<&str> = planned.iter().map(|change| change.kind).collect();
    assert_eq!(kinds[0], "namespace");
    assert_eq!(kinds[1], "quota");

    let applied = fixture.apply(&set).await.unwrap();
    assert_eq!(applied, planned);
    for when in ["at once", "when all runs"] {
        let again = fixture.diff(&set).await;
        assert!(is_settled(&again), "{when}: {:?}", moves(&again));
        let workloads = set.workloads();
        fixture
            .kube
            .wait_ready(&workloads, PATIENCE, &|_| {})
            .await
            .unwrap();
    }
    assert!(is_settled(&fixture.apply(&set).await.unwrap()));

    let other = everything(&fixture.namespace)
        .replace("value: one", "value: two")
        .replace("hunter2", "hunter3")
        .replace("level: one", "level: two")
        .replace("b = 2", "b = 3")
        .replace("maxUnavailable: 1", "maxUnavailable: 2")
        .replace("replicas: 1", "replicas: 2");
    let other = fixture.set(&other);
    let changed = fixture.diff(&other).await;
    let expected = [
        ("secret", "keys", Verb::Change, "data.password changed"),
        (
            "config map",
            "settings",
            Verb::Change,
            "data[app.conf] changed in 2 lines, data.level: one → two",
        ),
        (
            "disruption budget",
            "web",
            Verb::Change,
            "spec.maxUnavailable: 1 → 2",
        ),
        (
            "deployment",
            "web",
            Verb::Change,
            "spec.replicas: 1 → 2, spec.template…containers[main].env[LEVEL].value: one → two",
        ),
    ];
    assert_eq!(moves(&changed), expected);
    assert!(!format!("{changed:?}{other:?}").contains("hunter"));
    assert_eq!(changed, fixture.apply(&other).await.unwrap());
    assert!(is_settled(&fixture.diff(&other).await));
    let secret = fixture
        .kube
        .secret(&fixture.namespace, "keys")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(secret.0["password"], b"hunter3");
    assert!(!format!("{secret:?}").contains("hunter"));
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn fields_of_another_manager_are_refused_unless_they_are_to_be_taken() {
    let fixture = Fixture::new("conflict").await;
    let web = deployment("web", "exec sleep 600", "");
    let set = fixture.set(&web);
    fixture.apply(&set).await.unwrap();
    let namespace = fixture.namespace.as_str();
    kubectl(
        &["-n", namespace, "scale", "deployment/web", "--replicas=3"],
        "",
    );

    let refused = fixture.diff(&set).await;
    let [(kind, name, verb, detail)] = moves(&refused)[..] else {
        panic!("{refused:?}");
    };
    assert_eq!((kind, name, verb), ("deployment", "web", Verb::Refuse));
    assert!(detail.starts_with("kubectl owns spec.replicas"), "{detail}");
    let error = fixture.apply(&set).await.unwrap_err();
    assert!(matches!(&error, KubeError::Impossible(_)), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("deployment wstest-conflict/web: kubectl owns spec.replicas")
    );

    let force = ApplyOptions {
        force: true,
        ..ApplyOptions::default()
    };
    let taken = fixture.kube.apply(&set, &force, &|_| {}).await.unwrap();
    assert_eq!(
        moves(&taken),
        [("deployment", "web", Verb::Change, "spec.replicas: 3 → 1")]
    );
    assert!(is_settled(&fixture.diff(&set).await));
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn what_kubectl_applied_becomes_ours_without_another_difference() {
    let fixture = Fixture::new("adopt").await;
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { k: v }\n";
    let set = fixture.set(map);
    let manifests: Vec<String> = set
        .objects
        .iter()
        .map(|one| one.as_value().to_string())
        .collect();
    kubectl(&["apply", "-f", "-"], &manifests.join("\n---\n"));

    let adopted = fixture.diff(&set).await;
    let detail = "it becomes wikisentry's, as it is";
    let expected = [
        ("namespace", "wstest-adopt", Verb::Change, detail),
        ("config map", "a", Verb::Change, detail),
    ];
    assert_eq!(actions(&adopted), expected);
    fixture.apply(&set).await.unwrap();
    assert!(is_settled(&fixture.diff(&set).await));
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn what_cannot_be_changed_is_replaced_and_a_volume_only_if_asked() {
    let fixture = Fixture::new("replace").await;
    let job = |command: &str| {
        let template = template("once", command, "");
        let template = template.replace("    spec:\n", "    spec:\n      restartPolicy: Never\n");
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: once }}\nspec:\n  template:\n{template}---\n"
        )
    };
    let claim = |mode: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{ name: data }}\nspec: {{ accessModes: [{mode}], resources: {{ requests: {{ storage: 1Mi }} }} }}\n---\n"
        )
    };
    let store = |size: &str| {
        let template = template("store", "exec sleep 600", "");
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: store }}\nspec:\n  serviceName: store\n  selector: {{ matchLabels: {{ app: store }} }}\n  volumeClaimTemplates: [{{ metadata: {{ name: data }}, spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: {size} }} }} }} }}]\n  template:\n{template}---\n"
        )
    };
    let first = [job("true"), claim("ReadWriteOnce"), store("1Mi")].concat();
    fixture.apply(&fixture.set(&first)).await.unwrap();

    let second = fixture.set(&[job("echo"), claim("ReadWriteOnce"), store("2Mi")].concat());
    let planned = fixture.diff(&second).await;
    let expected = [
        (
            "stateful set",
            "store",
            Verb::Recreate,
            "spec cannot be changed in place",
        ),
        (
            "job",
            "once",
            Verb::Recreate,
            "spec.template cannot be changed in place",
        ),
    ];
    assert_eq!(moves(&planned), expected);
    fixture.apply(&second).await.unwrap();
    assert!(is_settled(&fixture.diff(&second).await));

    let third = fixture.set(&[job("echo"), claim("ReadWriteMany"), store("2Mi")].concat());
    let refused = fixture.diff(&third).await;
    let [("volume claim", "data", Verb::Refuse, why)] = moves(&refused)[..] else {
        panic!("{refused:?}");
    };
    assert!(why.contains("what it holds lost"), "{why}");
    let asked = ApplyOptions {
        replace_volumes: true,
        ..ApplyOptions::default()
    };
    let done = fixture.kube.apply(&third, &asked, &|_| {}).await.unwrap();
    let replaced = moves(&done);
    assert!(
        replaced
            .iter()
            .any(|(kind, name, verb, _)| (*kind, *name, *verb)
                == ("volume claim", "data", Verb::Recreate)),
        "{replaced:?}"
    );
    assert_eq!(
        kubectl(
            &[
                "-n",
                &fixture.namespace,
                "get",
                "pvc",
                "data",
                "-o=jsonpath={.spec.accessModes[0]}"
            ],
            ""
        ),
        "ReadWriteMany"
    );
}
