//! Sizes of topics on a broker's disks. librdkafka has no DescribeLogDirs, so the one request is
//! spoken here, without TLS; its form: Kafka's protocol guide, API key 35, version 1. A user says
//! first who it is: keys 17, version 1, and 36, version 0.

use super::Kafka;
use crate::Account;
use bytes::{Buf, BufMut};
use std::collections::HashMap;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Correlation id 1, client id "wikisentry".
const HEADER: &[u8] = b"\x00\x00\x00\x01\x00\x0awikisentry";

/// No list of topics: it stands for all of them.
const ALL_TOPICS: &[u8] = b"\xff\xff\xff\xff";

/// The one way of saying who one is that needs no second answer, as a text of the protocol.
const PLAIN: &[u8] = b"\x00\x05PLAIN";

/// A longer answer is not one of a broker: a million partitions fit in.
const MAX_ANSWER: i32 = 64 << 20;

/// Adds the bytes of each topic on the broker at `address`.
///
/// # Errors
/// If it does not answer in time, or not what the protocol says; `sizes` are of no use then.
pub(super) async fn add_bytes(
    sizes: &mut HashMap<String, u64>,
    address: &str,
    kafka: &Kafka,
) -> io::Result<()> {
    if kafka.security.needs_tls(kafka.account.is_some()) {
        // The password must not go another way than was asked for.
        return Err(io::ErrorKind::Unsupported.into());
    }
    let asked = ask(address, kafka.account.as_ref());
    let answer = tokio::time::timeout(kafka.timeout, asked).await??;
    parse(&answer, sizes)
}

async fn ask(address: &str, account: Option<&Account>) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    if let Some(account) = account {
        accepted(&exchange(&mut stream, 17, 1, PLAIN).await?)?;
        accepted(&exchange(&mut stream, 36, 0, &plain(account)).await?)?;
    }
    exchange(&mut stream, 35, 1, ALL_TOPICS).await
}

/// User and password, as bytes of the protocol (RFC 4616).
fn plain(account: &Account) -> Vec<u8> {
    let words = format!("\0{}\0{}", account.user, account.password);
    let mut bytes = Vec::new();
    bytes.put_u32(u32::try_from(words.len()).unwrap_or(u32::MAX));
    bytes.put(words.as_bytes());
    bytes
}

/// Whether an answer has no error.
fn accepted(mut answer: &[u8]) -> io::Result<()> {
    let _correlation = answer.try_get_i32()?;
    match answer.try_get_i16()? {
        0 => Ok(()),
        code => Err(io::Error::other(format!("the user is refused: {code}"))),
    }
}

/// One request and its answer, without their lengths.
async fn exchange(
    stream: &mut TcpStream,
    key: i16,
    version: i16,
    body: &[u8],
) -> io::Result<Vec<u8>> {
    let length = 2 + 2 + HEADER.len() + body.len();
    let mut request = Vec::new();
    request.put_u32(u32::try_from(length).map_err(io::Error::other)?);
    request.put_i16(key);
    request.put_i16(version);
    request.put(HEADER);
    request.put(body);
    stream.write_all(&request).await?;
    let length = stream.read_i32().await?;
    if !(0..=MAX_ANSWER).contains(&length) {
        let what = format!("an answer of {length} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    // Grows with what comes, not with what the length claims.
    let mut answer = Vec::new();
    let length = u64::from(length.unsigned_abs());
    let read = stream.take(length).read_to_end(&mut answer).await?;
    if (read as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}

fn parse(mut rest: &[u8], sizes: &mut HashMap<String, u64>) -> io::Result<()> {
    if rest.try_get_i32()? != 1 {
        return Err(io::Error::other("it answers another request"));
    }
    let _throttled_ms = rest.try_get_i32()?;
    for _folder in 0..rest.try_get_i32()? {
        if rest.try_get_i16()? != 0 {
            return Err(io::Error::other("a folder of the broker cannot be read"));
        }
        let _path = string(&mut rest)?;
        for _topic in 0..rest.try_get_i32()? {
            let topic = string(&mut rest)?;
            let size = sizes.entry(topic).or_default();
            for _partition in 0..rest.try_get_i32()? {
                let _partition = rest.try_get_i32()?;
                // The broker says -1 if it does not know.
                let bytes = u64::try_from(rest.try_get_i64()?).unwrap_or(0);
                *size = size.saturating_add(bytes);
                let _lag = rest.try_get_i64()?;
                let _future = rest.try_get_u8()?;
            }
        }
    }
    Ok(())
}

fn string(rest: &mut &[u8]) -> io::Result<String> {
    let length = usize::try_from(rest.try_get_i16()?).map_err(io::Error::other)?;
    let (text, behind) = rest
        .split_at_checked(length)
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    *rest = behind;
    String::from_utf8(text.to_vec()).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One folder with topic `t` in two partitions of 10 and 32 bytes.
    const ANSWER: &[u8] = b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02/d\
        \x00\x00\x00\x01\x00\x01t\x00\x00\x00\x02\
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\
        \x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00";

    fn sizes(answer: &[u8]) -> io::Result<HashMap<String, u64>> {
        let mut sizes = HashMap::new();
        parse(answer, &mut sizes).map(|()| sizes)
    }

    #[test]
    fn a_user_that_is_refused_is_told_from_one_that_is_taken() {
        assert!(accepted(b"\0\0\0\x01\0\0\0\0").is_ok());
        let refused = accepted(b"\0\0\0\x01\0\x3a\xff\xff").unwrap_err();
        assert!(refused.to_string().contains("58"), "{refused}");
        assert!(accepted(b"\0\0\0\x01\0").is_err());
    }

    #[test]
    fn user_and_password_go_out_as_rfc_4616_has_them() {
        let account = Account {
            user: "tim".to_owned(),
            password: "tanstaaftanstaaf".to_owned(),
        };
        assert_eq!(plain(&account), b"\0\0\0\x15\0tim\0tanstaaftanstaaf");
    }

    #[test]
    fn partitions_of_a_topic_add_up() {
        let found = sizes(ANSWER).unwrap();
        assert_eq!(found, HashMap::from([("t".to_owned(), 42)]));
    }

    #[test]
    fn an_answer_cut_anywhere_is_refused() {
        for end in 0..ANSWER.len() {
            assert!(sizes(&ANSWER[..end]).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = sizes(&bytes);
        }
    }
}
