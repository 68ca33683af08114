//! A ledger told in lines, for tests.
//!
//! Rules are `[[duty]]` tables without what does not matter: names, category, weight (10), owner
//! (the organization) and level follow if left out. A history is lines of
//! `position day-recorded what …`. The bureau `kjj` with its posts `party` and `head` is there from
//! the beginning.

use std::collections::BTreeMap;
use std::str::SplitWhitespace;
use std::sync::Arc;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::calendar::{CalendarYear, Calendars};
use crate::division::DivisionCode;
use crate::docno::DocumentNumber;
use crate::evaluate::{Fact, Facts};
use crate::event::details::{DetailFacts, Procedure, Trigger};
use crate::event::{Details, DutyEvent, EventType, Kind};
use crate::evidence::{Digest, DigestAlgorithm, Disclosure, Evidence};
use crate::exemption::{Covered, Exemption, ExemptionReason, ExemptionRevocation, Span};
use crate::id::{AbsenceId, ChangeId, DutyId, EventId, OrganizationId, PersonId, PostId, TenureId};
use crate::occurred::{Occurred, Precision};
use crate::position::Position;
use crate::problem::Problems;
use crate::quantity::{Answer, Qualifier, Quantity};
use crate::registry::{
    Absence, AbsenceKind, Change, Class, Ending, Level, Organization, OrganizationChange, Post,
    PostKind, Registry, Tenure,
};
use crate::review::{Grade, Reviewed, Verdict};
use crate::ruleset::RuleSet;

/// Keys a duty gets when the test does not say.
const DEFAULTS: [(&str, &str); 8] = [
    ("name_zh", "\"事项\""),
    ("name_en", "\"duty\""),
    ("category", "\"core\""),
    ("owed_by", "[\"organization\"]"),
    ("level", "\"organization\""),
    ("min_count", "1"),
    ("weight", "10"),
    ("basis", "[\"test\"]"),
];

/// What an evaluation is asked about.
pub(super) struct Ledger {
    pub(super) rules: RuleSet,
    pub(super) registry: Registry,
    pub(super) calendars: Calendars,
    pub(super) streams: Streams,
}

/// Facts by organization.
#[derive(Default)]
pub(super) struct Streams(pub(super) BTreeMap<OrganizationId, Vec<Arc<Fact>>>);

impl Facts for Streams {
    fn of(&self, organization: &OrganizationId, _year: i16) -> &[Arc<Fact>] {
        self.0.get(organization).map_or(&[], Vec::as_slice)
    }
}

