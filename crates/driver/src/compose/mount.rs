//! What a service mounts: named volumes and memory. Folders of the host are refused, since the
//! engine's host may be a virtual machine that does not have them.

use super::document::Node;
use super::error::ComposeError;
use super::scalar;
use serde::Serialize;

/// A mount. Variants and fields are in the order that docker compose hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Mount {
    /// A named volume of the project.
    Volume {
        /// The volume's name in the file.
        source: String,
        /// Where it is mounted.
        target: String,
        /// The container cannot write to it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        read_only: bool,
        /// No options are supported; docker compose's hash tells whether the mapping for them is
        /// there, which the short form implies.
        #[serde(skip_serializing_if = "Option::is_none")]
        volume: Option<NoOptions>,
    },
    /// Memory.
    Tmpfs {
        /// Where it is mounted.
        target: String,
        /// Its size.
        tmpfs: TmpfsOptions,
    },
}

/// An empty mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NoOptions {}

/// What a mount of memory can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TmpfsOptions {
    /// In bytes; without it the host's half memory.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_digits"
    )]
    pub size: Option<u64>,
    /// Permission bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

impl Mount {
    /// The name, in the file, of the volume that it mounts, if it mounts one.
    pub fn volume(&self) -> Option<&str> {
        match self {
            Self::Volume { source, .. } => Some(source),
            Self::Tmpfs { .. } => None,
        }
    }
}

const ONLY_NAMED: &str = "mount a named volume or tmpfs";

pub(super) fn read(node: &Node) -> Result<Mount, ComposeError> {
    if !node.is_mapping() {
        return short(node);
    }
    let mut fields = node.fields()?;
    let kind = fields.read("type", Node::text)?.unwrap_or_default();
    let Some(target) = fields.read("target", Node::text)? else {
        return node.invalid("target is missing");
    };
    let mount = match kind.as_str() {
        "volume" => {
            let Some(source) = fields.read("source", Node::text)? else {
                return node.invalid("source, the name of a volume, is missing");
            };
            let options = |options: &Node| {
                options.fields()?.finish(&[])?;
                Ok(NoOptions {})
            };
            Mount::Volume {
                source,
                target,
                read_only: fields.read("read_only", Node::truth)?.unwrap_or(false),
                volume: fields.read("volume", options)?,
            }
        }
        "tmpfs" => {
            let tmpfs = fields.read("tmpfs", |options| {
                let mut fields = options.fields()?;
                let size = fields.read("size", size)?;
                let mode = fields.read("mode", Node::number)?;
                fields.finish(&[])?;
                Ok(TmpfsOptions { size, mode })
            })?;
            let none = TmpfsOptions {
                size: None,
                mode: None,
            };
            let tmpfs = tmpfs.unwrap_or(none);
            Mount::Tmpfs { target, tmpfs }
        }
        _ => return node.unsupported(Some(ONLY_NAMED)),
    };
    fields.finish(&[])?;
    Ok(mount)
}

/// `NAME:/path` with `:ro` or `:rw`.
fn short(node: &Node) -> Result<Mount, ComposeError> {
    let text = node.text()?;
    let mut parts = text.split(':');
    let (source, target, mode) = (parts.next(), parts.next(), parts.next());
    let is_name = |name: &&str| name.starts_with(|c: char| c.is_ascii_alphanumeric());
    match (source.filter(is_name), target, mode, parts.next()) {
        (Some(source), Some(target), mode, None) if target.starts_with('/') => {
            let read_only = match mode {
                None | Some("rw") => false,
                Some("ro") => true,
                Some(_) => return node.invalid("after the second colon stands ro or rw"),
            };
            Ok(Mount::Volume {
                source: source.to_owned(),
                target: target.to_owned(),
                read_only,
                volume: Some(NoOptions {}),
            })
        }
        _ => node.unsupported(Some(ONLY_NAMED)),
    }
}

pub(super) fn size(node: &Node) -> Result<u64, ComposeError> {
    match scalar::bytes(&node.text()?) {
        Some(bytes) => Ok(bytes),
        None => node.invalid("a size is expected, such as 512m"),
    }
}
