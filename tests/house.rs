//! The walls of the house: which room may name which, which crate lives where, and a sign on each door.
//!
//! Reads `src/` as text. What the compiler or clippy can hold is held there; this holds the rest.

#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A room and the rooms that its code may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("error", &["domain"]),
    ("alive", &[]),
    ("clock", &[]),
    ("log", &["clock"]),
    ("config", &["domain"]),
    ("view", &["domain", "error"]),
    ("store", &["domain", "error"]),
    ("remote", &["domain", "clock", "error"]),
    ("legacy", &["domain"]),
    ("app", &["domain", "store", "remote", "legacy", "clock", "error"]),
    ("discord", &["app", "view", "domain", "clock", "error"]),
    ("operate", &["alive", "clock", "config", "domain", "remote", "store", "view"]),
    ("cli", &["app", "operate", "legacy", "view", "domain", "error", "config"]),
    ("sim", &["clock"]),
    (
        "wiring",
        &[
            "alive", "app", "log", "operate", "cli", "clock", "config", "discord", "domain", "error", "remote", "sim",
            "store", "view",
        ],
    ),
    ("main", &["cli", "wiring", "config"]),
    (
        "lib",
        &[
            "alive", "app", "operate", "cli", "clock", "config", "discord", "domain", "error", "remote", "sim",
            "store", "view", "wiring",
        ],
    ),
];

/// A word of the code and the only rooms that may use it.
const OWNED: &[(&str, &[&str])] = &[
    ("serenity::", &["discord", "wiring"]),
    ("poise::", &["discord", "wiring"]),
    ("rusqlite::", &["store"]),
    ("refinery::", &["store"]),
    ("reqwest::", &["remote"]),
    ("tokio_postgres::", &["remote"]),
    ("axum::", &["sim"]),
    ("clap::", &["cli", "main"]),
    ("rustyline::", &["cli"]),
    ("toml::", &["config"]),
    ("directories::", &["config"]),
    ("std::env", &["config"]),
    ("tokio::spawn", &["wiring"]),
    ("tokio::signal", &["wiring"]),
    ("select!", &["wiring"]),
    ("spawn_blocking", &["store"]),
    ("Timestamp::now", &["clock"]),
    ("SystemTime", &["clock"]),
    ("Instant::now", &["clock"]),
    ("println!", &["cli", "main"]),
];

/// Words that keep a quiet room quiet.
const QUIET: &[&str] = &["async fn", ".await", "std::fs", "std::net", "tracing::", "tokio::"];

struct Source {
    room: String,
    path: PathBuf,
    code: String,
}

/// Every source file without its comments and without its tests, which may reach further.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    let tests: Vec<PathBuf> = files.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let mut found: Vec<Source> = files
        .iter()
        .filter(|(path, _)| !tests.iter().any(|test| path.starts_with(test) || path.with_extension("") == *test))
        .map(|(path, text)| {
            let inside = path.strip_prefix(&root).unwrap().to_owned();
            let first = inside.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
            Source { room: first.trim_end_matches(".rs").to_owned(), code: code_of(text), path: inside }
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// Where the modules lie that a file has only for tests, without their endings.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let is_root = path.file_stem().is_some_and(|stem| stem == "mod" || stem == "lib");
    let folder = if is_root { path.parent().unwrap().to_owned() } else { path.with_extension("") };
    let mut lines = text.lines().map(str::trim);
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            let name = lines.next().unwrap_or_default().rsplit("mod ").next().unwrap().trim_end_matches(';');
            found.push(folder.join(name));
        }
    }
    found
}

fn code_of(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    before_tests.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The rooms of our own that a piece of code names, through `crate::room` or `crate::{room, …}`.
fn rooms_named(code: &str) -> Vec<String> {
    let flat: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut named = Vec::new();
    for rest in flat.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => named.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(letter),
                    _ => {}
                }
            }
            named.push(word);
        } else {
            named.push(rest.to_owned());
        }
    }
    let first_word = |path: &String| {
        path.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>()
    };
    named.iter().map(first_word).filter(|word| !word.is_empty()).collect()
}

#[test]
fn every_line_names_only_rooms_further_in() {
    let arrows: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let allowed = arrows.get(source.room.as_str()).unwrap_or_else(|| panic!("no arrows for {}", source.room));
        for named in rooms_named(&source.code) {
            if named != source.room && arrows.contains_key(named.as_str()) && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{} names {named}", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_crate_and_call_stays_in_its_room() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, rooms) in OWNED {
            if source.code.contains(word) && !rooms.contains(&source.room.as_str()) {
                wrong.push(format!("{} uses {word}", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_quiet_rooms_are_quiet() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| matches!(source.room.as_str(), "domain" | "view")) {
        for word in QUIET {
            if source.code.contains(word) {
                wrong.push(format!("{} uses {word}", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_sign_hangs_on_each_door() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for source in sources() {
        let text = fs::read_to_string(root.join("src").join(&source.path)).unwrap();
        let sign: Vec<_> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        if sign.is_empty() || sign[0].len() < 20 {
            wrong.push(source.path.display().to_string());
        }
        for word in ["utils", "helpers", "common", "manager", "service"] {
            if source.path.file_stem().is_some_and(|stem| stem == word) {
                wrong.push(format!("{} says nothing", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn sql_is_spoken_in_the_store_alone() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room != "store") {
        for word in ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "PRAGMA "] {
            if source.code.contains(&format!("\"{word}")) {
                wrong.push(format!("{} says {word}", source.path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn these_walls_would_notice() {
    assert_eq!(rooms_named("use crate::{domain::{ids::X, names}, store::{self, y}};"), ["domain", "store"]);
    assert_eq!(rooms_named("let x = crate::store::open();"), ["store"]);
    assert_eq!(code_of("a // b\n#[cfg(test)]\nmod tests {}").trim(), "a");
    let tests = test_modules(Path::new("src/x/mod.rs"), "#[cfg(test)]\npub(crate) mod stage;\nmod y;");
    assert_eq!(tests, [Path::new("src/x/stage")]);
}
