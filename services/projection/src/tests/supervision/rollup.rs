//! Roll-up over the tree, and the trend by months.

use duty::docno::DocumentNumber;
use duty::evaluate::Status;
use duty::id::ChangeId;
use duty::registry::{Axis, Change, Ending, OrganizationChange};
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

#[test]
fn the_tree_is_that_of_the_day_asked_about() {
    let mut ledger = world();
    let change = |id: &str, of: &str, from: &str, change: Change| {
        Entry::OrganizationChange(OrganizationChange {
            id: ChangeId::parse(id).unwrap(),
            organization: organization_id(of),
            from: day(from),
            change,
            document: DocumentNumber::parse("柳编〔2022〕8号").unwrap(),
            revoked: false,
        })
    };
    let below = |axis| Change::Moved { axis, parent: Some(organization_id("b")) };
    let known = Position::new(ledger.journal.len() as u64);
    told(&mut ledger, change("c1", "a", "2022-06-01", below(Axis::Territory)));
    told(&mut ledger, change("c2", "c", "2022-07-01", below(Axis::Line)));
    let snapshot = ledger.snapshot();
    let shape = |within: Option<&str>, as_of: &str, known: Position| -> Vec<(usize, String)> {
        let asked = Question { as_of: day(as_of), ..question(known) };
        let nodes = rollup(&snapshot, within.map(organization_id).as_ref(), 2, asked);
        nodes.iter().map(|node| (node.depth, node.organization.id.to_string())).collect()
    };
    let shown = |of: &[(usize, &str)]| -> Vec<(usize, String)> {
        of.iter().map(|(depth, id)| (*depth, (*id).to_owned())).collect()
    };
    let before = shown(&[(0, "abroad"), (0, "city"), (1, "a"), (1, "b"), (1, "c")]);
    let after = shown(&[(0, "abroad"), (0, "city"), (1, "b"), (2, "a"), (1, "c")]);
    assert_eq!(shape(None, "2022-05-31", Position::MAX), before);
    assert_eq!(shape(None, "2022-06-01", Position::MAX), after);
    assert_eq!(shape(None, "2022-06-01", known), before, "nobody knew");
    // By line c stands below b from July on, beside what is there by territory.
    assert_eq!(shape(Some("b"), "2022-06-30", Position::MAX), shown(&[(0, "b"), (1, "a")]));
    let both = shown(&[(0, "b"), (1, "a"), (1, "c")]);
    assert_eq!(shape(Some("b"), "2022-07-01", Position::MAX), both);
}

#[test]
fn whoever_ended_before_the_year_is_in_no_figure() {
    let mut ledger = world();
    let ended = Entry::OrganizationChange(OrganizationChange {
        id: ChangeId::parse("c1").unwrap(),
        organization: organization_id("c"),
        from: day("2022-01-01"),
        change: Change::Ended {
            ending: Ending::Merged,
            successors: vec![organization_id("b")],
            taker: None,
        },
        document: DocumentNumber::parse("柳编〔2021〕8号").unwrap(),
        revoked: false,
    });
    told(&mut ledger, ended);
    let nodes = rollup(&ledger.snapshot(), None, 1, question(Position::MAX));
    let ids: Vec<_> = nodes.iter().map(|node| node.organization.id.as_str()).collect();
    assert_eq!(ids, ["abroad", "city", "a", "b"]);
    // Claimed (60 + 18 + 0) ÷ 3: of a, b and the city.
    assert_eq!(means(&nodes[1].means)[0], "26.00");
}

#[test]
fn a_sealed_year_counts_as_it_was_sealed() {
    let mut ledger = world();
    let city = organization_id("city");
    let at = super::ranking::sealed(&mut ledger);
    let before = Position::new(at.get() - 1);
    let mut plan = event("a", EventType::AnnualWorkPlan, "2022-03-01");
    plan.evidence.push(minutes());
    record(&mut ledger, plan);
    let snapshot = ledger.snapshot();
    let asked = |as_of: &str, known: Position| {
        let nodes =
            rollup(&snapshot, Some(&city), 1, Question { as_of: day(as_of), ..question(known) });
        let of = |id: &str| nodes.iter().find(|node| node.organization.id.as_str() == id);
        (of("city").unwrap().clone(), of("a").unwrap().clone())
    };
    // Sealed with 40 on every rung, one of two done; b and c as above, the plan of none in time.
    let (node, a) = asked("2023-01-05", Position::MAX);
    assert_eq!((&node.sealed[..], &a.sealed[..]), (&[organization_id("a")][..], &a.counted[..]));
    assert_eq!(
        (means(&a.means), means(&a.due_means)),
        (vec!["40.00"; 4].into_iter().map(String::from).collect(), means(&a.means))
    );
    assert_eq!(format!("{:.2}", on_time_rate(&a.statuses).unwrap()), "50.00");
    // Claimed (40 + 18 + 60 + 0) ÷ 4.
    assert_eq!(means(&node.means)[0], "29.50");
    assert_eq!(asked("2023-01-01", Position::MAX), (node.clone(), a), "the day sealed");
    // The day before, and what was known before, are answered as if there were no seal: 100 of a,
    // whose plan is known by now, and 60 where it is not.
    let (node, a) = asked("2022-12-31", Position::MAX);
    assert_eq!((node.sealed.len(), &*means(&a.means)[0]), (0, "100.00"));
    let (node, a) = asked("2023-01-05", before);
    assert_eq!((node.sealed.len(), &*means(&a.means)[0]), (0, "60.00"));

    // A trend knows of the seal from the day sealed on, or from when it was sealed.
    let point = |knowledge, as_of: &str, known: Position| {
        let to = Question { as_of: day(as_of), ..question(known) };
        trend(&snapshot, Some(&city), knowledge, to)
    };
    let now = point(Knowledge::Now, "2023-01-05", Position::MAX);
    let sealed: Vec<_> = now.iter().map(|point| point.sealed).collect();
    assert_eq!((sealed.len(), sealed[11], sealed[12]), (13, 0, 1));
    assert_eq!(means(&now[12].means)[0], "29.50", "as the roll-up of that day");
    let then = point(Knowledge::Then, "2023-01-05", Position::MAX);
    assert_eq!(then.iter().map(|point| point.sealed).collect::<Vec<_>>(), sealed);
    assert!(point(Knowledge::Now, "2023-01-05", before).iter().all(|point| point.sealed == 0));
}
