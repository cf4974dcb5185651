//! Answers of Steam, of Discord to setup and doctor, and of whoever tells of releases.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::remote::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::steam(bytes);
    fuzz::discord(bytes);
    fuzz::release(bytes);
});
