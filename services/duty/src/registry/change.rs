//! How organizations change over time (机构变更): renamed, moved under another one, ended.
//!
//! A registration says what an organization was from the beginning; each change says what holds
//! from a day on, by which document. So a question about a day gets the structure of that day
//! ([`Registry::organization_on`]), and a question about what was known gets the changes known. A
//! registration in a new version corrects the beginning, never what a later change says.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Organization, Registry, Versions};
use crate::docno::DocumentNumber;
use crate::id::{ChangeId, OrganizationId};
use crate::position::Position;

/// By what an organization stands under another one (DOMAIN §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    /// 块: the territory, to whose government it belongs. A registration gives this one.
    Territory,
    /// 条: the line of work, by which a department above guides it.
    Line,
}

/// How an organization ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// 合并: it went into others.
    Merged,
    /// 分立: others came out of it.
    Split,
    /// 撤销.
    Dissolved,
}

impl Ending {
    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Merged => "合并",
            Self::Split => "分立",
            Self::Dissolved => "撤销",
        }
    }

    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Dissolved => "dissolved",
        }
    }
}

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// 更名.
    Renamed {
        /// Chinese name from then on.
        name_zh: Box<str>,
        /// English name from then on, may be empty.
        name_en: Box<str>,
    },
    /// 隶属关系调整.
    Moved {
        /// On which axis.
        axis: Axis,
        /// The organization above it from then on; none for the top.
        parent: Option<OrganizationId>,
    },
    /// It exists no more from that day on.
    Ended {
        /// How.
        ending: Ending,
        /// Who goes on with its duties (承接单位).
        successors: Vec<OrganizationId>,
        /// Which of them owes what was open, where the document says so.
        taker: Option<OrganizationId>,
    },
}

impl Change {
    /// Who owes what an organization that ended had left open: whom the document names, or its
    /// only successor.
    #[must_use]
    pub fn taker(&self) -> Option<&OrganizationId> {
        let Self::Ended { successors, taker, .. } = self else { return None };
        match &successors[..] {
            [only] => Some(only),
            _ => taker.as_ref(),
        }
    }
}

/// A change of an organization from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationChange {
    /// Its id.
    pub id: ChangeId,
    /// Which organization.
    pub organization: OrganizationId,
    /// First day it holds; the last day of an organization that ends is the day before.
    pub from: Date,
    /// What changes.
    pub change: Change,
    /// 文号 of the decision.
    pub document: DocumentNumber,
    /// True when it was recorded by mistake: nothing changed.
    pub revoked: bool,
}

/// The end of an organization, as far as it is known and has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End<'a> {
    /// Its last day.
    pub last_day: Date,
    /// How it ended and who goes on, with the entry that says so; none where only its registration
    /// gives the last day.
    pub change: Option<(Position, &'a OrganizationChange)>,
}

impl End<'_> {
    /// Who goes on with the duties.
    #[must_use]
    pub fn successors(&self) -> &[OrganizationId] {
        match self.change.map(|(_, change)| &change.change) {
            Some(Change::Ended { successors, .. }) => successors,
            _ => &[],
        }
    }
}

impl Registry {
    /// Takes in a version of a change.
    pub fn put_change(&mut self, since: Position, change: OrganizationChange) {
        let versions = self.changes.entry(change.id.clone()).or_default();
        if versions.all().next().is_none() {
            let of = self.changes_of.entry(change.organization.clone()).or_default();
            of.push(change.id.clone());
        }
        if let Change::Ended { successors, .. } = &change.change {
            for successor in successors {
                let naming = self.ends_naming.entry(successor.clone()).or_default();
                if !naming.contains(&change.id) {
                    naming.push(change.id.clone());
                }
            }
        }
        versions.push(since, change);
    }

    /// Who owes what an organization that ended before `day` had left open, with the change that
    /// says so; none where nobody does, or whoever is named does not exist on the first day without
    /// it.
    #[must_use]
    pub fn passes_to(
        &self,
        organization: &OrganizationId,
        day: Date,
        known: Position,
    ) -> Option<(Position, &OrganizationChange, &OrganizationId)> {
        let (position, change) = self.end_before(organization, day, known)?.change?;
        let taker = change.change.taker()?;
        let first_day = (change.from, change.from);
        let exists = self.exists_in(self.organization(taker, known)?, first_day, known);
        exists.then_some((position, change, taker))
    }

