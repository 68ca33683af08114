//! The central laws: replay is live, and what was known then is what a ledger of then knew.

use duty::docno::DocumentNumber;
use duty::id::{AbsenceId, ChangeId, LeadingGroupId};
use duty::occurred::Precision;
use duty::quantity::{Qualifier, Quantity};
use duty::registry::{
    Absence, AbsenceKind, Axis, Change, Ending, LeadingGroup, OrganizationChange,
};
use duty::review::Grade;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::filter::Filter;
use crate::filter::order::OrderBy;
use crate::rectify::{self, Selection};
use crate::view::LeaderView;
use crate::{matrix, view};

/// One step of a history, in numbers that any may take.
pub(super) type Step = (u8, u8, u8, i16);

const TYPES: [EventType; 7] = [
    EventType::AnnualWorkPlan,
    EventType::LeaderLawStudy,
    EventType::LeadingGroupAdjustment,
    EventType::EnforcementExam,
    EventType::LawPopularizationSession,
    EventType::YearEndStatement,
    EventType::WorkOutcome,
];
const ORGANIZATIONS: [&str; 4] = ["city.kjj", "city.kjj", "city.gaj", "county"];

fn told_event((_, what, how, days): Step) -> DutyEvent {
    let organization = ORGANIZATIONS[usize::from(how % 4)];
    let event_type = TYPES[usize::from(what) % TYPES.len()];
    let start = date(2022, 1, 1) + i64::from(days.rem_euclid(370)).days();
    let mut event = event(organization, event_type, &start.to_string());
    if how & 4 == 0 {
        event.evidence.push(minutes());
    }
    if how & 24 == 24 {
        let end = start + i64::from(what).days();
        let occurred =
            Occurred::new(Precision::Period, Some(start), Some(end), &mut Problems::new());
        event.occurred = occurred.unwrap();
        event.aggregate = how & 32 == 0;
    }
    if how & 192 == 192 {
        event.kind = if how & 32 == 0 { Kind::Planned } else { Kind::Outcome };
    }
    if organization == "city.kjj" {
        match what % 3 {
            0 => event.responsible_person = Some(person(if how & 64 == 0 { "p1" } else { "p2" })),
            1 => event.responsible_posts = vec![PostId::parse("party").unwrap()],
            _ => {}
        }
    }
    let (metric, value, unit) = match event_type {
        EventType::EnforcementExam => ("pass_rate", (what % 2).into(), "ratio"),
        _ => ("sessions", u32::from(what % 4).into(), "次"),
    };
    event.quantities.push(Quantity {
        metric: metric.into(),
        value,
        unit: unit.into(),
        qualifier: if how & 128 == 0 { Qualifier::Exact } else { Qualifier::AtLeast },
        window: None,
    });
    event
}

