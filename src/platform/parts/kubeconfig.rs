//! The way into the cluster, kept in the state folder: the user's own kubeconfig is left alone.

use crate::advice;
use crate::components::REQUEST;
use crate::error::{ExpectedError, Result};
use crate::state::{NOTE_BYTES, StateDir, if_there, unreadable, unwritable, write_private};
use std::path::PathBuf;
use wikisentry_driver::kube::Kube;
use wikisentry_lake::file::read_own;

fn path(state: &StateDir) -> PathBuf {
    state.data_layer().join("kubeconfig")
}

/// Whether a cluster was made on this state.
pub(in crate::platform) fn is_known(state: &StateDir) -> bool {
    path(state).exists()
}

/// Keeps the way into the cluster, for the owner alone: it has the administrator's key.
pub(in crate::platform) fn keep(state: &StateDir, kubeconfig: &[u8]) -> Result<()> {
    let path = path(state);
    write_private(&path, kubeconfig).map_err(|error| unwritable(&path, &error).into())
}

/// The cluster that was made on this state.
///
/// # Errors
/// With exit code 4 if there is none.
pub(super) async fn connect(state: &StateDir) -> Result<Kube> {
    let path = path(state);
    let kept = if_there(read_own(&path, NOTE_BYTES)).map_err(|error| unreadable(&path, &error))?;
    let Some(kubeconfig) = kept else {
        return ExpectedError::not_running("there is no cluster yet")
            .help("`wikisentry up --profile k3d` makes it")
            .fail();
    };
    let origin = path.display().to_string();
    let kube = Kube::from_kubeconfig(&kubeconfig, &origin, None, REQUEST).await;
    kube.map_err(advice::kube)
}
