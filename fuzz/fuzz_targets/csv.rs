//! Tables of the Python RustOps as comma-separated values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::legacy::{Table, csv};

fuzz_target!(|bytes: &[u8]| {
    for table in Table::ALL {
        let _ = csv::read(table, bytes);
    }
});