impl Ledger {
    /// The ledger after the lines of `history`, under `duties`.
    pub(super) fn told(duties: &str, history: &str) -> Self {
        let mut ledger = Self {
            rules: rules(duties),
            registry: bureau(),
            calendars: shipped_calendars(),
            streams: Streams::default(),
        };
        let mut last = Position::ZERO;
        for line in history.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let position = Position::new(next(&mut words).parse().unwrap());
            assert!(last < position, "positions grow: {line}");
            last = position;
            ledger.hear(position, day(next(&mut words)), &mut words);
        }
        ledger
    }

    fn hear(&mut self, position: Position, recorded_on: Date, words: &mut SplitWhitespace<'_>) {
        let verb = next(words);
        match verb {
            "organization" => {
                let organization = organization(words);
                self.registry.put_organization(position, organization);
            }
            "post" => self.registry.put_post(position, post(words)),
            "person" => self.registry.put_person(position, person(next(words)).into()),
            "tenure" => self.registry.put_tenure(position, tenure(words)),
            "ends" => self.registry.put_change(position, end(words)),
            "absence" => self.registry.put_absence(position, absence(words)),
            "accepts" => {
                self.review(position, recorded_on, Verdict::Accepted, words);
            }
            "returns" => {
                self.review(position, recorded_on, Verdict::Returned, words);
            }
            "unaccepts" => {
                self.review(position, recorded_on, Verdict::AcceptanceWithdrawn, words);
            }
            "exempts" => {
                let granted = exemption(words);
                self.registry.exemptions_mut().grant(position, event_id(position.get()), granted);
            }
            "revokes" => {
                let target = event_id(next(words).parse().unwrap());
                let revocation = ExemptionRevocation {
                    target,
                    from: day(next(words)),
                    reason: "".into(),
                    document: DocumentNumber::parse("柳法办〔2022〕9号").unwrap(),
                    approver: "supervisor".into(),
                };
                self.registry.exemptions_mut().revoke(position, &revocation);
            }
            "withdraws" => self.fact(next(words)).withdrawn_at = Some(position),
            "corrects" => {
                let target = self.fact(next(words));
                target.superseded_at = Some(position);
                let root = target.root;
                let kind = next(words);
                self.add(position, recorded_on, Some(root), kind, words);
            }
            kind => self.add(position, recorded_on, None, kind, words),
        }
    }

    /// A decision: `position [grade]`; a return leaves five working days.
    fn review(
        &mut self,
        at: Position,
        on: Date,
        verdict: Verdict,
        words: &mut SplitWhitespace<'_>,
    ) {
        let target = next(words).to_owned();
        let grade = words.next().map(|letter| match letter {
            "A" => Grade::A,
            "B" => Grade::B,
            "C" => Grade::C,
            other => panic!("{other} is no grade"),
        });
        let cure_working_days = if verdict == Verdict::Returned { 5 } else { 0 };
        let reviewed = Reviewed { at, on, verdict, grade, cure_working_days };
        self.fact(&target).reviews.push(reviewed);
    }

    fn add(
        &mut self,
        position: Position,
        recorded_on: Date,
        root: Option<EventId>,
        kind: &str,
        words: &mut SplitWhitespace<'_>,
    ) {
        let told = told_event(kind, words);
        let id = event_id(position.get());
        let mut fact = Fact::new(position, id, root.unwrap_or(id), recorded_on, told.event.clone());
        fact.details = told.details;
        self.streams.0.entry(told.event.organization).or_default().push(fact.into());
    }

    fn fact(&mut self, position: &str) -> &mut Fact {
        let position = Position::new(position.parse().unwrap());
        let mut facts = self.streams.0.values_mut().flatten();
        let found = facts.find(|fact| fact.position == position);
        Arc::make_mut(found.expect("no event at this position"))
    }
}

/// `duty [post …] [person …] year … | days … …`, at the bureau.
fn exemption(words: &mut SplitWhitespace<'_>) -> Exemption {
    let mut granted = Exemption {
        organization: organization_id("kjj"),
        covered: Covered::Organization,
        duty: DutyId::parse(next(words)).unwrap(),
        span: Span::Year(2022),
        reason: ExemptionReason::ForceMajeure,
        reason_text: "".into(),
        document: DocumentNumber::parse("柳法办〔2022〕8号").unwrap(),
        applicant: "kjj".into(),
        approver: "supervisor".into(),
    };
    while let Some(word) = words.next() {
        match word {
            "post" => granted.covered = Covered::Post(post_id(next(words))),
            "person" => granted.covered = Covered::Person(person(next(words))),
            "year" => granted.span = Span::Year(next(words).parse().unwrap()),
            "days" => {
                granted.span = Span::Days { first: day(next(words)), last: day(next(words)) };
            }
            other => panic!("an exemption has no {other}"),
        }
    }
    granted
}

/// The rule set of these duties, valid from 2016 in Liuzhou. Keys of the rule set itself may stand
/// before the first duty.
pub(super) fn rules(duties: &str) -> RuleSet {
    let (own, duties) = duties.split_once("[[duty]]").expect("at least one duty");
    let mut text = "schema_version = 1\nruleset_id = \"test\"\nvalid_from = 2016-01-01\n\
                    jurisdiction = \"450200\"\ntimezone = \"Asia/Shanghai\"\n"
        .to_owned();
    text += own;
    for duty in duties.split("[[duty]]") {
        text += "\n[[duty]]\n";
        for line in duty.lines() {
            text += line.trim();
            text += "\n";
        }
        for (key, value) in DEFAULTS {
            let given = duty.lines().any(|line| line.trim().starts_with(&format!("{key} =")));
            if !given {
                text += &format!("{key} = {value}\n");
            }
        }
    }
    RuleSet::parse(&text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}")).0
}

