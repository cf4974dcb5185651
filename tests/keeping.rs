//! Keeping data, as its owner sees it: imports from other bots (from dumps of a real PostgreSQL where there is one, and from
//! it live), exports that come back, snapshots, removal for good; and work that somebody interrupts.
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "what a story takes for granted may stop it")]

use std::{fs, io, path::PathBuf, process::Command, sync::Arc};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rustops::{
    app::{App, Asker, PythonOptions, PythonRustops},
    clock::ManualClock,
    domain::{
        ids::{ChangeId, ChannelId, GuildKey},
        keeping::{Adopted, Remark, RowRemark, Unusable},
        notice::Notice,
        report::{Change, ChangeRow, Outcome},
    },
    error::Error,
    legacy::{Rows, Table, csv, dump, python_rustops, rustplusplus},
    remote::{BattleMetrics, Options, Steam},
    store::Store,
};
use secrecy::SecretString;
use tempfile::TempDir;

const ACTIVE: &str = "9565288:Rusty: Moose";

struct Home {
    app: App,
    me: Asker,
    clock: ManualClock,
    folder: TempDir,
}

impl Home {
    /// Another process on the database in that folder.
    fn at(folder: &TempDir) -> App {
        Self::app(folder, &ManualClock::hasty(Timestamp::UNIX_EPOCH))
    }

    fn app(folder: &TempDir, clock: &ManualClock) -> App {
        let shared: Arc<ManualClock> = Arc::new(clock.clone());
        // Nobody answers there: these stories need no service.
        let options = || Options::new("http://127.0.0.1:9".parse().unwrap(), None, shared.clone());
        let store = Store::open(&folder.path().join("rustops.db"), Timestamp::UNIX_EPOCH).unwrap();
        let (battlemetrics, steam) = (BattleMetrics::new(options()).unwrap(), Steam::new(options()).unwrap());
        App::new(store, battlemetrics, steam, shared.clone())
    }

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::hasty("2026-06-16T22:46:40Z".parse::<Timestamp>().unwrap());
        let app = Self::app(&folder, &clock);
        Self { app, me: Asker::terminal(GuildKey::local()), clock, folder }
    }

    async fn bring_over(&self, source: PythonRustops, dry_run: bool) -> Adopted {
        let options = PythonOptions {
            time_zone: Some("Europe/Berlin".to_owned()),
            active_server: Some(ACTIVE.to_owned()),
            dry_run,
        };
        self.app.bring_over(&self.me, source, options).await.unwrap()
    }

    /// Everything that is kept, as one text.
    async fn all(&self) -> String {
        serde_json::to_string(&self.app.export(&self.me).await.unwrap()).unwrap()
    }
}

/// What the Python RustOps' operator had.
const SCHEMA: &str = "CREATE TABLE groups (id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL, member VARCHAR(255) NOT NULL,
    steam_id VARCHAR(64), battle_id VARCHAR(64), date VARCHAR(255), UNIQUE (name, battle_id));
CREATE TABLE last_checked (id SERIAL PRIMARY KEY, group_name VARCHAR(255) NOT NULL UNIQUE,
    active_count VARCHAR(5) NOT NULL, total_count VARCHAR(5) NOT NULL, date VARCHAR(64) NOT NULL);
CREATE TABLE active_server (server_id VARCHAR(32) PRIMARY KEY, server_name VARCHAR(128) NOT NULL, date DATE NOT NULL DEFAULT CURRENT_DATE);
";

