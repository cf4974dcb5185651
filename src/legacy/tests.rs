//! Stories of what other bots left behind: every form says the same, and nothing makes the readers stumble.

use jiff::{Timestamp, tz::TimeZone};

use super::*;
use crate::domain::keeping::{Altered, Remark};

type Found = Vec<(Table, Result<Vec<Option<String>>, Unusable>)>;

/// What each of the forms below holds.
fn expected() -> Found {
    let some = |values: &[&str]| values.iter().map(|value| (*value != "NULL").then(|| (*value).to_owned())).collect();
    let rows: [(Table, Vec<Option<String>>); 4] = [
        (Table::Groups, some(&["1", "Purple Base", "Tee; Higgins", "NULL", "1100000001", "2024-06-01"])),
        (Table::Groups, some(&["2", "Purple 'Base'", "tab\there \\ \"q\"", "76561198000000001", "NULL", "NULL"])),
        (Table::Groups, some(&["3", "👨‍👩‍👧 -- x", "line\nbreak", "NULL", "", "2024-06-02"])),
        (Table::LastChecked, some(&["1", "Purple Base", "1", "3", "2024-06-03 21:05:00"])),
    ];
    rows.map(|(table, values)| (table, Ok(values))).into()
}

const CREATED: &str = r#"-- What stands before the data
\restrict abcdefg'
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $_$ SELECT 'COPY public.groups FROM stdin;'; $_$;
/* COPY groups /* nested */ FROM stdin; */
CREATE TABLE public.other (id integer, name text DEFAULT 'a;b'::text);
CREATE TABLE public.groups (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    member character varying(255) NOT NULL,
    steam_id character varying(64),
    battle_id character varying(64),
    date character varying(255),
    CONSTRAINT c CHECK ((length((name)::text) > 0))
);
CREATE TABLE public.last_checked (id integer NOT NULL, group_name varchar(255), active_count varchar(5), total_count varchar(5), date varchar(64));
"#;

const COPY: &str = "COPY public.other (id, name) FROM stdin;\n1\tINSERT INTO groups VALUES (1);\n\\.\n\n\
COPY public.groups (id, name, member, steam_id, battle_id, date) FROM stdin;\n\
1\tPurple Base\tTee; Higgins\t\\N\t1100000001\t2024-06-01\n\
2\tPurple 'Base'\ttab\\there \\\\ \"q\"\t76561198000000001\t\\N\t\\N\n\
3\t👨‍👩‍👧 -- x\tline\\nbreak\t\\N\t\t2024-06-02\n\\.\n\n\
COPY public.last_checked (id, group_name, active_count, total_count, date) FROM stdin;\n\
1\tPurple Base\t1\t3\t2024-06-03 21:05:00\n\\.\n";

const INSERTS: &str = "INSERT INTO public.other VALUES (1, 'it''s; (a) trap');
INSERT INTO public.groups VALUES (1, 'Purple Base', 'Tee; Higgins', NULL, '1100000001', '2024-06-01');
INSERT INTO public.groups VALUES (2, 'Purple ''Base''', E'tab\\there \\\\ \"q\"', '76561198000000001', NULL, NULL);
INSERT INTO public.groups VALUES (3, '👨‍👩‍👧 -- x', 'line\nbreak', NULL, '', '2024-06-02') ON CONFLICT DO NOTHING;
INSERT INTO public.last_checked VALUES (1, 'Purple Base', '1', '3', '2024-06-03 21:05:00');
";

const COLUMN_INSERTS: &str = "INSERT INTO public.groups (member, name, id, \"date\", battle_id, steam_id) VALUES
\t('Tee; Higgins', 'Purple Base', 1, '2024-06-01', '1100000001'::character varying, NULL),
\t(E'tab\\x09here \\134 \"q\"', 'Purple ''Base''', 2, NULL, NULL, '76561198000000001'),
\t('line\nbreak', '👨‍👩‍👧 -- x', 3, '2024-06-02', '', NULL);
INSERT INTO public.last_checked (id, group_name, active_count, total_count, date) VALUES (1, 'Purple Base', '1', '3', '2024-06-03 21:05:00');
";

fn read(text: &[u8]) -> Rows {
    dump::read(text).unwrap()
}

fn found(rows: Rows) -> Found {
    assert!(rows.found_table && !rows.cut_short);
    rows.rows.into_iter().map(|row| (row.table, row.values)).collect()
}

#[test]
fn every_kind_of_dump_says_the_same() {
    for data in [COPY, INSERTS, COLUMN_INSERTS] {
        for text in [format!("{CREATED}{data}"), format!("\u{feff}{CREATED}{data}")] {
            assert_eq!(found(read(text.as_bytes())), expected(), "{text}");
        }
    }
    // Only the data, and from another system.
    assert_eq!(found(read(COPY.replace('\n', "\r\n").as_bytes())), expected());
    assert_eq!(found(read(INSERTS.as_bytes())), expected());
}

