//! The matrix: which cells, in which order, and none lost between two filters.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::filter::Filter;
use crate::filter::order::OrderBy;
use crate::matrix::{self, Cell, FIELDS, Matrix};

/// The city and what is below it under the city's rules, one organization abroad under nobody's.
/// The bureau has done this and that; the police is no organization of science.
fn snapshot() -> Snapshot {
    let mut ledger = Ledger::founded();
    let mut abroad = organization("abroad", None, "450300");
    abroad.class = Class::PartyOrgan;
    ledger.tell(Entry::Organization(abroad)).unwrap();
    let mut police = organization("city.gaj", Some("city"), "450200");
    police.sector = "police".into();
    ledger.tell(Entry::Organization(police)).unwrap();
    let mut plan = event("city.kjj", EventType::AnnualWorkPlan, "2022-03-01");
    plan.evidence.push(minutes());
    ledger.tell(Entry::DutyEvent(Box::new(plan))).unwrap();
    for day in ["2022-02-01", "2022-05-01"] {
        let study = event("city.kjj", EventType::LeaderLawStudy, day);
        ledger.tell(Entry::DutyEvent(Box::new(study))).unwrap();
    }
    ledger.snapshot()
}

fn ask(snapshot: &Snapshot, within: Option<&str>, filter: &str, order: &str) -> Matrix {
    let filter = Filter::parse(filter, FIELDS).unwrap();
    let order = OrderBy::parse(order, FIELDS).unwrap();
    let within = within.map(organization_id);
    let question = Question { year: 2022, as_of: day("2022-10-01"), known: Position::MAX };
    matrix::query(snapshot, within.as_ref(), &filter, &order, question)
}

fn row(cell: &Cell) -> String {
    let due = cell.due.map_or("never".to_owned(), |day| day.to_string());
    format!("{} {} {} {due}", cell.organization.id, cell.line.duty, cell.line.official.as_str())
}

#[track_caller]
fn check(within: Option<&str>, filter: &str, order: &str, expected: Expect) {
    let found = ask(&snapshot(), within, filter, order);
    let rows: String = found.cells.iter().map(|cell| row(cell) + "\n").collect();
    let without: String =
        found.without_rules.iter().map(|id| format!("{id} without rules\n")).collect();
    expected.assert_eq(&(rows + &without));
}

