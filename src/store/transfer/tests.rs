//! Stories of `transfer`.

use jiff::SignedDuration;
use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    domain::{
        facts::{QueryStatus, Server, ServerStatus},
        ids::{BoardId, ChangeId, ChannelId, RoleId, SteamId},
        report::{BoardPlace, Change, ChangeRow, MemberName, ServerName, Settings},
        session::{Ending, Source},
    },
    store::open,
};

fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{1,12}", "\\PC{1,12}", Just("=cmd|' /C calc'!A0 \u{1b}[31m\u{202e}\"\n,".to_owned())]
}

fn server() -> impl Strategy<Value = ExportedServer> {
    let numbers = (option::of(any::<u32>()), option::of(instant()), instant(), any::<bool>());
    (1_u64..6, text(), numbers).prop_map(|(id, name, (players, at, as_of, hides_names))| ExportedServer {
        server: Server {
            id: ServerId::new(id).unwrap(),
            name: name.clone(),
            status: if hides_names { ServerStatus::Dead } else { ServerStatus::Online },
            query_status: QueryStatus::Timeout,
            updated_at: at,
            players,
            max_players: players,
            queue: None,
            address: Some(name.clone()),
            country: None,
            map: Some(name),
            last_wipe: at,
            next_wipe: None,
        },
        as_of,
        hides_names,
    })
}

fn player() -> impl Strategy<Value = ExportedPlayer> {
    let name = (text(), option::of(instant()), option::of(instant()));
    let names = vec(name.prop_map(|(name, first_seen, last_seen)| ExportedName { name, first_seen, last_seen }), 0..3);
    (1_u64..9, text(), instant(), option::of(1_u64..4), any::<bool>(), names).prop_map(
        |(id, name, name_at, steam, private, mut names)| {
            names.sort_by(|one, other| one.name.cmp(&other.name));
            names.dedup_by(|one, other| one.name == other.name);
            let steam = steam.map(|steam| SteamId::new(76_561_198_000_000_000 + steam).unwrap());
            ExportedPlayer { id: PlayerId::new(id).unwrap(), name, name_at, steam, private, names }
        },
    )
}

type Someone = (Option<usize>, Option<u64>, String, Timestamp, Option<Timestamp>);

fn group() -> impl Strategy<Value = (String, Option<usize>, Timestamp, Option<Timestamp>, bool, Vec<Someone>)> {
    let member = (option::of(0_usize..9), option::of(1_u64..9), text(), instant(), option::of(instant()));
    ("[a-zA-Z ]{1,9}", option::of(0_usize..5), instant(), option::of(instant()), any::<bool>(), vec(member, 0..5))
}

fn settings() -> impl Strategy<Value = Settings> {
    (text(), option::of(1_u64..9), option::of(1_u64..9)).prop_map(|(time_zone, changers, log_channel)| Settings {
        time_zone,
        changers: changers.and_then(RoleId::new),
        log_channel: log_channel.and_then(ChannelId::new),
    })
}

/// Every kind of change there is: the compiler asks for a line here when there is another.
const fn known(change: &Change) {
    match change {
        Change::ActiveServer { .. }
        | Change::MembersAdded { .. }
        | Change::MemberRemoved { .. }
        | Change::GroupDeleted { .. }
        | Change::GroupRenamed { .. }
        | Change::GroupPinned { .. }
        | Change::Board { .. }
        | Change::Forgotten
        | Change::Settings { .. } => {}
    }
}

