//! From templates to labelled objects, and what is said of those that are wrong.

use super::{COMPONENT, MANAGED_BY, ManifestError, NAME, Object, Scope, Templates, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

fn render(text: &str, context: Value) -> Result<String, ManifestError> {
    let templates = Templates::new([("a/x.yaml.j2", text)])?;
    Ok(templates.render("a/x.yaml.j2", &context)?.text)
}

fn scope() -> Scope {
    Scope {
        part_of: "app".to_owned(),
        instance: "one".to_owned(),
        component: Some("web".to_owned()),
        managed_by: "us".to_owned(),
    }
}

#[test]
fn a_template_becomes_documents() {
    let text = "{% for name in names %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ name }}\n{% endfor %}\n---\n# nothing\n";
    let templates = Templates::new([("maps", text), ("other", "")]).unwrap();
    assert_eq!(templates.names(), ["maps", "other"]);
    let rendered = templates
        .render("maps", json!({"names": ["a", "b"]}))
        .unwrap();
    let expected = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n---\n# nothing\n";
    assert_eq!(rendered.text, expected);
    let objects = rendered.objects().unwrap();
    let names: Vec<&str> = objects.iter().map(Object::name).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn a_boolean_reads_as_yaml_has_it() {
    let text = render(
        "{% if it %}a: {{ it | json }}{% endif %}",
        json!({"it": true}),
    );
    assert_eq!(text.unwrap(), "a: true");
}

#[test]
fn errors_name_template_line_and_variable() {
    let undefined = |line, variable: &str| ManifestError::Undefined {
        template: "a/x.yaml.j2".to_owned(),
        line,
        variable: variable.to_owned(),
    };
    for (text, expected) in [
        ("a: 1\nb: {{ flink.slots }}\n", undefined(2, "flink.slots")),
        ("{{ nothing }}", undefined(1, "nothing")),
        ("\n\n{{ nothing.more }}", undefined(3, "nothing.more")),
        ("a\n{% if nothing %}b{% endif %}", undefined(2, "nothing")),
        ("x: {{ nothing | json }}", undefined(1, "nothing")),
    ] {
        let error = render(text, json!({"flink": {"memory": 1}})).unwrap_err();
        assert_eq!(error, expected, "{text}");
    }
    for (text, line, words) in [
        ("a\n{% if %}", 2, "syntax error"),
        ("a\nb\n{{ 1 | nothing }}", 3, "unknown filter"),
        ("{{ x | yaml(indnt=2) }}", 1, "indnt"),
        ("a\nb: {{ x == 1 }}", 2, "by the filter json"),
    ] {
        let error = render(text, json!({"x": 1})).unwrap_err();
        let ManifestError::Syntax {
            template,
            line: found,
            reason,
        } = &error
        else {
            panic!("{text}: {error:?}");
        };
        assert_eq!((template.as_str(), *found), ("a/x.yaml.j2", line), "{text}");
        assert!(reason.contains(words), "{text}: {reason}");
    }
    let templates = Templates::new([
        ("outer", "{% include 'inner' %}"),
        ("inner", "\n{{ gone }}"),
    ])
    .unwrap();
    assert_eq!(
        templates
            .render("outer", json!({}))
            .unwrap_err()
            .to_string(),
        "inner:2: `gone` is not defined"
    );
    assert_eq!(
        templates.render("none", json!({})).unwrap_err().to_string(),
        "there is no template none"
    );
}

#[test]
fn documents_that_are_no_objects_are_named_by_their_place() {
    let fine = "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n---\n";
    for (text, words) in [
        ("- a\n", "it is no object"),
        ("apiVersion: v1\nkind: Pod\n", "it has no metadata.name"),
        ("kind: Pod\nmetadata: { name: a }\n", "it has no apiVersion"),
        ("a: [1\n", "did not find expected"),
        ("a: 1\na: 2\n", "duplicate"),
        ("a: !!binary x\n", "it has no apiVersion"),
    ] {
        let error = parse("x", &format!("{fine}{text}")).unwrap_err();
        let ManifestError::Document {
            document: 2,
            reason,
            ..
        } = &error
        else {
            panic!("{text}: {error:?}");
        };
        assert!(reason.contains(words), "{text}: {reason}");
    }
}

#[test]
fn a_number_with_a_leading_zero_is_text_and_never_decimal() {
    // kubectl (YAML 1.1) takes it for octal: as text the API refuses it where a number must be.
    let text = "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nmode: 0440\n";
    assert_eq!(
        parse("x", text).unwrap()[0].field("mode"),
        Some(&json!("0440"))
    );
}

#[test]
fn labels_are_added_where_there_are_none_and_to_pods_too() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: front\n  labels: { app.kubernetes.io/component: own }\nspec: { template: { spec: {} } }\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: { name: nightly }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: s, namespace: other, labels: null }\n";
    let mut objects = parse("x", text).unwrap();
    for object in &mut objects {
        object.place("ours");
        scope().label(object);
    }
    let [deployment, cron_job, service] = &objects[..] else {
        panic!("{objects:?}");
    };
    assert_eq!(deployment.label(COMPONENT), Some("own"));
    assert_eq!(
        (deployment.label(NAME), deployment.label(MANAGED_BY)),
        (Some("front"), Some("us"))
    );
    let pod = &deployment.as_value()["spec"]["template"]["metadata"]["labels"];
    assert_eq!(
        (&pod[COMPONENT], &pod[NAME]),
        (&json!("web"), &json!("front"))
    );
    let pod = &cron_job.as_value()["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"];
    assert_eq!(pod[NAME], "nightly");
    assert_eq!(
        (deployment.namespace(), service.namespace()),
        (Some("ours"), Some("other"))
    );
    assert_eq!(service.label(COMPONENT), Some("web"));
    assert_eq!(service.field("spec"), None);
    assert_eq!(
        scope().selector(),
        "app.kubernetes.io/part-of=app,app.kubernetes.io/instance=one,app.kubernetes.io/component=web"
    );
    assert_eq!(
        scope()
            .of_instance()
            .of_component("db")
            .component
            .as_deref(),
        Some("db")
    );
}

