//! The data layer with real containers, by the program itself: up, edits exactly once whatever is
//! killed, down. Runs where `CONTAINER_TESTS` is 1; it needs a Docker engine.

#![allow(clippy::print_stdout, reason = "shown when a test fails")]

mod engine_proxy;
mod faults;
mod fixture;
mod life;
mod outages;