#[test]
fn without_an_order_cells_stand_by_organization_and_duty() {
    check(
        None,
        "",
        "",
        expect![[r#"
        city exam not_applicable never
        city group not_applicable never
        city plan not_due 2022-12-30
        city sessions not_due 2022-12-31
        city statement not_applicable never
        city study overdue 2022-03-31
        city.gaj exam not_applicable never
        city.gaj group not_applicable never
        city.gaj plan not_due 2022-12-30
        city.gaj sessions not_applicable never
        city.gaj statement not_applicable never
        city.gaj study overdue 2022-03-31
        city.kjj exam not_applicable never
        city.kjj group not_applicable never
        city.kjj plan fulfilled 2022-12-30
        city.kjj sessions not_due 2022-12-31
        city.kjj statement not_due 2023-12-30
        city.kjj study needs_verification 2022-03-31
        county exam not_applicable never
        county group not_applicable never
        county plan not_due 2022-12-30
        county sessions not_due 2022-12-31
        county statement not_applicable never
        county study overdue 2022-03-31
        abroad without rules
    "#]],
    );
}

#[test]
fn an_organization_stands_for_what_is_below_it() {
    check(
        Some("city"),
        "duty_id = plan",
        "",
        expect![[r#"
        city plan not_due 2022-12-30
        city.gaj plan not_due 2022-12-30
        city.kjj plan fulfilled 2022-12-30
        county plan not_due 2022-12-30
    "#]],
    );
    check(
        Some("county"),
        "duty_id = plan",
        "",
        expect![[r#"
        county plan not_due 2022-12-30
    "#]],
    );
    check(
        Some("abroad"),
        "",
        "",
        expect![[r#"
        abroad without rules
    "#]],
    );
    check(Some("nobody"), "", "", expect![]);
}

#[test]
fn what_is_due_next_is_the_first_day_not_settled() {
    check(
        Some("city.kjj"),
        "due_date:*",
        "due_date",
        expect![[r#"
        city.kjj study needs_verification 2022-03-31
        city.kjj plan fulfilled 2022-12-30
        city.kjj sessions not_due 2022-12-31
        city.kjj statement not_due 2023-12-30
    "#]],
    );
}

#[test]
fn an_order_is_followed_and_ties_stand_by_organization_and_duty() {
    check(
        None,
        "duty_id:(plan OR study) status:(fulfilled OR not_due OR needs_verification)",
        "claimed.credit desc, duty_id desc",
        expect![[r#"
            city.kjj plan fulfilled 2022-12-30
            city.kjj study needs_verification 2022-03-31
            city plan not_due 2022-12-30
            city.gaj plan not_due 2022-12-30
            county plan not_due 2022-12-30
            abroad without rules
        "#]],
    );
    check(
        None,
        "duty_id = sessions",
        "due_date",
        expect![[r#"
        city sessions not_due 2022-12-31
        city.kjj sessions not_due 2022-12-31
        county sessions not_due 2022-12-31
        city.gaj sessions not_applicable never
        abroad without rules
    "#]],
    );
}

#[test]
fn filters_reach_every_field() {
    check(
        None,
        "organization.sector = police AND documented.credit = 0 AND duty.weight >= 10 \
         AND organization.class = government_organ AND organization.division = 450200 \
         AND organization.has_enforcement_power = true AND duty.category = core \
         AND verified.status = not_due AND due_date < 2023-01-01",
        "",
        expect![[r#"
            city.gaj plan not_due 2022-12-30
            abroad without rules
        "#]],
    );
    check(
        None,
        "organization.class = party_organ",
        "",
        expect![[r#"
        abroad without rules
    "#]],
    );
}

fn conditions() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "status:fulfilled",
        "status:(not_due OR needs_verification)",
        "duty_id = plan",
        "organization_id:city",
        "due_date < 2022-12-30",
        "due_date:*",
        "claimed.credit > 0",
        "dated.credit >= 0.5",
        "police",
    ])
}

fn orders() -> impl Strategy<Value = String> {
    let term = prop::sample::select(FIELDS).prop_map(|field| field.name);
    let term = (term, prop::sample::select(vec!["", " desc"]));
    proptest::collection::vec(term, 0..3).prop_map(|mut terms| {
        terms.sort_unstable();
        terms.dedup_by_key(|(name, _)| *name);
        let terms: Vec<_> = terms.iter().map(|(name, way)| format!("{name}{way}")).collect();
        terms.join(", ")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_filter_and_its_opposite_share_out_every_cell(
        one in conditions(), other in conditions(), order in orders(),
    ) {
        let snapshot = snapshot();
        let rows = |filter: &str| -> Vec<String> {
            ask(&snapshot, None, filter, &order).cells.iter().map(row).collect()
        };
        let all = rows("");
        let filter = format!("{one} AND {other}");
        let (picked, others) = (rows(&filter), rows(&format!("NOT ({filter})")));
        prop_assert_eq!(picked.len() + others.len(), all.len());
        // Both keep the order of the whole, so that a page of one never repeats.
        let kept = |rows: &[String]| {
            all.iter().filter(|row| rows.contains(row)).cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(&kept(&picked), &picked);
        prop_assert_eq!(&kept(&others), &others);
        prop_assert!(picked.iter().all(|row| !others.contains(row)));
    }

    #[test]
    fn an_order_holds_each_cell_once(order in orders()) {
        let snapshot = snapshot();
        let by_default: std::collections::BTreeSet<String> =
            ask(&snapshot, None, "", "").cells.iter().map(row).collect();
        let ordered: Vec<String> =
            ask(&snapshot, None, "", &order).cells.iter().map(row).collect();
        prop_assert_eq!(ordered.len(), by_default.len());
        prop_assert_eq!(ordered.into_iter().collect::<std::collections::BTreeSet<_>>(), by_default);
    }
}
