//! Names and descriptions of commands in other languages than English.
//!
//! Only the table and how it is applied. Replies are worded in [`crate::view`].

use std::borrow::Cow;

use super::super::talk::{Talk, Trouble};

/// One command in one language.
pub(super) struct Translation {
    /// Discord's name of the language: <https://discord.com/developers/docs/reference#locales>.
    pub(super) locale: &'static str,
    /// The command's whole English name: `group check`.
    pub(super) command: &'static str,
    /// The last word of its name in that language.
    pub(super) name: &'static str,
    /// Its description in that language, at most 100 characters.
    pub(super) description: &'static str,
}

/// Nothing is translated yet. Names are as fixed as the English ones, so they want a speaker's care.
pub(super) const TRANSLATIONS: &[Translation] = &[];

/// Puts the translations beside the English.
pub(super) fn apply(commands: &mut [poise::Command<Talk, Trouble>], translations: &[Translation]) {
    for command in commands {
        for translation in translations.iter().filter(|translation| translation.command == command.qualified_name) {
            let entry = |text| (Cow::Borrowed(translation.locale), Cow::Borrowed(text));
            command.name_localizations.to_mut().push(entry(translation.name));
            command.description_localizations.to_mut().push(entry(translation.description));
        }
        apply(&mut command.subcommands, translations);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_translation_stands_beside_the_english_name() {
        let mut commands = super::super::options().commands;
        let german = Translation {
            locale: "de",
            command: "group check",
            name: "zeigen",
            description: "Wer online ist und wann die anderen zuletzt da waren",
        };
        apply(&mut commands, &[german]);
        let listed = crate::discord::register::wanted(&commands).unwrap();
        let group = listed.iter().find(|command| command["name"] == "group").unwrap();
        let check = group["options"].as_array().unwrap().iter().find(|one| one["name"] == "check").unwrap();
        assert_eq!(check["name_localizations"]["de"], "zeigen");
        assert_eq!(check["description_localizations"]["de"], "Wer online ist und wann die anderen zuletzt da waren");
    }
}
