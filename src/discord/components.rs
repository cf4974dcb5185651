//! What buttons, menus and modals carry: their custom ids, written and read.
//!
//! An id is hostile until read, and nothing in it is trusted: whoever presses is looked at anew, groups are looked up
//! within the guild, rights are checked by the use case. What a press does is in [`super::presses`].

use crate::domain::{
    identity::MAX_GROUP_NAME,
    ids::{BoardId, GroupId, PlayerId, SteamId},
};

/// Changes with the form of the ids, so that those of an older version are told from broken ones.
const VERSION: &str = "1";

/// The longest id that Discord takes.
pub(super) const LONGEST: usize = 100;

/// What a list was made from, and can be made anew from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// A check of a group.
    Check(GroupId),
    /// A check of a player.
    Player(PlayerId),
    /// How long a player was on.
    PlayerHistory(PlayerId),
    /// How long the members of a group were on.
    GroupHistory(GroupId),
    /// A board.
    Board(BoardId),
    /// The groups.
    Groups,
    /// The record of changes.
    Changes,
    /// The list of commands.
    Help,
    /// The outcome of something that was done: it cannot be done again to see the list.
    Once,
}

/// Whose menu it is, and until when. Both together name a menu: no two are given the same hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    /// Milliseconds since 1970.
    pub(super) until: u64,
    /// A Discord user id.
    pub(super) asker: u64,
}

/// A group as a menu remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// One that was there.
    Known(GroupId),
    /// One that will be made, by its name.
    New(String),
}

impl Target {
    /// What the use cases take for a group.
    pub(super) fn input(&self) -> String {
        match self {
            Self::Known(id) => format!("group:{id}"),
            Self::New(name) => name.clone(),
        }
    }
}

/// What a menu asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Which server to set.
    Server,
    /// Which server to pin a group to.
    Pin(GroupId),
    /// Whom to add.
    Add(Target),
    /// Whom to remove.
    Remove(GroupId),
    /// Whom to tell about.
    Player,
    /// Whom to forget.
    Forget,
    /// Of whom to tell how long they were on.
    PlayerHistory,
}

/// Who is to be put into a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// One player.
    Player(PlayerId),
    /// Those of a message, kept in memory under this number.
    Kept(u64),
}

/// Everything that can be pressed, picked or sent off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// Looks again.
    Refresh(Report),
    /// Turns to a page of the card that is kept under `stamp`.
    Page { report: Report, stamp: u64, page: usize },
    /// Asks for the sessions of a player that are older than what was told at once, and shows the page.
    Older { player: PlayerId, page: usize },
    /// Says which page it is.
    PageNumber,
    /// A menu; the choice comes with the press.
    Pick(Ticket, Question),
    /// Deletes a group.
    Delete(Ticket, GroupId),
    /// Forgets whoever is kept in memory under this number.
    Forget(Ticket, u64),
    /// Does not.
    Keep(Ticket),
    /// Asks for a group to put a player into.
    Gather(PlayerId),
    /// The menu of groups; the choice comes with the press.
    Into(Ticket, Who),
    /// Shows all pages of a board to whoever wants to see them.
    More(BoardId),
    /// Takes a board away.
    Off(BoardId),
    /// A modal with the players for a group.
    Import(Target),
    /// A modal with the name of a group that is to be made.
    NewGroup(Ticket, Who),
}

