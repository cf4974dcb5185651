//! One example of every report, for tests and for the examples in `docs/json.md`: a small clan war on Rusty Moose.
//!
//! Data only. `tag` goes before each text that comes from outside, so that a test can put something nasty everywhere.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::{
    board,
    card::{Card, Face, Row, Span},
    changes, choices, group, help, history, keeping, notice, player, presence, server, status, words,
};
use crate::domain::{
    board::Problem,
    facts::{FormerName, QueryStatus, Server, ServerStatus},
    ids::{BoardId, ChangeId, ChannelId, GroupId, GuildKey, MemberId, PlayerId, RoleId, ServerId, SteamId},
    keeping::{
        Adopted, Altered, BackedUp, Exported, FileProblem, Forgotten, GuildImported, Remark, Restored, RowRemark,
        Unusable,
    },
    notice::{CannotUndo, Needs, Notice, Storage, What, Wrong},
    presence::{Presence, Stale, Unknown},
    report::*,
    session::{Ending, Source},
    trouble::{Service, Trouble, TroubleKind, Unreadable},
};

/// When all of it is asked: 2026-06-16 22:46:40 UTC.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_781_650_000).unwrap()
}

pub(crate) fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub(crate) fn trouble(kind: TroubleKind) -> Trouble {
    Trouble { service: Service::BattleMetrics, kind }
}

fn change_id(number: u64) -> ChangeId {
    ChangeId::new(number).unwrap()
}

fn server_name(tag: &str) -> ServerName {
    ServerName { id: ServerId::new(9_565_288).unwrap(), name: format!("{tag}Rusty Moose |US Monthly|") }
}

pub(crate) fn rusty_moose(tag: &str) -> Server {
    let ServerName { id, name } = server_name(tag);
    Server {
        id,
        name,
        status: ServerStatus::Online,
        query_status: QueryStatus::Valid,
        updated_at: Some(ago(1)),
        players: Some(212),
        max_players: Some(250),
        queue: Some(12),
        address: Some(format!("{tag}198.51.100.7:28015")),
        country: Some(format!("{tag}US")),
        map: Some(format!("{tag}Procedural Map")),
        last_wipe: Some(ago(5 * 24 * 60)),
        next_wipe: Some(now() + SignedDuration::from_hours(9 * 24)),
    }
}

pub(crate) fn member(tag: &str, number: u64, name: &str) -> MemberName {
    MemberName {
        id: MemberId::new(number).unwrap(),
        name: format!("{tag}{name}"),
        player: PlayerId::new(1_100_000_000 + number),
        steam: None,
    }
}

fn chenny(tag: &str) -> MemberName {
    MemberName { steam: SteamId::new(76_561_198_000_000_001), ..member(tag, 1, "ChennyBounce") }
}

pub(crate) fn server_set(tag: &str) -> ServerSet {
    let (before, unchanged, stale) = (None, false, None);
    ServerSet { server: rusty_moose(tag), before, unchanged, stale, hides_names: false, may_hide_names: false }
}

pub(crate) fn server_get(tag: &str) -> ServerGet {
    ServerGet { server: rusty_moose(tag), as_of: ago(1), stale: None, trouble: None, hides_names: false }
}

pub(crate) fn group_list(tag: &str) -> GroupList {
    let check = |active, unknown| LastCheck { active, total: 7, unknown, at: ago(180) };
    let row = |id, name: &str, pinned, last_check| GroupRow {
        id: GroupId::new(id).unwrap(),
        name: format!("{tag}{name}"),
        members: 7,
        pinned,
        last_check,
        stale: None,
        trouble: None,
        hides_names: false,
    };
    GroupList {
        groups: vec![
            row(2, "Neighbours", None, None),
            row(1, "Purple Base", None, Some(check(2, 0))),
            row(3, "Zerg", Some(server_name(tag)), Some(check(0, 1))),
        ],
        server: Some(server_name(tag)),
    }
}

