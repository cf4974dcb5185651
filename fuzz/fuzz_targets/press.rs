//! What buttons, menus and modals carry when a stranger makes it up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::discord::fuzz;

fuzz_target!(|text: &str| {
    fuzz::press(text);
    fuzz::press(&format!("1:{text}"));
    fuzz::choice(text);
});
