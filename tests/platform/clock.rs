//! A clock that is a year ahead and then right again, while the platform runs and while it does not:
//! nothing is lost, doubled, or resumed at the wrong place.

use crate::service::{BY_TIME, EQIAD, Service, edit, template};
use crate::support::{Home, terminate};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use wikisentry_replay::FIRST_OFFSET;

/// Stands before the C library: adds the seconds that stand in a file to the wall clock.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int outcome = real(id, time);
    const char *path = getenv("CLOCK_FILE");
    FILE *file = id == CLOCK_REALTIME && path ? fopen(path, "r") : NULL;
    long seconds = 0;
    if (file) {
        if (fscanf(file, "%ld", &seconds) == 1) time->tv_sec += seconds;
        fclose(file);
    }
    return outcome;
}
"#;
const YEAR: i64 = 365 * 86_400;

/// A clock that the test sets.
struct Clock {
    shim: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// `None` without a C compiler.
    fn build(folder: &Path) -> Option<Self> {
        let (source, shim) = (folder.join("clock.c"), folder.join("clock.so"));
        fs::write(&source, SHIM).expect("written");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&shim, &source])
            .arg("-ldl")
            .status();
        let file = folder.join("clock");
        built
            .is_ok_and(|status| status.success())
            .then_some(Self { shim, file })
    }

    fn set(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        fs::write(&new, seconds.to_string()).expect("written");
        fs::rename(new, &self.file).expect("renamed");
    }

    fn up(&self, home: &Home, arguments: &[&str]) -> Child {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(home.dir.path().join("up.log"))
            .expect("a log");
        home.command(&[&["up", "--foreground"], arguments].concat())
            .env("LD_PRELOAD", &self.shim)
            .env("CLOCK_FILE", &self.file)
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the program starts")
    }
}

#[test]
fn a_clock_that_is_ahead_and_then_right_again_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(clock) = Clock::build(folder.path()) else {
        println!("not run: there is no C compiler");
        return;
    };
    let template = template();
    let events: Vec<Value> = (0..1_200).map(|n| edit(&template, n, EQIAD)).collect();
    let mut service = Service::new();
    let mut home = Home::new();
    home.set("ARCHIVE__INTERVAL", "200ms");
    let mut end = 0;
    let mut up = None;
    // Ahead at the start, right again and ahead once more while it runs.
    for offset in [YEAR, 0, YEAR] {
        end += 200;
        clock.set(offset);
        service.serve(&events[..end], BY_TIME, FIRST_OFFSET);
        home.set("SOURCE__URL", &service.url());
        up.get_or_insert_with(|| clock.up(&home, &[]));
        home.wait_for("the edits in the lake", |status| status["archived"] == end);
    }
    let mut up = up.expect("it runs");
    assert!(terminate(&mut up).success(), "{}", home.log());
    let mut arguments: &[&str] = &[];
    // Right again while it was stopped; then far behind; then right, with a new log.
    for offset in [0, -YEAR / 12, 0] {
        end += 200;
        clock.set(offset);
        service.serve(&events[..end], BY_TIME, FIRST_OFFSET);
        if end == events.len() {
            arguments = &["--rebuild"];
        }
        let mut up = clock.up(&home, arguments);
        let status = home.wait_for("the edits in the lake", |status| status["archived"] == end);
        assert_eq!(status["gaps"], 0);
        assert_eq!(status["health"], "healthy", "{status:#}");
        assert!(terminate(&mut up).success(), "{}", home.log());
    }
    home.assert_each_once(events.len());

    // Before every edit of the lake nothing can be rebuilt: the stream would begin anywhere.
    clock.set(-2 * YEAR);
    let mut refused = clock.up(&home, &["--rebuild"]);
    assert_eq!(refused.wait().expect("it ends").code(), Some(3));
    assert!(home.log().contains("the clock says"), "{}", home.log());
}
