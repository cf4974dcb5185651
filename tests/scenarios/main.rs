//! Stories told end to end: a real bot, driven by people of a pretend Discord.
//!
//! Only the list of stories stands here; no story and no pretend service does.

mod boards;
mod changes;
mod checks;
mod crash;
mod fake_discord;
mod fake_discord_works;
mod forged;
mod forgetting;
mod guilds;
#[cfg(unix)]
mod machine;
mod menus;
mod outages;
mod picture;
mod releases;
mod rights;
#[cfg(unix)]
mod secrets;
mod stage;
mod tracking;
mod watching;