#[test]
fn what_an_object_holds_is_not_shown() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: { name: a, namespace: n }\nstringData: { k: hunter2 }\n";
    let objects = parse("x", text).unwrap();
    assert_eq!(
        format!("{objects:?} {}", objects[0]),
        "[Object(Secret n/a)] Secret n/a"
    );
}

#[test]
fn blocks_of_yaml_stand_at_their_indent() {
    let text = "limits:\n  {{ limits | yaml(indent=2) }}\nname: {{ name | yaml }}\n";
    let context = json!({"limits": {"a": [1, 2], "b": {"c": "x: y"}}, "name": "no"});
    let rendered = render(text, context.clone()).unwrap();
    let read: Value = yaml_serde::from_str(&rendered).unwrap();
    assert_eq!(read, context, "{rendered}");
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        Just("no".to_owned()),
        Just("0440".to_owned()),
        Just("1e3".to_owned()),
        Just("a: b # c".to_owned()),
        Just("{{ x }}".to_owned()),
        Just("\u{feff}\u{85}\u{2028}\u{7f}\t\0".to_owned()),
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z./-]{1,6}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_stays_what_it_is_through_both_filters(value in values()) {
        let context = json!({"value": value});
        for filter in ["json", "yaml(indent=2)"] {
            let text = format!("a:\n  b:\n    {{{{ value | {filter} }}}}\n").replace("indent=2", "indent=4");
            let rendered = render(&text, context.clone()).unwrap();
            let read: Value = yaml_serde::from_str(&rendered).unwrap();
            prop_assert_eq!(&read["a"]["b"], &value, "{}: {}", filter, rendered);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = parse("x", &text);
        let _ = Templates::new([("x", text.as_str())]).map(|templates| templates.render("x", json!({"a": 1})));
    }
}
