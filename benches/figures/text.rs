//! How many names and inputs a second are read.

use std::{hint::black_box, time::Instant};

use rustops::domain::{identity, names};

const ROUNDS: usize = 200_000;

pub(crate) fn run() {
    let inputs = [
        "1100000001",
        "https://www.battlemetrics.com/players/1100000001",
        "https://steamcommunity.com/profiles/76561197960389184",
        "STEAM_1:0:61728",
        "[U:1:123456]",
        "ChennyBounce",
    ];
    let plain = ["ChennyBounce", "Tee Higgins", "Hide Vest Enthusiast", "xX_Sniper_Xx"];
    let rich = ["Ünïcødé Nàme", "Страж Ночи", "\u{202e}tfiwS`", "名無しさん", "𝕱𝖆𝖓𝖈𝖞"];
    rate("identity::player, mixed forms", &inputs, |text| {
        black_box(identity::player(text)).ok();
    });
    rate("names::folded, plain letters", &plain, |text| {
        black_box(names::folded(text));
    });
    rate("names::folded, all the world's", &rich, |text| {
        black_box(names::folded(text));
    });
    rate("names::shown, all the world's", &rich, |text| {
        black_box(names::shown(text));
    });
}

fn rate(what: &str, texts: &[&str], work: impl Fn(&str)) {
    let begun = Instant::now();
    for text in texts.iter().cycle().take(ROUNDS) {
        work(black_box(text));
    }
    let millions = ROUNDS as f64 / begun.elapsed().as_secs_f64() / 1e6;
    println!("{what:34} {millions:8.2} million a second");
}
