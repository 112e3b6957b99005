//! AWS Signature Version 4 over headers, as S3 and MinIO's administration want it. Source: AWS,
//! "Signature Version 4 signing process" (Amazon S3 API reference).

use ring::{digest, hmac};
use std::fmt;
use std::fmt::Write as _;

/// An access key with its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name for the store; no secret.
    pub access_key: String,
    /// The secret.
    pub secret_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// A request as far as its signature covers it.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    /// Host with port, as the header says it.
    pub(super) host: &'a str,
    /// Percent-encoded path.
    pub(super) path: &'a str,
    /// From [`query_string`].
    pub(super) query: &'a str,
    /// Lower-case names, sorted, without `host`, `x-amz-date` and `x-amz-content-sha256`.
    pub(super) headers: &'a [(&'static str, String)],
    /// SHA-256 of the body, in hexadecimal.
    pub(super) body_sha256: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub(super) time: &'a str,
    pub(super) region: &'a str,
}

impl Unsigned<'_> {
    /// The `Authorization` header.
    pub(super) fn authorization(&self, credentials: &Credentials) -> String {
        let mut headers = vec![
            ("host", self.host),
            ("x-amz-content-sha256", self.body_sha256),
            ("x-amz-date", self.time),
        ];
        headers.extend(
            self.headers
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        headers.sort_unstable();
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        let canonical = format!(
            "{}\n{}\n{}\n{lines}\n{names}\n{}",
            self.method, self.path, self.query, self.body_sha256
        );
        let day = self.time.get(..8).unwrap_or(self.time);
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.time,
            sha256_hex(canonical.as_bytes())
        );
        let secret = format!("AWS4{}", credentials.secret_key);
        let key = [day, self.region, "s3", "aws4_request"]
            .iter()
            .fold(secret.into_bytes(), |key, part| mac(&key, part));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={}",
            credentials.access_key,
            hex(&mac(&key, &to_sign))
        )
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A query as it is sent and signed: sorted, everything encoded but unreserved characters.
pub(super) fn query_string(pairs: &[(&str, &str)]) -> String {
    let mut encoded: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    encoded.sort_unstable();
    encoded.join("&")
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        }
    }

    /// The examples of AWS's page "Signature Calculations for the Authorization Header".
    #[test]
    fn signatures_are_those_of_the_examples_of_aws() {
        let empty = sha256_hex(b"");
        let text = sha256_hex(b"Welcome to Amazon S3.");
        let range = [("range", "bytes=0-9".to_owned())];
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
        ];
        let list = query_string(&[("prefix", "J"), ("max-keys", "2")]);
        for (method, path, query, headers, body, signature) in [
            (
                "GET",
                "/test.txt",
                "",
                &range[..],
                &empty,
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "PUT",
                "/test%24file.text",
                "",
                &put[..],
                &text,
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/",
                "lifecycle=",
                &[],
                &empty,
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "GET",
                "/",
                &list,
                &[],
                &empty,
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            let unsigned = Unsigned {
                method,
                host: "examplebucket.s3.amazonaws.com",
                path,
                query,
                headers,
                body_sha256: body,
                time: "20130524T000000Z",
                region: "us-east-1",
            };
            let header = unsigned.authorization(&credentials());
            assert!(
                header.ends_with(&format!("Signature={signature}")),
                "{path}?{query}: {header}"
            );
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert!(!format!("{:?}", credentials()).contains("wJalr"));
    }
}
