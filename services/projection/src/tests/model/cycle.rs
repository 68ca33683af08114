//! Random cycles: commands in any order, clocks forward, leaders changing. What makes no sense is
//! refused by `decide` and leaves nothing.

use duty::docno::DocumentNumber;
use duty::entry::{Entry, Verdict};
use duty::exemption::{Covered, ExemptionRevocation, Span};
use duty::id::{AbsenceId, ChangeId};
use duty::occurred::Precision;
use duty::registry::{Absence, AbsenceKind, Change, Ending, OrganizationChange};
use duty::review::Grade;
use jiff::civil::date;

use super::rules::{self, Rules};
use crate::tests::*;

/// What happens: which command, on which of the things there are, how, with whom, when.
pub(super) type Step = (u8, u8, u8, u8, i16);

/// A ledger that lived, and the rule sets published in it with their positions.
pub(super) struct Lived {
    pub(super) ledger: Ledger,
    pub(super) published: Vec<(usize, Rules)>,
    /// How many entries were there before the first step.
    pub(super) founded: usize,
}

const PERSONS: [&str; 3] = ["p1", "p2", "p3"];
const BUREAUS: [&str; 2] = ["city.kjj", "county.kjj"];
const DUTIES: [&str; 7] =
    ["plan", "study", "study-since", "statement", "debrief", "talks", "county-meeting"];
const TYPES: [EventType; 8] = [
    EventType::AnnualWorkPlan,
    EventType::LeaderLawStudy,
    EventType::LeaderLawStudy,
    EventType::YearEndStatement,
    EventType::RuleOfLawDebrief,
    EventType::LawPopularizationSession,
    EventType::LawPopularizationSession,
    EventType::SpecialWorkMeeting,
];

fn document() -> DocumentNumber {
    DocumentNumber::parse("柳法办〔2022〕9号").expect("a document number")
}

fn post_id(id: &str) -> PostId {
    PostId::parse(id).expect("a post")
}

fn posts_of(bureau: &str) -> &'static [&'static str] {
    if bureau == "city.kjj" { &["party", "head"] } else { &["chead"] }
}

fn bureau(id: &str, sector: &str) -> Entry {
    let (parent, division) =
        if id == "city.kjj" { ("city", "450200") } else { ("county", "450222") };
    let mut bureau = organization(id, Some(parent), division);
    bureau.sector = sector.into();
    Entry::Organization(bureau)
}

/// Something done before today, in one of eight ways, said of nobody, a person or a post.
fn happening(today: Date, (_, what, how, who, days): Step) -> DutyEvent {
    let at = BUREAUS[usize::from(what / 32 % 4 == 3)];
    let on = today - i64::from(days.rem_euclid(430)).days();
    let mut told = event(at, TYPES[usize::from(what) % TYPES.len()], &on.to_string());
    let over = |precision, first, last| {
        Occurred::new(precision, Some(first), Some(last), &mut Problems::new())
            .expect("a whole month or year, or any period")
    };
    let month = over(Precision::Month, on.first_of_month(), on.last_of_month());
    let year = over(Precision::Year, on.first_of_year(), on.last_of_year());
    match how % 16 {
        0 => told.occurred = Occurred::UNKNOWN,
        1 => told.occurred = month,
        2 => told.occurred = over(Precision::Period, on, on + i64::from(who).days()),
        3..=5 => {
            told.kind = Kind::RecurringClaim;
            told.occurred = [year, month, Occurred::UNKNOWN][usize::from(who % 3)];
        }
        6 => told.kind = Kind::Planned,
        7 => told.kind = Kind::Outcome,
        _ => {}
    }
    if 64 <= how {
        told.evidence.push(minutes());
    }
    // Most answer for the year that is asked about.
    told.accounting_year = [2022, 2022, 2022, on.year()][usize::from(who / 8 % 4)];
    let posts = posts_of(at);
    match who % 8 {
        0..=2 => told.responsible_posts = vec![post_id(posts[usize::from(who) % posts.len()])],
        3 => told.responsible_posts = posts.iter().copied().map(post_id).collect(),
        4..=6 => told.responsible_person = Some(person(PERSONS[usize::from(who % 8) - 4])),
        _ => {}
    }
    told
}

