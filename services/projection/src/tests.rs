//! The fold and the views, against small ledgers.
//!
//! A ledger is told as entries, each of which `decide` must accept; what it refuses is left out. So
//! [`laws`] can throw anything at it and still fold only what a real journal may hold.

mod answered_for;
mod changes;
mod exempted;
mod known;
mod laws;
mod matrix;
mod model;
mod rectify;
mod remembered;
mod rules;
mod saved;
mod supervision;
mod years;

use duty::calendar::CalendarYear;
use duty::decide::{Command, Earlier, Fate, Held, Proposed, Standing, decide, version_before};
use duty::division::DivisionCode;
use duty::docno::DocumentNumber;
use duty::entry::{Correction, Entry, Recorded, Review, Verdict, Withdrawal};
use duty::evaluate::Question;
use duty::event::{Details, DutyEvent, EventType, Kind};
use duty::evidence::{Digest, DigestAlgorithm, Disclosure, Evidence};
use duty::exemption::{Covered, Exemption, ExemptionReason, ExemptionRevocation, Span};
use duty::id::{DutyId, EventId, OrganizationId, PersonId, PostId, TenureId};
use duty::occurred::Occurred;
use duty::quantity::Answer;
use duty::rectification::{self, Assignee, Effect, Severity, Source, Stage};
use duty::registry::{Class, Level, Organization, Post, PostKind, Tenure};
use duty::ruleset::RuleSet;
use duty::{Position, Problems};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::{Snapshot, State};

/// A journal under construction.
#[derive(Default)]
struct Ledger {
    standing: Standing,
    state: State,
    journal: Vec<Recorded>,
    /// The clock: two hours pass with each entry.
    hours: i64,
}

impl Ledger {
    /// The city, its bureau, its police and a county; a rule set; the first day closed.
    fn founded() -> Self {
        let mut ledger = Self::default();
        let closed = ledger.today().yesterday().unwrap();
        for entry in [
            Entry::DayClosed(closed),
            Entry::Organization(organization("city", None, "450200")),
            Entry::Organization(organization("city.kjj", Some("city"), "450200")),
            Entry::Organization(organization("city.gaj", Some("city"), "450200")),
            Entry::Organization(organization("county", Some("city"), "450222")),
            Entry::Post(post("party", "city.kjj", PostKind::PartyHead)),
            Entry::Post(post("head", "city.kjj", PostKind::GovernmentHead)),
            Entry::Person(person("p1").into()),
            Entry::Person(person("p2").into()),
            Entry::Tenure(tenure("t1", "p1", "party", "2021-01-01", None)),
            Entry::RuleSet(Box::new(rules("city-rules", "450200", "2016-01-01", ""))),
        ] {
            let position = ledger.tell(entry.clone());
            assert!(position.is_some(), "the foundation is sound: {entry:?}");
        }
        ledger
    }

    fn now(&self) -> Timestamp {
        let start: Timestamp = "2022-10-01T09:00:00+08:00".parse().unwrap();
        start + self.hours.hours()
    }

    fn today(&self) -> Date {
        duty::zone::civil_day(self.now())
    }

    /// Appends an entry when it is accepted, and says where.
    fn tell(&mut self, entry: Entry) -> Option<Position> {
        self.hours += 2;
        let event_id = event_id(self.journal.len() + 1);
        let proposed = Proposed::new(0, event_id, entry.clone());
        let command = Command {
            recorder: "recorder".into(),
            entries: vec![proposed],
            expectations: Vec::new(),
        };
        let mut earlier: Earlier = command.references().filter_map(|id| self.held(id)).collect();
        for mut id in command.decided_on() {
            let before =
                |of: &Earlier, id| of.get(&id).and_then(|h| version_before(&h.recorded.entry));
            while let Some(older) = before(&earlier, id) {
                earlier.extend(self.held(older));
                id = older;
            }
        }
        decide(&self.standing, &command, &earlier, self.now()).ok()?;
        let recorder = "recorder".into();
        let recorded = Recorded { event_id, recorded_at: self.now(), recorder, entry };
        let position = self.standing.evolve(&recorded, &earlier);
        self.standing.settle();
        self.state.apply(&recorded);
        self.journal.push(recorded);
        Some(position)
    }

