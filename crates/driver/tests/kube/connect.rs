//! The ways in which a cluster cannot be reached, and what is said of each.

use crate::fixture::{Fixture, deployment, kubeconfig, kubectl};
use std::time::Duration;
use wikisentry_driver::kube::{Kube, KubeContext, KubeError};

const SHORT: Duration = Duration::from_secs(5);

async fn version(text: &str) -> Result<String, KubeError> {
    let kube = Kube::from_kubeconfig(text.as_bytes(), "the test's", None, SHORT).await?;
    kube.version().await
}

/// The value of a field of the kubeconfig.
fn field(name: &str) -> String {
    let line = kubeconfig()
        .lines()
        .find(|line| line.contains(&format!("{name}: ")));
    line.unwrap().split_once(": ").unwrap().1.to_owned()
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_cluster_that_answers_tells_its_version() {
    assert!(version(kubeconfig()).await.unwrap().starts_with("v1."));
    // The same from a file, by the name of its context.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, kubeconfig()).unwrap();
    let name = field("current-context");
    let variable = std::env::join_paths([folder.path().join("none"), file]).unwrap();
    let context = KubeContext::of_user(Some(&variable), folder.path(), Some(name));
    let kube = Kube::from_context(&context, SHORT).await.unwrap();
    assert!(kube.version().await.unwrap().starts_with("v1."));
    assert!(!format!("{kube:?}").contains("key"));
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_cluster_of_another_time_is_told_from_one_that_is_away() {
    // Nobody listens.
    let away = kubeconfig().replace(&field("server"), "https://127.0.0.1:1");
    let error = version(&away).await.unwrap_err();
    assert!(
        matches!(&error, KubeError::Unreachable { url, .. } if url.contains("127.0.0.1:1")),
        "{error}"
    );
    assert!(error.to_string().contains("onnection refused"), "{error}");

    // The authority of another cluster: ours is the client's certificate, which is none of the server's.
    let ca = field("certificate-authority-data");
    let other = kubeconfig().replace(&ca, &field("client-certificate-data"));
    let error = version(&other).await.unwrap_err();
    assert!(matches!(&error, KubeError::Certificate { .. }), "{error}");

    // Credentials that the cluster does not know.
    let token: Vec<String> = kubeconfig()
        .lines()
        .filter(|line| !line.contains("client-key-data"))
        .map(|line| match line.split_once("client-certificate-data") {
            Some((indent, _)) => format!("{indent}token: unknown\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let error = version(&token.concat()).await.unwrap_err();
    assert!(matches!(&error, KubeError::Unauthorized { .. }), "{error}");
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn what_a_user_may_not_do_is_said() {
    let fixture = Fixture::new("rights").await.with_namespace().await;
    let namespace = fixture.namespace.as_str();
    kubectl(&["-n", namespace, "create", "serviceaccount", "nobody"], "");
    let token = kubectl(&["-n", namespace, "create", "token", "nobody"], "");
    let text: Vec<String> = kubeconfig()
        .lines()
        .filter(|line| !line.contains("client-key-data"))
        .map(|line| match line.split_once("client-certificate-data") {
            Some((indent, _)) => format!("{indent}token: {token}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let kube = Kube::from_kubeconfig(text.concat().as_bytes(), "the test's", None, SHORT)
        .await
        .unwrap();
    assert!(kube.version().await.unwrap().starts_with("v1."));
    let set = fixture.set(&deployment("web", "true", ""));
    let error = kube.diff(&set, &Default::default()).await.unwrap_err();
    let KubeError::Forbidden { what, message } = &error else {
        panic!("{error:?}");
    };
    assert!(what.starts_with("show the "), "{what}");
    assert!(message.contains("cannot get resource"), "{message}");
}
