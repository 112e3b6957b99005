//! The driver against a real Docker engine, with docker compose as the judge. Run with
//! `WIKISENTRY_CONTAINER_TESTS=1`; they need the image `debian:bookworm-slim`.

mod converge;
mod fixture;
mod interop;
mod interrupt;
mod observe;
mod refuse;
