//! The way to a cluster: a kubeconfig, a context in it, a client with time limits.

use super::error::KubeError;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A cluster, as one user of it. `Debug` shows where it is, no credentials.
#[derive(Clone)]
pub struct Kube {
    pub(super) client: Client,
    pub(super) url: String,
    /// The longest that a request may take; following logs has no end.
    pub(super) timeout: Duration,
}

/// Which kubeconfig, and which of its contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeContext {
    /// Files to merge, as `KUBECONFIG` lists them; the first one that says something counts.
    pub files: Vec<PathBuf>,
    /// The context; none for the current one.
    pub name: Option<String>,
}

impl KubeContext {
    /// The user's own kubeconfig: the files in `variable` (the value of `KUBECONFIG`), else
    /// `.kube/config` in `home`.
    pub fn of_user(variable: Option<&std::ffi::OsStr>, home: &Path, name: Option<String>) -> Self {
        let listed: Vec<PathBuf> = variable
            .map(std::env::split_paths)
            .into_iter()
            .flatten()
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        let files = match listed.is_empty() {
            true => vec![home.join(".kube").join("config")],
            false => listed,
        };
        Self { files, name }
    }
}

impl Kube {
    /// The cluster of a kubeconfig's text. `origin` names it in errors. A request that takes
    /// longer than `timeout` fails. Nothing is asked yet.
    ///
    /// # Errors
    /// If the kubeconfig cannot be read or has no such context.
    pub async fn from_kubeconfig(
        bytes: &[u8],
        origin: &str,
        context: Option<&str>,
        timeout: Duration,
    ) -> Result<Self, KubeError> {
        let unusable = |reason: String| KubeError::Config {
            origin: origin.to_owned(),
            reason,
        };
        let text = std::str::from_utf8(bytes).map_err(|error| unusable(error.to_string()))?;
        let config = Kubeconfig::from_yaml(text).map_err(|error| unusable(error.to_string()))?;
        Self::from_config(config, origin, context, timeout).await
    }

    /// The cluster of a context in files. Those that are not there are left out, as kubectl does.
    ///
    /// # Errors
    /// If no file is there, one cannot be read, or there is no such context.
    pub async fn from_context(context: &KubeContext, timeout: Duration) -> Result<Self, KubeError> {
        let names: Vec<String> = context
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let origin = names.join(", ");
        let mut merged: Option<Kubeconfig> = None;
        for file in context.files.iter().filter(|file| file.exists()) {
            let unusable = |error: KubeconfigError| KubeError::Config {
                origin: file.display().to_string(),
                reason: error.to_string(),
            };
            let read = Kubeconfig::read_from(file).map_err(unusable)?;
            merged = Some(match merged {
                None => read,
                Some(before) => before.merge(read).map_err(unusable)?,
            });
        }
        let Some(config) = merged else {
            return Err(KubeError::Config {
                origin,
                reason: "it does not exist".to_owned(),
            });
        };
        Self::from_config(config, &origin, context.name.as_deref(), timeout).await
    }

    async fn from_config(
        kubeconfig: Kubeconfig,
        origin: &str,
        context: Option<&str>,
        timeout: Duration,
    ) -> Result<Self, KubeError> {
        let origin = origin.to_owned();
        let known: Vec<String> = kubeconfig
            .contexts
            .iter()
            .map(|context| context.name.clone())
            .collect();
        let current = kubeconfig.current_context.clone();
        let Some(context) = context
            .map(str::to_owned)
            .or(current.filter(|c| !c.is_empty()))
        else {
            return Err(KubeError::NoCurrentContext { origin, known });
        };
        if !known.contains(&context) {
            return Err(KubeError::NoContext {
                context,
                origin,
                known,
            });
        }
        // A proxy of the environment is for the internet; only the kubeconfig's own counts.
        let cluster_proxy = proxy_of(&kubeconfig, &context);
        let options = KubeConfigOptions {
            context: Some(context),
            ..KubeConfigOptions::default()
        };
        let unusable = |reason: String| KubeError::Config {
            origin: origin.clone(),
            reason,
        };
        if let Some(proxy) = cluster_proxy {
            return Err(unusable(format!(
                "a proxy is not supported (proxy-url: {proxy})"
            )));
        }
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .map_err(|error| unusable(error.to_string()))?;
        config.proxy_url = None;
        config.connect_timeout = Some(timeout);
        let url = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| unusable(error.to_string()))?;
        Ok(Self {
            client,
            url,
            timeout,
        })
    }

    /// Address of the API.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The proxy that the kubeconfig gives for a context's cluster.
