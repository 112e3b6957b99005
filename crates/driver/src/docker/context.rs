//! The Docker CLI's context: which engine `DOCKER_CONTEXT`, else `currentContext` of `config.json`,
//! names. Read from the CLI's own files; nothing is guessed where they do not say it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why it is not known which engine is meant. Each is a choice of the user that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// A file of the Docker CLI is there and cannot be read, or is not what it should be.
    #[error("cannot tell which Docker engine is meant: {}: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: String },
    /// The context is named, and there is none of that name.
    #[error("there is no Docker context `{name}`, which {by} names")]
    Missing {
        name: String,
        /// What names it: `DOCKER_CONTEXT`, or the path of `config.json`.
        by: String,
    },
    /// The context is there, and holds no address of an engine.
    #[error("the Docker context `{name}` names no engine")]
    NoEndpoint { name: String },
    /// The engine is to be talked to by TLS, which is not supported.
    #[error("{asked_by} asks for TLS to the Docker engine, which is not supported")]
    Tls {
        /// What asks for it: a context, or a variable of the environment.
        asked_by: String,
    },
}

#[derive(Default, Deserialize)]
struct Config {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints", default)]
    endpoints: Map<String, Value>,
}

/// The address of the engine that a context other than `default` names; `None` if none is chosen.
/// `folder` is that of the Docker CLI's `config.json`; `named` is the name by `DOCKER_CONTEXT`.
///
/// # Errors
/// If a context is chosen, or could be, and cannot be followed.
pub(super) fn host(
    folder: Option<&Path>,
    named: Option<&str>,
) -> Result<Option<String>, ContextError> {
    let config = folder.map(|folder| folder.join("config.json"));
    let (name, by) = match (named, &config) {
        (Some(name), _) => (name.to_owned(), "DOCKER_CONTEXT".to_owned()),
        (None, Some(file)) => {
            let read = read::<Config>(file)?.unwrap_or_default();
            let name = read.current_context.unwrap_or_default();
            (name, file.display().to_string())
        }
        (None, None) => return Ok(None),
    };
    if name.is_empty() || name == "default" {
        return Ok(None);
    }
    let Some(contexts) = folder.map(|folder| folder.join("contexts")) else {
        return Err(ContextError::Missing { name, by });
    };
    // The folder of a context is named by the hash of its name.
    let hash = hex::encode(Sha256::digest(&name));
    let meta = contexts.join("meta").join(&hash).join("meta.json");
    let Some(meta) = read::<Meta>(&meta)? else {
        return Err(ContextError::Missing { name, by });
    };
    let endpoint = meta.endpoints.get("docker").unwrap_or(&Value::Null);
    let has_tls = contexts.join("tls").join(&hash).join("docker").exists();
    if has_tls || endpoint["SkipTLSVerify"] == true {
        let asked_by = format!("the Docker context `{name}`");
        return Err(ContextError::Tls { asked_by });
    }
    match endpoint["Host"].as_str() {
        Some(host) if !host.is_empty() => Ok(Some(host.to_owned())),
        _ => Err(ContextError::NoEndpoint { name }),
    }
}

