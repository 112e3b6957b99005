//! Follows a build by what BuildKit reports of it: a graph of steps ("vertices") that start, write
//! and end, in messages that repeat and arrive in any order.

use crate::converge::Work;
use bollard::moby::buildkit::v1::{StatusResponse, Vertex};
use std::collections::{HashMap, VecDeque};

/// How many lines of a step are kept, and shown if it fails.
pub const LOG_LINES: usize = 30;

/// Longest line that is kept, in characters; a program may write a megabyte without a line end.
const LINE_LIMIT: usize = 2_000;

/// Everything known of one build.
#[derive(Debug, Default)]
pub(super) struct BuildTrace {
    steps: Vec<BuildStep>,
    by_digest: HashMap<String, usize>,
    /// The step that reported something last.
    active: Option<usize>,
}

/// Where a build is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BuildProgress {
    /// Steps of the Dockerfile that are done or came from the layer cache.
    done: usize,
    /// Steps that are known so far.
    total: usize,
    /// What runs right now, as in the Dockerfile; empty before the first step.
    step: String,
    /// The last line that it wrote.
    line: Option<String>,
}

impl BuildProgress {
    /// The step that runs, by its number. Before the first step of the Dockerfile BuildKit only
    /// prepares itself: none.
    pub(super) fn work(self) -> Option<Work> {
        if self.total == 0 || self.step.is_empty() {
            return None;
        }
        // The step that runs is the one after those that are done.
        let at = (self.done + 1).min(self.total);
        Some(Work {
            line: self.line,
            ..Work::step(format!("{at}/{} {}", self.total, self.step))
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct BuildStep {
    /// As in the Dockerfile.
    pub(super) name: String,
    /// A line of the Dockerfile, not BuildKit's own housekeeping.
    counts: bool,
    running: bool,
    done: bool,
    /// What BuildKit says of its failure.
    pub(super) error: String,
    /// The last lines it wrote.
    pub(super) log: VecDeque<String>,
    /// The end of what it wrote, if no line end came yet.
    unfinished: String,
}

impl BuildTrace {
    /// Takes one report in.
    pub(super) fn apply(&mut self, status: &StatusResponse) {
        for vertex in &status.vertexes {
            let at = self.step(&vertex.digest);
            if self.steps[at].update(vertex) {
                self.active = Some(at);
            }
        }
        for log in &status.logs {
            let at = self.step(&log.vertex);
            self.steps[at].write(&String::from_utf8_lossy(&log.msg));
            self.active = Some(at);
        }
    }

    /// Where the build is.
    pub(super) fn progress(&self) -> BuildProgress {
        let running = |at: &usize| self.steps[*at].running;
        let at = self.active.filter(running);
        let at = at.or_else(|| (0..self.steps.len()).rev().find(running));
        // Between two steps nothing runs: the one that was seen last stands for the place.
        let at = at.or(self.active);
        let step = at.map(|at| &self.steps[at]);
        BuildProgress {
            done: self
                .steps
                .iter()
                .filter(|step| step.counts && step.done)
                .count(),
            total: self.steps.iter().filter(|step| step.counts).count(),
            step: step.map(|step| step.name.clone()).unwrap_or_default(),
            line: step.and_then(|step| step.log.back().cloned()),
        }
    }

    /// The step that failed, if the build did because of one; those that were stopped with it do
    /// not count.
    pub(super) fn failed(&mut self) -> Option<&BuildStep> {
        let failed = |step: &&mut BuildStep| !step.error.is_empty();
        let stopped = |step: &&mut BuildStep| step.error.contains("context canceled");
        let mut steps = self.steps.iter_mut().filter(failed);
        let step = steps.find(|step| !stopped(step))?;
        if !step.unfinished.is_empty() {
            step.write("\n");
        }
        Some(step)
    }

    fn step(&mut self, digest: &str) -> usize {
        let known = self.by_digest.entry(digest.to_owned());
        *known.or_insert_with(|| {
            self.steps.push(BuildStep::default());
            self.steps.len() - 1
        })
    }
}

impl BuildStep {
    /// Whether it has just begun to run.
    fn update(&mut self, vertex: &Vertex) -> bool {
        let (name, counts) = step_name(&vertex.name);
        self.name = name;
        self.counts = counts;
        let was_running = self.running;
        self.done = vertex.completed.is_some() && vertex.error.is_empty();
        self.running = vertex.started.is_some() && vertex.completed.is_none();
        self.error.clone_from(&vertex.error);
        self.running && !was_running
    }

    fn write(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                // A carriage return redraws a progress bar: what it overwrites is no line of the log.
                '\r' => {}
                '\n' => {
                    let line = std::mem::take(&mut self.unfinished);
                    if !line.trim().is_empty() {
                        self.log.push_back(line);
                    }
                }
                c if self.unfinished.len() < LINE_LIMIT => self.unfinished.push(c),
                _ => {}
            }
        }
        while self.log.len() > LOG_LINES {
            self.log.pop_front();
        }
    }
}

/// `[build 3/7] RUN --mount=… go build` → `RUN go build`, and whether it is of the Dockerfile.
fn step_name(vertex: &str) -> (String, bool) {
    let bracket = vertex.strip_prefix('[');
    let bracket = bracket.and_then(|rest| rest.split_once("] "));
    let (stage, text) = bracket.unwrap_or(("", vertex));
    let words = text.split_whitespace().enumerate();
    let words = words.filter(|(at, word)| *at == 0 || !word.starts_with("--mount="));
    let words: Vec<_> = words.map(|(_, word)| word).collect();
    (words.join(" "), stage.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::moby::buildkit::v1::VertexLog;

    const STEP: &str = "[build 3/7] RUN --mount=type=cache,target=/c go build --trimpath";

    /// A vertex at a stage of its life: 0 known, 1 started, 2 completed.
    fn vertex(digest: &str, name: &str, life: u8, error: &str) -> Vertex {
        Vertex {
            digest: digest.to_owned(),
            name: name.to_owned(),
            started: (life > 0).then(Default::default),
            completed: (life > 1).then(Default::default),
            error: error.to_owned(),
            ..Default::default()
        }
    }

    fn log(digest: &str, text: &str) -> VertexLog {
        VertexLog {
            vertex: digest.to_owned(),
            msg: text.as_bytes().to_vec(),
            ..Default::default()
        }
    }

    fn trace(reports: Vec<(Vec<Vertex>, Vec<VertexLog>)>) -> BuildTrace {
        let mut trace = BuildTrace::default();
        for (vertexes, logs) in reports {
            let report = StatusResponse {
                vertexes,
                logs,
                ..Default::default()
            };
            trace.apply(&report);
        }
        trace
    }

    #[test]
    fn a_step_is_told_once_it_has_a_name() {
        for (done, total, step, expected) in [
            (0, 0, "load metadata", None),
            (2, 3, "", None),
            (0, 3, "FROM a", Some("1/3 FROM a")),
            (3, 3, "RUN end", Some("3/3 RUN end")),
        ] {
            let progress = BuildProgress {
                done,
                total,
                step: step.to_owned(),
                line: Some("said".to_owned()),
            };
            let expected = expected.map(|step| Work {
                line: Some("said".to_owned()),
                ..Work::step(step)
            });
            assert_eq!(progress.work(), expected);
        }
    }

    #[test]
    fn progress_counts_the_lines_of_the_dockerfile_and_names_what_runs() {
        let trace = trace(vec![
            (vec![vertex("i", "[internal] load metadata", 1, "")], vec![]),
            (
                vec![
                    vertex("i", "[internal] load metadata", 2, ""),
                    vertex("a", "[build 1/7] FROM golang", 2, ""),
                    vertex("b", STEP, 0, ""),
                ],
                vec![],
            ),
            (vec![vertex("b", STEP, 1, "")], vec![log("b", "one\ntw")]),
            (vec![], vec![log("b", "o\nthree\n"), log("b", "not yet")]),
        ]);
        let expected = BuildProgress {
            done: 1,
            total: 2,
            step: "RUN go build --trimpath".to_owned(),
            line: Some("three".to_owned()),
        };
        assert_eq!(trace.progress(), expected);
    }

    #[test]
    fn what_still_runs_is_named_when_the_last_active_step_ends() {
        let trace = trace(vec![
            (vec![vertex("a", STEP, 1, "")], vec![]),
            (
                vec![vertex("b", "[stage-1 2/3] RUN apt-get", 1, "")],
                vec![],
            ),
            (
                vec![vertex("b", "[stage-1 2/3] RUN apt-get", 2, "")],
                vec![],
            ),
        ]);
        assert_eq!(trace.progress().step, "RUN go build --trimpath");
    }

    #[test]
    fn between_two_steps_the_one_seen_last_is_named() {
        let trace = trace(vec![
            (vec![vertex("a", STEP, 1, "")], vec![log("a", "one\n")]),
            (vec![vertex("a", STEP, 2, "")], vec![]),
        ]);
        assert_eq!(trace.progress().step, "RUN go build --trimpath");
        assert_eq!(trace.progress().done, 1);
    }

    #[test]
    fn a_failure_shows_the_last_lines_of_the_step_that_failed_and_of_no_other() {
        let lines: String = (0..100).map(|n| format!("line {n}\n")).collect();
        let mut trace = trace(vec![
            (
                vec![
                    vertex("a", "[a 1/1] RUN other", 1, ""),
                    vertex("b", STEP, 1, ""),
                ],
                vec![
                    log("b", &lines),
                    log("a", "noise\n"),
                    log("b", "last\r words"),
                ],
            ),
            (
                vec![
                    vertex("a", "[a 1/1] RUN other", 2, "context canceled"),
                    vertex("b", STEP, 2, "exit code: 2"),
                ],
                vec![],
            ),
        ]);
        let failed = trace.failed().unwrap();
        assert_eq!(failed.name, "RUN go build --trimpath");
        assert_eq!(failed.error, "exit code: 2");
        assert_eq!(failed.log.len(), LOG_LINES);
        assert_eq!(failed.log[0], "line 71");
        assert_eq!(failed.log[LOG_LINES - 1], "last words");
        assert_eq!(trace.progress().done, 0);
    }

    #[test]
    fn a_build_that_went_well_has_no_failed_step() {
        let mut trace = trace(vec![(vec![vertex("b", STEP, 2, "")], vec![])]);
        assert!(trace.failed().is_none());
    }
}
