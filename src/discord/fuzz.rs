//! A door for `fuzz/` alone: custom ids and menu values as a stranger may send them. No part of any ordinary build.

use super::components::{Press, read_choice};

/// Reads a custom id. What was read is written, and must be read alike.
pub fn press(id: &str) {
    if let Some(press) = Press::read(id) {
        assert_eq!(Press::read(&press.id()), Some(press));
    }
}

/// Reads the value of a menu's line.
pub fn choice(value: &str) {
    let (asked, _) = read_choice(value);
    assert!(value.starts_with(asked));
}