    /// The ends by which an organization owes since a day up to `day` what others had left open, by
    /// day.
    #[must_use]
    pub fn taken_over_by(
        &self,
        heir: &OrganizationId,
        day: Date,
        known: Position,
    ) -> Vec<(Position, &OrganizationChange)> {
        let naming = self.ends_naming.get(heir).into_iter().flatten();
        let mut found: Vec<_> = naming
            .filter_map(|id| {
                let (_, change) = self.change(id, known)?;
                let (position, end, taker) = self.passes_to(&change.organization, day, known)?;
                (end.id == *id && taker == heir).then_some((position, end))
            })
            .collect();
        found.sort_by(|(_, a), (_, b)| (a.from, &a.id).cmp(&(b.from, &b.id)));
        found
    }

    /// Everybody of whose end any version ever named the organization, or one of those, as a
    /// successor.
    #[must_use]
    pub fn predecessors_ever(&self, heir: &OrganizationId) -> BTreeSet<OrganizationId> {
        let mut found = BTreeSet::new();
        let mut next = vec![heir];
        while let Some(heir) = next.pop() {
            let naming = self.ends_naming.get(heir).into_iter().flatten();
            let versions = naming.filter_map(|id| self.changes.get(id)).flat_map(Versions::all);
            let ended = versions.map(|(_, change)| &change.organization);
            next.extend(ended.filter(|id| found.insert((*id).clone())));
        }
        found
    }

    /// Everybody that any version of a change ever named as a successor of the organization or of
    /// one of those.
    #[must_use]
    pub fn successors_ever(&self, organization: &OrganizationId) -> BTreeSet<OrganizationId> {
        let mut found = BTreeSet::new();
        let mut next = vec![organization];
        while let Some(of) = next.pop() {
            let ids = self.changes_of.get(of).into_iter().flatten();
            let versions = ids.filter_map(|id| self.changes.get(id)).flat_map(Versions::all);
            for (_, change) in versions {
                let Change::Ended { successors, .. } = &change.change else { continue };
                let new = successors.iter().filter(|id| found.insert((*id).clone()));
                next.extend(new);
            }
        }
        found
    }

    /// The change as known at `known`, with the position of that version.
    #[must_use]
    pub fn change(
        &self,
        id: &ChangeId,
        known: Position,
    ) -> Option<(Position, &OrganizationChange)> {
        self.changes.get(id)?.at(known)
    }

    /// Every change of an organization known at `known`, revoked ones included, by first day.
    #[must_use]
    pub fn changes_of(
        &self,
        organization: &OrganizationId,
        known: Position,
    ) -> Vec<(Position, &OrganizationChange)> {
        let ids = self.changes_of.get(organization).into_iter().flatten();
        let mut found: Vec<_> = ids.filter_map(|id| self.change(id, known)).collect();
        found.sort_by(|(at, a), (also, b)| (a.from, at).cmp(&(b.from, also)));
        found
    }

    /// The changes that hold on `day`, the last one last.
    fn changes_by(
        &self,
        organization: &OrganizationId,
        day: Date,
        known: Position,
    ) -> impl DoubleEndedIterator<Item = (Position, &OrganizationChange)> {
        let holds = move |(_, change): &(Position, &OrganizationChange)| {
            !change.revoked && change.from <= day
        };
        self.changes_of(organization, known).into_iter().filter(holds)
    }

