//! The arithmetic of Steam accounts: one account number, written in half a dozen ways.
//!
//! No look-ups and no guessing: what a text is meant to be is decided in [`super::identity`].
//!
//! Layout of the 64-bit form, highest bits first: universe (8), type (4), instance (20), account (32). Source: Valve's
//! developer wiki, "SteamID"; the invite alphabet is from the library `xpaw/SteamID`.

use super::{ids::SteamId, notice::Wrong};

/// A person's account in the public universe, on the desktop: universe 1, type 1, instance 1.
const PERSON: u64 = 0x0110_0001_0000_0000;

/// The hexadecimal digits of an invite code, in order.
const INVITE_DIGITS: &[u8; 16] = b"bcdfghjkmnpqrtvw";

impl SteamId {
    /// The person with this account number; nobody has 0.
    pub const fn from_account(account: u32) -> Option<Self> {
        if account == 0 { None } else { Self::new(PERSON | account as u64) }
    }

    /// The account number: the lower half of the 64-bit form.
    pub const fn account(self) -> u32 {
        self.get() as u32
    }

    /// `STEAM_1:Y:Z`, where the account is `2 * Z + Y`.
    pub fn steam2(self) -> String {
        let account = self.account();
        format!("STEAM_1:{}:{}", account & 1, account >> 1)
    }

    /// `[U:1:account]`.
    pub fn steam3(self) -> String {
        format!("[U:1:{}]", self.account())
    }

    /// The code of `s.team/p/<code>`: the account number in hexadecimal with letters of its own, and a dash in the
    /// middle when there are more than three.
    pub fn invite(self) -> String {
        let hex = format!("{:x}", self.account());
        let dash = if hex.len() > 3 { hex.len() / 2 } else { 0 };
        let mut code = String::with_capacity(hex.len() + 1);
        for (at, digit) in hex.chars().enumerate() {
            if at > 0 && at == dash {
                code.push('-');
            }
            let letter = digit.to_digit(16).and_then(|value| INVITE_DIGITS.get(value as usize));
            code.extend(letter.map(|&letter| char::from(letter)));
        }
        code
    }

    /// Reads a number from `2^56` on as a 64-bit form. Another instance of a person's account is the same person.
    ///
    /// # Errors
    /// [`Wrong::SteamGroup`], [`Wrong::SteamGameServer`], [`Wrong::NotAPerson`] for what else Steam numbers, and
    /// [`Wrong::BareNumber`] outside the public universe, where Steam numbers nothing.
    pub const fn from_number(number: u64) -> Result<Self, Wrong> {
        let universe = number >> 56;
        let kind = number >> 52 & 0xF;
        match (universe, kind) {
            (1, 1) => match Self::from_account(number as u32) {
                Some(id) => Ok(id),
                None => Err(Wrong::NotAPerson),
            },
            (1, 3 | 4) => Err(Wrong::SteamGameServer),
            (1, 7) => Err(Wrong::SteamGroup),
            (1, _) => Err(Wrong::NotAPerson),
            _ => Err(Wrong::BareNumber),
        }
    }

    /// Reads `STEAM_X:Y:Z`, X and Y being 0 or 1, in any case. `None` if the text has not that form at all.
    ///
    /// # Errors
    /// [`Wrong::NotAPerson`] for numbers that no account has.
    pub fn from_steam2(text: &str) -> Option<Result<Self, Wrong>> {
        let (head, rest) = text.split_at_checked("STEAM_".len())?;
        if !head.eq_ignore_ascii_case("STEAM_") {
            return None;
        }
        let mut parts = rest.split(':').map(digits);
        let (universe, low, high) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() {
            return None;
        }
        let account = match (universe, low) {
            (0 | 1, 0 | 1) => high.checked_mul(2).and_then(|double| double.checked_add(low)),
            _ => None,
        };
        Some(person(account))
    }

