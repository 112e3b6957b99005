//! Records of `deadletter`: what could not be read, why, and where it came from.

use crate::time::EventTime;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};

/// One record of `deadletter`. Contract: `docs/contracts/deadletter.schema.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// What is wrong with the payload.
    pub reason: String,
    /// Where it came from.
    pub origin: PayloadOrigin,
    /// When it was received.
    pub received_at: EventTime,
    /// Size as received, in bytes.
    pub bytes: u64,
    /// The payload, if it is UTF-8; oversized ones are cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// The payload in base64, if it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_base64: Option<String>,
}

/// Where a payload came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayloadOrigin {
    /// The source, as settings name it; where it was read from a topic, its name.
    pub source: String,
    /// The SSE id it came with, if any; of a record of a topic `partition/offset`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl DeadLetter {
    /// A record for `payload`, which stood for `bytes` bytes.
    pub fn new(
        reason: String,
        origin: PayloadOrigin,
        at: EventTime,
        payload: &[u8],
        bytes: u64,
    ) -> Self {
        let text = str::from_utf8(payload).ok().map(str::to_owned);
        let payload_base64 = text.is_none().then(|| BASE64_STANDARD.encode(payload));
        Self {
            reason,
            origin,
            received_at: at,
            bytes,
            payload: text,
            payload_base64,
        }
    }
}
