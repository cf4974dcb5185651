//! RustOps: which rivals are online now, when the others were last seen, when they sleep.
//!
//! This page is the plan of the house. Each room is a module; a line of code may name only rooms further in than its own:
//!
//! ```text
//!         main ─► wiring ─► (everything, once)
//!                   │
//!    discord ──┐    │    ┌── cli            the doors: parse what came in, call one use case, show the answer
//!              └──► app ◄┘                  use cases: gather → decide → keep → answer; never know which door asked
//!                  ╱   ╲
//!             store     remote              the outside walls: SQLite · BattleMetrics, Steam; siblings never meet
//!                  ╲   ╱
//!                  domain ◄── view          the quiet rooms: rules · words and pictures. No async, no I/O, no clock
//!    sim                                    pretend BattleMetrics and Steam on loopback, for the demo and tests
//! ```
//!
//! | room | what lives there | what may not |
//! |---|---|---|
//! | [`domain`] | ids, names, what a user pasted, presence, reports, notices: rules and plain data | async, I/O, the time |
//! | [`view`] | [`view::card::Card`]: every answer as rows of words, the same for both faces | limits and markup of a face |
//! | [`store`] | one SQLite file: all SQL, one writer, read-only readers, migrations | rules |
//! | [`remote`] | clients of BattleMetrics and Steam, one request budget, failures named by remedy | decisions, memory |
//! | [`legacy`] | what other bots left behind, as text: dumps, tables, instance files become one plan | files, the network, what is kept |
//! | [`app`] | the use cases, one a file, each from an [`app::Asker`] to a report or an [`error::Error`] | doors, SQL, foreign JSON |
//! | [`cli`] | the terminal: arguments, cards as text, `--json`, prompt, tour | rules |
//! | [`discord`] | the bot: commands, components, cards as messages; Discord's limits | rules |
//! | [`sim`] | a seeded world with 40 servers and 3,000 players that answers like the real services | being named by other rooms |
//! | [`operate`] | the bot on its machine: proving secrets, doctor, the system's service | asking, printing, players |
//! | [`alive`] | the heartbeat file, systemd's readiness and watchdog | loops |
//! | [`log`] | how log lines look; a repeated one is one line with a count | what is logged |
//! | [`wiring`] | builds every room once, starts and ends the loops | rules |
//! | [`config`] | flags, environment, file, defaults | the command line's grammar |
//! | [`clock`] | what `now` is, and waiting | |
//! | [`error`] | how a use case ends badly: a [`domain::notice::Notice`] for the user, a [`error::Failure`] for the log | words |
//!
//! To add a command: a use case in [`app`] that returns a report from [`domain::report`], a card for it in [`view`], a line in each door.
//! `tests/house.rs` holds the walls.

pub mod alive;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod discord;
pub mod domain;
pub mod error;
pub mod legacy;
pub mod log;
pub mod operate;
pub mod remote;
pub mod sim;
pub mod store;
pub mod view;
pub mod wiring;
