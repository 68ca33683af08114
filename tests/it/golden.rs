//! The 2022 report of the science bureau as a view, and each of its figures at its event.
//!
//! The golden view of the product: 39 events, 32 duties, four rungs. Entries are named by the last
//! three digits of their readable numbers, `LZKJ-2022-018` as `018`. Nothing here goes over the
//! wire; the records are read by [`duty_ledger::report`] and converted as the service does it.

mod reading;

use std::fmt::Write as _;

use duty::evaluate::{self, Obligation, Owner, Question};
use duty::event::{Kind, check};
use duty::id::{OrganizationId, PersonId};
use duty::quantity::Quantity;
use duty::ruleset::Rung;
use duty::{Reason, metric};
use expect_test::expect;
use projection::view;
use rust_decimal::Decimal;

use reading::{BUREAU, Golden, question};

/// A line for each obligation: credit and entries on the rungs, equal ones together.
fn row(golden: &Golden, owed: &Obligation) -> String {
    let owner = match &owed.owner {
        Owner::Organization => String::new(),
        Owner::Vacant => " nobody".to_owned(),
        Owner::Person { person, .. } => format!(" {person}"),
    };
    let period = match &owed.period {
        evaluate::Period::Item { position, .. } => format!(" item {}", golden.numbers[position]),
        evaluate::Period::Year => String::new(),
        period => format!(" {}", period.key()),
    };
    let judged = owed.rungs.each_ref().map(|rung| {
        let entries = golden.short(&rung.entries);
        format!("{} {} [{entries}]", rung.status.as_str(), rung.credit.normalize())
    });
    let mut row = format!("{}{owner}{period} => {}", owed.duty, owed.official.as_str());
    let mut first = 0;
    for index in 0..judged.len() {
        if judged.get(index + 1) != Some(&judged[index]) {
            let (from, to) = (Rung::ALL[first].as_str(), Rung::ALL[index].as_str());
            let rungs = if first == index { to.to_owned() } else { format!("{from}..{to}") };
            write!(row, "\n    {rungs} {}", judged[index]).expect("a string takes everything");
            first = index + 1;
        }
    }
    row + "\n"
}