/// The bureau and its two main leaders' posts, held by nobody.
fn bureau() -> Registry {
    let mut registry = Registry::default();
    registry.put_organization(Position::ZERO, organization(&mut "kjj".split_whitespace()));
    registry.put_post(Position::ZERO, post(&mut "party party_head".split_whitespace()));
    registry.put_post(Position::ZERO, post(&mut "head government_head".split_whitespace()));
    registry
}

/// The calendars of 2021 to 2026 as shipped.
pub(super) fn shipped_calendars() -> Calendars {
    [
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2021.toml")),
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2022.toml")),
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2023.toml")),
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2024.toml")),
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2025.toml")),
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/calendars/2026.toml")),
    ]
    .map(|text| CalendarYear::parse_toml(text).unwrap())
    .into_iter()
    .collect()
}

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap_or_else(|_| panic!("not a day: {text}"))
}

pub(super) fn event_id(position: u64) -> EventId {
    EventId::new(Uuid::from_u128(u128::from(position)))
}

pub(super) fn organization_id(text: &str) -> OrganizationId {
    OrganizationId::parse(text).unwrap()
}

pub(super) fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

pub(super) fn post_id(text: &str) -> PostId {
    PostId::parse(text).unwrap()
}

fn next<'a>(words: &mut SplitWhitespace<'a>) -> &'a str {
    words.next().expect("the line ends too early")
}

/// `organization id [sector s] [class c] [unarmed]`.
pub(super) fn organization(words: &mut SplitWhitespace<'_>) -> Organization {
    let mut organization = Organization {
        id: organization_id(next(words)),
        parent: None,
        name_zh: "单位".into(),
        name_en: "".into(),
        level: Level::Department,
        class: Class::GovernmentOrgan,
        division: DivisionCode::parse("450200").unwrap(),
        credit_code: None,
        sector: "science_technology_bureau".into(),
        has_enforcement_power: true,
        valid_from: None,
        valid_to: None,
    };
    while let Some(word) = words.next() {
        match word {
            "sector" => organization.sector = next(words).into(),
            "party_organ" => organization.class = Class::PartyOrgan,
            "unarmed" => organization.has_enforcement_power = false,
            word => panic!("an organization has no {word}"),
        }
    }
    organization
}

/// `post id kind [at organization]`.
pub(super) fn post(words: &mut SplitWhitespace<'_>) -> Post {
    let id = post_id(next(words));
    let kind = match next(words) {
        "party_head" => PostKind::PartyHead,
        "government_head" => PostKind::GovernmentHead,
        "deputy" => PostKind::Deputy,
        word => panic!("no post is a {word}"),
    };
    let organization = match words.next() {
        Some("at") => organization_id(next(words)),
        Some(word) => panic!("a post has no {word}"),
        None => organization_id("kjj"),
    };
    Post { id, organization, kind, title_zh: "职务".into() }
}

/// `tenure id person post from day [to day] [acting]`.
pub(super) fn tenure(words: &mut SplitWhitespace<'_>) -> Tenure {
    let mut tenure = Tenure {
        id: TenureId::parse(next(words)).unwrap(),
        person: person(next(words)),
        post: post_id(next(words)),
        from: Date::MIN,
        to: None,
        acting: false,
        appointment_document: "".into(),
    };
    while let Some(word) = words.next() {
        match word {
            "from" => tenure.from = day(next(words)),
            "to" => tenure.to = Some(day(next(words))),
            "acting" => tenure.acting = true,
            word => panic!("a tenure has no {word}"),
        }
    }
    tenure
}