const DATA: &str = r#"INSERT INTO groups (name, member, steam_id, battle_id, date) VALUES
('Purple Base', 'Tee; Higgins', NULL, '1100000001', '2024-06-01'),
('Purple Base', E'tab\there \\ "q" ''s'' $$', '76561198000000001', NULL, NULL),
('Purple Base', E'tab\there \\ "q" ''s'' $$', '76561198000000001', NULL, NULL),
('purple base ', 'Player_1cbc', NULL, '1100000002', '2024-06-02'),
('👨‍👩‍👧 -- `x`: y', E'line\nbreak', NULL, '', 'yesterday'),
('   ', 'Nobody', NULL, '1100000003', NULL);
INSERT INTO last_checked (group_name, active_count, total_count, date) VALUES
('Purple Base', '1', '3', '2024-06-03 21:05:00'), ('Gone', '0', '1', '2024-06-03 21:05:00');
INSERT INTO active_server VALUES ('123', 'Old one', '2024-01-01');
"#;

fn is_duplicate(told: &RowRemark) -> bool {
    told.remark == Remark::Refused { why: Unusable::Duplicate }
}

/// What has to come of [`DATA`], whatever way it takes.
fn check(report: &Adopted) {
    assert_eq!(report.rows, 10);
    assert_eq!((report.imported, report.already, report.refused), (6, 1, 3), "{report:?}");
    // The other server of the table is named too: another one is the active one.
    let twice: Vec<_> = report.remarks.iter().filter(|told| is_duplicate(told)).map(|told| &*told.source).collect();
    assert_eq!(twice, ["groups"], "{report:?}");
    assert_eq!(report.groups, ["Purple Base", "purple base (2)", "👨‍👩‍👧 -- `x`: y"]);
    assert_eq!((report.members, report.unlinked), (4, 2));
    assert_eq!(report.server.as_ref().unwrap().name, "Rusty: Moose");
    assert!(!report.cut_short);
}

fn rows(sql: &str) -> PythonRustops {
    PythonRustops::Rows(dump::read(sql.as_bytes()).unwrap())
}

#[tokio::test]
async fn a_second_import_changes_nothing() {
    let home = Home::new();
    let sql = format!("{SCHEMA}{DATA}")
        .replace("(name, member, steam_id, battle_id, date)", "(name, member, steam_id, battle_id, \"date\")");
    let before = home.all().await;
    check(&home.bring_over(rows(&sql), true).await);
    assert_eq!(home.all().await, before, "a dry run keeps nothing");
    check(&home.bring_over(rows(&sql), false).await);
    let after = home.all().await;
    home.clock.advance(SignedDuration::ZERO);
    let again = home.bring_over(rows(&sql), false).await;
    assert_eq!((again.imported, again.already, again.refused), (0, 7, 3));
    assert_eq!(home.all().await, after);
}

#[tokio::test]
async fn every_row_is_imported_or_named() {
    const SOURCE: &str = "INSERT INTO groups (id, name, member, steam_id, battle_id, date) VALUES
(1, 'A', 'Tee', NULL, '1100000001', NULL), (2, 'A', 'Tee', NULL, '1100000001', NULL),
(3, 'A', 'Tea', NULL, '1100000001', NULL), (4, 'A', 'Tea', '76561198000000001', '1100000001', NULL),
(5, 'A', 'Tea', '76561198000000002', '1100000001', NULL), (6, 'A', 'Bear', NULL, NULL, NULL), (7, 'A', 'bear ', NULL, NULL, NULL);
INSERT INTO last_checked VALUES (1, 'A', '1', '2', '2024-06-01 10:00:00'), (2, 'A', '2', '2', '2024-06-02 10:00:00'),
(3, 'A', '0', '2', '2024-05-31 10:00:00');";
    let home = Home::new();
    let named = |report: &Adopted| {
        let mut named: Vec<_> =
            report.remarks.iter().map(|told| (told.name.clone(), told.line, told.remark.clone())).collect();
        named.sort_by_key(|(_, line, _)| *line);
        serde_json::to_string(&named).unwrap()
    };
    let first = home.bring_over(rows(SOURCE), false).await;
    // New: Tee, his other name, his account, Bear, the latest check, the server. Refused: rows 2 and 7 and two checks.
    assert_eq!((first.rows, first.imported, first.refused), (11, 6, 4), "{}", named(&first));
    assert_eq!(first.already, 1, "row 5 is told to bring another account: {}", named(&first));
    assert!(named(&first).contains("other_steam"), "{}", named(&first));
    let after = home.all().await;
    let second = home.bring_over(rows(SOURCE), false).await;
    assert_eq!((second.imported, second.refused, second.already), (0, 4, 7), "{}", named(&second));
    assert_eq!(home.all().await, after);
    let earlier = rows(
        "INSERT INTO groups (name, member) VALUES ('A', 'Bear');
        INSERT INTO last_checked VALUES (1, 'A', '1', '2', '2023-06-01 10:00:00');",
    );
    let third = home.bring_over(earlier, false).await;
    assert_eq!((third.imported, third.refused, third.already), (0, 0, 3));
    assert!(named(&third).contains("later_check"), "{}", named(&third));
    assert_eq!(home.all().await, after);
}

