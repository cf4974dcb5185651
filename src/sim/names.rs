//! The names people have: ordinary ones, nasty ones, and those that a server invents to hide its players.
//!
//! Only words. Who carries which name is decided in `people.rs`.

use super::dice::Dice;

/// Names that break something somewhere: each is carried by several players of the world.
pub const STRANGE: &[&str] = &[
    "clan | leader",
    "a:b:c",
    "🔥🔥🔥",
    "👨‍👩‍👧‍👦 family",
    "`code`",
    "```rs",
    "@everyone",
    "@here",
    "<@123>",
    "<#123>",
    "**x**",
    "__under__ ~~strike~~",
    "||spoiler||",
    "[a](http://evil)",
    "https://evil.example/nitro",
    "\u{202e}drawkcab",
    "\u{2066}isolated\u{2069}",
    "\u{200e}lrm\u{200f}rlm",
    "zero\u{200b}width\u{feff}",
    "\u{200b}",
    "\u{1cbc}",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
    "Z̸̢̛a̷͠l̴g̵o̶",
    "漢字の名前",
    "한국어플레이어",
    "ＷＩＤＥ",
    "שלום",
    "مرحبا",
    "exactly thirty-two characters ok",
    "\u{1b}[31mred\u{1b}[0m",
    "bell\u{7}tab\tnull\u{0}",
    "   ",
    "'; DROP TABLE player;--",
    "\"quoted\"",
    "\\back\\slash",
    "%s %d %n",
    "{{template}}",
    "null",
    "undefined",
    "12345",
    "76561197960389184",
    "Straße",
    "ﬁne",
    "İstanbul",
];

/// Names that many people have at the same time.
pub const COMMON: &[&str] = &["John", "Player", "Naked", "bob", "Survivor", "Roof Camper", "alex", "Max", "noob", "?"];

/// What a server with `server.censorplayerlist` shows in place of names: a new one at each connection.
pub const INVENTED: &[&str] = &[
    "Abelard", "Adalyn", "Alden", "Alma", "Ansel", "Arvid", "Basil", "Bertram", "Birger", "Blanche", "Casper",
    "Clovis", "Cosima", "Dagmar", "Delia", "Dorian", "Edda", "Edgar", "Elmer", "Emeric", "Enid", "Fabian", "Fenella",
    "Florin", "Gaston", "Gerda", "Gideon", "Gunnar", "Hadrian", "Hedwig", "Hilda", "Horace", "Ida", "Ignace", "Imre",
    "Isolde", "Jasper", "Joris", "Judith", "Kaspar", "Konrad", "Lambert", "Leopold", "Linus", "Lothar", "Ludmila",
    "Magnus", "Mathis", "Mildred", "Nestor", "Nora", "Odette", "Oswin", "Otto", "Quentin", "Ragnar", "Roswitha",
    "Rufus", "Selma", "Sigrid", "Tancred", "Thea", "Ulric", "Ursula", "Valentin", "Vera", "Waldo", "Wilma", "Xaver",
    "Yorick",
];

const FIRST: &[&str] = &[
    "Silent",
    "Rusty",
    "Angry",
    "Lazy",
    "Toxic",
    "Salty",
    "Hungry",
    "Sneaky",
    "Frozen",
    "Burning",
    "Lonely",
    "Mighty",
    "Broken",
    "Golden",
    "Dusty",
    "Wild",
    "Iron",
    "Stone",
    "Wooden",
    "Metal",
    "Radioactive",
    "Sleepy",
    "Crooked",
    "Loud",
    "Tiny",
    "Giant",
    "Blind",
    "Drunken",
    "Rapid",
    "Lucky",
    "Cursed",
    "Hollow",
    "Naked",
    "Quiet",
    "Grim",
    "Bald",
];

const SECOND: &[&str] = &[
    "Wolf",
    "Bear",
    "Boar",
    "Chicken",
    "Stag",
    "Horse",
    "Scientist",
    "Farmer",
    "Raider",
    "Camper",
    "Builder",
    "Hunter",
    "Fisher",
    "Miner",
    "Pilot",
    "Sailor",
    "Bandit",
    "Baron",
    "Monk",
    "Wizard",
    "Potato",
    "Pumpkin",
    "Hemp",
    "Cactus",
    "Hatchet",
    "Bucket",
    "Furnace",
    "Rocket",
    "Turret",
    "Barrel",
    "Crate",
    "Door",
    "Ladder",
    "Sulfur",
    "Scrap",
    "Cloth",
];

const CALLED: &[&str] = &[
    "liam", "noah", "emma", "mia", "jonas", "lukas", "pierre", "camille", "marek", "ola", "sven", "freja", "diego",
    "lucia", "bruno", "ana", "yuki", "haru", "minjun", "seo", "ivan", "katya", "tariq", "amir", "kofi", "zola", "jack",
    "chloe", "mason", "ruby", "oscar", "tilde", "matteo", "giulia", "stan", "wren", "otis", "ivy", "felix", "ada",
];

/// An ordinary name.
pub(super) fn ordinary(dice: &mut Dice) -> String {
    let (first, second, called) = (dice.pick(FIRST), dice.pick(SECOND), dice.pick(CALLED));
    let number = dice.between(0, 1000);
    match dice.between(0, 12) {
        0..3 => format!("{first}{second}"),
        3..5 => format!("{first} {second}"),
        5 => format!("{}_{}", first.to_lowercase(), second.to_lowercase()),
        6 => format!("xX_{second}_Xx"),
        7 => format!("{called}{number}"),
        8 => format!("{called} the {}", second.to_lowercase()),
        9 => format!("[{}] {called}", second.to_uppercase()),
        10 => format!("{second}{number}"),
        _ => called.to_owned(),
    }
}

/// The name a hiding server invents for a connection.
pub(super) fn invented(dice: &mut Dice) -> &'static str {
    dice.pick(INVENTED)
}

#[cfg(test)]
mod tests {
    use super::STRANGE;

    #[test]
    fn one_name_fills_the_field_to_its_last_character() {
        assert!(STRANGE.iter().any(|name| name.chars().count() == 32));
    }
}
