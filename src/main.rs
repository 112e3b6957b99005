//! Starts the command line; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    wikisentry::run(std::env::args_os())
}
