//! What the engine says of itself and the machine it runs on.

use super::engine::Engine;
use super::error::{During, EngineError};
use jiff::Timestamp;
use std::path::Path;

/// What an engine says of itself. What it does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct EngineInfo {
    pub address: String,
    /// Of the engine, such as `20.10.24`.
    pub version: String,
    /// The newest API version that it speaks, such as `1.41`.
    pub api_version: String,
    /// Such as `Debian GNU/Linux 12 (bookworm)` or `Docker Desktop`.
    pub operating_system: String,
    /// Memory of the machine or virtual machine it runs in, in bytes.
    pub memory_bytes: u64,
    /// Cores of that machine.
    pub cpus: u32,
    /// Where it keeps images and volumes, on its own machine.
    pub root_dir: String,
    /// Free bytes there, if this process can see the folder.
    pub root_free_bytes: Option<u64>,
    /// 1 or 2: where the engine finds the use of memory.
    pub cgroup_version: Option<u8>,
    pub limits_memory: bool,
    /// It runs in a virtual machine of its own, as with Docker Desktop or on macOS.
    pub virtual_machine: bool,
    /// It runs without root's rights.
    pub rootless: bool,
    /// It is Podman, which answers in the same API.
    pub podman: bool,
    /// Its clock when it answered.
    pub clock: Option<Timestamp>,
}

impl Engine {
    /// Asks the engine about itself.
    pub async fn info(&self) -> Result<EngineInfo, EngineError> {
        let (version, info) = tokio::join!(self.docker.version(), self.docker.info());
        let version = version.during(|| "ask for the engine's version".to_owned())?;
        let info = info.during(|| "ask the engine about itself".to_owned())?;

        let operating_system = info.operating_system.unwrap_or_default();
        let on_this_machine = self.address().starts_with("unix://");
        let virtual_machine =
            cfg!(target_os = "macos") || operating_system.contains("Docker Desktop");
        let root_dir = info.docker_root_dir.unwrap_or_default();
        let root_free_bytes = (on_this_machine && !virtual_machine)
            .then(|| free_bytes(Path::new(&root_dir)))
            .flatten();
        let security = info.security_options.unwrap_or_default();
        let components = version.components.unwrap_or_default();
        let number = |n: Option<i64>| u64::try_from(n.unwrap_or_default()).unwrap_or_default();
        Ok(EngineInfo {
            address: self.address().to_owned(),
            version: version.version.or(info.server_version).unwrap_or_default(),
            api_version: version.api_version.unwrap_or_default(),
            operating_system,
            memory_bytes: number(info.mem_total),
            cpus: u32::try_from(number(info.ncpu)).unwrap_or(u32::MAX),
            root_dir,
            root_free_bytes,
            cgroup_version: info.cgroup_version.and_then(|v| v.to_string().parse().ok()),
            limits_memory: info.memory_limit.unwrap_or(true),
            virtual_machine,
            rootless: security.iter().any(|option| option.contains("rootless")),
            podman: components.iter().any(|c| c.name.contains("Podman")),
            clock: info.system_time.and_then(|time| time.parse().ok()),
        })
    }
}

/// Free bytes for everyone on the file system of `folder`.
fn free_bytes(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}