impl Press {
    /// The custom id: at most [`LONGEST`] characters.
    pub(super) fn id(&self) -> String {
        let fields = match self {
            Self::Refresh(report) => format!("r:{}", report_field(*report)),
            Self::Page { report, stamp, page } => {
                format!("p:{}:{}:{}", report_field(*report), base36(*stamp), page)
            }
            Self::Older { player, page } => format!("l:{}:{}", base36(player.get()), page),
            Self::PageNumber => "n".to_owned(),
            Self::Pick(ticket, question) => format!("q:{}:{}", ticket_fields(*ticket), question_field(question)),
            Self::Delete(ticket, group) => format!("d:{}:{}", ticket_fields(*ticket), base36(group.get())),
            Self::Forget(ticket, stamp) => format!("f:{}:{}", ticket_fields(*ticket), base36(*stamp)),
            Self::Keep(ticket) => format!("k:{}", ticket_fields(*ticket)),
            Self::Gather(player) => format!("g:{}", base36(player.get())),
            Self::Into(ticket, who) => format!("i:{}:{}", ticket_fields(*ticket), who_field(*who)),
            Self::More(board) => format!("b:{}", base36(board.get())),
            Self::Off(board) => format!("o:{}", base36(board.get())),
            Self::Import(target) => format!("m:{}", target_field(target)),
            Self::NewGroup(ticket, who) => format!("w:{}:{}", ticket_fields(*ticket), who_field(*who)),
        };
        format!("{VERSION}:{fields}")
    }

    /// Reads a custom id; none when it is not one of ours, or of another version.
    pub(super) fn read(id: &str) -> Option<Self> {
        if id.len() > LONGEST * 4 {
            return None;
        }
        let (version, rest) = id.split_once(':')?;
        if version != VERSION {
            return None;
        }
        let mut fields = Fields(Some(rest));
        let press = match fields.next()? {
            "r" => Self::Refresh(fields.report()?),
            "p" => Self::Page { report: fields.report()?, stamp: fields.number()?, page: fields.next()?.parse().ok()? },
            "l" => Self::Older { player: PlayerId::new(fields.number()?)?, page: fields.next()?.parse().ok()? },
            "n" => Self::PageNumber,
            "q" => Self::Pick(fields.ticket()?, fields.question()?),
            "d" => Self::Delete(fields.ticket()?, GroupId::new(fields.number()?)?),
            "f" => Self::Forget(fields.ticket()?, fields.number()?),
            "k" => Self::Keep(fields.ticket()?),
            "g" => Self::Gather(PlayerId::new(fields.number()?)?),
            "i" => Self::Into(fields.ticket()?, fields.who()?),
            "b" => Self::More(BoardId::new(fields.number()?)?),
            "o" => Self::Off(BoardId::new(fields.number()?)?),
            "m" => Self::Import(fields.target()?),
            "w" => Self::NewGroup(fields.ticket()?, fields.who()?),
            _ => return None,
        };
        fields.0.is_none().then_some(press)
    }
}

fn report_field(report: Report) -> String {
    match report {
        Report::Check(group) => format!("c{}", base36(group.get())),
        Report::Player(player) => format!("p{}", base36(player.get())),
        Report::PlayerHistory(player) => format!("t{}", base36(player.get())),
        Report::GroupHistory(group) => format!("s{}", base36(group.get())),
        Report::Board(board) => format!("b{}", base36(board.get())),
        Report::Groups => "g".to_owned(),
        Report::Changes => "a".to_owned(),
        Report::Help => "h".to_owned(),
        Report::Once => "o".to_owned(),
    }
}

fn ticket_fields(ticket: Ticket) -> String {
    format!("{}:{}", base36(ticket.asker), base36(ticket.until))
}

fn question_field(question: &Question) -> String {
    match question {
        Question::Server => "s".to_owned(),
        Question::Pin(group) => format!("p:{}", base36(group.get())),
        Question::Add(target) => format!("a:{}", target_field(target)),
        Question::Remove(group) => format!("r:{}", base36(group.get())),
        Question::Player => "c".to_owned(),
        Question::Forget => "f".to_owned(),
        Question::PlayerHistory => "t".to_owned(),
    }
}

fn target_field(target: &Target) -> String {
    match target {
        Target::Known(group) => format!("#:{}", base36(group.get())),
        // A name comes last, since it may hold anything.
        Target::New(name) => format!("+:{name}"),
    }
}

fn who_field(who: Who) -> String {
    match who {
        Who::Player(player) => format!("p:{}", base36(player.get())),
        Who::Kept(stamp) => format!("k:{}", base36(stamp)),
    }
}

