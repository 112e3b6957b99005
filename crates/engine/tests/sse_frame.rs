//! The event-stream decoder against the text of the specification: examples, a naive reference,
//! and any split of any bytes.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use bytes::Bytes;
use proptest::prelude::*;
use std::time::Duration;
use wikisentry_engine::sse::{Decoder, Event, Frame, OVERSIZED_PREFIX_BYTES, Oversized};

const LIMIT: usize = 40;

/// Feeds the input cut at the given places.
fn decode(input: &[u8], cuts: &[usize], limit: usize) -> (Vec<Frame>, Option<Duration>) {
    let mut decoder = Decoder::new(limit);
    let mut frames = Vec::new();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (input.len() + 1)).collect();
    cuts.extend([0, input.len()]);
    cuts.sort_unstable();
    for piece in cuts.windows(2) {
        let chunk = Bytes::copy_from_slice(&input[piece[0]..piece[1]]);
        decoder.feed(&chunk, &mut frames);
    }
    (frames, decoder.retry())
}

fn event(id: &[u8], name: &[u8], data: &[u8]) -> Frame {
    Frame::Event(Event {
        id: Bytes::copy_from_slice(id),
        name: Bytes::copy_from_slice(name),
        data: Bytes::copy_from_slice(data),
    })
}

fn message(data: &[u8]) -> Frame {
    event(b"", b"message", data)
}

/// Lines as the specification splits them, without the last one that no line end closes.
fn lines(input: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    let mut bytes = input.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                lines.push(Vec::new());
            }
            b'\n' => lines.push(Vec::new()),
            other => lines.last_mut().unwrap().push(other),
        }
    }
    lines.pop();
    lines
}

/// The specification word by word, on the whole input at once.
fn reference(input: &[u8], limit: usize) -> (Vec<Frame>, Option<Duration>) {
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let (mut frames, mut retry) = (Vec::new(), None);
    let (mut data, mut name, mut id) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines(input) {
        if line.is_empty() {
            let mut named = std::mem::take(&mut name);
            let mut taken = std::mem::take(&mut data);
            if taken.pop().is_none() {
                continue;
            }
            if named.is_empty() {
                named = b"message".to_vec();
            }
            frames.push(if taken.len() > limit {
                Frame::Oversized(Oversized {
                    id: Bytes::from(id.clone()),
                    bytes: taken.len(),
                    prefix: Bytes::from(taken.into_iter().take(1024).collect::<Vec<_>>()),
                })
            } else {
                event(&id, &named, &taken)
            });
            continue;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (&line[..], &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                data.extend_from_slice(value);
                data.push(b'\n');
            }
            b"event" => name = value.to_vec(),
            b"id" if !value.contains(&0) => id = value.to_vec(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let digits = String::from_utf8(value.to_vec()).unwrap();
                retry = digits.parse().ok().map(Duration::from_millis).or(retry);
            }
            _ => {}
        }
    }
    (frames, retry)
}

#[test]
fn decodes_what_the_specification_gives_as_examples() {
    let cases: &[(&[u8], Vec<Frame>)] = &[
        (b"data: one\n\n", vec![message(b"one")]),
        (
            b"data:one\r\rdata:two\r\n\r\n",
            vec![message(b"one"), message(b"two")],
        ),
        (
            b"data: YHOO\ndata: +2\ndata: 10\n\n",
            vec![message(b"YHOO\n+2\n10")],
        ),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            vec![
                event(b"1", b"message", b"first event"),
                message(b"second event"),
                message(b" third event"),
            ],
        ),
        (
            b"data\n\ndata\ndata\n\ndata:",
            vec![message(b""), message(b"\n")],
        ),
        (
            b"data:test\n\ndata: test\n\n",
            vec![message(b"test"), message(b"test")],
        ),
        (
            b"event: add\ndata: 1\n\ndata: 2\n\n",
            vec![event(b"", b"add", b"1"), message(b"2")],
        ),
        (b"event: add\n\ndata: 2\n\n", vec![message(b"2")]),
        (b"id: 7\n\ndata: 2\n\n", vec![event(b"7", b"message", b"2")]),
        (
            b"id: 7\nid: a\0b\ndata: 2\n\n",
            vec![event(b"7", b"message", b"2")],
        ),
        (
            b"Data: 1\n data: 1\nother: 1\ndata: 2\n\n",
            vec![message(b"2")],
        ),
        (b"\xef\xbb\xbfdata: 1\n\n", vec![message(b"1")]),
        (
            b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n",
            vec![message(b"2")],
        ),
        (b"data: \xff\xfe\n\n", vec![message(b"\xff\xfe")]),
        (b"data: never ended\n", vec![]),
        (b"data: never ended", vec![]),
        (b"", vec![]),
    ];
    for (input, expected) in cases {
        let shown = input.escape_ascii();
        assert_eq!(decode(input, &[], 1000).0, *expected, "{shown}");
        assert_eq!(
            reference(input, 1000).0,
            *expected,
            "{shown} by the reference"
        );
    }
}

