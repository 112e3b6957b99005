//! Properties of the records: they are read back as they were written, the user type equals a slow
//! reference, and the bookmark loses no event.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod bookmark;
mod contracts;
mod generated;
mod round_trip;
mod user_type;
