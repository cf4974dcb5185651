//! A backup file, as it is and compressed: up to the database that would be put in place. Quicker with `TMPDIR=/dev/shm`.
#![no_main]

use std::{fs, io::Write as _};

use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;
use rustops::store::backup;

fuzz_target!(|bytes: &[u8]| {
    let file = std::env::temp_dir().join(format!("rustops-fuzz-{}.backup", std::process::id()));
    if fs::write(&file, bytes).is_ok() {
        let _ = backup::read(&file);
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::none());
    if packed.write_all(bytes).is_ok()
        && let Ok(packed) = packed.finish()
        && fs::write(&file, packed).is_ok()
    {
        let _ = backup::read(&file);
    }
});
