//! Errors and panics as `NativeException`.

use crate::work::WorkError;
use jni::Env;
use jni::errors::ErrorPolicy;
use jni::strings::JNIString;
use jni::sys::jlong;
use std::any::Any;

const EXCEPTION: &str = "org/wikisentry/flink/NativeException";

/// Why a native returns nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum NativeError {
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error("there is no {kind} {handle}: it was freed, or never opened by this process")]
    Freed { kind: &'static str, handle: jlong },
    #[error("`{argument}` is null")]
    Null { argument: &'static str },
    #[error("{count} elements of an array of {length}")]
    Count { count: i32, length: usize },
    /// The JVM's own, such as a lack of memory; Java has its exception already.
    #[error("the JVM: {0}")]
    Jvm(#[from] jni::errors::Error),
}

/// Throws `NativeException` with the message of an error or a panic. An exception that is under way
/// already goes on.
#[derive(Debug)]
pub(super) struct Throw;

impl<T: Default> ErrorPolicy<T, NativeError> for Throw {
    type Captures<'l: 'n, 'n> = ();

    fn on_error<'l: 'n, 'n>(
        env: &mut Env<'l>,
        (): &mut Self::Captures<'l, 'n>,
        error: NativeError,
    ) -> jni::errors::Result<T> {
        throw(env, &error.to_string())
    }

    fn on_panic<'l: 'n, 'n>(
        env: &mut Env<'l>,
        (): &mut Self::Captures<'l, 'n>,
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        throw(env, &bug(&*payload))
    }
}

fn throw<T: Default>(env: &mut Env<'_>, message: &str) -> jni::errors::Result<T> {
    if !env.exception_check() {
        // It reports the exception that it has just thrown as an error.
        let _ = env.throw_new(JNIString::from(EXCEPTION), JNIString::from(message));
    }
    Ok(T::default())
}

/// What is said of a panic.
pub(super) fn bug(payload: &(dyn Any + Send)) -> String {
    let message = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(message), _) => message,
        (None, Some(message)) => message.as_str(),
        (None, None) => "without a message",
    };
    format!("the core panicked, which is a bug of it: {message}")
}