#[test]
fn the_report_as_a_view() {
    let golden = Golden::read();
    let view = golden.view();
    assert_eq!(view.evaluation.lines.len(), 32);
    let mut table = String::new();
    for line in &view.evaluation.lines {
        writeln!(table, "({})", line.weight.normalize()).expect("a string takes everything");
        table.extend(line.obligations.iter().map(|owed| row(&golden, owed)));
    }
    expect![[r#"
        (12)
        rule_of_law_debrief p-kjj-01 => overdue
            claimed..verified overdue 0 []
        (9)
        rule_of_law_work_meeting => needs_verification
            claimed fulfilled 1 [002]
            dated..verified needs_verification 0 []
        (4)
        leading_group_adjustment confirmation => needs_verification
            claimed fulfilled 1 [003]
            dated..verified needs_verification 0 []
        (10)
        year_end_statement p-kjj-01 => overdue
            claimed..verified overdue 0 []
        (4)
        party_group_deliberation H1 => overdue
            claimed..verified overdue 0 []
        party_group_deliberation H2 => overdue
            claimed..verified overdue 0 []
        (0)
        leader_directive p-kjj-01 => not_applicable
            claimed..verified not_applicable 0 []
        (2)
        annual_work_plan => overdue
            claimed..verified overdue 0 []
        (6)
        report_to_superior => needs_verification
            claimed fulfilled 1 [004]
            dated..verified needs_verification 0 []
        (6)
        annual_report_publication => needs_verification
            claimed fulfilled 1 [007]
            dated..verified needs_verification 0 []
        (4)
        leader_law_study Q1 => needs_verification
            claimed..dated fulfilled 1 [015]
            documented..verified needs_verification 0 []
        leader_law_study Q2 => needs_verification
            claimed..dated fulfilled 1 [016]
            documented..verified needs_verification 0 []
        leader_law_study Q3 => needs_verification
            claimed fulfilled 1 [005]
            dated..verified needs_verification 0 []
        leader_law_study Q4 => needs_verification
            claimed fulfilled 1 [005]
            dated..verified needs_verification 0 []
        (3)
        rule_of_law_lecture => needs_verification
            claimed..dated fulfilled 1 [015 016]
            documented..verified needs_verification 0 []
        (2)
        constitution_publicity => needs_verification
            claimed fulfilled 1 [008]
            dated..verified needs_verification 0 []
        (4)
        law_popularization => needs_verification
            claimed fulfilled 1 [009 011 012 013]
            dated fulfilled 1 [009 012 013]
            documented..verified needs_verification 0 []
        (3)
        court_hearing_observation => needs_verification
            claimed..dated fulfilled 1 [018]
            documented..verified needs_verification 0 []
        (3)
        enforcement_exam item 019 => needs_verification
            claimed fulfilled 1 [019]
            dated..verified needs_verification 0 []
        (1)
        enforcement_certification => overdue
            claimed..verified overdue 0 []
        (4)
        enforcement_three_systems => overdue
            claimed..verified overdue 0 []
        (3)
        normative_document_management => not_applicable
            claimed..verified not_applicable 0 []
        (0)
        major_policy_issued => needs_verification
            claimed..dated fulfilled 1 [022]
            documented..verified needs_verification 0 []
        (4)
        major_decision_procedure item 023 => needs_verification
            claimed fulfilled 1 [023]
            dated needs_verification 0 [023]
            documented..verified needs_verification 0 []
        (4)
        legality_review item 029 => needs_verification
            claimed fulfilled 1 [029]
            dated..verified needs_verification 0 []
        (2)
        fair_competition_review => not_applicable
            claimed..verified not_applicable 0 []
        (3)
        legal_adviser_system => needs_verification
            claimed..dated fulfilled 1 [028]
            documented..verified needs_verification 0 []
        (1)
        research_integrity_commitment => needs_verification
            claimed..dated fulfilled 1 [030]
            documented..verified needs_verification 0 []
        (1)
        research_credit_evaluation => needs_verification
            claimed..dated fulfilled 1 [031]
            documented..verified needs_verification 0 []
        (1)
        credit_information_push => needs_verification
            claimed..dated fulfilled 1 [032]
            documented..verified needs_verification 0 []
        (0)
        integrity_data_submission => needs_verification
            claimed..dated fulfilled 1 [033]
            documented..verified needs_verification 0 []
        (1)
        clean_office_supervision => needs_verification
            claimed..dated fulfilled 1 [034]
            documented..verified needs_verification 0 []
        (1)
        mediation_work => not_applicable
            claimed..verified not_applicable 0 []
        (2)
        court_appearance => not_applicable
            claimed..verified not_applicable 0 []
        (0)
        cadre_appraisal_linkage => needs_verification
            claimed fulfilled 1 [006]
            dated..verified needs_verification 0 []
        (0)
        demonstration_inspection item 027 => needs_verification
            claimed..dated fulfilled 1 [027]
            documented..verified needs_verification 0 []
    "#]]
    .assert_eq(&table);
}

#[test]
fn the_four_scores() {
    // By hand. Four duties of weight do not apply, because nothing of theirs was recorded for 2022
    // and they ask for no minimum: normative documents 3, fair competition 2, mediation 1, court
    // appearance 2. That leaves 100 - 8 = 92.
    //
    // Claimed: work meeting 9, leading group 4, report to superiors 6, publication 6, law study 4,
    // lectures 3, constitution 2, popularization 4, court observation 3, examination 3,
    // decisions 4, legality review 4, advisers 3, commitments 1, credit evaluation 1, records
    // pushed 1, clean office 1: 59. Not claimed for 2022: the debrief (it answers for 2021), the
    // year-end statement, the party group, the work plan, certified officers and the three systems
    // (both only planned).
    //
    // Dated: of the law study only the two lectures, in two of four quarters, 2; lectures 3,
    // popularization 4, observation 3, advisers 3, commitments, evaluation, pushes, clean office 1
    // each: 19. The year of the constitution's publicity crosses its deadline of 10 December.
    //
    // Nothing carries a document number with its day, so documented and verified are nothing.
    let claimed = 9 + 4 + 6 + 6 + 4 + 3 + 2 + 4 + 3 + 3 + 4 + 4 + 3 + 1 + 1 + 1 + 1;
    let dated = 2 + 3 + 4 + 3 + 3 + 1 + 1 + 1 + 1;
    let scores = Golden::read().view().evaluation.scores;
    assert_eq!(scores.weight, Decimal::from(92));
    let earned = scores.rungs.each_ref().map(|rung| rung.earned);
    assert_eq!(earned, [claimed, dated, 0, 0].map(Decimal::from));
    let shown = scores.rungs.each_ref().map(|rung| rung.score.map(|score| score.round_dp(2)));
    // 5900 / 92 = 64.1304…, 1900 / 92 = 20.6521….
    assert_eq!(shown, [6413, 2065, 0, 0].map(|hundredths| Some(Decimal::new(hundredths, 2))));
}

/// `>700 人次 attendance_offline`.
fn shown(quantity: &Quantity) -> String {
    let Quantity { metric, value, unit, qualifier, .. } = quantity;
    format!("{}{} {unit} {metric}", qualifier.sign(), value.normalize())
}

#[test]
fn every_figure_of_the_report_stands_at_its_event() {
    let golden = Golden::read();
    let view = golden.view();
    let mut table = String::new();
    for (short, event) in golden.events.iter().filter(|(_, event)| !event.quantities.is_empty()) {
        let figures: Vec<_> = event.quantities.iter().map(shown).collect();
        let mut counts: Vec<String> = Vec::new();
        for line in &view.evaluation.lines {
            let on = |rung: usize| {
                let entries = |o: &Obligation| o.rungs[rung].entries.clone();
                let earning = |o: &&Obligation| Decimal::ZERO < o.rungs[rung].credit;
                let mut entries = line.obligations.iter().filter(earning).flat_map(entries);
                entries.any(|at| golden.numbers[&at] == *short)
            };
            if let Some(highest) = (0..4).rev().find(|rung| on(*rung)) {
                counts.push(format!("{} {}", line.duty, Rung::ALL[highest].as_str()));
            }
        }
        let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
        let kind = event.kind.as_str();
        writeln!(table, "{short} {kind} {}: {}", event.event_type().as_str(), figures.join(", "))
            .expect("a string takes everything");
        writeln!(table, "    counts for {counts}").expect("a string takes everything");
        let mut flags: Vec<_> = event.source_flags.iter().map(|flag| flag.to_string()).collect();
        let found = check::flags(event).into_iter().map(|flag| flag.reason);
        flags.extend(found.filter(|r| *r != Reason::DetailMissing).map(|r| r.to_string()));
        if !flags.is_empty() {
            writeln!(table, "    flagged {}", flags.join(" ")).expect("a string takes everything");
        }
    }
    expect![[r#"
        001 performed rule_of_law_debrief: ≥1 次 debriefs
            counts for nothing
            flagged F01 F02 F03 accounting_year:inferred ACCOUNTING_YEAR_DIFFERS RESPONSIBLE_MISSING
        002 recurring_claim special_work_meeting: ≥1 次 meetings
            counts for rule_of_law_work_meeting claimed
            flagged F02
        009 performed law_popularization_campaign: ≥4 部 laws_named
            counts for law_popularization dated
        010 performed enterprise_survey: >200 家 enterprises
            counts for nothing
            flagged F06 ACCOUNTING_YEAR_DIFFERS
        011 performed law_popularization_session: ≥10 次 sessions, >700 人次 attendance_offline
            counts for law_popularization claimed
            flagged F06 F07 ACCOUNTING_YEAR_DIFFERS
        012 performed law_popularization_session: 1 次 sessions
            counts for law_popularization dated
            flagged F07 F08
        013 performed law_popularization_session: 1 次 sessions
            counts for law_popularization dated
            flagged F07 F08
        014 performed law_popularization_session: >1000 人 attendance_online
            counts for nothing
            flagged F07 F08
        015 performed rule_of_law_lecture: 1 次 sessions
            counts for leader_law_study dated, rule_of_law_lecture dated
            flagged F09
        016 performed rule_of_law_lecture: 1 次 sessions
            counts for leader_law_study dated, rule_of_law_lecture dated
            flagged F09
        017 performed rule_of_law_lecture: 2 次 sessions, >90 人次 attendance_offline
            counts for nothing
            flagged F09
        018 performed court_hearing_observation: 12 人 attendance_offline
            counts for court_hearing_observation dated
            flagged F10
        019 performed enforcement_exam: 1 ratio registration_rate, 1 ratio attendance_rate, 1 ratio pass_rate, 99 分 max_score
            counts for enforcement_exam claimed
            flagged F11 RATE_WITHOUT_BASE RATE_WITHOUT_BASE RATE_WITHOUT_BASE
        020 planned enforcement_certification: 4 名 officers_before, 41 名 officers_after, 10.25 ratio growth_rate_stated
            counts for nothing
            flagged F12 F13 GROWTH_CONTRADICTS_BASE
        022 performed policy_document: 12 份 documents_total, 4 份 documents_city_issued, 8 份 documents_bureau_normative
            counts for major_policy_issued dated
            flagged F14 F15
        023 performed major_decision: 5 份 decisions_total, 4 份 decisions_issued_or_passed
            counts for major_decision_procedure claimed
            flagged F14 F16
        025 outcome work_outcome: 94 项 major_projects, 15.28 亿元 rd_investment, 134 个 new_products, >150 亿元 economic_benefit
            counts for nothing
            flagged F17
        026 outcome work_outcome: 63 家 gazelle_incubation, 13 家 gazelle_certified, >900 家 sme_evaluated, >800 家 high_tech_enterprises
            counts for nothing
            flagged F17
        028 performed legal_adviser_appointment: 2 名 legal_advisers, 1 名 public_lawyers
            counts for legal_adviser_system dated
            flagged F18 F19
        029 recurring_claim legality_review: 1 ratio coverage
            counts for legality_review claimed
            flagged F20 RATE_WITHOUT_BASE
        030 performed research_integrity_commitment: >200 份 commitments
            counts for research_integrity_commitment dated
        031 performed research_credit_evaluation: 120 个 projects_total, 106 个 projects_acceptance, 14 个 projects_supervision
            counts for research_credit_evaluation dated
        032 performed credit_information_push: 1375 条 records_pushed
            counts for credit_information_push dated
            flagged F21
        033 performed integrity_data_submission: >140 条 records_submitted
            counts for integrity_data_submission dated
        034 performed clean_office_supervision: ≥1 次 actions
            counts for clean_office_supervision dated
            flagged F02
        036 planned enforcement_three_systems_report: 41 名 officers
            counts for nothing
            flagged F13 F22
    "#]].assert_eq(&table);
}

#[test]
fn parts_add_up_and_what_does_not_belong_together_stays_apart() {
    let golden = Golden::read();
    let of = |short, metric| golden.figure(short, metric);
    // 12 = 4 + 8, and 120 = 106 + 14.
    let (city, bureau) = ("documents_city_issued", "documents_bureau_normative");
    assert_eq!(of("022", "documents_total"), of("022", city) + of("022", bureau));
    let (acceptance, supervision) = ("projects_acceptance", "projects_supervision");
    assert_eq!(of("031", "projects_total"), of("031", acceptance) + of("031", supervision));
    // Five decisions, of which four are issued or passed: never seventeen with the twelve documents
    // (F14, C08), and in another duty.
    let decisions = of("023", "decisions_total") - of("023", "decisions_issued_or_passed");
    assert_eq!(decisions, Decimal::ONE);
    assert!(golden.event("022").quantity("decisions_total").is_none());
    assert!(golden.event("023").quantity("documents_total").is_none());
    // Offline 人次 and online 人 stand in different events, under different metrics.
    for (short, event) in &golden.events {
        let both = ["attendance_offline", "attendance_online"];
        let stated = both.iter().filter(|metric| event.quantity(metric).is_some()).count();
        assert!(stated < both.len(), "{short} adds people to attendances");
    }
    // The two lectures of the sum are the two that stand alone (C07).
    let lectures = golden.events.iter().filter(|(_, event)| {
        event.event_type().as_str() == "rule_of_law_lecture" && !event.aggregate
    });
    assert_eq!(Decimal::from(lectures.count()), of("017", "sessions"));
}

#[test]
fn the_growth_is_stated_and_computed_and_flagged() {
    // From 4 to 41 is 925 %; the report says 1025 %, which is the ratio (F12, C04 to C06).
    let golden = Golden::read();
    let event = golden.event("020");
    let growth = metric::growth(&event.quantities).expect("stated and computable");
    let (stated, computed) = (Decimal::new(1025, 2), Decimal::new(925, 2));
    assert_eq!((growth.stated, growth.computed), (stated, computed));
    let flags = check::flags(event);
    let flag = flags.iter().find(|flag| flag.reason == Reason::GrowthContradictsBase);
    let flag = flag.expect("the growth is flagged");
    assert!(flag.en.contains("925") && flag.en.contains("1025"), "{}", flag.en);
}

#[test]
fn plans_and_outcomes_count_nowhere() {
    let golden = Golden::read();
    let snapshot = golden.state.snapshot();
    let holder = PersonId::parse("p-kjj-01").expect("an id");
    for year in [2021, 2022, 2023, 2024] {
        let question = Question { year, ..question() };
        let bureau = OrganizationId::parse(BUREAU).expect("an id");
        let organization = view::organization(&snapshot, &bureau, question);
        let leader = view::leader(&snapshot, &holder, question).expect("a registered person");
        let lines = organization.into_iter().flat_map(|view| view.evaluation.lines);
        for line in lines.chain(leader.lines.into_iter().map(|line| line.line)) {
            let rungs = line.obligations.iter().flat_map(|owed| &owed.rungs);
            for at in rungs.flat_map(|rung| &rung.entries) {
                let kind = golden.event(&golden.numbers[at]).kind;
                assert!(!matches!(kind, Kind::Planned | Kind::Outcome), "{year} {}", line.duty);
            }
        }
    }
}
