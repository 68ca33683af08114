//! Exceptions: each rule on entries that break it and on entries that do not.

use duty::docno::DocumentNumber;
use duty::evidence::Evidence;
use duty::quantity::{Qualifier, Quantity};

use super::*;
use crate::supervision::exceptions::{BATCH_MIN, Found, Kind, gather};

fn found(ledger: &Ledger) -> Found {
    let within = organization_id("city");
    let gathered = gather(&ledger.snapshot(), Some(&within), question(Position::MAX));
    let wanted = gathered.positions();
    let papers = papers(ledger).into_iter().filter(|(at, _)| wanted.contains(at)).collect();
    gathered.find(&papers)
}

/// The entries of each exception of a kind, with what is odd.
fn of(found: &Found, kind: Kind) -> Vec<(Vec<u64>, String)> {
    let exceptions = found.exceptions.iter().filter(|exception| exception.kind == kind);
    let entries = |at: &Position| at.get();
    exceptions.map(|of| (of.entries.iter().map(entries).collect(), of.subject.clone())).collect()
}

fn paper(number: &str) -> Evidence {
    let document_number = Some(DocumentNumber::parse(number).unwrap());
    Evidence { document_number, digest: None, sealed: false, ..minutes() }
}

fn figure(metric: &str, value: &str, unit: &str) -> Quantity {
    Quantity {
        metric: metric.into(),
        value: value.parse().unwrap(),
        unit: unit.into(),
        qualifier: Qualifier::Exact,
        window: None,
    }
}

#[test]
fn an_entry_is_late_after_ten_working_days() {
    let mut ledger = world();
    // Recorded on 2022-10-03. Ten working days from 19 September (Monday) end on 8 October, a
    // Saturday worked, since 1 to 7 October are off; from 16 September on 30 September.
    while ledger.today() < day("2022-10-03") {
        ledger.hours += 1;
    }
    let on_time = record(&mut ledger, event("a", EventType::AnnualWorkPlan, "2022-09-19"));
    let late = record(&mut ledger, event("a", EventType::AnnualWorkPlan, "2022-09-16"));
    let found = found(&ledger);
    let entries: Vec<_> = of(&found, Kind::LateEntry).into_iter().map(|(at, _)| at).collect();
    // The debriefs of 1 and 2 September were recorded on 2 October, after 16 September.
    assert!(!entries.contains(&vec![on_time.get()]), "{found:#?}");
    assert!(entries.contains(&vec![late.get()]), "{found:#?}");
    assert_eq!(entries.len(), 3);
    let unknown = found.undecided;
    assert!(unknown.is_empty(), "every calendar is there");
}

#[test]
fn without_a_calendar_nobody_can_tell() {
    let mut ledger = world();
    let mut early = event("a", EventType::AnnualWorkPlan, "2021-12-31");
    early.accounting_year = 2022;
    // Counting from 2021-12-31 needs the calendar of 2022 alone; from 2021-12-30 that of 2021.
    let known = record(&mut ledger, early.clone());
    early.occurred = Occurred::day(day("2021-12-30"));
    let unknown = record(&mut ledger, early);
    let found = found(&ledger);
    assert_eq!(found.undecided, [unknown]);
    assert!(of(&found, Kind::LateEntry).iter().any(|(at, _)| *at == [known.get()]));
}

#[test]
fn a_correction_after_the_deadline_names_both_versions() {
    let mut ledger = world();
    let count = ledger.journal.len();
    // The last event of the world: p5's debrief, due on 30 September, corrected in October. The
    // plan is not due yet.
    let corrected = debrief("c", "p5", "2022-09-03", DebriefForm::Special);
    let correction_at = told(&mut ledger, correction(count, corrected));
    let plan = record(&mut ledger, event("a", EventType::AnnualWorkPlan, "2022-10-01"));
    let better = event("a", EventType::AnnualWorkPlan, "2022-10-02");
    told(&mut ledger, correction(plan.get() as usize, better));
    let found = of(&found(&ledger), Kind::CorrectedAfterDeadline);
    let entries: Vec<_> = found.into_iter().map(|(at, _)| at).collect();
    assert_eq!(entries, [vec![count as u64, correction_at.get()]]);
}