/// Where one of the last versions of events stands.
fn version(ledger: &Ledger, back: usize) -> usize {
    let versions = (1..=ledger.journal.len()).rev().filter(|at| {
        matches!(ledger.journal[at - 1].entry, Entry::DutyEvent(_) | Entry::Correction(_))
    });
    versions.take(back + 1).last().unwrap_or(1)
}

/// Where the version stands that was accepted last.
fn accepted(ledger: &Ledger) -> usize {
    let target = ledger.journal.iter().rev().find_map(|recorded| match &recorded.entry {
        Entry::Review(review) if review.verdict == Verdict::Accepted => Some(review.target),
        _ => None,
    });
    let at = ledger.journal.iter().position(|recorded| Some(recorded.event_id) == target);
    at.map_or(1, |index| index + 1)
}

/// A supervisor decides: mostly to accept, with any grade or none.
fn decided(ledger: &Ledger, what: u8, how: u8) -> Entry {
    let verdict = match how % 8 {
        0..=4 => Verdict::Accepted,
        5 | 6 => Verdict::Returned,
        _ => Verdict::AcceptanceWithdrawn,
    };
    let target = match verdict {
        Verdict::AcceptanceWithdrawn => accepted(ledger),
        _ => version(ledger, usize::from(what % 6)),
    };
    let mut entry = review(target, verdict);
    if let Entry::Review(review) = &mut entry {
        match verdict {
            Verdict::Accepted => {
                let grades = [None, Some(Grade::A), Some(Grade::B), Some(Grade::C)];
                review.grade = grades[usize::from(how / 8 % 4)];
            }
            Verdict::Returned => review.cure_working_days = 1 + how / 8 % 12,
            Verdict::AcceptanceWithdrawn => review.document = Some(document()),
        }
    }
    entry
}

/// A leader goes and another comes, perhaps acting, perhaps after a time without any; or a tenure
/// that is known is told anew.
fn leaders(ledger: &Ledger, (_, what, how, who, days): Step) -> Vec<Entry> {
    let post = ["party", "head", "chead"][usize::from(what % 3)];
    let registry = ledger.state.registry();
    let known = registry.tenures_of(&post_id(post), Position::MAX);
    let on = date(2021, 10, 1) + i64::from(days.rem_euclid(540)).days();
    let acting = how % 4 == 3;
    let holder = PERSONS[usize::from(who % 3)];
    let id = format!("{post}.{holder}.{}", how / 64);
    let mut new = tenure(&id, holder, post, &on.to_string(), None);
    new.acting = acting;
    if how / 4 % 4 == 0 {
        new.to = Some(on + i64::from(who).days());
    }
    let open = known.iter().find(|(_, held)| held.acting == acting && held.includes(on));
    let mut told = Vec::new();
    if let Some((_, held)) = open
        && held.from < on
    {
        let gap = if how / 16 % 4 == 0 { i64::from(who % 64) } else { 0 };
        let last = (on - (1 + gap).days()).max(held.from);
        told.push(Entry::Tenure(Tenure { to: Some(last), ..(*held).clone() }));
    }
    if how / 16 % 8 != 7 {
        told.push(Entry::Tenure(new));
    }
    told
}

