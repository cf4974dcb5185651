//! The hand-made cast: the servers and people that stories and the demo call by name, and what they did around the
//! beginning of the world.
//!
//! Numbers here are promises to stories. Everybody who has no part in a story is made up in `people.rs`.

/// One hand-made person.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// BattleMetrics player id.
    pub id: u64,
    /// Name in the game.
    pub name: &'static str,
    /// SteamID64.
    pub steam: u64,
    /// Last part of the profile URL, for those who chose one.
    pub vanity: Option<&'static str>,
}

const fn person(id: u64, name: &'static str, account: u64) -> Person {
    Person { id, name, steam: 76_561_197_960_265_728 + account, vanity: None }
}

/// `Rusty Moose |US Monthly|`, the server of the cast: 200 places.
pub const RUSTY_MOOSE: u64 = 2_844_510;
/// `Rusty Moose |US Monthly Small|`, named nearly alike.
pub const RUSTY_MOOSE_SMALL: u64 = 2_844_511;
/// `Rusty Moose |US Monthly|` of another game: nobody who asks for Rust servers may see it.
pub const RUSTY_MOOSE_OF_ANOTHER_GAME: u64 = 1_904_417;
/// Two servers with exactly the same name, at different addresses.
pub const NAMESAKES: [u64; 2] = [11_204_873, 11_204_991];
/// 300 places, most of them taken of an evening.
pub const CROWDED: u64 = 9_565_288;
/// Hides its players: invented names, a fresh player id at each connection.
pub const HIDDEN: u64 = 14_770_236;
/// Said to be online, but not queried for nine hours: its roster stands still.
pub const FROZEN: u64 = 6_023_341;
/// Offline since two hours before the beginning.
pub const OFFLINE: u64 = 7_318_402;
/// Dead for twenty days.
pub const DEAD: u64 = 433_754;
/// Its `rust_last_wipe` is four months older than `rust_born`.
pub const WRONG_WIPE: u64 = 5_512_096;
/// A server whose name holds a colon.
pub const COLON: u64 = 18_301_127;
/// A server without `details`, country, rank and location.
pub const BARE: u64 = 812_365;

/// On [`RUSTY_MOOSE`] since 2 h 13 min; stays for three hours. Also the one with a vanity name.
pub const CHENNY_BOUNCE: Person =
    Person { vanity: Some("chennybounce"), ..person(1_034_857_211, "ChennyBounce", 98_214_377) };
/// On since 47 min; stays for an hour and a half.
pub const BOAT_ENJOYER: Person = person(1_102_330_918, "Boat Enjoyer", 231_009_846);
/// Joined 40 s ago under a name that is a question mark; stays for two hours.
pub const QUESTION: Person = person(1_167_402_553, "?", 1_204_566_301);
/// Left 8 h 19 min ago; comes back after 30 min.
pub const TEE_HIGGINS: Person = person(998_120_467, "Tee Higgins", 61_830_222);
/// Left 22 h ago.
pub const HIDE_VEST_ENTHUSIAST: Person = person(1_088_643_109, "Hide Vest Enthusiast", 402_117_935);
/// Left three days ago; the name (U+1CBC) has no printable character.
pub const UNPRINTABLE: Person = person(1_140_975_386, "\u{1cbc}", 877_450_118);
/// Lives on [`CROWDED`] and never played on [`RUSTY_MOOSE`].
pub const SLEEPY: Person = person(1_021_556_740, "Sleepy", 145_390_067);

/// The seven of the team "Purple Base".
pub const PURPLE_BASE: [Person; 7] =
    [CHENNY_BOUNCE, BOAT_ENJOYER, QUESTION, TEE_HIGGINS, HIDE_VEST_ENTHUSIAST, UNPRINTABLE, SLEEPY];

/// On since 3 h 40 min under a name that would ring everybody.
pub const EVERYONE: Person = person(1_055_210_834, "@everyone", 300_418_552);
/// On since 12 min under a name that looks like a mention.
pub const MENTION: Person = person(1_175_939_402, "<@123>", 1_533_702_914);
/// Left an hour ago; the name is markdown.
pub const MARKDOWN: Person = person(1_120_774_651, "**free** [skins](http://evil)", 509_226_043);
/// Left 20 h ago; the name turns the reading direction round.
pub const BACKWARDS: Person = person(1_093_318_275, "\u{202e}tfiwS`", 2_114_873_360);
/// Left five days ago; the name holds terminal escapes.
pub const ESCAPE: Person = person(1_148_006_197, "\u{1b}[31mred\u{1b}[0m | alert", 2_891_004_727);

