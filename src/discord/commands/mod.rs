//! The commands as Discord lists them, one family a file: arguments, one use case, one reply.
//!
//! A command's doc comment is its description at Discord. No rules and no wording are here.

pub(super) mod board;
pub(super) mod group;
pub(super) mod history;
mod languages;
pub(super) mod player;
pub(super) mod rustops;
pub(super) mod server;
mod suggest;
mod track;

use super::talk::{Talk, Trouble};

/// What a command is called with.
pub(super) type Ctx<'a> = poise::ApplicationContext<'a, Talk, Trouble>;

/// Every command.
pub(super) fn options() -> poise::FrameworkOptions<Talk, Trouble> {
    let mut commands =
        vec![server::server(), group::group(), player::player(), rustops::rustops(), track::track_players()];
    poise::framework::set_qualified_names(&mut commands);
    languages::apply(&mut commands, languages::TRANSLATIONS);
    poise::FrameworkOptions {
        commands,
        // Cooldowns are never asked for, and their bookkeeping grows.
        manual_cooldowns: true,
        initialize_owners: false,
        ..Default::default()
    }
}
