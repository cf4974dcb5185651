//! The configuration file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::config::{Config, Flags};

fuzz_target!(|bytes: &[u8]| {
    let file = std::env::temp_dir().join(format!("rustops-fuzz-{}.toml", std::process::id()));
    if std::fs::write(&file, bytes).is_ok() {
        let _ = Config::load(&Flags { config: Some(file), ..Flags::default() }, &|_| None);
    }
});
