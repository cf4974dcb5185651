//! The answers of `/rustops status` and `/rustops settings`.
//!
//! Only wording and order of lines; nothing is measured here.

use super::{
    board,
    card::{Card, Face, Row, Span, Text, Tone, code, name, plain, text},
    changes::undo_line,
    group::hidden_names,
    notice, words,
};
use crate::domain::{
    presence::Stale,
    report::{Health, Purpose, Retention, ServiceStatus, SettingsReport, Status, StuckBoard},
    trouble::{Service, Trouble, TroubleKind},
};

/// The answer of `status`.
pub fn status(report: &Status, face: Face) -> Card {
    let services = [("BattleMetrics", &report.battlemetrics), ("Steam", &report.steam)];
    let stuck = report.boards.as_ref().map_or(&[][..], |boards| &boards.stuck);
    let troubled = report.storage.is_some()
        || !stuck.is_empty()
        || report.little_room.is_some()
        || services.iter().any(|(_, service)| service.paused_until.is_some() || service.trouble.is_some_and(serious));
    let tone = if troubled { Tone::Caution } else { Tone::Good };
    let title = if troubled { "RustOps is running, with problems" } else { "RustOps is running" };
    let kept = report.counts.map(|counts| {
        format!(
            "{} · {} · {}",
            words::count(number(counts.groups), "group", "groups"),
            words::count(number(counts.members), "member", "members"),
            words::count(number(counts.players), "player known", "players known"),
        )
    });
    let latency = report.discord_latency.map(|latency| text![plain(format!("{} ms", latency.as_millis()))]);
    Card::new(tone, text![title])
        .field("Version", text![name(&report.version)])
        .field("Running for", text![Span::Lasting(report.uptime)])
        .field_if("Memory", report.memory.map(|bytes| text![plain(words::bytes(bytes))]))
        .field("Database", text![plain(words::bytes(report.database))])
        .rows(storage(report))
        .field_if("Discord servers", report.counts.map(|counts| text![plain(counts.guilds.to_string())]))
        .field_if("Kept", kept.map(|kept| text![plain(kept)]))
        .field_if("Boards", boards(report, face))
        .rows(stuck_boards(stuck))
        .field_if("Discord", latency)
        .rows(services.into_iter().flat_map(|(key, service)| service_rows(key, service)))
        .rows(watches(report))
        .rows(recent(report))
}

/// What is wrong with the database and its disk.
fn storage(report: &Status) -> Vec<Row> {
    let trouble = report.storage.map(|trouble| {
        let line = text![Span::Ago(trouble.since), plain(format!(": {}", notice::storage_line(trouble.problem)))];
        Row::Text(line)
    });
    let room = report.little_room.map(|free| {
        let free = words::bytes(free);
        Row::Text(text![plain(format!("Only {free} are free on its disk. Whoever runs the bot: make room."))])
    });
    trouble.into_iter().chain(room).collect()
}

/// On Discord those of the guild that asks, for others are not its business; in the terminal those of all guilds.
fn boards(report: &Status, face: Face) -> Option<Text> {
    let own = report.boards.as_ref().map(|own| (own.total, own.stuck.len()));
    let (total, stuck) = match face {
        Face::Discord => own?,
        Face::Terminal => {
            let counts = report.counts?;
            (number(counts.boards), number(counts.boards_stuck))
        }
    };
    let mut line = match (total, stuck) {
        (0, _) => return None,
        (total, 0) => text![plain(total.to_string())],
        (total, stuck) => text![plain(format!("{total}, of which {stuck} cannot be written"))],
    };
    if stuck > own.map_or(0, |(_, stuck)| stuck) {
        line.extend(text!["; for the reason give a Discord server's id: ", code("rustops --guild ID status")]);
    }
    Some(line)
}

