//! The whole program as its users run it, in processes of its own.

mod api;
mod crash;
mod faults;
mod learning;
mod resume;
mod start;
mod support;
