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

mod bot;
mod check;
mod discord;
#[path = "../../tests/scenarios/fake_discord/mod.rs"]
mod fake_discord;
mod keeping;
mod program;
mod text;
mod watch;
mod year;

use std::time::Duration;

type Section = (&'static str, fn());

const SECTIONS: &[Section] = &[
    ("text: parser and name folding", text::run),
    ("check: requests and time of a group check", check::run),
    ("program: the binary as a process", program::run),
    ("discord: the bot over a pretend Discord", discord::run),
    ("watch: what it costs to know who is there", watch::run),
    ("keeping: a database of a year", keeping::run),
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

/// The median of what `times` runs say they took.
fn median_of(times: usize, mut run: impl FnMut() -> Duration) -> Duration {
    let mut taken: Vec<Duration> = (0..times).map(|_| run()).collect();
    taken.sort();
    taken.get(times / 2).copied().unwrap()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
