//! The data layer with real containers, by the program itself: up, edits exactly once whatever is
//! killed, down. It needs a Docker engine.

#![allow(clippy::print_stdout, reason = "shown when a test fails")]

mod by_hand;
mod cluster;
mod engine_proxy;
mod faults;
mod fixture;
mod kafka_users;
mod lake;
mod life;
mod neighbours;
mod outages;
mod toy;
