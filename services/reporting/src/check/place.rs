//! Where the words that entries quote stand in a report.
//!
//! Spaces and kinds of dashes do not count: texts are copied through word processors.

use crate::Recorded;

/// The places of the quotes, in bytes of the text.
#[derive(Debug)]
pub(super) struct Places {
    /// For each entry the parts of the text it quotes.
    quotes: Vec<Vec<(usize, usize)>>,
    /// Where sentences end.
    ends: Vec<usize>,
}

impl Places {
    pub(super) fn of(text: &str, entries: &[Recorded]) -> Self {
        let plain = Plain::of(text);
        let quotes = entries.iter().map(|entry| plain.find(&entry.event.quote)).collect();
        let is_end = |c: char| "。；！？\n".contains(c);
        let mut ends: Vec<usize> =
            text.char_indices().filter(|(_, c)| is_end(*c)).map(|(at, _)| at).collect();
        ends.push(text.len());
        Self { quotes, ends }
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
        let mut plain = Self { text: String::new(), origin: Vec::new() };
        for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            let c = if "—–－".contains(c) { '-' } else { c };
            plain.text.push(c);
            plain.origin.resize(plain.text.len(), at);
        }
        plain.origin.push(text.len());
        plain
    }

    /// Every place of a quote, in bytes of the text it came from.
    fn find(&self, quote: &str) -> Vec<(usize, usize)> {
        let quote = Self::of(quote).text;
        if quote.is_empty() {
            return Vec::new();
        }
        let found = self.text.match_indices(&quote);
        found.map(|(at, _)| (self.origin[at], self.origin[at + quote.len()])).collect()
    }
}
