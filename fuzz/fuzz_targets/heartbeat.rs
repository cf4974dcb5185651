//! The heartbeat file.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use rustops::alive::Beat;

fuzz_target!(|bytes: &[u8]| {
    if let Some(beat) = Beat::read(bytes) {
        for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            let _ = beat.pulse(now);
        }
    }
});
