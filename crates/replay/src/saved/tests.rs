//! Every form of saved events gives the same events, however it comes, in bounded memory.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Write;

/// Gives its bytes in pieces of the given sizes, over and over.
struct Trickle(Vec<u8>, usize, Vec<usize>, usize);

impl Read for Trickle {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.2[self.3 % self.2.len()];
        self.3 += 1;
        let rest = &self.0[self.1..];
        let size = size.min(rest.len()).min(into.len());
        into[..size].copy_from_slice(&rest[..size]);
        self.1 += size;
        Ok(size)
    }
}

/// The events, `None` for one that was too long.
fn events(input: impl Read, limit: usize) -> Vec<Option<Vec<u8>>> {
    let mut saved = SavedEvents::new(input, limit);
    let mut found = Vec::new();
    while let Some(chunk) = saved.next_chunk().unwrap() {
        let mut payloads = chunk.payloads();
        for event in &chunk.events {
            found.push(match event {
                SavedEvent::Whole(_) => payloads.next().map(<[u8]>::to_vec),
                SavedEvent::TooLong => None,
            });
        }
    }
    found
}

fn texts(input: &str) -> Vec<String> {
    let text = |event: Option<Vec<u8>>| match event {
        Some(event) => String::from_utf8(event).unwrap(),
        None => "too long".to_owned(),
    };
    events(input.as_bytes(), 100)
        .into_iter()
        .map(text)
        .collect()
}

#[test]
fn blank_lines_are_passed_over_and_the_last_needs_no_line_end() {
    assert_eq!(texts("\na\n \r\n\nbc\r\nd"), ["a", "bc\r", "d"]);
    assert_eq!(texts(""), [""; 0]);
    assert_eq!(texts(" \n\n"), [""; 0]);
}

