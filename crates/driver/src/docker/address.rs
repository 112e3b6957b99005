//! Where an engine may listen: `DOCKER_HOST`, the Docker CLI's context, then the sockets of the
//! engines people have. It only lists addresses and connects to none.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What the addresses depend on.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    pub docker_host: Option<String>,
    pub docker_context: Option<String>,
    /// `DOCKER_CONFIG`, else `.docker` in the home folder.
    pub docker_config: Option<PathBuf>,
    /// The variable `XDG_RUNTIME_DIR`: sockets of the user.
    pub runtime_dir: Option<PathBuf>,
    pub home: Option<PathBuf>,
}

impl Surroundings {
    /// Reads the environment of this process.
    pub fn of_process() -> Self {
        let text = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let path = |name| text(name).map(PathBuf::from);
        let home = path("HOME");
        let in_home = || home.as_ref().map(|home| home.join(".docker"));
        Self {
            docker_host: text("DOCKER_HOST"),
            docker_context: text("DOCKER_CONTEXT"),
            docker_config: path("DOCKER_CONFIG").or_else(in_home),
            runtime_dir: path("XDG_RUNTIME_DIR"),
            home,
        }
    }
}

/// Addresses in the order in which they are to be tried. One that was chosen by the user is the
/// only one: falling back to another engine would surprise.
pub(super) fn candidates(surroundings: &Surroundings) -> Vec<String> {
    if let Some(host) = &surroundings.docker_host {
        return vec![host.clone()];
    }
    if let Some(host) = context_host(surroundings) {
        return vec![host];
    }
    let root = Some(Path::new("/"));
    let runtime = surroundings.runtime_dir.as_deref();
    let home = surroundings.home.as_deref();
    let sockets = [
        (root, "var/run/docker.sock"),
        (runtime, "docker.sock"),
        // Docker Desktop on macOS and Linux, Colima, OrbStack, Rancher Desktop.
        (home, ".docker/run/docker.sock"),
        (home, ".docker/desktop/docker.sock"),
        (home, ".colima/default/docker.sock"),
        (home, ".config/colima/default/docker.sock"),
        (home, ".orbstack/run/docker.sock"),
        (home, ".rd/docker.sock"),
        (runtime, "podman/podman.sock"),
        (home, ".local/share/containers/podman/machine/podman.sock"),
        (root, "run/podman/podman.sock"),
    ];
    let known = sockets.into_iter();
    let known = known.filter_map(|(folder, socket)| Some(folder?.join(socket)));
    known
        .map(|path| format!("unix://{}", path.display()))
        .collect()
}

/// The engine of the CLI's context, if one other than `default` is chosen.
fn context_host(surroundings: &Surroundings) -> Option<String> {
    let folder = surroundings.docker_config.as_deref()?;
    let current = || text(&json(&folder.join("config.json"))?["currentContext"]);
    let name = surroundings.docker_context.clone().or_else(current)?;
    if name.is_empty() || name == "default" {
        return None;
    }
    let hash = hex::encode(Sha256::digest(&name));
    let meta = json(&folder.join("contexts/meta").join(hash).join("meta.json"))?;
    text(&meta["Endpoints"]["docker"]["Host"])
}

fn json(file: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_engine_is_the_only_candidate() {
        let surroundings = Surroundings {
            docker_host: Some("tcp://127.0.0.1:2375".to_owned()),
            home: Some("/h/a".into()),
            ..Surroundings::default()
        };
        assert_eq!(candidates(&surroundings), ["tcp://127.0.0.1:2375"]);
    }

    #[test]
    fn the_context_of_the_cli_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        // The folder of a context is named by the SHA-256 of its name, here "colima".
        let hash = "f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16";
        let meta = folder.path().join("contexts/meta").join(hash);
        std::fs::create_dir_all(&meta).unwrap();
        let text = r#"{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///c.sock"}}}"#;
        std::fs::write(meta.join("meta.json"), text).unwrap();
        let config = r#"{"auths":{},"currentContext":"colima"}"#;
        std::fs::write(folder.path().join("config.json"), config).unwrap();

        let mut surroundings = Surroundings {
            docker_config: Some(folder.path().to_owned()),
            ..Surroundings::default()
        };
        assert_eq!(candidates(&surroundings), ["unix:///c.sock"]);
        surroundings.docker_context = Some("default".to_owned());
        assert_eq!(candidates(&surroundings)[0], "unix:///var/run/docker.sock");
        surroundings.docker_context = Some("gone".to_owned());
        assert_eq!(candidates(&surroundings)[0], "unix:///var/run/docker.sock");
    }

    #[test]
    fn sockets_of_known_engines_come_after_the_standard_one() {
        let surroundings = Surroundings {
            home: Some("/h/a".into()),
            runtime_dir: Some("/run/user/7".into()),
            ..Surroundings::default()
        };
        let found = candidates(&surroundings);
        assert_eq!(found[0], "unix:///var/run/docker.sock");
        for expected in [
            "unix:///run/user/7/docker.sock",
            "unix:///h/a/.docker/run/docker.sock",
            "unix:///h/a/.colima/default/docker.sock",
            "unix:///run/user/7/podman/podman.sock",
        ] {
            assert!(found.contains(&expected.to_owned()), "{expected}");
        }
    }
}
