//! What is kept in a file is what was folded: snapshot and tail against replay, packed against
//! unpacked facts, and every kind of damage noticed.

use std::cell::OnceCell;
use std::sync::Arc;

use duty::evaluate::{Detail, Fact, Facts, OrganizationEvaluation, World};
use duty::review::Reviewed;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::Index;

use super::laws::{answers, steps, told};
use super::*;
use crate::filter::Filter;
use crate::filter::order::OrderBy;
use crate::matrix::{self, FIELDS};
use crate::saved::{self, LoadError, Loaded, Unusable};
use crate::view;

const LEDGER: [u8; 16] = *b"a ledger's id...";
const BINDING: [u8; 32] = [7; 32];

fn save(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sink = &mut |part: &[u8]| {
        bytes.extend_from_slice(part);
        Ok::<(), ()>(())
    };
    saved::save(state.clone(), LEDGER, BINDING, sink).unwrap();
    bytes
}

/// The bytes ended, or were not all read.
#[derive(Debug, PartialEq)]
struct Ended;

fn load(bytes: &[u8]) -> Result<Loaded, LoadError<Ended>> {
    let mut rest = bytes;
    let loaded = saved::load(&mut |part: &mut [u8]| {
        let (read, after) = rest.split_at_checked(part.len()).ok_or(Ended)?;
        part.copy_from_slice(read);
        rest = after;
        Ok(())
    })?;
    if rest.is_empty() { Ok(loaded) } else { Err(LoadError::Source(Ended)) }
}

fn resume(bytes: &[u8], journal: &[Recorded]) -> State {
    let mut loaded = load(bytes).unwrap();
    while let Some(position) = loaded.missing().first().copied() {
        loaded.supply(position, &journal[position.get() as usize - 1]).unwrap();
    }
    loaded.finish().unwrap()
}

/// Facts as they were before there were chunks: each in memory, whatever the year asked about.
struct Plain<'a>(&'a [Recorded], [OnceCell<Vec<Arc<Fact>>>; PLAIN.len()]);

/// Who facts are asked of: the one judged, whom it took over, and whoever its leaders lead too.
const PLAIN: [&str; 5] = ["city", "city.kjj", "city.gaj", "county", "county.kjj"];

impl Plain<'_> {
    fn fold(&self, organization: &OrganizationId) -> Vec<Arc<Fact>> {
        let mut facts: Vec<Fact> = Vec::new();
        for (position, recorded) in (1..).map(Position::new).zip(self.0) {
            let find = |facts: &mut Vec<Fact>, id| facts.iter().position(|f| f.event_id == id);
            let (root, event) = match &recorded.entry {
                Entry::DutyEvent(event) => (recorded.event_id, &**event),
                Entry::Correction(new) => {
                    let Some(old) = find(&mut facts, new.target) else { continue };
                    facts[old].superseded_at = Some(position);
                    (facts[old].root, &new.event)
                }
                Entry::Withdrawal(withdrawal) => {
                    if let Some(old) = find(&mut facts, withdrawal.target) {
                        facts[old].withdrawn_at = Some(position);
                    }
                    continue;
                }
                Entry::Review(review) => {
                    if let Some(old) = find(&mut facts, review.target) {
                        let day = duty::zone::civil_day(recorded.recorded_at);
                        facts[old].reviews.push(Reviewed::new(position, day, review));
                    }
                    continue;
                }
                _ => continue,
            };
            if event.organization == *organization {
                let day = duty::zone::civil_day(recorded.recorded_at);
                facts.push(Fact::new(position, recorded.event_id, root, day, event.clone()));
            }
        }
        facts.into_iter().map(Arc::new).collect()
    }
}

impl Facts for Plain<'_> {
    fn of(&self, organization: &OrganizationId, _year: i16) -> &[Arc<Fact>] {
        let kept = PLAIN.iter().position(|id| *id == organization.as_str());
        let kept = kept.expect("the organizations of these ledgers");
        self.1[kept].get_or_init(|| self.fold(organization))
    }
}

