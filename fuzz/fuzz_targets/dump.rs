//! A plain dump of the Python RustOps, up to the plan.
#![no_main]

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use rustops::legacy::{dump, python_rustops};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(rows) = dump::read(bytes) {
        let read = rows.rows.len();
        let plan = python_rustops::plan(rows, &TimeZone::UTC, std::str::from_utf8(bytes).ok());
        assert!(plan.rows >= read);
    }
});