#[test]
fn tables_as_csv_say_the_same() {
    let groups = "\u{feff}id,name,member,steam_id,battle_id,date\r\n1,Purple Base,Tee; Higgins,,1100000001,2024-06-01\r\n\
        2,Purple 'Base',\"tab\there \\ \"\"q\"\"\",76561198000000001,,\r\n3,👨‍👩‍👧 -- x,\"line\nbreak\",,\"\",2024-06-02\r\n";
    let checks = "1,Purple Base,1,3,2024-06-03 21:05:00";
    let mut rows = csv::read(Table::Groups, groups.as_bytes()).unwrap();
    rows.extend(csv::read(Table::LastChecked, checks.as_bytes()).unwrap()).unwrap();
    assert_eq!(found(rows), expected());
}

#[test]
fn a_dump_that_breaks_off_yields_what_came_before() {
    for data in [COPY, INSERTS, COLUMN_INSERTS] {
        let text = format!("{CREATED}{data}");
        for end in 0..text.len() {
            let rows = read(&text.as_bytes()[..end]);
            assert!(rows.rows.len() <= 4 && rows.rows.iter().all(|row| row.values.is_ok()), "{end}");
        }
    }
    let cut = read(&COPY.as_bytes()[..COPY.len() - 20]);
    assert!(cut.cut_short && cut.rows.len() == 3);
}

#[test]
fn a_dump_that_breaks_off_between_two_statements_is_noticed() {
    let begins = "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 17.2\n\n";
    let ends = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n";
    let whole = format!("{begins}{CREATED}{COPY}{ends}");
    assert!(!read(whole.as_bytes()).cut_short);
    assert!(!read(whole.replace('\n', "\r\n").as_bytes()).cut_short);
    // All of pg_dumpall's databases are told of one by one.
    assert!(!read(format!("{whole}{whole}").as_bytes()).cut_short);
    assert!(read(format!("{whole}{begins}").as_bytes()).cut_short);
    for end in [begins.len(), begins.len() + CREATED.len(), whole.len() - ends.len()] {
        assert!(read(&whole.as_bytes()[..end]).cut_short, "{end}");
    }
    assert!(!read(format!("{CREATED}{COPY}").as_bytes()).cut_short, "made by something else");
}

#[test]
fn what_only_other_programs_can_read_is_named() {
    let problem = |bytes: &[u8]| match dump::read(bytes) {
        Err(ReadError::Problem(problem)) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem(b"PGDMP\x01\x0e\x00"), FileProblem::NotPlain);
    assert_eq!(problem(b"\xff\xfeS\0E\0T\0"), FileProblem::Encoding { found: "UTF-16".to_owned() });
    let latin = problem(b"SET client_encoding = 'LATIN1';");
    assert_eq!(latin, FileProblem::Encoding { found: "LATIN1".to_owned() });
    assert!(!read(b"CREATE TABLE groups (id int, title text); INSERT INTO groups VALUES (1, 'x');").found_table);
}

#[test]
fn a_row_that_cannot_be_used_is_named_and_the_rest_is_kept() {
    let long = "x".repeat(MAX_VALUE + 1);
    let mut text =
        b"COPY groups (id, name, member) FROM stdin;\n1\tA\tB\n2\tA\n3\tA\t\xff\n4\tA\tB\tC\n5\tA\t".to_vec();
    text.extend(long.as_bytes());
    text.extend(b"\n6\tA\tC\n\\.\n");
    let values: Vec<_> = read(&text).rows.into_iter().map(|row| (row.line, row.values.err())).collect();
    let (form, not_text) = (Some(Unusable::WrongForm), Some(Unusable::NotText));
    let too_long = Some(Unusable::TooLong);
    assert_eq!(values, [(2, None), (3, form), (4, not_text), (5, form), (6, too_long), (7, None)]);
}

#[test]
fn endless_input_is_passed_over_or_refused() {
    use std::io::{BufReader, Read as _};
    let endless =
        |start: &'static str, fill: u8| BufReader::new(start.as_bytes().chain(std::io::repeat(fill).take(1_000_000)));
    for (start, fill) in
        [("SELECT '", b'x'), ("COPY groups (name, member) FROM stdin;\n", b'a'), ("", b'('), ("$", b'a')]
    {
        assert!(dump::read(endless(start, fill)).unwrap().rows.len() <= 1);
    }
    let many = BufReader::new("COPY groups (name, member) FROM stdin;\n".as_bytes().chain(std::io::repeat(b'\n')));
    assert!(matches!(dump::read(many), Err(ReadError::Problem(FileProblem::TooLarge { .. }))));
}

