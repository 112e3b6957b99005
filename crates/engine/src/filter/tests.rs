//! What filters take of each topic, and that each of them has one form everywhere.

use super::*;
use crate::tail::{BadQuery, Clock, Wanted};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::form_urlencoded;

const RECENTCHANGE: &str =
    include_str!("../../../../testdata/events/recentchange-2026-temporary-account.json");
const TAGS: &str = include_str!("../../../../testdata/events/revision-tags-change.json");
const RISK: &str = include_str!("../../../../testdata/events/revert-risk.json");

fn at(text: &str) -> EventTime {
    EventTime::parse(text).unwrap()
}

fn wanted(topic: Topic, query: &str) -> Result<Wanted, BadQuery> {
    let clock = Clock {
        now: at("2026-11-30T12:00:00Z"),
        zone: jiff::tz::TimeZone::UTC,
    };
    Wanted::of_query(topic, query, &clock)
}

fn takes(topic: Topic, query: &str, record: &Value) -> bool {
    let wanted = wanted(topic, query).expect(query);
    wanted.takes(at("2026-12-31T00:00:00Z"), record.to_string().as_bytes())
}

fn classified() -> Value {
    json!({"wiki": "dewiki", "page_title": "Talk:Alpha Beta", "user": "~2026-12345-67",
        "user_type": "anonymous", "is_bot": false, "score": 0.75, "class": "high",
        "event_time": "2026-11-30T10:00:00.000Z", "comment": "x"})
}

fn alert() -> Value {
    json!({"alert_id": "00", "kind": "high_risk_edit", "severity": "warning", "wiki": "dewiki",
        "user_type": "anonymous", "subject": "dewiki:7", "title": "x",
        "details": {"score": 0.75, "class": "high", "rev_id": 7, "page_title": "Talk:Alpha Beta",
            "user": "~2026-12345-67", "comment": "x"},
        "event_time": "2026-11-30T10:00:00.000Z", "raised_at": "2026-11-30T10:00:01.000Z"})
}

#[test]
fn classified_edits_and_alerts_are_taken_by_what_they_say() {
    for (topic, record) in [
        (Topic::EditsClassified, classified()),
        (Topic::Alerts, alert()),
    ] {
        for query in [
            "",
            "wiki=dewiki",
            "wiki=enwiki&wiki=d*",
            "user=~2026-*",
            "user_type=anonymous",
            "user_type=bot&user_type=anonymous",
            "page=Talk:Alpha_Beta",
            "page=Talk:*",
            "min_score=0.75",
            "min_score=0",
            "class=high",
            "class=low&class=high",
            "no_bots=true",
            "no_bots=false",
            "since=2026-11-30T10:00:00Z",
            "since=2h",
            "since=1d&until=1h",
            "wiki=de*&user=~*&page=Talk:*&min_score=0.5&class=high&no_bots=true&since=2026-11-30",
        ] {
            assert!(takes(topic, query, &record), "{topic} {query}");
        }
        for query in [
            "wiki=enwiki",
            "wiki=de",
            "user=Example",
            "user_type=registered",
            "page=Alpha*",
            "min_score=0.76",
            "class=hig",
            "since=2026-11-30T10:00:00.001Z",
            "since=1h",
            "until=2026-11-30",
            "until=2026-11-30T10:00:00Z",
            "wiki=dewiki&class=low",
        ] {
            assert!(!takes(topic, query, &record), "{topic} {query}");
        }
        let mut by_bot = record.clone();
        by_bot["user_type"] = json!("bot");
        assert!(!takes(topic, "no_bots=true", &by_bot), "{topic}");
    }
    assert!(takes(
        Topic::Alerts,
        "kind=edit_war&kind=high_risk_edit",
        &alert()
    ));
    assert!(!takes(Topic::Alerts, "kind=edit_war", &alert()));
}

#[test]
fn what_a_record_does_not_say_fits_no_value() {
    let mut hidden = classified();
    hidden["user"] = json!(null);
    hidden["score"] = json!(null);
    hidden["class"] = json!(null);
    for query in ["user=*", "min_score=0", "class=*"] {
        assert!(!takes(Topic::EditsClassified, query, &hidden), "{query}");
    }
    let stalled = json!({"alert_id": "00", "kind": "feed_stalled", "severity": "critical",
        "subject": "feed", "title": "x", "details": {"silent_seconds": 120.0},
        "event_time": "2026-11-30T10:00:00.000Z", "raised_at": "2026-11-30T10:00:00.000Z"});
    for query in [
        "wiki=*",
        "page=*",
        "user=*",
        "user_type=registered",
        "min_score=0",
    ] {
        assert!(!takes(Topic::Alerts, query, &stalled), "{query}");
    }
    assert!(takes(Topic::Alerts, "no_bots=true&since=1d", &stalled));
    // An alert of an earlier version, which has no type of user.
    let mut early = alert();
    early.as_object_mut().unwrap().remove("user_type");
    assert!(takes(Topic::Alerts, "user_type=anonymous", &early));
    assert!(!takes(Topic::Alerts, "user_type=registered", &early));
    assert!(!takes(
        Topic::EditsClassified,
        "wiki=*",
        &json!("no record")
    ));
}