#[tokio::test]
async fn an_import_can_be_taken_back() {
    let home = Home::new();
    home.bring_over(rows(DATA), false).await;
    for _ in 0..4 {
        home.app.undo(&home.me, None).await.unwrap();
    }
    assert_eq!(home.app.group_list(&home.me).await.unwrap().groups, []);
}

/// A PostgreSQL of its own, if this machine has one; gone when this is.
struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    fn start() -> Option<Self> {
        let installed = fs::read_dir("/usr/lib/postgresql").ok()?;
        let programs = installed.filter_map(Result::ok).map(|entry| entry.path().join("bin")).max()?;
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let postgres = Self { folder, programs, port };
        if is_root() {
            // PostgreSQL refuses to run as root.
            assert!(Command::new("chown").arg("postgres").arg(postgres.folder.path()).status().unwrap().success());
        }
        fs::write(postgres.folder.path().join("password"), "s3cret").unwrap();
        let data = postgres.folder.path().join("data");
        let password = postgres.folder.path().join("password");
        postgres.run(
            "initdb",
            &[
                "-D",
                data.to_str()?,
                "-U",
                "rustops",
                "-A",
                "scram-sha-256",
                "--no-sync",
                "-E",
                "UTF8",
                "--pwfile",
                password.to_str()?,
            ],
        );
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off",
            postgres.folder.path().display()
        );
        let log = postgres.folder.path().join("log");
        postgres.run("pg_ctl", &["-D", data.to_str()?, "-w", "-l", log.to_str()?, "-o", &options, "start"]);
        Some(postgres)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        let done = command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("PGPASSWORD", "s3cret")
            .env("LC_ALL", "C")
            .stdout(fs::File::create(self.folder.path().join("output")).unwrap())
            .stderr(io::stderr())
            .status()
            .unwrap();
        assert!(done.success(), "{program} {arguments:?}");
        fs::read_to_string(self.folder.path().join("output")).unwrap()
    }

    fn with_client(&self, program: &str, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let place = ["-h", "127.0.0.1", "-p", port.as_str(), "-U", "rustops", "-d", "postgres"];
        self.run(program, &[&place[..], arguments].concat())
    }

    fn sql(&self, sql: &str) -> String {
        self.with_client("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        self.run("pg_ctl", &["-D", data.to_str().unwrap(), "-m", "immediate", "stop"]);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

#[tokio::test]
async fn a_real_postgresql_is_brought_over_whichever_way_it_is_taken() {
    let Some(postgres) = Postgres::start() else {
        eprintln!("skipped: no PostgreSQL in /usr/lib/postgresql");
        return;
    };
    postgres.sql(SCHEMA);
    postgres.sql(DATA);
    let dumps: [&[&str]; 6] = [
        &[],
        &["--inserts"],
        &["--column-inserts"],
        &["--data-only", "--inserts", "--rows-per-insert=3", "--on-conflict-do-nothing"],
        &["--data-only"],
        &["--quote-all-identifiers", "--no-owner", "--clean", "--if-exists"],
    ];
    let mut first = None;
    let mut same = async |home: Home| {
        let all = home.all().await;
        assert_eq!(*first.get_or_insert_with(|| all.clone()), all);
    };
    for options in dumps {
        let home = Home::new();
        check(&home.bring_over(rows(&postgres.with_client("pg_dump", options)), false).await);
        same(home).await;
    }
    let mut tables = Rows::default();
    for table in Table::ALL {
        let text = postgres.sql(&format!("\\copy {} to stdout csv header", table.name()));
        tables.extend(csv::read(table, text.as_bytes()).unwrap()).unwrap();
    }
    let home = Home::new();
    check(&home.bring_over(PythonRustops::Rows(tables), false).await);
    same(home).await;
    let live = |password: &str| {
        let url = format!("postgres://rustops:{password}@127.0.0.1:{}/postgres", postgres.port);
        PythonRustops::Live(SecretString::from(url))
    };
    let home = Home::new();
    check(&home.bring_over(live("s3cret"), false).await);
    same(home).await;
    let refused = Home::new();
    let error = refused.app.bring_over(&refused.me, live("wr0ng"), PythonOptions::default()).await.unwrap_err();
    let told = format!("{error:?}");
    assert!(matches!(error, Error::Notice(_)) && told.contains("password") && !told.contains("wr0ng"), "{told}");
}

#[tokio::test]
async fn a_postgresql_with_a_certificate_of_its_own_is_trusted_when_that_is_named() {
    let made = Command::new("openssl").arg("version").output().is_ok();
    let (true, Some(postgres)) = (made, Postgres::start()) else {
        eprintln!("skipped: no PostgreSQL in /usr/lib/postgresql, or no openssl");
        return;
    };
    postgres.sql(SCHEMA);
    postgres.sql(DATA);
    let at = |name: &str| postgres.folder.path().join(name).display().to_string();
    let openssl = |line: &str| {
        let done = Command::new("openssl").args(line.split(' ')).current_dir(postgres.folder.path()).output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    };
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=Own -keyout ca.key -out ca.pem",
    );
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=db -keyout server.key -out server.csr",
    );
    fs::write(at("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out vouched.pem",
    );
    // As PostgreSQL's manual has it, for itself and by itself.
    openssl("req -x509 -key server.key -days 2 -subj /CN=db -out itself.pem");
    let encrypted_with = |certificate: &str| {
        for (from, to) in [(certificate, "server.crt"), ("server.key", "server.key")] {
            let to = format!("{}/{to}", at("data"));
            fs::copy(at(from), &to).unwrap();
            assert!(Command::new("chmod").args(["600", &to]).status().unwrap().success());
            if is_root() {
                assert!(Command::new("chown").args(["postgres", &to]).status().unwrap().success());
            }
        }
        postgres.sql("ALTER SYSTEM SET ssl = on");
        postgres.sql("SELECT pg_reload_conf()");
    };
    let live = |query: String| {
        let url = format!("postgres://rustops:s3cret@127.0.0.1:{}/postgres?{query}", postgres.port);
        PythonRustops::Live(SecretString::from(url))
    };
    let refused = async |query: String| {
        let home = Home::new();
        format!("{:?}", home.app.bring_over(&home.me, live(query), PythonOptions::default()).await.unwrap_err())
    };
    let mut first = None;
    for (shown, named) in [("vouched.pem", "ca.pem"), ("itself.pem", "itself.pem")] {
        encrypted_with(shown);
        // The server takes the new certificate when it gets to it.
        let mut told = String::new();
        for _ in 0..200 {
            told = refused("sslmode=require".to_owned()).await;
            if told.contains("sslrootcert=FILE") {
                break;
            }
        }
        assert!(
            told.contains("certificate") && told.contains("sslrootcert=FILE") && !told.contains("s3cret"),
            "{told}"
        );
        let told = refused(format!("sslrootcert={}", at("server.key"))).await;
        assert!(told.contains("cannot be read as certificates"), "{told}");
        let mut home = Home::new();
        let mut brought = Err(told);
        for _ in 0..200 {
            let source = live(format!("sslmode=verify-full&sslrootcert={}", at(named)));
            let options = PythonOptions {
                time_zone: Some("Europe/Berlin".to_owned()),
                active_server: Some(ACTIVE.to_owned()),
                dry_run: false,
            };
            brought = home.app.bring_over(&home.me, source, options).await.map_err(|error| format!("{error:?}"));
            if brought.is_ok() {
                break;
            }
            home = Home::new();
        }
        check(&brought.unwrap());
        let all = home.all().await;
        assert_eq!(*first.get_or_insert_with(|| all.clone()), all);
    }
}

/// Runs the program on a home of its own, and interrupts it after a part of the time that it takes.
#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "the moment of an interruption cannot be awaited")]
fn what_is_interrupted_leaves_nothing_half_done() {
    use std::{
        process::Stdio,
        thread,
        time::{Duration, Instant},
    };

    use rustops::{domain::ids::PlayerId, store};

    const PLAYERS: u64 = 8_000;
    const PARTS: u32 = 5;

    let home = Home::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(home.bring_over(rows(DATA), false));
    let at = |name: &str| home.folder.path().join(name);
    let store = Store::open(&at("rustops.db"), Timestamp::UNIX_EPOCH).unwrap();
    let crowd: Vec<_> = (1..=PLAYERS)
        .map(|id| (PlayerId::new(2_000_000_000 + id).unwrap(), format!("Somebody with a long name, number {id}")))
        .collect();
    let noted = store.write(move |tx| store::players::remember(tx, &crowd, Timestamp::UNIX_EPOCH));
    runtime.block_on(noted).unwrap();
    drop(store);
    let guilds_data = |app: &App, guild: &str| {
        let asker = Asker::terminal(guild.parse().unwrap());
        runtime.block_on(app.export(&asker)).unwrap()
    };
    let wanted = guilds_data(&home.app, "local");
    let Home { app, folder, .. } = home;
    drop(app);
    let at = |name: &str| folder.path().join(name);

    let start = |line: &str| {
        Command::new(env!("CARGO_BIN_EXE_rustops"))
            .args(line.split(' '))
            .arg("--data-dir")
            .arg(folder.path())
            .current_dir(folder.path())
            .env("RUSTOPS_CONFIG", "")
            .env("HOME", folder.path().join("nobody"))
            .env_remove("XDG_CONFIG_HOME")
            .stdin(if line == "shell" { Stdio::from(fs::File::open(at("typed")).unwrap()) } else { Stdio::null() })
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    fs::write(at("typed"), "backup x.db.gz\n").unwrap();
    let whole = |line: &str| {
        let began = Instant::now();
        assert!(start(line).wait().unwrap().success(), "{line}");
        began.elapsed()
    };
    // Each once in peace, which also tells how long it takes.
    let works = [
        ("backup x.db.gz", whole("backup good.db.gz")),
        ("export x.json", whole("export good.json")),
        ("import good.json --guild 42", whole("import good.json --guild 41")),
        ("restore good.db.gz --yes", whole("restore good.db.gz --yes")),
        ("shell", whole("shell")),
    ];
    fs::remove_file(at("x.db.gz")).unwrap();
    let files = || {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // What a restore replaced is kept; locks and logs lie beside the database.
        let mut names: Vec<_> = names
            .filter(|name| !name.contains(".replaced-") && !name.ends_with("lock") && !name.contains("db-"))
            .collect();
        names.sort();
        names
    };
    let before = files();
    let (mut done, mut cut) = (0, 0);
    for (line, takes) in works {
        for part in 1..PARTS {
            let mut program = start(line);
            thread::sleep((takes * part / PARTS).max(Duration::from_millis(1)));
            // It may have come to its end already.
            let signal = if part % 2 == 0 && line != "shell" { "-TERM" } else { "-INT" };
            Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap();
            let ended = program.wait().unwrap();
            *if ended.success() { &mut done } else { &mut cut } += 1;
            let told = format!("{line} interrupted after {part} of {PARTS} parts of {takes:?}, {ended}");

            let made = files().into_iter().filter(|name| !before.contains(name)).collect::<Vec<_>>();
            let allowed = made.iter().all(|name| name == "x.db.gz" || name == "x.json");
            assert!(allowed && before.iter().all(|name| at(name).exists()), "{told}: {made:?}");
            if at("x.db.gz").exists() {
                let mut bytes = Vec::new();
                let packed = fs::File::open(at("x.db.gz")).unwrap();
                io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(packed), &mut bytes).unwrap();
                assert!(bytes.starts_with(b"SQLite format 3"), "{told}");
                fs::remove_file(at("x.db.gz")).unwrap();
            }
            if at("x.json").exists() {
                let read: rustops::domain::export::Export =
                    serde_json::from_slice(&fs::read(at("x.json")).unwrap()).unwrap();
                assert!(read.same_data(&wanted), "{told}");
                fs::remove_file(at("x.json")).unwrap();
            }
            let found = store::checkup(&at("rustops.db")).unwrap().unwrap();
            assert!(found.damage.is_empty(), "{told}: {:?}", found.damage);
            let home = Home::at(&folder);
            assert!(guilds_data(&home, "local").same_data(&wanted), "{told}");
            let brought = guilds_data(&home, "42");
            assert!(brought.groups.is_empty() || brought.same_data(&wanted), "{told}: {brought:#?}");
        }
    }
    assert!(cut >= 5, "{cut} were cut off and {done} were not: too few to prove anything");
}

#[tokio::test]
async fn a_tracker_that_was_cut_off_is_completed_by_the_whole_file() {
    const FILE: &str = r#"{"trackers":{"1":{"name":"Zerg","battlemetricsId":"9565288","title":"Moose","players":[
        {"name":"Tee","steamId":"76561198000000001","playerId":"1100000001"},{"name":"Bear","playerId":"1100000002"}]}}}"#;
    let home = Home::new();
    let cut = FILE.find(r#","playerId":"1100000002""#).unwrap();
    let plan = |text: &str| rustplusplus::plan(text.as_bytes()).unwrap();
    let report = home.app.adopt(&home.me, plan(&FILE[..cut]), false).await.unwrap();
    assert_eq!((report.cut_short, report.members, report.unlinked), (true, 2, 1));
    let report = home.app.adopt(&home.me, plan(FILE), false).await.unwrap();
    assert_eq!((report.cut_short, report.imported, report.members), (false, 1, 0));
    let groups = home.app.group_list(&home.me).await.unwrap().groups;
    assert_eq!((groups[0].members, groups[0].pinned.as_ref().unwrap().name.as_str()), (2, "Moose"));
    let again = home.app.adopt(&home.me, plan(FILE), false).await.unwrap();
    assert_eq!((again.imported, again.already), (0, 3));
}

