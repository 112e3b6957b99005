//! What the API answers is what its document says, asked of a platform that runs.

use crate::api::{Api, sample_lines};
use jsonschema::Validator;
use serde_json::{Value, json};

/// The API's description of itself.
struct Document(Value);

impl Document {
    fn of(api: &Api) -> Self {
        let (status, text) = api.get("/openapi.json");
        assert_eq!(status, 200);
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    /// What an answer must be like, and of which type.
    fn answer(&self, path: &str, method: &str, status: u16) -> (String, Validator) {
        let responses = &self.0["paths"][path][method]["responses"];
        let content = &responses[status.to_string()]["content"];
        let content = content.as_object().and_then(|kinds| kinds.iter().next());
        let (kind, content) =
            content.unwrap_or_else(|| panic!("{method} {path} gives no {status}"));
        let mut schema = content["schema"].clone();
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .expect("a schema");
        (kind.clone(), validator)
    }

    /// What a value must be like, by the name of its schema.
    fn contract(&self, name: &str) -> Validator {
        let schema = json!({
            "$ref": format!("#/components/schemas/{name}"),
            "components": self.0["components"],
        });
        jsonschema::validator_for(&schema).expect(name)
    }

    /// Holds an answer to what is said of it; the JSON values in it.
    fn hold(&self, api: &Api, path: &str, query: &str, expected: u16) -> Vec<Value> {
        let asked = path.replace("{topic}", "edits.classified");
        self.hold_of(api, path, &format!("{asked}{query}"), expected)
    }

    fn hold_of(&self, api: &Api, path: &str, asked: &str, expected: u16) -> Vec<Value> {
        let (status, kind, text) = api.get_typed(asked);
        assert_eq!(status, expected, "{asked}: {text}");
        let (said, validator) = self.answer(path, "get", status);
        assert!(kind.starts_with(&said), "{asked}: {kind}");
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let values = match said.as_str() {
            "application/json" => vec![read(&text)],
            "application/x-ndjson" => text.lines().map(read).collect(),
            _ => vec![Value::String(text)],
        };
        for value in &values {
            keeps(&validator, value, asked);
        }
        values
    }
}

fn keeps(validator: &Validator, value: &Value, asked: &str) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{asked}: {errors:?} in {value}");
}

/// A filter is applied by the server, and `tail` and `alerts` ask it for the same.
fn filters_are_those_of_the_commands(api: &Api, document: &Document) {
    let path = "/v1/topics/{topic}";
    let ask = |topic: &str, query: &str| {
        let asked = format!("/v1/topics/{topic}?{query}");
        let records = document.hold_of(api, path, &asked, 200);
        let values = records.into_iter().map(|record| record["value"].clone());
        values.collect::<Vec<_>>()
    };
    let all = ask("edits.classified", "from=beginning");
    assert_eq!(all.len(), 4_068);
    assert_eq!(ask("edits.classified", ""), all[all.len() - 10..]);
    type Fits = fn(&Value) -> bool;
    let cases: [(&str, &[&str], Fits); 6] = [
        ("wiki=en*", &["--wiki", "en*"], |edit| {
            edit["wiki"]
                .as_str()
                .is_some_and(|wiki| wiki.starts_with("en"))
        }),
        (
            "user_type=anonymous&min_score=0.1",
            &["--user-type", "anonymous", "--min-score", "0.1"],
            |edit| edit["user_type"] == "anonymous" && edit["score"].as_f64() >= Some(0.1),
        ),
        ("no_bots=true", &["--no-bots"], |edit| {
            edit["user_type"] != "bot"
        }),
        (
            "class=medium&class=high",
            &["--class", "medium", "--class", "high"],
            |edit| edit["class"] == "medium" || edit["class"] == "high",
        ),
        ("page=*:*", &["--page", "*:*"], |edit| {
            edit["page_title"]
                .as_str()
                .is_some_and(|title| title.contains(':'))
        }),
        (
            "since=2018-03-15&until=2018-03-15T16:30:00Z",
            &["--since", "2018-03-15", "--until", "2018-03-15 16:30"],
            |edit| {
                let time = edit["event_time"].as_str().expect("a time");
                ("2018-03-15T00:00:00.000Z".."2018-03-15T16:30:00.000Z").contains(&time)
            },
        ),
    ];
    for (query, flags, fits) in cases {
        let expected: Vec<&Value> = all.iter().filter(|edit| fits(edit)).collect();
        let found = ask("edits.classified", &format!("from=beginning&{query}"));
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
        assert!((1..all.len()).contains(&expected.len()), "{query}");
        let last = expected.len().saturating_sub(3);
        let command = [
            &["tail", "edits.classified", "-n", "3", "--output", "json"],
            flags,
        ];
        let shown = api.home.ok(&command.concat());
        let shown: Vec<Value> = shown
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(
            shown.iter().collect::<Vec<_>>(),
            expected[last..],
            "{query}"
        );
    }
    let alerts = ask("alerts", "from=beginning");
    let kind = |kind: &str| alerts.iter().filter(|alert| alert["kind"] == kind).count();
    let bursts = ask("alerts", "from=beginning&kind=edit_burst");
    assert_eq!(bursts.len(), kind("edit_burst"));
    let shown = api.home.ok(&[
        "alerts",
        "--since",
        "2001-01-01",
        "--no-bots",
        "--output",
        "json",
    ]);
    let by_people = alerts.iter().filter(|alert| alert["user_type"] != "bot");
    assert_eq!(shown.lines().count(), by_people.count());
}

