//! Names made harmless, folded, cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::domain::names;

fuzz_target!(|text: &str| {
    let shown = names::shown(text);
    assert!(!shown.is_empty() && !shown.chars().any(char::is_control));
    let folded = names::folded(text);
    assert_eq!(names::folded(&folded), folded);
    assert_eq!(names::folded(&shown), folded);
    let _ = names::cut(text, 7);
});