#[tokio::test]
async fn no_group_is_filled_beyond_its_limit() {
    let many: String = (0..510)
        .map(|n| format!("INSERT INTO groups VALUES ({n}, 'A', 'P{n}', NULL, '{}', NULL);\n", 7000 + n))
        .collect();
    let home = Home::new();
    let report = home.bring_over(rows(&many), false).await;
    assert_eq!((report.members, report.refused, report.rows), (500, 10, 511));
    assert_eq!(report.remarks.iter().filter(|told| matches!(told.remark, Remark::Refused { .. })).count(), 10);
}

#[tokio::test]
async fn a_guild_moves_to_another_machine_as_it_is() {
    let old = Home::new();
    old.bring_over(rows(DATA), false).await;
    let export = old.app.export(&old.me).await.unwrap();
    let new = Home::new();
    let report = new.app.import(&new.me, "a.json", export.clone()).await.unwrap();
    assert!(!report.unchanged);
    assert_eq!(new.all().await, old.all().await);
    assert!(new.app.import(&new.me, "a.json", export.clone()).await.unwrap().unchanged);
    old.app.group_delete(&old.me, "Purple Base").await.unwrap();
    let error = old.app.import(&old.me, "a.json", export).await.unwrap_err();
    assert!(matches!(error, Error::Notice(notice) if *notice == Notice::GuildNotEmpty { groups: 2 }));
}

