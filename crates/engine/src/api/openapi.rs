//! `GET /openapi.json`: `docs/contracts/openapi.json`, and in it the contracts that it refers to.

use super::error::NoQuery;
use axum::Json;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Refers to contracts by the names of their files.
const DOCUMENT: &str = include_str!("../../../../docs/contracts/openapi.json");

/// The contracts that the document refers to, by the names of their files.
const CONTRACTS: [(&str, &str); 5] = [
    (
        "alert.schema.json",
        include_str!("../../../../docs/contracts/alert.schema.json"),
    ),
    (
        "classified-edit.schema.json",
        include_str!("../../../../docs/contracts/classified-edit.schema.json"),
    ),
    (
        "deadletter.schema.json",
        include_str!("../../../../docs/contracts/deadletter.schema.json"),
    ),
    (
        "prediction.schema.json",
        include_str!("../../../../docs/contracts/prediction.schema.json"),
    ),
    (
        "status.schema.json",
        include_str!("../../../../docs/contracts/status.schema.json"),
    ),
];

static WHOLE: LazyLock<Value> = LazyLock::new(whole);

pub(super) async fn document(_: NoQuery) -> Json<&'static Value> {
    Json(LazyLock::force(&WHOLE))
}

/// The document without references to files.
fn whole() -> Value {
    let mut document = json(DOCUMENT);
    let mut schemas = Map::new();
    let mut places = Vec::new();
    if let Some(Value::Object(named)) = document.pointer_mut("/components/schemas") {
        schemas = std::mem::take(named);
    }
    for (name, schema) in &mut schemas {
        let place = format!("#/components/schemas/{name}");
        let file = schema["$ref"].as_str();
        let Some((file, contract)) = CONTRACTS.iter().find(|(known, _)| file == Some(*known))
        else {
            continue;
        };
        *schema = json(contract);
        if let Value::Object(fields) = schema {
            fields.remove("$schema");
            fields.remove("$id");
        }
        // What it refers to within itself lies deeper now.
        redirect(schema, &|to| {
            to.strip_prefix('#').map(|rest| format!("{place}{rest}"))
        });
        places.push((*file, place));
    }
    document["components"]["schemas"] = Value::Object(schemas);
    redirect(&mut document, &|to| {
        let (file, place) = places.iter().find(|(file, _)| to.starts_with(file))?;
        let rest = to.strip_prefix(file)?.trim_start_matches('#');
        Some(format!("{place}{rest}"))
    });
    document
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("a test reads it")
}

