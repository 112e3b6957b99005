//! Hostile input gives an event or a short reason.

use wikisentry_core::event::{Body, Event, EventError};

const HEAD: &str =
    r#"{"meta":{"id":"a","dt":"2026-09-17T03:42:33Z"},"type":"edit","wiki":"w","title":"T""#;

fn refused(payload: &[u8]) -> String {
    let error = Event::parse(payload).expect_err("a refusal");
    let reason = error.to_string();
    assert!(reason.len() <= 512, "{} bytes of reason", reason.len());
    reason
}

#[test]
fn deep_nesting_does_not_overflow_and_is_ignored_in_unknown_fields() {
    for depth in [100, 200, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            let ignored = format!("{HEAD},\"log_params\":{nested}}}");
            super::edit(ignored.as_bytes());
            for field in ["comment", "revision", "length", "performer", "bot"] {
                let known = format!("{HEAD},\"{field}\":{nested}}}");
                let reason = refused_or_read(&known);
                assert!(reason.is_none_or(
                    |reason| reason.starts_with("field `") || reason.starts_with("not JSON")
                ));
            }
            refused_or_read(&nested);
            refused(&open.repeat(depth).into_bytes());
        }
    }
}

/// The reason, or `None` if the event is read: an object is accepted where one is expected, as unknown
/// fields are ignored.
fn refused_or_read(json: &str) -> Option<String> {
    Event::parse(json.as_bytes())
        .is_err()
        .then(|| refused(json.as_bytes()))
}

#[test]
fn strings_of_ten_megabytes_are_read_but_not_repeated_in_reasons() {
    let long = "ä".repeat(5_000_000);
    let json = format!("{HEAD},\"comment\":\"{long}\"}}");
    let comment = super::edit(json.as_bytes()).comment.unwrap();
    assert_eq!(comment.len(), 10_000_000);
    for field in ["namespace", "bot", "revision", "timestamp"] {
        super::edit(format!("{HEAD},\"{field}\":\"{long}\"}}").as_bytes());
    }
    let untimed = HEAD.replace("2026-09-17T03:42:33Z", &long);
    let reason = refused(format!("{untimed}}}").as_bytes());
    assert!(reason.starts_with("field `meta.dt`: "), "{reason}");
    let digits = "9".repeat(1_000_000);
    super::edit(format!("{HEAD},\"namespace\":{digits}}}").as_bytes());
}

#[test]
fn text_that_is_not_json_is_refused() {
    for payload in [
        &b""[..],
        b" ",
        b"\xef\xbb\xbf{}",
        b"{",
        b"{\"meta\":{}",
        b"{\"meta\":{},}",
        b"{\"meta\":{}} {}",
        b"{\"meta\":{\"id\":\"a\nb\"}}",
        b"{\"meta\":{\"id\":\"a\0\"}}",
        b"{\"meta\":{\"id\":\"\\ud800\"}",
        b"{\"meta\":{\"id\":\"\\x\"}}",
        b"{\"meta\":{\"offset\":01}}",
        b"{\"meta\":{\"offset\":NaN}}",
        b"{'meta':{}}",
        b"\0",
    ] {
        let reason = refused(payload);
        assert!(
            reason.starts_with("not JSON: "),
            "{:?}: {reason}",
            payload.escape_ascii().to_string()
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_with_their_position() {
    let error = Event::parse(b"{\"meta\":\xc3\x28}").unwrap_err();
    assert_eq!(error, EventError::NotUtf8 { at: 8 });
}

#[test]
fn a_duplicate_of_a_known_field_is_refused() {
    let reason = refused(format!("{HEAD},\"title\":\"U\"}}").as_bytes());
    assert!(reason.contains("duplicate field `title`"), "{reason}");
    super::edit(format!("{HEAD},\"x\":1,\"x\":2}}").as_bytes());
}

#[test]
fn escapes_are_decoded_and_plain_text_is_borrowed() {
    let json = format!(r#"{HEAD},"user":"A\u0000\ud83d\ude00\/","comment":"é plain"}}"#);
    let edit = super::edit(json.as_bytes());
    assert_eq!(edit.user.as_deref(), Some("A\0😀/"));
    assert_eq!(edit.comment.as_deref(), Some("é plain"));
    let bytes = json.as_bytes().as_ptr_range();
    assert!(
        bytes.contains(&edit.page_title.as_ptr()),
        "the title was copied"
    );
}

#[test]
fn numbers_at_the_ends_of_their_range_are_kept() {
    let (least, most) = (i64::MIN, i64::MAX);
    let json = format!(
        r#"{HEAD},"namespace":{least},"length":{{"old":{least},"new":{most}}},"revision":{{"old":-1,"new":{most}}}}}"#
    );
    let edit = super::edit(json.as_bytes());
    assert_eq!(
        (edit.namespace, edit.rev_id, edit.rev_old_id),
        (Some(least), Some(most), Some(-1))
    );
    // The difference does not fit 64 bits.
    assert_eq!(edit.length_delta(), None);
}

#[test]
fn the_domain_alone_makes_an_event_a_canary() {
    let json = r#"{"meta":{"domain":"canary","dt":"2026-09-17T03:42:33Z"},"type":"edit","page_change_kind":"edit"}"#;
    assert_eq!(Event::parse(json.as_bytes()).unwrap().body, Body::Canary);
}