fn plan_of(data: &str, zone: &str, active_server: Option<&str>) -> Plan {
    python_rustops::plan(read(data.as_bytes()), &TimeZone::get(zone).unwrap(), active_server)
}

fn remarks(plan: &Plan) -> Vec<(u64, Remark)> {
    plan.remarks.iter().map(|told| (told.line, told.remark.clone())).collect()
}

#[test]
fn text_dates_are_of_the_hosts_zone() {
    let plan = plan_of(INSERTS, "Europe/Berlin", None);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let base = plan.groups.iter().find(|group| group.name == "Purple Base").unwrap();
    assert_eq!(base.members[0].added_at, Some(at("2024-05-31T22:00:00Z")));
    assert_eq!(base.check.as_ref().unwrap().1.at, at("2024-06-03T19:05:00Z"));
    assert_eq!(plan.rows, 4);
    assert_eq!(remarks(&plan), []);
}

#[test]
fn groups_that_look_alike_stay_apart() {
    let row = |id, group| format!("INSERT INTO groups VALUES ({id}, '{group}', 'P{id}', NULL, NULL, NULL);\n");
    let (one, two, three) = (row(7, "Zerg"), row(8, "zerg "), row(9, "Zerg (2)"));
    let names =
        |text: String| plan_of(&text, "UTC", None).groups.into_iter().map(|group| group.name).collect::<Vec<_>>();
    let expected = ["Zerg", "zerg (2)", "Zerg (2) (2)"];
    assert_eq!(names([&one, &two, &three].map(String::as_str).concat()), expected);
    assert_eq!(names([&three, &two, &one].map(String::as_str).concat()), expected, "in another order");
}

#[test]
fn odd_values_cost_the_value_and_not_the_row() {
    let text = "INSERT INTO groups VALUES (1, 'A', 'B', 'https://x.example', '12 34', 'yesterday');
INSERT INTO groups VALUES (2, 'A', '', NULL, 'https://www.battlemetrics.com/players/1100000001', '2024-06-01');
INSERT INTO groups VALUES (3, 'A', ' ', NULL, NULL, NULL);
INSERT INTO groups VALUES (4, ' ', 'C', NULL, NULL, NULL);
INSERT INTO last_checked VALUES (1, 'gone', '1', '1', '2024-06-01 00:00:00');
INSERT INTO last_checked VALUES (2, 'A', '2', '1', '2024-06-01 00:00:00');
INSERT INTO last_checked VALUES (3, 'A', '1', '1', 'now');
INSERT INTO active_server VALUES ('12a', 'Moose', '2024-06-01');";
    let plan = plan_of(text, "UTC", Some("9565288:Rusty: Moose: EU\n"));
    let members: Vec<_> =
        plan.groups[0].members.iter().map(|member| (member.name.as_str(), member.player.is_some())).collect();
    assert_eq!(members, [("1100000001", true), ("B", false)]);
    let server = plan.server.as_ref().unwrap();
    assert_eq!((server.1.id.get(), server.1.name.as_str()), (9_565_288, "Rusty: Moose: EU"));
    let refused = |why| Remark::Refused { why };
    let changed = |how| Remark::Changed { how };
    assert_eq!(
        remarks(&plan),
        [
            (1, changed(Altered::BadPlayerId)),
            (1, changed(Altered::BadSteamId)),
            (1, changed(Altered::BadDate)),
            (3, refused(Unusable::NoName)),
            (4, refused(Unusable::NoGroupName)),
            (6, refused(Unusable::BadCount)),
            (7, refused(Unusable::BadDate)),
            (8, refused(Unusable::BadServer)),
            (5, refused(Unusable::NoSuchGroup)),
        ]
    );
    assert_eq!(plan.rows, 9);
}

const INSTANCE: &str = r#"{"generalSettings":{"language":"en"},"activeServer":"198.51.100.7-28083","serverList":{
"198.51.100.7-28083":{"title":"Rusty Moose","battlemetricsId":"9565288","serverIp":"198.51.100.7","appPort":"28083",
"steamId":"76561198000000009","playerToken":"-1234567890123"}},"trackers":{
"101":{"name":"Zerg","battlemetricsId":"9565288","serverId":"198.51.100.7-28083","title":"Rusty Moose","clanTag":"ZRG",
"everyone":true,"inGame":true,"players":[{"name":"Tee","steamId":"76561198000000001","playerId":"1100000001"},
{"name":"-","steamId":null,"playerId":"https://www.battlemetrics.com/players/1100000002"},{"name":null,"steamId":null,"playerId":null},
{"name":"Bear","steamId":"pasted","playerId":12345678901234567890}]},
"102":{"name":"Zerg","battlemetricsId":null,"serverId":"203.0.113.1-1","title":"Other","players":"none","more":1},
"103":7}}"#;