pub(super) fn entry(ledger: &Ledger, step: Step) -> Entry {
    let (kind, what, how, days) = step;
    // Mostly one of the last entries, which mostly are events.
    let length = ledger.journal.len();
    let target = length - usize::from(what) % length.min(8);
    let on = (date(2021, 6, 1) + i64::from(days.rem_euclid(900)).days()).to_string();
    match kind % 25 {
        0..=5 => Entry::DutyEvent(Box::new(told_event(step))),
        6 | 7 => match &ledger.journal[target - 1].entry {
            // A new version of the same, so that it is not refused.
            Entry::DutyEvent(old) => {
                let mut new = told_event(step);
                new.organization = old.organization.clone();
                new.details = old.details.clone();
                new.responsible_posts.clear();
                correction(target, new)
            }
            _ => correction(target, told_event(step)),
        },
        8 => withdrawal(target),
        9 | 10 => {
            let verdicts = [Verdict::Accepted, Verdict::Returned, Verdict::AcceptanceWithdrawn];
            let verdict = verdicts[usize::from(how % 3)];
            let mut decided = review(target, verdict);
            if let Entry::Review(review) = &mut decided
                && verdict == Verdict::Accepted
            {
                let grades = [None, Some(Grade::A), Some(Grade::B), Some(Grade::C)];
                review.grade = grades[usize::from(what % 4)];
            }
            decided
        }
        11 => {
            let id = ["city.kjj", "city.gaj", "county.kjj"][usize::from(what % 3)];
            let mut amended =
                organization(id, Some("city"), ["450200", "450222"][usize::from(how & 1)]);
            amended.sector = if how & 2 == 0 { "science" } else { "police" }.into();
            let begins = [None, None, Some(date(2022, 3, 1)), Some(date(2023, 2, 1))];
            amended.valid_from = begins[usize::from(how / 4 % 4)];
            Entry::Organization(amended)
        }
        12 => {
            let holdings = [("t1", "p1", "party"), ("t2", "p2", "party"), ("t3", "p1", "head")];
            let (id, holder, post) = holdings[usize::from(what % 3)];
            let from = if id == "t1" { "2021-01-01" } else { &on };
            let end = (how & 1 == 0).then_some("2022-06-30").filter(|end| from <= *end);
            let mut held = tenure(id, holder, post, from, end);
            held.acting = how & 6 == 6;
            Entry::Tenure(held)
        }
        13 => {
            let late = ["", "scoring = { late_credit = 0.5 }", "official_rung = \"claimed\""];
            let (id, jurisdiction) =
                [("city-rules", "450200"), ("region-rules", "450000"), ("county-rules", "450222")]
                    [usize::from(what % 3)];
            let from = ["2016-01-01", "2022-01-01", "2023-01-01"][usize::from(how / 3 % 3)];
            let extra = late[usize::from(how % 3)];
            Entry::RuleSet(Box::new(rules(id, jurisdiction, from, extra)))
        }
        14 => {
            let mut published = calendar(2022 + i16::from(what % 2));
            if how & 1 == 0 {
                // A later notice gives another day off.
                published.holidays.insert(date(
                    published.year,
                    11,
                    i8::try_from(how % 28 + 1).unwrap(),
                ));
            }
            Entry::Calendar(Box::new(published))
        }
        15 => {
            let until = (how & 1 == 0).then(|| day(&on) + 60.days());
            Entry::Absence(Absence {
                id: AbsenceId::parse(["a1", "a2"][usize::from(what % 2)]).unwrap(),
                tenure: TenureId::parse(["t1", "t1", "t2"][usize::from(what % 3)]).unwrap(),
                kind: AbsenceKind::Suspended,
                from: day(&on),
                to: until,
                document: DocumentNumber::parse("柳组干〔2022〕8号").unwrap(),
                revoked: how & 6 == 6,
            })
        }
        16 => Entry::LeadingGroup(Box::new(LeadingGroup {
            id: LeadingGroupId::parse(["g1", "g2"][usize::from(what % 2)]).unwrap(),
            organization: organization_id("city.kjj"),
            document: DocumentNumber::parse(&format!("柳科发〔2022〕{}号", how % 4 + 1)).unwrap(),
            from: day(&on),
            to: (how & 64 == 0).then(|| day(&on) + 90.days()),
            name_zh: "依法行政领导小组".into(),
            aliases: Vec::new(),
            head: PostId::parse("party").unwrap(),
            deputies: Vec::new(),
            members: vec![PostId::parse("head").unwrap()],
            office_location: "".into(),
            office_director: None,
            liaison: None,
        })),
        17 => {
            let parents = ["city", "county", "city.kjj"].map(organization_id);
            let parent = parents[usize::from(how / 2 % 3)].clone();
            let change = match how % 5 {
                0 | 1 => Change::Moved { axis: Axis::Territory, parent: Some(parent) },
                2 => Change::Moved { axis: Axis::Line, parent: Some(parent) },
                3 => Change::Renamed { name_zh: format!("单位{how}").into(), name_en: "".into() },
                _ => {
                    Change::Ended { ending: Ending::Merged, successors: vec![parent], taker: None }
                }
            };
            let of = ["city.kjj", "city.gaj", "county.kjj"][usize::from(what % 3)];
            Entry::OrganizationChange(OrganizationChange {
                id: ChangeId::parse(&format!("{of}.{}", how % 6)).unwrap(),
                organization: organization_id(of),
                from: day(&on),
                change,
                document: DocumentNumber::parse("柳编〔2022〕8号").unwrap(),
                revoked: how & 96 == 96,
            })
        }
        18 => {
            let covered = match how % 4 {
                0 => Covered::Post(PostId::parse("party").unwrap()),
                1 => Covered::Person(person("p1")),
                _ => Covered::Organization,
            };
            let duties = ["plan", "study", "exam", "sessions", "statement", "group"];
            let first = date(2022, 1, 1) + i64::from(days.rem_euclid(600)).days();
            let span = match how / 4 % 3 {
                0 => Span::Year(2022),
                _ => Span::Days { first, last: first + i64::from(what).days() },
            };
            exemption(duties[usize::from(what % 6)], covered, span)
        }
        19 => {
            let granted = |recorded: &&Recorded| matches!(recorded.entry, Entry::Exemption(_));
            let target = ledger.journal.iter().rev().find(granted).map(|found| found.event_id);
            Entry::ExemptionRevoked(ExemptionRevocation {
                target: target.unwrap_or(event_id(1)),
                from: date(2022, 9, 1) + i64::from(days.rem_euclid(200)).days(),
                reason: "免除事由已经消失，予以撤销".into(),
                document: DocumentNumber::parse("柳法办〔2022〕9号").unwrap(),
                approver: "supervisor".into(),
            })
        }
        20 => ordered(["city.kjj", "city.gaj"][usize::from(what & 1)], 2021 + days % 2, &on),
        21 | 22 => {
            // One of the last findings, whatever stage it is at: what is out of order is refused.
            let ordered =
                |recorded: &&Recorded| matches!(recorded.entry, Entry::RectificationOrdered(_));
            let mut last = ledger.journal.iter().rev().filter(ordered);
            let target = last.nth(usize::from(what % 16 == 0)).map_or(event_id(1), |r| r.event_id);
            let effect = match how % 2 {
                0 => Effect::Effective,
                _ => Effect::NotEffective { due: date(2024, 1, 1) + i64::from(what).days() },
            };
            let registry = ledger.state.registry();
            let waits = registry
                .rectifications()
                .get(target)
                .is_some_and(|held| held.stage(Position::MAX) == Stage::Answered);
            // Mostly the step that comes next; now and then the other, which is refused.
            if waits == (how < 16) { answered(target) } else { looked_at(target, effect) }
        }
        23 => years::entry(ledger, step),
        _ => {
            let last = ledger.standing.last_closed().unwrap();
            Entry::DayClosed(last.tomorrow().unwrap())
        }
    }
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(any::<Step>(), 0..40)
}

