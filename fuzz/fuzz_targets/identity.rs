//! What a user pasted, read as player, server, group name and message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::domain::identity;

fuzz_target!(|text: &str| {
    let _ = identity::player(text);
    let _ = identity::server(text);
    if let Ok(name) = identity::group_name(text) {
        assert_eq!(identity::group_name(&name), Ok(name));
    }
    assert!(identity::references(text).len() <= identity::MAX_REFERENCES);
});
