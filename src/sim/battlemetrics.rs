//! The pretend BattleMetrics: its endpoints and who may ask.
//!
//! An endpoint is one row of `ENDPOINTS` and one function. Who was where is asked of `world.rs`; resources are shaped
//! in `resources.rs`; documents, pages and errors are in `jsonapi.rs`.

use axum::http::{Method, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use serde_json::{Value, json};

use super::{
    Sim,
    answer::{Answer, Incoming},
    jsonapi::{Document, PAGING, Query, Refusal, iso, page},
    places::Server,
    resources::{
        name_resource, name_resources, open_session_resource, player_resource, seat_resource, server_resource,
        session_resource, visit_json,
    },
    switches::{NeverSeen, RetryAfter, Switches, TokenState},
    world::{Profile, Session, Visit, World, seconds, stamp},
};

/// What an endpoint needs to answer.
struct Ask<'a> {
    world: &'a World,
    at: Timestamp,
    switches: &'a Switches,
    query: Query,
    /// The ids of the path in their order.
    ids: Vec<u64>,
    request: &'a Incoming,
}

impl Ask<'_> {
    fn page<T>(
        &self,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, serde_json::Map<String, Value>), Refusal> {
        let place = (self.request.base.as_str(), self.request.path.as_str());
        page(place, &self.query, self.switches.links_keep_size, items, key)
    }

    fn id(&self, at: usize) -> u64 {
        self.ids.get(at).copied().unwrap_or_default()
    }

    fn server(&self, id: u64) -> Result<&Server, Refusal> {
        self.world.server(id).ok_or_else(|| Refusal::not_found("Server"))
    }

    fn player(&self, id: u64) -> Result<Profile, Refusal> {
        self.world.player(id, self.at).ok_or_else(|| Refusal::not_found("Player"))
    }
}

struct Endpoint {
    method: Method,
    /// `{}` stands for an id.
    path: &'static str,
    parameters: &'static [&'static str],
    includes: &'static [&'static str],
    answer: fn(&Ask<'_>) -> Result<Document, Refusal>,
}

const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::GET,
        path: "/servers",
        parameters: &[
            PAGING[0],
            PAGING[1],
            PAGING[2],
            "filter[search]",
            "filter[game]",
            "filter[status]",
            "filter[ids][whitelist]",
            "filter[ids][blacklist]",
            "filter[countries][]",
            "filter[players][min]",
            "filter[players][max]",
            "sort",
        ],
        includes: &["serverGroup"],
        answer: list_servers,
    },
    Endpoint {
        method: Method::GET,
        path: "/servers/{}",
        parameters: &[],
        includes: &[
            "player",
            "session",
            "identifier",
            "serverEvent",
            "uptime:7",
            "uptime:30",
            "uptime:90",
            "serverGroup",
            "serverDescription",
            "organization",
            "orgDescription",
            "orgGroupDescription",
        ],
        answer: one_server,
    },
    Endpoint {
        method: Method::GET,
        path: "/players",
        parameters: &[PAGING[0], PAGING[1], PAGING[2], "filter[search]", "filter[servers]", "filter[online]", "sort"],
        includes: &["server", "identifier", "playerFlag", "flagPlayer"],
        answer: list_players,
    },
    Endpoint {
        method: Method::GET,
        path: "/players/{}",
        parameters: &["filter[servers]"],
        includes: &["server", "identifier", "playerCounter", "playerFlag", "flagPlayer", "playerNote"],
        answer: one_player,
    },
    Endpoint {
        method: Method::GET,
        path: "/players/{}/servers/{}",
        parameters: &[],
        includes: &[],
        answer: player_on_server,
    },
    Endpoint {
        method: Method::GET,
        path: "/players/{}/relationships/sessions",
        parameters: &[PAGING[0], PAGING[1], PAGING[2], "filter[servers]"],
        includes: &["server", "identifier"],
        answer: sessions_of_player,
    },
    Endpoint {
        method: Method::GET,
        path: "/sessions",
        parameters: &[
            PAGING[0],
            PAGING[1],
            PAGING[2],
            "filter[players]",
            "filter[servers]",
            "filter[at]",
            "filter[range]",
        ],
        includes: &["player", "server", "identifier"],
        answer: list_sessions,
    },
    Endpoint { method: Method::POST, path: "/players/match", parameters: &[], includes: &[], answer: match_players },
];

