//! The quiet room: rules about players, servers, presence and names, as pure functions over plain data.
//!
//! No async, no I/O, no clock (the instant is an argument), no other room is named here.

pub mod attendance;
pub mod board;
pub mod budget;
pub mod export;
pub mod facts;
pub mod identity;
pub mod ids;
pub mod keeping;
pub mod names;
pub mod notice;
pub mod presence;
pub mod release;
pub mod report;
pub mod schedule;
pub mod session;
pub mod steam_id;
pub mod tidings;
pub mod trouble;
pub mod typed;
