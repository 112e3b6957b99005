//! Which edition of the config hash the docker compose on this machine uses, so that it takes
//! containers made here for its own and leaves them as they are.

use super::compare::Planned;
use crate::compose::{HashEdition, Project};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Two services that differ in `depends_on` alone.
const PROBE: &str = "services: {a: {image: i}, b: {image: i, depends_on: [a]}}\n";

const TIMEOUT: Duration = Duration::from_secs(5);

/// The edition for what `plan` will make. The editions only differ for services that depend on
/// others; for the rest docker compose need not be asked.
pub(super) async fn needed(project: &Project, plan: &[Planned]) -> HashEdition {
    let mut made = plan.iter().filter(|planned| planned.makes_container());
    let matters = made.any(|planned| !project.services[&planned.key].depends_on.is_empty());
    let installed = if matters { installed().await } else { None };
    installed.unwrap_or(HashEdition::WithoutDependencies)
}

/// The edition of the docker compose that is installed, if it is.
async fn installed() -> Option<HashEdition> {
    let mut child = Command::new("docker")
        .args(["compose", "-p", "probe", "-f", "-", "config", "--hash", "*"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let asked = async {
        input.write_all(PROBE.as_bytes()).await.ok()?;
        drop(input);
        child.wait_with_output().await.ok()
    };
    let answer = tokio::time::timeout(TIMEOUT, asked).await.ok()??;
    read(&String::from_utf8_lossy(&answer.stdout))
}

/// Both services have the same hash where `depends_on` does not count.
fn read(answer: &str) -> Option<HashEdition> {
    let mut hashes = answer.lines().filter_map(|line| line.split_once(' '));
    let ((_, one), (_, other)) = (hashes.next()?, hashes.next()?);
    Some(if one == other {
        HashEdition::WithoutDependencies
    } else {
        HashEdition::WithDependencies
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edition_is_read_off_two_hashes() {
        for (answer, expected) in [
            ("b 1\na 1\n", Some(HashEdition::WithoutDependencies)),
            ("a 1\nb 2\n", Some(HashEdition::WithDependencies)),
            ("a 1\n", None),
            ("", None),
        ] {
            assert_eq!(read(answer), expected, "{answer:?}");
        }
    }
}
