//! Headers that tell a time: `Date`, `Retry-After`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::remote::fuzz;

fuzz_target!(|bytes: &[u8]| fuzz::times(bytes));
