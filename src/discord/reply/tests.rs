//! Limits, pages and escaping, on made-up cards and on every card there is.

use proptest::prelude::*;

use super::*;
use crate::{
    domain::presence::Presence,
    view::{
        card::{name, ready, strong_name, text},
        command::Command,
        samples,
    },
};

fn drawn(card: &Card) -> Vec<Page> {
    pages(card, &CommandIds::from([("group".to_owned(), 7)]), samples::now())
}

fn body(line: Vec<Span>) -> String {
    drawn(&Card::new(Tone::Plain, text!["Title"]).line(line)).swap_remove(0).body
}

/// What Discord counts, at most in either way of counting.
fn fits(page: &Page) {
    let (title, body, footer) = (length(&page.title), length(&page.body), length(&page.footer));
    assert!(title <= 256 && body <= 4096 && footer <= 2048, "{title} {body} {footer}");
    assert!(title + body + footer <= 6000);
    assert!(!page.title.trim().is_empty());
}

#[test]
fn every_answer_fits_into_discords_limits() {
    for tag in ["", "\u{202e}**`<@1>`**", "👨‍👩‍👧‍👦".repeat(40).as_str()] {
        for sample in samples::reports(tag) {
            drawn(&sample.discord).iter().for_each(fits);
        }
        for card in samples::other_cards(tag, Face::Discord) {
            drawn(&card).iter().for_each(fits);
        }
    }
}

proptest! {
    // Each case draws a hundred names.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn nobody_is_lost_between_pages(names in proptest::collection::vec("\\PC{1,60}", 1..120), title in "\\PC{0,200}") {
        let rows = names.iter().enumerate().map(|(number, name)| Row::Member {
            name: ready(&format!("n{number}n {name}")),
            presence: Presence::Online { since: None },
        });
        let card = Card::new(Tone::Good, text![name(&title), "!"]).rows(rows).line(text!["The end."]);
        let pages = drawn(&card);
        pages.iter().for_each(fits);
        let whole = pages.iter().map(|page| page.body.as_str()).collect::<Vec<_>>().join("\n");
        for number in 0..names.len() {
            prop_assert!(whole.contains(&format!("🟢 **n{number}n")), "{number} is missing");
        }
        for page in &pages {
            prop_assert!(page.body.ends_with("The end."), "a remark belongs to every page");
            prop_assert!(page.body.lines().count() <= 24);
        }
    }

    #[test]
    fn no_text_from_outside_takes_effect(text in "\\PC{0,80}") {
        let safe = escaped(&text);
        let mut letters = safe.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => prop_assert!(letters.next().is_some_and(|next| next.is_ascii_punctuation())),
                other => prop_assert!(!"*_~`|<>[]()#@:-+./{}$^".contains(other), "{other:?} in {safe}"),
            }
        }
    }
}

#[test]
fn commands_can_be_clicked_once_their_ids_are_known() {
    assert_eq!(body(text!["See ", Command::GroupAdd, "."]), "See </group add:7>.");
    assert_eq!(body(text!["See ", Command::ServerSet, "."]), "See `/server set`.");
}

#[test]
fn a_number_at_the_beginning_of_a_line_starts_no_list() {
    assert_eq!(body(text!["4. deleted"]), "4\\. deleted");
    assert_eq!(body(text!["4 deleted"]), "4 deleted");
    assert_eq!(body(vec![strong_name("4. Reich")]), "**4\\. Reich**");
}

#[test]
fn what_is_too_long_ends_with_an_ellipsis() {
    let long = "ab ".repeat(200);
    let card = Card::new(Tone::Plain, vec![Span::Name(long.clone())]).line(vec![Span::Code("`x`".to_owned())]);
    let page = drawn(&card).swap_remove(0);
    assert!(page.title.ends_with('…') && length(&page.title) <= 256);
    assert_eq!(page.body, "`ˋxˋ`");
    assert_eq!(length(&label(&"🟣".repeat(100))), 99);
}
