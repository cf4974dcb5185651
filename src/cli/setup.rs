//! The conversation of `rustops setup`: asks for each secret, has it proven at once, writes what works.
//!
//! What a proof means is worded in `operate`; how a file is edited, in `config`. A secret that was typed is shown nowhere.

use std::{collections::BTreeMap, io};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{act::Exit, args::SetupFlags, health, json, terminal::Terminal};
use crate::{
    config::{self, Config, ConfigError, Origin, edit},
    domain::trouble::TroubleKind,
    operate::{
        Check,
        prove::{Proof, Services, Whose},
    },
};

/// A conversation under way.
struct Setup<'a> {
    config: &'a Config,
    services: &'a Services,
    flags: SetupFlags,
    /// The link that brings an application's bot into a guild.
    invite: fn(u64) -> String,
    terminal: &'a mut Terminal,
    asks: bool,
    /// What will be written, by key.
    new: BTreeMap<&'static str, SecretString>,
    checks: Vec<Check>,
    invitation: Option<String>,
}

/// How one secret ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ended {
    Fine,
    Unproven,
    /// Right, but of no use yet: no subscription, no permission.
    Refused,
    /// Not a secret of this service.
    Mistyped,
}

/// Asks, or takes what flags and environment give where nobody can be asked; proves; writes.
///
/// # Errors
/// When the terminal cannot be written or read.
pub async fn setup(
    config: &Config,
    services: &Services,
    flags: SetupFlags,
    invite: fn(u64) -> String,
    terminal: &mut Terminal,
) -> io::Result<Exit> {
    let asks = terminal.interactive() && !flags.non_interactive;
    let new = BTreeMap::new();
    let mut setup =
        Setup { config, services, flags, invite, terminal, asks, new, checks: Vec::new(), invitation: None };
    for fault in &config.faults {
        setup.terminal.warn(&format!("{fault} It counts as not set."))?;
    }
    let nothing_given = Whose::ALL.iter().all(|whose| whose.of(config).is_none());
    if !asks && nothing_given {
        return setup.terminal.usage(
            "There is nobody to ask and nothing was given. Give --discord-token-file FILE, --battlemetrics-token-file FILE \
             or their environment variables (see: rustops setup --help).",
        );
    }
    if let Err(error) = edit::try_out(&config.config_file) {
        setup.terminal.usage(&error.to_string())?;
        return Ok(Exit::Refused);
    }
    if asks {
        let file = config.config_file.display();
        setup
            .terminal
            .line(&format!("RustOps writes {file}. Nothing is written before the end; leave with Ctrl-C or Ctrl-D."))?;
    }
    let mut worst = Ended::Fine;
    for whose in Whose::ALL {
        let ended = if setup.asks { setup.ask(whose).await } else { setup.take(whose).await };
        match ended {
            Ok(ended) => worst = worst.max(ended),
            // Ctrl-D: whoever asks for no more leaves.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                setup.terminal.line("")?;
                return setup.told(false, Exit::Refused);
            }
            Err(error) => return Err(error),
        }
    }
    setup.end(worst)
}

