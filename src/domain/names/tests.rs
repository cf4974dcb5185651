//! Stories of `names`.

use proptest::prelude::*;

use super::*;

/// Text that seeks trouble: junk, marks, pictures and their glue, blanks, letters of many scripts.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        any::<char>(),
        "[ -~]".prop_map(|text| text.chars().next().unwrap_or('x')),
        proptest::sample::select(
            "\u{200d}\u{fe0f}\u{301}\u{327}\u{20dd}\u{338}\u{3099}\u{5b0}\u{64b}\u{e31}\u{93c}\u{94d}\u{9c7}\u{9be}\u{1160}\u{1100}\u{1161}\u{11a8}\u{3164}\u{2800}\u{202e}\u{200b}\u{1cbc}\u{e000}\u{e0041}\u{a8}\u{fdfa}\u{130}\u{1e9e}\u{3c2}\u{345}\u{390}😀👩🏽❤\u{1faff}\u{7f}\t\n "
                .chars()
                .collect::<Vec<_>>()
        ),
    ];
    proptest::collection::vec(pieces, 0..24).prop_map(String::from_iter)
}

#[test]
fn a_name_nobody_can_see_is_shown_by_its_code_points() {
    assert_eq!(shown("\u{1CBC}"), "Player_1cbc");
    assert_eq!(shown(""), "Player_");
    assert_eq!(shown("\u{200b}\u{202e}"), "Player_200b202e");
    assert_eq!(shown("\u{3164}"), "Player_3164");
    assert_eq!(shown("\u{e000}\u{301}"), "Player_e000301");
    assert_eq!(shown(&"\u{1CBC}".repeat(40)).chars().count(), 32);
}

#[test]
fn a_name_in_any_script_is_shown_as_it_is() {
    for name in [
        "ChennyBounce",
        "Łukasz",
        "Дмитрий",
        "กินข้าว",
        "हिन्दी",
        "日本語",
        "한국어",
        "שלום",
        "نَام",
        "꧁༺Wolf༻꧂",
        "x²",
        "ツ",
    ] {
        assert_eq!(shown(name), name);
    }
}

#[test]
fn marks_that_turn_or_hide_text_are_taken_out() {
    assert_eq!(shown("\u{202e}evil\u{202c}"), "evil");
    assert_eq!(shown("W\u{200b}o\u{200d}l\u{feff}f\u{fe0f}"), "Wolf");
    assert_eq!(shown("a\u{1b}[31mb\u{85}c\u{2028}d\ne\tf"), "a[31mb c d e f");
    assert_eq!(shown("hi\u{e0068}\u{e0069}\u{e000}\u{1CBC}"), "hi");
    assert_eq!(shown("  two\u{3164}\u{a0} words "), "two words");
}

#[test]
fn a_tower_of_marks_is_cut_down_to_four() {
    let tower = format!("a{}b", "\u{301}".repeat(30));
    assert_eq!(shown(&tower), format!("a{}b", "\u{301}".repeat(4)));
    assert_eq!(shown("\u{301}\u{302}x \u{303}y"), "x y");
}

#[test]
fn pictures_stay_whole() {
    for name in ["👨‍👩‍👧 clan", "❤️", "👩🏽‍🚀", "🏳️‍🌈", "🇩🇪", "1\u{20e3}"] {
        assert_eq!(shown(name), name);
    }
    assert_eq!(shown("😀\u{200d}a"), "😀a");
    assert_eq!(shown("😀\u{200d}"), "😀");
}

