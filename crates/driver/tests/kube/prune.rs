//! What is wanted no longer goes; what others made, hold or still want stays.

use crate::fixture::{Fixture, deployment, kubectl, moves};
use wikisentry_driver::converge::{Verb, is_settled};
use wikisentry_driver::kube::{ApplyOptions, ObjectSet};

const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }\n---\n";

fn map(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name} }}\ndata: {{ k: v }}\n---\n"
    )
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn what_is_wanted_no_longer_is_removed_and_nothing_else() {
    let fixture = Fixture::new("prune").await;
    let service = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n---\n";
    let web = deployment("web", "exec sleep 600", "");
    let all = [
        map("kept"),
        map("old"),
        CLAIM.to_owned(),
        service.to_owned(),
        web,
    ]
    .concat();
    fixture.apply(&fixture.set(&all)).await.unwrap();

    // Another program's object with our labels, and one of another component.
    let labels: Vec<String> = fixture.set(&map("x")).objects[1].as_value()["metadata"]["labels"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("    {name}: {value}\n"))
        .collect();
    let foreign = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: foreign\n  namespace: {}\n  labels:\n{}",
        fixture.namespace,
        labels.concat()
    );
    kubectl(&["apply", "--server-side", "-f", "-"], &foreign);
    let other = ObjectSet {
        scope: fixture.scope.of_component("other"),
        namespaces: Vec::new(),
        objects: fixture.objects_of("other", &map("others")),
    };
    assert_eq!(
        moves(&fixture.apply(&other).await.unwrap()),
        [("config map", "others", Verb::Create, "")]
    );

    // Only the component `worker`: what the other one has stays.
    let mut kept = fixture.set(&map("kept"));
    kept.scope = fixture.scope.of_component("worker");
    let why = "it is wanted no longer";
    let expected = [
        ("deployment", "web", Verb::Remove, why),
        ("service", "web", Verb::Remove, why),
        ("config map", "old", Verb::Remove, why),
    ];
    assert_eq!(moves(&fixture.diff(&kept).await), expected);
    assert_eq!(moves(&fixture.apply(&kept).await.unwrap()), expected);
    assert!(is_settled(&fixture.diff(&kept).await));
    let maps = kubectl(
        &[
            "-n",
            &fixture.namespace,
            "get",
            "configmap,pvc",
            "-o",
            "name",
        ],
        "",
    );
    let maps: Vec<&str> = maps
        .lines()
        .filter(|name| !name.contains("kube-root-ca"))
        .collect();
    assert_eq!(
        maps,
        [
            "configmap/foreign",
            "configmap/kept",
            "configmap/others",
            "persistentvolumeclaim/data"
        ]
    );

    // All of the instance, and its volumes too.
    let mut all = kept.clone();
    all.scope = fixture.scope.of_instance();
    let asked = ApplyOptions {
        replace_volumes: true,
        ..ApplyOptions::default()
    };
    let removed = fixture.kube.apply(&all, &asked, &|_| {}).await.unwrap();
    let expected = [
        ("volume claim", "data", Verb::Remove, why),
        ("config map", "others", Verb::Remove, why),
    ];
    assert_eq!(moves(&removed), expected);
}