pub(crate) fn added(tag: &str) -> MemberAdded {
    MemberAdded {
        group: format!("{tag}Purple Base"),
        group_is_new: true,
        member: chenny(tag),
        members: 1,
        change: change_id(12),
    }
}

pub(crate) fn imported(tag: &str) -> Imported {
    let line = |number, input: &str, result| ImportedLine { number, input: format!("{tag}{input}"), result };
    let wrong = Notice::BadInput {
        what: What::Player,
        wrong: Wrong::ForeignSite { host: format!("{tag}example.com") },
        input: format!("{tag}https://example.com/x"),
    };
    Imported {
        group: format!("{tag}Purple Base"),
        group_is_new: false,
        lines: vec![
            line(1, "ChennyBounce", LineResult::Added { member: chenny(tag) }),
            line(2, "Tee Higgins", LineResult::Already { name: format!("{tag}Tee Higgins") }),
            line(4, "Sleepy", LineResult::Several { count: 3 }),
            line(5, "https://example.com/x", LineResult::Refused { notice: Box::new(wrong) }),
        ],
        members: 3,
        change: Some(change_id(13)),
    }
}

pub(crate) fn removed(tag: &str) -> MemberRemoved {
    MemberRemoved { group: format!("{tag}Purple Base"), member: chenny(tag), members: 6, change: change_id(14) }
}

pub(crate) fn group_check(tag: &str) -> GroupCheck {
    let state = |number, name: &str, presence| MemberState { member: member(tag, number, name), presence };
    GroupCheck {
        group_id: GroupId::new(1).unwrap(),
        group: format!("{tag}Purple Base"),
        server: server_name(tag),
        pinned: false,
        members: vec![
            state(1, "ChennyBounce", Presence::Online { since: Some(ago(133)) }),
            state(2, "?", Presence::Online { since: Some(now()) }),
            state(3, "Hide Vest Enthusiast", Presence::Offline { last_seen: ago(75) }),
            state(4, "Tee Higgins", Presence::Offline { last_seen: ago(499) }),
            state(5, "Sleepy", Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None }),
        ],
        active: 2,
        unknown: 1,
        as_of: now() - SignedDuration::from_secs(40),
        stale: None,
        trouble: None,
        hides_names: false,
    }
}

pub(crate) fn deleted(tag: &str) -> GroupDeleted {
    GroupDeleted {
        group: format!("{tag}Purple Base"),
        members: 7,
        restorable_until: now() + SignedDuration::from_hours(30 * 24),
        change: change_id(15),
    }
}

pub(crate) fn brief(tag: &str) -> GroupBrief {
    GroupBrief { id: GroupId::new(1).unwrap(), group: format!("{tag}Purple Base"), members: 7 }
}

pub(crate) fn renamed(tag: &str) -> GroupRenamed {
    GroupRenamed {
        before: format!("{tag}Purple Base"),
        group: format!("{tag}Purple Tower"),
        change: Some(change_id(16)),
    }
}

pub(crate) fn pinned(tag: &str) -> GroupPinned {
    GroupPinned {
        group: format!("{tag}Purple Base"),
        pinned: Some(server_name(tag)),
        before: None,
        change: Some(change_id(17)),
    }
}

fn board_set(tag: &str) -> BoardSet {
    BoardSet {
        board: BoardId::new(4).unwrap(),
        group: Some(format!("{tag}Purple Base")),
        channel: ChannelId::new(78).unwrap(),
        before: ChannelId::new(77),
        change: change_id(19),
    }
}

fn board_removed(tag: &str) -> BoardRemoved {
    BoardRemoved {
        group: Some(format!("{tag}Purple Base")),
        channel: ChannelId::new(78).unwrap(),
        change: change_id(20),
    }
}

pub(crate) fn updated(tag: &str) -> GroupUpdated {
    GroupUpdated {
        group: format!("{tag}Purple Base"),
        renamed: vec![Renamed { before: format!("{tag}Chenny"), member: chenny(tag) }],
        unchanged: 5,
        failed: vec![
            NotUpdated { member: member(tag, 5, "Sleepy"), trouble: Some(trouble(TroubleKind::TimedOut)) },
            NotUpdated { member: MemberName { player: None, ..member(tag, 6, "Nobody") }, trouble: None },
        ],
    }
}

