//! Stories of `notice`.

use super::*;
use crate::view::samples;

fn told() -> Vec<(Notice, String)> {
    let sketch = |told: &Notice| samples::sketch(&card(told, Face::Discord, samples::now()), Face::Discord);
    samples::notices("").into_iter().map(|told| (told.clone(), sketch(&told))).collect()
}

#[test]
fn each_notice_says_what_happened_and_what_to_do() {
    let outside = |told: &Notice| matches!(told, Notice::Outside { .. });
    let all: Vec<_> = told().into_iter().filter(|(told, _)| !outside(told)).map(|(_, text)| text).collect();
    insta::assert_snapshot!(all.join("\n\n"), @r#"
    Caution | No server is set
    Choose one with /server set.

    Bad | No Rust server found for "Purpel Base"
    Try fewer words of the name, or paste the server's BattleMetrics link.

    Bad | "Purpel Base" is not a server of the game Rust
    Look for the server by name with /server set.

    Bad | There is no group "Purpel Base"
    Did you mean Purple Base or Purple Tower?

    Bad | There is no group "Purpel Base"
    See the groups with /group list.

    Caution | There are no groups yet
    Add a player with /group add.

    Bad | There is no member "Purpel Base" in Purple Base
    Did you mean Purple Base or Purple Tower?

    Caution | Purple Base has no members
    Add a player with /group add.

    Bad | No player found for "Purpel Base"
    Try another spelling, or paste the player's BattleMetrics link.

    Bad | Nobody with the Discord id "Purpel Base" stands in the record of changes
    See who does with /rustops audit.

    Bad | There is a group "Purple Base" already
    Choose another name.

    Caution | There is no board of Purple Base
    Put one up with /group board.

    Caution | There is no such board any more
    Put one up with /group board.

    Caution | ChennyBounce is in Purple Base already
    The Steam account was not known before; it is now.

    Bad | There is no choice 9
    Pick a number from 1 to 3.
    [Choose one]
    (1100000001) Chenny | online · BattleMetrics 1100000001
    (1100000044) Chenny | last seen 3 d 4 h ago · BattleMetrics 1100000044
    (1100000057) Chenny | state unknown · BattleMetrics 1100000057

    Bad | "Purpel Base" can only be looked up with a Steam key
    Use the profile's number (steamcommunity.com/profiles/7656…), or set steam_key; a key is made at https://steamcommunity.com/dev/apikey

    Bad | Steam knows no profile "Purpel Base"
    Check the spelling, or paste the profile's link.

    Bad | No BattleMetrics player found by the name "Purpel Base"
    BattleMetrics cannot be asked by Steam id, only by name, and names on Steam and in the game may differ.
    Add the player by BattleMetrics link or by the name in the game.

    Bad | No BattleMetrics player found for this Steam account
    BattleMetrics cannot be asked by Steam id, only by name, and names on Steam and in the game may differ.
    Add the player by BattleMetrics link or by the name in the game.

    Bad | You may not do this here
    It takes role 4242 or the right to manage this Discord server.
    Ask somebody who has it.

    Bad | You may not do this here
    It takes the right to manage this Discord server.
    Ask an admin.

    Caution | There is nothing to take back

    Bad | There is no change 12
    See the changes with /rustops audit.

    Caution | Change 12 was taken back already
    See the changes with /rustops audit.

    Bad | Change 12 cannot be taken back
    Another group is called "Purpel Base" by now.
    Rename the other group with /group change, then try again.

    Bad | Change 12 cannot be taken back
    What it changed does not exist any more.

    Bad | Change 12 cannot be taken back
    The same thing was changed again since.
    Take the later change back first; /rustops audit lists it.

    Bad | There is no time zone "Purpel Base"
    Did you mean Purple Base or Purple Tower?

    Bad | There is no time zone "Purpel Base"
    Write it like Europe/Berlin.

    Bad | "Purpel Base" is no player that can be looked up
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" cannot be a group's name
    Give a name of 1 to 64 characters.

    Bad | "Purpel Base" is no server that can be looked up
    Give a name, a BattleMetrics link or an id.

    Bad | "Purpel Base" is no guild key
    Use 1 to 32 of a-z, 0-9, - and _.

    Bad | "Purpel Base" is no role
    Give a role of this Discord server, or everyone.

    Bad | "Purpel Base" is no channel
    Give a channel of this Discord server, or none.

    Bad | No player given
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    It has more than 64 characters.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    It holds line breaks or characters that cannot be shown.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    The link leads to example.com, not to BattleMetrics or Steam.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    The link is not one of BattleMetrics or Steam.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    The link leads to another kind of page.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    The link leads to a Steam group.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    The number is that of a game server.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    The number belongs to no person on Steam.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | "Purpel Base" is no player that can be looked up
    The number is neither a BattleMetrics nor a Steam id for sure.
    Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes.

    Bad | At most 200 groups
    Delete one you no longer need with /group del.

    Bad | At most 200 members in a group
    Remove somebody with /group remove, or use another group.

    Bad | At most 200 lines at once
    Import the rest in a second go.

    Bad | At most 200 boards
    Take one away that nobody reads, with its Off button.

    Bad | Nothing was saved: the disk is full
    Whoever runs the bot: make room on the disk, then try again.

    Bad | Nothing was saved: the database may only be read
    Whoever runs the bot: check who owns the data directory and whether the disk is mounted to be written.

    Bad | Nothing was saved: the database is in use
    Try again in a moment; another program keeps the file locked.

    Bad | The database is damaged
    Whoever runs the bot: stop it and restore the newest snapshot from the folder backups in the data directory: rustops restore FILE

    Bad | Nothing was saved: the disk fails
    Whoever runs the bot: look for errors of the disk (dmesg), bring the backups to safety, and replace it if it is worn out.

    Bad | /home/ann/old.db.gz does not exist
    Check the path.

    Bad | /home/ann/old.db.gz exists already
    Choose another name, or move it away.

    Bad | /home/ann/old.db.gz cannot be used
    Permission denied (os error 13).

    Bad | /home/ann/old.db.gz is in use by the running bot
    Stop the bot first, then try again.

    Bad | /home/ann/old.db.gz is in use by another program
    Wait until it has ended, then try again.

    Bad | /home/ann/old.db.gz is not a backup of RustOps
    Give a file that rustops backup made, or a copy of a database.

    Bad | /home/ann/old.db.gz is damaged
    row 7 missing from index groups_living.
    Nothing was changed. Try an older one.

    Bad | /home/ann/old.db.gz was written by a newer RustOps
    Its data has version 9, this program knows 1.
    Nothing was changed. Use the newer RustOps.

    Bad | /home/ann/old.db.gz cannot be understood
    Line 7: row 7 missing from index groups_living.

    Bad | /home/ann/old.db.gz cannot be understood
    row 7 missing from index groups_living.

    Bad | /home/ann/old.db.gz is not UTF-8 text
    It seems to be UTF-16.
    Make it again in UTF-8; with pg_dump: --encoding=UTF8 --file=FILE.

    Bad | /home/ann/old.db.gz is a dump that only pg_restore can read
    Make it again with pg_dump --format=plain.

    Bad | /home/ann/old.db.gz holds nothing to import
    Check that it is the right file.

    Bad | /home/ann/old.db.gz is too large
    At most 1000000 can be read.

    Bad | There is data in this guild already
    It has 3 groups, and an import brings back a guild as it was, settings and all.
    Name another guild with --guild, or use another --data-dir.

    Bad | Stopped; nothing was changed
    "#);
}

#[test]
fn each_trouble_of_a_service_comes_with_its_remedy() {
    let battlemetrics =
        |told: &Notice| matches!(told, Notice::Outside { trouble: Trouble { service: Service::BattleMetrics, .. } });
    let all: Vec<_> = told().into_iter().filter(|(told, _)| battlemetrics(told)).map(|(_, text)| text).collect();
    insta::assert_snapshot!(all.join("\n\n"), @"
    Bad | No BattleMetrics token is set
    Without it BattleMetrics answers nothing.
    Whoever runs the bot: make one at https://www.battlemetrics.com/developers and set it as battlemetrics_token.

    Bad | BattleMetrics refused the token
    The token is misspelt, revoked or expired.
    Whoever runs the bot: make one at https://www.battlemetrics.com/developers and set it as battlemetrics_token.

    Bad | No BattleMetrics subscription
    Since July 2026 BattleMetrics answers only accounts with a paid plan. The token itself is fine.
    Whoever runs the bot: subscribe the token's account at https://www.battlemetrics.com/subscription; the Basic plan should do.

    Bad | BattleMetrics does not allow it
    The token is fine, but its account may not do this.
    Whoever runs the bot: use the token of an account that may, or a larger plan.

    Bad | BattleMetrics turned the request away
    The network edge before BattleMetrics blocked this machine.
    Try again in some minutes; a VPN or a rented server may be the reason.

    Bad | The request limit of BattleMetrics is reached
    Too many requests. It goes on by itself: in 1 m.

    Bad | Not found on BattleMetrics
    BattleMetrics has no such entry, or no longer.
    Check the id or the link.

    Bad | BattleMetrics did not understand the request
    The request has a form that the service does not know.
    If it stays so, look for a newer version of the bot.

    Bad | BattleMetrics has a fault
    It answered with status 502.
    Try again in a minute.

    Bad | BattleMetrics cannot be reached
    No connection: no network, no such host, or refused.
    Check the network of the machine that runs the bot, then try again.

    Bad | BattleMetrics did not answer in time
    The service or the network is slow.
    Try again in a minute.

    Bad | BattleMetrics sent an unreadable answer
    It sent a web page instead of data.
    Try again in a minute.

    Bad | BattleMetrics sent an unreadable answer
    It sent nothing.
    Try again in a minute.

    Bad | BattleMetrics sent an unreadable answer
    The data stopped in the middle.
    Try again in a minute.

    Bad | BattleMetrics sent an unreadable answer
    The data was nested too deep.
    If it stays so, look for a newer version of the bot.

    Bad | BattleMetrics sent an unreadable answer
    It sent far more data than expected.
    Try again in a minute.

    Bad | BattleMetrics sent an unreadable answer
    The data had another shape than documented.
    If it stays so, look for a newer version of the bot.

    Bad | BattleMetrics sent an unreadable answer
    It pointed to another address.
    If it stays so, look for a newer version of the bot.
    ");
}

#[test]
fn steam_asks_for_a_key_and_not_for_a_token() {
    let missing = Trouble { service: Service::Steam, kind: TroubleKind::TokenMissing };
    let card = card(&Notice::Outside { trouble: missing }, Face::Terminal, samples::now());
    insta::assert_snapshot!(samples::sketch(&card, Face::Terminal), @"
    Bad | No Steam key is set
    Without it Steam answers nothing.
    Whoever runs the bot: make one at https://steamcommunity.com/dev/apikey and set it as steam_key.
    ");
}

#[test]
fn no_notice_is_longer_than_three_lines() {
    for (notice, _) in told() {
        let card = card(&notice, Face::Discord, samples::now());
        assert!(card.rows.len() <= 2, "{notice:?}");
    }
}

#[test]
fn what_nobody_foresaw_leads_to_the_log() {
    insta::assert_snapshot!(samples::sketch(&failure("A1B2C3"), Face::Discord), @"
    Bad | Something went wrong
    This is a mistake of the bot, not yours.
    The log says more, under A1B2C3.
    ");
}