    /// Reads `[U:1:n]`, `[U:1:n:i]` (the instance is ignored) and `U:1:n`. `None` if the text has not that form at all.
    ///
    /// # Errors
    /// [`Wrong::SteamGroup`] and [`Wrong::SteamGameServer`] for `[g:1:n]` and `[G:1:n]`; [`Wrong::NotAPerson`] for
    /// other letters and numbers that no account has.
    pub fn from_steam3(text: &str) -> Option<Result<Self, Wrong>> {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let mut parts = inner.unwrap_or(text).split(':');
        let kind = parts.next()?;
        let (universe, account) = (digits(parts.next()?)?, digits(parts.next()?)?);
        match parts.next() {
            Some(instance) if inner.is_some() => _ = digits(instance)?,
            None => {}
            Some(_) => return None,
        }
        if parts.next().is_some() {
            return None;
        }
        match kind {
            "U" | "u" => Some(person((universe == 1).then_some(account))),
            _ if inner.is_none() => None,
            "g" | "c" => Some(Err(Wrong::SteamGroup)),
            "G" | "A" => Some(Err(Wrong::SteamGameServer)),
            "I" | "M" | "P" | "C" | "T" | "L" | "a" => Some(Err(Wrong::NotAPerson)),
            _ => None,
        }
    }

    /// Reads an invite code: one to eight letters, in any case, dashes ignored.
    pub fn from_invite(code: &str) -> Option<Self> {
        let mut account = 0u32;
        let mut letters = 0;
        for byte in code.bytes().filter(|byte| *byte != b'-') {
            let letter = byte.to_ascii_lowercase();
            let value = (0u32..).zip(INVITE_DIGITS).find_map(|(value, own)| (*own == letter).then_some(value))?;
            letters += 1;
            if letters > 8 {
                return None;
            }
            account = account << 4 | value;
        }
        Self::from_account(account)
    }
}

/// A run of ASCII digits; [`u64::MAX`], which no account has, when they are too many.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().unwrap_or(u64::MAX))
}

