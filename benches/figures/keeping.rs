//! What a database of a year costs its keeper: starting, looking it over, backing it up, restoring, migrating.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;
use rustops::{
    clock::{Clock, SystemClock},
    sim::{Sim, SimOptions},
    store::Store,
};

use crate::{
    bot::{Bot, answer},
    discord::timed,
    fake_discord::{FakeDiscord, Member},
    median_of, mib, ms, year,
};

mod embedded {
    refinery::embed_migrations!("migrations");
}

pub(crate) fn run() {
    let folder = tempfile::tempdir().unwrap();
    let path = year::copied_to(folder.path());
    println!("database of a year: {:.1} MiB", mib(fs::metadata(&path).unwrap().len()));
    let first = median_of(5, || answer(folder.path(), &["group", "list"]));
    println!("rustops group list:       {:7.1} ms", ms(first));
    println!(
        "rustops doctor --offline: {:7.1} ms",
        ms(median_of(3, || answer(folder.path(), &["doctor", "--offline"])))
    );
    back_up_and_restore(folder.path());
    migrations();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(beside_a_backup());
}

fn back_up_and_restore(folder: &Path) {
    let file = folder.join("copy.db.gz");
    let name = file.to_str().unwrap();
    let backup = answer(folder, &["backup", name]);
    println!("rustops backup:           {:7.1} ms, {:.1} MiB", ms(backup), mib(fs::metadata(&file).unwrap().len()));
    println!("rustops restore:          {:7.1} ms", ms(answer(folder, &["restore", name, "--yes"])));
}

/// From each older version to the present one, with the rows that there were.
fn migrations() {
    let all = embedded::migrations::runner();
    let newest = all.get_migrations().iter().map(refinery::Migration::version).max().unwrap();
    for from in 1..newest {
        let folder = tempfile::tempdir().unwrap();
        let path = older(folder.path(), from);
        let before = mib(fs::metadata(&path).unwrap().len());
        let begun = Instant::now();
        drop(Store::open(&path, SystemClock.now()).unwrap());
        println!(
            "migration from {from} to {newest}:    {:7.1} ms, {before:.1} MiB, with a copy made first",
            ms(begun.elapsed())
        );
    }
}

/// The year as an older version would have kept it: every column of every table that it had.
fn older(folder: &Path, version: i32) -> PathBuf {
    let path = folder.join("rustops.db");
    let mut connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    embedded::migrations::runner()
        .set_grouped(true)
        .set_target(refinery::Target::Version(version))
        .run(&mut connection)
        .unwrap();
    connection.execute("ATTACH ?1 AS year", [year::file().to_str().unwrap()]).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let list = |sql: &str, of: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([of], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let tables = "SELECT name FROM main.sqlite_schema WHERE type = ?1 AND name NOT LIKE 'refinery%'
         AND name NOT LIKE 'sqlite%' AND name IN (SELECT name FROM year.sqlite_schema)";
    for table in list(tables, "table") {
        let columns = "SELECT name FROM pragma_table_info(?1, 'main')
             INTERSECT SELECT name FROM pragma_table_info(?1, 'year')";
        let columns = list(columns, &table).join(", ");
        connection
            .execute_batch(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM year.{table}"))
            .unwrap();
    }
    if version < 4 {
        // As far as whole names go; each word of them stood there too.
        connection
            .execute_batch("INSERT OR IGNORE INTO main.player_name_starts (start, player) SELECT folded, player FROM year.folded_names")
            .unwrap();
    }
    path
}

/// The bot on the year's database: how soon it is there, and whether a backup makes its commands wait.
async fn beside_a_backup() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sim, services) = Sim::bind(SimOptions { seed: 7, clock, latency: Duration::ZERO }).unwrap();
    let services = tokio::spawn(services);
    let discord = FakeDiscord::start().await;
    let guild = discord.guild("Purple clan");
    let ann = guild.member("Ann");
    let folder = tempfile::tempdir().unwrap();
    let path = year::copied_to(folder.path());
    moved_to(&path, &guild.id().to_string());

    let begun = Instant::now();
    let bot = Bot::start(&discord, &sim, folder.path());
    discord.wait_until(|discord| discord.gateway().is_connected()).await;
    println!("start to READY:           {:7.1} ms, the day's first snapshot under way beside it", ms(begun.elapsed()));
    ann.types("/rustops about").await;
    println!("start to a first answer:  {:7.1} ms", ms(begun.elapsed()));
    // The snapshot is to be over before anything is compared with it.
    let snapshots = folder.path().join("backups");
    while !fs::read_dir(&snapshots).is_ok_and(|mut files| files.any(|file| is_whole(&file.unwrap().path()))) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let alone = commands(&ann, &enough()).await;
    let (place, done) = (folder.path().to_owned(), Arc::new(AtomicBool::new(false)));
    let ended = Arc::clone(&done);
    let backup = std::thread::spawn(move || {
        let took = answer(&place, &["backup"]);
        ended.store(true, Ordering::Relaxed);
        took
    });
    let beside = commands(&ann, &|_| done.load(Ordering::Relaxed)).await;
    let took = backup.join().unwrap();
    println!("commands (read, write)    alone: {alone}");
    println!("  while a backup takes {:6.0} ms: {beside}", ms(took));
    drop(bot);
    services.abort();
}

fn is_whole(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "gz")
}

fn enough() -> impl Fn(usize) -> bool {
    |count| count >= 60
}

/// Commands one after the other until `over`: how long they took, from typing to the final answer.
async fn commands(ann: &Member, over: &dyn Fn(usize) -> bool) -> String {
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let mut round = 0;
    while !over(reads.len()) || reads.is_empty() {
        reads.push(timed(ann, "/group list").await.1);
        let (before, after) = if round % 2 == 0 { ("Group 3", "Group three") } else { ("Group three", "Group 3") };
        writes.push(timed(ann, &format!("/group change group:{before} new_name:{after}")).await.1);
        round += 1;
    }
    let of = |mut taken: Vec<Duration>| {
        taken.sort();
        let median = taken.get(taken.len() / 2).copied().unwrap();
        format!("median {:.1}, worst {:.1} ms", ms(median), ms(taken.last().copied().unwrap()))
    };
    format!("{} pairs, reads {}, writes {}", round, of(reads), of(writes))
}

/// Gives the year to a guild that the pretend Discord knows.
fn moved_to(path: &Path, guild: &str) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    for (table, column) in [("guilds", "key"), ("groups", "guild"), ("server_uses", "guild"), ("changes", "guild")] {
        connection.execute(&format!("UPDATE {table} SET {column} = ?1"), [guild]).unwrap();
    }
}