pub(crate) fn player_check(tag: &str) -> PlayerCheck {
    PlayerCheck {
        player: PlayerId::new(1_100_000_001).unwrap(),
        name: format!("{tag}ChennyBounce"),
        steam: SteamId::new(76_561_198_000_000_001),
        private: false,
        server: server_name(tag),
        presence: Presence::Online { since: Some(ago(133)) },
        first_seen: Some(ago(40 * 24 * 60)),
        total: Some(SignedDuration::from_hours(87)),
        sessions: vec![
            SessionLine { start: Some(ago(133)), stop: None, ending: Ending::Open },
            SessionLine { start: Some(ago(1500)), stop: Some(ago(1325)), ending: Ending::Left },
        ],
        sessions_trouble: None,
        names: vec![FormerName { name: format!("{tag}Chenny"), last_seen: Some(ago(9000)) }],
        groups: vec![format!("{tag}Purple Base")],
        as_of: now() - SignedDuration::from_secs(40),
        stale: None,
        trouble: None,
        hides_names: false,
    }
}

fn totals() -> Vec<Total> {
    let total = |period, days: i64, hours: i64, unknown| Total {
        period,
        since: ago(days * 24 * 60),
        online: SignedDuration::from_mins(hours * 60 + 13),
        unknown: SignedDuration::from_hours(unknown),
    };
    vec![
        total(Period::Day, 1, 2, 0),
        total(Period::Week, 7, 21, 0),
        total(Period::Month, 30, 64, 36),
        total(Period::Wipe, 5, 17, 0),
    ]
}

/// Of a guild in Berlin, where it is a quarter to one in the morning.
fn days(tag: &str) -> Days {
    let day = |(date, length, online, unknown): (i8, i64, i64, i64)| DayTotal {
        date: jiff::civil::date(2026, 6, date),
        length: SignedDuration::from_mins(length),
        online: SignedDuration::from_mins(online),
        unknown: SignedDuration::from_mins(unknown),
    };
    const DAY: i64 = 24 * 60;
    let days = [
        (17, 46, 46, 0),
        (16, DAY, 249, 0),
        (15, DAY, 14, 0),
        (14, DAY, 0, DAY),
        (13, DAY, 135, 81),
        (12, DAY, 0, 0),
        (11, DAY, 0, 200),
    ];
    Days { time_zone: format!("{tag}Europe/Berlin"), days: days.map(day).into() }
}

pub(crate) fn player_history(tag: &str) -> PlayerHistory {
    let line = |start, stop, ending, source| HistoryLine { start: ago(start), stop: ago(stop), ending, source };
    PlayerHistory {
        player: PlayerId::new(1_100_000_001).unwrap(),
        name: format!("{tag}ChennyBounce"),
        server: server_name(tag),
        totals: totals(),
        days: days(tag),
        sessions: vec![
            line(133, 0, Ending::Open, Source::Watched),
            line(1500, 1325, Ending::Left, Source::Watched),
            line(4500, 4325, Ending::Unobserved, Source::Watched),
            line(9000, 8800, Ending::Left, Source::Told),
        ],
        sessions_total: 14,
        page: 1,
        pages: 2,
        names: vec![FormerName { name: format!("{tag}Chenny"), last_seen: Some(ago(9000)) }],
        as_of: now() - SignedDuration::from_secs(40),
        hides_names: false,
        private: false,
        not_asked_before: None,
        trouble: None,
    }
}

pub(crate) fn group_history(tag: &str) -> GroupHistory {
    GroupHistory {
        group_id: GroupId::new(3).unwrap(),
        group: format!("{tag}Purple Base"),
        server: server_name(tag),
        totals: totals(),
        days: days(tag),
        members: vec![MemberHistory { member: chenny(tag), totals: totals(), last_seen: Some(now()), private: false }],
        not_linked: 1,
        page: 1,
        pages: 1,
        as_of: now() - SignedDuration::from_secs(40),
        hides_names: false,
    }
}

