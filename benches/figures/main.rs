//! The figures: what things cost, printed as counts and ratios beside times, since machines are noisy.
//!
//! `cargo bench --bench figures` runs all; a word after `--` runs the sections whose name holds it. Nothing here can
//! fail over a time: figures are read by people, rules are held by tests.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures and prints"
)]

mod check;
mod discord;
#[path = "../../tests/scenarios/fake_discord/mod.rs"]
mod fake_discord;
mod program;
mod text;

use std::time::{Duration, Instant};

type Section = (&'static str, fn());

const SECTIONS: &[Section] = &[
    ("text: parser and name folding", text::run),
    ("check: requests and time of a group check", check::run),
    ("program: the binary as a process", program::run),
    ("discord: the bot over a pretend Discord", discord::run),
];

fn main() {
    // Cargo hands its own flags through; a word is a choice.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for (name, run) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            println!("\n== {name}");
            run();
        }
    }
}

/// How long `work` takes: the median of `times` runs.
fn median(times: usize, mut work: impl FnMut()) -> Duration {
    let mut taken: Vec<Duration> = (0..times)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    taken.sort();
    taken.get(times / 2).copied().unwrap()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
