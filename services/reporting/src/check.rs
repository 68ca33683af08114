//! The figures of a printed report against the entries of the ledger, one by one.
//!
//! A figure is tied to an entry by the words of the source the entry quotes, by the sentence those
//! words stand in, or by the customary words of a type of event, in this order. Where the quoted
//! words are there, a figure is held against the one the quote has in its very place, also when the
//! words come with other figures: nothing else of the entry can answer for it. Each figure of an
//! entry answers for one figure of the report as long as others can answer for the rest. Where the
//! tie leaves a choice that would change the verdict, the verdict is *ambiguous* and names the
//! choices; nothing is matched because it happens to be equal. 文号 are equal or not, whatever
//! stands around them.

mod field;
mod place;

use std::collections::BTreeSet;

use duty::position::Position;

use crate::Recorded;
use crate::figures::{self, Figure, Stated};
use crate::words;
use field::Candidate;
use place::{Counterpart, Places};

/// What the ledger says of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// 一致.
    Matches,
    /// 不一致: the ledger has another value.
    Differs,
    /// 无法确定: more than one entry could be meant.
    Ambiguous,
    /// 台账无记录.
    NotInLedger,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 4] = [Self::Matches, Self::Differs, Self::Ambiguous, Self::NotInLedger];

    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Differs => "differs",
            Self::Ambiguous => "ambiguous",
            Self::NotInLedger => "not_in_ledger",
        }
    }

    /// In Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Matches => "一致",
            Self::Differs => "不一致",
            Self::Ambiguous => "无法确定",
            Self::NotInLedger => "台账无记录",
        }
    }
}

/// What ties a figure to the entries it was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// The entry quotes the words the figure stands in.
    Quote,
    /// The entry quotes words of the same sentence.
    Sentence,
    /// The words around the figure name the type of the event.
    Words,
    /// A document number names one document.
    Document,
    /// Nothing.
    None,
}

impl Tie {
    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Sentence => "sentence",
            Self::Words => "words",
            Self::Document => "document",
            Self::None => "none",
        }
    }
}

/// A figure of an entry that one of the report was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The entries it stands in: one, or those a sum is over.
    pub positions: Vec<Position>,
    /// The metric, `occurred` or `document_number`.
    pub field: String,
    /// What it is, in Chinese.
    pub zh: String,
    /// The value as the ledger has it.
    pub value: String,
    /// What the ledger holds against the value, such as `GROWTH_CONTRADICTS_BASE`: equal is not yet
    /// right.
    pub flags: Vec<&'static str>,
}

/// A figure with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The figure.
    pub figure: Figure,
    /// What the ledger says of it.
    pub verdict: Verdict,
    /// What ties it to what it was compared with.
    pub tie: Tie,
    /// What it was compared with.
    pub compared: Vec<Compared>,
}

/// Every figure of a report on `year` against the current entries of the organization.
#[must_use]
pub fn check(text: &str, year: i16, entries: &[Recorded]) -> Vec<Checked> {
    let figures = figures::find(text, year);
    let places = Places::of(text, year, &figures, entries);
    let mut check = Check {
        text,
        year,
        entries,
        places: &places,
        taken: BTreeSet::new(),
        done: vec![None; figures.len()],
    };
    for (index, figure) in figures.iter().enumerate() {
        check.in_place(index, figure);
    }
    // Equal figures first, by the closest tie: what remains of an entry is then known.
    for tie in [Tie::Document, Tie::Quote, Tie::Sentence] {
        check.equal(&figures, tie);
    }
    for (index, figure) in figures.iter().enumerate() {
        if check.done[index].is_none() {
            let judged = check.rest(figure);
            check.done[index] = Some(judged);
        }
    }
    let judged = check
        .done
        .into_iter()
        .map(|done| done.unwrap_or_else(|| (Verdict::NotInLedger, Tie::None, Vec::new())));
    let checked = figures.into_iter().zip(judged);
    checked
        .map(|(figure, (verdict, tie, compared))| Checked { figure, verdict, tie, compared })
        .collect()
}

type Judged = (Verdict, Tie, Vec<Compared>);