    /// The entry with this id, as the edge would find it.
    fn held(&self, id: EventId) -> Option<(EventId, Held)> {
        let at = |position: Position| &self.journal[position.get() as usize - 1];
        let position = self.state.candidates(id).find(|position| at(*position).event_id == id)?;
        let recorded = at(position).clone();
        let fate = self.state.fact(id).map(|(_, fact)| Fate {
            superseded_by: fact.superseded_at.map(|by| at(by).event_id),
            withdrawn: fact.withdrawn_at.is_some(),
            accepted_by: fact.review(Position::MAX).and_then(|last| match &at(last.at).entry {
                Entry::Review(review) => review.accepted_by(),
                _ => None,
            }),
        });
        Some((id, Held { position, recorded, fate: fate.unwrap_or_default() }))
    }

    /// The state after the first `length` entries.
    fn state_at(&self, length: usize) -> State {
        let mut state = State::new();
        for recorded in &self.journal[..length] {
            state.apply(recorded);
        }
        state
    }

    fn snapshot(&self) -> Snapshot {
        self.state_at(self.journal.len()).snapshot()
    }
}

/// The event id of the entry at this position.
fn event_id(position: usize) -> EventId {
    EventId::parse(&format!("{position:032x}")).unwrap()
}

fn organization_id(text: &str) -> OrganizationId {
    OrganizationId::parse(text).unwrap()
}

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn organization(id: &str, parent: Option<&str>, division: &str) -> Organization {
    Organization {
        id: organization_id(id),
        parent: parent.map(organization_id),
        name_zh: "单位".into(),
        name_en: "".into(),
        level: Level::Department,
        class: Class::GovernmentOrgan,
        division: DivisionCode::parse(division).unwrap(),
        credit_code: None,
        sector: "science".into(),
        has_enforcement_power: true,
        valid_from: None,
        valid_to: None,
    }
}

fn post(id: &str, organization: &str, kind: PostKind) -> Post {
    let organization = organization_id(organization);
    Post { id: PostId::parse(id).unwrap(), organization, kind, title_zh: "职务".into() }
}

fn tenure(id: &str, holder: &str, post: &str, from: &str, to: Option<&str>) -> Tenure {
    Tenure {
        id: TenureId::parse(id).unwrap(),
        person: person(holder),
        post: PostId::parse(post).unwrap(),
        from: day(from),
        to: to.map(day),
        acting: false,
        appointment_document: "".into(),
    }
}

/// A rule set with a duty of each cadence; `extra` are more lines of its head.
fn rules(id: &str, jurisdiction: &str, valid_from: &str, extra: &str) -> RuleSet {
    let duty = |id: &str, rest: &str| {
        format!(
            "[[duty]]\nid = \"{id}\"\nname_zh = \"事项\"\nname_en = \"duty\"\ncategory = \"core\"\n\
             weight = 10\nbasis = [\"test\"]\n{rest}\n"
        )
    };
    let until_december = "deadline = { month = 12, day = 31, year_offset = 0, bound = \"before\" }";
    let of_organization = "owed_by = [\"organization\"]\nlevel = \"organization\"";
    let text = [
        format!(
            "schema_version = 1\nruleset_id = \"{id}\"\nvalid_from = {valid_from}\n\
             jurisdiction = \"{jurisdiction}\"\ntimezone = \"Asia/Shanghai\"\n{extra}\n"
        ),
        duty("plan", &format!("{of_organization}\nsatisfied_by = [\"annual_work_plan\"]\ncadence = \"annual\"\n{until_december}\nmin_count = 1")),
        duty("study", &format!("{of_organization}\nsatisfied_by = [\"leader_law_study\"]\ncadence = \"quarterly\"\n{until_december}\nmin_count = 4")),
        duty("group", &format!("{of_organization}\nsatisfied_by = [\"leading_group_adjustment\"]\ncadence = \"on_change\"\ntrigger = [\"main_leader_change\"]\ndue_within_working_days = 30\nmin_count = 0")),
        duty("exam", &format!("{of_organization}\nsatisfied_by = [\"enforcement_exam\"]\ncadence = \"on_event\"\nmin_count = 0\nthreshold = {{ pass_rate = 0.95 }}")),
        duty("sessions", &format!("{of_organization}\nsatisfied_by = [\"law_popularization_session\"]\ncadence = \"continuous_count\"\nmin_count = 2\napplies_when = \"org.sector == 'science'\"")),
        duty("statement", &format!("owed_by = [\"party_head\", \"government_head\"]\nlevel = \"person\"\nsatisfied_by = [\"year_end_statement\"]\ncadence = \"annual\"\n{}\nmin_count = 1", until_december.replace("year_offset = 0", "year_offset = 1"))),
    ]
    .concat();
    RuleSet::parse(&text).unwrap_or_else(|errors| panic!("{errors:#?}")).0
}