fn person(account: Option<u64>) -> Result<SteamId, Wrong> {
    account.and_then(|number| u32::try_from(number).ok()).and_then(SteamId::from_account).ok_or(Wrong::NotAPerson)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The published vectors: account, 64-bit form, `STEAM_`, `[U:1:n]`, invite.
    const VECTORS: [(u32, u64, &str, &str, &str); 4] = [
        (123_456, 76_561_197_960_389_184, "STEAM_1:0:61728", "[U:1:123456]", "cv-dgb"),
        (76_580, 76_561_197_960_342_308, "STEAM_1:0:38290", "[U:1:76580]", "cd-qdg"),
        (1, 76_561_197_960_265_729, "STEAM_1:1:0", "[U:1:1]", "c"),
        (u32::MAX, 76_561_202_255_233_023, "STEAM_1:1:2147483647", "[U:1:4294967295]", "wwww-wwww"),
    ];

    fn account(number: u32) -> SteamId {
        SteamId::from_account(number).unwrap()
    }

    #[test]
    fn every_way_to_write_an_account_is_the_same_account() {
        for (number, long, steam2, steam3, invite) in VECTORS {
            let id = account(number);
            assert_eq!(id.get(), long);
            assert_eq!((id.steam2().as_str(), id.steam3().as_str(), id.invite().as_str()), (steam2, steam3, invite));
            assert_eq!(SteamId::from_number(long), Ok(id));
            assert_eq!(SteamId::from_steam2(steam2), Some(Ok(id)));
            assert_eq!(SteamId::from_steam3(steam3), Some(Ok(id)));
            assert_eq!(SteamId::from_invite(invite), Some(id));
        }
    }

    #[test]
    fn old_games_write_another_universe_and_tools_another_instance_of_the_same_person() {
        assert_eq!(SteamId::from_steam2("steam_0:0:61728"), Some(Ok(account(123_456))));
        assert_eq!(SteamId::from_steam3("[U:1:123456:4]"), Some(Ok(account(123_456))));
        assert_eq!(SteamId::from_steam3("U:1:123456"), Some(Ok(account(123_456))));
        let usual = SteamId::new(76_561_198_006_409_530).unwrap();
        assert_eq!(SteamId::from_number(76_561_202_301_376_826), Ok(usual));
        assert_eq!(SteamId::from_number(usual.get() - (1 << 32)), Ok(usual));
    }

    #[test]
    fn groups_and_game_servers_are_not_people() {
        assert_eq!(SteamId::from_number(103_582_791_429_521_412), Err(Wrong::SteamGroup));
        assert_eq!(SteamId::from_number(90_071_992_547_409_921), Err(Wrong::SteamGameServer));
        assert_eq!(SteamId::from_number(85_568_392_920_039_425), Err(Wrong::SteamGameServer));
        assert_eq!(SteamId::from_number(PERSON), Err(Wrong::NotAPerson));
        assert_eq!(SteamId::from_number(108_086_391_056_891_905), Err(Wrong::NotAPerson));
        assert_eq!(SteamId::from_number(1_100_000_000_000_000_000), Err(Wrong::BareNumber));
        assert_eq!(SteamId::from_steam3("[g:1:4]"), Some(Err(Wrong::SteamGroup)));
        assert_eq!(SteamId::from_steam3("[G:1:4]"), Some(Err(Wrong::SteamGameServer)));
        assert_eq!(SteamId::from_steam3("[P:1:4]"), Some(Err(Wrong::NotAPerson)));
    }

    #[test]
    fn a_well_formed_id_with_an_impossible_number_is_named_as_such() {
        for text in
            ["STEAM_2:0:5", "STEAM_1:2:5", "STEAM_1:0:0", "STEAM_1:0:2147483648", "STEAM_1:0:99999999999999999999"]
        {
            assert_eq!(SteamId::from_steam2(text), Some(Err(Wrong::NotAPerson)), "{text}");
        }
        for text in ["[U:1:0]", "U:1:4294967296", "[U:2:5]"] {
            assert_eq!(SteamId::from_steam3(text), Some(Err(Wrong::NotAPerson)), "{text}");
        }
    }

    #[test]
    fn a_name_that_only_looks_a_little_like_an_id_is_none() {
        for text in ["STEAM_guy", "STEAM_1:0", "STEAM_1:0:1:1", "STEAM_1:0:", "STEAM_1:0:１", "STEAMé1:0:1", ""] {
            assert_eq!(SteamId::from_steam2(text), None, "{text}");
        }
        for text in
            ["U:1", "[U:1:5", "U:1:5]", "U:1:5:1", "[U:1:5:x]", "[U:1:5:1:1]", "g:1:4", "[X:1:4]", "a:b:c", "[]"]
        {
            assert_eq!(SteamId::from_steam3(text), None, "{text}");
        }
        for text in ["", "-", "b", "a", "cvdgbx", "ccccccccc", "c é"] {
            assert_eq!(SteamId::from_invite(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(number in 1..=u32::MAX) {
            let id = account(number);
            prop_assert_eq!(id.account(), number);
            prop_assert_eq!(SteamId::from_number(id.get()), Ok(id));
            prop_assert_eq!(SteamId::from_steam2(&id.steam2()), Some(Ok(id)));
            prop_assert_eq!(SteamId::from_steam3(&id.steam3()), Some(Ok(id)));
            prop_assert_eq!(SteamId::from_invite(&id.invite()), Some(id));
            prop_assert_eq!(SteamId::from_invite(&id.invite().to_uppercase().replace('-', "")), Some(id));
        }

        #[test]
        fn nothing_that_is_typed_breaks_a_reader(text in "(STEAM_|\\[?[Uug]:)?[\\PC:\\[\\]0-9-]{0,30}", number: u64) {
            let _ = SteamId::from_steam2(&text);
            let _ = SteamId::from_steam3(&text);
            let _ = SteamId::from_invite(&text);
            if let Ok(id) = SteamId::from_number(number) {
                prop_assert_eq!(SteamId::from_account(id.account()), Some(id));
            }
        }
    }
}