#[tokio::test]
async fn what_is_brought_to_another_guild_is_not_told_in_the_channel_of_the_first() {
    let old = Home::new();
    old.bring_over(rows(DATA), false).await;
    let mut export = old.app.export(&old.me).await.unwrap();
    export.guild = "4711".parse().unwrap();
    export.settings.log_channel = ChannelId::new(77);
    let settings = Change::Settings { before: export.settings.clone(), after: export.settings.clone() };
    export.changes.push(ChangeRow { id: ChangeId::new(99).unwrap(), change: settings, ..export.changes[0].clone() });
    for (guild, told_in) in [("4711", ChannelId::new(77)), ("4712", None)] {
        let (new, me) = (Home::new(), Asker::terminal(guild.parse().unwrap()));
        for unchanged in [false, true] {
            let report = new.app.import(&me, "a.json", export.clone()).await.unwrap();
            assert_eq!(report.unchanged, unchanged);
            let kept = new.app.export(&me).await.unwrap();
            assert_eq!(kept.settings.log_channel, told_in);
            let Some(Change::Settings { before, .. }) = kept.changes.last().map(|row| &row.change) else { panic!() };
            assert_eq!(before.log_channel, told_in, "nor can it be taken back to it");
        }
    }
}

#[tokio::test]
async fn an_export_that_contradicts_itself_changes_nothing() {
    let home = Home::new();
    home.bring_over(rows(DATA), false).await;
    let good = home.app.export(&home.me).await.unwrap();
    let new = Home::new();
    let before = new.all().await;
    let mut twice = good.clone();
    let group = twice.groups[0].clone();
    twice.groups.push(group);
    let mut unknown = good.clone();
    unknown.players.clear();
    let mut newer = good.clone();
    newer.version = 2;
    let mut other = good;
    other.format = "something".to_owned();
    for bad in [twice, unknown, newer, other] {
        assert!(matches!(new.app.import(&new.me, "a.json", bad).await, Err(Error::Notice(_))));
    }
    assert_eq!(new.all().await, before);
}

