//! Redirects that moves leave behind. `page_change` tells each twice: as a `create` of its own, which
//! no one wrote, and in the move, under `created_redirect_page`, both with the same `meta.request_id`.
//! Either may come first.

use super::wire::{Page, Wire};

/// What an event says of a redirect. The texts are equal if both mean the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectTrace {
    /// It is the creation of this redirect, by a person or by a move.
    Created(String),
    /// It is the move that left this redirect.
    Left(String),
}

impl RedirectTrace {
    /// `None` if the event has to do with no redirect, or does not name it fully.
    pub(super) fn of(wire: &Wire<'_>) -> Option<Self> {
        let named = |page: &Page<'_>| {
            let request = wire.meta.as_ref()?.request_id.as_deref()?;
            let wiki = wire.wiki_id.as_deref()?;
            let page = (*page.page_id)?;
            Some(format!("{wiki}:{page}:{request}"))
        };
        match wire.page_change_kind.as_deref()? {
            "create" => {
                let page = wire.page.as_ref()?;
                let is_redirect = *page.is_redirect == Some(true);
                named(page).filter(|_| is_redirect).map(Self::Created)
            }
            "move" => named(wire.created_redirect_page.as_ref()?).map(Self::Left),
            _ => None,
        }
    }
}
