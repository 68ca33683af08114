//! The deadline list: what is open, in which bucket, in which order.

use expect_test::expect;

use super::*;
use crate::filter::Filter;
use crate::filter::order::OrderBy;
use crate::supervision::deadlines::{Bucket, Deadlines, FIELDS, deadlines};

/// The list of a ledger on a day, as known at a position.
pub(super) fn asked(
    ledger: &Ledger,
    within: Option<&str>,
    filter: &str,
    order: &str,
    years: &[i16],
    (on, known): (&str, Position),
) -> Deadlines {
    let filter = Filter::parse(filter, FIELDS).unwrap();
    let order = OrderBy::parse(order, FIELDS).unwrap();
    let within = within.map(organization_id);
    let question = Question { year: 2022, as_of: day(on), known };
    deadlines(&ledger.snapshot(), within.as_ref(), &filter, &order, years, question)
}

fn in_world(within: Option<&str>, filter: &str, order: &str, years: &[i16], on: &str) -> Deadlines {
    asked(&world(), within, filter, order, years, (on, Position::MAX))
}

pub(super) fn told_of(found: &Deadlines) -> String {
    let rows = found.rows.iter().map(|row| {
        let who = row.due.debtor.person().map_or("-", |person| person.as_str());
        let days = row.days_left.map_or("?".to_owned(), |days| days.to_string());
        let place = &row.organization.id;
        let what = match &row.obligation {
            Some(owed) => format!("{} {who} {}", owed.duty, owed.official.as_str()),
            None => format!("{} by {} {who}", row.due.kind.as_str(), row.due.debtor.as_str()),
        };
        format!("{days} {} {place} {what}", row.bucket.as_str())
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_open_stands_by_its_last_day() {
    // 30 September is 5 days before 5 October, 31 December 87 days after it. p1 and p2 are done.
    let found = in_world(Some("city"), "", "", &[2022], TODAY);
    expect![[r#"
        -5 overdue b debrief p3 overdue
        -5 overdue c debrief p5 needs_verification
        87 later a plan - not_due
        87 later b plan - not_due
        87 later c plan - not_due
        87 later city plan - not_due"#]]
    .assert_eq(&told_of(&found));
    assert_eq!(found.counts, [2, 0, 0, 0, 0, 0, 4, 0]);
}

#[test]
fn a_last_day_is_in_time_and_every_day_has_one_bucket() {
    for (on, bucket) in [
        ("2022-11-30", Bucket::Later),
        ("2022-12-01", Bucket::WithinThirty),
        ("2022-12-15", Bucket::WithinThirty),
        ("2022-12-16", Bucket::WithinFifteen),
        ("2022-12-25", Bucket::WithinFifteen),
        ("2022-12-26", Bucket::WithinFive),
        ("2022-12-29", Bucket::WithinFive),
        ("2022-12-30", Bucket::WithinOne),
        ("2022-12-31", Bucket::Today),
        ("2023-01-01", Bucket::Overdue),
    ] {
        let found = in_world(Some("a"), "duty_id = plan", "", &[2022], on);
        let buckets: Vec<_> = found.rows.iter().map(|row| row.bucket).collect();
        assert_eq!(buckets, [bucket], "on {on}");
    }
}

#[test]
fn filter_order_and_the_year_before() {
    let found = in_world(None, "bucket = overdue", "person_id desc", &[2022], TODAY);
    expect![[r#"
        -5 overdue c debrief p5 needs_verification
        -5 overdue b debrief p3 overdue"#]]
    .assert_eq(&told_of(&found));
    assert_eq!(found.counts[0], 2, "counts follow the filter");
    // No rule set is valid in 2021: everybody is named, nobody is listed twice.
    let both = in_world(None, "", "", &[2021, 2022], TODAY);
    assert_eq!(both.rows.len(), 6);
    let named: Vec<_> =
        both.without_rules.iter().map(|(year, id)| format!("{year} {id}")).collect();
    assert_eq!(named, ["2021 a", "2021 abroad", "2021 b", "2021 c", "2021 city", "2022 abroad"]);
}
