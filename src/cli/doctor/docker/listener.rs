//! Which process listens on a port, read off `/proc`. Elsewhere than on Linux, and for processes
//! of others, it knows nothing.

use std::collections::HashSet;
use std::path::Path;

const LISTENING: &str = "0A";

/// Such as `java (process 4711)`.
pub(super) fn of_port(port: u16) -> Option<String> {
    let sockets: HashSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .flat_map(|table| sockets(&table, port))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut processes = processes.filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    });
    let holder = processes.find(|process| holds(&process.path(), &sockets))?;
    let command = std::fs::read_to_string(holder.path().join("comm")).ok()?;
    let id = holder.file_name();
    Some(format!("{} (process {})", command.trim(), id.display()))
}

/// The listening sockets of a port in a table such as `/proc/net/tcp`, as links name them.
fn sockets(table: &str, port: u16) -> Vec<String> {
    let suffix = format!(":{port:04X}");
    let rows = table.lines().skip(1);
    rows.filter_map(|row| {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let matches = columns.get(1)?.ends_with(&suffix) && *columns.get(3)? == LISTENING;
        matches.then_some(format!("socket:[{}]", columns.get(9)?))
    })
    .collect()
}

fn holds(process: &Path, sockets: &HashSet<String>) -> bool {
    let files = std::fs::read_dir(process.join("fd")).into_iter().flatten();
    files.flatten().any(|file| {
        let target = std::fs::read_link(file.path());
        target.is_ok_and(|target| target.to_str().is_some_and(|name| sockets.contains(name)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_that_listen_on_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41 1\n   \
            1: 0100007F:2384 0100007F:9000 01 00000000:00000000 00:00000000 00000000     0        0 42 1\n   \
            2: 0100007F:2385 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 43 1\n   \
            3: broken";
        assert_eq!(sockets(table, 0x2384), ["socket:[41]"]);
        assert!(sockets(table, 9000).is_empty());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_process_that_listens_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let holder = of_port(port).unwrap();
        let own = format!("(process {})", std::process::id());
        assert!(holder.ends_with(&own), "{holder}");
        drop(listener);
        assert_eq!(of_port(port), None);
    }
}