#[test]
fn names_meet_whatever_their_case_accents_and_lettering() {
    for (a, b) in [
        ("ChennyBounce", "chennybounce"),
        ("Ｗｏｌｆ", "wolf"),
        ("𝕎𝕠𝕝𝕗", "Wolf"),
        ("José", "JOSE\u{301}"),
        ("José", "jose"),
        ("STRASSE", "straße"),
        ("STRAẞE", "strasse"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("İstanbul", "ıstanbul"),
        ("ﬁre", "FIRE"),
        (" two   words", "Two\u{a0}Words\u{3164}"),
        ("W\u{200b}olf\u{338}", "wolf"),
        ("❤️", "❤"),
        ("\u{1CBC}", "player_1CBC"),
        ("", "Player_"),
    ] {
        assert!(same(a, b), "{a:?} {b:?}: {:?} {:?}", folded(a), folded(b));
    }
}

#[test]
fn different_names_stay_different() {
    for (a, b) in [
        ("wolf", "wolf2"),
        ("กิน", "กน"),
        ("か", "が"),
        ("मि", "मु"),
        ("´", "`"),
        ("\u{1CBC}", "\u{1CBB}"),
        ("a b", "ab"),
    ] {
        assert!(!same(a, b), "{a:?} {b:?}: {:?} {:?}", folded(a), folded(b));
    }
}

#[test]
fn every_character_folds_to_something_that_stays() {
    use GeneralCategory as Is;
    // Letters without case that do not decompose are most of Unicode, and cannot change.
    let inert = |c: &char| {
        let category = get_general_category(*c);
        matches!(category, Is::Unassigned | Is::PrivateUse)
            || category == Is::OtherLetter && std::iter::once(*c).nfkd().eq([*c])
    };
    for c in (char::MIN..=char::MAX).filter(|c| !inert(c)) {
        let once = folded(&format!("a{c}"));
        assert_eq!(folded(&once), once, "{c:?}");
        let alone = folded(c.encode_utf8(&mut [0; 4]));
        assert_eq!(folded(&alone), alone, "{c:?}");
    }
}

#[test]
fn the_nearest_names_come_best_first() {
    let names = ["Roof Wolves", "wolves", "Wolfpack", "Bear", "Wölf", "wofl", "flow"];
    assert_eq!(nearest("wolf", names, 9), ["Wölf", "Wolfpack", "wofl", "wolves"]);
    assert_eq!(nearest("wolves", names, 2), ["wolves", "Roof Wolves"]);
    assert_eq!(nearest("w", names, 9), ["wofl", "Wölf", "wolves", "Wolfpack"]);
    assert_eq!(nearest("xyz", names, 9), [""; 0]);
    assert_eq!(nearest("wolf", ["wolf", "wolf", "WOLF"], 9), ["WOLF", "wolf"]);
    assert_eq!(nearest("wolf", names, 0), [""; 0]);
}

#[test]
fn a_long_text_is_cut_between_what_people_call_characters() {
    assert_eq!(cut("wolf", 4), "wolf");
    assert_eq!(cut("wolves", 4), "wol…");
    assert_eq!(cut("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 2), "👨‍👩‍👧…");
    assert_eq!(cut("two words", 5), "two…");
    assert_eq!(cut("ab", 1), "…");
    assert_eq!(cut("a", 1), "a");
    assert_eq!(cut("ab", 0), "");
    assert_eq!(cut("", 3), "");
}

proptest! {
    #[test]
    fn what_is_shown_is_harmless_and_stays(name in nasty()) {
        let once = shown(&name);
        prop_assert_eq!(&shown(&once), &once);
        prop_assert!(!once.is_empty() && once.trim() == once && !once.contains("  "));
        prop_assert!(!once.chars().any(|c| c.is_control() || is_zero_width(c) || (is_blank(c) && c != ' ')));
        for after in once.split(JOINER).skip(1) {
            prop_assert!(after.starts_with(is_picture));
        }
    }

    #[test]
    fn folding_twice_changes_nothing(name in nasty()) {
        let once = folded(&name);
        prop_assert_eq!(&folded(&once), &once);
        prop_assert_eq!(&folded(&shown(&name)), &once);
        prop_assert!(!once.is_empty());
    }

    #[test]
    fn a_cut_is_never_longer_than_asked(name in nasty(), most in 1usize..12) {
        let short = cut(&name, most);
        prop_assert!(short.graphemes(true).count() <= most);
        prop_assert!(short == name || short.ends_with('…'));
    }

    #[test]
    fn the_nearest_are_among_the_names(wanted in nasty(), names in proptest::collection::vec(nasty(), 0..6)) {
        let found = nearest(&wanted, names.iter().map(String::as_str), 3);
        prop_assert!(found.len() <= 3 && found.iter().all(|name| names.contains(name)));
    }
}
