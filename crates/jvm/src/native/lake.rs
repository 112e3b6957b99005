//! Files of the lake, written piece by piece.

use super::handles::Handles;
use super::{ByteArrays, Bytes, Class, NativeError, Result, Throw, arrays, natives};
use crate::work::lake::OpenFile;
use crate::work::{facts, lake};
use jni::Env;
use jni::objects::JString;
use jni::sys::{jint, jlong};
use std::sync::{Mutex, PoisonError};
use wikisentry_lake::archive::FILE_SUFFIX;
use wikisentry_lake::label_facts::FACTS_SUFFIX;

/// `None`: it is being finished.
static FILES: Handles<Mutex<Option<OpenFile>>> = Handles::new("file");

natives! {
    [fn partition(user_type: jint, event_time: jlong) -> JString]
    [fn file_suffix() -> JString]
    [fn fact_folder(kind: jint, event_time: jlong) -> JString]
    [fn fact_suffix() -> JString]
    [fn open_file() -> jlong]
    [fn open_facts() -> jlong]
    [fn add_to_file(file: jlong, rows: jbyte[][], count: jint) -> jlong]
    [fn take_from_file(file: jlong) -> jbyte[]]
    [fn finish_file(file: jlong) -> jbyte[]]
    [fn free_file(file: jlong)]
}

fn partition<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    user_type: jint,
    event_time: jlong,
) -> Result<JString<'l>> {
    Ok(env.new_string(lake::partition(user_type, event_time)?)?)
}

fn file_suffix<'l>(env: &mut Env<'l>, _: Class<'l>) -> Result<JString<'l>> {
    Ok(env.new_string(FILE_SUFFIX)?)
}

fn fact_folder<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    kind: jint,
    event_time: jlong,
) -> Result<JString<'l>> {
    Ok(env.new_string(facts::folder(kind, event_time)?)?)
}

fn fact_suffix<'l>(env: &mut Env<'l>, _: Class<'l>) -> Result<JString<'l>> {
    Ok(env.new_string(FACTS_SUFFIX)?)
}

fn open_file<'l>(_: &mut Env<'l>, _: Class<'l>) -> Result<jlong> {
    Ok(put(OpenFile::of_edits()?))
}

fn open_facts<'l>(_: &mut Env<'l>, _: Class<'l>) -> Result<jlong> {
    Ok(put(OpenFile::of_facts()))
}

fn put(file: OpenFile) -> jlong {
    FILES.put(Mutex::new(Some(file)))
}

/// Does something with a file.
fn with<T>(file: jlong, act: impl FnOnce(&mut OpenFile) -> Result<T>) -> Result<T> {
    let entry = FILES.get(file)?;
    let mut writer = entry.lock().unwrap_or_else(PoisonError::into_inner);
    act(writer.as_mut().ok_or(FILES.freed(file))?)
}

fn add_to_file<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    file: jlong,
    rows: ByteArrays<'l>,
    count: jint,
) -> Result<jlong> {
    with(file, |writer| {
        arrays::each(env, &rows, count, |row| {
            writer.push(row).map_err(NativeError::from)
        })?;
        Ok(writer.memory_bytes() as jlong)
    })
}

fn take_from_file<'l>(env: &mut Env<'l>, _: Class<'l>, file: jlong) -> Result<Bytes<'l>> {
    let bytes = with(file, |writer| Ok(writer.take()))?;
    Ok(env.byte_array_from_slice(&bytes)?)
}

fn finish_file<'l>(env: &mut Env<'l>, _: Class<'l>, file: jlong) -> Result<Bytes<'l>> {
    let entry = FILES.take(file).ok_or(FILES.freed(file))?;
    let writer = entry.lock().unwrap_or_else(PoisonError::into_inner).take();
    let writer = writer.ok_or(FILES.freed(file))?;
    let bytes = writer.finish()?;
    Ok(env.byte_array_from_slice(&bytes)?)
}

fn free_file<'l>(_: &mut Env<'l>, _: Class<'l>, file: jlong) -> Result<()> {
    FILES.take(file);
    Ok(())
}
