//! The pretend Steam Web API: vanity names, profiles, bans; key first, HTML for every error.
//!
//! Whose account it is comes from `world.rs`.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Sim,
    answer::{Answer, Incoming},
    world::{Account, World, seconds},
};

const FORBIDDEN: &str = "Access is denied. Retrying will not help. Please verify your <pre>key=</pre> parameter.";
/// The most ids that one request may carry.
const BATCH: usize = 100;

type Call = fn(&World, &Incoming, Timestamp) -> Result<Value, Answer>;

/// The answer to a request, the check of the key included.
pub(super) fn answer(sim: &Sim, request: &Incoming) -> Answer {
    let Some(method) = find(&request.path) else {
        return Answer::html(StatusCode::NOT_FOUND, "Not Found").unexpected();
    };
    if request.method != Method::GET {
        return Answer::html(StatusCode::METHOD_NOT_ALLOWED, "This API must be called with a HTTP GET request")
            .unexpected();
    }
    if !sim.switches().steam_key_good || request.parameter("key") != Some(sim.steam_key()) {
        return Answer::html(StatusCode::FORBIDDEN, FORBIDDEN);
    }
    match method(&sim.world(), request, sim.now()) {
        Ok(document) => Answer::json(StatusCode::OK, document),
        Err(answer) => answer,
    }
}

fn find(path: &str) -> Option<Call> {
    let mut parts = path.trim_matches('/').split('/');
    let (interface, method, version) = (parts.next()?, parts.next()?, parts.next()?);
    let version: u32 = version.strip_prefix('v')?.parse().ok()?;
    match (interface, method, version, parts.next()) {
        ("ISteamUser", "ResolveVanityURL", 1, None) => Some(resolve_vanity),
        ("ISteamUser", "GetPlayerSummaries", 2, None) => Some(summaries),
        ("ISteamUser", "GetPlayerBans", 1, None) => Some(bans),
        _ => None,
    }
}

fn resolve_vanity(world: &World, request: &Incoming, _: Timestamp) -> Result<Value, Answer> {
    let vanity = request.parameter("vanityurl").filter(|vanity| !vanity.is_empty());
    let vanity = vanity.ok_or_else(|| bad_request("Required parameter 'vanityurl' is missing"))?;
    Ok(match world.steam_id_of(vanity) {
        Some(id) => json!({"response": {"steamid": id.to_string(), "success": 1}}),
        None => json!({"response": {"success": 42, "message": "No match"}}),
    })
}

fn summaries(world: &World, request: &Incoming, at: Timestamp) -> Result<Value, Answer> {
    let mut accounts = accounts(world, request, at)?;
    // Steam promises no order: this is never the order asked for.
    accounts.sort_by_key(|account| account.id % 1009);
    Ok(json!({"response": {"players": accounts.iter().map(summary).collect::<Vec<_>>()}}))
}

fn bans(world: &World, request: &Incoming, at: Timestamp) -> Result<Value, Answer> {
    let ban = |account: &Account| {
        json!({
            "SteamId": account.id.to_string(), "CommunityBanned": false, "VACBanned": false, "NumberOfVACBans": 0,
            "DaysSinceLastBan": 0, "NumberOfGameBans": 0, "EconomyBan": "none",
        })
    };
    Ok(json!({"players": accounts(world, request, at)?.iter().map(ban).collect::<Vec<_>>()}))
}

/// The accounts asked for, each once; those that do not exist are left out.
fn accounts(world: &World, request: &Incoming, at: Timestamp) -> Result<Vec<Account>, Answer> {
    let ids = request.parameter("steamids").filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| bad_request("Required parameter 'steamids' is missing"))?;
    let ids: Result<Vec<u64>, _> = ids.split(',').map(str::parse).collect();
    let mut ids = ids.map_err(|_| bad_request("Invalid steamid"))?;
    if ids.len() > BATCH {
        return Err(bad_request("Too many steamids").unexpected());
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids.into_iter().filter_map(|id| world.account(id, at)).collect())
}

fn summary(account: &Account) -> Value {
    let id = account.id.to_string();
    let url = match &account.vanity {
        Some(vanity) => format!("https://steamcommunity.com/id/{vanity}/"),
        None => format!("https://steamcommunity.com/profiles/{id}/"),
    };
    let mut summary = json!({
        "steamid": id,
        "communityvisibilitystate": if account.public { 3 } else { 1 },
        "profilestate": 1,
        "personaname": account.persona,
        "profileurl": url,
        "avatar": format!("https://avatars.example/{id}.jpg"),
        "avatarmedium": format!("https://avatars.example/{id}_medium.jpg"),
        "avatarfull": format!("https://avatars.example/{id}_full.jpg"),
        "avatarhash": "00",
        "personastate": u8::from(account.public && account.in_rust),
    });
    if let Some(summary) = summary.as_object_mut().filter(|_| account.public) {
        summary.insert("personastateflags".to_owned(), json!(0));
        summary.insert("timecreated".to_owned(), json!(seconds(account.created)));
        if account.in_rust {
            summary.insert("gameid".to_owned(), json!("252490"));
            summary.insert("gameextrainfo".to_owned(), json!("Rust"));
        }
    }
    summary
}

fn bad_request(detail: &str) -> Answer {
    Answer::html(StatusCode::BAD_REQUEST, detail)
}
