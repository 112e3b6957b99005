//! Guards against DNS rebinding (`Host`) and against requests from other sites' pages (`Origin`): the
//! API has no password, it is for this machine, and a page in this machine's browser is not that.

use super::error::ApiError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

const HELP: &str = "ask by address (http://127.0.0.1:8000) or as localhost; a proxy's name goes into api.allowed_hosts";

/// Refuses requests that name another host than this machine, or come from the page of one.
pub(super) async fn guard(
    State(allowed): State<Arc<[String]>>,
    request: Request,
    next: Next,
) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    // A client of HTTP/1.0 need not name a host, as plain health checks do; no browser is one.
    let needs_host = request.version() > Version::HTTP_10;
    match refusal(headers, uri, needs_host, &allowed) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    }
}

fn refusal(
    headers: &HeaderMap,
    uri: &Uri,
    needs_host: bool,
    allowed: &[String],
) -> Option<ApiError> {
    // Of several, which one counts is a matter of opinion: they are none.
    let text = |name| {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?.to_str().unwrap_or("");
        Some(if all.next().is_none() { first } else { "" })
    };
    let asked = uri.authority().map(|authority| authority.as_str());
    let host = asked.or_else(|| text(header::HOST));
    let is_unnamed = host.is_none() && !needs_host;
    let host = host.unwrap_or("");
    let named = Named::read(host);
    // An address cannot be made to lead elsewhere, as a name can.
    let is_ours =
        named.is_some_and(|named| matches!(named, Named::Address(_)) || named.is_local(allowed));
    if !is_ours && !is_unnamed {
        let error = format!("the request is for {host:?}, which is not this machine");
        let status = StatusCode::MISDIRECTED_REQUEST;
        return Some(ApiError::new(status, error, HELP));
    }
    // A page without an origin of its own says "null".
    let origin = text(header::ORIGIN)?;
    let of = origin.split_once("://").map_or("", |(_, host)| host);
    if (of == host && is_ours) || Named::read(of).is_some_and(|page| page.is_local(allowed)) {
        return None;
    }
    let error = format!("the request comes from a page of {origin:?}");
    Some(ApiError::new(StatusCode::FORBIDDEN, error, HELP))
}

/// A host as a request names it, without its port.
enum Named {
    Address(IpAddr),
    Name(String),
}

impl Named {
    fn read(host: &str) -> Option<Self> {
        let is_port = |port: &str| port.bytes().all(|digit| digit.is_ascii_digit());
        if let Some(v6) = host.strip_prefix('[') {
            let (address, port) = v6.split_once(']')?;
            let address = address.parse::<Ipv6Addr>().ok()?;
            let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            return is_whole.then_some(Self::Address(address.into()));
        }
        let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
        if name.is_empty() || !is_port(port) {
            return None;
        }
        Some(match name.parse() {
            Ok(address) => Self::Address(address),
            Err(_) => Self::Name(name.trim_end_matches('.').to_ascii_lowercase()),
        })
    }

    /// Whether it is this machine for sure, or a name that was allowed.
    fn is_local(&self, allowed: &[String]) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => {
                name == "localhost"
                    || name.ends_with(".localhost")
                    || allowed.iter().any(|one| one.eq_ignore_ascii_case(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn status(host: &str, origin: Option<&str>) -> Option<u16> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        let allowed = ["edits.example.org".to_owned()];
        let refusal = refusal(&headers, &Uri::from_static("/predict"), true, &allowed)?;
        Some(refusal.status.as_u16())
    }

    #[test]
    fn this_machine_and_what_was_allowed_may_ask() {
        for host in [
            "127.0.0.1:8000",
            "127.0.0.1",
            "localhost:8000",
            "LocalHost",
            "[::1]:8000",
            "192.0.2.7:8000",
            "edits.example.org",
            "EDITS.example.org:443",
            "a.localhost:80",
        ] {
            assert_eq!(status(host, None), None, "{host}");
            assert_eq!(
                status(host, Some(&format!("http://{host}"))),
                None,
                "{host}"
            );
        }
    }

    #[test]
    fn several_of_a_header_are_refused() {
        let refused = |name| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1"));
            headers.append(&name, HeaderValue::from_static("http://127.0.0.1"));
            headers.append(&name, HeaderValue::from_static("http://127.0.0.1"));
            refusal(&headers, &Uri::from_static("/predict"), true, &[]).is_some()
        };
        assert!(refused(header::HOST) && refused(header::ORIGIN));
    }

    #[test]
    fn who_need_not_name_a_host_may_leave_it_out_and_no_page_may() {
        let uri = Uri::from_static("/health/live");
        let mut headers = HeaderMap::new();
        assert!(refusal(&headers, &uri, true, &[]).is_some());
        assert!(refusal(&headers, &uri, false, &[]).is_none());
        headers.insert(header::ORIGIN, HeaderValue::from_static("null"));
        assert!(refusal(&headers, &uri, false, &[]).is_some());
        headers.remove(header::ORIGIN);
        headers.insert(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(refusal(&headers, &uri, false, &[]).is_some());
    }

    #[test]
    fn strangers_names_and_pages_are_refused() {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8000",
            "localhost.evil.example",
            "evil-localhost",
            "",
            "[::1",
            "[evil.example]:80",
            "[::1].evil.example",
            "[::1]x",
            "127.0.0.1:80x",
        ] {
            assert_eq!(status(host, None), Some(421), "{host}");
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1.evil.example",
            "evil",
        ] {
            assert_eq!(
                status("127.0.0.1:8000", Some(origin)),
                Some(403),
                "{origin}"
            );
        }
    }
}
