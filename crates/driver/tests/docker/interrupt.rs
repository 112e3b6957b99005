//! The process is killed after each step of a change; the next call ends in the same state.

use crate::fixture::{Fixture, PATIENCE, apply, docker, inspect};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use wikisentry_driver::compose::{Project, Variables};
use wikisentry_driver::converge::is_settled;
use wikisentry_driver::docker::{Engine, Removing};

/// The variable that tells the child which file to apply.
const CHILD: &str = "WSTEST_INTERRUPT_FILE";

/// Marks the child's steps: tells them from what the test runner prints.
const MARK: &str = "step: ";

/// Applies the file that the parent names, and says each step.
async fn child(file: &OsStr) {
    let text = std::fs::read_to_string(file).unwrap();
    let project = Project::load(&text, &Variables::default()).unwrap();
    let engine = Engine::connect().await.unwrap();
    let watch = |progress| println!("{MARK}{progress:?}");
    engine.apply(&project, PATIENCE, &watch).await.unwrap();
}

/// Applies `text` in a process that is killed after `steps` steps; false if it ended before.
fn interrupted_after(text: &str, steps: usize) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compose.yaml");
    std::fs::write(&file, text).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "interrupt::a_change_that_is_killed_at_any_step_is_completed_by_the_next_call",
            "--include-ignored",
            "--nocapture",
        ])
        .env(CHILD, &file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines
        .map_while(Result::ok)
        .filter(|line| line.contains(MARK));
    let was_interrupted = told.take(steps).count() == steps;
    child.kill().unwrap();
    child.wait().unwrap();
    was_interrupted
}

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn a_change_that_is_killed_at_any_step_is_completed_by_the_next_call() {
    // The process that is killed is this test once more.
    if let Some(file) = std::env::var_os(CHILD) {
        return child(&file).await;
    }
    let fixture = Fixture::new("interrupt", 186);
    let engine = Engine::connect().await.unwrap();
    let both = [fixture.container("store"), fixture.container("worker")];

    // The first creation, killed after every second of its steps.
    let mut steps = 2;
    while interrupted_after(&fixture.text(), steps) {
        let project = fixture.project(&[]);
        apply(&engine, &project).await.unwrap();
        assert_eq!(fixture.containers(), both, "killed after {steps} steps");
        assert!(is_settled(&engine.plan(&project).await.unwrap()));
        engine
            .down(&project, Removing::Everything, &|_| {})
            .await
            .unwrap();
        steps += 2;
    }
    assert!(steps > 6, "only {steps} steps were reported");

    // A change of both services, killed after each of its steps.
    docker(&["exec", &both[0], "touch", "/data/kept"]);
    let mut steps = 1;
    loop {
        let level = format!("level-{steps}");
        let text = fixture
            .text()
            .replace("LEVEL:-one", &format!("LEVEL:-{level}"));
        let killed = interrupted_after(&text, steps);
        let project = Project::load(&text, &Variables::default()).unwrap();
        apply(&engine, &project).await.unwrap();
        assert_eq!(fixture.containers(), both, "killed after {steps} steps");
        for name in &both {
            let environment = inspect(name, "{{.State.Status}} {{json .Config.Env}}");
            assert!(
                environment.contains(&format!("LEVEL={level}")),
                "{environment}"
            );
            assert!(environment.starts_with("running"), "{environment}");
        }
        docker(&["exec", &both[0], "test", "-e", "/data/kept"]);
        if !killed {
            break;
        }
        steps += 1;
    }
    assert!(steps > 10, "only {steps} steps were reported");
}
