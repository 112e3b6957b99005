//! An edit with its features, and the kind of reason that each of them is. Which kind a feature
//! belongs to is in the list of features.

use crate::edit::Edit;
use crate::features::{COUNT, Column, ReasonKind};
use crate::user::UserType;

/// An edit and the values of its features.
pub(super) struct EditRow<'e> {
    pub edit: &'e Edit<'e>,
    pub values: [f32; COUNT],
}

impl EditRow<'_> {
    pub fn value(&self, column: Column) -> f32 {
        self.values[column as usize]
    }

    pub fn is_missing(&self, column: Column) -> bool {
        self.value(column).is_nan()
    }

    /// Whether a flag is 1.
    pub fn holds(&self, column: Column) -> bool {
        self.value(column) == 1.0
    }

    /// The reason for what is known of the user apart from a chosen name.
    fn user_reason(&self) -> ReasonKind {
        if self.edit.user.is_some() && self.edit.user_type == UserType::Registered {
            ReasonKind::UserName
        } else {
            ReasonKind::UserKind
        }
    }

    /// The kind of reason that a feature of this edit belongs to. If its value is missing because the
    /// thing it describes is, such as a chosen name or a summary, that is the reason.
    pub fn reason(&self, column: Column) -> ReasonKind {
        let missing = self.is_missing(column);
        match column.reason() {
            ReasonKind::UserKind => self.user_reason(),
            ReasonKind::Address | ReasonKind::UserName if missing => self.user_reason(),
            _ if missing && column == Column::user_title_overlap => self.user_reason(),
            _ if missing && is_of_comment(column) => ReasonKind::Summary,
            kind => kind,
        }
    }
}

fn is_of_comment(column: Column) -> bool {
    let name = crate::features::NAMES[column as usize];
    name.starts_with("comment_") || name.starts_with("section_")
}
