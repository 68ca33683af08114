//! Findings and exemptions on a leader's card, by who held which post on which day.
//!
//! In bureau c p4 was party head until 2022-05-31 and p5 is since; p1 is head and party head of a.

use super::supervision::world;
use super::*;
use crate::view::{self, LeaderView};

fn card(ledger: &Ledger, who: &str, year: i16, known: Position) -> LeaderView {
    let question = Question { year, as_of: day("2022-10-05"), known };
    view::leader(&ledger.snapshot(), &person(who), question).unwrap()
}

/// The findings on a card: entry, the day it falls on, in office, mends, posts.
fn findings(ledger: &Ledger, who: &str, year: i16) -> Vec<String> {
    let told = card(ledger, who, year, Position::MAX).findings.into_iter().map(|found| {
        let posts: Vec<_> = found.posts.iter().map(ToString::to_string).collect();
        let (office, mends) = (found.in_office, found.mends);
        let (on, posts) = (found.fell_on, posts.join("+"));
        let stage = found.held.stage(Position::MAX);
        let parts = [(office, " office"), (mends, " mends")];
        let parts: String = parts.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        format!("{} {on}{parts} {posts} {stage:?}", found.held.since)
    });
    told.collect()
}

fn to_post(organization: &str, year: i16, post: &str) -> Entry {
    let mut entry = ordered(organization, year, "2022-10-31");
    if let Entry::RectificationOrdered(order) = &mut entry {
        order.assignee = Assignee::Post(PostId::parse(post).unwrap());
    }
    entry
}

fn exempt(organization: &str, covered: Covered, span: Span) -> Entry {
    Entry::Exemption(Box::new(Exemption {
        organization: organization_id(organization),
        covered,
        duty: DutyId::parse("debrief").unwrap(),
        span,
        reason: ExemptionReason::ForceMajeure,
        reason_text: "".into(),
        document: DocumentNumber::parse("柳法办〔2022〕8号").unwrap(),
        applicant: "applicant".into(),
        approver: "approver".into(),
    }))
}

#[test]
fn a_finding_stands_with_who_was_in_office_and_with_who_is_to_mend_it() {
    let mut ledger = world();
    // Ordered on 1 October 2022, the day that runs by the last one closed, about that year: p5 is
    // in office and holds the post that mends.
    let of_year = ledger.tell(to_post("c", 2022, "c.party")).unwrap();
    // About 2021: it falls on 31 December of it, in p4's time, and p5 mends it.
    let of_before = ledger.tell(to_post("c", 2021, "c.party")).unwrap();
    // About a, where p1 leads; p1 is named (see `ordered`), through whatever post.
    let named = ledger.tell(ordered("a", 2022, "2022-10-31")).unwrap();
    // About b, where p2 and p3 are heads; p1 of a is named.
    let elsewhere = ledger.tell(ordered("b", 2022, "2022-10-31")).unwrap();
    assert_eq!(
        findings(&ledger, "p5", 2022),
        [format!("{of_year} 2022-10-01 office mends c.party Open")]
    );
    assert!(findings(&ledger, "p4", 2022).is_empty(), "p4 had left by October");
    assert_eq!(
        findings(&ledger, "p4", 2021),
        [format!("{of_before} 2021-12-31 office c.party Open")]
    );
    assert_eq!(
        findings(&ledger, "p5", 2021),
        [format!("{of_before} 2021-12-31 mends c.party Open")]
    );
    assert_eq!(
        findings(&ledger, "p1", 2022),
        [
            format!("{named} 2022-10-01 office mends a.party+a.head Open"),
            format!("{elsewhere} 2022-10-01 mends  Open"),
        ]
    );
    assert_eq!(
        findings(&ledger, "p3", 2022),
        [format!("{elsewhere} 2022-10-01 office b.head Open")]
    );
    // Then one was known, and nothing that came later shows.
    let then = card(&ledger, "p5", 2022, of_year);
    assert_eq!(then.findings.len(), 1);
    let before = Position::new(of_year.get() - 1);
    assert!(card(&ledger, "p5", 2022, before).findings.is_empty());
}

#[test]
fn who_closed_a_finding_keeps_it_and_an_acting_head_answers_instead() {
    let mut ledger = world();
    let at = ledger.tell(to_post("c", 2022, "c.party")).unwrap();
    let id = event_id(usize::try_from(at.get()).unwrap());
    ledger.tell(answered(id)).unwrap();
    ledger.tell(looked_at(id, Effect::Effective)).unwrap();
    // p2 acts as party head of c from 2 October on: what was closed on the 1st stays p5's.
    for closed in ["2022-10-01", "2022-10-02"] {
        ledger.tell(Entry::DayClosed(day(closed))).unwrap();
    }
    let mut acting = tenure("t-acting", "p2", "c.party", "2022-10-02", None);
    acting.acting = true;
    ledger.tell(Entry::Tenure(acting)).unwrap();
    let open = ledger.tell(to_post("c", 2022, "c.party")).unwrap();
    assert_eq!(
        findings(&ledger, "p5", 2022),
        [format!("{at} 2022-10-01 office mends c.party Closed")]
    );
    assert_eq!(
        findings(&ledger, "p2", 2022),
        [format!("{open} 2022-10-03 office mends c.party Open")]
    );
}

#[test]
fn a_card_names_the_exemptions_that_cover_it() {
    let mut ledger = world();
    let days = |first, last| Span::Days { first: day(first), last: day(last) };
    let whole = ledger.tell(exempt("c", Covered::Organization, Span::Year(2022))).unwrap();
    let post = PostId::parse("c.party").unwrap();
    let of_post = exempt("c", Covered::Post(post), days("2021-12-01", "2022-01-31"));
    let of_post = ledger.tell(of_post).unwrap();
    let of_person = exempt("c", Covered::Person(person("p5")), Span::Year(2022));
    let of_person = ledger.tell(of_person).unwrap();
    ledger.tell(exempt("a", Covered::Organization, Span::Year(2022))).unwrap();
    ledger.tell(exempt("c", Covered::Organization, Span::Year(2021))).unwrap();
    let of = |who, year, known| -> Vec<Position> {
        card(&ledger, who, year, known).exemptions.iter().map(|held| held.since).collect()
    };
    assert_eq!(of("p5", 2022, Position::MAX), [whole, of_post, of_person]);
    assert_eq!(of("p4", 2022, Position::MAX), [whole, of_post], "p4 was in office in that year");
    assert_eq!(of("p5", 2022, whole), [whole], "as it was known then");
    assert!(of("p2", 2022, Position::MAX).is_empty());
    assert!(of("p5", 2021, Position::MAX).is_empty(), "p5 held no post in 2021");
}
