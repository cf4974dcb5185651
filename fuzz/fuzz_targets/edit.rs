//! A configuration file into which a value is put: it stays TOML, and the value is the one that was put in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustops::config::edit;

fuzz_target!(|both: (&str, &str)| {
    let (text, value) = both;
    if let Some(edited) = edit::edited(text, &[("discord_token", value.into())]) {
        let again = edit::edited(&edited, &[("discord_token", value.into())]);
        assert_eq!(again, Some(edited));
    }
});
