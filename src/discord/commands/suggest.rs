//! Suggestions while an option is being typed: from our own database alone, so that they come at once.
//!
//! Only how they are shown; which there are is known by the use cases.

use jiff::Timestamp;
use poise::serenity_prelude as serenity;
use serenity::{AutocompleteChoice, CreateAutocompleteResponse, ResolvedValue};

use super::{super::reply::label, Ctx};
use crate::{
    domain::{presence::Presence, report::Suggestion},
    error::Result,
    view::{card::Face, presence},
};

/// Groups of this guild.
pub(super) async fn groups(ctx: Ctx<'_>, typed: &str) -> CreateAutocompleteResponse {
    let talk = ctx.data();
    shown(ctx, talk.app().suggest_groups(talk.asker(), typed).await)
}

/// Servers used before.
pub(super) async fn servers(ctx: Ctx<'_>, typed: &str) -> CreateAutocompleteResponse {
    let talk = ctx.data();
    shown(ctx, talk.app().suggest_servers(talk.asker(), typed).await)
}

/// Players ever seen, those first who are on the server of the group that was typed before.
pub(super) async fn players(ctx: Ctx<'_>, typed: &str) -> CreateAutocompleteResponse {
    let talk = ctx.data();
    shown(ctx, talk.app().suggest_players(talk.asker(), group(ctx), typed).await)
}

/// Members of the group that was typed before.
pub(super) async fn members(ctx: Ctx<'_>, typed: &str) -> CreateAutocompleteResponse {
    let talk = ctx.data();
    match group(ctx) {
        Some(group) => shown(ctx, talk.app().suggest_members(talk.asker(), group, typed).await),
        None => CreateAutocompleteResponse::new(),
    }
}

fn group(ctx: Ctx<'_>) -> Option<&str> {
    ctx.args.iter().find_map(|option| match (option.name, &option.value) {
        ("group", ResolvedValue::String(group)) => Some(*group),
        _ => None,
    })
}

fn shown(ctx: Ctx<'_>, suggestions: Result<Vec<Suggestion>>) -> CreateAutocompleteResponse {
    let suggestions = suggestions.unwrap_or_else(|error| {
        tracing::warn!(?error, "no suggestions");
        Vec::new()
    });
    let now = ctx.data().now();
    let choices = suggestions.into_iter().take(25).map(|suggestion| {
        let name = line(&suggestion, now);
        AutocompleteChoice::new(name, suggestion.value)
    });
    CreateAutocompleteResponse::new().set_choices(choices.collect())
}

/// `ChennyBounce · online`, `Wide Awake, once Sleepy · online`
fn line(suggestion: &Suggestion, now: Timestamp) -> String {
    let state = suggestion.presence.as_ref().map(|known| match known {
        Presence::Online { .. } => presence::glimpse(Face::Discord, Some(true), None, now),
        Presence::Offline { last_seen } => presence::glimpse(Face::Discord, Some(false), Some(*last_seen), now),
        Presence::Unknown { last_seen, .. } => presence::glimpse(Face::Discord, None, *last_seen, now),
    });
    let name = presence::called(suggestion);
    match state {
        // The name gives way, so that the state is always to be read.
        Some(state) => {
            let name: String = name.chars().take(100 - state.chars().count().min(60) - 3).collect();
            label(&format!("{name} · {state}"))
        }
        None => label(&name),
    }
}
