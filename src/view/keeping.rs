//! Backups and the way back, exports and imports, removal for good: what was done and what was not, with the reason.
//!
//! Only wording.

use super::{
    card::{Card, Face, Span, Text, Tone, name, plain, text},
    command::Command,
    words,
};
use crate::domain::{
    keeping::{Adopted, Altered, BackedUp, Exported, Forgotten, GuildImported, Remark, Restored, RowRemark, Unusable},
    names,
    report::Counts,
};

/// The most rows that a card tells of; `--json` tells of all.
const REMARKS: usize = 20;

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

/// The answer of `export` to a file.
pub fn exported(report: &Exported) -> Card {
    let holds = format!(
        "{}, {} (removed ones that can still be brought back among them)",
        words::count(report.groups, "group", "groups"),
        words::count(report.members, "member", "members"),
    );
    Card::new(Tone::Good, text!["Export made"])
        .field_if("File", report.file.as_ref().map(|file| text![path(file)]))
        .field("Size", text![plain(words::bytes(report.bytes))])
        .field("Holds", text![plain(holds)])
}

/// The answer of `import` of an export.
pub fn imported(report: &GuildImported) -> Card {
    if report.unchanged {
        return Card::new(Tone::Quiet, text!["All of it is here already"]).line(text!["Nothing was changed."]);
    }
    let holds = format!(
        "{}, {}, {}, {}",
        words::count(report.groups, "group", "groups"),
        words::count(report.members, "member", "members"),
        words::count(report.players, "player", "players"),
        words::count(report.changes, "recorded change", "recorded changes"),
    );
    Card::new(Tone::Good, text!["Import done"]).field("Holds", text![plain(holds)]).line(text![
        "See the groups with ",
        Command::GroupList,
        "."
    ])
}

/// The answer of `import python-rustops` and `import rustplusplus`.
pub fn adopted(report: &Adopted) -> Card {
    let (tone, title) = match (report.dry_run, report.imported, report.refused) {
        (true, ..) => (Tone::Plain, "This is what an import would do; nothing was changed"),
        (_, 0, 0) => (Tone::Quiet, "All of it is here already"),
        (_, _, 0) => (Tone::Good, "Import done"),
        _ => (Tone::Caution, "Import done, but not all of it could be used"),
    };
    let rows = format!(
        "{} read: {} new, {} here already, {} not usable",
        report.rows, report.imported, report.already, report.refused,
    );
    let mut card = Card::new(tone, text![title]).field("Rows", text![plain(rows)]);
    if !report.groups.is_empty() {
        card = card.field("Groups", text![plain(words::count(report.groups.len(), "new group", "new groups"))]);
    }
    if report.members > 0 {
        let members = words::count(report.members, "new member", "new members");
        let unlinked = match report.unlinked {
            0 => String::new(),
            some => format!(", {some} of them without a BattleMetrics player"),
        };
        card = card.field("Members", text![plain(members + &unlinked)]);
    }
    card =
        card.field_if("Server", report.server.as_ref().map(|server| text![name(&server.name), " is the active one"]));
    if report.cut_short {
        card = card.line(text!["The source is cut short: what could be read of it is here."]);
    }
    card = report.remarks.iter().take(REMARKS).fold(card, |card, told| card.line(remark(told)));
    match report.remarks.len().saturating_sub(REMARKS) {
        0 => card,
        more => card.line(text![plain(format!("{more} more like these; --json lists all."))]),
    }
}

fn remark(told: &RowRemark) -> Text {
    let mut line = text![name(&told.source)];
    if told.line > 0 {
        line.extend(text![plain(format!(" {}", told.line))]);
    }
    if !told.name.is_empty() {
        line.extend(text![", ", name(&told.name)]);
    }
    line.extend(text![": "]);
    line.extend(match &told.remark {
        Remark::Refused { why } => text!["not used, ", refused(*why)],
        Remark::Changed { how } => changed(how),
    });
    line
}

fn refused(why: Unusable) -> &'static str {
    match why {
        Unusable::NotText => "it is not UTF-8 text",
        Unusable::TooLong => "a value is too long",
        Unusable::WrongForm => "it has another form than the others",
        Unusable::NoName => "it has neither a name nor an id",
        Unusable::NoGroupName => "it names no group",
        Unusable::NoSuchGroup => "its group has no members",
        Unusable::BadCount => "its counts make no sense",
        Unusable::BadDate => "its date makes no sense",
        Unusable::BadServer => "it has no BattleMetrics server id",
        Unusable::TooManyGroups => "there are as many groups as there may be",
        Unusable::TooManyMembers => "the group has as many members as it may",
        Unusable::Duplicate => "an earlier row says the same",
    }
}