/// The observed text of the 403 since the API is paid.
const NO_SUBSCRIPTION: &str = "Access denied. A subscription is required to use the API.";

/// The answer to a request, rate limit and token included.
pub(super) fn answer(sim: &Sim, request: &Incoming) -> Answer {
    let (switches, at) = (sim.switches(), sim.now());
    let answer = match admit(sim, request, &switches, at) {
        Ok(left) => {
            let answer = route(&sim.world(), request, &switches, at).unwrap_or_else(Refusal::into_answer);
            with_rate_headers(answer, &switches, left)
        }
        // Whoever is turned away at the door may still have asked for something that does not exist.
        Err(turned_away) => Answer { expected: find(request).is_ok(), ..turned_away },
    };
    with_header(answer, "api-version", "0.1.0".to_owned())
}

/// The document and headers of a 429 that asks to wait for that many seconds.
pub(super) fn too_many(switches: &Switches, at: Timestamp, wait: i64) -> Answer {
    let answer = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "You have exceeded the rate limit.").into_answer();
    let answer = match switches.retry_after {
        RetryAfter::Absent => answer,
        RetryAfter::Seconds => with_header(answer, "retry-after", wait.to_string()),
        RetryAfter::Date => {
            let then = stamp(seconds(at) + wait);
            // Years that RFC 9110 cannot write have no date to give.
            match DateTimePrinter::new().timestamp_to_rfc9110_string(&then) {
                Ok(date) => with_header(answer, "retry-after", date),
                Err(_) => answer,
            }
        }
    };
    with_rate_headers(answer, switches, 0)
}

/// With the world's time, where the HTTP server would tell the machine's.
pub(super) fn with_date(answer: Answer, at: Timestamp) -> Answer {
    match DateTimePrinter::new().timestamp_to_rfc9110_string(&at) {
        Ok(date) => with_header(answer, "date", date),
        Err(_) => answer,
    }
}

fn with_header(mut answer: Answer, name: &'static str, value: String) -> Answer {
    answer.headers.push((name, value));
    answer
}

fn with_rate_headers(answer: Answer, switches: &Switches, left: usize) -> Answer {
    if !switches.rate_headers {
        return answer;
    }
    let answer = with_header(answer, "x-rate-limit-limit", switches.per_minute.to_string());
    with_header(answer, "x-rate-limit-remaining", left.to_string())
}

/// Checks token and rate; the number of requests left in this minute.
fn admit(sim: &Sim, request: &Incoming, switches: &Switches, at: Timestamp) -> Result<usize, Answer> {
    let unpaid = || Refusal::new(StatusCode::FORBIDDEN, NO_SUBSCRIPTION).into_answer();
    let token = request.header(header::AUTHORIZATION).ok_or_else(unpaid)?;
    let known = token.strip_prefix("Bearer ").is_some_and(|token| token == sim.battlemetrics_token());
    match switches.token {
        TokenState::Good if known => {}
        TokenState::Unpaid if known => return Err(unpaid()),
        _ => return Err(Refusal::new(StatusCode::UNAUTHORIZED, "The token is not valid.").into_answer()),
    }
    sim.admit(at, switches).map_err(|wait| too_many(switches, at, wait))
}

fn route(world: &World, request: &Incoming, switches: &Switches, at: Timestamp) -> Result<Answer, Refusal> {
    let (endpoint, ids) = match find(request) {
        Ok(found) => found,
        Err(status) => return Ok(Refusal::new(status, "There is nothing here.").into_answer().unexpected()),
    };
    let query = Query::check(&request.query, endpoint.parameters, endpoint.includes)?;
    // An id of letters names nothing.
    let parse = |id: &&str| id.parse().map_err(|_| Refusal::not_found("Resource"));
    let ids = ids.iter().map(parse).collect::<Result<Vec<u64>, Refusal>>()?;
    let ask = Ask { world, at, switches, query, ids, request };
    let document = (endpoint.answer)(&ask)?;
    Ok(Answer::json(StatusCode::OK, document.into_json(&ask.query)))
}

/// The endpoint and the ids of the path, or the status when there is none.
fn find(request: &Incoming) -> Result<(&'static Endpoint, Vec<&str>), StatusCode> {
    let mut status = StatusCode::NOT_FOUND;
    for endpoint in ENDPOINTS {
        if let Some(ids) = ids_in(endpoint.path, &request.path) {
            if endpoint.method == request.method {
                return Ok((endpoint, ids));
            }
            status = StatusCode::METHOD_NOT_ALLOWED;
        }
    }
    Err(status)
}

