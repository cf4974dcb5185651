//! Backups and the way back, exports and imports, removal for good: what was done and what was not, with the reason.
//!
//! Only wording.

use super::{
    card::{Card, Span, Tone, plain, text},
    words,
};
use crate::domain::{
    keeping::{BackedUp, Restored},
    names,
    report::Counts,
};

/// The answer of `backup`.
pub fn backed_up(report: &BackedUp) -> Card {
    let sizes = format!("{}, {} unpacked", words::bytes(report.bytes), words::bytes(report.database));
    Card::new(Tone::Good, text!["Backup made and checked"])
        .field("File", text![path(&report.file)])
        .field("Size", text![plain(sizes)])
        .field("Holds", text![plain(holds(&report.counts))])
}

/// The answer of `restore`.
pub fn restored(report: &Restored) -> Card {
    Card::new(Tone::Good, text!["Backup restored"])
        .field("From", text![path(&report.file)])
        .field("Holds", text![plain(holds(&report.counts))])
        .field_if("Before", report.kept.as_ref().map(|kept| text!["kept as ", path(kept)]))
}

fn holds(counts: &Counts) -> String {
    let some = |number: u64, one, many| words::count(usize::try_from(number).unwrap_or(usize::MAX), one, many);
    format!(
        "{}, {}, {}, {}",
        some(counts.guilds, "guild", "guilds"),
        some(counts.groups, "group", "groups"),
        some(counts.members, "member", "members"),
        some(counts.players, "player known", "players known"),
    )
}

/// A path is long and only of use whole.
fn path(path: &str) -> Span {
    Span::Code(names::cut(&names::shown(path), 400))
}