/// The number in digits and small letters.
fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

/// The rest of an id; none when nothing is left.
struct Fields<'a>(Option<&'a str>);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.take()?;
        match rest.split_once(':') {
            Some((field, rest)) => {
                self.0 = Some(rest);
                Some(field)
            }
            None => Some(rest),
        }
    }

    fn number(&mut self) -> Option<u64> {
        let field = self.next()?;
        let plain = !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        if plain { u64::from_str_radix(field, 36).ok() } else { None }
    }

    fn report(&mut self) -> Option<Report> {
        let field = self.next()?;
        let number = |rest: &'a str| Fields(Some(rest)).number();
        if let Some(group) = field.strip_prefix('c') {
            return Some(Report::Check(GroupId::new(number(group)?)?));
        }
        if let Some(player) = field.strip_prefix('p') {
            return Some(Report::Player(PlayerId::new(number(player)?)?));
        }
        if let Some(player) = field.strip_prefix('t') {
            return Some(Report::PlayerHistory(PlayerId::new(number(player)?)?));
        }
        if let Some(group) = field.strip_prefix('s') {
            return Some(Report::GroupHistory(GroupId::new(number(group)?)?));
        }
        if let Some(board) = field.strip_prefix('b') {
            return Some(Report::Board(BoardId::new(number(board)?)?));
        }
        match field {
            "g" => Some(Report::Groups),
            "a" => Some(Report::Changes),
            "h" => Some(Report::Help),
            "o" => Some(Report::Once),
            _ => None,
        }
    }

    fn ticket(&mut self) -> Option<Ticket> {
        let asker = self.number()?;
        Some(Ticket { until: self.number()?, asker })
    }

    fn question(&mut self) -> Option<Question> {
        match self.next()? {
            "s" => Some(Question::Server),
            "p" => Some(Question::Pin(GroupId::new(self.number()?)?)),
            "a" => Some(Question::Add(self.target()?)),
            "r" => Some(Question::Remove(GroupId::new(self.number()?)?)),
            "c" => Some(Question::Player),
            "f" => Some(Question::Forget),
            "t" => Some(Question::PlayerHistory),
            _ => None,
        }
    }

    fn target(&mut self) -> Option<Target> {
        match self.next()? {
            "#" => Some(Target::Known(GroupId::new(self.number()?)?)),
            "+" => {
                let name = self.0.take()?;
                let fits = (1..=MAX_GROUP_NAME).contains(&name.chars().count());
                fits.then(|| Target::New(name.to_owned()))
            }
            _ => None,
        }
    }

    fn who(&mut self) -> Option<Who> {
        match self.next()? {
            "p" => Some(Who::Player(PlayerId::new(self.number()?)?)),
            "k" => Some(Who::Kept(self.number()?)),
            _ => None,
        }
    }
}

/// The value of a menu's line: what to ask again with, and the Steam account that led to the question.
pub(super) fn choice_value(value: &str, steam: Option<SteamId>) -> String {
    match steam {
        Some(steam) => format!("{value}~{steam}"),
        None => value.to_owned(),
    }
}

