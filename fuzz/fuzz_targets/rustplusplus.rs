//! An instance file of rustplusplus, and each beginning of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::legacy::rustplusplus;

fuzz_target!(|bytes: &[u8]| {
    let _ = rustplusplus::plan(bytes);
    let _ = rustplusplus::plan(&bytes[..bytes.len() / 2]);
});
