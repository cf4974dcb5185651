//! The doorbell: what was typed goes to the wiring, its exit code to the system. No decisions.

use std::process::ExitCode;

use rustops::wiring;

fn main() -> ExitCode {
    wiring::run()
}
