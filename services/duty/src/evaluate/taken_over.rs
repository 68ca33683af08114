//! What a successor takes over (承接): what an organization that ended owed and had not done.
//!
//! From the first day without the organization, whoever its end names owes that in its place, in
//! the same window; what had been done stays where it was done. Only duties of the organization
//! counted in the year or its parts pass on: a person's debt goes with the person, a document is
//! judged where it was made, and a change in a body that is gone asks for nothing more. The acts
//! that count are those of the organization that ended and, from the day of the change on, those of
//! the successor, which may discharge its own duty by the same act.
//!
//! Invariant: on one day an obligation is owed at one place. [`ended`](super::ended) takes out what
//! this brings in, both by [`is_open`] on the last day.

use jiff::civil::Date;

use super::judge::Member;
use super::line::{self, Applies, Scope};
use super::{Detail, NotCounted, Obligation, Owner, Period, Question, Standing, Status, World};
use crate::position::Position;
use crate::problem::{Problem, Reason};
use crate::registry::{Change, Organization, OrganizationChange, Registry};
use crate::ruleset::Level;

/// One step on the way of a debt: by which change it passed, and to whom.
#[derive(Clone, Copy)]
struct Link<'a> {
    position: Position,
    change: &'a OrganizationChange,
    heir: &'a Organization,
}

impl Link<'_> {
    fn last_day(&self) -> Date {
        self.change.from.yesterday().unwrap_or(Date::MIN)
    }
}

/// The way of a debt from where it arose to where it is owed.
struct Way<'a> {
    origin: &'a Organization,
    links: Vec<Link<'a>>,
}

/// Whether an obligation passes on when its organization ends on `last_day`: owed by then, by the
/// organization, and done on no rung. To be asked of a judgement as of that day.
pub(super) fn is_open(owed: &Obligation, last_day: Date) -> bool {
    let done = |status: Status| matches!(status, Status::Fulfilled | Status::FulfilledLate);
    let counted = matches!(
        owed.period,
        Period::Year | Period::Half(_) | Period::Quarter(_) | Period::TakenOver { .. }
    );
    counted
        && owed.owner == Owner::Organization
        && owed.official.is_scored()
        && !done(owed.official)
        && !owed.rungs.iter().any(|rung| done(rung.status))
        && owed.window.is_some_and(|window| window.first <= last_day)
}

/// What the organization in scope owes in the place of others, by the day the last change came.
pub(super) fn obligations(scope: &Scope<'_>) -> Vec<Obligation> {
    if scope.rule.level == Level::Person {
        return Vec::new();
    }
    let Question { as_of, known, .. } = scope.question;
    let ways = ways(scope.world.registry, scope.organization, as_of, known);
    ways.iter().flat_map(|way| along(scope, way)).collect()
}

/// Every way that leads to `heir` by the changes that came by `day`.
fn ways<'a>(
    registry: &'a Registry,
    heir: &'a Organization,
    day: Date,
    known: Position,
) -> Vec<Way<'a>> {
    let mut found = Vec::new();
    for (position, change) in registry.taken_over_by(&heir.id, day, known) {
        let Some(ended) = registry.organization(&change.organization, known) else { continue };
        let link = Link { position, change, heir };
        found.push(Way { origin: ended, links: vec![link] });
        // Whoever takes over exists on the day of the change, so that the days of a way grow and
        // it ends.
        for mut way in ways(registry, ended, link.last_day(), known) {
            way.links.push(link);
            found.push(way);
        }
    }
    found
}

