//! Roll-up over the tree, and the trend by months.

use duty::evaluate::Status;
use duty::ruleset::Rung;

use super::*;
use crate::supervision::rollup::{Knowledge, rollup, trend};
use crate::supervision::{NoFigure, on_time_rate};

fn means(of: &[Option<rust_decimal::Decimal>; 4]) -> Vec<String> {
    of.iter().map(|mean| mean.map_or("-".to_owned(), |mean| format!("{mean:.2}"))).collect()
}

#[test]
fn a_node_stands_for_everything_below_it() {
    let ledger = world();
    let nodes = rollup(&ledger.snapshot(), None, 1, question(Position::MAX));
    let shape: Vec<_> =
        nodes.iter().map(|node| (node.depth, node.organization.id.as_str())).collect();
    assert_eq!(shape, [(0, "abroad"), (0, "city"), (1, "a"), (1, "b"), (1, "c")]);
    let [abroad, city, a, b, ..] = &nodes[..] else { panic!("{nodes:#?}") };
    assert_eq!(abroad.excluded, [(organization_id("abroad"), NoFigure::NoRuleSet)]);
    assert_eq!(means(&abroad.means), ["-", "-", "-", "-"]);
    let counted: Vec<_> = city.counted.iter().map(OrganizationId::as_str).collect();
    assert_eq!((counted, city.excluded.len()), (vec!["a", "b", "c", "city"], 0));
    // Claimed (60 + 18 + 60 + 0) ÷ 4, documented (60 + 18 + 0 + 0) ÷ 4, verified 0.
    assert_eq!(means(&city.means), ["34.50", "34.50", "19.50", "0.00"]);
    assert_eq!(means(&a.means), ["60.00", "60.00", "60.00", "0.00"]);
    // Only the debrief is due: a 100, b (0.6 + 0) ÷ 2 = 30 per cent.
    assert_eq!(means(&b.due_means)[Rung::Documented as usize], "30.00");
    // a fulfilled; b one late, one overdue: partial; c to verify; the city n/a; 4 plans not due.
    let of = |status: Status| city.statuses[status as usize];
    assert_eq!((of(Status::Fulfilled), of(Status::Partial)), (1, 1));
    assert_eq!((of(Status::NeedsVerification), of(Status::NotDue)), (1, 4));
    assert_eq!((of(Status::NotApplicable), city.statuses.iter().sum::<usize>()), (1, 8));
    // One of three in time.
    assert_eq!(format!("{:.2}", on_time_rate(&city.statuses).unwrap()), "33.33");
    // Without depth only the tops are shown, with the same figures.
    let tops = rollup(&ledger.snapshot(), None, 0, question(Position::MAX));
    assert_eq!(tops, [abroad.clone(), city.clone()]);
}

#[test]
fn a_trend_shows_what_was_known_then_or_what_is_known_now() {
    let ledger = world();
    let snapshot = ledger.snapshot();
    let city = organization_id("city");
    let now = trend(&snapshot, Some(&city), Knowledge::Now, question(Position::MAX));
    let days: Vec<_> = now.iter().map(|point| point.as_of.to_string()).collect();
    assert_eq!(days.len(), 10, "January to October");
    assert_eq!((days[1].as_str(), days[9].as_str()), ("2022-02-28", TODAY));
    // By the end of August nobody had debriefed; by the end of September a and c had.
    let claimed = |index: usize| means(&now[index].means)[0].clone();
    assert_eq!(
        (claimed(7), claimed(8), claimed(9)),
        ("0.00".into(), "30.00".into(), "34.50".into())
    );
    // The ledger closed its first day on 2022-09-30.
    let then = trend(&snapshot, Some(&city), Knowledge::Then, question(Position::MAX));
    let known: Vec<_> = then.iter().map(|point| point.known.map(Position::get)).collect();
    assert_eq!(known[..8], [None; 8]);
    // The first entry closed September; nothing else was known by then.
    assert_eq!((known[8], then[8].counted), (Some(1), 0));
    assert_eq!(then[9], now[9]);
}
