//! Stories of `open`.

use super::*;
use crate::domain::keeping::unwatched;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

struct Place {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rustops.db");
        Self { folder, file }
    }

    /// With a database of our version that holds a guild.
    fn with_guild(key: &str) -> Self {
        let place = Self::new();
        let connection = open(&place.file, NOW).unwrap();
        connection.execute("INSERT INTO guilds (key) VALUES (?1)", [key]).unwrap();
        drop(connection);
        place
    }

    fn refused(&self) -> OpenError {
        let before = fs::read(&self.file).ok();
        let error = open(&self.file, NOW).unwrap_err();
        assert_eq!(fs::read(&self.file).ok(), before, "the file was touched");
        assert!(error.to_string().contains(self.folder.path().to_str().unwrap()), "{error}");
        error
    }

    /// Opens as a program of a later version would, which has these migrations on top of ours.
    fn open_later(&self, later: &[(&'static str, &'static str)]) -> Result<Connection, OpenError> {
        let later = later.iter().zip(VERSION + 1..).map(|((name, sql), version)| Migration { version, name, sql });
        let all: Vec<Migration> = MIGRATIONS.into_iter().chain(later).collect();
        open_as(&self.file, NOW, VERSION + i32::try_from(all.len() - MIGRATIONS.len()).unwrap(), || all)
    }

    /// The copy before a migration to the version after ours.
    fn copy(&self) -> PathBuf {
        self.folder.path().join(format!("rustops.db.before-v{}.gz", VERSION + 1))
    }

    /// What the copy holds, as a database of its own.
    fn unpacked(&self) -> PathBuf {
        let unpacked = self.folder.path().join("unpacked.db");
        let mut packed = flate2::read::MultiGzDecoder::new(fs::File::open(self.copy()).unwrap());
        io::copy(&mut packed, &mut fs::File::create(&unpacked).unwrap()).unwrap();
        unpacked
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn guilds(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare("SELECT key FROM guilds").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

const BLUE: (&str, &str) = ("blue", "ALTER TABLE guilds ADD COLUMN blue TEXT;");

mod embedded {
    refinery::embed_migrations!("migrations");
}

#[test]
fn every_migration_is_known_as_refinery_would_know_it() {
    let ours = MIGRATIONS.map(|migration| (migration.version, migration.name.to_owned(), migration.checksum()));
    let mut refinerys: Vec<_> = embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| (migration.version(), migration.name().to_owned(), migration.checksum()))
        .collect();
    refinerys.sort();
    assert_eq!(ours.to_vec(), refinerys);
}

#[test]
fn what_was_kept_is_there_after_a_restart() {
    let place = Place::with_guild("local");
    assert_eq!(guilds(&open(&place.file, NOW).unwrap()), ["local"]);
    assert_eq!(place.files(), ["rustops.db"], "a new file needs no copy");
}

#[test]
fn a_confirmed_write_waits_for_the_disk() {
    let connection = open(&Place::new().file, NOW).unwrap();
    let setting = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((setting("synchronous"), setting("foreign_keys"), setting("fullfsync")), (2, 1, 1));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_a_new_folder_or_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let folder = place.folder.path().join("home/rustops");
    let file = folder.join("rustops.db");
    let _open = open(&file, NOW).unwrap();
    let rights = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(rights(&folder), 0o700);
    assert_eq!(rights(&file), 0o600);
    assert_eq!(rights(&folder.join("rustops.db-wal")), 0o600);
}

#[test]
fn many_processes_that_start_at_once_on_a_missing_file_all_get_in() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for opened in [(); 8].map(|()| scope.spawn(|| open(&place.file, NOW).map(drop))) {
            opened.join().unwrap().unwrap();
        }
    });
    assert_eq!(guilds(&open(&place.file, NOW).unwrap()), [""; 0]);
}

#[test]
fn a_file_of_an_older_version_is_copied_and_then_migrated() {
    let place = Place::with_guild("local");
    let migrated = place.open_later(&[BLUE]).unwrap();
    migrated.execute("UPDATE guilds SET blue = 'yes'", []).unwrap();
    assert_eq!(guilds(&migrated), ["local"]);

    let copied = open(&place.unpacked(), NOW).unwrap();
    assert_eq!(guilds(&copied), ["local"]);
    assert!(copied.prepare("SELECT blue FROM guilds").is_err(), "the copy is of the version before");
}

