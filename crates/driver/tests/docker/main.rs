//! The driver against a real Docker engine, with docker compose as the judge. Run with
//! `CONTAINER_TESTS=1`; they need the image `debian:bookworm-slim`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod converge;
mod fixture;
mod interop;
mod interrupt;
mod observe;
mod refuse;