fn watch(server: ServerName, health: Health) -> WatchRow {
    WatchRow {
        server,
        tracked: 7,
        every: SignedDuration::from_mins(1),
        last_poll: Some(now() - SignedDuration::from_secs(40)),
        next_poll: Some(now() + SignedDuration::from_secs(20)),
        health,
    }
}

fn counts() -> Counts {
    Counts { guilds: 2, groups: 3, members: 21, players: 512, boards: 2, boards_stuck: 1 }
}

pub(crate) fn status_report(tag: &str) -> Status {
    Status {
        version: format!("{tag}0.1.0"),
        uptime: SignedDuration::from_mins(4520),
        memory: Some(48_300_000),
        database: 3_400_000,
        storage: None,
        little_room: None,
        counts: Some(counts()),
        boards: Some(GuildBoards {
            total: 1,
            stuck: vec![StuckBoard {
                group: Some(format!("{tag}Purple Base")),
                channel: ChannelId::new(77).unwrap(),
                problem: Problem::Forbidden { missing: vec!["Send Messages".to_owned()] },
            }],
        }),
        battlemetrics: ServiceStatus {
            configured: true,
            limit: Some(60),
            left: Some(57),
            spent: vec![Spent { purpose: Purpose::Person, requests: 3 }],
            paused_until: None,
            trouble: None,
        },
        steam: ServiceStatus {
            configured: false,
            limit: None,
            left: None,
            spent: Vec::new(),
            paused_until: None,
            trouble: Some(Trouble { service: Service::Steam, kind: TroubleKind::TokenMissing }),
        },
        discord_latency: Some(SignedDuration::from_millis(42)),
        recent: vec![RecentTrouble { at: ago(30), trouble: trouble(TroubleKind::Down { status: 502 }) }],
        watches: vec![
            watch(server_name(tag), Health::Good),
            watch(server_name(tag), Health::Stale { why: Stale::NotQueried { since: Some(ago(9)) } }),
            watch(server_name(tag), Health::Trouble { trouble: trouble(TroubleKind::TokenRefused) }),
        ],
        past_due: 4,
    }
}

pub(crate) fn settings_report(tag: &str) -> SettingsReport {
    SettingsReport {
        guild: GuildKey::local(),
        settings: Settings {
            time_zone: format!("{tag}Europe/Berlin"),
            changers: RoleId::new(4242),
            log_channel: ChannelId::new(77),
        },
        retention: Retention { strangers_days: 45, members_days: 400 },
        change: Some(change_id(18)),
    }
}

fn change_row(tag: &str, id: u64, change: Change, undone_at: Option<Timestamp>) -> ChangeRow {
    let actor_name = format!("{tag}Ann");
    ChangeRow {
        id: change_id(id),
        at: ago(id.try_into().unwrap()),
        actor: "80351110224678912".to_owned(),
        actor_name,
        change,
        undone_at,
    }
}

pub(crate) fn audit(tag: &str) -> Audit {
    let group = GroupId::new(1).unwrap();
    let name = format!("{tag}Purple Base");
    let plain = Settings { time_zone: format!("{tag}UTC"), changers: None, log_channel: None };
    let changes = vec![
        Change::Settings { before: plain, after: settings_report(tag).settings },
        Change::GroupPinned { group, name: name.clone(), before: None, after: Some(server_name(tag)) },
        Change::GroupRenamed { group, before: name.clone(), after: format!("{tag}Purple Tower") },
        Change::GroupDeleted { group, name: name.clone(), members: 7 },
        Change::MemberRemoved { group, name: name.clone(), member: chenny(tag) },
        Change::MembersAdded {
            group,
            name,
            group_is_new: true,
            members: (1..6).map(|id| member(tag, id, "P")).collect(),
        },
        Change::ActiveServer { before: None, after: Some(server_name(tag)) },
    ];
    let rows = changes.into_iter().zip((1..19).rev());
    let row = |(change, id)| change_row(tag, id, change, (id == 15).then(|| ago(2)));
    Audit { changes: rows.map(row).collect(), more: 11 }
}

