//! Which redirects of the service are followed: to any host and port, but never to where events could
//! be read or changed on their way, nor from elsewhere into this machine. The connector follows the same
//! ones.

use super::target::is_loopback;
use reqwest::header::LOCATION;
use reqwest::{Response, redirect};
use url::Url;

/// The longest chain that is followed.
const MAX_REDIRECTS: usize = 5;

/// Longest address that is shown, in characters.
const ADDRESS_SHOWN: usize = 200;

/// What to do with a redirect. All headers go along, but for a password: the address may have one,
/// and HTTP leaves it with the host it is for.
pub(super) fn policy() -> redirect::Policy {
    redirect::Policy::custom(
        |attempt| match objection(attempt.previous(), attempt.url()) {
            None => attempt.follow(),
            Some(_) => attempt.stop(),
        },
    )
}

/// Why a redirect is not followed; `None` if it is. `previous` are the addresses asked so far, the one
/// in the settings first.
fn objection(previous: &[Url], to: &Url) -> Option<&'static str> {
    let from_here = previous.first().is_some_and(is_loopback);
    let was_secure = previous.iter().any(|url| url.scheme() == "https");
    match to.scheme() {
        _ if previous.len() > MAX_REDIRECTS => Some("one redirect leads to the next"),
        _ if !to.username().is_empty() || to.password().is_some() => {
            Some("it holds a user name or password")
        }
        "https" | "http" if is_loopback(to) && !from_here => Some("it leads into this machine"),
        "https" => None,
        "http" if was_secure || !is_loopback(to) => Some("it leads to plain http"),
        "http" => None,
        _ => Some("it leads out of the web"),
    }
}

/// What an answer says that is a redirect which was not followed; `None` for others.
pub(super) fn not_followed(response: &Response) -> Option<String> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let from = response.url();
    let Ok(mut to) = from.join(location) else {
        return Some("it redirects to what is no address".to_owned());
    };
    // The chain so far is not known here; only its last address decides, or its length.
    let why = objection(std::slice::from_ref(from), &to);
    let why = why.unwrap_or("one redirect leads to the next");
    // These fail for addresses without a host only, which have neither.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    let shown: String = to.as_str().chars().take(ADDRESS_SHOWN).collect();
    Some(format!(
        "it redirects to {shown}, which is not followed: {why}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_followed_where_events_stay_safe() {
        let here = "http://127.0.0.1:8888/v2/stream/a";
        let there = "https://stream.wikimedia.org/v2/stream/a";
        for (chain, to, followed) in [
            (
                &[there][..],
                "https://stream.wikimedia.org/v3/stream/a",
                true,
            ),
            (
                &[there],
                "https://stream.wikimedia.org:4443/v2/stream/a",
                true,
            ),
            (
                &[there],
                "https://stream-eqiad.example.org/v2/stream/a",
                true,
            ),
            (&[there; 5], there, true),
            (&[there; 6], there, false),
            (&[there], "http://stream.wikimedia.org/v2/stream/a", false),
            (&[there], "http://127.0.0.1:8888/v2/stream/a", false),
            (&[there], "https://localhost/v2/stream/a", false),
            (&[there], "https://me:secret@stream.wikimedia.org/", false),
            (&[there], "ftp://stream.wikimedia.org/", false),
            (&[here], "http://127.0.0.1:9999/v2/stream/a", true),
            (&[here], "http://localhost:9999/v2/stream/a", true),
            (&[here], there, true),
            (&[here], "http://stream.wikimedia.org/v2/stream/a", false),
            (&[here, "https://localhost/"], here, false),
        ] {
            let chain: Vec<Url> = chain.iter().map(|url| url.parse().unwrap()).collect();
            let objection = objection(&chain, &to.parse().unwrap());
            assert_eq!(
                objection.is_none(),
                followed,
                "{chain:?} -> {to}: {objection:?}"
            );
        }
    }
}
