//! Last days of steps: findings, returns, notice and appeals, in the list and on the profile line.
//!
//! Two hours pass with each entry, and the entries of a test are told on 3 October 2022. The
//! calendar of 2022 has 8 and 9 October as working days and 1 to 7 off.

use expect_test::expect;

use super::deadlines::{asked, told_of};
use super::*;
use crate::supervision::dues::{Debtor, Kind, of};
use duty::year::{Shown, YearAct, YearStep};

fn document() -> DocumentNumber {
    DocumentNumber::parse("柳法办〔2022〕9号").unwrap()
}

fn step(year: i16, act: YearAct) -> Entry {
    // Whoever appeals does not decide.
    let by = if matches!(act, YearAct::Appealed { .. } | YearAct::ReviewRequested { .. }) {
        "appellant"
    } else {
        "judge"
    }
    .into();
    let organization = organization_id("a");
    Entry::YearStep(Box::new(YearStep { organization, year, by, act }))
}

fn published(end: &str) -> YearAct {
    let digest = "00".into();
    let as_of = day("2022-10-01");
    let shown = Shown { document: document(), as_of, known: Position::new(1), digest };
    YearAct::Published(shown, day(end))
}

fn appealed(due: &str) -> YearAct {
    let (arguments, evidence) = ("核定结果遗漏一次会议记录".into(), "".into());
    YearAct::Appealed { arguments, evidence, decision_due: day(due) }
}

/// A finding for whoever holds a post.
fn to_post(organization: &str, year: i16, due: &str, post: &str) -> Entry {
    let mut entry = ordered(organization, year, due);
    if let Entry::RectificationOrdered(order) = &mut entry {
        order.assignee = Assignee::Post(PostId::parse(post).unwrap());
        order.duty = Some(DutyId::parse("plan").unwrap());
    }
    entry
}

fn id_at(position: Position) -> EventId {
    event_id(position.get() as usize)
}

/// The open steps of an organization on a day, as a list of the city shows them.
fn steps_on(ledger: &Ledger, known: Position, on: &str) -> String {
    told_of(&asked(ledger, Some("a"), "kind != obligation", "", &[2021, 2022], (on, known)))
}

