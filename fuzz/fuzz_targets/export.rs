//! An export, checked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::domain::export::{Export, csv, csv_sessions};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(mut export) = serde_json::from_slice::<Export>(bytes) {
        let _ = export.check(500, 500);
        export.renumber();
        let _ = csv(&export);
        let _ = csv_sessions(&export);
    }
});
