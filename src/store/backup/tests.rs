//! Stories of `backup`.

use std::sync::{Arc, Mutex};

use super::*;
use crate::{
    domain::{ids::GuildKey, keeping::unwatched},
    store::{Store, groups},
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

struct Place {
    folder: tempfile::TempDir,
    database: PathBuf,
}

impl Place {
    /// A database with these groups, and enough pages for several steps.
    fn with(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { database: folder.path().join("rustops.db"), folder };
        drop(Store::open(&place.database, NOW).unwrap());
        names.iter().for_each(|name| place.add(name));
        place
            .connection()
            .execute_batch("CREATE TABLE ballast (x BLOB); INSERT INTO ballast VALUES (zeroblob(2000000));")
            .unwrap();
        place
    }

    fn connection(&self) -> Connection {
        Connection::open(&self.database).unwrap()
    }

    fn add(&self, name: &str) {
        groups::create(&self.connection(), &GuildKey::local(), name, NOW).unwrap();
    }

    fn groups(&self) -> Vec<String> {
        drop(Store::open(&self.database, NOW).unwrap());
        groups::names(&self.connection(), &GuildKey::local()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn back_up(&self, name: &str) -> Result<BackedUp> {
        make(&self.database, &self.path(name), NOW, &unwatched())
    }

    fn restore(&self, name: &str) -> Result<Restored> {
        put_back(&self.database, &self.path(name), NOW, &unwatched())
    }

    /// Everything in the folder but the locks.
    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| !name.ends_with(".lock") && !name.ends_with(".run"));
        names.sort();
        names
    }
}

fn problem_of<T: std::fmt::Debug>(result: Result<T>) -> FileProblem {
    match result.unwrap_err() {
        Error::Notice(notice) => match *notice {
            Notice::File { problem, .. } => problem,
            other => panic!("{other:?}"),
        },
        failure => panic!("{failure:?}"),
    }
}

#[test]
fn what_was_backed_up_comes_back_and_what_it_replaced_is_kept() {
    let place = Place::with(&["Purple Base"]);
    let made = place.back_up("backups/old.db.gz").unwrap();
    assert!(made.bytes < made.database / 10, "{made:?}");
    assert_eq!(made.counts.groups, 1);
    place.add("Later");
    let report = place.restore("backups/old.db.gz").unwrap();
    assert_eq!(report.counts.groups, 1);
    assert_eq!(place.groups(), ["Purple Base"]);
    let kept = Connection::open(report.kept.unwrap()).unwrap();
    assert_eq!(groups::names(&kept, &GuildKey::local()).unwrap(), ["Later", "Purple Base"]);
    assert_eq!(place.files(), ["backups", "rustops.db", "rustops.db.replaced-19700101T000000Z"]);
}

#[test]
fn a_backup_may_be_a_plain_database() {
    let place = Place::with(&["Purple Base"]);
    place.back_up("plain.db").unwrap();
    assert_eq!(fs::read(place.path("plain.db")).unwrap()[..16], *BEGINNING);
    place.add("Later");
    place.restore("plain.db").unwrap();
    assert_eq!(place.groups(), ["Purple Base"]);
}

#[test]
fn a_copied_file_brings_its_log_along() {
    let place = Place::with(&["Purple Base"]);
    let writer = Store::open(&place.database, NOW).unwrap();
    place.add("Only in the log");
    fs::copy(&place.database, place.path("copy")).unwrap();
    fs::copy(beside(&place.database, "-wal"), place.path("copy-wal")).unwrap();
    drop(writer);
    fs::remove_file(&place.database).unwrap();
    assert_eq!(place.restore("copy").unwrap().kept, None);
    assert_eq!(place.groups(), ["Only in the log", "Purple Base"]);
}

#[test]
fn writers_go_on_while_it_is_copied() {
    let place = Place::with(&["Before"]);
    let (database, written) = (place.database.clone(), Arc::new(Mutex::new(0)));
    let count = Arc::clone(&written);
    let busy: Progress = Box::new(move |done, of| {
        if done < of / 2 {
            let other = Connection::open(&database).unwrap();
            other.busy_timeout(std::time::Duration::ZERO).unwrap();
            let mut count = count.lock().unwrap();
            *count += 1;
            groups::create(&other, &GuildKey::local(), &format!("Meanwhile {count}"), NOW).unwrap();
        }
        ControlFlow::Continue(())
    });
    let made = make(&place.database, &place.path("a.gz"), NOW, &busy).unwrap();
    assert!(*written.lock().unwrap() > 3);
    assert_eq!(made.counts.groups, 1);
    assert_eq!(place.groups().len(), 1 + *written.lock().unwrap());
}

#[test]
fn work_that_is_stopped_leaves_nothing() {
    let place = Place::with(&["Purple Base"]);
    place.back_up("a.gz").unwrap();
    let before = place.files();
    for after in [0, 3, 40] {
        let left = Mutex::new(after);
        let tired: Progress = Box::new(move |_, _| {
            let mut left = left.lock().unwrap();
            *left -= 1;
            if *left < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let stopped = match after {
            3 => put_back(&place.database, &place.path("a.gz"), NOW, &tired).map(drop),
            _ => make(&place.database, &place.path("b.gz"), NOW, &tired).map(drop),
        };
        assert!(matches!(stopped, Err(Error::Notice(notice)) if *notice == Notice::Stopped));
        assert_eq!(place.files(), before, "after {after}");
    }
}

#[test]
fn what_is_not_whole_replaces_nothing() {
    let place = Place::with(&["Purple Base"]);
    place.back_up("good.gz").unwrap();
    place.back_up("good.db").unwrap();
    let packed = fs::read(place.path("good.gz")).unwrap();
    let plain = fs::read(place.path("good.db")).unwrap();
    let zip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let mut flipped = packed.clone();
    // In the check sum: elsewhere it may mean the same.
    flipped[packed.len() - 6] ^= 0x10;
    let mut holed = plain.clone();
    holed[4096..12_288].fill(0);
    let swollen = [plain.clone(), vec![0; 1_000_000]].concat();
    let hostile = [
        ("cut", packed[..packed.len() - 9].to_vec()),
        ("cut early", packed[..200].to_vec()),
        ("flipped", flipped),
        ("holed", holed),
        ("cut plain", plain[..plain.len() - 4096].to_vec()),
        ("swollen", zip(&swollen)),
    ];
    for (what, bytes) in hostile {
        fs::write(place.path("bad"), bytes).unwrap();
        let refused = place.restore("bad");
        assert!(refused.is_err(), "{what}");
        assert!(matches!(problem_of(refused), FileProblem::Damaged { .. }), "{what}");
    }
    for (what, bytes) in [("empty", Vec::new()), ("text", b"hello".to_vec()), ("zipped text", zip(b"hello"))] {
        fs::write(place.path("bad"), bytes).unwrap();
        assert_eq!(problem_of(place.restore("bad")), FileProblem::NotABackup, "{what}");
    }
    fs::remove_file(place.path("bad")).unwrap();
    assert_eq!(problem_of(place.restore("bad")), FileProblem::Missing);
    assert_eq!(problem_of(place.restore(".")), FileProblem::NotABackup);
    assert_eq!(place.groups(), ["Purple Base"]);
    assert_eq!(place.files(), ["good.db", "good.gz", "rustops.db"]);
}

#[test]
fn other_programs_and_newer_versions_replace_nothing() {
    let place = Place::with(&["Purple Base"]);
    let foreign = Connection::open(place.path("foreign.db")).unwrap();
    foreign.execute_batch("CREATE TABLE t (x);").unwrap();
    drop(foreign);
    assert_eq!(problem_of(place.restore("foreign.db")), FileProblem::NotABackup);
    place.back_up("newer.db").unwrap();
    let newer = Connection::open(place.path("newer.db")).unwrap();
    newer.execute("INSERT INTO refinery_schema_history (version) VALUES (9999)", []).unwrap();
    drop(newer);
    let known = VERSION.into();
    assert_eq!(problem_of(place.restore("newer.db")), FileProblem::Newer { found: 9999, known });
    assert_eq!(place.groups(), ["Purple Base"]);
}

#[test]
fn nothing_is_replaced_under_somebody_who_uses_it() {
    let place = Place::with(&["Purple Base"]);
    place.back_up("a.gz").unwrap();
    let store = Store::open(&place.database, NOW).unwrap();
    assert_eq!(problem_of(place.restore("a.gz")), FileProblem::InUse { by_bot: false });
    let bot = store.claim_for_bot().unwrap().unwrap();
    assert!(store.claim_for_bot().unwrap().is_none(), "two bots");
    assert_eq!(problem_of(place.restore("a.gz")), FileProblem::InUse { by_bot: true });
    drop((bot, store));
    place.restore("a.gz").unwrap();
}

#[test]
fn a_damaged_database_can_be_replaced_but_makes_no_backup() {
    let place = Place::with(&["Purple Base"]);
    place.back_up("a.gz").unwrap();
    let mut bytes = fs::read(&place.database).unwrap();
    bytes[4096..].fill(7);
    fs::write(&place.database, &bytes).unwrap();
    let refused = place.back_up("b.gz").unwrap_err();
    let damaged = Notice::Storage { problem: Storage::Corrupt };
    assert!(matches!(&refused, Error::Notice(notice) if **notice == damaged), "{refused:?}");
    let kept = place.restore("a.gz").unwrap().kept.unwrap();
    assert_eq!(fs::read(kept).unwrap(), bytes);
    assert_eq!(place.groups(), ["Purple Base"]);
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let place = Place::with(&[]);
    fs::write(place.path("mine"), "precious").unwrap();
    assert_eq!(problem_of(place.back_up("mine")), FileProblem::Exists);
    assert_eq!(fs::read_to_string(place.path("mine")).unwrap(), "precious");
}

#[test]
fn a_backup_does_not_take_the_last_room() {
    assert!(needed(0) > 1 << 20, "others write meanwhile");
    assert!(needed(1 << 30) > 2 << 30, "the copy and what it is packed into");
    assert_eq!(needed(u64::MAX), u64::MAX);
}