#[test]
fn trackers_become_groups_pinned_to_their_server() {
    let plan = rustplusplus::plan(INSTANCE.as_bytes()).unwrap();
    let names: Vec<_> = plan.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Zerg (Rusty Moose)", "Zerg (Other)"]);
    assert_eq!(plan.groups[0].pinned.as_ref().unwrap().id.get(), 9_565_288);
    let members: Vec<_> =
        plan.groups[0].members.iter().map(|member| (member.name.as_str(), member.player.is_some())).collect();
    assert_eq!(members, [("Tee", true), ("1100000002", true), ("Bear", false)]);
    assert_eq!(plan.server.as_ref().unwrap().1.name, "Rusty Moose");
    let changed = |how| Remark::Changed { how };
    let renamed = |to: &str| changed(Altered::Renamed { to: to.to_owned() });
    assert_eq!(
        remarks(&plan),
        [
            (0, Remark::Refused { why: Unusable::WrongForm }),
            (0, renamed("Zerg (Rusty Moose)")),
            (0, changed(Altered::PingedEveryone)),
            (0, changed(Altered::InGame)),
            (0, changed(Altered::ClanTag)),
            (3, Remark::Refused { why: Unusable::NoName }),
            (4, changed(Altered::BadPlayerId)),
            (4, changed(Altered::BadSteamId)),
            (0, renamed("Zerg (Other)")),
            (0, changed(Altered::NoServer)),
            (0, changed(Altered::NoPlayers)),
        ]
    );
    assert_eq!((plan.rows, plan.cut_short), (8, false));
}

#[test]
fn checks_of_the_same_group_but_the_latest_are_named() {
    let text = "INSERT INTO groups VALUES (1, 'A', 'B', NULL, NULL, NULL);
INSERT INTO last_checked VALUES (1, 'A', '1', '1', '2024-06-02 00:00:00');
INSERT INTO last_checked VALUES (2, 'A', '0', '1', '2024-06-03 00:00:00');
INSERT INTO last_checked VALUES (3, 'A', '1', '1', '2024-06-01 00:00:00');";
    let plan = plan_of(text, "UTC", None);
    assert_eq!(plan.groups[0].check.as_ref().unwrap().0.line, 3);
    let twice = || Remark::Refused { why: Unusable::Duplicate };
    assert_eq!(remarks(&plan), [(2, twice()), (4, twice())]);
}

#[test]
fn a_file_cut_short_anywhere_yields_what_can_be_read() {
    let whole = rustplusplus::plan(INSTANCE.as_bytes()).unwrap();
    let mut most = 0;
    for end in 0..INSTANCE.len() {
        if let Ok(plan) = rustplusplus::plan(&INSTANCE.as_bytes()[..end]) {
            assert!(plan.cut_short, "{end}");
            assert!(plan.rows >= most && plan.rows <= whole.rows, "{end}");
            most = plan.rows;
        }
        // A tail of zeros is what a power cut often leaves.
        let zeros = [&INSTANCE.as_bytes()[..end], &[0; 64]].concat();
        assert_eq!(
            rustplusplus::plan(&zeros).is_ok(),
            rustplusplus::plan(&INSTANCE.as_bytes()[..end]).is_ok(),
            "{end}"
        );
    }
    assert_eq!(most, whole.rows);
}

#[test]
fn pairing_tokens_are_neither_kept_nor_told() {
    for end in [INSTANCE.len(), 300, 420] {
        let told = format!("{:?}", rustplusplus::plan(&INSTANCE.as_bytes()[..end]));
        assert!(!told.contains("1234567890123") && !told.contains("76561198000000009"), "{told}");
    }
    let broken = INSTANCE.replace("\"serverIp\":", "\"serverIp\" ");
    assert!(!format!("{:?}", rustplusplus::plan(broken.as_bytes())).contains("1234567890123"));
}

#[test]
fn no_nesting_is_too_deep() {
    for text in ["[".repeat(1_000_000), format!("{{\"trackers\":{}", "[".repeat(1_000_000))] {
        assert!(rustplusplus::plan(text.as_bytes()).is_err());
    }
    let tracker = format!("{{\"trackers\":{}", "{\"a\":".repeat(1_000_000));
    assert!(rustplusplus::plan(tracker.as_bytes()).unwrap().cut_short);
}

proptest::proptest! {
    #[test]
    fn nothing_makes_the_readers_stumble(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = dump::read(bytes.as_slice());
        let _ = rustplusplus::plan(&bytes);
        for table in Table::ALL {
            let rows = csv::read(table, bytes.as_slice()).unwrap_or_default();
            let read = rows.rows.len();
            let plan = python_rustops::plan(rows, &TimeZone::UTC, std::str::from_utf8(&bytes).ok());
            proptest::prop_assert!(plan.rows >= read);
        }
    }
}
