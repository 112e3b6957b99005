//! What standard output and standard error show.

use super::*;
use crate::stage::{Outcome, StageEvent};
use anstream::adapter::strip_str;
use std::time::Duration;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A report to two writers, neither of them a terminal.
fn report_to(out: impl Write + Send + 'static, err: impl Write + Send + 'static) -> Report {
    let sink = |to: Box<dyn Write + Send>| -> Arc<Sink> {
        Arc::new(Mutex::new(Box::new(AutoStream::never(to))))
    };
    Report {
        out: sink(Box::new(out)),
        err: sink(Box::new(err)),
        output: Output::Human,
        quiet: false,
        out_is_terminal: false,
        err_is_terminal: false,
        has_links: false,
    }
}

fn report() -> (Report, Shared, Shared) {
    let (out, err) = (Shared::default(), Shared::default());
    (report_to(out.clone(), err.clone()), out, err)
}

#[test]
fn data_and_narrative_go_to_different_streams() {
    let (report, out, err) = report();
    report.line("data").unwrap();
    report.json(&serde_json::json!({"a": 1})).unwrap();
    report.note("narrative");
    report.warn("careful");
    assert_eq!(out.text(), "data\n{\"a\":1}\n");
    assert_eq!(err.text(), "narrative\nwarning: careful\n");
}

#[test]
fn a_reader_that_has_gone_is_told_apart_from_a_bug() {
    let report = report_to(Closed, Shared::default());
    assert!(matches!(report.line("data"), Err(Error::PipeClosed)));
}

#[test]
fn an_expected_error_shows_causes_and_help() {
    let (report, _, err) = report();
    let error = ExpectedError::preflight("port 8000 is taken")
        .because("bind failed\non 127.0.0.1")
        .help("choose another with --set api.listen=…");
    report.failure(&error.into());
    let expected = "error: port 8000 is taken\n  cause: bind failed\n         on 127.0.0.1\n\
                    help: choose another with --set api.listen=…\n";
    assert_eq!(err.text(), expected);
}

/// Of a feed, an archive or a server: it clears the screen, turns text around, and colours by C1.
const HOSTILE: &str = "x\u{1b}[2J\u{202e}\u{2067}\u{9b}31m\u{85}\r\u{7}y";
const HARMLESS: &str = "x�[2J���31m���y";

#[test]
fn nothing_that_strangers_wrote_reaches_the_terminal_as_they_wrote_it() {
    let (report, out, err) = report();
    let error = ExpectedError::preflight(format!("cannot read {HOSTILE}"))
        .because(format!("the feed answered {HOSTILE}\nand more"))
        .help(format!("wikisentry images load {HOSTILE}"));
    report.failure(&error.into());
    report.warn(HOSTILE);
    report.note(HOSTILE);
    let mut stages = report.stages();
    stages.on(StageEvent::Waiting {
        stage: "feed".to_owned(),
        why: HOSTILE.to_owned(),
    });
    report.line(HOSTILE).unwrap();
    report.data(&"", || format!("{HOSTILE}\n")).unwrap();
    assert_eq!(out.text(), format!("{HARMLESS}\n{HARMLESS}\n"));
    assert_eq!(
        err.text(),
        format!(
            "error: cannot read {HARMLESS}\n  cause: the feed answered {HARMLESS}\n         \
             and more\nhelp: wikisentry images load {HARMLESS}\nwarning: {HARMLESS}\n\
             {HARMLESS}\n  feed: waiting: {HARMLESS}\n"
        )
    );
}

#[test]
fn json_on_a_terminal_has_escapes_and_elsewhere_its_own_bytes() {
    let value = serde_json::json!({ "title": HOSTILE });
    let (report, piped, _) = report();
    report.json(&value).unwrap();
    let (mut report, shown, _) = self::report();
    report.out_is_terminal = true;
    report.json(&value).unwrap();
    let line = format!("{value}\n");
    report.lines(line.as_bytes()).unwrap();
    assert_eq!(piped.text(), line);
    let twice = shown.text();
    let lines: Vec<&str> = twice.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, lines[1]));
    assert!(
        lines[0].contains(r"\u202e\u2067\u009b31m\u0085"),
        "{lines:?}"
    );
    let read: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(read, value);
}

#[test]
fn a_bug_asks_to_be_reported() {
    let (report, _, err) = report();
    report.failure(&Error::bug("the journal went backwards"));
    assert!(
        err.text()
            .starts_with("bug: the journal went backwards\nhelp: "),
        "{}",
        err.text()
    );
    assert!(err.text().contains("please report it"));
}

#[test]
fn columns_are_aligned_and_lines_not_padded_at_the_end() {
    let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
    let pairs = pairs(&[("a", "1".into()), ("long", "2".into())], 80);
    let table = table(["key", "value"], &[row("é", "x"), row("longer", "")], 80);
    assert_eq!(
        strip_str(&(pairs + &table)).to_string(),
        "a     1\nlong  2\nkey     value\né       x\nlonger\n"
    );
}

#[test]
fn without_a_terminal_stages_are_plain_lines_without_repeats() {
    let (report, out, err) = report();
    let stage = || "feed".to_owned();
    let mut stages = report.stages();
    stages.on(StageEvent::Started { stage: stage() });
    for _ in 0..3 {
        stages.on(StageEvent::Waiting {
            stage: stage(),
            why: "no answer".into(),
        });
    }
    stages.on(StageEvent::Finished {
        stage: stage(),
        elapsed: Duration::from_millis(1234),
        outcome: Outcome::Done,
    });
    assert_eq!(
        err.text(),
        "… feed\n  feed: waiting: no answer\n✓ feed 1.2 s\n"
    );
    assert_eq!(out.text(), "");
}

#[test]
fn without_a_terminal_a_step_is_named_once_however_much_it_writes() {
    let (report, _, err) = report();
    let mut stages = report.stages();
    stages.on(StageEvent::Started {
        stage: "image minio".to_owned(),
    });
    for (step, line) in [
        ("1/2 RUN go build", None),
        ("1/2 RUN go build", Some("a\u{1b}[2J")),
        ("1/2 RUN go build", Some("b")),
        ("2/2 COPY minio", None),
    ] {
        stages.on(StageEvent::Working {
            stage: "image minio".to_owned(),
            step: step.to_owned(),
            line: line.map(str::to_owned),
        });
    }
    let said = "… image minio\n  image minio: 1/2 RUN go build\n  image minio: 2/2 COPY minio\n";
    assert_eq!(err.text(), said);
}
