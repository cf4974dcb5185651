//! A line at the prompt.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::cli::line;

fuzz_target!(|text: &str| {
    let _ = line::parse_line(text);
});
