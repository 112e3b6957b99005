//! TOML as a list of dotted keys with their values, in the order of the text.

use toml::de::DeTable;
use toml::{Table, Value};

/// A value with its dotted key and where in the text it stands.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) key: String,
    pub(super) value: Value,
    /// Byte offset of the last part of the key.
    pub(super) offset: usize,
}

/// Every value of a TOML text in the order of the text. Tables are entered; an empty one, and the
/// values of an open one, stand as they are.
pub(super) fn flatten(
    text: &str,
    is_open: impl Fn(&str) -> bool,
) -> Result<Vec<Flat>, toml::de::Error> {
    let values: Table = toml::from_str(text)?;
    let spans = DeTable::parse(text)?;
    let mut flat = Vec::new();
    walk("", &values, spans.get_ref(), &is_open, &mut flat);
    flat.sort_by_key(|entry| entry.offset);
    Ok(flat)
}

fn walk(
    prefix: &str,
    values: &Table,
    spans: &DeTable<'_>,
    is_open: &impl Fn(&str) -> bool,
    flat: &mut Vec<Flat>,
) {
    for (name, span) in spans.iter() {
        let Some(value) = values.get(name.get_ref().as_ref()) else {
            continue;
        };
        let key = join(prefix, name.get_ref(), is_open(prefix));
        match (value, span.get_ref().as_table()) {
            (Value::Table(inner), Some(inner_spans)) if !inner.is_empty() && !is_open(prefix) => {
                walk(&key, inner, inner_spans, is_open, flat);
            }
            _ => flat.push(Flat {
                key,
                value: value.clone(),
                offset: name.span().start,
            }),
        }
    }
}

/// A name with a dot in it is quoted, so that `"source.url"` is not taken for `source.url`; names
/// of an open table's entries stay as they are.
fn join(prefix: &str, name: &str, open: bool) -> String {
    let quoted = !open && (name.contains('.') || name.is_empty());
    let name = if quoted {
        format!("{name:?}")
    } else {
        name.to_owned()
    };
    if prefix.is_empty() {
        name
    } else {
        format!("{prefix}.{name}")
    }
}