fn what() -> impl Strategy<Value = Change> {
    let group = || (1_u64..20).prop_map(|id| GroupId::new(id).unwrap());
    let server =
        || option::of((1_u64..9, text()).prop_map(|(id, name)| ServerName { id: ServerId::new(id).unwrap(), name }));
    let ids = || (option::of(1_u64..9), option::of(1_u64..9));
    let member = || {
        (1_u64..40, text(), ids()).prop_map(|(id, name, (player, steam))| MemberName {
            id: MemberId::new(id).unwrap(),
            name,
            player: player.and_then(PlayerId::new),
            steam: steam.and_then(|steam| SteamId::new(76_561_198_000_000_000 + steam)),
        })
    };
    let place = || {
        option::of((1_u64..9, 1_u64..9).prop_map(|(id, channel)| BoardPlace {
            id: BoardId::new(id).unwrap(),
            channel: ChannelId::new(channel).unwrap(),
        }))
    };
    let one = prop_oneof![
        (server(), server()).prop_map(|(before, after)| Change::ActiveServer { before, after }),
        (group(), text(), any::<bool>(), vec(member(), 0..3)).prop_map(|(group, name, group_is_new, members)| {
            Change::MembersAdded { group, name, group_is_new, members }
        }),
        (group(), text(), member()).prop_map(|(group, name, member)| Change::MemberRemoved { group, name, member }),
        (group(), text(), 0_usize..9).prop_map(|(group, name, members)| Change::GroupDeleted { group, name, members }),
        (group(), text(), text()).prop_map(|(group, before, after)| Change::GroupRenamed { group, before, after }),
        (group(), text(), server(), server()).prop_map(|(group, name, before, after)| Change::GroupPinned {
            group,
            name,
            before,
            after
        }),
        (option::of(group()), option::of(text()), place(), place())
            .prop_map(|(group, name, before, after)| Change::Board { group, name, before, after }),
        Just(Change::Forgotten),
        (settings(), settings()).prop_map(|(before, after)| Change::Settings { before, after }),
    ];
    one.prop_map(|change| {
        known(&change);
        change
    })
}

fn change() -> impl Strategy<Value = (Change, String, Timestamp, Option<Timestamp>)> {
    (what(), text(), instant(), option::of(instant()))
}

