//! Frames that no recording holds: canary events as Event Platform sends them, and the garbage
//! and oversized data that a client must survive. Only their content; when they come is chance.

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use wikisentry_core::time::EventTime;

/// A canary event: `$schema` and `meta`, with the domain `canary`, and no more.
pub(super) fn canary(
    stream: &str,
    schema: Option<&str>,
    time: Option<EventTime>,
    dice: &mut ChaCha8Rng,
) -> String {
    let mut uuid = || {
        let mut bytes = [0; 16];
        dice.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    };
    let (id, request_id) = (uuid(), uuid());
    json!({
        "$schema": schema.unwrap_or("/mediawiki/recentchange/1.0.0"),
        "meta": {
            "domain": "canary",
            "dt": time.unwrap_or_default(),
            "id": id,
            "request_id": request_id,
            "stream": stream,
        },
    })
    .to_string()
}

/// Data that is no event, without line ends: noise, text, cut or nested JSON, wrong types.
pub(super) fn garbage(dice: &mut ChaCha8Rng) -> Vec<u8> {
    let wrong: [&str; 8] = [
        "null",
        "[]",
        "{}",
        r#"{"$schema":"/mediawiki/recentchange/1.0.0","meta":null}"#,
        r#"{"meta":{"id":17,"dt":[],"domain":{},"stream":false,"topic":3,"offset":"x"}}"#,
        r#"{"meta":{"domain":"en.wikipedia.org"},"type":7,"namespace":"0","user":{}}"#,
        r#"{"meta":{"id":"a","dt":"yesterday","domain":"en.wikipedia.org"},"type":"edit"}"#,
        r#"{"meta":{"id":"\ud800"},"type":"edit","timestamp":1e400}"#,
    ];
    match dice.random_range(0..6) {
        0 => noise(dice),
        1 => b"<html><body>502 Bad Gateway</body></html>".to_vec(),
        2 => b"{\"user\":\"\xff\xfe\xc3\x28\",\"type\":\"edit\"}".to_vec(),
        3 => nested(dice.random_range(200..20_000)),
        4 => br#"{"$schema":"/mediawiki/recentchange/1.0.0","meta":{"uri":"https://en.w"#.to_vec(),
        _ => wrong[dice.random_range(0..wrong.len())].as_bytes().to_vec(),
    }
}

fn noise(dice: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = vec![0; dice.random_range(1..2_000)];
    dice.fill_bytes(&mut bytes);
    for byte in &mut bytes {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b'?';
        }
    }
    bytes
}

fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = br#"{"meta":"#.to_vec();
    bytes.resize(bytes.len() + depth, b'[');
    bytes.resize(bytes.len() + depth, b']');
    bytes.push(b'}');
    bytes
}

/// A JSON object of exactly `size` bytes, or the smallest that there is.
pub(super) fn oversized(size: usize) -> Vec<u8> {
    let mut bytes = br#"{"$schema":"/mediawiki/recentchange/1.0.0","comment":""#.to_vec();
    bytes.resize(size.saturating_sub(2).max(bytes.len()), b'x');
    bytes.extend_from_slice(br#""}"#);
    bytes
}
