//! Stories of the store as a whole: who writes and reads at the same time, and what happens when the disk does not play
//! along.
//!
//! Tests only; rows are told in the files of their tables, opening in `open`.

use std::{panic::AssertUnwindSafe, sync::mpsc};

use futures_util::{FutureExt, future::join_all};

use super::*;
use crate::domain::ids::GuildKey;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rustops.db");
    (folder, file)
}

fn home() -> GuildKey {
    GuildKey::local()
}

async fn make_group(store: &Store, name: String) -> anyhow::Result<()> {
    store.write(move |tx| groups::create(tx, &home(), &name, NOW).map(drop)).await
}

async fn group_names(store: &Store) -> Vec<String> {
    store.read(|connection| groups::names(connection, &home())).await.unwrap()
}

#[tokio::test]
async fn the_bot_and_a_terminal_command_write_at_the_same_time() {
    let (_folder, file) = place();
    let bot = Store::open(&file, NOW).unwrap();
    let terminal = Store::open(&file, NOW).unwrap();
    let writes = (0..20).flat_map(|number| {
        [make_group(&bot, format!("bot {number}")), make_group(&terminal, format!("terminal {number}"))]
    });
    for written in join_all(writes).await {
        written.unwrap();
    }
    assert_eq!(group_names(&bot).await.len(), 40);
    assert_eq!(group_names(&terminal).await.len(), 40);
}

#[tokio::test]
async fn a_reader_sees_one_instant_while_somebody_writes() {
    let (_folder, file) = place();
    let store = Store::open(&file, NOW).unwrap();
    make_group(&store, "before".to_owned()).await.unwrap();

    let (looked, has_looked) = mpsc::channel();
    let (written, is_written) = mpsc::channel();
    let reading = store.read(move |connection| {
        let first = groups::names(connection, &home())?;
        looked.send(())?;
        is_written.recv()?;
        Ok::<_, anyhow::Error>((first, groups::names(connection, &home())?))
    });
    let writing = store.write(move |tx| {
        has_looked.recv()?;
        groups::create(tx, &home(), "after", NOW)
    });
    let writing = async {
        writing.await.unwrap();
        written.send(()).unwrap();
    };
    let (seen, ()) = tokio::join!(reading, writing);

    let (first, second) = seen.unwrap();
    assert_eq!(first, ["before"]);
    assert_eq!(second, ["before"]);
    assert_eq!(group_names(&store).await, ["after", "before"]);
}

#[tokio::test]
async fn more_readers_than_there_is_room_for_take_turns() {
    let (_folder, file) = place();
    let store = Store::open(&file, NOW).unwrap();
    make_group(&store, "one".to_owned()).await.unwrap();
    let all = join_all((0..50).map(|_| group_names(&store))).await;
    assert!(all.iter().all(|names| *names == ["one"]));
    assert!(store.rooms.idle.lock().unwrap().len() <= READERS);
}

#[tokio::test]
async fn a_change_that_fails_half_way_leaves_nothing() {
    let (_folder, file) = place();
    let store = Store::open(&file, NOW).unwrap();
    let failed: anyhow::Result<()> = store
        .write(|tx| {
            groups::create(tx, &home(), "half", NOW)?;
            anyhow::bail!("changed my mind")
        })
        .await;
    assert_eq!(failed.unwrap_err().to_string(), "changed my mind");
    assert_eq!(group_names(&store).await, [""; 0]);
}

#[tokio::test]
async fn a_change_that_panics_leaves_nothing_and_the_next_one_works() {
    let (_folder, file) = place();
    let store = Store::open(&file, NOW).unwrap();
    let change = |tx: &Transaction<'_>| -> anyhow::Result<()> {
        groups::create(tx, &home(), "half", NOW)?;
        panic!("a mistake in a use case")
    };
    assert!(AssertUnwindSafe(store.write(change)).catch_unwind().await.is_err());
    make_group(&store, "whole".to_owned()).await.unwrap();
    assert_eq!(group_names(&store).await, ["whole"]);
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_half_done_and_room_mends_it() {
    let (_folder, file) = place();
    let store = Store::open(&file, NOW).unwrap();
    let limit = |pages: u32| {
        store.write(move |tx| {
            tx.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).context("limit the file")
        })
    };
    limit(1).await.unwrap();
    let failed = store
        .write(|tx| {
            for number in 0..1000 {
                groups::create(tx, &home(), &format!("group {number}"), NOW)?;
            }
            anyhow::Ok(())
        })
        .await
        .unwrap_err();
    assert_eq!(problem(&failed), Some(Storage::Full));
    assert_eq!(group_names(&store).await, [""; 0]);

    limit(1_000_000).await.unwrap();
    make_group(&store, "room again".to_owned()).await.unwrap();
    assert_eq!(group_names(&store).await, ["room again"]);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let (_folder, file) = place();
    let store = Store::open(&file, NOW).unwrap();
    let refused = store.read(|connection| groups::create(connection, &home(), "sly", NOW)).await.unwrap_err();
    assert_eq!(problem(&refused), Some(Storage::ReadOnly));
}

#[test]
fn a_locked_file_is_told_as_such() {
    let (_folder, file) = place();
    let _store = Store::open(&file, NOW).unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let impatient = Connection::open(&file).unwrap();
    impatient.busy_timeout(std::time::Duration::ZERO).unwrap();
    let refused = anyhow!(impatient.execute_batch("BEGIN IMMEDIATE").unwrap_err()).context("begin to write");
    assert_eq!(problem(&refused), Some(Storage::Busy));
}

#[tokio::test]
async fn damage_found_while_running_is_told_as_such() {
    let (_folder, file) = place();
    drop(Store::open(&file, NOW).unwrap());
    let mut bytes = fs::read(&file).unwrap();
    // The index of groups by name: the last page that the first migration fills before those of members.
    let connection = Connection::open(&file).unwrap();
    let number = |sql| usize::try_from(connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap()).unwrap();
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'groups_living'");
    let size = number("PRAGMA page_size");
    bytes[(page - 1) * size..page * size].fill(0xAA);
    fs::write(&file, bytes).unwrap();

    let store = Store::open(&file, NOW).unwrap();
    let failed = store.read(|connection| groups::names(connection, &home())).await.unwrap_err();
    assert_eq!(problem(&failed), Some(Storage::Corrupt));
}

#[test]
fn a_disk_that_fails_is_told_as_such() {
    for code in [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC] {
        let failed = anyhow!(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).context("keep a window");
        assert_eq!(problem(&failed), Some(Storage::Failing));
    }
}

#[test]
fn what_nobody_can_mend_is_no_storage_problem() {
    assert_eq!(problem(&anyhow!("something else")), None);
    assert_eq!(problem(&anyhow!(rusqlite::Error::QueryReturnedNoRows)), None);
}

#[tokio::test]
async fn the_size_counts_what_is_only_in_the_log_yet() {
    let (_folder, file) = place();
    let store = Store::open(&file, NOW).unwrap();
    let before = store.size().unwrap();
    make_group(&store, "some".to_owned()).await.unwrap();
    assert!(store.size().unwrap() > before);
}
