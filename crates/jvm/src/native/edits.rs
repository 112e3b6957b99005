//! Raw events in, classified edits out.

use super::error::bug;
use super::{Bytes, Class, Result, Throw, arrays, models, natives};
use crate::work::classify::{Place, Times, classify as classify_event, dead_letter};
use jni::Env;
use jni::objects::{JByteArray, JString};
use jni::sys::{jboolean, jint, jlong};
use std::panic::{AssertUnwindSafe, catch_unwind};

natives! {
    [fn classify(
        model: jlong, event: jbyte[], topic: JString, partition: jint, offset: jlong, ingest_time: jlong,
        score_time: jlong, score_bots: jboolean,
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
    let work = AssertUnwindSafe(|| classify_event(&scorer, &event, times, score_bots));
    let reason = match catch_unwind(work) {
        Ok(Ok(Some(envelope))) => return Ok(env.byte_array_from_slice(&envelope)?),
        Ok(Ok(None)) => return Ok(JByteArray::null()),
        Ok(Err(unreadable)) => unreadable.to_string(),
        // An exception would end the job, which would meet the same event again.
        Err(payload) => bug(&*payload),
    };
    let place = Place {
        topic: arrays::text(env, &topic, "topic")?,
        partition,
        offset,
    };
    let letter = dead_letter(&reason, place, &event, times.ingest);
    Ok(env.byte_array_from_slice(&letter)?)
}

fn panic<'l>(env: &mut Env<'l>, _: Class<'l>, message: JString<'l>) -> Result<()> {
    panic!("{}", arrays::text(env, &message, "message")?)
}