#[tokio::test]
async fn somebody_who_is_forgotten_is_nowhere_any_more() {
    let home = Home::new();
    home.bring_over(rows(DATA), false).await;
    let change = home.app.group_remove(&home.me, "Purple Base", "Tee; Higgins").await.unwrap();
    assert!(matches!(change, Outcome::Done(_)));
    let found = home.app.forget_player(&home.me, "1100000001", true).await.unwrap();
    assert!(matches!(&found, Outcome::Done(found) if found.memberships == 1 && found.changes == 2), "{found:?}");
    assert!(home.all().await.contains("Tee; Higgins"), "a rehearsal removes nothing");
    assert_eq!(home.app.forget_player(&home.me, "\"tee; higgins\"", false).await.unwrap(), found);
    for name in ["rustops.db", "rustops.db-wal"] {
        let bytes = fs::read(home.folder.path().join(name)).unwrap();
        assert!(!bytes.windows(11).any(|part| part.eq_ignore_ascii_case(b"ee; Higgins")), "{name} still holds it");
    }
    let left = home.all().await;
    assert!(!left.contains("Tee; Higgins") && !left.contains("1100000001") && left.contains("(forgotten)"), "{left}");
    home.app.backup(Some(home.folder.path().join("all.db")), rustops::domain::keeping::unwatched()).await.unwrap();
    let bytes = fs::read(home.folder.path().join("all.db")).unwrap();
    assert!(!bytes.windows(12).any(|window| window == b"Tee; Higgins"), "it lies about in free pages");
    let gone = home.app.forget_player(&home.me, "1100000001", false).await.unwrap_err();
    assert!(matches!(gone, Error::Notice(notice) if matches!(*notice, Notice::UnknownPlayer { .. })));
    assert!(left.contains("1100000002"), "others stay");
}