/// The five of the team "Red Roof", whose names are hostile.
pub const RED_ROOF: [Person; 5] = [EVERYONE, MENTION, MARKDOWN, BACKWARDS, ESCAPE];

/// On since 65 min, and carries the same name as [`BLUEPRINT_AWAY`].
pub const BLUEPRINT_HERE: Person = person(1_009_438_862, "Blueprint", 77_540_981);
/// Left two days ago, and carries the same name as [`BLUEPRINT_HERE`].
pub const BLUEPRINT_AWAY: Person = person(1_161_227_030, "Blueprint", 1_087_335_216);

/// Where somebody of the cast plays: server, then coming and going in seconds from the beginning of the world.
pub(super) type Part = (u64, i64, i64);

/// How long before the beginning the written parts replace natural life, in seconds.
pub(super) const WRITTEN_BEFORE: i64 = 6 * DAY;
/// How long after the beginning natural life takes over again, in seconds.
pub(super) const WRITTEN_AFTER: i64 = 8 * HOUR;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// One crew of the cast: the home server of each and what each did around the beginning, oldest first.
pub(super) type Crew = &'static [(Person, u64, &'static [Part])];

/// Everybody of the cast by crew. Who has no part lives naturally all the time.
pub(super) const CREWS: &[Crew] = &[
    &[
        (
            CHENNY_BOUNCE,
            RUSTY_MOOSE,
            &[
                (RUSTY_MOOSE, -5 * DAY - 2 * HOUR, -5 * DAY + 2 * HOUR),
                (RUSTY_MOOSE, -3 * DAY - 5 * HOUR, -3 * DAY - HOUR),
                (RUSTY_MOOSE, -30 * HOUR, -23 * HOUR),
                (RUSTY_MOOSE, -2 * HOUR - 13 * MINUTE, 3 * HOUR),
            ],
        ),
        (
            BOAT_ENJOYER,
            RUSTY_MOOSE,
            &[(RUSTY_MOOSE, -28 * HOUR, -24 * HOUR), (RUSTY_MOOSE, -47 * MINUTE, HOUR + 30 * MINUTE)],
        ),
        (QUESTION, RUSTY_MOOSE, &[(RUSTY_MOOSE, -27 * HOUR, -25 * HOUR), (RUSTY_MOOSE, -40, 2 * HOUR)]),
        (
            TEE_HIGGINS,
            RUSTY_MOOSE,
            &[
                (RUSTY_MOOSE, -2 * DAY - 3 * HOUR, -2 * DAY),
                (RUSTY_MOOSE, -14 * HOUR, -8 * HOUR - 19 * MINUTE),
                (RUSTY_MOOSE, 30 * MINUTE, 4 * HOUR),
            ],
        ),
        (HIDE_VEST_ENTHUSIAST, RUSTY_MOOSE, &[(RUSTY_MOOSE, -29 * HOUR, -22 * HOUR)]),
        (UNPRINTABLE, RUSTY_MOOSE, &[(RUSTY_MOOSE, -3 * DAY - 4 * HOUR, -3 * DAY)]),
    ],
    &[(SLEEPY, CROWDED, &[])],
    &[
        (EVERYONE, RUSTY_MOOSE, &[(RUSTY_MOOSE, -26 * HOUR, -21 * HOUR), (RUSTY_MOOSE, -220 * MINUTE, 2 * HOUR)]),
        (MENTION, RUSTY_MOOSE, &[(RUSTY_MOOSE, -26 * HOUR, -22 * HOUR), (RUSTY_MOOSE, -12 * MINUTE, 3 * HOUR)]),
        (MARKDOWN, RUSTY_MOOSE, &[(RUSTY_MOOSE, -5 * HOUR, -HOUR)]),
        (BACKWARDS, RUSTY_MOOSE, &[(RUSTY_MOOSE, -25 * HOUR, -20 * HOUR)]),
        (ESCAPE, RUSTY_MOOSE, &[(RUSTY_MOOSE, -5 * DAY - 3 * HOUR, -5 * DAY)]),
    ],
    &[(BLUEPRINT_HERE, RUSTY_MOOSE, &[(RUSTY_MOOSE, -65 * MINUTE, 2 * HOUR)])],
    &[(BLUEPRINT_AWAY, RUSTY_MOOSE, &[(RUSTY_MOOSE, -2 * DAY - 4 * HOUR, -2 * DAY)])],
];
