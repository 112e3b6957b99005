//! Rules, the steps of the detectors, and the watch over the whole stream.

use super::handles::Handles;
use super::{ByteArrays, Bytes, Class, Result, Throw, arrays, models, natives};
use crate::work::WorkError;
use crate::work::alerts::{self, AlertRecord, Step, Watch};
use jni::Env;
use jni::objects::JLongArray;
use jni::sys::jlong;
use std::sync::{Mutex, PoisonError};
use wikisentry_core::anomaly::AlertRules;
use wikisentry_core::time::EventTime;

static RULES: Handles<AlertRules> = Handles::new("rules");
static WATCHES: Handles<Mutex<Watch>> = Handles::new("watch");

natives! {
    [fn open_rules(json: jbyte[]) -> jlong]
    [fn free_rules(rules: jlong)]
    [fn burst(rules: jlong, state: jbyte[], edit: jbyte[]) -> jbyte[][]]
    [fn war(rules: jlong, state: jbyte[], edit: jbyte[]) -> jbyte[][]]
    [fn state_lifetime(rules: jlong) -> jlong[]]
    [fn signal(rules: jlong, edit: jbyte[]) -> jbyte[]]
    [fn open_watch(rules: jlong, state: jbyte[], now: jlong) -> jlong]
    [fn follow(watch: jlong, model: jlong)]
    [fn watch(handle: jlong, signal: jbyte[], now: jlong) -> jbyte[][]]
    [fn admit(watch: jlong, detected: jbyte[], now: jlong) -> jbyte[][]]
    [fn tick(watch: jlong, now: jlong) -> jbyte[][]]
    [fn suppressed(watch: jlong) -> jlong]
    [fn snapshot(watch: jlong) -> jbyte[]]
    [fn free_watch(watch: jlong)]
}

fn open_rules<'l>(env: &mut Env<'l>, _: Class<'l>, json: Bytes<'l>) -> Result<jlong> {
    let json = arrays::bytes(env, &json, "json")?;
    Ok(RULES.put(alerts::rules(&json)?))
}

fn free_rules<'l>(_: &mut Env<'l>, _: Class<'l>, rules: jlong) -> Result<()> {
    RULES.take(rules);
    Ok(())
}

fn burst<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    rules: jlong,
    state: Bytes<'l>,
    edit: Bytes<'l>,
) -> Result<ByteArrays<'l>> {
    detect(env, rules, &state, &edit, alerts::burst)
}

fn war<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    rules: jlong,
    state: Bytes<'l>,
    edit: Bytes<'l>,
) -> Result<ByteArrays<'l>> {
    detect(env, rules, &state, &edit, alerts::war)
}

/// A step over one edit: rules, the state before it, the edit.
type Detector = fn(&AlertRules, Option<&[u8]>, &[u8]) -> std::result::Result<Step, WorkError>;

/// One step of a detector: its next state, and what it detected.
fn detect<'l>(
    env: &mut Env<'l>,
    rules: jlong,
    state: &Bytes<'l>,
    edit: &Bytes<'l>,
    detector: Detector,
) -> Result<ByteArrays<'l>> {
    let (state, edit) = (
        arrays::optional(env, state)?,
        arrays::bytes(env, edit, "edit")?,
    );
    let (state, detected) = detector(&*RULES.get(rules)?, state.as_deref(), &edit)?;
    arrays::new(env, &[Some(&state), detected.as_deref()])
}

fn state_lifetime<'l>(env: &mut Env<'l>, _: Class<'l>, rules: jlong) -> Result<JLongArray<'l>> {
    let lifetimes = alerts::lifetimes(&*RULES.get(rules)?);
    let array = env.new_long_array(lifetimes.len())?;
    array.set_region(env, 0, &lifetimes)?;
    Ok(array)
}

fn signal<'l>(env: &mut Env<'l>, _: Class<'l>, rules: jlong, edit: Bytes<'l>) -> Result<Bytes<'l>> {
    let edit = arrays::bytes(env, &edit, "edit")?;
    let signal = alerts::signal(&*RULES.get(rules)?, &edit)?;
    Ok(env.byte_array_from_slice(&signal)?)
}

fn open_watch<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    rules: jlong,
    state: Bytes<'l>,
    now: jlong,
) -> Result<jlong> {
    let state = arrays::optional(env, &state)?;
    let watch = Watch::open(
        &*RULES.get(rules)?,
        state.as_deref(),
        EventTime::nearest(now),
    )?;
    Ok(WATCHES.put(Mutex::new(watch)))
}

/// Does something with a watch. A panic in between leaves windows that are short of an edit at most.
fn with<T>(watch: jlong, act: impl FnOnce(&mut Watch) -> T) -> Result<T> {
    let watch = WATCHES.get(watch)?;
    let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(act(&mut watch))
}

fn follow<'l>(_: &mut Env<'l>, _: Class<'l>, watch: jlong, model: jlong) -> Result<()> {
    let scorer = models::get(model)?;
    with(watch, |watch| watch.follow(&scorer))
}

fn watch<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    watch: jlong,
    signal: Bytes<'l>,
    now: jlong,
) -> Result<ByteArrays<'l>> {
    let signal = arrays::bytes(env, &signal, "signal")?;
    let now = EventTime::nearest(now);
    let alerts = with(watch, |watch| watch.observe(&signal, now))??;
    raised(env, &alerts)
}

fn admit<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    watch: jlong,
    detected: Bytes<'l>,
    now: jlong,
) -> Result<ByteArrays<'l>> {
    let detected = arrays::bytes(env, &detected, "detected")?;
    let now = EventTime::nearest(now);
    let alerts = with(watch, |watch| watch.admit(&detected, now))??;
    raised(env, &alerts)
}

fn tick<'l>(env: &mut Env<'l>, _: Class<'l>, watch: jlong, now: jlong) -> Result<ByteArrays<'l>> {
    let alerts = with(watch, |watch| watch.tick(EventTime::nearest(now)))?;
    raised(env, &alerts)
}

fn raised<'l>(env: &mut Env<'l>, alerts: &[AlertRecord]) -> Result<ByteArrays<'l>> {
    let elements = alerts.iter().flat_map(|(key, json)| [key, json]);
    let elements: Vec<_> = elements.map(|bytes| Some(bytes.as_slice())).collect();
    arrays::new(env, &elements)
}

fn suppressed<'l>(_: &mut Env<'l>, _: Class<'l>, watch: jlong) -> Result<jlong> {
    let suppressed = with(watch, |watch| watch.suppressed())?;
    Ok(jlong::try_from(suppressed).unwrap_or(jlong::MAX))
}

fn snapshot<'l>(env: &mut Env<'l>, _: Class<'l>, watch: jlong) -> Result<Bytes<'l>> {
    let snapshot = with(watch, |watch| watch.snapshot())?;
    Ok(env.byte_array_from_slice(&snapshot)?)
}

fn free_watch<'l>(_: &mut Env<'l>, _: Class<'l>, watch: jlong) -> Result<()> {
    WATCHES.take(watch);
    Ok(())
}