#[test]
fn evidence_is_reused_across_duties_and_organizations_only() {
    let mut ledger = world();
    // The sealed minutes of the world are one digest, of a and of b.
    let of_world = of(&found(&ledger), Kind::EvidenceReused);
    assert_eq!(of_world.len(), 1);
    assert!(of_world[0].1.starts_with("sm3:abab"), "{of_world:?}");

    let with = |organization: &str, event_type, number: &str| {
        let mut event = event(organization, event_type, "2022-09-30");
        event.evidence.push(paper(number));
        event
    };
    // Twice for one duty, or for a debrief and a statement: nothing.
    for event_type in [EventType::AnnualWorkPlan, EventType::AnnualWorkPlan] {
        record(&mut ledger, with("a", event_type, "柳科发〔2022〕1号"));
    }
    for event_type in [EventType::RuleOfLawDebrief, EventType::YearEndStatement] {
        record(&mut ledger, with("a", event_type, "柳科发〔2022〕2号"));
    }
    // For a debrief and a plan: reused.
    let first = record(&mut ledger, with("a", EventType::RuleOfLawDebrief, "柳科发〔2022〕3号"));
    let second = record(&mut ledger, with("a", EventType::AnnualWorkPlan, "柳科发〔2022〕3号"));
    // By two bureaus for one duty: reused.
    let third = record(&mut ledger, with("b", EventType::AnnualWorkPlan, "柳科发〔2022〕4号"));
    let fourth = record(&mut ledger, with("c", EventType::AnnualWorkPlan, "柳科发〔2022〕4号"));
    let mut reused = of(&found(&ledger), Kind::EvidenceReused);
    reused.retain(|(_, subject)| !subject.starts_with("sm3:"));
    assert_eq!(
        reused,
        [
            (vec![first.get(), second.get()], "柳科发〔2022〕3号".to_owned()),
            (vec![third.get(), fourth.get()], "柳科发〔2022〕4号".to_owned()),
        ]
    );
}

#[test]
fn many_entries_on_a_last_day_are_a_batch() {
    let mut ledger = world();
    let rules =
        RULES.replace("supervised", "later").replace("month = 12, day = 31", "month = 10, day = 4");
    let rules = RuleSet::parse(&rules.replace("2022-01-01", "2022-02-01")).unwrap().0;
    told(&mut ledger, Entry::RuleSet(Box::new(rules)));
    while ledger.today() < day("2022-10-04") {
        ledger.hours += 1;
    }
    let plan = || event("a", EventType::AnnualWorkPlan, "2022-10-01");
    let mut entries = Vec::new();
    for _ in 1..BATCH_MIN {
        entries.push(record(&mut ledger, plan()).get());
    }
    assert_eq!(of(&found(&ledger), Kind::BatchOnLastDay), [], "one fewer is none");
    entries.push(record(&mut ledger, plan()).get());
    let batch = of(&found(&ledger), Kind::BatchOnLastDay);
    assert_eq!(batch, [(entries, "2022-10-04".to_owned())]);
}

#[test]
fn figures_are_held_against_themselves() {
    let mut ledger = world();
    let mut exam = event("a", EventType::EnforcementExam, "2022-10-01");
    exam.quantities = vec![figure("pass_rate", "1", "ratio")];
    let without_base = record(&mut ledger, exam);
    // 41 officers after 4 are a growth of 925 per cent, not of 1025.
    let mut growth = event("a", EventType::EnforcementCertification, "2022-10-01");
    growth.quantities = vec![
        figure("officers_before", "4", "名"),
        figure("officers_after", "41", "名"),
        figure("growth_rate_stated", "10.25", "ratio"),
    ];
    let contradicted = record(&mut ledger, growth);
    let mut survey = event("a", EventType::EnterpriseSurvey, "2022-10-01");
    survey.quantities = vec![figure("enterprises", "200", "家")];
    let round = record(&mut ledger, survey.clone());
    for (value, qualifier) in
        [("210", Qualifier::Exact), ("90", Qualifier::Exact), ("200", Qualifier::MoreThan)]
    {
        survey.quantities[0].value = value.parse().unwrap();
        survey.quantities[0].qualifier = qualifier;
        record(&mut ledger, survey.clone());
    }
    let found = found(&ledger);
    let entries = |kind| of(&found, kind).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
    assert_eq!(entries(Kind::RateWithoutBase), [[without_base.get()]]);
    assert_eq!(entries(Kind::StatedDiffers), [[contradicted.get()]]);
    assert_eq!(entries(Kind::RoundFigure), [[round.get()]]);
}

#[test]
fn evidence_of_a_later_year_is_named() {
    let mut ledger = world();
    let mut plan = event("a", EventType::AnnualWorkPlan, "2021-12-31");
    plan.evidence = vec![paper("柳科发〔2021〕9号"), paper("柳科发〔2022〕1号")];
    let late = record(&mut ledger, plan.clone());
    plan.occurred = Occurred::UNKNOWN;
    record(&mut ledger, plan);
    let named = of(&found(&ledger), Kind::EvidenceAfterPeriod);
    assert_eq!(named, [(vec![late.get()], "柳科发〔2022〕1号".to_owned())]);
}
