//! What `tail`, `logs` and the API say of records: which there are, why there are none, and what is
//! wrong with a question.

use crate::support::{ALL_EDITS, Home, said, terminate};
use std::process::{Output, Stdio};
use std::time::Duration;

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

#[test]
fn why_there_are_no_records_is_said_and_a_class_that_is_none_is_refused() {
    let home = Home::with_sample();
    for (command, says) in [
        (&["tail", "deadletter"][..], "deadletter is empty"),
        (
            &["tail", "edits.classified", "--user", "nobody at all"],
            "edits.classified holds 4,068, and none passes the filters",
        ),
        (
            &["tail", "edits.classified", "--from", "end"],
            "edits.classified holds 4,068, and none of them from there on",
        ),
        (
            &["tail", "edits.classified", "--wiki", "dewkii"],
            "nothing in it is of the wiki `dewkii`: a wiki goes by its database name",
        ),
    ] {
        let output = home.run(command);
        assert_eq!(code(&output), 0, "{command:?}: {}", said(&output));
        assert!(
            said(&output).contains(says),
            "{command:?}: {}",
            said(&output)
        );
        assert!(output.stdout.is_empty(), "{command:?}");
    }
    // The wiki is not what is wrong here.
    let known = [
        "tail",
        "edits.classified",
        "--wiki",
        "en*",
        "--user",
        "nobody at all",
    ];
    let known = home.run(&known);
    assert!(!said(&known).contains("database name"), "{}", said(&known));
    for command in ["tail edits.classified --class hihg", "alerts --class hihg"] {
        let command: Vec<&str> = command.split(' ').collect();
        let refused = home.run(&command);
        assert_eq!(code(&refused), 2, "{}", said(&refused));
        let says = "--class: `hihg` is not one of the model's: high, medium, low";
        assert!(said(&refused).contains(says), "{}", said(&refused));
    }
    let high = home.ok(&[
        "tail",
        "edits.classified",
        "--class",
        "high",
        "--output",
        "json",
    ]);
    assert!(high.lines().count() > 0);
}

#[tokio::test]
async fn a_wrong_value_is_refused_with_the_parameter_the_value_and_what_is_allowed() {
    let home = Home::new();
    let mut up = home.spawn_up(&["--replay", "sample"]);
    let status = home.wait_for("all edits", |status| {
        status["scored"].is_u64() && status["archived"].as_u64() >= Some(ALL_EDITS)
    });
    let api = status["process"]["api"]
        .as_str()
        .expect("an address")
        .to_owned();
    let client = wikisentry_http::client_builder();
    let client = client.no_proxy().build().expect("a client");
    for (query, says) in [
        ("max=abc", "max: `abc` is not a whole number from 0"),
        ("follow=yes", "follow: `yes` is neither `true` nor `false`"),
        (
            "class=hihg",
            "class: `hihg` is not one of the model's: high, medium, low",
        ),
    ] {
        let url = format!("{api}/v1/topics/edits.classified?{query}");
        let answer = client.get(url).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 400, "{query}");
        let text = answer.text().await.expect("a text");
        assert!(text.contains(says), "{query}: {text}");
    }
    // What is followed ends after so many, those that are there and those that come.
    let from = ["tail", "edits.classified", "--follow", "--output", "json"];
    let three = home.ok(&[&from[..], &["--from", "beginning", "--max", "3"]].concat());
    assert_eq!(three.lines().count(), 3, "{three}");
    let last = home.ok(&[&from[..], &["-n", "2", "--max", "2"]].concat());
    assert_eq!(last.lines().count(), 2, "{last}");
    let mut none_yet = home.command(&[&from[..], &["--from", "end", "--max", "1"]].concat());
    let mut none_yet = none_yet.stderr(Stdio::null()).spawn().expect("it runs");
    std::thread::sleep(Duration::from_secs(1));
    assert!(
        none_yet.try_wait().expect("a state").is_none(),
        "nothing came"
    );
    none_yet.kill().expect("it is killed");
    none_yet.wait().expect("it has ended");
    assert!(terminate(&mut up).success());
}

#[test]
fn lines_of_the_log_are_shown_from_a_time_on() {
    let home = Home::new();
    home.ok(&["up", "--replay", "sample", "--timeout", "60"]);
    home.ok(&["down"]);
    let all = home.ok(&["logs", "-n", "100000"]);
    let times = all.lines().filter_map(|line| line.split(' ').next());
    let times: Vec<&str> = times.filter(|time| time.starts_with("20")).collect();
    let middle = times[times.len() / 2];
    let since = home.ok(&["logs", "--since", middle]);
    let first = since.lines().next().expect("a line");
    // Times of options have milliseconds.
    assert!(first.split(' ').next() >= Some(&middle[..23]), "{first}");
    assert!(all.ends_with(&since) && since.len() < all.len(), "{since}");
    assert_eq!(home.ok(&["logs", "--since", "1d"]), all);
    assert_eq!(
        home.ok(&["logs", "--since", "1d", "-n", "2"])
            .lines()
            .count(),
        2
    );
    let none = home.run(&["logs", "--since", "2999-01-01"]);
    assert!(none.stdout.is_empty(), "{none:?}");
    assert!(
        said(&none).contains("nothing was written since 2999-01-01"),
        "{}",
        said(&none)
    );
}
