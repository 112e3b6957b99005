//! The natives of `org.wikisentry.flink.Native`, found by their names when Java calls them first: each
//! carries its arguments over, calls `work`, and carries the result back.

mod alerts;
mod arrays;
mod edits;
mod error;
mod handles;
mod lake;
mod models;

use error::{NativeError, Throw};
use jni::objects::{JByteArray, JClass, JObjectArray};

/// `byte[]`.
type Bytes<'l> = JByteArray<'l>;
/// `byte[][]`.
type ByteArrays<'l> = JObjectArray<'l, JByteArray<'l>>;
/// What natives return.
type Result<T> = std::result::Result<T, NativeError>;

/// Natives of `org.wikisentry.flink.Native`, by their signatures in Java's types; each calls the function
/// of its name in this scope.
macro_rules! natives {
    ($([$($signature:tt)+])+) => {$(
        const _: jni::NativeMethod = jni::native_method! {
            java_type = "org.wikisentry.flink.Native",
            error_policy = Throw,
            static extern $($signature)+
        };
    )+};
}
use natives;

/// The class that natives are static methods of, which none of them needs.
type Class<'l> = JClass<'l>;