pub(crate) fn undone(tag: &str) -> Undone {
    let change = Change::MemberRemoved {
        group: GroupId::new(1).unwrap(),
        name: format!("{tag}Purple Base"),
        member: chenny(tag),
    };
    Undone { change: change_row(tag, 14, change, Some(now())) }
}

pub(crate) fn which_player(tag: &str) -> Choice {
    let player = |id, online, last_seen| Candidate::Player {
        id: PlayerId::new(id).unwrap(),
        name: format!("{tag}Chenny"),
        online,
        last_seen,
    };
    Choice {
        input: format!("{tag}Chenny"),
        candidates: vec![
            player(1_100_000_001, Some(true), None),
            player(1_100_000_044, Some(false), Some(ago(4560))),
            player(1_100_000_057, None, None),
        ],
        more: 4,
        steam: SteamId::new(76_561_198_000_000_001),
    }
}

fn which_server(tag: &str) -> Choice {
    Choice {
        input: format!("{tag}moose"),
        candidates: vec![Candidate::Server { server: rusty_moose(tag) }],
        more: 0,
        steam: None,
    }
}

fn which_member(tag: &str) -> Choice {
    let member = |id, player, steam| Candidate::Member {
        id: MemberId::new(id).unwrap(),
        name: format!("{tag}Chenny"),
        player,
        steam,
    };
    let candidates =
        vec![member(1, PlayerId::new(1_100_000_001), SteamId::new(76_561_198_000_000_001)), member(2, None, None)];
    Choice { input: format!("{tag}Chenny"), candidates, more: 0, steam: None }
}

/// A report with how it is shown and printed.
pub(crate) struct Sample {
    pub(crate) command: &'static str,
    pub(crate) report: Value,
    pub(crate) discord: Card,
    pub(crate) terminal: Card,
}

fn sample<T: Serialize>(command: &'static str, report: &T, card: impl Fn(&T, Face) -> Card) -> Sample {
    Sample {
        command,
        report: serde_json::to_value(report).unwrap(),
        discord: card(report, Face::Discord),
        terminal: card(report, Face::Terminal),
    }
}

/// A sample of a use case that may ask back.
fn outcome<T: Serialize + Clone>(command: &'static str, done: &T, card: impl Fn(&T, Face) -> Card) -> Sample {
    Sample { report: serde_json::to_value(Outcome::Done(done.clone())).unwrap(), ..sample(command, done, card) }
}

fn question(command: &'static str, choice: &Choice) -> Sample {
    let report = serde_json::to_value(Outcome::<()>::Choose(choice.clone())).unwrap();
    Sample { report, ..sample(command, choice, |choice, face| choices::card(choice, face, now())) }
}