impl Setup<'_> {
    /// Asks for one secret until it works, is left out or cannot be proven now.
    async fn ask(&mut self, whose: Whose) -> io::Result<Ended> {
        self.terminal.line(&introduction(whose))?;
        let present = whose.of(self.config).cloned();
        let from = self.config.told.get(whose.key()).map(|told| told.from.to_string()).unwrap_or_default();
        let otherwise = match &present {
            Some(_) => format!("Enter keeps the one from {from}"),
            None => "Enter leaves it out".to_owned(),
        };
        loop {
            let prompt = format!("{} (not shown as you type; {otherwise}): ", capital(whose.secret()));
            let typed = SecretString::from(tidied(whose, self.terminal.ask_hidden(&prompt)?.expose_secret()));
            let (secret, is_new) = match (typed.expose_secret().is_empty(), &present) {
                (false, _) => (typed, true),
                (true, Some(present)) => (present.clone(), false),
                (true, None) => return Ok(Ended::Fine),
            };
            if !secret.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
                self.terminal.line("  That holds blanks or special letters, which no token has. Copy it again.")?;
                continue;
            }
            let (ended, check) = self.prove(whose, &secret).await;
            self.terminal.line(&health::line(&check, 0))?;
            if is_new && ended == Ended::Mistyped {
                self.terminal.line("  Try another one, or go on with Enter.")?;
                continue;
            }
            self.checks.push(check);
            self.keep(whose, secret, is_new);
            return Ok(ended);
        }
    }

    /// Takes one secret as it was given.
    async fn take(&mut self, whose: Whose) -> io::Result<Ended> {
        let Some(secret) = whose.of(self.config).cloned() else { return Ok(Ended::Fine) };
        let (ended, check) = self.prove(whose, &secret).await;
        if !self.terminal.json {
            self.terminal.line(&health::line(&check, 0))?;
        }
        self.checks.push(check);
        self.keep(whose, secret, false);
        Ok(ended)
    }

    async fn prove(&mut self, whose: Whose, secret: &SecretString) -> (Ended, Check) {
        if self.flags.offline {
            return (Ended::Fine, Check::unproven(whose.name()));
        }
        let proof = self.services.prove(whose, secret.clone()).await;
        let ended = match &proof {
            Proof::Works(bot) => {
                self.invitation = bot.as_ref().map(|bot| (self.invite)(bot.application)).or(self.invitation.take());
                Ended::Fine
            }
            Proof::Fails(TroubleKind::TokenRefused) => Ended::Mistyped,
            Proof::Fails(_) if proof.refused() => Ended::Refused,
            Proof::Fails(_) => Ended::Unproven,
        };
        (ended, proof.check(whose))
    }

    /// Has a secret written that was typed, or that came from where the bot will not find it again.
    fn keep(&mut self, whose: Whose, secret: SecretString, is_new: bool) {
        let from = self.config.told.get(whose.key()).map(|told| &told.from);
        if is_new || matches!(from, Some(Origin::Flag(_) | Origin::Environment(_))) {
            self.new.insert(whose.key(), secret);
        }
    }

    fn end(mut self, worst: Ended) -> io::Result<Exit> {
        // A person has seen what is wrong and has chosen; a script has not.
        if worst >= Ended::Refused && !self.asks {
            return self.told(false, Exit::Refused);
        }
        if self.asks {
            // What could not be used has been asked for; it shall not be in the bot's way.
            for fault in &self.config.faults {
                if let ConfigError::BadValue { key, .. } = fault {
                    self.new.entry(key).or_insert_with(|| "".into());
                }
            }
        }
        if self.flags.system {
            self.new.insert("data_dir", config::SYSTEM_DATA.into());
        }
        let missing = !self.config.config_file.exists();
        if missing || !self.new.is_empty() {
            let values: Vec<_> = std::mem::take(&mut self.new).into_iter().collect();
            if let Err(error) = edit::set(&self.config.config_file, &values) {
                self.terminal.usage(&error.to_string())?;
                return Ok(Exit::Refused);
            }
        }
        self.told(true, if worst == Ended::Unproven { Exit::Outside } else { Exit::Done })
    }

    fn told(&mut self, written: bool, exit: Exit) -> io::Result<Exit> {
        let file = self.config.config_file.display().to_string();
        if self.terminal.json {
            let report = json!({
                "config_file": file, "written": written, "checks": self.checks, "invitation": self.invitation,
            });
            let line = json::report("setup", &report)?;
            self.terminal.line(&line)?;
            return Ok(exit);
        }
        if !written {
            self.terminal.warn("Nothing was written.")?;
            return Ok(exit);
        }
        self.terminal.line(&format!("\n{file} is written; only you can read it."))?;
        if let Some(invitation) = &self.invitation {
            self.terminal.line(&format!("Invite the bot to your Discord server:\n  {invitation}"))?;
        }
        self.terminal
            .line(next_step(self.flags.system, self.config.discord_token.is_some() || self.invitation.is_some()))?;
        Ok(exit)
    }
}

fn next_step(system: bool, has_bot: bool) -> &'static str {
    match (system, has_bot) {
        (_, false) => "Next: rustops server set NAME (without a bot token, RustOps works in the terminal alone).",
        (true, true) => "Next: sudo rustops service install",
        (false, true) => "Next: rustops run tries it; rustops service install --user has it start with the machine.",
    }
}

fn introduction(whose: Whose) -> String {
    let (name, page) = (whose.name(), whose.page());
    let how = match whose {
        Whose::Discord => "The bot itself. New Application → Bot → Reset Token → Copy. No privileged intent is needed.",
        Whose::BattleMetrics => {
            "Who is online. New Token, without any scope. The account needs a subscription; the smallest will do."
        }
        Whose::Steam => "Optional: finds players by Steam links that hold a name. Any domain name will do.",
    };
    format!("\n{name}: {page}\n  {how}")
}

/// What was pasted, without what comes along when one copies carelessly.
fn tidied(whose: Whose, text: &str) -> String {
    let text = text.trim().trim_matches(['"', '\'', '`']).trim();
    let prefix = match whose {
        Whose::Discord => "Bot ",
        Whose::BattleMetrics => "Bearer ",
        Whose::Steam => "Key: ",
    };
    text.strip_prefix(prefix).unwrap_or(text).trim().to_owned()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_out_of_what_was_copied_with_it() {
        for pasted in ["abc.def", " abc.def\n", "\"abc.def\"", "Bot abc.def", "`Bot abc.def` "] {
            assert_eq!(tidied(Whose::Discord, pasted), "abc.def", "{pasted:?}");
        }
        assert_eq!(tidied(Whose::BattleMetrics, "Bearer eyJ"), "eyJ");
        assert_eq!(tidied(Whose::Steam, ""), "");
    }
}
