//! Names of images as the engine takes them. The engine has the last word; this refuses what could
//! never be one before any work starts, and splits off the tag.

/// Whether a text can be a reference: `[host[:port]/]name[/name…][:tag][@digest]`.
pub fn is_reference(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let (path, tag) = split_tag(name);
    let word = |part: &str, extra: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    text.len() <= 512
        && path.split('/').enumerate().all(|(at, part)| {
            // Only the first part may be a host, with capitals and a port.
            let host = at == 0 && path.contains('/');
            word(part, if host { "._-:" } else { "._-" })
                && (host || !part.contains(|c: char| c.is_ascii_uppercase()))
        })
        && tag.is_none_or(|tag| tag.len() <= 128 && word(tag, "._-"))
        && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_sha256))
}

/// Whether a text can be a SHA-256: 64 hexadecimal digits, small or large.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Name and tag; a port of the host is no tag.
pub fn split_tag(reference: &str) -> (&str, Option<&str>) {
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (reference, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_other_texts() {
        let digest = format!("minio/minio@sha256:{}", "0a".repeat(32));
        for (text, expected) in [
            ("minio/minio", true),
            ("debian:bookworm-slim", true),
            ("localhost:5000/a/b_c:1.0-x", true),
            ("Registry.example.org/a", true),
            (&*digest, true),
            ("", false),
            ("a b", false),
            ("a:", false),
            ("a//b", false),
            ("-a", false),
            ("Name", false),
            ("a:tag:tag", false),
            ("a@sha256:12", false),
            ("https://example.org/a", false),
        ] {
            assert_eq!(is_reference(text), expected, "{text}");
        }
    }

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!(split_tag("host:5000/a"), ("host:5000/a", None));
        assert_eq!(split_tag("host:5000/a:1"), ("host:5000/a", Some("1")));
    }
}
