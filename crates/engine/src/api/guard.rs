//! Who may ask. The API has no password: it is for this machine, and a page in this machine's browser
//! is not this machine. A page of a stranger can send requests here under the stranger's name (the
//! header `Host`, after its name was made to lead to 127.0.0.1), or from it (the header `Origin`).

use super::error::ApiError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
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
    match refusal(request.headers(), request.uri(), &allowed) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    }
}

fn refusal(headers: &HeaderMap, uri: &Uri, allowed: &[String]) -> Option<ApiError> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let asked = uri.authority().map(|authority| authority.as_str());
    let host = asked.or_else(|| text(header::HOST)).unwrap_or("");
    if !is_allowed(host, allowed) {
        let error = format!("the request is for {host:?}, which is not this machine");
        let status = StatusCode::MISDIRECTED_REQUEST;
        return Some(ApiError::new(status, error, HELP));
    }
    // A page without an origin of its own says "null".
    let origin = text(header::ORIGIN)?;
    let of = origin.split_once("://").map_or("", |(_, host)| host);
    if is_allowed(of, allowed) {
        return None;
    }
    let error = format!("the request comes from a page of {origin:?}");
    Some(ApiError::new(StatusCode::FORBIDDEN, error, HELP))
}

/// Whether a host, with or without a port, is this machine or one that was allowed. An address cannot
/// be made to lead elsewhere, as a name can.
fn is_allowed(host: &str, allowed: &[String]) -> bool {
    if let Some(v6) = host.strip_prefix('[') {
        let address = v6.split_once(']').map(|(address, _)| address);
        return address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok()
        || allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(&name))
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
        let refusal = refusal(&headers, &Uri::from_static("/predict"), &allowed)?;
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
    fn strangers_names_and_pages_are_refused() {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8000",
            "localhost.evil.example",
            "evil-localhost",
            "",
            "[::1",
            "[evil.example]:80",
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