pub(super) fn told(steps: &[Step]) -> Ledger {
    let mut ledger = Ledger::founded();
    for step in steps {
        let entry = entry(&ledger, *step);
        let _ = ledger.tell(entry);
        // A day passes now and then.
        ledger.hours += i64::from(step.0 % 16);
    }
    ledger
}

/// Everything a snapshot answers about 2022 at `known`, as text that can be compared.
pub(super) fn answers(snapshot: &Snapshot, known: Position) -> Vec<String> {
    let question = by_default(snapshot, known);
    let mut answers = vec![format!("{question:?}")];
    for id in ["city", "city.kjj", "city.gaj", "county", "county.kjj"].map(organization_id) {
        answers.push(match view::organization(snapshot, &id, question) {
            Ok(view) => format!(
                "{:?} {} {} {:?}",
                view.organization, view.rules.0, view.rules.1.digest, view.evaluation,
            ),
            Err(none) => format!("{none:?}"),
        });
        answers.push(format!("{:?}", snapshot.entries_of(&id, Position::ZERO, known)));
    }
    for id in ["p1", "p2", "p3"].map(person) {
        answers.push(match view::leader(snapshot, &id, question) {
            Ok(view) => {
                let LeaderView { tenures, lines, scores, handovers, .. } = view;
                format!("{tenures:?} {lines:?} {scores:?} {handovers:?}")
            }
            Err(none) => format!("{none:?}"),
        });
    }
    for id in ["g1", "g2"].map(|id| LeadingGroupId::parse(id).unwrap()) {
        let registry = snapshot.registry();
        let versions = registry.leading_group_versions(&id, known);
        answers
            .push(format!("{versions:?} {:?}", registry.leading_group(&id, question.as_of, known)));
    }
    let order = OrderBy::parse("due_date desc, duty_id", matrix::FIELDS).unwrap();
    let filter = Filter::parse("-status:not_applicable", matrix::FIELDS).unwrap();
    let all = matrix::query(snapshot, Some(&organization_id("city")), &filter, &order, question);
    answers.push(format!("{all:?}"));
    answers.push(format!("{:?}", snapshot.calendar_years(known)));
    answers.push(format!("{:?}", snapshot.calendars(known)));
    let selection =
        Selection { within: None, year: None, state: None, as_of: question.as_of, known };
    let found = rectify::query(snapshot, selection);
    answers.push(format!("{:?} {:?}", found.counts, found.closing_rate()));
    for held in found.findings {
        let steps: Vec<_> = held.steps(known).collect();
        let state = rectify::state(held, question.as_of, known);
        let place = held.mended_at(snapshot.registry(), question.as_of, known);
        answers.push(format!("{} {state:?} {} {place:?} {steps:?}", held.since, held.due(known)));
    }
    let bureau = organization_id("city.kjj");
    let exempted = snapshot.registry().exemptions().of(&bureau, known);
    answers.extend(exempted.map(|held| format!("{:?}", held.as_known(known))));
    answers.extend(years::standing(snapshot, known));
    let rule_sets = snapshot.rule_sets(known);
    let digests = rule_sets.iter().map(|(since, rules)| format!("{since} {}", rules.digest));
    answers.extend(digests);
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The central law of the ledger: asking now what was known at p is asking at p.
    #[test]
    fn what_was_known_then_is_what_a_ledger_of_then_answers(steps in steps()) {
        let ledger = told(&steps);
        let now = ledger.snapshot();
        let mut state = State::new();
        for length in 0..=ledger.journal.len() {
            if let Some(index) = length.checked_sub(1) {
                state.apply(&ledger.journal[index]);
            }
            let known = Position::new(length as u64);
            prop_assert_eq!(state.head(), known);
            prop_assert_eq!(answers(&now, known), answers(&state.snapshot(), known));
        }
    }

    #[test]
    fn replay_is_live_and_readers_see_nothing_move(
        steps in steps(), cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..5),
    ) {
        let ledger = told(&steps);
        let length = ledger.journal.len();
        let replayed = ledger.state_at(length);
        let mut live = State::new();
        let mut held = Vec::new();
        for (index, recorded) in ledger.journal.iter().enumerate() {
            if cuts.iter().any(|cut| cut.index(length) == index) {
                let snapshot = live.snapshot();
                let answers = answers(&snapshot, snapshot.head());
                held.push((snapshot, answers));
            }
            live.apply(recorded);
        }
        prop_assert_eq!(&live, &replayed);
        for (snapshot, before) in held {
            prop_assert_eq!(answers(&snapshot, snapshot.head()), before);
        }
    }

    #[test]
    fn positions_and_facts_are_found_by_their_ids(steps in steps()) {
        let ledger = told(&steps);
        let state = ledger.state_at(ledger.journal.len());
        let snapshot = state.snapshot();
        prop_assert_eq!(state.last_recorded_at(), snapshot.recorded_at());
        for (index, recorded) in ledger.journal.iter().enumerate() {
            let position = Position::new(index as u64 + 1);
            let candidates: Vec<_> = state.candidates(recorded.event_id).collect();
            prop_assert_eq!(candidates, [position]);
            let version = matches!(recorded.entry, Entry::DutyEvent(_) | Entry::Correction(_));
            let found = state.fact(recorded.event_id);
            prop_assert_eq!(found.is_some(), version);
            let Some((organization, fact)) = found else { continue };
            prop_assert_eq!(fact.position, position);
            prop_assert_eq!(Some(&organization), recorded.entry.organization());
            let entries = snapshot.entries_of(&organization, position, Position::MAX);
            prop_assert_eq!(entries.first(), Some(&position));
            let target = recorded.event_id;
            let withdrawn = ledger.journal.iter().any(
                |later| matches!(&later.entry, Entry::Withdrawal(back) if back.target == target),
            );
            prop_assert_eq!(withdrawn, fact.withdrawn_at.is_some());
        }
    }
}

/// The histories above are not mostly refused: every kind of entry gets in.
#[test]
fn random_histories_hold_every_kind_of_entry() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..192 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let ledger = told(&steps);
        let founded = Ledger::founded().journal.len();
        for recorded in &ledger.journal[founded..] {
            let name = format!("{:?}", recorded.entry);
            let name = name.split('(').next().unwrap().to_owned();
            *seen.entry(name).or_insert(0) += 1;
        }
    }
    let kinds: Vec<_> = seen.iter().filter(|(_, count)| 10 <= **count).map(|(k, _)| k).collect();
    let all = [
        "Absence",
        "Calendar",
        "Correction",
        "DayClosed",
        "DutyEvent",
        "Exemption",
        "ExemptionRevoked",
        "LeadingGroup",
        "Organization",
        "OrganizationChange",
        "RectificationAnswered",
        "RectificationClosed",
        "RectificationOrdered",
        "Review",
        "RuleSet",
        "Tenure",
        "Withdrawal",
        "YearStep",
    ];
    assert_eq!(kinds, all, "{seen:?}");
}
