//! The views of one organization and of one leader.

use std::collections::BTreeMap;
use std::sync::Arc;

use duty::Position;
use duty::evaluate::{
    self, Detail, DutyLine, Handover, LeaderLine, OrganizationEvaluation, Question, Scores, World,
};
use duty::exemption::HeldExemption;
use duty::id::{OrganizationId, PersonId};
use duty::registry::{Organization, Tenure};
use duty::ruleset::RuleSet;

use crate::Snapshot;
use crate::answered_for::{self, Finding};
use crate::recalled::Recalled;

/// Why there is no view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoView {
    /// The organization is not registered at the position asked about.
    UnknownOrganization(OrganizationId),
    /// The person is not registered at the position asked about.
    UnknownPerson(PersonId),
    /// No published rule set is valid for the organization and the year.
    NoRuleSet {
        /// Which.
        organization: OrganizationId,
        /// The year.
        year: i16,
    },
}

/// The compliance of one organization.
#[derive(Debug, Clone)]
pub struct OrganizationView {
    /// The organization as registered then.
    pub organization: Organization,
    /// What was asked.
    pub question: Question,
    /// The rules, and the position that published them.
    pub rules: (Position, Arc<RuleSet>),
    /// The judgement.
    pub evaluation: OrganizationEvaluation,
}

/// The card of one leader.
#[derive(Debug, Clone)]
pub struct LeaderView {
    /// Who.
    pub person: PersonId,
    /// What was asked.
    pub question: Question,
    /// Every tenure of the person, by first day, with the position of its version.
    pub tenures: Vec<(Position, Tenure)>,
    /// The rule set of each organization the leader answers for, with the position that published
    /// it.
    pub rules: BTreeMap<OrganizationId, (Position, Arc<RuleSet>)>,
    /// The duties the leader answers for.
    pub lines: Vec<LeaderLine>,
    /// The four scores over those duties.
    pub scores: Scores,
    /// What the leader took over from predecessors in the year.
    pub handovers: Vec<Handover>,
    /// The findings that fell in their time in office or are theirs to mend.
    pub findings: Vec<Finding>,
    /// The exemptions that cover what they answer for.
    pub exemptions: Vec<HeldExemption>,
}

/// The compliance of an organization for a year.
///
/// # Errors
/// [`NoView`] when the organization or a rule set for it is not known.
pub fn organization(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
) -> Result<OrganizationView, NoView> {
    organization_in(snapshot, id, question, Detail::Explained)
}

/// The same in as much detail as asked for.
pub(crate) fn organization_in(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
    detail: Detail,
) -> Result<OrganizationView, NoView> {
    let recalled = Recalled::new(snapshot);
    judged(snapshot, id, question, (&recalled, detail), |world, (since, rules), organization| {
        let evaluation = evaluate::organization(world, rules, &organization, question);
        let rules = (since, Arc::clone(rules));
        OrganizationView { organization, question, rules, evaluation }
    })
}

/// The duties of one organization, without its scores.
pub(crate) struct Lines {
    /// The organization as registered then.
    pub(crate) organization: Organization,
    /// The rules.
    pub(crate) rules: Arc<RuleSet>,
    /// Every duty of the rules, in their order.
    pub(crate) lines: Vec<DutyLine>,
    /// The organizations whose events were looked at.
    pub(crate) rests_on: Vec<OrganizationId>,
}

/// What [`organization_in`] says of each duty, where nobody asks for the scores.
pub(crate) fn lines(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
    detail: Detail,
) -> Result<Lines, NoView> {
    let recalled = Recalled::new(snapshot);
    judged(snapshot, id, question, (&recalled, detail), |world, (_, rules), organization| {
        let lines = evaluate::duties(world, rules, &organization, question, |_| true);
        let rests_on = recalled.asked_for();
        Lines { organization, rules: Arc::clone(rules), lines, rests_on }
    })
}

/// Finds what an organization is judged by, and judges it.
fn judged<T>(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
    (recalled, detail): (&Recalled<'_>, Detail),
    judge: impl FnOnce(World<'_>, (Position, &Arc<RuleSet>), Organization) -> T,
) -> Result<T, NoView> {
    let organization = snapshot
        .registry
        .organization_on(id, question.as_of, question.known)
        .ok_or_else(|| NoView::UnknownOrganization(id.clone()))?;
    let rules = snapshot
        .rules_for(&organization, question.year, question.known)
        .ok_or_else(|| NoView::NoRuleSet { organization: id.clone(), year: question.year })?;
    let calendars = snapshot.calendars(question.known);
    let world =
        World { registry: &snapshot.registry, calendars: &calendars, facts: recalled, detail };
    Ok(judge(world, rules, organization))
}

/// The duties a person answers for in a year.
///
/// # Errors
/// [`NoView`] when the person is not known.
pub fn leader(
    snapshot: &Snapshot,
    person: &PersonId,
    question: Question,
) -> Result<LeaderView, NoView> {
    let registry = &snapshot.registry;
    if !registry.has_person(person, question.known) {
        return Err(NoView::UnknownPerson(person.clone()));
    }
    let calendars = snapshot.calendars(question.known);
    let recalled = Recalled::new(snapshot);
    let world =
        World { registry, calendars: &calendars, facts: &recalled, detail: Detail::Explained };
    let rules_for = |organization: &Organization| {
        let (_, rules) = snapshot.rules_for(organization, question.year, question.known)?;
        Some(&**rules)
    };
    let (lines, scores) = evaluate::leader(world, &rules_for, person, question);
    let handovers = evaluate::handovers(
        World { detail: Detail::Figures, ..world },
        &rules_for,
        person,
        question,
    );
    let mut rules = BTreeMap::new();
    for line in &lines {
        let used = registry
            .organization(&line.organization, question.known)
            .and_then(|org| snapshot.rules_for(org, question.year, question.known));
        if let Some((since, set)) = used {
            rules.insert(line.organization.clone(), (since, Arc::clone(set)));
        }
    }
    let tenures = registry
        .tenures_by_person(person, question.known)
        .into_iter()
        .map(|(since, tenure)| (since, tenure.clone()))
        .collect();
    Ok(LeaderView {
        person: person.clone(),
        question,
        tenures,
        rules,
        lines,
        scores,
        handovers,
        findings: answered_for::findings(snapshot, person, question),
        exemptions: answered_for::exemptions(snapshot, person, question),
    })
}