#[test]
fn raw_events_and_label_facts_are_taken_by_what_they_say() {
    let event: Value = serde_json::from_str(RECENTCHANGE).unwrap();
    let (wiki, title, user) = (&event["wiki"], &event["title"], &event["user"]);
    let query = |wiki: &Value, title: &Value, user: &Value| {
        let pairs = [("wiki", wiki), ("page", title), ("user", user)];
        let pairs = pairs.map(|(name, value)| (name, value.as_str().unwrap()));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    };
    let all = query(wiki, title, user);
    assert!(takes(Topic::EditsAnonymous, &all, &event), "{all}");
    let other = query(wiki, title, &json!("Example"));
    assert!(!takes(Topic::EditsAnonymous, &other, &event));
    assert!(takes(
        Topic::EditsAnonymous,
        "user_type=anonymous&no_bots=true",
        &event
    ));
    // The topic tells the type of a user whose name is gone.
    let mut hidden = event.clone();
    hidden["user"] = json!(null);
    assert!(takes(Topic::EditsAnonymous, "user_type=anonymous", &hidden));

    for text in [TAGS, RISK] {
        let event: Value = serde_json::from_str(text).unwrap();
        let wiki = event.get("database").or(event.get("wiki_id"));
        let wiki = wiki.and_then(Value::as_str).expect("a wiki");
        assert!(takes(Topic::RevisionTags, &format!("wiki={wiki}"), &event));
        assert!(!takes(Topic::RevisionTags, "wiki=zzwiki", &event));
        assert!(takes(Topic::RevisionTags, "since=2001-01-01", &event));
        assert!(!takes(Topic::RevisionTags, "until=2001-01-01", &event));
    }
}

#[test]
fn a_topic_refuses_what_its_records_do_not_have() {
    let value = |parameter: Parameter| match parameter {
        Parameter::UserType => "anonymous",
        Parameter::MinScore => "0.5",
        Parameter::Kind => "edit_war",
        Parameter::NoBots => "true",
        Parameter::Since | Parameter::Until => "1d",
        _ => "x",
    };
    for (topic, has) in [
        (Topic::EditsRegistered, "wiki user page no_bots since until"),
        (
            Topic::EditsAnonymous,
            "wiki user user_type page no_bots since until",
        ),
        (Topic::EditsBot, "wiki user page since until"),
        (Topic::RevisionTags, "wiki page since until"),
        (
            Topic::EditsClassified,
            "wiki user user_type page min_score class no_bots since until",
        ),
        (
            Topic::Alerts,
            "wiki user user_type page min_score class kind no_bots since until",
        ),
        (Topic::DeadLetter, ""),
    ] {
        for parameter in Parameter::ALL {
            let name = parameter.name();
            let query = format!("{name}={}", value(parameter));
            let asked = wanted(topic, &query);
            match has.split(' ').any(|known| known == name) {
                true => assert!(asked.is_ok(), "{topic} {query}: {asked:?}"),
                false => {
                    let refused = asked.unwrap_err().to_string();
                    assert!(refused.starts_with(name), "{topic} {query}: {refused}");
                    assert!(refused.contains(topic.name()), "{topic} {query}: {refused}");
                }
            }
        }
    }
}

#[test]
fn other_queries_are_refused_with_the_parameter_at_fault() {
    let many = "wiki=x&".repeat(65);
    for (query, says) in [
        ("wikis=x", "no parameter `wikis`"),
        ("limit=5", "no parameter `limit`"),
        ("max=5&max=6", "`max` is given twice"),
        ("follow=true&follow=true", "`follow` is given twice"),
        ("no_bots=true&no_bots=true", "`no_bots` is given twice"),
        ("no_bots=false&no_bots=true", "`no_bots` is given twice"),
        ("since=1d&since=2d", "`since` is given twice"),
        ("max=many", "max: `many` is not a whole number from 0"),
        ("max=-1", "max: `-1` is not a whole number from 0"),
        ("max=18446744073709551616", "to 18446744073709551615"),
        ("follow=yes", "follow: `yes` is neither `true` nor `false`"),
        ("no_bots=1", "no_bots: `1` is neither `true` nor `false`"),
        ("from=yesterday", "from: `yesterday` is not `beginning`"),
        ("wiki=", "wiki: it is empty; give a name"),
        ("wiki=[a", "wiki: `[a` has a `[` that no `]` closes"),
        ("class=", "class: it is empty"),
        ("user_type=admin", "not one of registered, anonymous, bot"),
        ("min_score=1.5", "not a number from 0 to 1"),
        ("min_score=NaN", "not a number from 0 to 1"),
        ("since=soon", "since: `soon` is not a time"),
        ("since=1d&until=2d", "until: it is not later"),
        ("follow=true&until=1d", "until: what is followed"),
        (many.as_str(), "64 values"),
    ] {
        let refused = wanted(Topic::EditsClassified, query).unwrap_err();
        assert!(refused.to_string().contains(says), "{query}: {refused}");
    }
}

