//! Properties of the records: what is written is read back the same; the user type equals a slow
//! reference; the bookmark loses nothing whatever happens.

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
