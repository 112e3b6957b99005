//! How clients get into a cluster. The file holds the administrator's key.

use super::error::K3dError;
use super::program::K3d;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);

impl K3d {
    /// The kubeconfig of the cluster `name`, with one context, `k3d-<name>`. Nobody's file is changed.
    ///
    /// # Errors
    /// If there is no such cluster.
    pub async fn kubeconfig(&self, name: &str) -> Result<Vec<u8>, K3dError> {
        let doing = format!("tell the kubeconfig of {name}");
        let arguments = ["kubeconfig", "get", name];
        let file = self.run(&doing, &arguments, DEADLINE, &|_| {}).await?;
        if !file.contains("current-context:") {
            let why = "it printed no kubeconfig".to_owned();
            let node_lines = Vec::new();
            return Err(K3dError::Failed {
                doing,
                why,
                node_lines,
            });
        }
        Ok(file.into_bytes())
    }

    /// Adds the context `k3d-<name>` to the user's own kubeconfig (`KUBECONFIG`, else
    /// `~/.kube/config`) and leaves the chosen context as it is. [`K3d::delete`] takes it out again.
    ///
    /// # Errors
    /// If there is no such cluster, or the file cannot be written.
    pub async fn merge_kubeconfig(&self, name: &str) -> Result<(), K3dError> {
        let doing = format!("add {name} to the kubeconfig");
        let arguments = [
            "kubeconfig",
            "merge",
            name,
            "--kubeconfig-merge-default",
            "--kubeconfig-switch-context=false",
        ];
        self.run(&doing, &arguments, DEADLINE, &|_| {}).await?;
        Ok(())
    }
}
