//! As much of HTTP/1.1 as asking one's own API takes, so that no client library is measured.

use crate::Failure;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An API on loopback that is silent for longer hangs.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The body of the answer to `GET`, which must have a `Content-Length`.
pub fn get(api: SocketAddr, path: &str) -> Result<Vec<u8>, Failure> {
    let mut stream = TcpStream::connect(api)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = Head::read(&answer)?.ok_or("no whole answer")?;
    Ok(answer.split_off(head.bytes))
}

/// What is asked of the head of an answer.
pub struct Head {
    pub bytes: usize,
    /// The length of what follows.
    pub body_bytes: usize,
}

impl Head {
    /// `None` while it is not whole.
    pub fn read(answer: &[u8]) -> Result<Option<Self>, Failure> {
        let Some(end) = body_start(answer) else {
            return Ok(None);
        };
        let head = str::from_utf8(&answer[..end])?;
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap_or_default();
        if !status.starts_with("HTTP/1.1 200") {
            return Err(format!("the API answers {status}").into());
        }
        let length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse().ok())?
        });
        Ok(Some(Self {
            bytes: end,
            body_bytes: length.ok_or("an answer without Content-Length")?,
        }))
    }
}

/// Where the body begins.
fn body_start(answer: &[u8]) -> Option<usize> {
    answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .map(|at| at + 4)
}