    /// The end of an organization, if it had ended before `day`.
    #[must_use]
    pub fn end_before(
        &self,
        organization: &OrganizationId,
        day: Date,
        known: Position,
    ) -> Option<End<'_>> {
        let registered = self.organization(organization, known)?.valid_to;
        let ended = self
            .changes_by(organization, day, known)
            .find(|(_, change)| matches!(change.change, Change::Ended { .. }));
        let by_change = ended.and_then(|ended| {
            Some(End { last_day: ended.1.from.yesterday().ok()?, change: Some(ended) })
        });
        let by_registration =
            registered.filter(|last| *last < day).map(|last_day| End { last_day, change: None });
        // What says who goes on says more.
        by_change.or(by_registration)
    }

    /// Whether an organization exists on some day of `first..=last`, as far as is known.
    #[must_use]
    pub fn exists_in(
        &self,
        organization: &Organization,
        (first, last): (Date, Date),
        known: Position,
    ) -> bool {
        let begun = organization.valid_from.is_none_or(|from| from <= last);
        begun && self.end_before(&organization.id, first, known).is_none()
    }

    /// The organization as it was on `day`: name, parent and last day as the changes by then made
    /// them. A registration counts for all days before any change.
    #[must_use]
    pub fn organization_on(
        &self,
        id: &OrganizationId,
        day: Date,
        known: Position,
    ) -> Option<Organization> {
        let mut organization = self.organization(id, known)?.clone();
        for (_, change) in self.changes_by(id, day, known) {
            match &change.change {
                Change::Renamed { name_zh, name_en } => {
                    organization.name_zh.clone_from(name_zh);
                    organization.name_en.clone_from(name_en);
                }
                Change::Moved { axis: Axis::Territory, parent } => {
                    organization.parent.clone_from(parent);
                }
                Change::Moved { axis: Axis::Line, .. } => {}
                Change::Ended { .. } => organization.valid_to = change.from.yesterday().ok(),
            }
        }
        Some(organization)
    }

    /// The organization above this one on `day`, on an axis.
    #[must_use]
    pub fn parent_on(
        &self,
        id: &OrganizationId,
        (axis, day): (Axis, Date),
        known: Position,
    ) -> Option<&OrganizationId> {
        let moved =
            self.changes_by(id, day, known).rev().find_map(|(_, change)| match &change.change {
                Change::Moved { axis: on, parent } if *on == axis => Some(parent.as_ref()),
                _ => None,
            });
        match (moved, axis) {
            (Some(parent), _) => parent,
            (None, Axis::Territory) => self.organization(id, known)?.parent.as_ref(),
            (None, Axis::Line) => None,
        }
    }

    /// Whether `ancestor` stands above `organization` on `day`, on one axis alone, or is it.
    #[must_use]
    pub fn is_within_on(
        &self,
        organization: &OrganizationId,
        ancestor: &OrganizationId,
        on: (Axis, Date),
        known: Position,
    ) -> bool {
        let mut current = Some(organization);
        // The tree has no cycles (decide refuses them); the bound holds even if it had.
        for _ in 0..=self.organizations.len() {
            match current {
                Some(id) if id == ancestor => return true,
                Some(id) => current = self.parent_on(id, on, known),
                None => return false,
            }
        }
        false
    }

    /// Whether `organization` belongs to what `top` supervises on `day`: below it by territory or
    /// by line (条块), or it.
    #[must_use]
    pub fn is_supervised_on(
        &self,
        organization: &OrganizationId,
        top: &OrganizationId,
        day: Date,
        known: Position,
    ) -> bool {
        [Axis::Territory, Axis::Line]
            .into_iter()
            .any(|axis| self.is_within_on(organization, top, (axis, day), known))
    }

    /// A day on which `organization` would stand above itself, if from `from` on its parent were
    /// `parent`, until its own next move; none where the tree stays a tree.
    #[must_use]
    pub fn day_of_cycle(
        &self,
        organization: &OrganizationId,
        parent: &OrganizationId,
        (axis, from): (Axis, Date),
        replaced: Option<&ChangeId>,
    ) -> Option<Date> {
        let moves = |of: &OrganizationId| {
            self.changes_of(of, Position::MAX)
                .into_iter()
                .filter(|(_, change)| !change.revoked && replaced != Some(&change.id))
                .filter(|(_, change)| {
                    matches!(&change.change, Change::Moved { axis: on, .. } if *on == axis)
                })
                .map(|(_, change)| change.from)
                .collect::<Vec<_>>()
        };
        let until = moves(organization).into_iter().filter(|day| from < *day).min();
        let mut days = BTreeSet::from([from]);
        for of in self.changes_of.keys() {
            days.extend(moves(of).into_iter().filter(|day| from < *day));
        }
        days.into_iter()
            .filter(|day| until.is_none_or(|until| *day < until))
            .find(|day| self.is_within_on(parent, organization, (axis, *day), Position::MAX))
    }
}