fn ids_in<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut pattern, mut path, mut ids) = (pattern.split('/'), path.split('/'), Vec::new());
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(ids),
            (Some("{}"), Some(id)) if !id.is_empty() => ids.push(id),
            (Some(expected), Some(found)) if expected == found => {}
            _ => return None,
        }
    }
}

fn list_servers(ask: &Ask<'_>) -> Result<Document, Refusal> {
    let query = &ask.query;
    let statuses = query.choices("filter[status]", &["online", "offline", "dead", "invalid", "removed"])?;
    let (wanted, unwanted) = (query.ids("filter[ids][whitelist]")?, query.ids("filter[ids][blacklist]")?);
    let countries: Vec<&str> = query.all("filter[countries][]").collect();
    let least = query.number("filter[players][min]", 0, usize::MAX)?;
    let most = query.number("filter[players][max]", 0, usize::MAX)?;
    let players = |server: &Server| ask.world.roster(server.id, ask.at).len();
    let mut servers = ask.world.find_servers(query.text("filter[search]").unwrap_or_default());
    servers.retain(|server| {
        query.text("filter[game]").is_none_or(|game| game == server.game)
            && statuses.as_ref().map_or(server.status != "removed", |list| list.contains(&server.status.as_str()))
            && wanted.as_ref().is_none_or(|ids| ids.contains(&server.id))
            && unwanted.as_ref().is_none_or(|ids| !ids.contains(&server.id))
            && (countries.is_empty() || server.country.as_deref().is_some_and(|code| countries.contains(&code)))
            && least.is_none_or(|least| players(server) >= least)
            && most.is_none_or(|most| players(server) <= most)
    });
    sort_servers(ask, &mut servers)?;
    let (servers, links) = ask.page(servers, |server| match server.rank {
        Some(rank) => format!("{rank},{}", server.id),
        None => format!("null,{}", server.id),
    })?;
    let details = ask.switches.details_in_lists;
    let servers = servers.into_iter().map(|server| server_resource(ask.world, server, ask.at, details)).collect();
    Ok(Document::list(servers, links))
}

fn sort_servers(ask: &Ask<'_>, servers: &mut [&Server]) -> Result<(), Refusal> {
    let (order, backwards) = order(&ask.query, &["rank", "name", "players", "distance"])?;
    servers.sort_by_key(|server| (server.rank.unwrap_or(u32::MAX), server.id));
    match order {
        Some("name") => servers.sort_by_key(|server| server.name.to_lowercase()),
        Some("players") => servers.sort_by_cached_key(|server| ask.world.roster(server.id, ask.at).len()),
        // Whoever asks is nowhere, so that every distance is the same and the rank decides.
        _ => {}
    }
    if backwards {
        servers.reverse();
    }
    Ok(())
}

/// The attribute to sort by and whether it falls.
fn order<'a>(query: &'a Query, allowed: &[&str]) -> Result<(Option<&'a str>, bool), Refusal> {
    let Some(text) = query.text("sort") else { return Ok((None, false)) };
    let name = text.strip_prefix('-').unwrap_or(text);
    if allowed.contains(&name) {
        Ok((Some(name), name != text))
    } else {
        Err(Refusal::malformed("sort", "must be equal to one of the allowed values"))
    }
}

fn one_server(ask: &Ask<'_>) -> Result<Document, Refusal> {
    let server = ask.server(ask.id(0))?;
    let (players, sessions) = (ask.query.includes("player"), ask.query.includes("session"));
    if let Some(status) = ask.switches.sessions_beside_players_refused.filter(|_| players && sessions) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        return Err(Refusal::new(status, "include may not combine player and session"));
    }
    let mut included = Vec::new();
    if players || sessions {
        let as_of = server.known_as_of(ask.at);
        let seats = ask.world.roster(server.id, ask.at);
        for seat in seats.iter().filter(|seat| !seat.private) {
            if players {
                let connected = ask.switches.tells_time_connected.then(|| as_of.duration_since(seat.start).as_secs());
                included.push(seat_resource(ask.world, server, seat, connected));
            }
            if sessions {
                included.push(open_session_resource(ask.world, server, seat));
            }
        }
    }
    Ok(Document::single(server_resource(ask.world, server, ask.at, true)).with(included))
}

