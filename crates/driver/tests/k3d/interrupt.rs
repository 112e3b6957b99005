//! The process is killed while it creates a cluster; the next call makes a complete one.

use crate::fixture::{Fixture, PATIENCE};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use wikisentry_driver::converge::Verb;

/// The variable that tells the child that it is to create the cluster of the parent.
const CHILD: &str = "WSTEST_INTERRUPT_CHILD";

/// Marks the child's lines: tells them from what the test runner prints.
const MARK: &str = "k3d says: ";

/// Creates the cluster in a process that is killed once it says `line`.
fn killed_at(line: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "interrupt::a_creation_that_is_killed_is_completed_by_the_next",
            "--include-ignored",
            "--nocapture",
        ])
        .env(CHILD, line)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = lines
        .map_while(Result::ok)
        .filter(|said| said.contains(MARK));
    assert!(told.any(|said| said.contains(line)), "{line} was not said");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
#[ignore = "needs k3d and a Docker engine: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_creation_that_is_killed_is_completed_by_the_next() {
    if std::env::var_os(CHILD).is_some() {
        // The process that is killed is this test once more; its parent has the fixture and cleans up.
        let fixture = std::mem::ManuallyDrop::new(Fixture::joined("interrupt", 34).await);
        let tell = |work: wikisentry_driver::converge::Work| {
            println!("{MARK}{}", work.line.unwrap_or_default());
        };
        fixture
            .k3d
            .create(&fixture.spec, PATIENCE, &tell)
            .await
            .unwrap();
        return;
    }
    let fixture = Fixture::new("interrupt", 34).await;
    for line in [
        "Creating node",
        "Starting node 'k3d-wstest-interrupt-server-0'",
        "Injecting records",
    ] {
        killed_at(line);
        let observed = fixture.k3d.observe(&fixture.spec).await.unwrap();
        let verb = observed.change(&fixture.spec).verb;
        assert!(
            matches!(verb, Verb::Create | Verb::Recreate),
            "{line}: {observed:?}"
        );
    }
    fixture.create().await;
    let observed = fixture.k3d.observe(&fixture.spec).await.unwrap();
    assert_eq!(
        observed.change(&fixture.spec).verb,
        Verb::Keep,
        "{observed:?}"
    );
    assert_eq!(
        fixture.containers(),
        [
            "k3d-wstest-interrupt-server-0",
            "k3d-wstest-interrupt-serverlb"
        ]
    );
}