#[tokio::test]
async fn whoever_goes_back_to_the_version_before_restores_the_copy() {
    let place = Place::with_guild("local");
    place.open_later(&[BLUE]).unwrap();
    assert!(matches!(place.refused(), OpenError::NewerVersion { .. }));
    let restored = crate::store::backup::restore(place.file.clone(), place.copy(), NOW, unwatched()).await.unwrap();
    assert!(restored.kept.is_some());
    assert_eq!(guilds(&open(&place.file, NOW).unwrap()), ["local"]);
}

#[test]
fn what_is_left_of_a_migration_that_failed_is_replaced() {
    let place = Place::with_guild("local");
    fs::write(place.copy(), "half a copy").unwrap();
    place.open_later(&[BLUE]).unwrap();
    assert_eq!(guilds(&open(&place.unpacked(), NOW).unwrap()), ["local"]);
    assert_eq!(place.files(), ["rustops.db", place.copy().file_name().unwrap().to_str().unwrap(), "unpacked.db"]);
}

#[test]
fn a_damaged_file_is_not_migrated() {
    let place = Place::with_guild("local");
    let connection = open(&place.file, NOW).unwrap();
    let filler = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000)
                  INSERT INTO guilds (key) SELECT 'guild ' || x FROM n;";
    connection.execute_batch(filler).unwrap();
    drop(connection);
    let size = usize::try_from(fs::metadata(&place.file).unwrap().len()).unwrap();
    // Beyond what is looked at with every start.
    damage(&place.file, size - 2 * 4096..size - 4096);
    let error = place.open_later(&[BLUE]).unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert_eq!(place.files(), ["rustops.db"]);
    assert!(reader(&place.file).unwrap().prepare("SELECT blue FROM guilds").is_err());
}

#[cfg(unix)]
#[test]
fn a_copy_is_as_private_as_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_guild("local");
    place.open_later(&[BLUE]).unwrap();
    let copy = fs::metadata(place.copy()).unwrap();
    assert_eq!(copy.permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_copy_holds_what_was_not_merged_into_the_file_yet() {
    let place = Place::new();
    let running = open(&place.file, NOW).unwrap();
    running.execute("INSERT INTO guilds (key) VALUES ('fresh')", []).unwrap();
    place.open_later(&[BLUE]).unwrap();
    assert_eq!(guilds(&open(&place.unpacked(), NOW).unwrap()), ["fresh"]);
}

#[test]
fn only_the_newest_copies_stay() {
    let place = Place::with_guild("local");
    let later = [
        BLUE,
        ("c", "CREATE TABLE c (x INTEGER) STRICT;"),
        ("d", "CREATE TABLE d (x INTEGER) STRICT;"),
        ("e", "CREATE TABLE e (x INTEGER) STRICT;"),
    ];
    // As the first versions left it.
    fs::write(place.folder.path().join("rustops.db.before-v2"), "").unwrap();
    for count in 1..=later.len() {
        place.open_later(&later[..count]).unwrap();
    }
    let copies = (VERSION + 2..=VERSION + 4).map(|version| format!("rustops.db.before-v{version}.gz"));
    assert_eq!(place.files(), std::iter::once("rustops.db".to_owned()).chain(copies).collect::<Vec<_>>());
}

#[test]
fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let place = Place::with_guild("local");
    let wrong = ("wrong", "CREATE TABLE half (x INTEGER) STRICT; DELETE FROM guilds; SELECT nonsense;");
    let error = place.open_later(&[BLUE, wrong]).unwrap_err();
    assert!(matches!(error, OpenError::Other { .. }), "{error}");
    let as_before = open(&place.file, NOW).unwrap();
    assert_eq!(guilds(&as_before), ["local"]);
    assert!(as_before.prepare("SELECT blue FROM guilds").is_err());
}

#[test]
fn a_migration_may_rebuild_a_table_that_others_refer_to() {
    let place = Place::with_guild("local");
    let connection = open(&place.file, NOW).unwrap();
    connection
        .execute("INSERT INTO groups (guild, name, folded, created_at) VALUES ('local', 'A', 'a', 0)", [])
        .unwrap();
    drop(connection);
    let rebuild = "CREATE TABLE new (key TEXT NOT NULL PRIMARY KEY) STRICT; INSERT INTO new SELECT key FROM guilds;
                   DROP TABLE guilds; ALTER TABLE new RENAME TO guilds;";
    let rebuilt = place.open_later(&[("rebuild", rebuild)]).unwrap();
    let groups: i64 = rebuilt.query_row("SELECT count(*) FROM groups", [], |row| row.get(0)).unwrap();
    assert_eq!(groups, 1);
}

