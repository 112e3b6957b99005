//! What the machine has to offer: a folder, room, memory, a port.

use super::Check;
use crate::amounts::bytes as byte_count;
use crate::config::{Settings, host_memory};
use crate::state::StateDir;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// Below this the log cannot even be begun.
const LEAST_DISK: u64 = 256 << 20;
/// What the platform takes while it catches up.
const WANTED_MEMORY: u64 = 300 << 20;

/// The state folder can be written, or made.
pub(super) fn folder(state: &StateDir) -> Check {
    let folder = existing(state.root());
    match tempfile::tempfile_in(folder) {
        Ok(_) if folder == state.root() => Check::ok(format!("{} is writable", folder.display())),
        Ok(_) => Check::ok(format!("{} can be made", state.root().display())),
        Err(error) => Check::fail(
            format!("{} cannot be written: {error}", folder.display()),
            "make it writable, or set WIKISENTRY_HOME to a folder that is",
        ),
    }
}

/// There is room for what is kept.
pub(super) fn disk(state: &StateDir, settings: &Settings) -> Check {
    let free = match rustix::fs::statvfs(existing(state.root())) {
        Ok(stat) => stat.f_bavail * stat.f_frsize,
        Err(error) => {
            let remedy = "check the file system of the state folder";
            return Check::warn(format!("free space is not known: {error}"), remedy);
        }
    };
    room(free, settings.log.retention_bytes)
}

fn room(free: u64, wanted: u64) -> Check {
    let finding = format!("{} free", byte_count(free));
    if free < LEAST_DISK {
        let remedy = "free space, or set WIKISENTRY_HOME to a folder on another disk";
        return Check::fail(finding, remedy);
    }
    if free < wanted {
        let finding = format!(
            "{finding}, less than the {} a topic may grow to",
            byte_count(wanted)
        );
        let remedy = "free space, or lower log.retention_bytes";
        return Check::warn(finding, remedy);
    }
    Check::ok(finding)
}

/// There is memory to catch up at full speed.
pub(super) fn memory() -> Check {
    let Some((_, available)) = host_memory() else {
        let remedy = format!("have {} free", byte_count(WANTED_MEMORY));
        return Check::warn("this system does not say", remedy);
    };
    let finding = format!("{} available", byte_count(available));
    if available < WANTED_MEMORY {
        let remedy = format!(
            "free some: catching up takes up to {}",
            byte_count(WANTED_MEMORY)
        );
        return Check::warn(finding, remedy);
    }
    Check::ok(finding)
}

/// The API's port is free, or held by our own process.
pub(super) fn port(listen: SocketAddr, running: bool) -> Check {
    if running {
        return Check::ok("the API answers");
    }
    match TcpListener::bind(listen) {
        Ok(_) => Check::ok(format!("{listen} is free")),
        Err(error) => Check::fail(
            format!("the API cannot listen on {listen}: {error}"),
            format!(
                "see who holds port {} (`ss -ltnp`), or choose another: \
                 `wikisentry up --set api.listen=127.0.0.1:8001`",
                listen.port()
            ),
        ),
    }
}

/// The folder itself, or the nearest above it that is there.
fn existing(folder: &Path) -> &Path {
    let there = folder.ancestors().find(|folder| folder.exists());
    there.unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    #[test]
    fn little_room_is_a_warning_and_none_a_failure() {
        let wanted = 4 << 30;
        for (free, verdict) in [
            (0, Grade::Fail),
            (LEAST_DISK, Grade::Warn),
            (wanted, Grade::Ok),
        ] {
            assert_eq!(room(free, wanted).verdict, verdict, "{free}");
        }
    }

    #[test]
    fn a_taken_port_fails_unless_it_is_ours() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = taken.local_addr().unwrap();
        assert_eq!(port(listen, false).verdict, Grade::Fail);
        assert_eq!(port(listen, true).verdict, Grade::Ok);
        drop(taken);
        assert_eq!(port(listen, false).verdict, Grade::Ok);
    }

    #[test]
    fn looking_for_a_folder_makes_none() {
        let parent = tempfile::tempdir().unwrap();
        let state = StateDir::at(&parent.path().join("a/b"));
        assert_eq!(folder(&state).verdict, Grade::Ok);
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
        let file = tempfile::NamedTempFile::new().unwrap();
        let state = StateDir::at(&file.path().join("below"));
        assert_eq!(folder(&state).verdict, Grade::Fail);
    }
}