fn absence(ledger: &Ledger, (_, what, how, who, days): Step) -> Vec<Entry> {
    let registry = ledger.state.registry();
    let all: Vec<&Tenure> = ["party", "head", "chead"]
        .into_iter()
        .flat_map(|post| registry.tenures_of(&post_id(post), Position::MAX))
        .map(|(_, tenure)| tenure)
        .collect();
    let tenure = all[usize::from(what) % all.len()];
    let from = date(2022, 1, 1) + i64::from(days.rem_euclid(480)).days();
    // Who retires is excused from the day after the last one in office.
    let from = if how % 4 == 0 { tenure.to.map_or(from, |to| to + 1.day()) } else { from };
    let id = format!("{}.{}", tenure.id, who % 2);
    vec![Entry::Absence(Absence {
        id: AbsenceId::parse(&id).expect("an id"),
        tenure: tenure.id.clone(),
        kind: AbsenceKind::SickLeave,
        from,
        to: (how / 4 % 4 == 0).then(|| from + i64::from(who).days()),
        document: document(),
        revoked: how / 16 % 8 == 7,
    })]
}

fn exempted((_, what, how, who, days): Step) -> Entry {
    let at = BUREAUS[usize::from(how / 64 % 4 == 3)];
    let posts = posts_of(at);
    let covered = match who % 4 {
        0 => Covered::Person(person(PERSONS[usize::from(who / 4 % 3)])),
        1 | 2 => Covered::Post(post_id(posts[usize::from(who % 4) % posts.len()])),
        _ => Covered::Organization,
    };
    let first = date(2022, 1, 1) + i64::from(days.rem_euclid(420)).days();
    let span = match how % 3 {
        0 => Span::Year(2022 + i16::from(how / 3 % 4 == 0)),
        _ => Span::Days { first, last: first + i64::from(who).days() },
    };
    let mut entry = exemption(DUTIES[usize::from(what) % DUTIES.len()], covered, span);
    if let Entry::Exemption(exemption) = &mut entry {
        exemption.organization = organization_id(at);
    }
    entry
}

fn revoked(ledger: &Ledger, (_, what, _, _, days): Step) -> Vec<Entry> {
    let granted = |recorded: &&Recorded| matches!(recorded.entry, Entry::Exemption(_));
    let mut last = ledger.journal.iter().rev().filter(granted);
    let target = last.nth(usize::from(what % 2)).map(|recorded| recorded.event_id);
    let revocation = target.map(|target| {
        Entry::ExemptionRevoked(ExemptionRevocation {
            target,
            from: date(2022, 3, 1) + i64::from(days.rem_euclid(400)).days(),
            reason: "免除事由已经消失，予以撤销".into(),
            document: document(),
            approver: "supervisor".into(),
        })
    });
    revocation.into_iter().collect()
}

/// An organization renamed, or the county's ended; or such a change recorded by mistake.
fn changed((_, what, how, who, days): Step) -> Entry {
    let at = BUREAUS[usize::from(what % 2)];
    let ends = at == "county.kjj" && how % 2 == 0;
    let change = if ends {
        Change::Ended { ending: Ending::Dissolved, successors: Vec::new(), taker: None }
    } else {
        Change::Renamed { name_zh: format!("单位{who}").into(), name_en: "".into() }
    };
    Entry::OrganizationChange(OrganizationChange {
        id: ChangeId::parse(&format!("{at}.{}", how / 4 % 4)).expect("an id"),
        organization: organization_id(at),
        from: date(2022, 2, 1) + i64::from(days.rem_euclid(500)).days(),
        change,
        document: document(),
        revoked: how / 16 % 4 == 3,
    })
}

fn notice(what: u8, how: u8) -> Entry {
    let mut published = calendar(2022 + i16::from(what % 2));
    let day = i8::try_from(how % 28 + 1).expect("a day of any month");
    let month = i8::try_from(what / 2 % 12 + 1).expect("a month");
    let off = date(published.year, month, day);
    if !published.working_weekends.contains(&off) {
        published.holidays.insert(off);
    }
    Entry::Calendar(Box::new(published))
}