#[test]
fn a_migration_that_leaves_rows_without_their_owner_is_taken_back() {
    let place = Place::with_guild("local");
    let connection = open(&place.file, NOW).unwrap();
    connection
        .execute("INSERT INTO groups (guild, name, folded, created_at) VALUES ('local', 'A', 'a', 0)", [])
        .unwrap();
    drop(connection);
    place.open_later(&[("careless", "DELETE FROM guilds;")]).unwrap_err();
    assert_eq!(guilds(&open(&place.file, NOW).unwrap()), ["local"]);
}

#[test]
fn processes_that_migrate_at_the_same_moment_do_it_once() {
    let place = Place::with_guild("local");
    std::thread::scope(|scope| {
        for opened in [(); 6].map(|()| scope.spawn(|| place.open_later(&[BLUE]).map(drop))) {
            opened.join().unwrap().unwrap();
        }
    });
    let copied = open(&place.unpacked(), NOW).unwrap();
    assert!(copied.prepare("SELECT blue FROM guilds").is_err(), "copied before the first change");
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let place = Place::with_guild("local");
    place.open_later(&[BLUE]).unwrap();
    let error = place.refused();
    assert!(matches!(error, OpenError::NewerVersion { found, known, .. } if found == known + 1), "{error}");
    assert!(error.to_string().contains("newer RustOps"));
}

#[test]
fn another_programs_database_is_refused() {
    let place = Place::new();
    Connection::open(&place.file).unwrap().execute_batch("CREATE TABLE tabs (url TEXT)").unwrap();
    assert!(matches!(place.refused(), OpenError::Foreign { .. }));
}

#[test]
fn a_file_of_something_else_is_refused() {
    let place = Place::new();
    for contents in ["x", "{\"not\": \"a database\"}", &"lorem ipsum ".repeat(1000)] {
        fs::write(&place.file, contents).unwrap();
        assert!(matches!(place.refused(), OpenError::NotADatabase { copy: None, .. }), "{contents:.20}");
    }
}

#[test]
fn a_folder_in_the_files_place_is_refused() {
    let place = Place::new();
    fs::create_dir(&place.file).unwrap();
    assert!(matches!(place.refused(), OpenError::NotAFile { .. }));
}

#[cfg(unix)]
#[test]
fn a_link_in_the_files_place_is_refused_and_not_followed() {
    let place = Place::new();
    let elsewhere = place.folder.path().join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, &place.file).unwrap();
    assert!(matches!(place.refused(), OpenError::NotAFile { .. }));
    assert!(!elsewhere.exists());
}

#[test]
fn a_file_in_the_folders_place_is_told() {
    let place = Place::new();
    fs::write(&place.file, "").unwrap();
    let error = open(&place.file.join("rustops.db"), NOW).unwrap_err();
    assert!(matches!(error, OpenError::CannotMakeDirectory { .. }), "{error}");
}

#[test]
fn a_write_protected_file_is_refused() {
    let place = Place::with_guild("local");
    let mut rights = fs::metadata(&place.file).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&place.file, rights).unwrap();
    assert!(matches!(place.refused(), OpenError::NoPermission { .. }));
    assert_eq!(place.files(), ["rustops.db"]);
}

#[cfg(unix)]
#[test]
fn a_file_in_a_write_protected_folder_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_guild("local");
    let rights = |mode| fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    rights(0o500);
    let error = place.refused();
    rights(0o700);
    assert!(matches!(error, OpenError::NoPermission { .. }), "{error}");
    assert_eq!(place.files(), ["rustops.db"]);
}

fn damage(file: &Path, range: std::ops::Range<usize>) {
    let mut bytes = fs::read(file).unwrap();
    bytes[range].fill(0xAA);
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_file_with_a_damaged_page_is_refused() {
    let place = Place::with_guild("local");
    let size = usize::try_from(fs::metadata(&place.file).unwrap().len()).unwrap();
    for range in [16..100, 100..4096, 4096..size] {
        let place = Place::with_guild("local");
        damage(&place.file, range.clone());
        let error = place.refused();
        assert!(matches!(error, OpenError::Corrupt { copy: None, .. }), "{range:?} {error:?}");
        assert!(error.to_string().contains("is damaged"));
    }
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let place = Place::with_guild("local");
    let bytes = fs::read(&place.file).unwrap();
    fs::write(&place.file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(place.refused(), OpenError::Corrupt { .. }));
}

#[test]
fn whoever_has_a_damaged_file_is_told_of_the_newest_copy() {
    let place = Place::with_guild("local");
    place.open_later(&[BLUE]).unwrap();
    fs::write(place.folder.path().join("rustops.db.before-v10"), "").unwrap();
    damage(&place.file, 16..100);
    let error = place.refused();
    assert!(error.to_string().contains("rustops.db.before-v10"), "{error}");
}
