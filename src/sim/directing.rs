//! Stage directions: how a story changes the world.
//!
//! Only what changes; what is asked of the world is in `world.rs`, the handle for stories in `mod.rs`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    people::{Player, SCRIPTED_SLOT, Script, Stay},
    places::{self, Server},
    world::{SLOTS, World, seconds},
};

/// Stage directions. Each answers whether the named player or server exists; from a first coming or going on, a player
/// does nothing but what is directed.
impl World {
    /// Puts the player on a server, or on none, from that instant.
    #[must_use]
    pub fn direct(&mut self, player: u64, server: Option<u64>, at: Timestamp) -> bool {
        let Some(index) = self.players_by_id.get(&player).copied() else { return false };
        let place = match server.map(|id| self.servers_by_id.get(&id).copied()) {
            Some(None) => return false,
            Some(Some(place)) => Some(place),
            None => None,
        };
        let at = seconds(at);
        let mut script = self.script_up_to(index, at);
        if let Some(place) = place {
            let slot = SCRIPTED_SLOT + script.stays.len() as u64 % (SLOTS - SCRIPTED_SLOT);
            script.stays.push(Stay { place, start: at, stop: i64::MAX, slot });
            self.visitors.get_mut(place).map(|known| known.insert(index));
        }
        self.players.get_mut(index).map(|player| player.script = Some(script)).is_some()
    }

    /// Where the player really is, whatever BattleMetrics knows of it.
    pub fn whereabouts(&self, player: u64, at: Timestamp) -> Option<u64> {
        let stay = self.stay_at(*self.players_by_id.get(&player)?, seconds(at))?;
        self.servers.get(stay.place).map(|server| server.id)
    }

    /// Gives the player another name from that instant.
    #[must_use]
    pub fn rename(&mut self, player: u64, name: &str, at: Timestamp) -> bool {
        self.player_mut(player).map(|player| player.names.push((seconds(at), name.to_owned()))).is_some()
    }

    /// Switches the player's public profile off or on.
    #[must_use]
    pub fn set_private(&mut self, player: u64, private: bool) -> bool {
        self.player_mut(player).map(|player| player.private = private).is_some()
    }

    /// A server to be changed.
    pub fn server_mut(&mut self, id: u64) -> Option<&mut Server> {
        let place = self.servers_by_id.get(&id)?;
        self.servers.get_mut(*place)
    }

    /// A new player who does nothing until directed; the id.
    pub fn add_player(&mut self, name: &str, at: Timestamp) -> u64 {
        let index = self.players.len();
        let (id, created) = (1_900_000_000 + index as u64, seconds(at));
        self.players.push(Player {
            id,
            names: vec![(created, name.to_owned())],
            private: false,
            created,
            steam: 76_561_197_960_265_728 + 4_100_000_000 + index as u64,
            vanity: None,
            persona: name.to_owned(),
            steam_public: true,
            crew: 0,
            reliability: 0.0,
            script: Some(Script { from: i64::MIN, until: i64::MAX, stays: Vec::new() }),
        });
        self.players_by_id.insert(id, index);
        id
    }

    /// A new, empty, healthy Rust server; the id.
    pub fn add_server(&mut self, name: &str) -> u64 {
        let place = self.servers.len();
        let id = 20_000_000 + place as u64;
        self.servers.push(places::plain(id, name));
        self.visitors.push(BTreeSet::new());
        self.servers_by_id.insert(id, place);
        id
    }

    fn player_mut(&mut self, id: u64) -> Option<&mut Player> {
        let index = self.players_by_id.get(&id)?;
        self.players.get_mut(*index)
    }

    /// A script that tells what the player did until `at`, as far as it was not natural, and leaves the rest empty.
    fn script_up_to(&self, index: usize, at: i64) -> Script {
        let Some(script) = self.players.get(index).and_then(|player| player.script.as_ref()) else {
            return Script { from: at, until: i64::MAX, stays: Vec::new() };
        };
        let from = script.from.min(at);
        let mut stays = self.life(index, at);
        stays.retain(|stay| stay.start >= from && stay.start < at);
        for stay in &mut stays {
            stay.stop = stay.stop.min(at);
        }
        Script { from, until: i64::MAX, stays }
    }
}