/// One sample for each command, in the order of `docs/json.md`.
pub(crate) fn reports(tag: &str) -> Vec<Sample> {
    vec![
        outcome("server set", &server_set(tag), |report, _| server::set(report)),
        question("server set", &which_server(tag)),
        sample("server get", &server_get(tag), |report, _| server::get(report)),
        sample("server clear", &ServerCleared { before: server_name(tag) }, |report, _| server::cleared(report)),
        sample("group list", &group_list(tag), |report, _| group::list(report)),
        outcome("group add", &added(tag), |report, _| group::added(report)),
        question("group add", &which_player(tag)),
        sample("group import", &imported(tag), |report, _| group::imported(report)),
        outcome("group remove", &removed(tag), |report, _| group::removed(report)),
        question("group remove", &which_member(tag)),
        sample("group check", &group_check(tag), |report, _| group::check(report)),
        sample("group del", &deleted(tag), |report, _| group::deleted(report)),
        sample("group change", &renamed(tag), |report, _| group::renamed(report)),
        outcome("group server", &pinned(tag), |report, _| group::pinned(report)),
        sample("group board", &board_set(tag), |report, _| board::set(report)),
        sample("group board", &board_removed(tag), |report, _| board::removed(report)),
        sample("group update", &updated(tag), |report, _| group::updated(report)),
        outcome("player check", &player_check(tag), |report, face| player::check(report, face, now())),
        outcome("player history", &player_history(tag), history::player),
        sample("group history", &group_history(tag), history::group),
        sample("status", &status_report(tag), status::status),
        sample("settings", &settings_report(tag), |report, _| status::settings(report)),
        sample("audit", &audit(tag), |report, _| changes::audit(report)),
        sample("undo", &undone(tag), |report, _| changes::undone(report)),
        sample("backup", &backed_up(tag), |report, _| keeping::backed_up(report)),
        sample("restore", &restored(tag), |report, _| keeping::restored(report)),
        sample("export", &exported(tag), |report, _| keeping::exported(report)),
        sample(
            "import",
            &GuildImported { unchanged: false, groups: 3, members: 21, players: 19, changes: 40 },
            |report, _| keeping::imported(report),
        ),
        sample("import python-rustops", &adopted(tag), |report, _| keeping::adopted(report)),
        outcome("forget player", &forgotten(tag), |report, _| keeping::forgotten(report)),
        sample("forget member", &Forgotten { memberships: 0, records: 0, ..forgotten(tag) }, |report, _| {
            keeping::forgotten(report)
        }),
    ]
}

fn exported(tag: &str) -> Exported {
    Exported { file: Some(format!("{tag}/home/ann/purple.json")), bytes: 34_567, groups: 3, members: 21 }
}

fn adopted(tag: &str) -> Adopted {
    let told = |source: &str, line, name: &str, remark| RowRemark {
        source: format!("{tag}{source}"),
        line,
        name: format!("{tag}{name}"),
        remark,
    };
    let changed = |how| Remark::Changed { how };
    Adopted {
        dry_run: false,
        cut_short: true,
        rows: 24,
        imported: 20,
        already: 3,
        refused: 1,
        groups: vec![format!("{tag}Purple Base"), format!("{tag}purple base (2)")],
        members: 18,
        unlinked: 2,
        server: Some(server_name(tag)),
        remarks: vec![
            told("groups", 31, "ChennyBounce", changed(Altered::BadSteamId)),
            told("groups", 40, "purple base ", changed(Altered::Renamed { to: format!("{tag}purple base (2)") })),
            told("last_checked", 55, "Gone", Remark::Refused { why: Unusable::NoSuchGroup }),
        ],
    }
}

pub(crate) fn forgotten(tag: &str) -> Forgotten {
    Forgotten { name: format!("{tag}ChennyBounce"), memberships: 2, changes: 3, records: 9 }
}

fn backed_up(tag: &str) -> BackedUp {
    BackedUp {
        file: format!("{tag}/home/ann/.local/share/rustops/backups/rustops-20260616T224640Z.db.gz"),
        bytes: 1_234_567,
        database: 4_567_890,
        counts: counts(),
        at: now(),
    }
}

fn restored(tag: &str) -> Restored {
    Restored {
        file: format!("{tag}rustops-20260616T224640Z.db.gz"),
        database: format!("{tag}/home/ann/.local/share/rustops/rustops.db"),
        kept: Some(format!("{tag}/home/ann/.local/share/rustops/rustops.db.replaced-20260616T224640Z")),
        counts: counts(),
    }
}

/// Cards that belong to no report of their own.
pub(crate) fn other_cards(tag: &str, face: Face) -> Vec<Card> {
    let caller = help::Caller { right: super::command::Right::Manage, server_is_set: true, groups: 3 };
    let about = help::About { version: "0.1.0", licence: "MIT", home: "https://example.com/rustops" };
    let mut cards = vec![
        group::confirm_deletion(&brief(tag), face),
        keeping::confirm_forgetting(&forgotten(tag), Face::Terminal),
        help::help(caller),
        help::about(about),
        choices::expired(),
    ];
    cards.push(notice::failure("A1B2C3"));
    cards
}

