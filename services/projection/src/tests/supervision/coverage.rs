//! 述法 coverage: who is in the denominators, who is done, and who is named outside.

use expect_test::expect;

use super::*;
use crate::supervision::coverage::{Coverage, coverage};
use crate::supervision::percent;

fn asked(ledger: &Ledger, within: Option<&str>) -> Coverage {
    let within = within.map(organization_id);
    coverage(&ledger.snapshot(), within.as_ref(), question(Position::MAX))
}

fn told_of(found: &Coverage) -> String {
    let mut lines = Vec::new();
    for (name, tally) in [("persons", &found.persons), ("posts", &found.posts)] {
        let done = tally.done + tally.done_late;
        let rate =
            percent(done, tally.in_scope).map_or("-".to_owned(), |rate| format!("{rate:.2}"));
        lines.push(format!(
            "{name}: {} in scope, {} done, {} late, {} to verify, {} pending, {} missing, \
             rungs {:?}, {rate} %",
            tally.in_scope,
            tally.done,
            tally.done_late,
            tally.to_verify,
            tally.pending,
            tally.missing,
            tally.on_rung
        ));
    }
    for row in &found.rows {
        let posts: Vec<_> = row.posts.iter().map(PostId::as_str).collect();
        let (place, who) = (&row.organization, &row.person);
        lines.push(format!("{place} {who} [{}] {:?}", posts.join(" "), row.standing));
    }
    for out in &found.excluded {
        let person = out.person.as_ref().map_or("", PersonId::as_str);
        let posts: Vec<_> = out.posts.iter().map(PostId::as_str).collect();
        let departure = out.departure.map_or("", |status| status.as_str());
        let (place, reason) = (&out.organization, out.reason);
        lines.push(format!("out: {place} {person} [{}] {reason:?} {departure}", posts.join(" ")));
    }
    for change in &found.changes {
        let what = if change.took_office { "took" } else { "left" };
        lines.push(format!("{} {} {what} {}", change.day, change.person, change.post));
    }
    lines.join("\n")
}

#[test]
fn everybody_is_counted_or_named() {
    // By person 1 + 1 of 4 = 50 %; by post 2 + 1 of 5 = 60 %, since p1 covers two posts.
    expect![[r#"
        persons: 4 in scope, 1 done, 1 late, 1 to verify, 0 pending, 1 missing, rungs [3, 3, 2, 0], 50.00 %
        posts: 5 in scope, 2 done, 1 late, 1 to verify, 0 pending, 1 missing, rungs [4, 4, 3, 0], 60.00 %
        a p1 [a.party a.head] Done
        b p2 [b.party] DoneLate
        b p3 [b.head] Missing
        c p5 [c.party] ToVerify
        out: abroad  [] NoRuleSet 
        out: c  [c.head] Vacant 
        out: c p4 [c.party] Departed overdue
        out: city  [] Vacant 
        2022-05-31 p4 left c.party
        2022-06-01 p5 took c.party"#]]
    .assert_eq(&told_of(&asked(&world(), None)));
}

#[test]
fn a_subtree_is_counted_by_itself() {
    let found = asked(&world(), Some("b"));
    // One of two, late.
    let tally = (found.persons.in_scope, found.persons.done, found.persons.done_late);
    assert_eq!(tally, (2, 0, 1));
    assert!(found.excluded.is_empty() && found.changes.is_empty());
}

#[test]
fn forms_and_ratings_are_those_of_the_last_debrief_that_counts() {
    let mut ledger = world();
    // p1 again, later: two debriefs, one person.
    record(&mut ledger, debrief("a", "p1", "2022-09-03", DebriefForm::Meeting));
    let found = asked(&ledger, None);
    let forms = found.forms(&papers(&ledger));
    let counted: Vec<_> = forms.forms.into_iter().collect();
    assert_eq!(
        counted,
        [
            (Some(DebriefForm::Written), 1),
            (Some(DebriefForm::Meeting), 1),
            (Some(DebriefForm::Special), 1)
        ]
    );
    assert_eq!(forms.ratings.into_iter().collect::<Vec<_>>(), [("好".into(), 3)]);
}

#[test]
fn what_was_known_then_is_answered_for_ever() {
    let mut ledger = world();
    let known = Position::new(ledger.journal.len() as u64);
    let then = asked(&ledger, None);
    record(&mut ledger, debrief("b", "p3", "2022-10-02", DebriefForm::Written));
    let t9 = tenure("t9", "p2", "c.head", "2022-10-01", None);
    told(&mut ledger, Entry::Tenure(t9));
    let now = asked(&ledger, None);
    assert_ne!(now, then);
    let again = coverage(&ledger.snapshot(), None, question(known));
    assert_eq!(again, then);
}