/// A file of JSON; `None` if it is not there.
fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, ContextError> {
    let unreadable = |reason: String| ContextError::Unreadable {
        file: file.to_owned(),
        reason,
    };
    match std::fs::read(file) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(read) => Ok(Some(read)),
            Err(error) => Err(unreadable(error.to_string())),
        },
        // Without the file or its folder, none was ever chosen.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `colima`, by which its folder is named.
    const COLIMA: &str = "f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16";

    /// A folder of the Docker CLI with these files.
    fn cli(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name.replace("HASH", COLIMA));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        folder
    }

    const CHOSEN: (&str, &str) = ("config.json", r#"{"auths":{},"currentContext":"colima"}"#);
    const META: &str = "contexts/meta/HASH/meta.json";

    #[test]
    fn the_context_is_the_one_of_the_variable_else_of_the_file() {
        let endpoint = r#"{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///c.sock"}}}"#;
        let chosen = cli(&[CHOSEN, (META, endpoint)]);
        let found = host(Some(chosen.path()), None);
        assert_eq!(found, Ok(Some("unix:///c.sock".to_owned())));
        assert_eq!(host(Some(chosen.path()), Some("default")), Ok(None));
        // What is chosen by the variable needs no file.
        let broken = cli(&[("config.json", "{"), (META, endpoint)]);
        let found = host(Some(broken.path()), Some("colima"));
        assert_eq!(found, Ok(Some("unix:///c.sock".to_owned())));
        assert_eq!(host(Some(broken.path()), Some("default")), Ok(None));
    }

    #[test]
    fn where_nothing_is_chosen_the_usual_engines_are_meant() {
        for config in [
            "{}",
            r#"{"currentContext":"default"}"#,
            r#"{"currentContext":""}"#,
        ] {
            let folder = cli(&[("config.json", config)]);
            assert_eq!(host(Some(folder.path()), None), Ok(None), "{config}");
        }
        assert_eq!(host(Some(Path::new("/nowhere/.docker")), None), Ok(None));
        assert_eq!(host(None, None), Ok(None));
    }

    #[test]
    fn a_context_that_is_not_there_is_refused_by_name() {
        let folder = cli(&[CHOSEN]);
        let missing = |by: &str| {
            let name = "colima".to_owned();
            let by = by.to_owned();
            Err(ContextError::Missing { name, by })
        };
        let file = folder.path().join("config.json").display().to_string();
        assert_eq!(host(Some(folder.path()), None), missing(&file));
        let by_variable = missing("DOCKER_CONTEXT");
        assert_eq!(host(Some(folder.path()), Some("colima")), by_variable);
        assert_eq!(host(None, Some("colima")), by_variable);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        for (file, text) in [
            ("config.json", "{"),
            ("config.json", ""),
            ("config.json", r#"{"currentContext":7}"#),
            (META, "no JSON"),
            (META, "7"),
            // A folder in its place.
            ("config.json/in/it", ""),
        ] {
            let mut files = vec![(file, text)];
            if file == META {
                files.push(CHOSEN);
            }
            let folder = cli(&files);
            let error = host(Some(folder.path()), None).unwrap_err();
            let ContextError::Unreadable { file: found, .. } = &error else {
                panic!("{file}: {error}");
            };
            let name = found.file_name().unwrap().to_str().unwrap();
            assert!(file.contains(name), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_context_without_an_engine_is_refused() {
        for meta in [
            "{}",
            r#"{"Endpoints":{}}"#,
            r#"{"Endpoints":{"kubernetes":{"Host":"https://k"}}}"#,
            r#"{"Endpoints":{"docker":{}}}"#,
            r#"{"Endpoints":{"docker":{"Host":""}}}"#,
        ] {
            let folder = cli(&[CHOSEN, (META, meta)]);
            let name = "colima".to_owned();
            let expected = Err(ContextError::NoEndpoint { name });
            assert_eq!(host(Some(folder.path()), None), expected, "{meta}");
        }
    }

    #[test]
    fn a_context_with_certificates_or_without_their_check_is_refused() {
        let endpoint = r#"{"Endpoints":{"docker":{"Host":"tcp://h:2376","SkipTLSVerify":false}}}"#;
        let unchecked = endpoint.replace("false", "true");
        for files in [
            [
                (META, endpoint),
                ("contexts/tls/HASH/docker/ca.pem", "a certificate"),
            ],
            [(META, &unchecked), ("other", "")],
        ] {
            let folder = cli(&[&[CHOSEN], &files[..]].concat());
            let error = host(Some(folder.path()), None).unwrap_err();
            assert!(matches!(error, ContextError::Tls { .. }), "{error}");
            assert!(error.to_string().contains("`colima`"), "{error}");
        }
        let plain = cli(&[CHOSEN, (META, endpoint)]);
        let found = host(Some(plain.path()), None);
        assert_eq!(found, Ok(Some("tcp://h:2376".to_owned())));
    }
}