/// Every notice there is, each trouble of each service included.
pub(crate) fn notices(tag: &str) -> Vec<Notice> {
    let input = format!("{tag}Purpel Base");
    let group = format!("{tag}Purple Base");
    let nearest = vec![group.clone(), format!("{tag}Purple Tower")];
    let change = change_id(12);
    let mut all = vec![
        Notice::NoServerSet,
        Notice::UnknownServer { input: input.clone() },
        Notice::NotARustServer { input: input.clone() },
        Notice::UnknownGroup { input: input.clone(), nearest: nearest.clone() },
        Notice::UnknownGroup { input: input.clone(), nearest: Vec::new() },
        Notice::NoGroups,
        Notice::UnknownMember { input: input.clone(), group: group.clone(), nearest: nearest.clone() },
        Notice::EmptyGroup { group: group.clone() },
        Notice::UnknownPlayer { input: input.clone(), nearest: Vec::new() },
        Notice::UnknownUser { input: input.clone() },
        Notice::GroupExists { name: group.clone() },
        Notice::NoBoard { group: Some(group.clone()) },
        Notice::NoBoard { group: None },
        Notice::AlreadyMember { group, player: format!("{tag}ChennyBounce"), learnt_steam_id: true },
        Notice::NoSuchChoice { pick: 9, candidates: which_player(tag).candidates },
        Notice::SteamKeyMissing { input: input.clone() },
        Notice::UnknownSteamProfile { input: input.clone() },
        Notice::NoPlayerForSteam { persona: Some(input.clone()) },
        Notice::NoPlayerForSteam { persona: None },
        Notice::NotAllowed { needs: Needs::Role { role: RoleId::new(4242).unwrap() } },
        Notice::NotAllowed { needs: Needs::ManageServer },
        Notice::NothingToUndo,
        Notice::UnknownChange { change },
        Notice::AlreadyUndone { change },
        Notice::CannotUndo { change, why: CannotUndo::NameTaken { name: input.clone() } },
        Notice::CannotUndo { change, why: CannotUndo::Gone },
        Notice::CannotUndo { change, why: CannotUndo::ChangedSince },
        Notice::UnknownTimeZone { input: input.clone(), nearest },
        Notice::UnknownTimeZone { input: input.clone(), nearest: Vec::new() },
    ];
    for what in [What::Player, What::Group, What::Server, What::Guild, What::Role, What::Channel] {
        all.push(Notice::BadInput { what, wrong: Wrong::Form, input: input.clone() });
    }
    for wrong in wrongs(tag) {
        all.push(Notice::BadInput { what: What::Player, wrong, input: input.clone() });
    }
    all.extend([What::Group, What::Member, What::Line, What::Board].map(|what| Notice::TooMany { what, limit: 200 }));
    all.extend(
        [Storage::Full, Storage::ReadOnly, Storage::Busy, Storage::Corrupt, Storage::Failing]
            .map(|problem| Notice::Storage { problem }),
    );
    let path = format!("{tag}/home/ann/old.db.gz");
    all.extend(file_problems(tag).into_iter().map(|problem| Notice::File { path: path.clone(), problem }));
    all.extend([Notice::GuildNotEmpty { groups: 3 }, Notice::Stopped]);
    for service in [Service::BattleMetrics, Service::Steam] {
        all.extend(kinds().into_iter().map(|kind| Notice::Outside { trouble: Trouble { service, kind } }));
    }
    all
}

fn file_problems(tag: &str) -> Vec<FileProblem> {
    let detail = || format!("{tag}row 7 missing from index groups_living");
    vec![
        FileProblem::Missing,
        FileProblem::Exists,
        FileProblem::Unusable { cause: format!("{tag}Permission denied (os error 13)") },
        FileProblem::InUse { by_bot: true },
        FileProblem::InUse { by_bot: false },
        FileProblem::NotABackup,
        FileProblem::Damaged { detail: detail() },
        FileProblem::Newer { found: 9, known: 1 },
        FileProblem::Malformed { line: Some(7), detail: detail() },
        FileProblem::Malformed { line: None, detail: detail() },
        FileProblem::Encoding { found: format!("{tag}UTF-16") },
        FileProblem::NotPlain,
        FileProblem::NothingInside,
        FileProblem::TooLarge { limit: 1_000_000 },
    ]
}

