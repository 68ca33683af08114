//! What is accepted and what is refused, and why: a ledger with a past, and commands against it.
//!
//! [`check`] decides one command; the answer reads `append 0` and `duplicate of 7`, or the kind of
//! the refusal and each reason with its field. [`Bench`] has the past; [`refusals`] change one
//! thing at a time, [`batches`] send several, [`laws`] hold for every past.

mod absences;
mod batches;
mod exemptions;
mod laws;
mod persons;
mod rectifications;
mod refusals;
mod years;

use expect_test::Expect;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Command, Earlier, Fate, Held, Outcome, Proposed, Standing, decide, version_before};
use crate::division::DivisionCode;
use crate::entry::{Correction, Entry, Recorded, Review, Verdict, Withdrawal};
use crate::event::{Details, DutyEvent, EventType, Kind};
use crate::evidence::Disclosure;
use crate::id::{EventId, OrganizationId, PersonId, PostId, TenureId};
use crate::occurred::Occurred;
use crate::position::Position;
use crate::quantity::Answer;
use crate::registry::{Class, Level, Organization, Post, PostKind, Tenure};

/// A ledger as its writer sees it.
#[derive(Clone, Default)]
struct Bench {
    standing: Standing,
    journal: Vec<Recorded>,
    /// How much of the journal is durable.
    settled: usize,
}

/// An event that stands as it was recorded.
const PLAIN: u128 = 1;
/// An event that [`NEWER`] corrected.
const OLDER: u128 = 2;
const NEWER: u128 = 3;
/// An event that was taken back.
const GONE: u128 = 4;
/// An event that was accepted.
const ACCEPTED: u128 = 5;
/// The registration of a person: no duty event.
const NO_EVENT: u128 = 105;
/// An id that nothing carries.
const FREE: u128 = 1_000;

impl Bench {
    /// The city, its bureau with two posts, two persons of whom one holds the first post, five
    /// events and their fates, and 2022 closed up to 30 December. Now is 1 January 2023.
    fn with_a_past() -> Self {
        let mut bench = Self::default();
        let entries = [
            (101, Entry::Organization(organization("city", None))),
            (102, Entry::Organization(organization("bureau", Some("city")))),
            (103, Entry::Post(post("bureau.party", "bureau", PostKind::PartyHead))),
            (104, Entry::Post(post("bureau.head", "bureau", PostKind::GovernmentHead))),
            (NO_EVENT, Entry::Person(person_id("p1").into())),
            (106, Entry::Person(person_id("p2").into())),
            (107, Entry::Tenure(tenure("t1", "p1", "bureau.party", "2021-01-01", None))),
            (PLAIN, Entry::DutyEvent(Box::new(event()))),
            (OLDER, Entry::DutyEvent(Box::new(event()))),
            (NEWER, correction(OLDER, |_| {})),
            (GONE, Entry::DutyEvent(Box::new(event()))),
            (108, withdrawal(GONE, |_| {})),
            (ACCEPTED, Entry::DutyEvent(Box::new(event()))),
            (109, review(ACCEPTED, |_| {})),
            (110, Entry::DayClosed(day("2022-12-30"))),
        ];
        for (number, entry) in entries {
            bench.put(number, entry);
        }
        bench.settle();
        bench
    }

    fn put(&mut self, number: u128, entry: Entry) {
        self.put_by("recorder", number, entry);
    }

    fn put_by(&mut self, recorder: &str, number: u128, entry: Entry) {
        let recorder = recorder.into();
        let recorded = Recorded { event_id: id(number), recorded_at: now(), recorder, entry };
        let earlier = self.earlier(&command([(number, recorded.entry.clone())]));
        self.standing.evolve(&recorded, &earlier);
        self.journal.push(recorded);
    }

    fn settle(&mut self) {
        self.standing.settle();
        self.settled = self.journal.len();
    }

    fn roll_back(&mut self) {
        self.standing.roll_back();
        self.journal.truncate(self.settled);
    }

    /// What the durable journal did to an event.
    fn durable_fate(&self, id: EventId) -> Fate {
        let mut fate = Fate::default();
        for recorded in &self.journal[..self.settled] {
            match &recorded.entry {
                Entry::Correction(new) if new.target == id => {
                    fate.superseded_by = Some(recorded.event_id);
                }
                Entry::Withdrawal(withdrawal) if withdrawal.target == id => fate.withdrawn = true,
                Entry::Review(review) if review.target == id => {
                    fate.accepted_by = review.accepted_by();
                }
                _ => {}
            }
        }
        fate
    }

    /// What the journal holds of the ids a command refers to.
    fn earlier(&self, command: &Command) -> Earlier {
        let mut wanted: Vec<EventId> = command.references().collect();
        for id in command.decided_on() {
            // Whatever is told: an entry of some history may name itself.
            let mut last = self.journal.len();
            let place = |id| self.journal.iter().position(|recorded| recorded.event_id == id);
            let mut next = Some(id);
            while let Some(at) = next.and_then(place).filter(|at| *at < last) {
                next = version_before(&self.journal[at].entry);
                wanted.extend(next);
                last = at;
            }
        }
        let entries = (1..).map(Position::new).zip(&self.journal);
        let held = entries.filter(|(_, recorded)| wanted.contains(&recorded.event_id));
        held.map(|(position, recorded)| {
            let fate = self.durable_fate(recorded.event_id);
            (recorded.event_id, Held { position, recorded: recorded.clone(), fate })
        })
        .collect()
    }

