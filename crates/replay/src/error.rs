//! Why a recording cannot be replayed.

use std::io;
use std::net::SocketAddr;

/// Why a replay cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("cannot read the recording {name}")]
    Read {
        /// The file, or what is part of the binary.
        name: String,
        #[source]
        cause: io::Error,
    },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: io::Error,
    },
}
