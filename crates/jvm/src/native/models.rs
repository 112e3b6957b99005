//! Models, shared by all threads that score with them.

use super::handles::Handles;
use super::{Bytes, Class, Result, Throw, arrays, natives};
use crate::work::model;
use jni::Env;
use jni::objects::JString;
use jni::sys::{jint, jlong};
use std::sync::Arc;
use wikisentry_core::model::Scorer;

static MODELS: Handles<Scorer> = Handles::new("model");

natives! {
    [fn load_model(name: JString, version: jint, model: jbyte[], card: jbyte[], text: jbyte[]) -> jlong]
    [fn bootstrap_model() -> jlong]
    [fn model_version(model: jlong) -> JString]
    [fn free_model(model: jlong)]
}

pub(super) fn get(model: jlong) -> Result<Arc<Scorer>> {
    MODELS.get(model)
}

fn load_model<'l>(
    env: &mut Env<'l>,
    _: Class<'l>,
    name: JString<'l>,
    version: jint,
    model: Bytes<'l>,
    card: Bytes<'l>,
    text: Bytes<'l>,
) -> Result<jlong> {
    let name = arrays::text(env, &name, "name")?;
    let (model, card) = (
        arrays::bytes(env, &model, "model")?,
        arrays::bytes(env, &card, "card")?,
    );
    let text = arrays::optional(env, &text)?;
    let scorer = model::load(&name, version, &model, &card, text.as_deref())?;
    Ok(MODELS.put(scorer))
}

fn bootstrap_model<'l>(_: &mut Env<'l>, _: Class<'l>) -> Result<jlong> {
    Ok(MODELS.put(model::bootstrap()?))
}

fn model_version<'l>(env: &mut Env<'l>, _: Class<'l>, model: jlong) -> Result<JString<'l>> {
    Ok(env.new_string(get(model)?.version())?)
}

fn free_model<'l>(_: &mut Env<'l>, _: Class<'l>, model: jlong) -> Result<()> {
    MODELS.take(model);
    Ok(())
}