fn plainly(ledger: &Ledger, snapshot: &Snapshot, id: &str, year: i16) -> OrganizationEvaluation {
    let known = snapshot.head();
    let as_of = snapshot.current_day(known);
    let question = Question { year, as_of, known };
    let organization = snapshot.registry().organization(&organization_id(id), known).unwrap();
    let rules = snapshot.rules_for(organization, year, known).unwrap().1;
    let calendars = snapshot.calendars(known);
    let facts = Plain(&ledger.journal, Default::default());
    let world = World {
        registry: snapshot.registry(),
        calendars: &calendars,
        facts: &facts,
        detail: Detail::Explained,
    };
    duty::evaluate::organization(world, rules, organization, question)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The law of snapshots: whatever entry one was taken at, it and the tail are the replay.
    #[test]
    fn a_snapshot_and_the_tail_are_the_replay(steps in steps(), cut in any::<Index>()) {
        let ledger = told(&steps);
        let cut = cut.index(ledger.journal.len() + 1);
        let mut state = resume(&save(&ledger.state_at(cut)), &ledger.journal);
        prop_assert_eq!(state.head(), Position::new(cut as u64));
        for recorded in &ledger.journal[cut..] {
            state.apply(recorded);
        }
        let replayed = &ledger.state;
        prop_assert_eq!(save(&state), save(replayed));
        prop_assert_eq!(state.standings(), replayed.standings());
        prop_assert_eq!(state.last_recorded_at(), replayed.last_recorded_at());
        let (state, replayed) = (state.snapshot(), replayed.snapshot());
        for known in [ledger.journal.len() / 2, ledger.journal.len()] {
            let known = Position::new(known as u64);
            prop_assert_eq!(answers(&state, known), answers(&replayed, known));
        }
    }

    /// Packed facts, and only those near the year, judge as all of them unpacked do.
    #[test]
    fn packing_facts_changes_no_judgement(steps in steps(), year in 2021i16..=2024) {
        let ledger = told(&steps);
        let snapshot = ledger.snapshot();
        for id in ["city.kjj", "city.gaj"] {
            let known = snapshot.head();
            let question = Question { year, as_of: snapshot.current_day(known), known };
            // No rules were valid before some year.
            let view = view::organization(&snapshot, &organization_id(id), question);
            let Ok(view) = view else { continue };
            prop_assert_eq!(view.evaluation, plainly(&ledger, &snapshot, id, year));
        }
    }

    /// The matrix leaves explanations out and nothing else.
    #[test]
    fn the_matrix_shows_the_figures_of_the_views(steps in steps(), year in 2021i16..=2024) {
        let snapshot = told(&steps).snapshot();
        let known = snapshot.head();
        let question = Question { year, as_of: snapshot.current_day(known), known };
        let filter = Filter::parse("", FIELDS).unwrap();
        let order = OrderBy::parse("", FIELDS).unwrap();
        let cells = matrix::query(&snapshot, None, &filter, &order, question).cells;
        let mut lines = Vec::new();
        for organization in snapshot.registry().organizations(known) {
            // What ended before the year has no row.
            let first = date(year, 1, 1).min(question.as_of);
            if snapshot.registry().end_before(&organization.id, first, known).is_some() {
                continue;
            }
            // Nor has what had not begun by its end, or by the day asked about.
            let last = date(year, 12, 31).min(question.as_of.max(date(year, 1, 1)));
            if organization.valid_from.is_some_and(|from| last < from) {
                continue;
            }
            let view = view::organization(&snapshot, &organization.id, question);
            let Ok(mut view) = view else { continue };
            for line in &mut view.evaluation.lines {
                line.obligations.iter_mut().for_each(|owed| owed.considered.clear());
            }
            let (id, figures) = (&organization.id, Detail::Figures);
            let only = view::organization_in(&snapshot, id, question, figures).unwrap();
            prop_assert_eq!(&only.evaluation, &view.evaluation);
            for mut line in view.evaluation.lines {
                line.obligations.clear();
                lines.push((organization.id.clone(), line));
            }
        }
        lines.sort_by(|(a, of_a), (b, of_b)| (a, &of_a.duty).cmp(&(b, &of_b.duty)));
        let shown = cells.into_iter().map(|cell| (cell.organization.id.clone(), cell.line));
        prop_assert_eq!(shown.collect::<Vec<_>>(), lines);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_noticed(steps in steps(), at in any::<Index>(), bit in 0u8..8) {
        let mut bytes = save(&told(&steps).state);
        let at = at.index(bytes.len());
        bytes[at] ^= 1u8 << bit;
        prop_assert!(load(&bytes).is_err(), "byte {}", at);
    }

    #[test]
    fn a_file_cut_short_or_grown_is_noticed(steps in steps(), at in any::<Index>()) {
        let mut bytes = save(&told(&steps).state);
        let cut = at.index(bytes.len());
        prop_assert!(load(&bytes[..cut]).is_err(), "{} of {}", cut, bytes.len());
        bytes.push(0);
        prop_assert!(load(&bytes).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = save(&Ledger::founded().state);
        bytes.truncate(saved::HEAD_BYTES);
        bytes.extend(noise);
        prop_assert!(load(&bytes).is_err());
    }
}

#[test]
fn a_snapshot_says_what_it_is_of_and_why_it_is_of_no_use() {
    let ledger = Ledger::founded();
    let bytes = save(&ledger.state);
    let loaded = load(&bytes).unwrap();
    assert_eq!(loaded.stamp.ledger, LEDGER);
    assert_eq!(loaded.stamp.binding, BINDING);
    assert_eq!(loaded.stamp.position, ledger.state.head());
    // Eleven entries, of which only the end of the day is in the snapshot.
    assert_eq!(loaded.missing().len(), ledger.journal.len() - 1);

    let why = |bytes: &[u8]| match load(bytes) {
        Err(LoadError::Unusable(why)) => why.to_string(),
        other => panic!("{other:?}"),
    };
    let mut foreign = bytes.clone();
    foreign[0] = b'X';
    assert_eq!(why(&foreign), "it is not a snapshot of views");
    let mut newer = bytes.clone();
    newer[8] = 9;
    let crc = crc32c::crc32c(&newer[..saved::HEAD_BYTES - 4]);
    newer[saved::HEAD_BYTES - 4..saved::HEAD_BYTES].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(why(&newer), "it has format 9 and fold 3, this version reads 2 and 3");
    let mut flipped = bytes;
    flipped[saved::HEAD_BYTES + 20] ^= 1;
    assert_eq!(why(&flipped), "its block is damaged");
}

#[test]
fn a_registration_that_is_something_else_in_the_journal_is_refused() {
    let mut ledger = Ledger::founded();
    let told = event("city.kjj", EventType::AnnualWorkPlan, "2022-03-01");
    let at = ledger.tell(Entry::DutyEvent(Box::new(told))).unwrap();
    let mut loaded = load(&save(&ledger.state)).unwrap();
    let missing = loaded.missing()[0];
    let other = &ledger.journal[at.get() as usize - 1];
    assert_eq!(loaded.supply(missing, other), Err(Unusable::OtherEntry(missing)));
    assert_eq!(loaded.supply(at, other), Err(Unusable::OtherEntry(at)));
    assert_eq!(loaded.finish().unwrap_err(), Unusable::OtherEntry(missing));
}
