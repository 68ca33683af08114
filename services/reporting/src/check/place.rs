//! Where the words that entries quote stand in a report.
//!
//! Spaces and kinds of dashes do not count: texts are copied through word processors. Nor do the
//! figures, when the words are there with others: then the report says something else at that very
//! place, and each of its figures has its counterpart in the quote.

use crate::Recorded;
use crate::figures::{self, Figure, Stated};

/// Least characters beside its figures by which a quote is known again: fewer stand anywhere.
const WORDS_MIN: usize = 6;
/// Stands for a figure, whichever.
const MASK: char = '\u{1}';

/// What an entry quotes in the place of a figure of the report.
#[derive(Debug, Clone)]
pub(super) struct Counterpart {
    /// The entry, by its index.
    pub(super) entry: usize,
    /// What its quote says there.
    pub(super) quoted: Stated,
    /// As printed in the quote.
    pub(super) printed: String,
}

/// The places of the quotes, in bytes of the text.
#[derive(Debug)]
pub(super) struct Places {
    /// For each entry the parts of the text it quotes.
    quotes: Vec<Vec<(usize, usize)>>,
    /// For each figure of the report what is quoted in its place.
    counterparts: Vec<Vec<Counterpart>>,
    /// Where sentences end.
    ends: Vec<usize>,
}

impl Places {
    /// The places in a report on `year` with these figures.
    pub(super) fn of(text: &str, year: i16, printed: &[Figure], entries: &[Recorded]) -> Self {
        let plain = Plain::of(text);
        let masked = Plain::masked(text, printed);
        let mut quotes: Vec<Vec<(usize, usize)>> = Vec::with_capacity(entries.len());
        let mut exact = vec![Vec::new(); printed.len()];
        let mut alike = exact.clone();
        for (entry, recorded) in entries.iter().enumerate() {
            let quote = &recorded.event.quote;
            let of_quote = figures::find(quote, year);
            let mut places = plain.find(&Plain::of(quote));
            let found = if places.is_empty() { &mut alike } else { &mut exact };
            if places.is_empty() && !of_quote.is_empty() {
                places = masked.find_one(&Plain::masked(quote, &of_quote)).into_iter().collect();
            }
            for (from, to) in &places {
                let within = |figure: &Figure| *from <= figure.span.0 && figure.span.1 <= *to;
                let here: Vec<usize> =
                    (0..printed.len()).filter(|index| within(&printed[*index])).collect();
                // A qualifier or a year before the quote can make other figures of its words.
                if here.len() != of_quote.len() {
                    continue;
                }
                for (index, figure) in here.into_iter().zip(&of_quote) {
                    found[index].push(Counterpart {
                        entry,
                        quoted: figure.stated.clone(),
                        printed: figure.printed.clone(),
                    });
                }
            }
            quotes.push(places);
        }
        let pairs = exact.into_iter().zip(alike);
        let counterparts =
            pairs.map(|(exact, alike)| if exact.is_empty() { alike } else { exact }).collect();
        let is_end = |c: char| "。；！？\n".contains(c);
        let mut ends: Vec<usize> =
            text.char_indices().filter(|(_, c)| is_end(*c)).map(|(at, _)| at).collect();
        ends.push(text.len());
        Self { quotes, counterparts, ends }
    }

    /// What is quoted in the place of a figure, by its index.
    pub(super) fn counterparts(&self, figure: usize) -> &[Counterpart] {
        &self.counterparts[figure]
    }

    /// The entries that quote the words a part of the text stands in.
    pub(super) fn quoting(&self, span: (usize, usize)) -> Vec<usize> {
        self.entries(|from, to| from <= span.0 && span.1 <= to)
    }

    /// The entries that quote words of the sentence a part of the text stands in.
    pub(super) fn in_sentence(&self, span: (usize, usize)) -> Vec<usize> {
        let (first, last) = self.bounds(span);
        self.entries(|from, to| from < last && first < to)
    }

    fn entries(&self, holds: impl Fn(usize, usize) -> bool) -> Vec<usize> {
        let is_there = |spans: &[(usize, usize)]| spans.iter().any(|(from, to)| holds(*from, *to));
        (0..self.quotes.len()).filter(|index| is_there(&self.quotes[*index])).collect()
    }

    /// The sentence a part of the text stands in.
    pub(super) fn sentence<'t>(&self, text: &'t str, span: (usize, usize)) -> &'t str {
        let (from, to) = self.bounds(span);
        text.get(from..to).unwrap_or_default()
    }

    fn bounds(&self, span: (usize, usize)) -> (usize, usize) {
        let after = self.ends.partition_point(|end| *end < span.0);
        let from = after.checked_sub(1).and_then(|before| self.ends.get(before));
        // All marks are of three bytes but the line break; neither is inside a sentence.
        let from = from.map_or(0, |end| *end);
        (from, self.ends.get(after).copied().unwrap_or(span.1).max(span.1))
    }
}

/// A text without spaces, with one kind of dash, that knows where it came from.
struct Plain {
    text: String,
    /// For each byte of the text the byte it came from, and one past the end.
    origin: Vec<usize>,
}

impl Plain {
    fn of(text: &str) -> Self {
        Self::masked(text, &[])
    }

    /// The same with every figure masked; they are in reading order and apart.
    fn masked(text: &str, figures: &[Figure]) -> Self {
        let mut plain = Self { text: String::new(), origin: Vec::new() };
        let mut figures = figures.iter().map(|figure| figure.span).peekable();
        let mut until = 0;
        for (at, c) in text.char_indices() {
            if at < until {
                continue;
            }
            let c = match figures.next_if(|(start, _)| *start == at) {
                Some((_, end)) => {
                    until = end;
                    MASK
                }
                None if c.is_whitespace() => continue,
                None if "—–－".contains(c) => '-',
                None => c,
            };
            plain.text.push(c);
            plain.origin.resize(plain.text.len(), at);
        }
        plain.origin.push(text.len());
        plain
    }

    /// Every place of a quote, in bytes of the text it came from.
    fn find(&self, quote: &Self) -> Vec<(usize, usize)> {
        if quote.text.is_empty() {
            return Vec::new();
        }
        let found = self.text.match_indices(&quote.text);
        found.map(|(at, _)| (self.origin[at], self.origin[at + quote.text.len()])).collect()
    }

    /// The only place of a masked quote of some length.
    fn find_one(&self, quote: &Self) -> Option<(usize, usize)> {
        let words = quote.text.chars().filter(|c| *c != MASK).count();
        match self.find(quote)[..] {
            [place] if WORDS_MIN <= words => Some(place),
            _ => None,
        }
    }
}