#[test]
fn the_text_of_the_feed_is_read_as_curl_saves_it() {
    let saved = ":ok\n\nevent: message\nid: [{\"topic\":\"t\"}]\ndata: {\"a\":1}\n\n:\n\n\
                 event: message\r\nid: []\r\ndata:{\"a\":\r\ndata: 2}\r\n\r\ndata: {\"a\":3}\n";
    assert_eq!(texts(saved), [r#"{"a":1}"#, r#"{"a": 2}"#, r#"{"a":3}"#]);
    // After `grep data:` no blank lines are left.
    let grepped = "data: {\"a\":1}\ndata: {\"a\":2}\n";
    assert_eq!(texts(grepped), [r#"{"a":1}"#, r#"{"a":2}"#]);
    // Where the saving was stopped.
    assert_eq!(
        texts("data: {\"a\":1}\n\nid: []\ndata: {\"a\":"),
        [r#"{"a":1}"#]
    );
}

#[test]
fn arrays_and_objects_over_several_lines_are_read() {
    let array = "[{\"a\":\"]},\\\"[\"},\n {\"b\":[1,{}]}\r\n]\n";
    let expected = [r#"{"a":"]},\"["}"#, r#"{"b":[1,{}]}"#];
    assert_eq!(texts(array), expected);
    assert_eq!(
        texts("{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}"),
        ["{   \"a\": 1 }", "{   \"a\": 2 }"]
    );
    // Elements that are no objects are for the reader of events to refuse.
    assert_eq!(
        texts("[1,\"a b\",null ,[2]]"),
        ["1", "\"a b\"", "null", "[2]"]
    );
    assert_eq!(texts("[{\"a\":1},{\"b\""), [r#"{"a":1}"#, "{\"b\""]);
    assert_eq!(texts("[]"), [""; 0]);
    assert_eq!(texts("[{}]\n[{}]"), ["{}", "{}"]);
}

#[test]
fn a_line_that_is_no_event_does_not_cost_the_next() {
    let lines = "{\"half\":\n{\"a\":1}\n";
    assert_eq!(texts(lines), ["{\"half\":", "{\"a\":1}"]);
    assert_eq!(texts("date\n{\"a\":1}"), ["date", "{\"a\":1}"]);
}

#[test]
fn what_is_too_long_is_passed_over_in_bounded_memory() {
    const LIMIT: usize = 64 * 1024;
    const LONG: usize = 40 * READ_BYTES;
    for (before, after) in [
        ("{\"a\":1}\n", "\n{\"a\":2}\n"),
        ("data: {\"a\":1}\n\ndata: ", "\n\ndata: {\"a\":2}\n\n"),
        ("[{\"a\":1},{\"b\":\"", "\"},{\"a\":2}]"),
        ("{\n\"a\":1}\n{\"b\":\"", "\"}{\"a\":2}"),
    ] {
        let input = before
            .as_bytes()
            .chain(io::repeat(b'x').take(LONG as u64))
            .chain(after.as_bytes());
        let mut saved = SavedEvents::new(input, LIMIT);
        let (mut too_long, mut whole) = (0, 0);
        while let Some(chunk) = saved.next_chunk().unwrap() {
            whole += chunk.payloads().count();
            too_long += chunk.events.len() - chunk.payloads().count();
            assert!(chunk.bytes.capacity() <= 4 * READ_BYTES);
        }
        assert_eq!((whole, too_long), (2, 1), "{before}");
        assert!(saved.rest.capacity() <= 4 * READ_BYTES);
    }
    // Blanks before the first line, without end.
    let blanks = io::repeat(b' ').take(LONG as u64).chain(&b"{}"[..]);
    let mut saved = SavedEvents::new(blanks, LIMIT);
    assert_eq!(saved.next_chunk().unwrap().unwrap().payloads().count(), 1);
    assert!(saved.rest.capacity() <= 4 * READ_BYTES);
}

fn any_event() -> impl Strategy<Value = Value> {
    prop_oneof![
        (any::<String>(), any::<i64>()).prop_map(|(text, number)| json!({"a": text, "b": number})),
        any::<Vec<String>>().prop_map(|texts| json!({"nested": [{"a": texts}, {}], "b": "}{]["})),
        Just(json!({})),
    ]
}

fn saved_as(form: usize, events: &[Value]) -> String {
    let lines = |show: &dyn Fn(&Value) -> String| events.iter().map(show).collect::<String>();
    match form {
        0 => lines(&|event| format!("{event}\n")),
        1 => {
            lines(&|event| format!("event: message\nid: [{{\"topic\":\"t\"}}]\ndata: {event}\n\n"))
        }
        2 => serde_json::to_string(events).unwrap(),
        3 => serde_json::to_string_pretty(events).unwrap(),
        _ => lines(&|event| format!("{event:#}\n").replacen('{', "{\n", 1)),
    }
}

fn packed(packing: usize, text: &str) -> Vec<u8> {
    match packing {
        0 => text.as_bytes().to_vec(),
        1 => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(text.as_bytes()).unwrap();
            packer.finish().unwrap()
        }
        _ => zstd::encode_all(text.as_bytes(), 1).unwrap(),
    }
}

proptest! {
    #[test]
    fn events_do_not_depend_on_how_they_were_saved_or_come(
        saved in prop::collection::vec(any_event(), 1..6),
        form in 0usize..5,
        packing in 0usize..3,
        has_mark in any::<bool>(),
        sizes in prop::collection::vec(1usize..40, 1..5),
    ) {
        let mark = if has_mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{}", saved_as(form, &saved));
        let input = unpacked(Trickle(packed(packing, &text), 0, sizes.clone(), 0)).unwrap();
        // In pieces again, as the unpacked comes.
        let mut plain = Vec::new();
        { let mut input = input; input.read_to_end(&mut plain).unwrap(); }
        let found = events(Trickle(plain, 0, sizes, 0), 1 << 20);
        let found: Vec<Value> = found
            .into_iter()
            .map(|event| serde_json::from_slice(&event.unwrap()).unwrap())
            .collect();
        prop_assert_eq!(found, saved);
    }

    #[test]
    fn lines_do_not_depend_on_how_the_input_comes(
        text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(b' ')], 0..200),
        sizes in proptest::collection::vec(1usize..20, 1..5),
    ) {
        // Blanks before the first line belong to none.
        let expected: Vec<_> = text
            .trim_ascii_start()
            .split(|byte| *byte == b'\n')
            .filter(|line| line.len() > 5 || !line.trim_ascii().is_empty())
            .map(|line| (line.len() <= 5).then(|| line.to_vec()))
            .collect();
        prop_assert_eq!(events(Trickle(text, 0, sizes, 0), 5), expected);
    }

    #[test]
    fn any_bytes_come_to_an_end(
        bytes in proptest::collection::vec(prop_oneof![
            prop::sample::select(b"[]{}\",\\:\n data:idevent".to_vec()), any::<u8>()], 0..200),
        sizes in proptest::collection::vec(1usize..20, 1..5),
    ) {
        let all = events(&bytes[..], 50);
        prop_assert_eq!(events(Trickle(bytes, 0, sizes, 0), 50), all);
    }
}