#[test]
fn without_a_start_it_is_all_since_a_time_or_the_last_records() {
    use crate::tail::Start;
    for (query, from) in [
        ("", Start::Last(10)),
        ("max=3", Start::Last(3)),
        ("max=3&follow=true", Start::Last(10)),
        ("follow=true", Start::Last(10)),
        ("since=1d", Start::Beginning),
        ("since=1d&max=3", Start::Beginning),
        ("from=end&max=3", Start::End),
        ("from=2h", Start::Time(at("2026-11-30T10:00:00Z"))),
    ] {
        assert_eq!(
            wanted(Topic::EditsClassified, query).unwrap().from,
            from,
            "{query}"
        );
    }
}

prop_compose! {
    /// Filters that `alerts` can have.
    fn filter()(
        names in prop::array::uniform3(prop::collection::vec(r"[^\[\]*]{1,8}|[a-z]{1,3}\*", 0..3)),
        user_types in prop::collection::vec(prop::sample::select(&UserType::ALL[..]), 0..3),
        classes in prop::collection::vec(".{1,5}", 0..3),
        kinds in prop::collection::vec(prop::sample::select(&AlertKind::ALL[..]), 0..3),
        min_score in option::of(0.0..=1.0_f64),
        no_bots in any::<bool>(),
        since in option::of(0_i64..1_800_000_000_000),
        span in option::of(1_i64..1_000_000_000),
    ) -> Filter {
        let [wikis, users, pages] = names.map(|names| {
            names.iter().map(|name| name.parse().unwrap()).collect()
        });
        let time = |millis| EventTime::from_millis(millis).unwrap();
        Filter {
            wikis, users, user_types, pages, min_score, classes, kinds, no_bots,
            since: since.map(time),
            until: span.map(|span| time(since.unwrap_or(0) + span)),
        }
    }
}

proptest! {
    #[test]
    fn a_query_says_the_same_filter_again(filter in filter(), max in option::of(any::<u64>())) {
        let asked = Wanted::new(Topic::Alerts, None, max, false, filter).unwrap();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(asked.query())
            .finish();
        prop_assert_eq!(wanted(Topic::Alerts, &query), Ok(asked));
    }

    #[test]
    fn any_query_is_read_or_refused(query in r"([a-z_]{0,9}|wiki|since|from)=[ -~é]{0,9}(&[ -~]{0,9})?") {
        for topic in Topic::ALL {
            if let Ok(asked) = wanted(topic, &query) {
                asked.takes(EventTime::default(), b"{}");
            }
        }
    }

    #[test]
    fn a_filter_takes_what_each_of_its_parts_takes(
        filter in filter(), wiki in "[a-c]{1,2}", user in option::of("[a-c]{1,2}"),
        score in option::of(0.0..=1.0_f64), time in 0_i64..1_800_000_000_000,
    ) {
        let mut record = alert();
        record["wiki"] = json!(wiki);
        record["details"]["user"] = json!(user);
        record["details"]["score"] = json!(score);
        record["event_time"] = json!(EventTime::from_millis(time).unwrap());
        let record = record.to_string();
        let arrival = at("2030-01-01T00:00:00Z");
        let whole = filter.takes(Topic::Alerts, arrival, record.as_bytes());
        let empty = Filter::default;
        let Filter { wikis, users, user_types, pages, min_score, classes, kinds, no_bots, since, until } = filter;
        let parts = [
            Filter { wikis, ..empty() }, Filter { users, ..empty() },
            Filter { user_types, ..empty() }, Filter { pages, ..empty() },
            Filter { min_score, ..empty() }, Filter { classes, ..empty() },
            Filter { kinds, ..empty() }, Filter { no_bots, ..empty() },
            Filter { since, ..empty() }, Filter { until, ..empty() },
        ];
        let each = parts.iter().all(|part| part.takes(Topic::Alerts, arrival, record.as_bytes()));
        prop_assert_eq!(whole, each);
    }
}
