//! Raw events in, classified edits and facts out.

use super::error::bug;
use super::{Bytes, Class, Result, Throw, arrays, models, natives};
use crate::work::classify::{Place, Times, classify as classify_event, dead_letter};
use crate::work::facts::keep;
use jni::Env;
use jni::objects::{JByteArray, JString};
use jni::sys::{jboolean, jint, jlong};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wikisentry_core::event::EventError;
use wikisentry_core::time::EventTime;

natives! {
    [fn classify(
        model: jlong, event: jbyte[], topic: JString, partition: jint, offset: jlong, ingest_time: jlong,
        score_time: jlong, score_bots: jboolean,
    ) -> jbyte[]]
    [fn fact(
        event: jbyte[], topic: JString, partition: jint, offset: jlong, ingest_time: jlong,
    ) -> jbyte[]]
    [fn panic(message: JString)]
}

#[expect(
    clippy::too_many_arguments,
    reason = "Java has no struct that costs nothing"
)]
fn classify<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    model: jlong,
    event: Bytes<'l>,
    topic: JString<'l>,
    partition: jint,
    offset: jlong,
    ingest_time: jlong,
    score_time: jlong,
    score_bots: jboolean,
) -> Result<Bytes<'l>> {
    let scorer = models::get(model)?;
    let event = arrays::bytes(env, &event, "event")?;
    let times = Times::of_millis(ingest_time, score_time);
    let place = || place(env, &topic, partition, offset);
    let work = || classify_event(&scorer, &event, times, score_bots);
    let sealed = or_dead_letter(work, place, &event, times.ingest)?;
    returned(env, sealed)
}

fn fact<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    event: Bytes<'l>,
    topic: JString<'l>,
    partition: jint,
    offset: jlong,
    ingest_time: jlong,
) -> Result<Bytes<'l>> {
    let event = arrays::bytes(env, &event, "event")?;
    let ingest = EventTime::nearest(ingest_time);
    let place = || place(env, &topic, partition, offset);
    let sealed = or_dead_letter(|| keep(&event, ingest), place, &event, ingest)?;
    returned(env, sealed)
}

fn place(env: &Env<'_>, topic: &JString<'_>, partition: jint, offset: jlong) -> Result<Place> {
    Ok(Place {
        topic: arrays::text(env, topic, "topic")?,
        partition,
        offset,
    })
}

/// What becomes of an event, or the dead letter of one that cannot be read.
fn or_dead_letter(
    work: impl FnOnce() -> std::result::Result<Option<Vec<u8>>, EventError>,
    place: impl FnOnce() -> Result<Place>,
    event: &[u8],
    ingest: EventTime,
) -> Result<Option<Vec<u8>>> {
    let reason = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(sealed)) => return Ok(sealed),
        Ok(Err(unreadable)) => unreadable.to_string(),
        // An exception would end the job, which would meet the same event again.
        Err(payload) => bug(&*payload),
    };
    Ok(Some(dead_letter(&reason, place()?, event, ingest)))
}

fn returned<'l>(env: &mut Env<'l>, sealed: Option<Vec<u8>>) -> Result<Bytes<'l>> {
    match sealed {
        Some(bytes) => Ok(env.byte_array_from_slice(&bytes)?),
        None => Ok(JByteArray::null()),
    }
}

fn panic<'l>(env: &mut Env<'l>, _: Class<'l>, message: JString<'l>) -> Result<()> {
    panic!("{}", arrays::text(env, &message, "message")?)
}
