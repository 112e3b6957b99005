//! The model registry through its public API: what is published and promoted, what crashes leave,
//! what several processes do at once. Seeds are printed; `REGISTRY_SEED` repeats one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and prints its seed"
)]

mod aliases;
mod crash;
mod rulings;
mod sample;
mod together;
mod versions;
