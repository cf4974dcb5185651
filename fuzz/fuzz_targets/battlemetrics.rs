//! Answers of BattleMetrics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::remote::fuzz;

fuzz_target!(|bytes: &[u8]| fuzz::battlemetrics(bytes));
