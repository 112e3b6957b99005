//! The whole program as its users run it, in processes of its own.

mod advice;
mod api;
mod clock;
mod crash;
mod disk;
mod documents;
mod faults;
mod lake;
mod learning;
mod openapi;
mod ownership;
mod rebuild;
mod recordings;
mod records;
mod resume;
mod secrets;
mod service;
mod start;
mod support;
