//! Hostile answers, the same ones to every client: too large, too large once unpacked, too deep, too slow, and a redirect to
//! another host, which must not get the secret.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use wiremock::ResponseTemplate;

use super::{
    Discord, Options, Steam, releases,
    stage::{self, SECRET, Stage},
};
use crate::domain::{
    ids::SteamId,
    report::Purpose,
    trouble::{TroubleKind, Unreadable},
};

/// Everybody who asks somebody. BattleMetrics has stories of its own.
#[derive(Clone, Copy, Debug)]
enum Client {
    SteamNames,
    SteamVanity,
    Discord,
    Releases,
}

const ALL: [Client; 4] = [Client::SteamNames, Client::SteamVanity, Client::Discord, Client::Releases];

/// More than any of them takes.
const TOO_LARGE: usize = 5 << 20;

impl Client {
    async fn asks(self, options: Options) -> Option<TroubleKind> {
        match self {
            Self::SteamNames => {
                let somebody = SteamId::new(76_561_197_960_389_184).unwrap();
                let asked = Steam::new(options).unwrap().personas(&[somebody], Purpose::Person).await;
                asked.err().map(|trouble| trouble.kind)
            }
            Self::SteamVanity => {
                let asked = Steam::new(options).unwrap().resolve_vanity("alpha", Purpose::Person).await;
                asked.err().map(|trouble| trouble.kind)
            }
            Self::Discord => Discord::new(options).unwrap().who_am_i().await.err(),
            Self::Releases => releases::latest(&options.base).await.err(),
        }
    }

    /// What comes of this answer.
    async fn hears(self, answer: ResponseTemplate) -> Option<TroubleKind> {
        let stage = Stage::playing(vec![answer; 3]).await;
        let trouble = self.asks(stage.options()).await;
        assert!(!stage.requests().await.is_empty(), "{self:?} did not ask");
        trouble
    }
}

fn unreadable(what: Unreadable) -> Option<TroubleKind> {
    Some(TroubleKind::Unreadable { what })
}

#[tokio::test]
async fn too_much_is_not_read_to_its_end_packed_or_not() {
    let large = format!("{{\"data\":\"{}\"}}", "x".repeat(TOO_LARGE));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&vec![b' '; 50 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    let packed = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(packed);
    for client in ALL {
        for answer in [stage::status(200, &large), packed.clone()] {
            assert_eq!(client.hears(answer).await, unreadable(Unreadable::TooLarge), "{client:?}");
        }
    }
}

#[tokio::test]
async fn what_is_nested_too_deeply_is_named() {
    let deep = "[".repeat(100_000);
    for client in ALL {
        assert_eq!(client.hears(stage::status(200, &deep)).await, unreadable(Unreadable::TooDeep), "{client:?}");
    }
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let late = stage::status(200, "{}").set_delay(Duration::from_secs(60));
    // That of releases has a limit of its own, for which no test should wait.
    for client in [Client::SteamNames, Client::SteamVanity, Client::Discord] {
        let stage = Stage::playing(vec![late.clone(); 3]).await;
        let options = Options { timeout: Duration::from_millis(40), ..stage.options() };
        assert_eq!(client.asks(options).await, Some(TroubleKind::TimedOut), "{client:?}");
    }
}

#[tokio::test]
async fn no_secret_follows_a_redirect_to_another_host() {
    for client in ALL {
        for status in [301, 302, 303, 307, 308] {
            let target = Stage::playing([stage::status(200, "{}")]).await;
            let away = stage::status(status, "").insert_header("location", target.uri().as_str());
            let stage = Stage::playing([away]).await;
            let trouble = client.asks(stage.options()).await;
            assert!(trouble.is_some(), "{client:?} {status}");
            let asked = stage.requests().await;
            assert_eq!(asked.len(), 1, "{client:?} {status}");
            let told = format!("{} {:?}", asked[0].url, asked[0].headers);
            assert_eq!(told.contains(SECRET), !matches!(client, Client::Releases), "{client:?}");
            assert!(target.requests().await.is_empty(), "{client:?} followed a {status}");
        }
    }
}