fn list_players(ask: &Ask<'_>) -> Result<Document, Refusal> {
    let query = &ask.query;
    let servers = query.ids("filter[servers]")?.unwrap_or_default();
    let mut found = ask.world.find_players(query.text("filter[search]").unwrap_or_default(), &servers, ask.at);
    if let Some(online) = query.flag("filter[online]")? {
        found.retain(|player| visits(ask, player, &servers).iter().any(|(_, visit)| visit.online) == online);
    }
    sort_players(ask, &servers, &mut found)?;
    let (found, links) = ask.page(found, |player| format!("{},{}", iso(player.created), player.id))?;
    let with_servers = query.includes("server");
    let mut included = Vec::new();
    let mut data = Vec::new();
    for player in &found {
        let visits = if with_servers || !servers.is_empty() { visits(ask, player, &servers) } else { Vec::new() };
        data.push(player_resource(player, &visits));
        if with_servers {
            add_servers(ask, &visits, false, &mut included);
        }
        if query.includes("identifier") {
            included.extend(name_resources(player));
        }
    }
    Ok(Document::list(data, links).with(included))
}

fn sort_players(ask: &Ask<'_>, servers: &[u64], players: &mut [Profile]) -> Result<(), Refusal> {
    let (order, backwards) = order(&ask.query, &["name", "createdAt", "updatedAt", "firstSeen", "lastSeen"])?;
    match order {
        // Without an order the most fitting name comes first, as found.
        None => return Ok(()),
        Some("name") => players.sort_by_cached_key(|player| player.name.to_lowercase()),
        Some("firstSeen") => players
            .sort_by_cached_key(|player| visits(ask, player, servers).iter().map(|(_, visit)| visit.first_seen).min()),
        Some("lastSeen") => players
            .sort_by_cached_key(|player| visits(ask, player, servers).iter().map(|(_, visit)| visit.last_seen).max()),
        Some(_) => players.sort_by_key(|player| player.created),
    }
    if backwards {
        players.reverse();
    }
    Ok(())
}

fn one_player(ask: &Ask<'_>) -> Result<Document, Refusal> {
    let player = ask.player(ask.id(0))?;
    let servers = ask.query.ids("filter[servers]")?.unwrap_or_default();
    let with_servers = ask.query.includes("server") && !player.private;
    let visits = if with_servers { visits(ask, &player, &servers) } else { Vec::new() };
    let mut included = Vec::new();
    add_servers(ask, &visits, true, &mut included);
    if ask.query.includes("identifier") && !player.private {
        included.extend(name_resources(&player));
    }
    Ok(Document::single(player_resource(&player, &visits)).with(included))
}

fn player_on_server(ask: &Ask<'_>) -> Result<Document, Refusal> {
    let player = ask.player(ask.id(0))?;
    let server = ask.server(ask.id(1))?;
    let visit = ask.world.visit(player.id, server.id, ask.at).filter(|_| !player.private);
    let attributes = match (visit, ask.switches.never_seen) {
        (Some(visit), _) => visit_json(&visit),
        (None, NeverSeen::Zeros) => json!({"firstSeen": null, "lastSeen": null, "timePlayed": 0, "online": false}),
        (None, NeverSeen::NotFound) => return Err(Refusal::not_found("Player on this server")),
    };
    let id = server.id.to_string();
    Ok(Document::single(json!({"type": "playerServerInformation", "id": id, "attributes": attributes})))
}

fn sessions_of_player(ask: &Ask<'_>) -> Result<Document, Refusal> {
    refuse_outside_plan(ask)?;
    let player = ask.player(ask.id(0))?;
    let servers = ask.query.ids("filter[servers]")?.unwrap_or_default();
    let mut sessions = if player.private { Vec::new() } else { ask.world.sessions(player.id, None, ask.at) };
    sessions.retain(|session| servers.is_empty() || servers.contains(&session.server));
    session_list(ask, sessions)
}