/// What came along one way: what was open at every change, as it stands on the day asked about.
fn along(scope: &Scope<'_>, way: &Way<'_>) -> Vec<Obligation> {
    let Some(last) = way.links.last() else { return Vec::new() };
    let mut open: Option<Vec<Period>> = None;
    for (taken, link) in way.links.iter().enumerate() {
        let last_day = link.last_day();
        let then = Question { as_of: last_day, ..scope.question };
        let world = World { detail: Detail::Figures, ..scope.world };
        let still = judged(&Scope { world, question: then, ..*scope }, way, taken);
        let still = still.into_iter().filter(|owed| is_open(owed, last_day));
        let still = still.map(|owed| owed.period);
        open = Some(match open {
            None => still.collect(),
            Some(open) => still.filter(|period| open.contains(period)).collect(),
        });
    }
    let open = open.unwrap_or_default();
    if open.is_empty() {
        return Vec::new();
    }
    let mut owed = judged(scope, way, way.links.len());
    owed.retain(|owed| open.contains(&owed.period));
    for owed in &mut owed {
        let of = Box::new(owed.period.clone());
        let (from, position) = (way.origin.id.clone(), last.position);
        owed.period = Period::TakenOver { from, day: last.change.from, position, of };
        owed.findings.extend(way.links.iter().rev().map(|link| taken_over(link)));
        for entry in &mut owed.considered {
            if let Standing::NotCounted(why @ NotCounted::OtherPerson) = &mut entry.standing {
                *why = NotCounted::BeforeTakingOver;
            }
        }
    }
    owed
}

/// The obligations of the origin of a way after its first `taken` changes, by the acts of everybody
/// on it so far; none where the duty does not apply to the origin.
fn judged(scope: &Scope<'_>, way: &Way<'_>, taken: usize) -> Vec<Obligation> {
    let origin = Scope { organization: way.origin, ..*scope };
    let Some(periods) = line::periods(&origin) else { return Vec::new() };
    // What was owed when it passed stays owed.
    if taken == 0 && matches!(line::applies(&origin), Applies::No(_)) {
        return Vec::new();
    }
    let mut members = of_year(&origin);
    let mut holder = origin;
    for link in &way.links[..taken] {
        holder = Scope { organization: link.heir, ..*scope };
        let since = |member: &Member<'_>| {
            member.fact.occurred.start().is_some_and(|start| link.change.from <= start)
        };
        members.extend(of_year(&holder).into_iter().filter(since));
    }
    members.sort_by_key(|member| member.fact.position);
    let owed = line::counted(&holder, &Owner::Organization, &periods, &members);
    owed.into_iter().map(|owed| line::excepted(&holder, owed)).collect()
}

fn of_year<'a>(scope: &Scope<'a>) -> Vec<Member<'a>> {
    let year = scope.question.year;
    line::members(scope, &Owner::Organization, |fact| fact.accounting_year == year)
}

/// On which organizations the judgement of `heir` may rest beside itself, and on which days it may
/// take something over.
pub(super) fn turns<'a>(
    registry: &'a Registry,
    heir: &'a Organization,
    known: Position,
) -> (Vec<&'a Organization>, Vec<Date>) {
    let ways = ways(registry, heir, Date::MAX, known);
    let heirs = ways.iter().flat_map(|way| &way.links).map(|link| link.heir);
    let organizations = ways.iter().map(|way| way.origin).chain(heirs).collect();
    let days = ways.iter().flat_map(|way| &way.links).map(|link| link.change.from).collect();
    (organizations, days)
}

/// The finding at the successor.
fn taken_over(link: &Link<'_>) -> Problem {
    let Link { position, change, heir } = link;
    let (from, day, document) = (&change.organization, change.from, &change.document);
    let (how_zh, how_en) = how(&change.change);
    Problem::new(
        Reason::ObligationTakenOver,
        "organization",
        format!(
            "自 {day} 起由 {} 承接自 {from}（{how_zh}，{document}，第 {position} 条记录）",
            heir.id
        ),
        format!(
            "taken over by {} from {from} on {day} ({how_en}, {document}, entry {position})",
            heir.id
        ),
    )
}

/// How an organization ended, in Chinese and English.
pub(super) const fn how(change: &Change) -> (&'static str, &'static str) {
    match change {
        Change::Ended { ending, .. } => (ending.name_zh(), ending.as_str()),
        Change::Renamed { .. } | Change::Moved { .. } => ("变更", "changed"),
    }
}