#[test]
fn answers_are_as_the_document_says() {
    let mut api = Api::start();
    let document = Document::of(&api);
    let paths = document.0["paths"].as_object().expect("paths");
    for (path, methods) in paths {
        for method in methods.as_object().expect("methods").keys() {
            assert!(["get", "post"].contains(&method.as_str()), "{method}");
        }
        if methods.get("get").is_none() {
            continue;
        }
        assert!(!document.hold(&api, path, "", 200).is_empty(), "{path}");
        document.hold(&api, path, "?unknown=1", 400);
        // A stranger's name.
        let request = api.client.get(format!("{}{path}", api.base));
        let (status, text) = api.send(request.header("Host", "evil.example"));
        let (_, validator) = document.answer(path, "get", status);
        assert_eq!(status, 421);
        keeps(
            &validator,
            &serde_json::from_str(&text).expect("JSON"),
            path,
        );
    }
    let topics = "/v1/topics/{topic}";
    for topic in document.0["paths"][topics]["get"]["parameters"][0]["schema"]["enum"]
        .as_array()
        .expect("topics")
    {
        let topic = topic.as_str().expect("a name");
        let asked = format!("/v1/topics/{topic}?from=beginning");
        let records = document.hold_of(&api, topics, &asked, 200);
        let validator = document.contract(match topic {
            "edits.classified" => "ClassifiedEdit",
            "alerts" => "Alert",
            "deadletter" => "DeadLetter",
            _ => "Event",
        });
        for record in records {
            keeps(&validator, &record["value"], topic);
        }
    }
    document.hold_of(&api, topics, "/v1/topics/nothing", 404);
    document.hold_of(&api, topics, "/v1/topics/edits.bot?min_score=1", 400);
    filters_are_those_of_the_commands(&api, &document);

    let lines = sample_lines(2);
    for (body, expected) in [
        (lines[0].clone(), 200),
        (format!("[{},{{}}]", lines.join(",")), 200),
        (String::new(), 400),
        ("{}".to_owned(), 422),
        (format!("[{}]", vec!["1"; 1_001].join(",")), 413),
    ] {
        let (status, answer) = api.post("/predict", body);
        assert_eq!(status, expected, "{answer}");
        let (_, validator) = document.answer("/predict", "post", status);
        keeps(&validator, &answer, "/predict");
    }
    let (status, answer) = api.post("/predict?score_bots=true", lines[0].clone());
    assert_eq!((status, answer["help"].is_string()), (400, true));
    let wrong = json!({"live": false});
    let (_, validator) = document.answer("/health/live", "get", 200);
    assert!(!validator.is_valid(&wrong));
    api.stop();
}
