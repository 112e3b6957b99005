//! The faults that a replay can be asked for, and the text that asks for them:
//! `disconnect=0.001,stall=0.0001:500ms`. What they do is in [`Fault::describe`]; committing
//! them is the work of `recording` (gaps, canaries), `server` (statuses) and `delivery` (the rest).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Something that goes wrong, as it does with the real service or might; see [`Fault::describe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    Disconnect,
    Truncated,
    Duplicate,
    Reorder,
    Gap,
    Stall,
    TooManyRequests,
    Forbidden,
    Unavailable,
    Garbage,
    Oversized,
    Canary,
}

impl Fault {
    /// Every fault, in the order in which they are listed to people.
    pub const ALL: [Fault; 12] = [
        Fault::Disconnect,
        Fault::Truncated,
        Fault::Duplicate,
        Fault::Reorder,
        Fault::Gap,
        Fault::Stall,
        Fault::TooManyRequests,
        Fault::Forbidden,
        Fault::Unavailable,
        Fault::Garbage,
        Fault::Oversized,
        Fault::Canary,
    ];

    /// The name in a fault specification.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::Disconnect => "disconnect",
            Fault::Truncated => "truncated",
            Fault::Duplicate => "duplicate",
            Fault::Reorder => "reorder",
            Fault::Gap => "gap",
            Fault::Stall => "stall",
            Fault::TooManyRequests => "429",
            Fault::Forbidden => "403",
            Fault::Unavailable => "503",
            Fault::Garbage => "garbage",
            Fault::Oversized => "oversized",
            Fault::Canary => "canary",
        }
    }

    /// One line for people: what happens, and how often the probability is asked.
    pub const fn describe(self) -> &'static str {
        match self {
            Fault::Disconnect => "before an event: the connection ends, cleanly or not",
            Fault::Truncated => "at an event: the connection is cut inside its frame",
            Fault::Duplicate => "at an event: it is sent again, up to 50 events later",
            Fault::Reorder => "at an event: it is sent 1 to 5 events late",
            Fault::Gap => "before an event: 1 to 10 offsets are skipped; no event is lost",
            Fault::Stall => "before an event: silence for PARAM (default 500ms), no heartbeat",
            Fault::TooManyRequests => "at a connection: refused with 429 and Retry-After: 1",
            Fault::Forbidden => "at a connection: refused with 403",
            Fault::Unavailable => "at a connection: refused with 503",
            Fault::Garbage => "before an event: a frame of noise, invalid UTF-8 or wrong JSON",
            Fault::Oversized => "before an event: a frame of PARAM bytes (default 1048577)",
            Fault::Canary => "before an event: a canary event with an offset of its own",
        }
    }

    /// The place in tables by fault.
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often each fault is committed. The default is never.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    probabilities: [f64; Fault::ALL.len()],
    /// How long a stall lasts.
    pub stall: Duration,
    /// Bytes of data in an oversized frame.
    pub oversized_bytes: usize,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            probabilities: [0.0; Fault::ALL.len()],
            stall: Duration::from_millis(500),
            oversized_bytes: (1 << 20) + 1,
        }
    }
}

impl Faults {
    /// The probability of a fault, 0 to 1, each time it may happen.
    pub fn probability(&self, fault: Fault) -> f64 {
        self.probabilities[fault.index()]
    }

    /// Whether any fault can happen after a connection was accepted.
    pub(super) fn in_delivery(&self) -> bool {
        [
            Fault::Disconnect,
            Fault::Truncated,
            Fault::Duplicate,
            Fault::Reorder,
            Fault::Stall,
            Fault::Garbage,
            Fault::Oversized,
        ]
        .into_iter()
        .any(|fault| self.probability(fault) > 0.0)
    }
}

/// What is wrong with a fault specification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    #[error("`{0}` is not of the form name=probability[:parameter]")]
    Form(String),
    #[error("there is no fault `{name}`; there are {}", names())]
    Unknown { name: String },
    #[error("the fault `{0}` is given twice")]
    Twice(Fault),
    #[error("the probability `{text}` of the fault `{fault}` is no number from 0 to 1")]
    Probability { fault: Fault, text: String },
    /// The parameter cannot be read, or the fault takes none.
    #[error("the fault `{fault}` cannot take the parameter `{text}`: {why}")]
    Parameter {
        fault: Fault,
        text: String,
        why: &'static str,
    },
}

fn names() -> String {
    Fault::ALL.map(Fault::name).join(", ")
}

/// Largest oversized frame that can be asked for: enough to break any limit, too little to
/// break the machine.
const MAX_OVERSIZED: usize = 256 << 20;

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(spec: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        let mut given = [false; Fault::ALL.len()];
        let parts = spec.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| FaultsError::Form(part.to_owned()))?;
            let fault = Fault::ALL
                .into_iter()
                .find(|fault| fault.name() == name)
                .ok_or_else(|| FaultsError::Unknown {
                    name: name.to_owned(),
                })?;
            if std::mem::replace(&mut given[fault.index()], true) {
                return Err(FaultsError::Twice(fault));
            }
            let mut pieces = value.splitn(2, ':');
            let (text, parameter) = (pieces.next().unwrap_or_default(), pieces.next());
            faults.probabilities[fault.index()] = text
                .parse()
                .ok()
                .filter(|p| (0.0..=1.0).contains(p))
                .ok_or_else(|| FaultsError::Probability {
                    fault,
                    text: text.to_owned(),
                })?;
            if let Some(parameter) = parameter {
                faults.set_parameter(fault, parameter)?;
            }
        }
        Ok(faults)
    }
}

impl Faults {
    fn set_parameter(&mut self, fault: Fault, text: &str) -> Result<(), FaultsError> {
        let refused = |why| FaultsError::Parameter {
            fault,
            text: text.to_owned(),
            why,
        };
        match fault {
            Fault::Stall => {
                let span: jiff::SignedDuration = text
                    .parse()
                    .map_err(|_| refused("give a time such as 500ms or 2s"))?;
                self.stall = span
                    .try_into()
                    .map_err(|_| refused("give a time that is not negative"))?;
            }
            Fault::Oversized => {
                self.oversized_bytes = text
                    .parse()
                    .ok()
                    .filter(|bytes| (1..=MAX_OVERSIZED).contains(bytes))
                    .ok_or_else(|| refused("give a number of bytes, at most 268435456"))?;
            }
            _ => return Err(refused("it takes none")),
        }
        Ok(())
    }
}
