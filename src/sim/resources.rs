//! The resources of BattleMetrics as JSON: servers, players, sessions, names.
//!
//! Only shapes. Which resources an answer holds is decided in `battlemetrics.rs`.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    jsonapi::iso,
    places::{Details, Server},
    world::{Profile, Seat, Session, Visit, World, seconds, session_id, stamp},
};

fn reference(kind: &str, id: u64) -> Value {
    json!({"data": {"type": kind, "id": id.to_string()}})
}

/// What is known of a player on a server, as `meta` or as attributes.
pub(super) fn visit_json(visit: &Visit) -> Value {
    json!({
        "timePlayed": visit.time_played,
        "firstSeen": iso(visit.first_seen),
        "lastSeen": iso(visit.last_seen),
        "online": visit.online,
    })
}

/// A player, with what is known of the visits if there are any.
pub(super) fn player_resource(player: &Profile, visits: &[(u64, Visit)]) -> Value {
    let server =
        |(id, visit): &(u64, Visit)| json!({"type": "server", "id": id.to_string(), "meta": visit_json(visit)});
    let relationships = match visits {
        [] => json!({}),
        visits => json!({"servers": {"data": visits.iter().map(server).collect::<Vec<_>>()}}),
    };
    json!({
        "type": "player",
        "id": player.id.to_string(),
        "attributes": {
            "id": player.id.to_string(),
            "name": player.name,
            "private": player.private,
            "positiveMatch": player.positive_match,
            "createdAt": iso(player.created),
            "updatedAt": iso(player.created),
        },
        "relationships": relationships,
    })
}

/// Every name of a player as an identifier, the present one first.
pub(super) fn name_resources(player: &Profile) -> Vec<Value> {
    let names = player.names.iter().rev().zip(0..);
    names.map(|((since, name), at)| name_resource(player.id, at, name, *since)).collect()
}

/// One name of a player as an identifier; `at` counts from the present name backwards.
pub(super) fn name_resource(player: u64, at: usize, name: &str, last_seen: Timestamp) -> Value {
    json!({
        "type": "identifier",
        "id": format!("{player}{at:02}"),
        "attributes": {"type": "name", "identifier": name, "lastSeen": iso(last_seen), "private": false, "metadata": null},
        "relationships": {"player": reference("player", player)},
    })
}

/// A player on the roster of a server.
pub(super) fn seat_resource(world: &World, server: &Server, seat: &Seat, connected: Option<i64>) -> Value {
    let mut metadata = vec![
        json!({"key": "firstTime", "value": world.is_first_time(server.id, seat), "private": false}),
        json!({"key": "score", "value": 0, "private": false}),
    ];
    metadata.extend(connected.map(|seconds| json!({"key": "time", "value": seconds, "private": false})));
    json!({
        "type": "player",
        "id": seat.player.to_string(),
        "attributes": {
            "id": seat.player.to_string(),
            "name": seat.name,
            "private": false,
            "positiveMatch": seat.positive_match,
            "createdAt": iso(seat.created),
            "updatedAt": iso(seat.created),
        },
        "relationships": {"server": reference("server", server.id)},
        "meta": {"metadata": metadata},
    })
}

/// The open session of somebody on the roster.
pub(super) fn open_session_resource(world: &World, server: &Server, seat: &Seat) -> Value {
    session_json(seat.player, server.id, seat.start, None, world.is_first_time(server.id, seat), &seat.name)
}

/// A session.
pub(super) fn session_resource(session: &Session) -> Value {
    session_json(session.player, session.server, session.start, session.stop, session.first_time, &session.name)
}

fn session_json(
    player: u64,
    server: u64,
    start: Timestamp,
    stop: Option<Timestamp>,
    first_time: bool,
    name: &str,
) -> Value {
    json!({
        "type": "session",
        "id": session_id(player, start),
        "attributes": {
            "start": iso(start),
            "stop": stop.map(iso),
            "firstTime": first_time,
            "name": name,
            "private": false,
        },
        "relationships": {
            "server": reference("server", server),
            "player": reference("player", player),
            "identifiers": {"data": [{"type": "identifier", "id": format!("{player}00")}]},
        },
    })
}

/// A server.
pub(super) fn server_resource(world: &World, server: &Server, at: Timestamp, with_details: bool) -> Value {
    let players = world.roster(server.id, at).len();
    let query_status = server.frozen_since.map(|_| "timeout").or(server.query_status.as_deref());
    let mut resource = json!({
        "type": "server",
        "id": server.id.to_string(),
        "attributes": {
            "id": server.id.to_string(),
            "name": server.name,
            "address": server.address,
            "ip": server.ip,
            "port": server.port,
            "portQuery": server.port.wrapping_add(1),
            "players": players,
            "maxPlayers": server.max_players,
            "rank": server.rank,
            "location": server.location,
            "status": server.status,
            "private": false,
            "queryStatus": query_status,
            "createdAt": "2024-03-01T10:00:00.000Z",
            "updatedAt": iso(server.refreshed(at)),
        },
        "relationships": {"game": {"data": {"type": "game", "id": server.game}}},
    });
    if let Some(Value::Object(attributes)) = resource.get_mut("attributes") {
        if let Some(country) = &server.country {
            attributes.insert("country".to_owned(), json!(country));
        }
        if with_details && server.details != Details::Missing {
            attributes.insert("details".to_owned(), details(server, players, at));
        }
    }
    resource
}

fn details(server: &Server, players: usize, at: Timestamp) -> Value {
    let born = server.born(at);
    let modded = server.kind == "modded";
    match server.details {
        Details::Missing => Value::Null,
        Details::Sparse => json!({"map": server.map, "rust_type": server.kind}),
        Details::Nulls => json!({
            "map": server.map, "official": null, "rust_type": null, "rust_modded": null, "pve": null,
            "rust_queued_players": null, "rust_fps": null, "rust_world_size": null, "rust_born": null,
            "rust_last_wipe": null, "rust_next_wipe": null, "serverSteamId": null,
        }),
        Details::Full => json!({
            "tags": [
                format!("mp{}", server.max_players), format!("cp{players}"), format!("qp{}", queue(server, players, at)),
                format!("born{}", seconds(born)), server.kind,
            ],
            "map": server.map,
            "environment": "w",
            "official": server.kind == "official",
            "rust_type": server.kind,
            "rust_modded": modded,
            "pve": false,
            "rust_gamemode": "vanilla",
            "rust_queued_players": queue(server, players, at),
            "rust_fps": 59,
            "rust_fps_avg": 58.7,
            "rust_uptime": seconds(at) - seconds(born),
            "rust_world_seed": server.id % 1_000_000,
            "rust_world_size": 3500 + server.id % 4 * 250,
            "rust_born": iso(born),
            "rust_last_wipe": iso(last_wipe(server, born)),
            "rust_next_wipe": iso(server.next_wipe(at)),
            "serverSteamId": format!("900000{:011}", server.id),
        }),
    }
}

/// The wipe as BattleMetrics guesses it: two minutes after the save was born, or badly wrong.
fn last_wipe(server: &Server, born: Timestamp) -> Timestamp {
    let off = if server.wrong_wipe { -120 * 24 * 3600 } else { 131 };
    stamp(seconds(born) + off)
}

/// People wait once nine of ten places are taken; how many changes every five minutes.
fn queue(server: &Server, players: usize, at: Timestamp) -> u64 {
    match (players * 10).cmp(&(server.max_players as usize * 9)) {
        Ordering::Less => 0,
        _ => (server.id + seconds(at) as u64 / 300) % 23 + 1,
    }
}
