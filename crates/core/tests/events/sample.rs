//! The recorded sample: all events parse, and the counts equal those of independent code.

use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::Read;
use wikisentry_core::event::{Body, Event};

/// Events by type and, for edits, by user type, as Python's `json` and `ipaddress` count them:
///
/// ```text
/// python3 - <<'END'
/// import collections, gzip, ipaddress, json, re
/// def kind(e):
///     if e["type"] not in ("edit", "new"): return e["type"]
///     if e["bot"]: return e["type"] + " bot"
///     try: ipaddress.ip_address(e["user"]); return e["type"] + " anonymous"
///     except ValueError: pass
///     temporary = re.fullmatch(r"~\d{4}(-\d+)+", e["user"], re.ASCII)
///     return e["type"] + (" anonymous" if temporary else " registered")
/// lines = gzip.open("testdata/sample/recentchange.jsonl.gz")
/// print(collections.Counter(kind(json.loads(line)) for line in lines))
/// END
/// ```
const COUNTED: [(&str, usize); 7] = [
    ("categorize", 4),
    ("edit anonymous", 39),
    ("edit bot", 3053),
    ("edit registered", 971),
    ("log", 75),
    ("new bot", 81),
    ("new registered", 8),
];

/// The events of the bundled sample, one on each line.
pub fn sample() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/sample/recentchange.jsonl.gz"
    );
    let mut lines = Vec::new();
    let file = std::fs::File::open(path).expect(path);
    GzDecoder::new(file).read_to_end(&mut lines).expect(path);
    lines
}

#[test]
fn the_recorded_sample_parses_and_has_the_counts_of_python() {
    let sample = sample();
    let mut counted = BTreeMap::<String, usize>::new();
    for line in sample
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let kind = match Event::parse(line).expect("a recorded event").body {
            Body::Edit(edit) => format!("{} {}", edit.edit_type.name(), edit.user_type),
            Body::Other { kind } => kind.to_string(),
            other => panic!("{other:?}"),
        };
        *counted.entry(kind).or_default() += 1;
    }
    let expected = COUNTED.map(|(kind, count)| (kind.to_owned(), count));
    assert_eq!(counted, BTreeMap::from(expected));
}