fn changed(how: &Altered) -> Text {
    text![match how {
        Altered::BadPlayerId => "the BattleMetrics id makes no sense; kept without",
        Altered::BadSteamId => "the Steam id makes no sense; kept without",
        Altered::BadDate => "the date makes no sense; today is used",
        Altered::Renamed { to } => return text!["called ", name(to), " here"],
        Altered::SteamTaken => "the Steam account is another member's; kept without",
        Altered::OtherSteam => "the member has another Steam account, and keeps it",
        Altered::LaterCheck => "a later check is known, and stays",
        Altered::OtherServerSet => "another server is the active one, and stays so",
        Altered::NoServer => "its server is not known; it follows the active one",
        Altered::NoPlayers => "its players are no list and could not be read",
        Altered::PingedEveryone => "it pinged everyone; RustOps never does, give an alert a role instead",
        Altered::InGame => "it told things in the game, which RustOps does not",
        Altered::ClanTag => "its clan tag is not needed; players are told apart by id",
    }]
}

/// The question before somebody is forgotten.
pub fn confirm_forgetting(found: &Forgotten, face: Face) -> Card {
    let last = match face {
        Face::Discord => "This cannot be taken back.",
        Face::Terminal => "This cannot be taken back. Add --yes to do it without being asked.",
    };
    Card::new(Tone::Caution, text!["Forget ", name(&found.name), "?"])
        .line(text![plain(what_of(found, "to be removed"))])
        .line(text![last])
}

/// The answer of `forget player` and `forget member`.
pub fn forgotten(report: &Forgotten) -> Card {
    Card::new(Tone::Good, text![name(&report.name), " is forgotten"])
        .line(text![plain(what_of(report, "removed"))])
        .line(text!["Backups made before still hold it; and whoever plays on a watched server again is noted anew."])
}

fn what_of(found: &Forgotten, done: &str) -> String {
    format!(
        "{}, {} and {} {done}.",
        words::count(found.memberships, "membership", "memberships"),
        words::count(found.records, "other record", "other records"),
        words::count(found.changes, "mention in the record of changes", "mentions in the record of changes"),
    )
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

#[cfg(test)]
mod tests {
    use crate::view::{card::Face, samples};

    #[test]
    fn what_was_kept_and_brought_over_is_told() {
        let commands = ["backup", "restore", "export", "import", "import python-rustops", "forget player"];
        let cards = samples::reports("").into_iter().filter(|sample| commands.contains(&sample.command));
        let all: Vec<_> = cards.map(|sample| samples::sketch(&sample.terminal, Face::Terminal)).collect();
        insta::assert_snapshot!(all.join("\n\n"), @"
        Good | Backup made and checked
        File: /home/ann/.local/share/rustops/backups/rustops-20260616T224640Z.db.gz
        Size: 1.2 MB, 4.5 MB unpacked
        Holds: 2 guilds, 3 groups, 21 members, 512 players known

        Good | Backup restored
        From: rustops-20260616T224640Z.db.gz
        Holds: 2 guilds, 3 groups, 21 members, 512 players known
        Before: kept as /home/ann/.local/share/rustops/rustops.db.replaced-20260616T224640Z

        Good | Export made
        File: /home/ann/purple.json
        Size: 34.5 kB
        Holds: 3 groups, 21 members (removed ones that can still be brought back among them)

        Good | Import done
        Holds: 3 groups, 21 members, 19 players, 40 recorded changes
        See the groups with rustops group list.

        Caution | Import done, but not all of it could be used
        Rows: 24 read: 20 new, 3 here already, 1 not usable
        Groups: 2 new groups
        Members: 18 new members, 2 of them without a BattleMetrics player
        Server: Rusty Moose |US Monthly| is the active one
        The source is cut short: what could be read of it is here.
        groups 31, ChennyBounce: the Steam id makes no sense; kept without
        groups 40, purple base: called purple base (2) here
        last_checked 55, Gone: not used, its group has no members

        Good | ChennyBounce is forgotten
        2 memberships, 9 other records and 3 mentions in the record of changes removed.
        Backups made before still hold it; and whoever plays on a watched server again is noted anew.
        ");
    }
}