/// `absence id tenure kind from day [to day] [revoked]`.
fn absence(words: &mut SplitWhitespace<'_>) -> Absence {
    let mut absence = Absence {
        id: AbsenceId::parse(next(words)).unwrap(),
        tenure: TenureId::parse(next(words)).unwrap(),
        kind: match next(words) {
            "retired" => AbsenceKind::Retired,
            "suspended" => AbsenceKind::Suspended,
            "sick" => AbsenceKind::SickLeave,
            "investigated" => AbsenceKind::UnderInvestigation,
            word => panic!("nobody is {word}"),
        },
        from: Date::MIN,
        to: None,
        document: DocumentNumber::parse("柳组干〔2022〕8号").unwrap(),
        revoked: false,
    };
    while let Some(word) = words.next() {
        match word {
            "from" => absence.from = day(next(words)),
            "to" => absence.to = Some(day(next(words))),
            "revoked" => absence.revoked = true,
            word => panic!("an absence has no {word}"),
        }
    }
    absence
}

/// `ends organization first-day-without-it successor`.
fn end(words: &mut SplitWhitespace<'_>) -> OrganizationChange {
    OrganizationChange {
        id: ChangeId::parse("end").unwrap(),
        organization: organization_id(next(words)),
        from: day(next(words)),
        change: Change::Ended {
            ending: Ending::Merged,
            successors: vec![organization_id(next(words))],
        },
        document: DocumentNumber::parse("柳编〔2022〕8号").unwrap(),
        revoked: false,
    }
}

