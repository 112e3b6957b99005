//! What the figures were measured on. Another machine gives other figures; a busy one worse ones.

use serde::Serialize;
use std::process::Command;

/// The machine, at the start of the measurement.
#[derive(Debug, Serialize)]
pub struct Machine {
    date: String,
    commit: String,
    cores: usize,
    cpu: String,
    memory_gb: f64,
    kernel: String,
    load_average: String,
}

impl Machine {
    /// Reads what the system says of itself; what it does not say is left empty.
    pub fn look() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let memory_kb: f64 = after(&read("/proc/meminfo"), "MemTotal:")
            .trim_end_matches("kB")
            .trim()
            .parse()
            .unwrap_or_default();
        Self {
            date: jiff::Timestamp::now().strftime("%F %H:%M UTC").to_string(),
            commit: commit(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: after(&read("/proc/cpuinfo"), "model name")
                .trim_start_matches([':', ' ', '\t'])
                .to_owned(),
            memory_gb: memory_kb * 1024.0 / 1e9,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_average: load_average(),
        }
    }

    /// One fact a line.
    pub fn text(&self) -> String {
        format!(
            "{}, commit {}\n{} cores of {}, {:.0} GB of memory, Linux {}\n\
             load average (1, 5, 15 minutes) at the start: {}\n",
            self.date,
            self.commit,
            self.cores,
            self.cpu,
            self.memory_gb,
            self.kernel,
            self.load_average
        )
    }
}

/// Processes that wanted a core, on average over 1, 5 and 15 minutes.
pub fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let three: Vec<&str> = text.split_whitespace().take(3).collect();
    three.join(" ")
}

/// The rest of the first line that begins with `key`.
fn after<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(key))
        .map_or("", str::trim)
}

fn commit() -> String {
    let git = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .output();
    match git {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => format!("unknown, version {}", env!("CARGO_PKG_VERSION")),
    }
}