prop_compose! {
    fn export()(
        mut servers in vec(server(), 1..5),
        mut players in vec(player(), 1..6),
        seen in vec((0_usize..6, 0_usize..5, instant(), option::of(instant()), option::of(0_i64..99_999), any::<bool>()), 0..6),
        groups in vec(group(), 0..5),
        changes in vec(change(), 0..6),
        been in vec((0_usize..6, 0_usize..5, 0_i64..9_999, 0_i64..999, any::<(bool, bool)>()), 0..9),
        looked in vec((0_usize..5, 0_i64..9_999, 1_i64..999), 0..9),
        settings in (option::of(1_u64..9), option::of(1_u64..9)),
        active in option::of(0_usize..5),
    ) -> Export {
        servers.sort_by_key(|known| known.server.id);
        servers.dedup_by_key(|known| known.server.id);
        players.sort_by_key(|player| player.id);
        players.dedup_by_key(|player| player.id);
        let server = |at: usize| servers[at % servers.len()].server.id;
        let groups: Vec<ExportedGroup> = (1..).zip(groups).map(|(number, (name, pinned, created_at, deleted_at, checked, members))| ExportedGroup {
            id: GroupId::new(number).unwrap(),
            name: format!("{number} {name}"),
            pinned: pinned.map(server),
            created_at,
            deleted_at,
            last_check: checked.then_some(LastCheck { active: 1, total: 3, unknown: 2, at: created_at }),
            members: (0..).zip(members).map(|(at, (player, steam, name, added_at, removed_at))| ExportedMember {
                id: MemberId::new(number * 100 + at).unwrap(),
                player: player.map(|player| players[player % players.len()].id).filter(|_| removed_at.is_some() || at == 0),
                steam: steam.and_then(|steam| SteamId::new(76_561_198_000_000_000 + steam * 10 + at)),
                name,
                added_at,
                removed_at,
            }).collect(),
        }).collect();
        let linked: BTreeSet<PlayerId> = groups.iter().flat_map(|group| &group.members).filter_map(|member| member.player).collect();
        players.retain(|player| linked.contains(&player.id));
        let mut sightings: Vec<ExportedSighting> = seen.into_iter().filter(|_| !players.is_empty()).map(|(player, at, known_at, last_seen, total, online)| ExportedSighting {
            player: players[player % players.len()].id,
            server: server(at),
            first_seen: None,
            last_seen,
            total: total.map(SignedDuration::from_secs),
            online,
            since: last_seen,
            known_at,
        }).collect();
        sightings.sort_by_key(|seen| (seen.player, seen.server));
        sightings.dedup_by_key(|seen| (seen.player, seen.server));
        let at = |second| Timestamp::from_second(1_700_000_000 + second).unwrap();
        let mut sessions: Vec<ExportedSession> = been.into_iter().filter(|_| !players.is_empty()).map(|(player, place, start, length, (left, told))| ExportedSession {
            player: players[player % players.len()].id,
            server: server(place),
            start: at(start),
            stop: at(start + length),
            ending: if left { Ending::Left } else { Ending::Unobserved },
            source: if told { Source::Told } else { Source::Watched },
        }).collect();
        sessions.sort_by_key(|session| (session.player, session.server, session.start));
        sessions.dedup_by(|next, one| (one.player, one.server) == (next.player, next.server) && next.start <= one.stop);
        let mut windows: Vec<ExportedWindow> = looked.into_iter().map(|(place, start, length)| ExportedWindow { server: server(place), start: at(start), stop: at(start + length) }).collect();
        windows.sort_by_key(|window| (window.server, window.start));
        windows.dedup_by(|next, one| one.server == next.server && next.start <= one.stop);
        let changes = (1..).zip(changes).map(|(number, (change, actor_name, at, undone_at))| {
            ChangeRow { id: ChangeId::new(number).unwrap(), at, actor: "terminal".to_owned(), actor_name, change, undone_at }
        }).collect();
        let mut export = Export {
            format: FORMAT.to_owned(),
            version: VERSION,
            exported_at: Timestamp::UNIX_EPOCH,
            guild: GuildKey::local(),
            settings: Settings { time_zone: "Europe/Berlin".to_owned(), changers: settings.0.and_then(RoleId::new), log_channel: settings.1.and_then(ChannelId::new) },
            active_server: active.map(server),
            used_servers: servers.iter().rev().map(|known| known.server.id).collect(),
            servers,
            players,
            sightings,
            sessions,
            windows,
            groups,
            changes,
        };
        export.renumber();
        export
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_exported_comes_back_exactly(wanted in export()) {
        prop_assume!(wanted.check(500, 500).is_ok());
        let text = serde_json::to_string(&wanted).unwrap();
        let read: Export = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &wanted);
        let connection = open::in_memory();
        let (now, other) = (Timestamp::UNIX_EPOCH, "42".parse().unwrap());
        // Somebody else's data lies about, so that no number is the same by chance.
        let busy = groups::create(&connection, &other, "Busy", now).unwrap();
        groups::add_member(&connection, busy, None, None, "Busy", now).unwrap();
        import(&connection, &GuildKey::local(), &read, now).unwrap();
        let again = export_of(&connection);
        prop_assert_eq!(&again, &wanted);
        prop_assert_eq!(groups::members(&connection, busy).unwrap().len(), 1);
        let broken = connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get::<_, i64>(0));
        prop_assert_eq!(broken.unwrap(), 0);
        let tables = [crate::domain::export::csv(&again), crate::domain::export::csv_sessions(&again)];
        for line in tables.iter().flat_map(|table| table.lines()) {
            let cells = line.strip_prefix('"').unwrap_or(line).split("\",\"");
            prop_assert!(cells.into_iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{}", line);
        }
    }
}

fn export_of(connection: &Connection) -> Export {
    super::export(connection, &GuildKey::local(), Timestamp::UNIX_EPOCH).unwrap()
}