#[tokio::test]
async fn whoever_used_the_bot_can_be_taken_out_of_the_record() {
    let home = Home::new();
    let ann = Asker { actor: "4242".to_owned(), actor_name: "Ann".to_owned(), ..home.me.clone() };
    let plan = python_rustops::plan(dump::read(DATA.as_bytes()).unwrap(), &TimeZone::UTC, None);
    home.app.adopt(&ann, plan, false).await.unwrap();
    let report = home.app.forget_member(&home.me, "4242", false).await.unwrap();
    assert_eq!((report.name.as_str(), report.changes), ("Ann", 4));
    let left = home.all().await;
    assert!(!left.contains("Ann") && !left.contains("4242"));
    let again = home.app.forget_member(&home.me, "4242", false).await.unwrap_err();
    assert!(matches!(again, Error::Notice(notice) if *notice == Notice::UnknownUser { input: "4242".to_owned() }));
    assert!(home.app.forget_member(&home.me, "terminal", false).await.is_err());
}

#[tokio::test]
async fn what_a_cut_off_backup_left_goes_the_day_after() {
    let home = Home::new();
    let folder = home.folder.path().join("backups");
    fs::create_dir(&folder).unwrap();
    let left = ["rustops-1.db.gz.copying", "rustops-1.db.gz.part", "daily-2026-06-01.db.gz.copying-journal"];
    let others = ["rustops-1.db.gz", "mine.copying"];
    for name in left.iter().chain(&others) {
        fs::write(folder.join(name), "").unwrap();
    }
    let there = |names: &[&str]| names.iter().filter(|name| folder.join(name).exists()).count();
    // Files have the machine's own time: by a clock that is behind it, they were made just now.
    home.app.snapshot_step().await.unwrap();
    assert_eq!((there(&left), there(&others)), (3, 2), "somebody may be at work on them");
    home.clock.advance(SignedDuration::from_hours(24 * 365 * 100));
    home.app.snapshot_step().await.unwrap();
    assert_eq!((there(&left), there(&others)), (0, 2));
}

#[tokio::test]
async fn a_snapshot_of_a_day_to_come_takes_nobodys_place() {
    let home = Home::new();
    let folder = home.folder.path().join("backups");
    fs::create_dir(&folder).unwrap();
    (1..=9).for_each(|day| fs::write(folder.join(format!("daily-2036-01-0{day}.db.gz")), "").unwrap());
    let made = home.app.snapshot_step().await.unwrap().made.unwrap();
    assert!(fs::exists(made.file).unwrap());
}

#[tokio::test]
async fn each_day_has_its_snapshot_and_old_ones_go() {
    let home = Home::new();
    let folder = home.folder.path().join("backups");
    for day in 0..40 {
        let step = home.app.snapshot_step().await.unwrap();
        assert!(step.made.is_some(), "day {day}");
        assert_eq!(home.app.snapshot_step().await.unwrap().made, None);
        assert_eq!(step.next.to_zoned(TimeZone::UTC).time(), jiff::civil::Time::midnight());
        home.clock.advance(step.next.duration_since(home.app.now()) + SignedDuration::from_hours(3));
    }
    fs::write(folder.join("mine.txt"), "not yours").unwrap();
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 12, "{names:?}");
}