impl Lived {
    /// Two bureaus, three posts, three persons, one of them in office; calendars and rules.
    fn founded(start: i64) -> Self {
        let ledger = Ledger { hours: 24 * start, ..Ledger::default() };
        let mut lived = Self { ledger, published: Vec::new(), founded: 0 };
        let closed = lived.ledger.today() - 1.day();
        for entry in [
            Entry::DayClosed(closed),
            Entry::Organization(organization("city", None, "450200")),
            Entry::Organization(organization("county", Some("city"), "450222")),
            bureau("city.kjj", "science"),
            bureau("county.kjj", "science"),
            Entry::Post(post("party", "city.kjj", PostKind::PartyHead)),
            Entry::Post(post("head", "city.kjj", PostKind::GovernmentHead)),
            Entry::Post(post("chead", "county.kjj", PostKind::GovernmentHead)),
            Entry::Person(person("p1").into()),
            Entry::Person(person("p2").into()),
            Entry::Person(person("p3").into()),
            Entry::Tenure(tenure("party.p1", "p1", "party", "2021-01-01", None)),
            Entry::Calendar(Box::new(calendar(2022))),
            Entry::Calendar(Box::new(calendar(2023))),
        ] {
            assert!(lived.ledger.tell(entry.clone()).is_some(), "it is sound: {entry:?}");
        }
        lived.publish(rules::city(false, 0, 0b100_0000), None);
        lived.founded = lived.ledger.journal.len();
        lived
    }

    fn publish(&mut self, rules: Rules, parent: Option<&Rules>) {
        let entry = Entry::RuleSet(Box::new(rules::published(&rules, parent)));
        let at = self.ledger.tell(entry).expect("the rules of the model are sound");
        self.published.push((at.get() as usize, rules));
    }

    fn rules(&mut self, (_, what, how, who, _): Step) {
        if who % 4 < 2 {
            return self.publish(rules::city(false, what, how), None);
        }
        if who % 4 == 2 {
            return self.publish(rules::city(true, what, how), None);
        }
        // The county's stand on what the city published last.
        let last = self.published.iter().rev().find(|(_, rules)| rules.id != "county");
        let parent = last.expect("the city's are founded").1.clone();
        self.publish(rules::county(&parent, what, how), Some(&parent));
    }

    fn happens(&mut self, step: Step) {
        let (command, what, how, who, _) = step;
        let ledger = &self.ledger;
        let told = match command % 32 {
            0..=9 => vec![Entry::DutyEvent(Box::new(happening(ledger.today(), step)))],
            10 | 11 => {
                let target = version(ledger, usize::from(what % 4));
                let mut new = happening(ledger.today(), step);
                if let Entry::DutyEvent(old) = &ledger.journal[target - 1].entry {
                    // A new version of the same, so that it is not refused.
                    new.organization = old.organization.clone();
                    new.details = old.details.clone();
                    new.responsible_posts.clear();
                }
                vec![correction(target, new)]
            }
            12 => vec![withdrawal(version(ledger, usize::from(what % 4)))],
            13..=16 => vec![decided(ledger, what, how)],
            17..=20 => leaders(ledger, step),
            21 | 22 => absence(ledger, step),
            23 | 24 => vec![exempted(step)],
            25 => revoked(ledger, step),
            26 | 27 => return self.rules(step),
            28 if how < 64 => vec![notice(what, who)],
            28 => {
                let sector = ["science", "science", "police"][usize::from(how % 3)];
                vec![bureau(BUREAUS[usize::from(what % 2)], sector)]
            }
            29 => vec![changed(step)],
            _ => {
                self.ledger.hours += 24 * i64::from(what % 48);
                let last = self.ledger.standing.last_closed().expect("a day was closed");
                vec![Entry::DayClosed(last + 1.day())]
            }
        };
        for entry in told {
            self.ledger.tell(entry);
        }
    }
}

/// The life of a ledger that begins so many days after 1 October 2022.
pub(super) fn lived(start: i64, steps: &[Step]) -> Lived {
    let mut lived = Lived::founded(start);
    for step in steps {
        lived.happens(*step);
        lived.ledger.hours += i64::from(step.2 % 48);
    }
    lived
}