fn wrongs(tag: &str) -> Vec<Wrong> {
    vec![
        Wrong::Empty,
        Wrong::TooLong { limit: 64 },
        Wrong::Control,
        Wrong::ForeignSite { host: format!("{tag}example.com") },
        Wrong::ForeignSite { host: String::new() },
        Wrong::OtherPage,
        Wrong::SteamGroup,
        Wrong::SteamGameServer,
        Wrong::NotAPerson,
        Wrong::BareNumber,
    ]
}

/// Every kind of trouble.
pub(crate) fn kinds() -> Vec<TroubleKind> {
    let unreadable = [
        Unreadable::Html,
        Unreadable::Empty,
        Unreadable::Truncated,
        Unreadable::TooDeep,
        Unreadable::TooLarge,
        Unreadable::Shape,
        Unreadable::Elsewhere,
    ];
    let mut kinds = vec![
        TroubleKind::TokenMissing,
        TroubleKind::TokenRefused,
        TroubleKind::NoSubscription,
        TroubleKind::Forbidden,
        TroubleKind::Blocked,
        TroubleKind::LimitReached { until: now() + SignedDuration::from_secs(90) },
        TroubleKind::NotFound,
        TroubleKind::Rejected,
        TroubleKind::Down { status: 502 },
        TroubleKind::Unreachable,
        TroubleKind::TimedOut,
    ];
    kinds.extend(unreadable.map(|what| TroubleKind::Unreadable { what }));
    kinds
}

/// Rosters that are not believed.
pub(crate) fn stales() -> [Stale; 5] {
    [
        Stale::ServerDown { status: ServerStatus::Offline, since: Some(ago(65)) },
        Stale::ServerDown { status: ServerStatus::Removed, since: None },
        Stale::NotQueried { since: Some(ago(65)) },
        Stale::TooOld { since: None },
        Stale::WrongClock { ahead: SignedDuration::from_mins(-185) },
    ]
}

/// A card without markup, for snapshots: what it says, line by line.
pub(crate) fn sketch(card: &Card, face: Face) -> String {
    let flat = |line: &[Span]| words::flat(face, line, now());
    let mut lines = vec![format!("{:?} | {}", card.tone, flat(&presence::title(face, &card.title)))];
    lines.extend(card.rows.iter().map(|row| match row {
        Row::Text(line) => flat(line),
        Row::Member { name, presence } => flat(&presence::line(face, name, presence, now())),
        Row::Columns(cells) => cells.iter().map(|cell| flat(cell)).collect::<Vec<_>>().join(" · "),
        Row::Field { key, value } => format!("{key}: {}", flat(value)),
        Row::Heading(words) => format!("# {words}"),
        Row::HeadingOf { words, name } => format!("# {words} {name}"),
    }));
    if let Some(menu) = &card.menu {
        lines.push(format!("[{}]", menu.prompt));
        lines.extend(
            menu.choices.iter().map(|choice| format!("({}) {} | {}", choice.value, choice.label, choice.detail)),
        );
    }
    if !card.footer.is_empty() {
        lines.push(format!("_ {}", flat(&card.footer)));
    }
    lines.join("\n")
}

/// The spans of a card, wherever they stand.
pub(crate) fn spans(card: &Card, face: Face) -> Vec<Span> {
    let mut spans = presence::title(face, &card.title);
    for row in &card.rows {
        match row {
            Row::Text(line) | Row::Field { value: line, .. } => spans.extend(line.clone()),
            Row::Columns(cells) => spans.extend(cells.iter().flatten().cloned()),
            Row::Member { name, presence } => spans.extend(presence::line(face, name, presence, now())),
            Row::HeadingOf { name, .. } => spans.push(Span::Name(name.clone())),
            Row::Heading(_) => {}
        }
    }
    spans.extend(card.footer.clone());
    spans
}
