//! What is kept of the topic `revision.tags`, and the files it is kept in. Where a fact and a classified
//! edit have the same field it lies at the same place, so that Flink removes duplicates of both alike.

use super::WorkError;
use wikisentry_core::event::{Body, Event, EventError};
use wikisentry_core::time::EventTime;
use wikisentry_lake::label_facts::{FactKind, FactWriter, KeptFact};
use xxhash_rust::xxh3::xxh3_128;

/// First byte of a fact; another layout gets another one.
pub const FACT: u8 = 2;

/// Bytes before the line.
const LINE: usize = 34;

/// What is kept of an event, sealed; `None` for events of which nothing is.
///
/// # Errors
/// [`EventError`] for events that cannot be read, for [`dead_letter`](super::classify::dead_letter).
pub fn keep(event: &[u8], ingest: EventTime) -> Result<Option<Vec<u8>>, EventError> {
    let parsed = Event::parse(event)?;
    if parsed.body == Body::Canary {
        return Ok(None);
    }
    let Some(id) = parsed.id.as_deref() else {
        return Err(EventError::Missing { field: "meta.id" });
    };
    let fact = KeptFact::of(&parsed, ingest, event);
    Ok(fact.map(|fact| seal(&fact, id, ingest)))
}

fn seal(fact: &KeptFact, id: &str, ingest: EventTime) -> Vec<u8> {
    let mut out = Vec::with_capacity(LINE + fact.line.len());
    out.push(FACT);
    out.push(number(fact.kind));
    out.extend(fact.time.as_millis().to_be_bytes());
    out.extend(ingest.as_millis().to_be_bytes());
    out.extend(xxh3_128(id.as_bytes()).to_be_bytes());
    out.extend(&fact.line);
    out
}

fn number(kind: FactKind) -> u8 {
    let mut kinds = FactKind::ALL.into_iter();
    let number = kinds.position(|one| one == kind);
    number.expect("all kinds are in the list of all") as u8
}

/// The folder below `labels` of facts of a kind, by its number, and of the time they happened.
///
/// # Errors
/// [`WorkError::FactKind`] if there is no such kind.
pub fn folder(kind: i32, time: i64) -> Result<String, WorkError> {
    let number = usize::try_from(kind).ok();
    let known = number.and_then(|number| FactKind::ALL.get(number));
    let kind = known.ok_or(WorkError::FactKind(kind))?;
    Ok(kind.folder(EventTime::nearest(time)))
}

/// The line of a fact.
///
/// # Errors
/// [`WorkError::Fact`] for bytes that [`keep`] did not make.
pub fn line(fact: &[u8]) -> Result<&[u8], WorkError> {
    let wrong = |reason: &str| Err(WorkError::Fact(reason.to_owned()));
    match fact.first() {
        Some(&FACT) => {}
        Some(other) => return wrong(&format!("its first byte is {other}")),
        None => return wrong("it is empty"),
    }
    match fact.split_at_checked(LINE) {
        Some((_, line)) => Ok(line),
        None => wrong("it ends within its header"),
    }
}

/// Adds a fact to a file.
///
/// # Errors
/// If it is not a fact, or the file is full.
pub fn push(file: &mut FactWriter, fact: &[u8]) -> Result<(), WorkError> {
    Ok(file.push(line(fact)?)?)
}

#[cfg(test)]
mod tests {
    use super::super::envelope::part;
    use super::*;

    const TAGS: &[u8] = include_bytes!("../../../../testdata/events/revision-tags-change.json");
    const RISK: &[u8] = include_bytes!("../../../../testdata/events/revert-risk.json");
    const EDIT: &[u8] = include_bytes!("../../../../testdata/events/page-change-edit.json");
    const CANARY: &[u8] = include_bytes!("../../../../testdata/events/canary-page-change.json");

    fn arrival() -> EventTime {
        EventTime::parse("2027-03-01T00:00:00Z").unwrap()
    }

    #[test]
    fn a_fact_has_its_fields_where_they_are_documented() {
        let fact = keep(TAGS, arrival()).unwrap().unwrap();
        let event = Event::parse(TAGS).unwrap();
        assert_eq!(fact[..2], [FACT, 0]);
        assert_eq!(
            i64::from_be_bytes(part(&fact, 2)),
            event.time.unwrap().as_millis()
        );
        assert_eq!(i64::from_be_bytes(part(&fact, 10)), arrival().as_millis());
        let id = xxh3_128(event.id.unwrap().as_bytes());
        assert_eq!(u128::from_be_bytes(part(&fact, 18)), id);
        let line = line(&fact).unwrap();
        assert!(!line.contains(&b'\n') && line.len() == TAGS.len());
        let risk = keep(RISK, arrival()).unwrap().unwrap();
        assert_eq!(risk[1], 1);
        for (fact, place) in [
            (&fact, "facts/date=2026-03-01"),
            (&risk, "revert_risk/date=2026-03-01"),
        ] {
            let time = i64::from_be_bytes(part(fact, 2));
            assert_eq!(folder(i32::from(fact[1]), time).unwrap(), place);
        }
        let error = folder(2, 0).unwrap_err();
        assert!(matches!(error, WorkError::FactKind(2)), "{error}");
    }

    #[test]
    fn what_tells_of_no_revert_is_not_kept_and_what_cannot_be_read_is_refused() {
        for other in [EDIT, CANARY] {
            assert_eq!(keep(other, arrival()), Ok(None));
        }
        let text = String::from_utf8(TAGS.to_vec()).unwrap();
        let nameless = text.replacen("\"id\"", "\"other\"", 1);
        assert_ne!(nameless, text);
        for (event, reason) in [(nameless.as_str(), "meta.id"), ("{", "not JSON")] {
            let error = keep(event.as_bytes(), arrival()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn bytes_of_others_are_no_facts() {
        let fact = keep(TAGS, arrival()).unwrap().unwrap();
        let mut file = FactWriter::default();
        push(&mut file, &fact).unwrap();
        for wrong in [&b""[..], &[1, 2, 3], &[255, 0], &fact[..LINE - 1]] {
            let error = push(&mut file, wrong).unwrap_err();
            assert!(matches!(error, WorkError::Fact(_)), "{error}");
        }
    }
}