/// An event of nothing but its type.
pub(super) fn bare_event(kind: Kind, event_type: EventType) -> DutyEvent {
    DutyEvent {
        organization: organization_id("kjj"),
        kind,
        occurred: Occurred::UNKNOWN,
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

pub(super) fn evidence(document_number: Option<&str>) -> Evidence {
    let hex = "0123456789abcdef".repeat(4);
    Evidence {
        kind: "meeting_minutes".into(),
        document_number: document_number.map(|number| DocumentNumber::parse(number).unwrap()),
        title: "".into(),
        digest: Digest::parse(DigestAlgorithm::Sm3, &hex),
        sealed: document_number.is_none(),
        url: None,
        locator: "".into(),
        disclosure: Disclosure::Public,
    }
}

struct Told {
    event: DutyEvent,
    details: DetailFacts,
}

/// `kind type [at organization] [year y] [when] [doc 文号 | sealed] [by person] [posts a,b]
/// [sums 1,2 | sum] [part-of 3] [metric>=n …] [steps of a procedure]`; without a year, 2022.
fn told_event(kind: &str, words: &mut SplitWhitespace<'_>) -> Told {
    let kind = [Kind::Performed, Kind::Planned, Kind::RecurringClaim, Kind::Outcome]
        .into_iter()
        .find(|known| known.as_str() == kind)
        .unwrap_or_else(|| panic!("nothing is {kind}"));
    let name = next(words);
    let event_type = EventType::parse(name).unwrap_or_else(|| panic!("no type {name}"));
    let mut told = Told { event: bare_event(kind, event_type), details: DetailFacts::default() };
    let mut procedure = None;
    while let Some(word) = words.next() {
        if hear_event(&mut told.event, word, words) {
            continue;
        }
        if word == "trigger" {
            told.details.trigger = Some((trigger(next(words)), Some(day(next(words)))));
            continue;
        }
        hear_step(procedure.get_or_insert_with(Procedure::default), word, words);
    }
    told.details.procedure = procedure.map(Box::new);
    told
}

fn hear_event(event: &mut DutyEvent, word: &str, words: &mut SplitWhitespace<'_>) -> bool {
    let numbers = |text: &str| text.split(',').map(|n| event_id(n.parse().unwrap())).collect();
    match word {
        "at" => event.organization = organization_id(next(words)),
        "year" => event.accounting_year = next(words).parse().unwrap(),
        "doc" => event.evidence.push(evidence(Some(next(words)))),
        "sealed" => event.evidence.push(evidence(None)),
        "by" => event.responsible_person = Some(person(next(words))),
        "posts" => event.responsible_posts = next(words).split(',').map(post_id).collect(),
        "sum" => event.aggregate = true,
        "sums" => {
            event.aggregate = true;
            event.components = numbers(next(words));
        }
        "part-of" => event.part_of = Some(event_id(next(words).parse().unwrap())),
        "day" | "month" | "half" | "in" | "from" => event.occurred = occurred(word, words),
        word => return quantity(word).map(|quantity| event.quantities.push(quantity)).is_some(),
    }
    true
}

/// `day d`, `month 2022-03`, `half 2022-1`, `in 2022`, `from d to d`.
fn occurred(word: &str, words: &mut SplitWhitespace<'_>) -> Occurred {
    let first = next(words);
    let number = |text: &str| text.parse::<i16>().unwrap();
    let (year, part) = first.split_once('-').unwrap_or((first, "0"));
    let (precision, start, end) = match word {
        "day" => (Precision::Day, day(first), day(first)),
        "month" => {
            let start = date(number(year), part.parse().unwrap(), 1);
            (Precision::Month, start, start.last_of_month())
        }
        "half" if part == "1" => {
            (Precision::HalfYear, date(number(year), 1, 1), date(number(year), 6, 30))
        }
        "half" => (Precision::HalfYear, date(number(year), 7, 1), date(number(year), 12, 31)),
        "in" => (Precision::Year, date(number(first), 1, 1), date(number(first), 12, 31)),
        _ => {
            assert_eq!(next(words), "to");
            (Precision::Period, day(first), day(next(words)))
        }
    };
    Occurred::new(precision, Some(start), Some(end), &mut Problems::new()).unwrap()
}

/// `metric=n`, `metric>=n`, `metric>n`, `metric~n`.
fn quantity(word: &str) -> Option<Quantity> {
    let signs = [
        (">=", Qualifier::AtLeast),
        (">", Qualifier::MoreThan),
        ("~", Qualifier::About),
        ("=", Qualifier::Exact),
    ];
    let (sign, qualifier) = signs.into_iter().find(|(sign, _)| word.contains(sign))?;
    let (metric, value) = word.split_once(sign)?;
    assert!(crate::metric::find(metric).is_some(), "no metric {metric}");
    let unit = if value.ends_with('%') { "%" } else { "次" };
    let value: Decimal = value.trim_end_matches('%').parse().unwrap();
    Some(Quantity { metric: metric.into(), value, unit: unit.into(), qualifier, window: None })
}

fn trigger(word: &str) -> Trigger {
    match word {
        "leader_change" => Trigger::LeaderChange,
        "member_change" => Trigger::MemberChange,
        "reform" => Trigger::Reform,
        "annual" => Trigger::Annual,
        word => panic!("{word} triggers nothing"),
    }
}

fn hear_step(steps: &mut Procedure, word: &str, words: &mut SplitWhitespace<'_>) {
    let answer = |word: &str| if word == "yes" { Answer::Yes } else { Answer::No };
    match word {
        "issued" => steps.issued_date = Some(day(next(words))),
        "published" => steps.published_date = Some(day(next(words))),
        "filed" => steps.filed_date = Some(day(next(words))),
        "unpublishable" => steps.publication_exempt = true,
        "sent" => steps.legality_sent_date = Some(day(next(words))),
        "returned" => steps.legality_returned_date = Some(day(next(words))),
        "comment" => steps.public_comment = Some((day(next(words)), day(next(words)))),
        "reviewed" => steps.legality_reviewed = answer(next(words)),
        "discussed" => steps.collectively_discussed = answer(next(words)),
        "appeared" => steps.appeared = answer(next(words)),
        "excused" => steps.excused = true,
        word => panic!("an event has no {word}"),
    }
}