    fn answer(&self, command: &Command) -> String {
        match decide(&self.standing, command, &self.earlier(command), now()) {
            Ok(outcomes) => outcomes
                .iter()
                .map(|outcome| match outcome {
                    Outcome::Append { index } => format!("append {index}"),
                    Outcome::Duplicate { position } => format!("duplicate of {position}"),
                })
                .collect::<Vec<_>>()
                .join(", "),
            Err(refusal) => {
                let kind = refusal.kind();
                let problems = refusal.problems();
                let shown = problems.iter().map(|p| format!("{} {}", p.reason, p.field));
                format!("{kind:?}: {}", shown.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Decides commands one by one against the same past; a line for each.
#[track_caller]
fn check<'a>(rows: impl IntoIterator<Item = (&'a str, Command)>, expected: Expect) {
    let bench = Bench::with_a_past();
    let answers: String = rows
        .into_iter()
        .map(|(row, command)| format!("{row}: {}\n", bench.answer(&command)))
        .collect();
    expected.assert_eq(&answers);
}

/// A command of entries with these ids.
fn command(entries: impl IntoIterator<Item = (u128, Entry)>) -> Command {
    let proposed = |(index, (number, entry))| Proposed::new(index, id(number), entry);
    Command {
        recorder: "recorder".into(),
        entries: entries.into_iter().enumerate().map(proposed).collect(),
        expectations: Vec::new(),
    }
}

/// A command of one entry under a free id.
fn alone(entry: Entry) -> Command {
    command([(FREE, entry)])
}

fn now() -> Timestamp {
    "2023-01-01T09:00:00+08:00".parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn id(number: u128) -> EventId {
    EventId::new(Uuid::from_u128(number))
}

fn organization_id(text: &str) -> OrganizationId {
    OrganizationId::parse(text).unwrap()
}

fn person_id(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn post_id(text: &str) -> PostId {
    PostId::parse(text).unwrap()
}

fn organization(id: &str, parent: Option<&str>) -> Organization {
    Organization {
        id: organization_id(id),
        parent: parent.map(organization_id),
        name_zh: "单位".into(),
        name_en: "".into(),
        level: Level::Department,
        class: Class::GovernmentOrgan,
        division: DivisionCode::parse("450200").unwrap(),
        credit_code: None,
        sector: "".into(),
        has_enforcement_power: false,
        valid_from: None,
        valid_to: None,
    }
}

fn post(id: &str, organization: &str, kind: PostKind) -> Post {
    let organization = organization_id(organization);
    Post { id: post_id(id), organization, kind, title_zh: "职务".into() }
}

fn tenure(id: &str, person: &str, post: &str, from: &str, to: Option<&str>) -> Tenure {
    Tenure {
        id: TenureId::parse(id).unwrap(),
        person: person_id(person),
        post: post_id(post),
        from: day(from),
        to: to.map(day),
        acting: false,
        appointment_document: "".into(),
    }
}

/// An event against which nothing can be said.
fn event() -> DutyEvent {
    DutyEvent {
        organization: organization_id("bureau"),
        kind: Kind::Performed,
        occurred: Occurred::day(day("2022-11-14")),
        accounting_year: 2022,
        title: "旁听庭审".into(),
        responsible_person: Some(person_id("p1")),
        responsible_posts: vec![post_id("bureau.party")],
        main_leader_attended: Answer::Unknown,
        quantities: Vec::new(),
        evidence: Vec::new(),
        disclosure: Disclosure::Public,
        aggregate: false,
        components: Vec::new(),
        part_of: None,
        source_flags: Vec::new(),
        quote: "".into(),
        source_reference: "".into(),
        source_number: "".into(),
        details: Details::unknown(EventType::CourtHearingObservation),
    }
}

/// That event with one thing changed.
fn event_with(change: impl FnOnce(&mut DutyEvent)) -> Entry {
    let mut event = event();
    change(&mut event);
    Entry::DutyEvent(Box::new(event))
}

fn correction(target: u128, change: impl FnOnce(&mut Correction)) -> Entry {
    let reason = "日期填写有误，已核对会议纪要".into();
    let mut correction = Correction { target: id(target), reason, event: event() };
    change(&mut correction);
    Entry::Correction(Box::new(correction))
}

fn withdrawal(target: u128, change: impl FnOnce(&mut Withdrawal)) -> Entry {
    let reason = "重复填报，予以撤回处理".into();
    let mut withdrawal = Withdrawal { target: id(target), reason, consented_by: "".into() };
    change(&mut withdrawal);
    Entry::Withdrawal(withdrawal)
}

fn review(target: u128, change: impl FnOnce(&mut Review)) -> Entry {
    let mut review = Review {
        target: id(target),
        verdict: Verdict::Accepted,
        verifier: "supervisor".into(),
        remark: "纪要缺少签到表，请补充".into(),
        grade: None,
        cure_working_days: 0,
        document: None,
    };
    change(&mut review);
    Entry::Review(review)
}
