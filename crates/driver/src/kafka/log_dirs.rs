//! Sizes of topics on a broker's disks. librdkafka has no DescribeLogDirs, so the one request is
//! spoken here, without TLS; its form: Kafka's protocol guide, API key 35, version 1.

use super::KafkaError;
use std::collections::HashMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// API key 35, version 1, correlation id 1, client id "wikisentry", all topics (null).
const REQUEST: &[u8] =
    b"\x00\x00\x00\x18\x00\x23\x00\x01\x00\x00\x00\x01\x00\x0awikisentry\xff\xff\xff\xff";

/// A longer answer is not one of a broker: a million partitions fit in.
const MAX_ANSWER: i32 = 64 << 20;

/// Bytes of each topic on the broker at `address`.
pub(super) async fn topic_bytes(
    address: &str,
    timeout: Duration,
) -> Result<HashMap<String, u64>, KafkaError> {
    let unreadable = |reason: String| KafkaError::Protocol {
        address: address.to_owned(),
        reason,
    };
    let answer = tokio::time::timeout(timeout, ask(address))
        .await
        .map_err(|_| unreadable(format!("nothing within {} s", timeout.as_secs())))?
        .map_err(|error| unreadable(error.to_string()))?;
    parse(&answer).map_err(|reason| unreadable(reason.to_owned()))
}

async fn ask(address: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let length = stream.read_i32().await?;
    if !(0..=MAX_ANSWER).contains(&length) {
        let what = format!("an answer of {length} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, what));
    }
    // Grows with what comes, not with what the length claims.
    let mut answer = Vec::new();
    let length = u64::from(length.unsigned_abs());
    let read = stream.take(length).read_to_end(&mut answer).await?;
    if (read as u64) < length {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}

fn parse(answer: &[u8]) -> Result<HashMap<String, u64>, &'static str> {
    let mut rest = answer;
    let mut sizes: HashMap<String, u64> = HashMap::new();
    if int32(&mut rest)? != 1 {
        return Err("it answers another request");
    }
    let _throttled_ms = int32(&mut rest)?;
    for _folder in 0..int32(&mut rest)? {
        if int16(&mut rest)? != 0 {
            return Err("a folder of the broker cannot be read");
        }
        let _path = string(&mut rest)?;
        for _topic in 0..int32(&mut rest)? {
            let topic = string(&mut rest)?;
            let size = sizes.entry(topic).or_default();
            for _partition in 0..int32(&mut rest)? {
                let _partition = int32(&mut rest)?;
                let bytes = u64::from_be_bytes(take(&mut rest)?);
                // It is signed; the broker says -1 if it does not know.
                *size = size.saturating_add(i64::try_from(bytes).map_or(0, i64::unsigned_abs));
                let _lag = take::<8>(&mut rest)?;
                let _future = take::<1>(&mut rest)?;
            }
        }
    }
    Ok(sizes)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (head, tail) = rest.split_first_chunk().ok_or("it is cut short")?;
    *rest = tail;
    Ok(*head)
}

fn int16(rest: &mut &[u8]) -> Result<i16, &'static str> {
    take(rest).map(i16::from_be_bytes)
}

fn int32(rest: &mut &[u8]) -> Result<i32, &'static str> {
    take(rest).map(i32::from_be_bytes)
}

fn string(rest: &mut &[u8]) -> Result<String, &'static str> {
    let length = usize::try_from(int16(rest)?).map_err(|_| "a name is null")?;
    let (head, tail) = rest.split_at_checked(length).ok_or("it is cut short")?;
    *rest = tail;
    String::from_utf8(head.to_vec()).map_err(|_| "a name is not UTF-8")
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

    #[test]
    fn partitions_of_a_topic_add_up() {
        assert_eq!(parse(ANSWER), Ok(HashMap::from([("t".to_owned(), 42)])));
    }

    #[test]
    fn an_answer_cut_anywhere_is_refused() {
        for end in 0..ANSWER.len() {
            assert!(parse(&ANSWER[..end]).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
