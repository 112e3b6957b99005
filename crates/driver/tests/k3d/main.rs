//! The driver of clusters against a real `k3d` and a real Docker engine; what needs them is ignored unless it
//! is asked for. Images: the one of k3s that the installed `k3d` takes by default, its two helpers,
//! and `debian:bookworm-slim`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod cluster;
mod fixture;
mod images;
mod interrupt;
mod program;
