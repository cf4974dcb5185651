//! What somebody has typed so far of a name, and how well a name fits that: from its beginning, from a word, or nearly.
//!
//! Pure rules on folded text. Which names there are, and how they are found among many, is known elsewhere.

use super::names;

/// The most words of one name by which it can be found; a name of hundreds of words would hold up everybody's search.
const MOST_STARTS: usize = 8;

/// The most slips that are forgiven.
const MOST_SLIPS: usize = 2;

/// How far the two texts may be apart while they are compared, either way, and not at all.
const BAND: usize = 2 * MOST_SLIPS + 1;

/// Worse than anything that is forgiven.
const FAR: u8 = u8::MAX / 2;

/// How well a name fits what was typed; the less, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It is the name.
    Exact,
    /// The name begins like this.
    Begins,
    /// A word of the name begins like this.
    Word,
    /// It is somewhere in the name.
    Holds,
    /// The name, or a word of it, begins so but for this many slips.
    Nearly(usize),
}

impl Fit {
    /// Whether nothing had to be forgiven.
    pub fn is_sure(self) -> bool {
        !matches!(self, Self::Nearly(_))
    }
}

/// What was typed, ready to be held against many names.
#[derive(Clone, Debug)]
pub struct Typed {
    folded: String,
    letters: Vec<char>,
    bag: u32,
    /// How many of those in the bag a slip can make up for: the bytes of a letter.
    wide: usize,
    most: usize,
}

impl Typed {
    /// None while nothing is typed: as a name that would be one without a printable character.
    pub fn new(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return None;
        }
        let folded = names::folded(text);
        let letters: Vec<char> = folded.chars().collect();
        let most = match letters.len() {
            0..=2 => 0,
            3..=7 => 1,
            _ => MOST_SLIPS,
        };
        let wide = letters.iter().map(|letter| letter.len_utf8()).max().unwrap_or(1);
        Some(Self { bag: bag(folded.as_bytes()), wide, folded, letters, most })
    }

    /// Folded.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Letter by letter.
    pub fn letters(&self) -> &[char] {
        &self.letters
    }

    /// How well the name fits. None: not at all.
    pub fn fit(&self, name: &str) -> Option<Fit> {
        let name = names::folded(name);
        if name == self.folded {
            return Some(Fit::Exact);
        }
        if name.starts_with(&self.folded) {
            return Some(Fit::Begins);
        }
        if starts(&name).any(|start| start.starts_with(&self.folded)) {
            return Some(Fit::Word);
        }
        // One letter is somewhere in everything.
        if self.letters.len() > 1 && name.contains(&self.folded) {
            return Some(Fit::Holds);
        }
        self.nearly(&name).map(|(slips, _)| Fit::Nearly(slips))
    }

    /// With how many slips, as [`Self::slips`] counts them, the folded name or a word of it begins like this at best, and
    /// the name from there on.
    pub fn nearly<'a>(&self, folded: &'a str) -> Option<(usize, &'a str)> {
        if !self.may_be_near(folded.as_bytes()) {
            return None;
        }
        starts(folded).filter_map(|start| Some((self.slips(start)?, start))).min()
    }

    /// Whether [`Self::nearly`] may find anything in this folded name. Each slip can make up for one letter that the name
    /// lacks; most names lack more, which is seen at a glance.
    pub fn may_be_near(&self, folded: &[u8]) -> bool {
        let lacking = (self.bag & !bag(folded)).count_ones();
        lacking as usize <= self.most * self.wide
    }

    /// How many letters have to be put in, taken out, changed or swapped with a neighbour until the folded `name` begins
    /// like this. None when that is more than is forgiven: one slip from three letters on, two from eight on.
    ///
    /// The optimal string alignment distance (<https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance>), of all
    /// beginnings of the name the least; only where the two are not further apart than that, and no further than it takes
    /// to see that it is too much, since it is held against thousands of names while somebody waits.
    pub fn slips(&self, name: &str) -> Option<usize> {
        let most = u8::try_from(self.most).ok()?;
        // A cell of a row: so many slips between so many letters of the name and, `place - MOST_SLIPS` more, of this.
        let mut before = [FAR; BAND];
        for (place, cell) in before.iter_mut().enumerate() {
            if let Some(typed) = place.checked_sub(MOST_SLIPS) {
                *cell = u8::try_from(typed).unwrap_or(FAR);
            }
        }
        let mut two_before = [FAR; BAND];
        let mut letter_before = None;
        let end = |row: &[u8; BAND], read: usize| {
            let place = (self.letters.len() + MOST_SLIPS).checked_sub(read)?;
            row.get(place).copied()
        };
        let mut least = end(&before, 0).unwrap_or(FAR);
        for (index, letter) in name.chars().enumerate() {
            let read = index + 1;
            let mut now = [FAR; BAND];
            let mut left = FAR;
            let rows = now.iter_mut().zip(&before).zip(&two_before).enumerate();
            for (place, ((cell, change), swap)) in rows {
                let Some(typed) = (read + place).checked_sub(MOST_SLIPS).filter(|typed| *typed <= self.letters.len())
                else {
                    continue;
                };
                let up = before.get(place + 1).copied().unwrap_or(FAR);
                let wanted = typed.checked_sub(1).and_then(|last| self.letters.get(last));
                let wanted_before = typed.checked_sub(2).and_then(|last| self.letters.get(last));
                let mut best = up.min(left).saturating_add(1);
                if let Some(wanted) = wanted {
                    best = best.min(change.saturating_add(u8::from(*wanted != letter)));
                    if letter_before == Some(*wanted) && wanted_before == Some(&letter) {
                        best = best.min(swap.saturating_add(1));
                    }
                }
                *cell = best;
                left = best;
            }
            least = least.min(end(&now, read).unwrap_or(FAR));
            // From here on it can only become more.
            if now.iter().all(|slips| *slips > most) {
                break;
            }
            (two_before, before) = (before, now);
            letter_before = Some(letter);
        }
        (least <= most).then_some(usize::from(least))
    }
}

