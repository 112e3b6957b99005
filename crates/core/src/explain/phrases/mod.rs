//! Phrases for reasons. Each states a fact of the edit, or that it is unknown; none accuses the user
//! or guesses.

mod format;
mod page;
mod summary;
mod user;

use super::edit_row::EditRow;
use super::explanation::Direction;
use crate::features::{Column, ReasonKind};

/// The phrase for a reason; `leading` is its feature with the largest contribution.
pub(super) fn phrase(
    kind: ReasonKind,
    leading: Column,
    direction: Direction,
    row: &EditRow<'_>,
) -> String {
    match kind {
        ReasonKind::UserKind => user::kind(row),
        ReasonKind::Address => user::address(row),
        ReasonKind::UserName => user::name(leading, row),
        ReasonKind::SharedWords => user::shared_words(leading, row),
        ReasonKind::Account => user::account(row),
        ReasonKind::Groups => user::groups(row),
        ReasonKind::Summary => summary::summary(leading, row),
        ReasonKind::SummaryLinks => summary::links(leading, row),
        ReasonKind::SummaryWords => summary::words(leading, row),
        ReasonKind::Section => summary::section(leading, row),
        ReasonKind::TitleShape => page::title_shape(leading, row),
        ReasonKind::TitleWords => page::title_words(leading, row),
        ReasonKind::Wording => summary::wording(direction, row),
        ReasonKind::PageKind => page::kind(row),
        ReasonKind::PageHistory => page::history(leading, row),
        ReasonKind::Wiki => format!("on {}", row.edit.wiki),
        ReasonKind::Size => page::size(leading, row),
        ReasonKind::Minor => page::minor(row),
        ReasonKind::Patrolled => page::patrolled(row),
        ReasonKind::Time => page::time(row),
    }
}