/// Which boards of the guild cannot be written, why, and what to do.
fn stuck_boards(stuck: &[StuckBoard]) -> Vec<Row> {
    let lines = stuck.iter().map(|one| board::stuck(one.group.as_deref(), one.channel, &one.problem));
    let remedy = (!stuck.is_empty()).then(board::unstick);
    lines.chain(remedy).map(Row::Text).collect()
}

/// Everything but a missing Steam key, which is a choice.
fn serious(trouble: Trouble) -> bool {
    trouble != Trouble { service: Service::Steam, kind: TroubleKind::TokenMissing }
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn service_rows(key: &'static str, service: &ServiceStatus) -> Vec<Row> {
    let mut line = if service.configured { text!["set up"] } else { text!["not set up"] };
    if let (Some(left), Some(limit)) = (service.left, service.limit) {
        line.push(plain(format!(" · {left} of {limit} requests a minute left")));
    }
    let spent: Vec<_> = service.spent.iter().filter(|spent| spent.requests > 0).collect();
    if !spent.is_empty() {
        let parts: Vec<_> =
            spent.iter().map(|spent| format!("{} for {}", spent.requests, purpose(spent.purpose))).collect();
        line.push(plain(format!(" · last minute: {}", parts.join(", "))));
    }
    if let Some(until) = service.paused_until {
        line.extend(text![" · waits, goes on ", Span::Ago(until)]);
    }
    let trouble = service.trouble.as_ref().map(|trouble| Row::Text(notice::trouble_line(trouble)));
    std::iter::once(Row::Field { key, value: line }).chain(trouble).collect()
}

fn watches(report: &Status) -> Vec<Row> {
    let rows = report.watches.iter().map(|watch| {
        let mut turns = Vec::new();
        if let Some(last) = watch.last_poll {
            turns.extend(text!["polled ", Span::Ago(last)]);
        }
        if let Some(next) = watch.next_poll {
            turns.extend(text![", next ", Span::Ago(next)]);
        }
        let tracked = words::count(watch.tracked, "player tracked", "players tracked");
        Row::Columns(vec![
            text![name(&watch.server.name)],
            text![plain(health(&watch.health))],
            text![plain(tracked)],
            turns,
        ])
    });
    let past = (report.past_due > 0).then(|| {
        let who = words::count(report.past_due, "player", "players");
        Row::Text(text![plain(format!("The past of {who} is still to be fetched."))])
    });
    // Each once: mostly it is the same for all of them.
    let what_to_do = once(report.watches.iter().filter_map(|watch| remedy(&watch.health)), &service_troubles(report));
    let heading = (!report.watches.is_empty()).then_some(Row::Heading("Watched servers"));
    heading.into_iter().chain(rows).chain(what_to_do).chain(past).collect()
}

/// What is told of services above already.
fn service_troubles(report: &Status) -> Vec<Text> {
    let services = [&report.battlemetrics, &report.steam].into_iter();
    services.filter_map(|service| service.trouble.as_ref().map(notice::trouble_line)).collect()
}

/// Each line once, without those that were said before.
fn once(lines: impl Iterator<Item = Text>, said: &[Text]) -> Vec<Row> {
    words::each_once(lines, said).into_iter().map(Row::Text).collect()
}

/// What to do about a server that cannot be watched well.
fn remedy(health: &Health) -> Option<Text> {
    Some(match health {
        Health::Good | Health::NotAskedYet => return None,
        Health::NamesHidden => hidden_names(),
        Health::Stale { why: why @ Stale::WrongClock { .. } } => words::stale_line(why),
        Health::Stale { why: Stale::ServerDown { .. } } => {
            text!["A server that is down is watched on by itself once it is up again."]
        }
        Health::Stale { why: Stale::NotQueried { .. } | Stale::TooOld { .. } } => {
            text!["It goes on by itself once BattleMetrics sees the server again; nothing is claimed meanwhile."]
        }
        Health::Trouble { trouble } => notice::trouble_line(trouble),
    })
}

fn health(health: &Health) -> String {
    match health {
        Health::Good => "watched".to_owned(),
        Health::NotAskedYet => "not asked yet".to_owned(),
        Health::NamesHidden => "hides its players' names".to_owned(),
        Health::Stale { why } => words::stale(why),
        Health::Trouble { trouble } => words::trouble(trouble),
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Person => "commands",
        Purpose::Watch => "watching",
        Purpose::Bulk => "long lists",
        Purpose::Repair => "filling gaps",
        Purpose::BackFill => "history",
    }
}

fn recent(report: &Status) -> Vec<Row> {
    let troubles = &report.recent;
    let rows = troubles
        .iter()
        .map(|recent| Row::Columns(vec![text![Span::Ago(recent.at)], text![plain(words::trouble(&recent.trouble))]]));
    let watched = report.watches.iter().filter_map(|watch| remedy(&watch.health));
    let said: Vec<Text> = service_troubles(report).into_iter().chain(watched).collect();
    let what_to_do = once(troubles.iter().map(|recent| notice::trouble_line(&recent.trouble)), &said);
    let heading = (!troubles.is_empty()).then_some(Row::Heading("Recent problems"));
    heading.into_iter().chain(rows).chain(what_to_do).collect()
}

/// The answer of `settings`.
pub fn settings(report: &SettingsReport) -> Card {
    let (tone, title) = match report.change {
        Some(_) => (Tone::Good, "Settings changed"),
        None => (Tone::Plain, "Settings"),
    };
    let settings = &report.settings;
    Card::new(tone, text![title])
        .field("Time zone", text![name(&settings.time_zone)])
        .field("May change things", settings.changers.map_or_else(|| text!["everyone"], |role| text![Span::Role(role)]))
        .field(
            "Log channel",
            settings.log_channel.map_or_else(|| text!["none"], |channel| text![Span::Channel(channel)]),
        )
        .field("Sessions kept", kept_for(report.retention))
        .line_if(report.change.map(undo_line))
}

fn kept_for(retention: Retention) -> Text {
    let days = |days: u32| words::count(usize::try_from(days).unwrap_or(usize::MAX), "day", "days");
    let (members, strangers) = (days(retention.members_days), days(retention.strangers_days));
    text![
        plain(format!("{members} of group members, {strangers} of others; set by whoever runs the bot (")),
        code("keep_members_days"),
        ", ",
        code("keep_strangers_days"),
        ")"
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            notice::Storage,
            report::{GuildBoards, StorageTrouble},
        },
        view::samples,
    };

    #[test]
    fn the_state_of_the_bot_with_a_missing_key() {
        insta::assert_snapshot!(samples::sketch(&status(&samples::status_report(""), Face::Terminal), Face::Terminal), @"
        Caution | RustOps is running, with problems
        Version: 0.1.0
        Running for: 3d 3h
        Memory: 48.3 MB
        Database: 3.4 MB
        Discord servers: 2
        Kept: 3 groups · 21 members · 512 players known
        Boards: 2, of which 1 cannot be written
        The board of Purple Base in channel 77: the bot lacks Send Messages.
        Allow that in the channel's settings, and it goes on by itself; or put it elsewhere with rustops group board.
        Discord: 42 ms
        BattleMetrics: set up · 57 of 60 requests a minute left · last minute: 3 for commands
        Steam: not set up
        No Steam key is set. Whoever runs the bot: make one at https://steamcommunity.com/dev/apikey and set it as steam_key.
        # Watched servers
        Rusty Moose |US Monthly| · watched · 7 players tracked · polled 40s ago, next in 20s
        Rusty Moose |US Monthly| · BattleMetrics cannot query the server · 7 players tracked · polled 40s ago, next in 20s
        Rusty Moose |US Monthly| · BattleMetrics refused the token · 7 players tracked · polled 40s ago, next in 20s
        It goes on by itself once BattleMetrics sees the server again; nothing is claimed meanwhile.
        BattleMetrics refused the token. Whoever runs the bot: make one at https://www.battlemetrics.com/developers and set it as battlemetrics_token.
        The past of 4 players is still to be fetched.
        # Recent problems
        30m ago · BattleMetrics has a fault
        BattleMetrics has a fault. Try again in a minute.
        ");
    }

    #[test]
    fn a_guild_hears_of_its_own_boards_and_the_terminal_of_all() {
        let boards = |face, own| {
            let report = Status { boards: own, ..samples::status_report("") };
            let told = samples::sketch(&status(&report, face), face);
            told.lines().filter(|line| line.contains("oard")).collect::<Vec<_>>().join("\n")
        };
        let well = GuildBoards { total: 1, stuck: Vec::new() };
        let stuck = samples::status_report("").boards;
        let told = [
            boards(Face::Discord, stuck.clone()),
            boards(Face::Discord, Some(well.clone())),
            boards(Face::Discord, Some(GuildBoards::default())),
            boards(Face::Terminal, stuck),
            boards(Face::Terminal, Some(well)),
        ];
        insta::assert_snapshot!(told.join("\n\n"), @"
        Boards: 1, of which 1 cannot be written
        The board of Purple Base in channel 77: the bot lacks Send Messages.
        Allow that in the channel's settings, and it goes on by itself; or put it elsewhere with /group board.

        Boards: 1



        Boards: 2, of which 1 cannot be written
        The board of Purple Base in channel 77: the bot lacks Send Messages.
        Allow that in the channel's settings, and it goes on by itself; or put it elsewhere with rustops group board.

        Boards: 2, of which 1 cannot be written; for the reason give a Discord server's id: rustops --guild ID status
        ");
    }

    #[test]
    fn a_pause_is_told_at_once() {
        let mut report = samples::status_report("");
        report.boards = None;
        let title = |report: &Status| {
            let told = samples::sketch(&status(report, Face::Discord), Face::Discord);
            told.lines().next().unwrap().to_owned()
        };
        assert_eq!(title(&report), "Good | RustOps is running");
        report.battlemetrics.paused_until = Some(samples::ago(-2));
        assert_eq!(title(&report), "Caution | RustOps is running, with problems");
    }

    #[test]
    fn a_disk_that_is_full_is_told_with_its_remedy() {
        let mut report = samples::status_report("");
        report.storage = Some(StorageTrouble { problem: Storage::Full, since: samples::ago(7) });
        report.little_room = Some(1_200_000);
        (report.counts, report.boards) = (None, None);
        insta::assert_snapshot!(samples::sketch(&status(&report, Face::Terminal), Face::Terminal).split("\nDiscord: ").next().unwrap(), @"
        Caution | RustOps is running, with problems
        Version: 0.1.0
        Running for: 3d 3h
        Memory: 48.3 MB
        Database: 3.4 MB
        7m ago: Nothing was saved: the disk is full. Whoever runs the bot: make room on the disk, then try again.
        Only 1.2 MB are free on its disk. Whoever runs the bot: make room.
        ");
    }

    #[test]
    fn a_wrong_clock_is_told_with_its_remedy() {
        let mut report = samples::status_report("");
        report.watches.truncate(1);
        report.boards = None;
        report.watches[0].health = Health::Stale { why: samples::stales()[4] };
        insta::assert_snapshot!(samples::sketch(&status(&report, Face::Discord), Face::Discord).lines().nth(13).unwrap(), @"Who is online cannot be told: the clock of the bot's machine is 3h 5m behind. Whoever runs the bot: set the clock (timedatectl set-ntp true); the rest mends itself.");
    }

    #[test]
    fn settings_that_were_changed_can_be_taken_back() {
        insta::assert_snapshot!(samples::sketch(&settings(&samples::settings_report("")), Face::Discord), @"
        Good | Settings changed
        Time zone: Europe/Berlin
        May change things: role 4242
        Log channel: channel 77
        Sessions kept: 400 days of group members, 45 days of others; set by whoever runs the bot (keep_members_days, keep_strangers_days)
        Not right? /rustops undo takes it back (change 18).
        ");
    }
}