#[test]
fn takes_the_last_valid_retry_time() {
    for (input, expected) in [
        ("retry: 2500\n", Some(2500)),
        ("retry: 10\nretry: 20\n", Some(20)),
        ("retry: 10\nretry: soon\n", Some(10)),
        ("retry: 10\nretry: -1\n", Some(10)),
        ("retry:\n", None),
        ("retry: 99999999999999999999\n", None),
    ] {
        let (frames, retry) = decode(input.as_bytes(), &[], LIMIT);
        assert_eq!(retry, expected.map(Duration::from_millis), "{input:?}");
        assert_eq!(frames, []);
    }
}

#[test]
fn hands_on_data_that_lies_in_one_chunk_without_a_copy() {
    let chunk = Bytes::from_static(b"event: message\nid: 1\ndata: payload\n\n");
    let mut frames = Vec::new();
    Decoder::new(LIMIT).feed(&chunk, &mut frames);
    let [Frame::Event(event)] = &frames[..] else {
        panic!("{frames:?}")
    };
    let inside = chunk.as_ptr_range();
    assert!(inside.contains(&event.data.as_ptr()));
    assert!(inside.contains(&event.id.as_ptr()));
}

#[test]
fn an_endless_line_is_counted_but_not_kept() {
    let limit = 100_000;
    let mut decoder = Decoder::new(limit);
    let mut frames = Vec::new();
    decoder.feed(&Bytes::from_static(b"id: 1\ndata: start "), &mut frames);
    let block = Bytes::from(vec![b'x'; 1 << 20]);
    for _ in 0..64 {
        decoder.feed(&block, &mut frames);
        assert!(format!("{decoder:?}").len() < 4 * limit, "buffers too much");
    }
    decoder.feed(&Bytes::from_static(b"\n\ndata: next\n\n"), &mut frames);
    let [Frame::Oversized(oversized), next] = &frames[..] else {
        panic!("{frames:?}")
    };
    assert_eq!(oversized.id, "1");
    assert_eq!(oversized.bytes, "start ".len() + (64 << 20));
    assert_eq!(oversized.prefix.len(), OVERSIZED_PREFIX_BYTES);
    assert!(oversized.prefix.starts_with(b"start xxx"));
    assert_eq!(*next, event(b"1", b"message", b"next"));
}

#[test]
fn the_limit_is_on_the_data_alone_and_inclusive() {
    for (name, size, oversized) in [("at", LIMIT, false), ("above", LIMIT + 1, true)] {
        let data = "d".repeat(size);
        let input = format!("id: {}\ndata: {data}\n\n", "i".repeat(3 * LIMIT));
        for cuts in [vec![], (0..input.len()).collect::<Vec<_>>()] {
            let (frames, _) = decode(input.as_bytes(), &cuts, LIMIT);
            assert_eq!(frames.len(), 1);
            assert_eq!(
                matches!(frames[0], Frame::Oversized(_)),
                oversized,
                "{name}"
            );
        }
    }
}

#[test]
fn an_id_is_taken_up_to_its_limit() {
    for (size, id) in [
        (16 << 10, "i".repeat(16 << 10)),
        ((16 << 10) + 1, "1".to_owned()),
    ] {
        let long = "i".repeat(size);
        let input = format!("id: 1\ndata: a\n\nid: {long}\ndata: b\n\n");
        for cuts in [vec![], vec![100]] {
            let (frames, _) = decode(input.as_bytes(), &cuts, LIMIT);
            assert_eq!(frames[1], event(id.as_bytes(), b"message", b"b"), "{size}");
        }
    }
}

/// Streams that look like streams: fields, odd fields and line ends, and some plain bytes.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => Just(b"data: ".to_vec()),
        2 => Just(b"data".to_vec()),
        1 => Just(b"event:".to_vec()),
        1 => Just(b"id: ".to_vec()),
        1 => Just(b"retry:5".to_vec()),
        1 => Just(b": ".to_vec()),
        1 => Just(b"\xef\xbb\xbf".to_vec()),
        3 => Just(b"\n".to_vec()),
        2 => Just(b"\n\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..30),
        1 => Just(vec![b'z'; 50]),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_split_gives_what_the_reference_gives(
        input in stream(),
        cuts in proptest::collection::vec(any::<usize>(), 0..20),
    ) {
        let expected = reference(&input, LIMIT);
        prop_assert_eq!(&decode(&input, &[], LIMIT), &expected);
        prop_assert_eq!(&decode(&input, &cuts, LIMIT), &expected);
        let everywhere: Vec<usize> = (0..input.len()).collect();
        prop_assert_eq!(&decode(&input, &everywhere, LIMIT), &expected);
    }

    #[test]
    fn any_bytes_give_what_the_reference_gives(
        input in proptest::collection::vec(any::<u8>(), 0..2000),
        cuts in proptest::collection::vec(any::<usize>(), 0..20),
        limit in 0usize..60,
    ) {
        prop_assert_eq!(decode(&input, &cuts, limit), reference(&input, limit));
    }
}