#[test]
fn a_finding_is_owed_by_whoever_is_to_mend_it_and_then_by_the_supervisor() {
    let mut ledger = world();
    // p1 by name; the party head of c, who was p4 until 31 May and is p5 since 1 June.
    let by_name = told(&mut ledger, ordered("a", 2022, "2022-10-10"));
    let post = told(&mut ledger, to_post("c", 2022, "2022-10-31", "c.party"));
    let list = |ledger: &Ledger, on: &str, filter: &str| {
        told_of(&asked(ledger, Some("city"), filter, "", &[2022], (on, Position::MAX)))
    };
    let findings = "kind = finding_answer OR kind = finding_check";
    expect![[r#"
        5 within_5 a finding_answer by person p1
        26 within_30 c finding_answer by post p5"#]]
    .assert_eq(&list(&ledger, TODAY, findings));
    // On 11 October the first is overdue. In May the post was p4's: whoever holds it on the day
    // asked about owes.
    expect![[r#"
        -1 overdue a finding_answer by person p1
        20 within_30 c finding_answer by post p5"#]]
    .assert_eq(&list(&ledger, "2022-10-11", findings));
    assert_eq!(
        list(&ledger, "2022-05-31", "kind = finding_answer AND person_id = p4"),
        "153 later c finding_answer by post p4"
    );
    // The finding about the plan has category and weight of that duty, the other one has neither.
    assert_eq!(
        list(&ledger, TODAY, "kind = finding_answer AND duty.weight = 40"),
        "26 within_30 c finding_answer by post p5"
    );
    assert_eq!(list(&ledger, TODAY, "kind = finding_answer AND duty.weight < 40"), "");
    assert_eq!(list(&ledger, TODAY, "kind = finding_answer AND status = overdue"), "");

    let before = told(&mut ledger, answered(id_at(by_name)));
    expect![[r#"
        26 within_30 c finding_answer by post p5
        ? undated a finding_check by supervisor -"#]]
    .assert_eq(&list(&ledger, TODAY, findings));
    let goes_on = Effect::NotEffective { due: day("2022-10-20") };
    told(&mut ledger, looked_at(id_at(by_name), goes_on));
    assert_eq!(
        list(&ledger, TODAY, "kind = finding_answer AND debtor = person"),
        "15 within_15 a finding_answer by person p1"
    );
    told(&mut ledger, answered(id_at(by_name)));
    told(&mut ledger, looked_at(id_at(by_name), Effect::Effective));
    assert_eq!(list(&ledger, TODAY, findings), "26 within_30 c finding_answer by post p5");
    // A closed one is told with its last day, and is open no more.
    let year = 2022..=2022;
    let all = of(&ledger.snapshot(), &organization_id("a"), &year, question(Position::MAX));
    let [closed] = &all[..] else { panic!("{all:?}") };
    assert_eq!((closed.kind, closed.is_open), (Kind::FindingAnswer, false));
    assert_eq!(closed.last, Some(day("2022-10-20")));
    assert_eq!((closed.entry, closed.event), (Some(by_name), Some(id_at(by_name))));
    assert_eq!(closed.debtor, Debtor::Person(person("p1")));
    // Then it waited for a look, and the other one for its answer.
    let then = asked(&ledger, Some("city"), findings, "", &[2022], (TODAY, before));
    let counts = then.rows.iter().map(|row| row.due.entry).collect::<Vec<_>>();
    assert_eq!(counts, [Some(post), Some(by_name)]);
}

#[test]
fn every_earlier_year_is_asked_with_the_year_before() {
    let mut ledger = world();
    told(&mut ledger, ordered("a", 2020, "2022-10-01"));
    let of_years = |years: &[i16]| {
        let known = (TODAY, Position::MAX);
        told_of(&asked(&ledger, Some("a"), "kind = finding_answer", "", years, known))
    };
    assert_eq!(of_years(&[2022]), "");
    assert_eq!(of_years(&[2021, 2022]), "-4 overdue a finding_answer by person p1");
}

#[test]
fn notice_appeal_and_decision_run_as_steps_say() {
    let mut ledger = world();
    let notice = told(&mut ledger, step(2021, published("2022-10-14")));
    let running = steps_on(&ledger, Position::MAX, "2022-10-14");
    expect![[r#"
        0 today a notice_end by supervisor -
        0 today a appeal_end by organization -"#]]
    .assert_eq(&running);
    // What has run out waits for nobody.
    assert_eq!(steps_on(&ledger, Position::MAX, "2022-10-15"), "");
    let appeal = told(&mut ledger, step(2021, appealed("2022-11-04")));
    assert_eq!(
        steps_on(&ledger, Position::MAX, "2022-10-15"),
        "20 within_30 a appeal_decision by supervisor -"
    );
    let extended = YearAct::Extended {
        appeal,
        reason: "案情复杂，需要调取原始记录".into(),
        decision_due: day("2022-11-25"),
    };
    told(&mut ledger, step(2021, extended));
    assert_eq!(
        steps_on(&ledger, Position::MAX, "2022-11-26"),
        "-1 overdue a appeal_decision by supervisor -"
    );
    let decided = YearAct::Decided {
        appeal,
        upheld: false,
        document: document(),
        reason: "会议记录已在核定时计入".into(),
        adjustment: None,
        office: None,
        review_until: Some(day("2022-12-02")),
    };
    told(&mut ledger, step(2021, decided));
    assert_eq!(
        steps_on(&ledger, Position::MAX, "2022-12-02"),
        "0 today a review_end by organization -"
    );
    assert_eq!(steps_on(&ledger, Position::MAX, "2022-12-03"), "");
    let (arguments, evidence) = ("决定未考虑补充的会议纪要".into(), "".into());
    let decision_due = day("2022-12-23");
    let again = YearAct::ReviewRequested { appeal, arguments, evidence, decision_due };
    told(&mut ledger, step(2021, again));
    assert_eq!(
        steps_on(&ledger, Position::MAX, "2022-12-02"),
        "21 within_30 a review_decision by supervisor -"
    );
    assert_eq!(steps_on(&ledger, notice, "2022-10-14"), running, "as it was known then");
}

#[test]
fn what_was_returned_is_to_be_corrected_in_working_days() {
    let mut ledger = world();
    // Entry 26 is the debrief of a. Returned on 3 October with 5 working days: 8 to 12 October.
    let at = told(&mut ledger, review(26, Verdict::Returned));
    let cures = "7 within_15 a cure by organization -";
    assert_eq!(steps_on(&ledger, at, TODAY), cures);
    let mut corrected = debrief("a", "p1", "2022-09-01", DebriefForm::OnSite);
    corrected.evidence.push(minutes());
    corrected.title = "述法报告（补正）".into();
    told(&mut ledger, correction(26, corrected));
    assert_eq!(steps_on(&ledger, Position::MAX, TODAY), "");
    assert_eq!(steps_on(&ledger, at, TODAY), cures, "as it was known then");
}
