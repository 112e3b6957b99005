//! Where an engine may listen: `DOCKER_HOST`, the Docker CLI's context, then the sockets of the
//! engines people have. It only lists addresses and connects to none.

use super::context::{self, ContextError};
use std::path::{Path, PathBuf};

/// What the addresses depend on.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    pub docker_host: Option<String>,
    pub docker_context: Option<String>,
    /// The variable that asks for TLS, as the Docker CLI reads them, if one is set.
    pub tls_variable: Option<&'static str>,
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
            tls_variable: ["DOCKER_TLS_VERIFY", "DOCKER_TLS"]
                .into_iter()
                .find(|name| text(*name).is_some()),
            docker_config: path("DOCKER_CONFIG").or_else(in_home),
            runtime_dir: path("XDG_RUNTIME_DIR"),
            home,
        }
    }
}

/// Addresses in the order in which they are to be tried. One that was chosen by the user is the
/// only one: falling back to another engine would surprise.
///
/// # Errors
/// If the user has chosen one, or may have, and it is not known which.
pub(super) fn candidates(surroundings: &Surroundings) -> Result<Vec<String>, ContextError> {
    let tls = surroundings.tls_variable.map(|variable| {
        let asked_by = variable.to_owned();
        ContextError::Tls { asked_by }
    });
    // As for the Docker CLI, the variables of TLS are about what no context names.
    if let Some(host) = &surroundings.docker_host {
        return match tls {
            Some(error) if !host.starts_with("unix://") => Err(error),
            _ => Ok(vec![host.clone()]),
        };
    }
    let folder = surroundings.docker_config.as_deref();
    if let Some(host) = context::host(folder, surroundings.docker_context.as_deref())? {
        return Ok(vec![host]);
    }
    if let Some(error) = tls {
        return Err(error);
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
    let known = known.map(|path| format!("unix://{}", path.display()));
    Ok(known.collect())
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
        let found = candidates(&surroundings).unwrap();
        assert_eq!(found, ["tcp://127.0.0.1:2375"]);
    }

    #[test]
    fn the_context_of_the_cli_is_the_only_candidate_even_if_it_cannot_be_followed() {
        let folder = tempfile::tempdir().unwrap();
        let mut surroundings = Surroundings {
            docker_config: Some(folder.path().to_owned()),
            docker_context: Some("gone".to_owned()),
            ..Surroundings::default()
        };
        let error = candidates(&surroundings).unwrap_err();
        assert!(matches!(error, ContextError::Missing { .. }), "{error}");
        surroundings.docker_context = Some("default".to_owned());
        let found = candidates(&surroundings).unwrap();
        assert_eq!(found[0], "unix:///var/run/docker.sock");
        // The variable of the address goes before that of the context.
        surroundings.docker_context = Some("gone".to_owned());
        surroundings.docker_host = Some("unix:///h.sock".to_owned());
        assert_eq!(candidates(&surroundings).unwrap(), ["unix:///h.sock"]);
    }

    #[test]
    fn variables_that_ask_for_tls_are_not_passed_over() {
        let asked = |docker_host: Option<&str>| {
            candidates(&Surroundings {
                docker_host: docker_host.map(str::to_owned),
                tls_variable: Some("DOCKER_TLS_VERIFY"),
                ..Surroundings::default()
            })
        };
        for host in [None, Some("tcp://127.0.0.1:2376")] {
            let error = asked(host).unwrap_err().to_string();
            assert!(error.starts_with("DOCKER_TLS_VERIFY asks"), "{error}");
        }
        // A socket of this machine has no TLS.
        assert_eq!(asked(Some("unix:///a")).unwrap(), ["unix:///a"]);
    }

    #[test]
    fn sockets_of_known_engines_come_after_the_standard_one() {
        let surroundings = Surroundings {
            home: Some("/h/a".into()),
            runtime_dir: Some("/run/user/7".into()),
            ..Surroundings::default()
        };
        let found = candidates(&surroundings).unwrap();
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
