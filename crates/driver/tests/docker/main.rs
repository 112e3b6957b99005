//! The driver against a real Docker engine, with docker compose as the judge. What needs the engine
//! is ignored unless it is asked for; it needs the image `debian:bookworm-slim` too.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod converge;
mod fixture;
mod interop;
mod interrupt;
mod observe;
mod refuse;