fn list_sessions(ask: &Ask<'_>) -> Result<Document, Refusal> {
    refuse_outside_plan(ask)?;
    let (players, servers) = (ask.query.ids("filter[players]")?, ask.query.ids("filter[servers]")?);
    if let Some(status) =
        ask.switches.many_players_refused.filter(|_| players.as_ref().is_some_and(|ids| ids.len() > 1))
    {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        return Err(Refusal::new(status, "filter[players] takes one player"));
    }
    let servers = servers.unwrap_or_default();
    let (open_at, range) = (ask.query.instant("filter[at]")?, ask.query.range("filter[range]")?);
    if open_at.is_some() && range.is_some() {
        return Err(Refusal::malformed("filter[at]", "may not be combined with filter[range]"));
    }
    let players = match players {
        Some(players) => players.into_iter().filter_map(|id| ask.world.player(id, ask.at)).collect(),
        // Nobody may walk the sessions of the whole world.
        None if servers.is_empty() => return Err(Refusal::malformed("filter[players]", "is required")),
        None => ask.world.find_players("", &servers, ask.at),
    };
    let players = players.iter().filter(|player| !player.private);
    let mut sessions: Vec<Session> = players.flat_map(|player| ask.world.sessions(player.id, None, ask.at)).collect();
    let overlaps = |session: &Session, from: Timestamp, until: Timestamp| {
        session.start <= until && session.stop.is_none_or(|stop| stop > from)
    };
    sessions.retain(|session| {
        (servers.is_empty() || servers.contains(&session.server))
            && open_at.is_none_or(|at| overlaps(session, at, at))
            && range.is_none_or(|(from, until)| overlaps(session, from, until))
    });
    session_list(ask, sessions)
}

fn session_list(ask: &Ask<'_>, mut sessions: Vec<Session>) -> Result<Document, Refusal> {
    sessions.sort_by(|one, other| other.start.cmp(&one.start).then(one.player.cmp(&other.player)));
    let (sessions, links) = ask.page(sessions, |session| format!("{},{}", iso(session.start), session.player))?;
    let mut included = Vec::new();
    for session in &sessions {
        if let Some(player) = ask.world.player(session.player, ask.at).filter(|_| ask.query.includes("player")) {
            add_once(&mut included, player_resource(&player, &[]));
        }
        if let Some(server) = ask.world.server(session.server).filter(|_| ask.query.includes("server")) {
            add_once(&mut included, server_resource(ask.world, server, ask.at, true));
        }
        if ask.query.includes("identifier") {
            add_once(&mut included, name_resource(session.player, 0, &session.name, session.start));
        }
    }
    Ok(Document::list(sessions.iter().map(session_resource).collect(), links).with(included))
}

fn refuse_outside_plan(ask: &Ask<'_>) -> Result<(), Refusal> {
    match ask.switches.sessions_in_plan {
        true => Ok(()),
        false => Err(Refusal::new(StatusCode::FORBIDDEN, "Your plan does not include this feature.")),
    }
}

/// Answers as to an ordinary token: nobody is ever matched.
fn match_players(ask: &Ask<'_>) -> Result<Document, Refusal> {
    let body: Value =
        serde_json::from_slice(&ask.request.body).map_err(|_| Refusal::malformed("body", "must be a JSON document"))?;
    match body.get("data").is_some_and(Value::is_array) {
        true => Ok(Document::single(json!([]))),
        false => Err(Refusal::malformed("body", "must have required property 'data'")),
    }
}

/// What is known of the player on each of the servers, or on every server when none is named.
fn visits(ask: &Ask<'_>, player: &Profile, servers: &[u64]) -> Vec<(u64, Visit)> {
    let everywhere = ask.world.servers_of(player.id, ask.at);
    let wanted = everywhere.into_iter().filter(|server| servers.is_empty() || servers.contains(server));
    wanted.filter_map(|server| Some((server, ask.world.visit(player.id, server, ask.at)?))).collect()
}

/// Adds the servers of the visits, each with what is known of the player there if asked for.
fn add_servers(ask: &Ask<'_>, visits: &[(u64, Visit)], with_meta: bool, included: &mut Vec<Value>) {
    for (id, visit) in visits {
        let Some(server) = ask.world.server(*id) else { continue };
        let mut resource = server_resource(ask.world, server, ask.at, true);
        if let Some(resource) = resource.as_object_mut().filter(|_| with_meta) {
            resource.insert("meta".to_owned(), visit_json(visit));
        }
        add_once(included, resource);
    }
}

fn add_once(included: &mut Vec<Value>, resource: Value) {
    let same = |other: &Value| other.get("type") == resource.get("type") && other.get("id") == resource.get("id");
    if !included.iter().any(same) {
        included.push(resource);
    }
}