fn calendar(year: i16) -> CalendarYear {
    let text = match year {
        2022 => {
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2022.toml"))
        }
        _ => include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2023.toml")),
    };
    CalendarYear::parse_toml(text).unwrap()
}

/// Something done on a day by `organization`, without a document.
fn event(organization: &str, event_type: EventType, on: &str) -> DutyEvent {
    DutyEvent {
        organization: organization_id(organization),
        kind: Kind::Performed,
        occurred: Occurred::day(day(on)),
        accounting_year: 2022,
        title: event_type.name_zh().into(),
        responsible_person: None,
        responsible_posts: Vec::new(),
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
        details: Details::unknown(event_type),
    }
}

/// Sealed minutes.
fn minutes() -> Evidence {
    Evidence {
        kind: "meeting_minutes".into(),
        document_number: None,
        title: "".into(),
        digest: Digest::parse(DigestAlgorithm::Sm3, &"ab".repeat(32)),
        sealed: true,
        url: None,
        locator: "".into(),
        disclosure: Disclosure::Public,
    }
}

fn correction(target: usize, event: DutyEvent) -> Entry {
    let reason = "日期填写有误，已核对会议纪要".into();
    Entry::Correction(Box::new(Correction { target: event_id(target), reason, event }))
}

fn withdrawal(target: usize) -> Entry {
    Entry::Withdrawal(Withdrawal {
        target: event_id(target),
        reason: "重复填报，予以撤回处理".into(),
        consented_by: "supervisor".into(),
    })
}

fn review(target: usize, verdict: Verdict) -> Entry {
    Entry::Review(Review {
        target: event_id(target),
        verdict,
        verifier: "supervisor".into(),
        remark: "纪要缺少签到表，请补充".into(),
        grade: None,
        cure_working_days: if verdict == Verdict::Returned { 5 } else { 0 },
        document: None,
    })
}

/// A finding at an organization.
fn ordered(organization: &str, accounting_year: i16, due: &str) -> Entry {
    let assignee = Assignee::Person(person("p1"));
    Entry::RectificationOrdered(Box::new(rectification::Order {
        organization: organization_id(organization),
        duty: None,
        accounting_year,
        text: "重大决策未经合法性审查即提交讨论".into(),
        severity: Severity::Major,
        source: Source::Inspection,
        related: Vec::new(),
        assignee,
        due: day(due),
        document: DocumentNumber::parse("柳法办〔2022〕6号").unwrap(),
        issuer: "supervisor".into(),
        body: None,
        closing_post: None,
    }))
}

fn answered(target: EventId) -> Entry {
    Entry::RectificationAnswered(Box::new(rectification::Answer {
        target,
        text: "已补做合法性审查并修订议事规则".into(),
        evidence: vec![minutes()],
        answerer: "kjj-office".into(),
    }))
}

fn looked_at(target: EventId, effect: Effect) -> Entry {
    Entry::RectificationClosed(rectification::Closing {
        target,
        effect,
        remark: "新规则尚未在会议中执行".into(),
        closer: "supervisor".into(),
    })
}

/// An exemption of `city.kjj` from a duty.
fn exemption(duty: &str, covered: Covered, span: Span) -> Entry {
    Entry::Exemption(Box::new(Exemption {
        organization: organization_id("city.kjj"),
        covered,
        duty: DutyId::parse(duty).unwrap(),
        span,
        reason: ExemptionReason::ForceMajeure,
        reason_text: "".into(),
        document: DocumentNumber::parse("柳法办〔2022〕8号").unwrap(),
        applicant: "kjj".into(),
        approver: "supervisor".into(),
    }))
}

/// The question asked when nobody says a day: the day that runs at `known`.
fn by_default(snapshot: &Snapshot, known: Position) -> Question {
    Question { year: 2022, as_of: snapshot.current_day(known), known }
}