/// Changes where references lead.
fn redirect(value: &mut Value, change: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), &*field) {
                    ("$ref", Value::String(to)) => {
                        if let Some(to) = change(to) {
                            *field = Value::String(to);
                        }
                    }
                    _ => redirect(field, change),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::routes;
    use crate::filter::Parameter;
    use crate::tail::{Clock, Wanted, parameters};
    use axum::http::StatusCode;
    use std::collections::BTreeSet;
    use wikisentry_core::anomaly::AlertKind;
    use wikisentry_core::topic::Topic;
    use wikisentry_core::user::UserType;

    const METHODS: [&str; 8] = [
        "get", "put", "post", "delete", "options", "head", "patch", "trace",
    ];

    /// Every operation with its path and method.
    fn operations() -> Vec<(&'static str, String, &'static Value)> {
        let paths = WHOLE["paths"].as_object().unwrap().iter();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| {
                assert!(METHODS.contains(&method.as_str()), "{method} of {path}");
                (path.as_str(), method.to_uppercase(), operation)
            })
        });
        operations.collect()
    }

    fn query_parameters(operation: &Value) -> Vec<&Value> {
        let all = operation["parameters"].as_array().into_iter().flatten();
        all.filter(|one| one["in"] == "query").collect()
    }

    fn each<'a>(value: &'a Value, seen: &mut dyn FnMut(&'a str, &'a Value)) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    seen(name, field);
                    each(field, seen);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| each(item, seen)),
            _ => {}
        }
    }

    #[test]
    fn the_document_has_the_routes_that_there_are() {
        let documented: BTreeSet<(String, String)> = operations()
            .into_iter()
            .map(|(path, method, _)| (path.to_owned(), method))
            .collect();
        let served: BTreeSet<(String, String)> = routes()
            .into_iter()
            .map(|route| (route.path.to_owned(), route.method.to_string()))
            .collect();
        assert_eq!(documented, served);
    }

    #[test]
    fn it_has_the_parameters_that_are_read_with_all_values_that_they_may_have() {
        for (path, _, operation) in operations() {
            let documented = query_parameters(operation);
            if path != "/v1/topics/{topic}" {
                assert!(documented.is_empty(), "{path}");
                continue;
            }
            let names = documented.iter().map(|one| one["name"].as_str().unwrap());
            let names: BTreeSet<&str> = names.collect();
            assert_eq!(names, parameters().collect());
            for one in documented {
                let name = one["name"].as_str().unwrap();
                let known = Parameter::ALL.into_iter().find(|it| it.name() == name);
                let is_list = one["schema"]["type"] == "array";
                assert_eq!(
                    is_list,
                    known.is_some_and(Parameter::is_repeatable),
                    "{name}"
                );
                let example = match (&one["example"], name) {
                    (Value::Array(all), _) => all[0].clone(),
                    (Value::Null, _) => Value::Bool(true),
                    (one, _) => one.clone(),
                };
                let example = example.as_str().map_or(example.to_string(), str::to_owned);
                let query = format!("{name}={example}");
                let topic = match name {
                    "kind" => Topic::Alerts,
                    _ => Topic::EditsClassified,
                };
                let read = Wanted::of_query(topic, &query, &Clock::utc());
                assert!(read.is_ok(), "{query}: {read:?}");
                // Which topics have it is said in words.
                let said = one["description"].as_str().unwrap();
                for topic in Topic::ALL {
                    let is_of = known.is_none_or(|known| known.is_of(topic));
                    let excluded = match said.split_once("Not for ") {
                        Some((_, not_for)) => not_for.contains(&format!("`{topic}`")),
                        None => said
                            .split_once(" For ")
                            .is_some_and(|(_, only_for)| !only_for.contains(&format!("`{topic}`"))),
                    };
                    let of_one_type = name == "no_bots" && topic == Topic::EditsBot;
                    assert_eq!(is_of && !of_one_type, !excluded, "{name} for {topic}");
                }
            }
        }
        let values = |name: &str| {
            let all = WHOLE["paths"]["/v1/topics/{topic}"]["get"]["parameters"].as_array();
            let one = all.unwrap().iter().find(|one| one["name"] == name).unwrap();
            let values = one["schema"]
                .pointer("/items/enum")
                .or(one["schema"].get("enum"));
            values.unwrap().clone()
        };
        assert_eq!(
            values("topic"),
            serde_json::json!(Topic::ALL.map(Topic::name))
        );
        assert_eq!(
            values("user_type"),
            serde_json::json!(UserType::ALL.map(UserType::name))
        );
        assert_eq!(
            values("kind"),
            serde_json::json!(AlertKind::ALL.map(AlertKind::name))
        );
    }

    /// The statuses of errors that a source names, by their names there.
    fn statuses(source: &str) -> BTreeSet<u16> {
        let code = source.split("#[cfg(test)]").next().unwrap();
        let names = code.split("StatusCode::").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_');
            &rest[..end.unwrap_or(rest.len())]
        });
        let code = |name: &str| {
            let mut all = (200..600).filter(|code| {
                let status = StatusCode::from_u16(*code).unwrap();
                let reason = status.canonical_reason().unwrap_or_default();
                reason.to_uppercase().replace(' ', "_") == name
            });
            all.next().unwrap_or_else(|| panic!("{name} is no status"))
        };
        names.map(code).filter(|code| *code >= 400).collect()
    }

    #[test]
    fn it_has_the_statuses_of_errors_that_there_are() {
        // What comes before every route.
        let mut general = statuses(include_str!("guard.rs"));
        general.insert(400);
        assert_eq!(general, BTreeSet::from([400, 403, 421]));
        for (path, method, operation) in operations() {
            let of_route = match path {
                "/predict" => statuses(include_str!("predict.rs")),
                "/v1/topics/{topic}" => statuses(include_str!("topics.rs")),
                "/health/ready" | "/v1/status" => BTreeSet::from([503]),
                _ => BTreeSet::new(),
            };
            let documented = operation["responses"].as_object().unwrap();
            let codes = documented.keys().map(|code| code.parse::<u16>().unwrap());
            let errors: BTreeSet<u16> = codes.filter(|code| *code >= 400).collect();
            assert_eq!(errors, &general | &of_route, "{method} {path}");
            for (code, response) in documented {
                let content = &response["content"]["application/json"];
                let is_error = content["schema"]["$ref"] == "#/components/schemas/Error";
                let says_when = response.pointer("/headers/Retry-After").is_some();
                // As `ApiError` has it.
                assert_eq!(
                    says_when,
                    is_error && code == "503",
                    "{method} {path} {code}"
                );
            }
        }
    }

    #[test]
    fn it_is_valid_and_stands_for_itself() {
        let read = oas3::from_json(WHOLE.to_string()).expect("an OpenAPI document");
        assert_eq!(read.openapi, "3.1.1");
        each(&WHOLE, &mut |name, field| {
            if name == "$ref" {
                let to = field.as_str().unwrap();
                let place = to
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("{to} is outside"));
                assert!(WHOLE.pointer(place).is_some(), "{to} leads nowhere");
            }
            if name == "schema" {
                jsonschema::meta::validate(field).expect("a schema");
            }
        });
        let schemas = WHOLE["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            jsonschema::meta::validate(schema).expect(name);
            assert!(schema.get("$id").is_none(), "{name}");
        }
        let mut ids = BTreeSet::new();
        for (path, method, operation) in operations() {
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{path}"
            );
            let named: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
            let all = operation["parameters"].as_array().into_iter().flatten();
            let declared = all.filter(|one| one["in"] == "path" && one["required"] == true);
            let declared: BTreeSet<&str> =
                declared.map(|one| one["name"].as_str().unwrap()).collect();
            assert_eq!(named, declared, "{method} {path}");
        }
    }
}