/// Which bytes there are, roughly: a bit for all those that end alike. Of plain letters, one each.
fn bag(text: &[u8]) -> u32 {
    text.iter().fold(0, |bag, byte| bag | 1 << (byte % 32))
}

/// Where a search may begin in a folded name: at its beginning and at each word.
pub fn starts(folded: &str) -> impl Iterator<Item = &str> {
    let mut before = None;
    folded
        .char_indices()
        .filter(move |(_, letter)| match before.replace(*letter) {
            None => true,
            Some(before) => letter.is_alphanumeric() && !before.is_alphanumeric(),
        })
        .filter_map(|(index, _)| folded.get(index..))
        .take(MOST_STARTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slips(typed: &str, name: &str) -> Option<usize> {
        Typed::new(typed).unwrap().slips(name)
    }

    fn fit(typed: &str, name: &str) -> Option<Fit> {
        Typed::new(typed).unwrap().fit(name)
    }

    #[test]
    fn slips_are_counted_as_they_happen_while_typing() {
        for (typed, slip) in [
            ("chenny", 0),
            ("chenyn", 1),
            ("hcenny", 1),
            ("chnny", 1),
            ("chennyy", 1),
            ("xhenny", 1),
            ("henny", 1),
            ("cehnybounce", 2),
        ] {
            assert_eq!(slips(typed, "chennybounce"), Some(slip), "{typed}");
        }
        assert_eq!(slips("chicken", "chennybounce"), None);
        assert_eq!(slips("chennybounce", "chenny"), None);
        assert_eq!(slips("wl", "wolf"), None, "two letters are too few to guess by");
        assert_eq!(slips("wlf", "wolf"), Some(1));
    }

    #[test]
    fn the_whole_name_fits_best_and_a_slip_worst() {
        let fits = ["Wolf", "Wolfgang", "Bad wolf", "Werewolf", "Wlof", "Bear"].map(|name| fit("wolf", name));
        use Fit::{Begins, Exact, Holds, Nearly, Word};
        assert_eq!(fits, [Some(Exact), Some(Begins), Some(Word), Some(Holds), Some(Nearly(1)), None]);
        assert!(fits.is_sorted_by_key(|fit| fit.map_or((true, None), |fit| (false, Some(fit)))));
        assert_eq!(fit("lukasz", "Łukasz"), Some(Nearly(1)));
        assert_eq!(fit("eclair", "ÉCLAIR"), Some(Exact));
        assert!(Typed::new(" \t").is_none());
    }

    /// The same by the whole table, as in the books.
    fn by_the_book(typed: &[char], name: &[char]) -> usize {
        let mut table = vec![vec![0; typed.len() + 1]; name.len() + 1];
        for read in 0..=name.len() {
            for wanted in 0..=typed.len() {
                table[read][wanted] = match (read, wanted) {
                    (0, most) | (most, 0) => most,
                    _ => {
                        let differs = usize::from(name[read - 1] != typed[wanted - 1]);
                        let mut best = (table[read - 1][wanted - 1] + differs)
                            .min(table[read - 1][wanted] + 1)
                            .min(table[read][wanted - 1] + 1);
                        let swapped = read > 1 && wanted > 1;
                        if swapped && name[read - 1] == typed[wanted - 2] && name[read - 2] == typed[wanted - 1] {
                            best = best.min(table[read - 2][wanted - 2] + 1);
                        }
                        best
                    }
                };
            }
        }
        table.iter().map(|row| row[typed.len()]).min().unwrap()
    }

    proptest! {
        #[test]
        fn the_short_way_finds_what_the_whole_table_does(typed in "[abc]{1,11}", name in "[abc]{0,12}") {
            let wanted = Typed::new(&typed).unwrap();
            let letters: Vec<char> = name.chars().collect();
            let whole = by_the_book(wanted.letters(), &letters);
            prop_assert_eq!(wanted.slips(&name), Some(whole).filter(|slips| *slips <= wanted.most));
        }
    }
}
