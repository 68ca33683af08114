//! What holds for every past: taking back, making durable, and saying the same thing twice.

use proptest::prelude::*;

use super::*;

/// An entry of some kind about some earlier ones, by numbers that any may take.
type Told = (u8, u8, u8);

fn entry((kind, target, variant): Told) -> Entry {
    // One of the past's events, or one of those told after it, if there are so many.
    let target = u128::from(target % 22);
    let target = if target < 6 { target } else { FIRST + target - 6 };
    let even = variant & 1 == 0;
    match kind % 9 {
        0 | 1 => event_with(|e| {
            e.organization = organization_id(if even { "bureau" } else { "city" });
            e.responsible_posts.clear();
        }),
        2 => correction(target, |_| {}),
        3 => withdrawal(target, |w| w.consented_by = if even { "supervisor" } else { "" }.into()),
        4 => review(target, |r| {
            r.verdict = if even { Verdict::Accepted } else { Verdict::Returned };
        }),
        5 => {
            let id = if even { "bureau" } else { "new" };
            Entry::Organization(organization(id, Some("city")))
        }
        6 => Entry::Person(person_id(if even { "p1" } else { "p3" }).into()),
        7 => {
            let end = (!even).then_some("2022-12-31");
            Entry::Tenure(tenure("t1", "p1", "bureau.party", "2021-01-01", end))
        }
        _ => Entry::DayClosed(day("2022-12-31")),
    }
}

fn entries() -> impl Strategy<Value = Vec<Told>> {
    proptest::collection::vec(any::<Told>(), 0..12)
}

/// The id of the first entry after the past.
const FIRST: u128 = 2_000;

fn take_in(bench: &mut Bench, told: &[Told]) {
    let past = Bench::with_a_past().journal.len();
    for told in told {
        let next = FIRST + (bench.journal.len() - past) as u128;
        bench.put(next, entry(*told));
    }
}

fn fates(bench: &Bench) -> Vec<(Fate, u64)> {
    let of = |recorded: &Recorded| {
        let organization = recorded.entry.organization();
        let revision = organization.map_or(0, |id| bench.standing.revision(id));
        let refers = command([(0, review(recorded.event_id.uuid().as_u128(), |_| {}))]);
        (bench.standing.fate(recorded.event_id, &bench.earlier(&refers)), revision)
    };
    bench.journal.iter().map(of).collect()
}

proptest! {
    #[test]
    fn rolling_back_is_as_if_it_had_not_been(durable in entries(), lost in entries()) {
        let mut bench = Bench::with_a_past();
        take_in(&mut bench, &durable);
        bench.settle();
        let before = bench.standing.clone();
        take_in(&mut bench, &lost);
        bench.roll_back();
        prop_assert_eq!(&bench.standing, &before);
        bench.settle();
        prop_assert_eq!(&bench.standing, &before);
    }

    #[test]
    fn how_entries_are_grouped_does_not_matter(told in entries(), cut in 0..12usize) {
        let (first, second) = told.split_at(cut.min(told.len()));
        let mut at_once = Bench::with_a_past();
        take_in(&mut at_once, &told);
        let ahead = (at_once.standing.head(), fates(&at_once));
        at_once.settle();
        prop_assert_eq!(ahead, (at_once.standing.head(), fates(&at_once)));
        let mut in_two = Bench::with_a_past();
        take_in(&mut in_two, first);
        in_two.settle();
        take_in(&mut in_two, second);
        in_two.settle();
        prop_assert_eq!(&at_once.standing, &in_two.standing);
    }

    #[test]
    fn a_decision_does_not_depend_on_what_is_durable(past in entries(), asked in entries()) {
        let mut ahead = Bench::with_a_past();
        take_in(&mut ahead, &past);
        let mut durable = ahead.clone();
        durable.settle();
        for (number, told) in (5_000..).zip(asked) {
            let command = command([(number, entry(told))]);
            prop_assert_eq!(ahead.answer(&command), durable.answer(&command));
        }
    }

    #[test]
    fn what_was_accepted_is_a_duplicate_from_then_on(past in entries(), asked in entries()) {
        let mut bench = Bench::with_a_past();
        take_in(&mut bench, &past);
        for (number, told) in (5_000..).zip(asked) {
            let entry = entry(told);
            let command = command([(number, entry.clone())]);
            if bench.answer(&command) != "append 0" {
                continue;
            }
            bench.put(number, entry);
            let duplicate = format!("duplicate of {}", bench.standing.head());
            prop_assert_eq!(bench.answer(&command), duplicate);
        }
    }
}
