//! The address of somebody's PostgreSQL: no word of who and with what may be told.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::remote::postgres;

fuzz_target!(|text: &str| {
    let told = postgres::place(&format!("postgres://ann:hunter2Hunter2@{text}").into());
    assert!(!told.contains("hunter2Hunter2") || text.contains("hunter2Hunter2"), "{told}");
    let _ = postgres::place(&text.into());
});
