//! The views, computed from the entries again and compared with what the service shows.
//!
//! Compared is what can be seen: for every organization and every year with rules for it, the whole
//! judgement, as it was known at the position checked. Where both hold the same, which is much
//! quicker to tell, every judgement is the same.

use duty::Position;
use duty::evaluate::Question;
use merkle::hash::Hash;
use projection::{Snapshot, State, view};

use super::entries::Entries;
use super::{Compared, Finding, Findings, Subject, Unchecked};
use crate::snapshots::{NotUsed, Snapshots};

/// Years compared: those that any rule set can be valid for in a ledger of today.
const YEARS: std::ops::RangeInclusive<i16> = 2016..=2100;

/// The snapshots of views in a data directory, compared as the fold comes past them.
pub(super) struct Kept<'a> {
    subject: &'a Subject<'a>,
    snapshots: Option<Snapshots>,
    /// Those still to come, the nearest last.
    left: Vec<u64>,
    compared: u64,
    /// How many were made by another version of the program.
    others: u64,
}

impl<'a> Kept<'a> {
    pub(super) fn list(subject: &'a Subject<'a>) -> Self {
        let snapshots = subject.dir.map(|dir| Snapshots::new(dir, &subject.ledger, 0, 0));
        let mut left = snapshots.as_ref().map(Snapshots::positions).unwrap_or_default();
        left.sort_unstable_by(|a, b| b.cmp(a));
        Self { subject, snapshots, left, compared: 0, others: 0 }
    }

    /// Looks whether there is one of this position, and whether it is right; whether it was taken
    /// of the same entries.
    pub(super) fn reached(
        &mut self,
        position: u64,
        entries: &Entries,
        root: impl FnOnce() -> Option<Hash>,
        findings: &mut Findings<'_>,
    ) -> bool {
        if self.left.last() != Some(&position) {
            return false;
        }
        self.left.pop();
        let (Some(state), Some(root), Some(snapshots)) = (entries.state(), root(), &self.snapshots)
        else {
            return false;
        };
        let file = format!("snapshots/state-{position:020}");
        let kept = snapshots.at(position, self.subject.journal, root.0);
        let is_same = kept.is_ok();
        match kept {
            // A running service replaces its snapshots as it goes.
            Err(_) if self.subject.live.is_some() && !self.is_there(position) => {}
            Err(NotUsed::OtherVersion) => self.others += 1,
            Err(NotUsed::Unusable(why)) => findings.add(Finding::of(
                &file,
                "SNAPSHOT_UNUSABLE",
                format!("{file} 不可用（{why}）；可删除，启动时会重算"),
                format!("{file} is not usable ({why}); delete it, it is computed again"),
            )),
            Ok(kept) => {
                self.compared = position;
                let known = Position::new(position);
                for (organization, year) in differing(state, &kept.snapshot(), known) {
                    findings.add(Finding::of(
                        &file,
                        "SNAPSHOT_DIFFERS",
                        format!("{file} 中 {organization} 在 {year} 年度的履职情况与由记录重算的不同；停止服务并删除该文件，启动时会重算"),
                        format!("{file} has other views of {organization} in {year} than the entries come to; stop the service and delete it, it is computed again"),
                    ));
                }
            }
        }
        is_same
    }

    fn is_there(&self, position: u64) -> bool {
        self.snapshots.as_ref().is_some_and(|kept| kept.positions().contains(&position))
    }

    /// Says how far snapshots were compared, and which were not.
    pub(super) fn finish(self, compared: &mut Vec<Compared>, unchecked: &mut Vec<Unchecked>) {
        if 0 < self.compared {
            compared.push(Compared { what: "snapshots".to_owned(), position: self.compared });
        }
        if 0 < self.others {
            unchecked.push(Unchecked::new(
                "SNAPSHOT_OTHER_VERSION",
                "视图快照由本程序的其他版本生成，未核对；启动时不使用，会重算",
                "snapshots of the views made by another version of this program were not checked; \
                 a start passes them over and computes them again",
            ));
        }
    }
}

/// Compares the state folded here with that of the running service.
pub(super) fn compare(
    subject: &Subject<'_>,
    state: &State,
    findings: &mut Findings<'_>,
    compared: &mut Vec<Compared>,
) {
    let Some(live) = subject.live else { return };
    let position = state.head();
    let differing = differing(state, &live.ledger.snapshot(), position);
    compared.push(Compared { what: "views".to_owned(), position: position.get() });
    for (organization, year) in differing {
        findings.add(Finding::of(
            "views",
            "VIEW",
            format!("{organization} 在 {year} 年度的履职情况与由记录重算的不同；请重新启动服务，并报告此问题"),
            format!("what the service shows of {organization} in {year} is not what the entries come to; start the service again, and report this"),
        ));
    }
}

/// The organizations and years of which two states say different things.
pub(super) fn differing(folded: &State, shown: &Snapshot, known: Position) -> Vec<(String, i16)> {
    let folded = folded.snapshot();
    if folded.holds_the_same(shown) {
        return Vec::new();
    }
    let as_of = folded.current_day(known);
    let mut differing = Vec::new();
    if shown.current_day(known) != as_of {
        differing.push(("*".to_owned(), as_of.year()));
    }
    let years: Vec<i16> = YEARS
        .filter(|year| folded.rule_sets(known).iter().any(|(_, rules)| rules.is_valid_for(*year)))
        .filter(|year| *year <= as_of.year() + 1)
        .collect();
    for organization in folded.registry().organizations(known) {
        for year in &years {
            let question = Question { year: *year, as_of, known };
            // The whole judgement: whatever differs shows.
            let of = |snapshot| {
                view::organization(snapshot, &organization.id, question)
                    .map(|view| (view.rules.0, view.rules.1.digest.clone(), view.evaluation))
            };
            if of(&folded) != of(shown) {
                differing.push((organization.id.to_string(), *year));
            }
        }
    }
    differing
}