fn proxy_of(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let mut contexts = kubeconfig.contexts.iter();
    let context = contexts.find(|one| one.name == context)?.context.as_ref()?;
    let mut clusters = kubeconfig.clusters.iter();
    let cluster = clusters.find(|one| one.name == context.cluster)?;
    let proxy = cluster.cluster.as_ref()?.proxy_url.clone();
    proxy.filter(|proxy| !proxy.is_empty())
}

impl fmt::Debug for Kube {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Kube");
        shown.field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
apiVersion: v1
kind: Config
current-context: a
contexts:
  - { name: a, context: { cluster: a, user: u } }
  - { name: b, context: { cluster: b, user: u } }
  - { name: c, context: { cluster: gone, user: u } }
clusters:
  - { name: a, cluster: { server: "https://127.0.0.1:1" } }
  - { name: b, cluster: { server: "https://127.0.0.1:2", proxy-url: "http://proxy:3128" } }
users:
  - { name: u, user: { token: hunter2 } }
"#;

    async fn connect(text: &str, context: Option<&str>) -> Result<Kube, KubeError> {
        let timeout = Duration::from_secs(1);
        Kube::from_kubeconfig(text.as_bytes(), "the file", context, timeout).await
    }

    #[tokio::test]
    async fn the_context_is_the_one_that_is_named_or_the_current_one() {
        for context in [None, Some("a")] {
            let kube = connect(CONFIG, context).await.unwrap();
            assert_eq!(kube.url(), "https://127.0.0.1:1/");
            assert!(!format!("{kube:?}").contains("hunter2"));
        }
        for (text, context, said) in [
            (
                CONFIG,
                Some("z"),
                "there is no Kubernetes context `z` in the file; there is a, b, c",
            ),
            (
                &CONFIG.replace("current-context: a", "current-context: ''"),
                None,
                "no Kubernetes context is chosen in the file; there is a, b, c",
            ),
            (
                "kind: Config",
                None,
                "no Kubernetes context is chosen in the file, which has none",
            ),
            (
                CONFIG,
                Some("b"),
                "the kubeconfig the file cannot be used: a proxy is not supported (proxy-url: http://proxy:3128)",
            ),
        ] {
            assert_eq!(connect(text, context).await.unwrap_err().to_string(), said);
        }
        for (text, context) in [("a: [", None), ("\0", None), (CONFIG, Some("c"))] {
            let error = connect(text, context).await.unwrap_err();
            assert!(matches!(&error, KubeError::Config { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn files_are_those_of_the_variable_and_may_be_missing() {
        let home = tempfile::tempdir().unwrap();
        let timeout = Duration::from_secs(1);
        let usual = KubeContext::of_user(None, home.path(), None);
        let file = home.path().join(".kube/config");
        assert_eq!(usual.files, std::slice::from_ref(&file));
        let missing = Kube::from_context(&usual, timeout).await.unwrap_err();
        assert!(
            missing.to_string().ends_with("it does not exist"),
            "{missing}"
        );

        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, CONFIG).unwrap();
        let variable = std::env::join_paths([home.path().join("none"), file.clone()]).unwrap();
        let listed = KubeContext::of_user(Some(&variable), Path::new("/elsewhere"), None);
        assert_eq!(listed.files, [home.path().join("none"), file]);
        assert_eq!(
            Kube::from_context(&listed, timeout).await.unwrap().url(),
            "https://127.0.0.1:1/"
        );
        let empty = KubeContext::of_user(Some("".as_ref()), home.path(), None);
        assert_eq!(empty, usual);
    }
}
