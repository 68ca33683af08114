//! Rows judged before are those that judging anew gives, whoever asked what over which snapshot.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;

use super::laws::{steps, told};
use super::*;
use crate::filter::Filter;
use crate::filter::order::OrderBy;
use crate::matrix::{self, FIELDS};
use crate::remembered::Row;

/// Every cell of the matrix as text that can be compared.
fn cells(snapshot: &Snapshot, within: Option<&str>, question: Question) -> Vec<String> {
    let filter = Filter::parse("", FIELDS).unwrap();
    let order = OrderBy::parse("", FIELDS).unwrap();
    let within = within.map(organization_id);
    let found = matrix::query(snapshot, within.as_ref(), &filter, &order, question);
    let none = found.without_rules.iter().map(|id| format!("{id} without rules"));
    found.cells.iter().map(|cell| format!("{cell:?}")).chain(none).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_row_remembered_is_the_row_judged_anew(
        steps in steps(),
        asked in proptest::collection::vec((any::<Index>(), any::<Index>(), 0u8..4), 1..24),
    ) {
        let ledger = told(&steps);
        let mut state = State::new();
        let mut snapshots = vec![state.snapshot()];
        for recorded in &ledger.journal {
            state.apply(recorded);
            snapshots.push(state.snapshot());
        }
        for (head, known, kind) in asked {
            // Readers hold old snapshots on, and ask for what was known long ago.
            let head = head.index(snapshots.len());
            let known = match kind {
                0 => Position::MAX,
                1 => Position::new(head as u64),
                _ => Position::new(known.index(head + 1) as u64),
            };
            let question = Question { year: 2022, as_of: day("2022-10-01"), known };
            let within = (kind == 2).then_some("county");
            let fresh = ledger.state_at(head).snapshot();
            prop_assert_eq!(
                cells(&snapshots[head], within, question),
                cells(&fresh, within, question),
                "head {} known {}", head, known
            );
        }
    }
}

#[test]
fn a_row_is_judged_again_when_something_it_rests_on_changed_and_only_then() {
    let mut ledger = Ledger::founded();
    let question = |known| Question { year: 2022, as_of: day("2022-10-01"), known };
    let row = |snapshot: &Snapshot, id: &str| {
        let known = snapshot.head();
        let rows = snapshot.remembered.rows(question(known));
        snapshot.row(&rows, &organization_id(id), known).cloned()
    };
    let ask = |ledger: &Ledger| {
        let snapshot = ledger.state.snapshot();
        cells(&snapshot, None, question(snapshot.head()));
        snapshot
    };
    let first = ask(&ledger);
    let (of_bureau, of_county) = (row(&first, "city.kjj"), row(&first, "county"));
    assert!(of_bureau.is_some() && of_county.is_some());

    let study = event("city.kjj", EventType::LeaderLawStudy, "2022-02-01");
    ledger.tell(Entry::DutyEvent(Box::new(study))).unwrap();
    let second = ledger.state.snapshot();
    assert!(row(&second, "city.kjj").is_none(), "its stream was touched");
    let same = |a: &Option<Arc<Row>>, b: &Option<Arc<Row>>| match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    };
    assert!(same(&row(&second, "county"), &of_county), "nothing of it was");

    ask(&ledger);
    assert!(row(&second, "city.kjj").is_some());
    let post = Post {
        id: PostId::parse("county.other").unwrap(),
        organization: organization_id("county"),
        kind: PostKind::Other,
        title_zh: "干部".into(),
    };
    ledger.tell(Entry::Post(post)).unwrap();
    let third = ledger.state.snapshot();
    assert!(row(&third, "city.kjj").is_none() && row(&third, "county").is_none());
}

#[test]
fn a_draft_is_judged_by_itself() {
    let ledger = Ledger::founded();
    let snapshot = ledger.state.snapshot();
    let known = snapshot.head();
    let question = Question { year: 2022, as_of: day("2022-10-01"), known };
    let before = cells(&snapshot, None, question);
    let city = snapshot.registry().organization(&organization_id("city"), known).unwrap();
    let mut draft = (**snapshot.rules_for(city, 2022, known).unwrap().1).clone();
    draft.duties.truncate(1);
    let trial = crate::trial::with_draft(&snapshot, draft, known);
    assert!(cells(&trial, None, question).len() < before.len());
    assert_eq!(cells(&snapshot, None, question), before);
}
