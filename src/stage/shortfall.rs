//! The refusal of a stage for which there is no room.

use crate::amounts::bytes;
use crate::error::ExpectedError;
use crate::plan::{Budget, Resource};

/// Every row that does not fit, in words.
pub(super) fn shortfalls(budget: &Budget) -> Vec<String> {
    let short = budget.rows.iter().filter(|row| !row.fits);
    short
        .map(|row| match row.resource {
            Resource::Port => format!("port {} for {}: {}", row.needed, row.what, row.detail),
            Resource::Cpu => format!("cores: {} needed, {} there", row.needed, row.available),
            Resource::Memory | Resource::Disk => format!(
                "{:?}: {} needed ({}), {} {}",
                row.resource,
                bytes(row.needed),
                row.what,
                bytes(row.available),
                row.detail
            )
            .to_lowercase(),
        })
        .collect()
}

/// The refusal, with every figure.
pub(super) fn too_little(of_what: &str, budget: &Budget) -> ExpectedError {
    let mut error = ExpectedError::preflight(format!("there is no room for {of_what}"))
        .because_each(shortfalls(budget));
    let is_short = budget.row(Resource::Memory).is_some_and(|row| !row.fits);
    if is_short && !budget.memory_users.is_empty() {
        let users = budget.memory_users.iter();
        let users = users.map(|user| format!("{} {}", user.name, bytes(user.memory_bytes)));
        let users: Vec<String> = users.collect();
        error = error.because(format!("who uses most memory: {}", users.join(", ")));
    }
    let rows = budget.rows.iter();
    let helps = rows.filter_map(|row| row.help.as_deref());
    let helps: Vec<&str> = helps.collect();
    // No force gets a port that somebody has.
    let mut short = budget.rows.iter().filter(|row| !row.fits);
    let force = match short.any(|row| row.resource != Resource::Port) {
        true => "; `--force` goes on anyway",
        false => "",
    };
    error.help(format!("{}{force}", helps.join("; ")))
}
