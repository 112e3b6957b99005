//! Programs that are not the `k3d` that is needed. No engine is asked for anything but its presence.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use wikisentry_driver::docker::Engine;
use wikisentry_driver::k3d::{K3d, K3dError, Version};

/// What finding `k3d` ends with, if it is this shell script.
async fn found(script: &str) -> Result<Version, K3dError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k3d");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let engine = Engine::connect().await.unwrap();
    K3d::at(&path, &engine).await.map(|k3d| k3d.version())
}

#[tokio::test]
#[ignore = "needs a Docker engine: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_k3d_that_is_missing_old_or_something_else_is_named() {
    let version = found("echo k3d version v5.6.0").await.unwrap();
    assert_eq!(version, Version(5, 6, 0));
    let old = found("echo k3d version v5.5.2").await.unwrap_err();
    let K3dError::TooOld { found: which, .. } = &old else {
        panic!("{old:?}");
    };
    assert_eq!(*which, Version(5, 5, 2));
    assert!(
        old.to_string()
            .ends_with("is version 5.5.2, and 5.6.0 is needed"),
        "{old}"
    );
    let other = found("echo hello; exit 1").await.unwrap_err();
    assert!(
        other.to_string().ends_with(r#"its version is "hello""#),
        "{other}"
    );
    let engine = Engine::connect().await.unwrap();
    let missing = K3d::at(Path::new("wstest-there-is-no-k3d"), &engine)
        .await
        .unwrap_err();
    assert!(
        matches!(missing, K3dError::NotInstalled { .. }),
        "{missing:?}"
    );
}
