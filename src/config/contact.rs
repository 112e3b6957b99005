//! Whom Wikimedia may write to: it wants to know who reads its feed.

use super::CONTAINER_HOST;
use crate::error::{ExpectedError, Result};
use wikisentry_engine::settings::SourceSettings;
use wikisentry_engine::sse::is_loopback;

/// What a missing contact comes to, by every command.
pub const NO_CONTACT: &str = "Wikimedia asks for a contact and answers 403 without it";

/// Whether the source is on this machine, as itself or as containers call it: it asks for nobody.
pub fn is_here(source: &SourceSettings) -> bool {
    is_loopback(&source.url) || source.url.host_str() == Some(CONTAINER_HOST)
}

/// The contact that the source is read with; a stand-in for a source that asks for none.
///
/// # Errors
/// With exit code 3 if it is missing.
pub fn contact(source: &SourceSettings) -> Result<String> {
    match source.contact.as_str() {
        "" if is_here(source) => Ok("nobody@localhost".to_owned()),
        "" => ExpectedError::preflight(NO_CONTACT)
            .because("source.contact is empty")
            .help("`wikisentry init`, or `--set source.contact=you@example.org`; without the feed: `wikisentry up --replay sample`")
            .fail(),
        contact => Ok(contact.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, resolve};
    use crate::error::ExitStatus;

    #[test]
    fn only_a_source_on_this_machine_is_read_without_a_contact() {
        let settings = resolve(&Sources::default(), &crate::components::sections());
        let mut source = settings.unwrap().settings.source;
        let error = contact(&source).unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Preflight);
        assert!(error.in_one_line().contains(NO_CONTACT));
        for here in ["http://127.0.0.1:9/", "http://host.docker.internal:9/"] {
            source.url = here.parse().unwrap();
            assert_eq!(contact(&source).unwrap(), "nobody@localhost", "{here}");
        }
        source.contact = "me@example.org".to_owned();
        assert_eq!(contact(&source).unwrap(), "me@example.org");
    }
}
