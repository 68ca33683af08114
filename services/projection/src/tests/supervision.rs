//! The views of supervisors on a small world, with every figure worked out by hand.
//!
//! The city has three bureaus. The debrief is due on 2022-09-30, the yearly plan on 2022-12-31; the
//! clock starts on 2022-10-01 and the question is asked for 2022-10-05. Weights: debrief 60, plan
//! 40.
//!
//! | bureau | party head | head | debrief |
//! |---|---|---|---|
//! | a | p1 | p1 | with minutes, on 2022-09-01: in time for both posts |
//! | b | p2 | p3 | p2 with minutes, on 2022-10-01: late; p3 none |
//! | c | p4 until 2022-05-31, then p5 | vacant | p5 on 2022-09-02, no document |

mod coverage;
mod deadlines;
mod dues;
mod exceptions;
mod notice;
mod profile;
mod ranking;
mod rollup;

use duty::event::details::DebriefForm;

use super::*;

const RULES: &str = r#"
schema_version = 1
ruleset_id = "supervised"
valid_from = 2022-01-01
jurisdiction = "450200"
timezone = "Asia/Shanghai"
official_rung = "documented"

[[duty]]
id = "debrief"
name_zh = "述法"
name_en = "debrief"
category = "core"
owed_by = ["party_head", "government_head"]
level = "person"
satisfied_by = ["rule_of_law_debrief"]
cadence = "annual"
deadline = { month = 9, day = 30, year_offset = 0, bound = "on_or_before" }
min_count = 1
weight = 60
basis = ["test"]

[[duty]]
id = "plan"
name_zh = "计划"
name_en = "plan"
category = "reporting"
owed_by = ["organization"]
level = "organization"
satisfied_by = ["annual_work_plan"]
cadence = "annual"
deadline = { month = 12, day = 31, year_offset = 0, bound = "on_or_before" }
min_count = 1
weight = 40
basis = ["test"]
"#;

/// The day the questions are asked for.
const TODAY: &str = "2022-10-05";

fn debrief(organization: &str, person_id: &str, on: &str, form: DebriefForm) -> DutyEvent {
    let mut event = event(organization, EventType::RuleOfLawDebrief, on);
    event.responsible_person = Some(person(person_id));
    if let Details::RuleOfLawDebrief(details) = &mut event.details {
        details.form = Some(form);
        details.rating = "好".into();
    }
    event
}

fn told(ledger: &mut Ledger, entry: Entry) -> Position {
    ledger.tell(entry.clone()).unwrap_or_else(|| panic!("refused: {entry:?}"))
}

fn record(ledger: &mut Ledger, event: DutyEvent) -> Position {
    told(ledger, Entry::DutyEvent(Box::new(event)))
}

/// The world of the table above, and a place abroad under nobody's rules.
pub(super) fn world() -> Ledger {
    let mut ledger = Ledger::default();
    let closed = ledger.today().yesterday().unwrap();
    let mut all = vec![
        Entry::DayClosed(closed),
        Entry::Organization(organization("city", None, "450200")),
        Entry::Organization(organization("abroad", None, "450300")),
    ];
    for bureau in ["a", "b", "c"] {
        all.push(Entry::Organization(organization(bureau, Some("city"), "450200")));
        all.push(Entry::Post(post(&format!("{bureau}.party"), bureau, PostKind::PartyHead)));
        all.push(Entry::Post(post(&format!("{bureau}.head"), bureau, PostKind::GovernmentHead)));
    }
    all.extend((1..=5).map(|number| Entry::Person(person(&format!("p{number}")).into())));
    for (number, (holder, held, from, to)) in [
        ("p1", "a.party", "2021-01-01", None),
        ("p1", "a.head", "2021-01-01", None),
        ("p2", "b.party", "2021-01-01", None),
        ("p3", "b.head", "2021-01-01", None),
        ("p4", "c.party", "2021-01-01", Some("2022-05-31")),
        ("p5", "c.party", "2022-06-01", None),
    ]
    .into_iter()
    .enumerate()
    {
        all.push(Entry::Tenure(tenure(&format!("t{number}"), holder, held, from, to)));
    }
    let rules = RuleSet::parse(RULES).unwrap_or_else(|errors| panic!("{errors:#?}")).0;
    all.push(Entry::RuleSet(Box::new(rules)));
    all.push(Entry::Calendar(Box::new(calendar(2022))));
    for entry in all {
        told(&mut ledger, entry);
    }
    let mut first = debrief("a", "p1", "2022-09-01", DebriefForm::OnSite);
    first.evidence.push(minutes());
    record(&mut ledger, first);
    let mut second = debrief("b", "p2", "2022-10-01", DebriefForm::Written);
    second.evidence.push(minutes());
    record(&mut ledger, second);
    record(&mut ledger, debrief("c", "p5", "2022-09-02", DebriefForm::Special));
    ledger
}

fn question(known: Position) -> Question {
    Question { year: 2022, as_of: day(TODAY), known }
}

/// What the events at every position say, as the edge would read it.
fn papers(ledger: &Ledger) -> crate::supervision::Papers {
    let entries = (1..).map(Position::new).zip(&ledger.journal);
    let said = entries.filter_map(|(position, recorded)| match &recorded.entry {
        Entry::DutyEvent(event) => Some((position, (**event).clone())),
        Entry::Correction(correction) => Some((position, correction.event.clone())),
        _ => None,
    });
    said.collect()
}