/// Reads a menu's value.
pub(super) fn read_choice(value: &str) -> (&str, Option<SteamId>) {
    match value.split_once('~') {
        Some((value, steam)) => (value, steam.parse().ok()),
        None => (value, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = u64> {
        1..=i64::MAX.cast_unsigned()
    }

    fn target() -> impl Strategy<Value = Target> {
        prop_oneof![
            number().prop_map(|id| Target::Known(GroupId::new(id).unwrap())),
            "\\PC{1,64}".prop_map(Target::New),
            Just(Target::New("🟣".repeat(64))),
        ]
    }

    fn who() -> impl Strategy<Value = Who> {
        prop_oneof![number().prop_map(|id| Who::Player(PlayerId::new(id).unwrap())), any::<u64>().prop_map(Who::Kept)]
    }

    /// Times of this age: until the year 2286.
    fn ticket() -> impl Strategy<Value = Ticket> {
        (0..10_000_000_000_000_u64, number()).prop_map(|(until, asker)| Ticket { until, asker })
    }

    fn question() -> impl Strategy<Value = Question> {
        prop_oneof![
            Just(Question::Server),
            Just(Question::Player),
            Just(Question::PlayerHistory),
            number().prop_map(|id| Question::Pin(GroupId::new(id).unwrap())),
            number().prop_map(|id| Question::Remove(GroupId::new(id).unwrap())),
            target().prop_map(Question::Add),
        ]
    }

    fn report() -> impl Strategy<Value = Report> {
        prop_oneof![
            number().prop_map(|id| Report::Check(GroupId::new(id).unwrap())),
            number().prop_map(|id| Report::Player(PlayerId::new(id).unwrap())),
            number().prop_map(|id| Report::PlayerHistory(PlayerId::new(id).unwrap())),
            number().prop_map(|id| Report::GroupHistory(GroupId::new(id).unwrap())),
            number().prop_map(|id| Report::Board(BoardId::new(id).unwrap())),
            Just(Report::Groups),
            Just(Report::Changes),
            Just(Report::Help),
            Just(Report::Once),
        ]
    }

    fn press() -> impl Strategy<Value = Press> {
        prop_oneof![
            report().prop_map(Press::Refresh),
            (report(), any::<u64>(), 0..1000_usize).prop_map(|(report, stamp, page)| Press::Page {
                report,
                stamp,
                page
            }),
            (number(), 0..1000_usize).prop_map(|(id, page)| Press::Older { player: PlayerId::new(id).unwrap(), page }),
            Just(Press::PageNumber),
            (ticket(), question()).prop_map(|(ticket, question)| Press::Pick(ticket, question)),
            (ticket(), number()).prop_map(|(ticket, id)| Press::Delete(ticket, GroupId::new(id).unwrap())),
            ticket().prop_map(Press::Keep),
            number().prop_map(|id| Press::Gather(PlayerId::new(id).unwrap())),
            (ticket(), who()).prop_map(|(ticket, who)| Press::Into(ticket, who)),
            number().prop_map(|id| Press::More(BoardId::new(id).unwrap())),
            number().prop_map(|id| Press::Off(BoardId::new(id).unwrap())),
            target().prop_map(Press::Import),
            (ticket(), who()).prop_map(|(ticket, who)| Press::NewGroup(ticket, who)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(press in press()) {
            let id = press.id();
            prop_assert!(id.chars().count() <= LONGEST, "{id} is too long");
            prop_assert_eq!(Press::read(&id), Some(press));
        }

        #[test]
        fn nothing_that_anybody_makes_up_does_harm(id in "\\PC{0,120}", tail in "[0-9a-z:#+~]{0,40}") {
            Press::read(&id);
            for verb in ["r", "p", "l", "q", "d", "k", "g", "i", "b", "o", "m", "w"] {
                if let Some(press) = Press::read(&format!("1:{verb}:{tail}")) {
                    prop_assert_eq!(Press::read(&press.id()), Some(press));
                }
            }
        }
    }

    #[test]
    fn ids_of_another_version_and_of_strangers_are_not_ours() {
        let id = Press::Refresh(Report::Groups).id();
        assert_eq!(id, "1:r:g");
        for stranger in ["", "2:r:g", "1:r:g:x", "1:r", "r:g", "refresh", "1:d:a:b:0", "1:q:a:b:a:+:"] {
            assert_eq!(Press::read(stranger), None, "{stranger:?}");
        }
    }

    #[test]
    fn a_choice_remembers_the_steam_account_that_led_to_it() {
        let steam = SteamId::new(76_561_198_058_480_105).unwrap();
        assert_eq!(read_choice(&choice_value("1034857211", Some(steam))), ("1034857211", Some(steam)));
        assert_eq!(read_choice(&choice_value("member:7", None)), ("member:7", None));
    }
}
