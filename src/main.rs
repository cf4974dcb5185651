//! The doorbell: what was typed goes to the wiring, its exit code to the system. No decisions.

use std::process::ExitCode;

use clap::Parser as _;
use rustops::{cli::args::Arguments, wiring};

fn main() -> ExitCode {
    wiring::run(Arguments::parse())
}
