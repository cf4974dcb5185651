//! The binary as a process: how big it is, and how soon it has answered from a large database.

use std::{fs, path::Path};

use jiff::Timestamp;
use rustops::{
    domain::{
        ids::{GuildKey, PlayerId},
        report::LastCheck,
    },
    store::{Store, groups, guilds, players},
};

use crate::{
    bot::{answer, program},
    median_of, mib, ms,
};

pub(crate) fn run() {
    let size = fs::metadata(program()).unwrap().len();
    println!("binary, stripped: {:.2} MiB", mib(size));
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let file = fs::metadata(folder.path().join("rustops.db")).unwrap().len();
    println!("database: 200 groups, 5,000 members, 200,000 players, {:.1} MiB", mib(file));
    let nothing = median_of(21, || answer(folder.path(), &["--version"]));
    let list = median_of(21, || answer(folder.path(), &["group", "list"]));
    println!("rustops --version:  {:6.1} ms (what starting a process costs here)", ms(nothing));
    println!("rustops group list: {:6.1} ms", ms(list));
}

fn fill(folder: &Path) {
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let store = Store::open(&folder.join("rustops.db"), now).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime
        .block_on(store.write(move |tx| {
            let guild = GuildKey::local();
            guilds::ensure(tx, &guild, now)?;
            let all: Vec<_> = (0..200_000_u64)
                .map(|number| {
                    (PlayerId::new(1_000_000_000 + number).unwrap(), format!("Player {} of {number}", number % 977))
                })
                .collect();
            players::remember(tx, &all, now)?;
            for group in 0..200_usize {
                let id = groups::create(tx, &guild, &format!("Group {group}"), now)?;
                for (player, name) in all.iter().skip(group * 25).take(25) {
                    groups::add_member(tx, id, Some(*player), None, name, now)?;
                }
                groups::record_check(tx, id, &LastCheck { active: 3, total: 25, unknown: 1, at: now })?;
            }
            anyhow::Ok(())
        }))
        .unwrap();
}
