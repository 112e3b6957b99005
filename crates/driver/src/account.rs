//! Who asks a service, and with which password.

use std::fmt;

/// A user of a service. `Debug` leaves the password out.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Account");
        shown.field("user", &self.user).finish_non_exhaustive()
    }
}
