//! Stories of a tampered client: custom ids that nobody was offered, sent by somebody without rights and by somebody of
//! another guild. They are refused or answered harmlessly, in time, and change nothing.

#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::collections::BTreeSet;

use rustops::{clock::Clock as _, domain::export::Export, sim::cast};

use crate::{
    fake_discord::{Guild, Member, Pending},
    stage::{Stage, says},
};

/// How ids are written and read; every first letter has to be tried here.
const SYNTAX: &str = include_str!("../../src/discord/components.rs");

/// Something that is sent.
#[derive(Clone, Debug)]
enum Forged {
    Press(String),
    Pick(String, String),
    Form(String, &'static str),
}

impl Forged {
    fn id(&self) -> &str {
        match self {
            Self::Press(id) | Self::Pick(id, _) | Self::Form(id, _) => id,
        }
    }

    fn sent(&self, who: &Member, on: &crate::fake_discord::Reply) -> Pending {
        match self {
            Self::Press(id) => who.forges_press(on, id, None),
            Self::Pick(id, value) => who.forges_press(on, id, Some(value)),
            Self::Form(id, text) => who.forges_form(on, id, text),
        }
    }
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.is_empty() {
        digits.push(char::from_digit((number % 36).try_into().unwrap(), 36).unwrap());
        number /= 36;
    }
    digits.iter().rev().collect()
}

/// Every form of an id, for groups and boards with these numbers, with tickets of `askers` until `until`, and for what is
/// kept in memory under `stamps`.
fn every_press(askers: &[u64], until: u64, numbers: &[u64], stamps: &[u64]) -> Vec<Forged> {
    use Forged::{Form, Pick, Press};
    let (player, member) = (base36(cast::CHENNY_BOUNCE.id), cast::BLUEPRINT_HERE.id.to_string());
    let mut all = vec![
        Press("1:n".to_owned()),
        Press(format!("1:r:p{player}")),
        Press(format!("1:r:t{player}")),
        Press(format!("1:p:t{player}:0:7")),
        Press(format!("1:p:t{player}:0:{}", u64::MAX)),
        Press(format!("1:l:{player}:7")),
        Press(format!("1:l:{player}:{}", u64::MAX)),
        Press("1:r:g".to_owned()),
        Press("1:r:a".to_owned()),
        Press("1:r:h".to_owned()),
        Press("1:r:o".to_owned()),
        Press(format!("1:g:{player}")),
        Form("1:m:+:Forged".to_owned(), "ChennyBounce"),
    ];
    for number in numbers.iter().map(|number| base36(*number)) {
        all.extend([
            Press(format!("1:r:c{number}")),
            Press(format!("1:r:s{number}")),
            Press(format!("1:r:b{number}")),
            Press(format!("1:p:c{number}:0:1")),
            Press(format!("1:p:s{number}:0:1")),
            Press(format!("1:p:b{number}:0:1")),
            Press(format!("1:b:{number}")),
            Press(format!("1:o:{number}")),
            Form(format!("1:m:#:{number}"), "ChennyBounce"),
        ]);
    }
    for stamp in stamps.iter().map(|stamp| base36(*stamp)) {
        for report in ["o", "g", "a", "h", "c1", "p1"] {
            all.push(Press(format!("1:p:{report}:{stamp}:0")));
        }
    }
    // A ticket is used up, so that each press has its own.
    let mut until = until;
    for asker in askers {
        let mut ticket = || {
            until += 1;
            format!("{}:{}", base36(*asker), base36(until))
        };
        all.push(Press(format!("1:k:{}", ticket())));
        for (question, choice) in [
            ("s", "2844511"),
            ("a:+:Forged", &*member),
            ("c", &member),
            ("f", &member),
            ("t", &member),
            ("s", "nonsense~7"),
            ("f", "~~"),
        ] {
            all.push(Pick(format!("1:q:{}:{question}", ticket()), choice.to_owned()));
        }
        all.push(Pick(format!("1:i:{}:p:{player}", ticket()), "new".to_owned()));
        all.push(Form(format!("1:w:{}:p:{player}", ticket()), "Forged"));
        for stamp in stamps.iter().map(|stamp| base36(*stamp)) {
            all.push(Press(format!("1:f:{}:{stamp}", ticket())));
            all.push(Pick(format!("1:i:{}:k:{stamp}", ticket()), "1".to_owned()));
            all.push(Form(format!("1:w:{}:k:{stamp}", ticket()), "Forged"));
        }
        for number in numbers {
            let code = base36(*number);
            all.push(Press(format!("1:d:{}:{code}", ticket())));
            all.push(Pick(format!("1:q:{}:p:{code}", ticket()), "2844511".to_owned()));
            all.push(Pick(format!("1:q:{}:a:#:{code}", ticket()), member.clone()));
            all.push(Pick(format!("1:q:{}:r:{code}", ticket()), member.clone()));
            all.push(Pick(format!("1:i:{}:p:{player}", ticket()), number.to_string()));
        }
    }
    all
}

/// Ids that are none, or of another version.
fn garbage() -> Vec<Forged> {
    let long = format!("1:m:+:{}", "x".repeat(94));
    let ids = [
        ":",
        "1",
        "1:",
        "1::",
        "n",
        "0:n",
        "2:r:h",
        "1:r",
        "1:r:",
        "1:r:c",
        "1:r:c0",
        "1:r:c!",
        "1:r:cZZ",
        "1:d:1",
        "1:d:1:1",
        "1:q:1:1:z",
        "1:r:h:h",
        "1:x:y",
        "1:p:h:1",
        "1:p:h:1:-1",
        "1:g:zzzzzzzzzzzzzz",
        "1:m:#:0",
        "1:m:+:",
        "1:i:1:1:x:1",
        "\u{202e}1:n",
        "1:\u{0}",
        "'; DROP TABLE groups; --",
        &long,
    ];
    let each = |id: &&str| {
        let id = (*id).to_owned();
        [Forged::Press(id.clone()), Forged::Pick(id.clone(), "1".to_owned()), Forged::Form(id, "ChennyBounce")]
    };
    ids.iter().flat_map(each).collect()
}

/// Two guilds with groups and boards, Purple clan's guarded; what is kept of it; the numbers of all of them; and the numbers
/// under which something may be kept in memory.
async fn two_guilds(stage: &Stage) -> (Guild, Guild, Export, Vec<u64>) {
    let (purple, ann) = stage.clan().await;
    stage.tracks(&ann, "Hidden Base", &[cast::BLUEPRINT_HERE, cast::BLUEPRINT_AWAY]).await;
    stage.tracks(&ann, "Scouted", &[cast::CHENNY_BOUNCE]).await;
    says(&ann.types("/group board group:Hidden Base").await, "Board put up");
    purple.role("Scouts");
    let max = purple.member("Max").manager();
    says(&max.types("/rustops settings changers:@Scouts").await, "@Scouts");
    let red = stage.discord.guild("Red clan");
    let rex = red.member("Rex");
    says(&rex.types("/server set name:2844510").await, "Server set");
    stage.tracks(&rex, "Prey", &[cast::TEE_HIGGINS]).await;
    says(&rex.types("/group board group:Prey").await, "Board put up");
    // These are kept in memory until somebody answers.
    says(&max.types("/rustops forget player:ChennyBounce").await, "Forget ChennyBounce?");
    says(&rex.uses_on_message("Track players", &rex, "Tee Higgins").await, "which group");
    let before = stage.kept(&purple).await;
    (purple, red, before, (1..=4).chain([999]).collect())
}

/// The numbers that things kept in memory have: the milliseconds of their instant, or of those after it.
fn stamps(stage: &Stage) -> Vec<u64> {
    let now: u64 = stage.clock.now().as_millisecond().try_into().unwrap();
    (now..now + 12).collect()
}

/// Sends it and waits for all that is said.
async fn told(stage: &Stage, who: &Member, forged: &Forged) -> String {
    let list = who.types("/group list").await;
    let pending = forged.sent(who, &list);
    let reply = pending.final_answer().await;
    assert!(!reply.failed(), "{forged:?} was not answered in time");
    let text = reply.text();
    // What is told to the asker alone comes after that.
    if text.starts_with("(the answer was deleted)") {
        stage.discord.wait_until(|_| !reply.followups().is_empty()).await;
    }
    let more: Vec<_> = reply.followups().iter().map(|message| message.text()).collect();
    format!("{text}\n{}", more.join("\n"))
}

#[test]
fn every_form_of_an_id_is_tried() {
    let arms = SYNTAX.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => Self::"));
    let known: BTreeSet<&str> = arms.map(|(letter, _)| letter).collect();
    let tried = every_press(&[1], 1, &[1], &[1]);
    let tried: BTreeSet<&str> = tried.iter().filter_map(|forged| forged.id().split(':').nth(1)).collect();
    assert_eq!(tried, known);
    assert!(known.len() > 10, "{known:?}");
}

#[tokio::test]
async fn somebody_without_rights_changes_nothing_by_any_press() {
    let stage = Stage::open().await;
    let (purple, _, before, numbers) = two_guilds(&stage).await;
    let (ben, max) = (purple.member("Ben").without_rights(), purple.member("Max"));
    let until = u64::try_from(stage.clock.now().as_millisecond()).unwrap() + 30_000;
    let presses = every_press(&[ben.id(), max.id()], until, &numbers, &stamps(&stage));
    for forged in presses.iter().chain(&garbage()) {
        let told = told(&stage, &ben, forged).await;
        assert!(!told.contains("Prey"), "{forged:?} tells of another guild:\n{told}");
        assert!(!told.contains("Something went wrong"), "{forged:?}\n{told}");
        assert_eq!(stage.kept(&purple).await, before, "{forged:?}\n{told}");
    }
}

#[tokio::test]
async fn somebody_of_another_guild_reaches_nothing_by_any_press() {
    let stage = Stage::open().await;
    let (purple, red, before, numbers) = two_guilds(&stage).await;
    let (rex, max) = (red.member("Rex").manager(), purple.member("Max"));
    let until = u64::try_from(stage.clock.now().as_millisecond()).unwrap() + 30_000;
    for forged in every_press(&[rex.id(), max.id()], until, &numbers, &stamps(&stage)) {
        let told = told(&stage, &rex, &forged).await;
        for private in ["Hidden Base", "Scouted", "@Scouts"] {
            assert!(!told.contains(private), "{forged:?} tells of another guild:\n{told}");
        }
    }
    let after = stage.kept(&purple).await;
    assert_eq!(after, before);
}
