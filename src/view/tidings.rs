//! What the bot tells by itself: problems with the next step, and their end.
//!
//! Only wording; to whom it goes is known elsewhere.

use super::{
    board,
    card::{Card, Tone, code, link, name, plain, text},
    changes::board_of,
    command::Command,
    notice, words,
};
use crate::domain::tidings::Tidings;

/// The message.
pub fn card(tidings: &Tidings) -> Card {
    match tidings {
        Tidings::WatchRefused { trouble } => {
            Card::new(Tone::Bad, text!["Nothing can be watched: ", plain(words::trouble(trouble))])
                .line(notice::trouble_line(trouble))
                .line(text!["Until then nobody is called offline. It goes on by itself once this is mended."])
        }
        Tidings::WatchResumed => {
            Card::new(Tone::Good, text!["BattleMetrics answers again"]).line(text!["The servers are watched again."])
        }
        Tidings::BoardStuck { group, channel, problem } => Card::new(Tone::Caution, text!["A board cannot be updated"])
            .line(board::stuck(group.as_deref(), *channel, problem))
            .line(board::unstick()),
        Tidings::NewRelease { version, page } => {
            let mut line = text!["This bot is ", name(env!("CARGO_PKG_VERSION")), "."];
            if let Some(page) = page {
                line.extend(text![" ", link("What is new", page.clone())]);
            }
            Card::new(Tone::Plain, text!["RustOps ", name(version), " is out"]).line(line).line(text![
                "Whoever runs the bot can switch this note off: ",
                code("release_url = \"off\""),
                "."
            ])
        }
        Tidings::BoardLost { group } => {
            let mut line = text!["The channel of the "];
            line.extend(board_of(group.as_deref()));
            line.extend(text![" was deleted. Put it up elsewhere with ", Command::GroupBoard, "."]);
            Card::new(Tone::Quiet, text!["A board is gone"]).line(line)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{board::Problem, ids::ChannelId, trouble::TroubleKind},
        view::{card::Face, samples},
    };

    #[test]
    fn each_says_what_to_do() {
        let channel = ChannelId::new(77).unwrap();
        let group = || Some("Purple Base".to_owned());
        let stuck = |group, missing| Tidings::BoardStuck { group, channel, problem: Problem::Forbidden { missing } };
        let all = [
            Tidings::WatchRefused { trouble: samples::trouble(TroubleKind::TokenRefused) },
            Tidings::WatchRefused { trouble: samples::trouble(TroubleKind::NoSubscription) },
            Tidings::WatchResumed,
            stuck(group(), vec!["View Channel".to_owned(), "Send Messages".to_owned()]),
            stuck(None, Vec::new()),
            Tidings::BoardLost { group: group() },
            Tidings::NewRelease {
                version: "9.0.1".to_owned(),
                page: Some("https://example.com/releases/tag/v9.0.1".to_owned()),
            },
        ];
        let told: Vec<_> = all.iter().map(|one| samples::sketch(&card(one), Face::Discord)).collect();
        insta::assert_snapshot!(told.join("\n\n"), @r#"
        Bad | Nothing can be watched: BattleMetrics refused the token
        BattleMetrics refused the token. Whoever runs the bot: make one at https://www.battlemetrics.com/developers and set it as battlemetrics_token.
        Until then nobody is called offline. It goes on by itself once this is mended.

        Bad | Nothing can be watched: no BattleMetrics subscription
        No BattleMetrics subscription. Whoever runs the bot: subscribe the token's account at https://www.battlemetrics.com/subscription; the Basic plan should do.
        Until then nobody is called offline. It goes on by itself once this is mended.

        Good | BattleMetrics answers again
        The servers are watched again.

        Caution | A board cannot be updated
        The board of Purple Base in channel 77: the bot lacks View Channel, Send Messages.
        Allow that in the channel's settings, and it goes on by itself; or put it elsewhere with /group board.

        Caution | A board cannot be updated
        The board of all groups in channel 77: Discord refuses it.
        Allow that in the channel's settings, and it goes on by itself; or put it elsewhere with /group board.

        Quiet | A board is gone
        The channel of the board of Purple Base was deleted. Put it up elsewhere with /group board.

        Plain | RustOps 9.0.1 is out
        This bot is 0.1.0. What is new https://example.com/releases/tag/v9.0.1
        Whoever runs the bot can switch this note off: release_url = "off".
        "#);
    }
}