struct Check<'a> {
    text: &'a str,
    year: i16,
    entries: &'a [Recorded],
    places: &'a Places,
    /// The figures of entries that have answered.
    taken: BTreeSet<(usize, usize)>,
    done: Vec<Option<Judged>>,
}

impl<'a> Check<'a> {
    /// What of the entries tied to the figure could be meant by it.
    fn tied(&self, figure: &Figure, tie: Tie) -> Vec<Candidate<'a>> {
        let indexes: Vec<usize> = match tie {
            Tie::Quote => self.places.quoting(figure.span),
            Tie::Sentence => self.places.in_sentence(figure.span),
            Tie::Document => (0..self.entries.len()).collect(),
            Tie::Words | Tie::None => Vec::new(),
        };
        let is_document = matches!(figure.stated, Stated::Document(_));
        if (tie == Tie::Document) != is_document {
            return Vec::new();
        }
        let found = indexes.into_iter().flat_map(|index| field::of(index, &self.entries[index]));
        found
            .filter(|candidate| candidate.is_comparable(&figure.stated))
            .filter(|candidate| !self.taken.contains(&candidate.key()))
            .collect()
    }

    /// Holds a figure against what is quoted in its place, if that tells which figure of an entry
    /// it is.
    fn in_place(&mut self, index: usize, figure: &Figure) {
        let (mut equal, mut others, mut only_quoted) = (Vec::new(), Vec::new(), Vec::new());
        for Counterpart { entry, quoted, printed } in self.places.counterparts(index) {
            let all: Vec<_> = field::of(*entry, &self.entries[*entry])
                .into_iter()
                .filter(|candidate| candidate.is_comparable(&figure.stated))
                .collect();
            let meant: Vec<_> =
                all.iter().filter(|candidate| candidate.agrees(quoted)).cloned().collect();
            let is_any = |found: &[Candidate<'_>]| {
                found.iter().any(|candidate| candidate.agrees(&figure.stated))
            };
            if is_any(&meant) {
                equal.extend(meant);
            } else if !meant.is_empty() {
                others.extend(meant);
            } else if !field::is_same(&figure.stated, quoted) && !is_any(&all) {
                only_quoted.push(field::quoted(&self.entries[*entry], printed));
            }
        }
        let (verdict, found) = match (equal.is_empty(), others.is_empty() && only_quoted.is_empty())
        {
            (false, _) => (Verdict::Matches, equal),
            (true, false) => (Verdict::Differs, others),
            (true, true) => return,
        };
        // A time may be printed once for several entries, and again for others.
        if matches!(figure.stated, Stated::Count { .. }) {
            self.taken.extend(found.iter().map(Candidate::key));
        }
        let mut compared: Vec<_> = found.iter().map(|found| found.compared(self.entries)).collect();
        if verdict == Verdict::Differs && compared.is_empty() {
            compared = only_quoted;
        }
        self.done[index] = Some((verdict, Tie::Quote, compared));
    }

    /// Gives each figure what is equal to it under a tie.
    fn equal(&mut self, figures: &[Figure], tie: Tie) {
        for (index, figure) in figures.iter().enumerate() {
            if self.done[index].is_some() {
                continue;
            }
            let mut equal = self.tied(figure, tie);
            if tie == Tie::Sentence {
                // A sentence says much; a word for one of its metrics leaves no other.
                keep_named(&mut equal, figure);
            }
            equal.retain(|candidate| candidate.agrees(&figure.stated));
            let entries: BTreeSet<usize> = equal.iter().map(|candidate| candidate.entry).collect();
            let verdict = match (tie, entries.len()) {
                (_, 0) => continue,
                (Tie::Sentence, 2..) => Verdict::Ambiguous,
                _ => Verdict::Matches,
            };
            // A time may be printed once for several entries, and again for others.
            if verdict == Verdict::Matches && matches!(figure.stated, Stated::Count { .. }) {
                self.taken.extend(equal.iter().map(Candidate::key));
            }
            let compared = equal.iter().map(|found| found.compared(self.entries)).collect();
            self.done[index] = Some((verdict, tie, compared));
        }
    }

    /// A figure to which nothing tied is equal.
    fn rest(&self, figure: &Figure) -> Judged {
        if matches!(figure.stated, Stated::Document(_)) {
            return (Verdict::NotInLedger, Tie::None, Vec::new());
        }
        let quoted = self.summed(figure, self.tied(figure, Tie::Quote));
        let mut sentence = self.tied(figure, Tie::Sentence);
        if !keep_named(&mut sentence, figure) {
            sentence.clear();
        }
        let named = self.summed(figure, self.named(figure));
        let ties = [(Tie::Quote, quoted), (Tie::Sentence, sentence), (Tie::Words, named)];
        for (tie, found) in ties {
            let (equal, others): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|candidate| candidate.agrees(&figure.stated));
            if !equal.is_empty() {
                return self.one_thing(&equal, tie);
            }
            if !others.is_empty() {
                return self.unequal(&others, tie);
            }
        }
        // Equal by accident or not: without a word for it nobody can say.
        let anywhere = (0..self.entries.len())
            .filter(|index| self.entries[*index].belongs_to(self.year))
            .flat_map(|index| field::of(index, &self.entries[index]))
            .filter(|found| found.is_comparable(&figure.stated) && found.agrees(&figure.stated));
        let compared: Vec<_> = anywhere.map(|found| found.compared(self.entries)).collect();
        let is_none = compared.is_empty();
        let verdict = if is_none { Verdict::NotInLedger } else { Verdict::Ambiguous };
        (verdict, Tie::None, compared)
    }

    /// The same with what several single acts come to, in their place.
    fn summed(&self, figure: &Figure, mut found: Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
        let indexes: BTreeSet<usize> = found.iter().map(|candidate| candidate.entry).collect();
        let indexes: Vec<usize> = indexes.into_iter().collect();
        for sum in field::sums(&indexes, self.entries) {
            if sum.is_comparable(&figure.stated) {
                found.retain(|candidate| !candidate.is_part_of(&sum, self.entries));
                found.push(sum);
            }
        }
        found
    }

    /// Equal figures that were pointed at: they must be one thing.
    fn one_thing(&self, equal: &[Candidate<'_>], tie: Tie) -> Judged {
        let things: BTreeSet<_> = equal
            .iter()
            .map(|found| (self.entries[found.entry].event.event_type(), found.name().to_owned()))
            .collect();
        let verdict = if things.len() == 1 { Verdict::Matches } else { Verdict::Ambiguous };
        let compared = equal.iter().map(|found| found.compared(self.entries)).collect();
        (verdict, tie, compared)
    }

    /// Figures of which none is equal: one other value differs, several leave a choice.
    fn unequal(&self, others: &[Candidate<'_>], tie: Tie) -> Judged {
        let compared: Vec<_> = others.iter().map(|found| found.compared(self.entries)).collect();
        let mut values: Vec<_> =
            compared.iter().map(|found| (found.field.clone(), found.value.clone())).collect();
        values.sort_unstable();
        values.dedup();
        let verdict = if values.len() == 1 { Verdict::Differs } else { Verdict::Ambiguous };
        (verdict, tie, compared)
    }

    /// What the words around the figure point at: its clause, else its sentence.
    fn named(&self, figure: &Figure) -> Vec<Candidate<'a>> {
        let sentence = self.places.sentence(self.text, figure.span);
        let mut types = words::types(&figure.phrase);
        if types.is_empty() {
            types = words::types(sentence);
        }
        let of_type = |index: &usize| {
            let entry = &self.entries[*index];
            entry.belongs_to(self.year) && types.contains(&entry.event.event_type())
        };
        let indexes: Vec<usize> = (0..self.entries.len()).filter(of_type).collect();
        let mut found: Vec<Candidate<'a>> = indexes
            .iter()
            .flat_map(|index| field::of(*index, &self.entries[*index]))
            .filter(|candidate| candidate.is_comparable(&figure.stated))
            .filter(|candidate| !self.taken.contains(&candidate.key()))
            .collect();
        keep_named(&mut found, figure);
        found
    }
}

/// Keeps only what the words of the clause name, if they name any of it; whether they do.
fn keep_named(found: &mut Vec<Candidate<'_>>, figure: &Figure) -> bool {
    let metrics = words::metrics(&figure.phrase);
    let is_any = found.iter().any(|candidate| metrics.contains(&candidate.name()));
    if is_any {
        found.retain(|candidate| metrics.contains(&candidate.name()));
    }
    is_any
}
