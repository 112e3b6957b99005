//! Java's arrays in and out. References to elements are deleted as soon as they were used: Java deletes
//! them only when the native returns, and has room for some.

use super::{ByteArrays, Bytes, NativeError, Result};
use jni::Env;
use jni::objects::{JByteArray, JString};
use jni::refs::Reference;
use jni::sys::jint;

/// The bytes of an argument; `name` is for the message if it is null.
pub(super) fn bytes(env: &Env<'_>, array: &Bytes<'_>, name: &'static str) -> Result<Vec<u8>> {
    optional(env, array)?.ok_or(NativeError::Null { argument: name })
}

/// The bytes of an argument that may be null.
pub(super) fn optional(env: &Env<'_>, array: &Bytes<'_>) -> Result<Option<Vec<u8>>> {
    match array.is_null() {
        true => Ok(None),
        false => Ok(Some(env.convert_byte_array(array)?)),
    }
}

pub(super) fn text(env: &Env<'_>, text: &JString<'_>, name: &'static str) -> Result<String> {
    if text.is_null() {
        return Err(NativeError::Null { argument: name });
    }
    Ok(text.try_to_string(env)?)
}

/// Calls `take` with each of the first `count` elements.
pub(super) fn each(
    env: &mut Env<'_>,
    arrays: &ByteArrays<'_>,
    count: jint,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    if arrays.is_null() {
        return Err(NativeError::Null { argument: "rows" });
    }
    let length = arrays.len(env)?;
    let wanted = usize::try_from(count).ok().filter(|count| *count <= length);
    for element in 0..wanted.ok_or(NativeError::Count { count, length })? {
        let array = arrays.get_element(env, element)?;
        let read = bytes(env, &array, "an element of rows");
        env.delete_local_ref(array);
        take(&read?)?;
    }
    Ok(())
}

/// A new `byte[][]`; `None` becomes null.
pub(super) fn new<'l>(env: &mut Env<'l>, elements: &[Option<&[u8]>]) -> Result<ByteArrays<'l>> {
    let arrays = env.new_object_type_array::<JByteArray>(elements.len(), JByteArray::null())?;
    for (at, element) in elements.iter().enumerate() {
        if let Some(element) = element {
            let array = env.byte_array_from_slice(element)?;
            arrays.set_element(env, at, &array)?;
            env.delete_local_ref(array);
        }
    }
    Ok(arrays)
}
