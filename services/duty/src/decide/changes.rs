//! Changes of organizations: between organizations that exist, the tree stays a tree on every day,
//! and what has ended does not change any more.

use crate::decide::{Refusal, RefusalKind, Standing};
use crate::position::Position;
use crate::problem::{Problems, Reason};
use crate::registry::{Axis, Change, Ending, OrganizationChange, Registry};

pub(super) fn change(standing: &Standing, change: &OrganizationChange, refusal: &mut Refusal) {
    let registry = standing.registry();
    refusal.add(RefusalKind::Invalid, |problems| {
        match registry.organization(&change.organization, Position::MAX) {
            None => unknown("change.organization_id", &change.organization, problems),
            Some(organization) => {
                if let Some(first) = organization.valid_from.filter(|first| change.from <= *first) {
                    problems.add(
                        Reason::OrganizationChangeInvalid,
                        "change.start_date",
                        format!("单位自 {first} 起存在，变更应晚于该日"),
                        format!("the organization exists from {first}: the change comes after it"),
                    );
                }
            }
        }
        match &change.change {
            Change::Renamed { .. } => {}
            Change::Moved { axis, parent: Some(parent) } => {
                if registry.organization(parent, Position::MAX).is_none() {
                    unknown("change.moved.parent_organization_id", parent, problems);
                } else if !change.revoked {
                    moved(registry, change, (*axis, parent), problems);
                }
            }
            Change::Moved { parent: None, .. } => {}
            Change::Ended { ending, successors, taker } => {
                ended(registry, change, (*ending, successors), problems);
                if let Some(taker) = taker.as_ref().filter(|taker| !successors.contains(taker)) {
                    problems.add(
                        Reason::OrganizationChangeInvalid,
                        "change.ended.taker_organization_id",
                        format!("承接未了事项的单位 {taker} 应是承接单位之一"),
                        format!("{taker}, who takes over what is open, is one of the successors"),
                    );
                }
            }
        }
    });
    let old = registry.change(&change.id, Position::MAX).map(|(_, old)| old);
    if old.is_some_and(|old| old.organization != change.organization) {
        refusal.add(RefusalKind::AlreadyExists, |problems| {
            problems.add(
                Reason::AlreadyExists,
                "change.change_id",
                format!("变更 {} 已登记于另一单位；请换用新编号", change.id),
                format!("change {} belongs to another organization: use a new id", change.id),
            );
        });
    }
    if !change.revoked {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            not_ended(registry, change, problems);
        });
    }
}

fn unknown(field: &str, id: &dyn std::fmt::Display, problems: &mut Problems) {
    problems.add(
        Reason::ReferenceUnknown,
        field,
        format!("单位 {id} 尚未登记；请先登记"),
        format!("organization {id} is not registered: register it first"),
    );
}

fn moved(
    registry: &Registry,
    change: &OrganizationChange,
    (axis, parent): (Axis, &crate::id::OrganizationId),
    problems: &mut Problems,
) {
    let on = (axis, change.from);
    let cycle = registry.day_of_cycle(&change.organization, parent, on, Some(&change.id));
    if let Some(day) = cycle {
        problems.add(
            Reason::TreeCycle,
            "change.moved.parent_organization_id",
            format!("{parent} 在 {day} 隶属于 {}，不能作为其上级", change.organization),
            format!(
                "{parent} stands below {} on {day}: it cannot be its parent",
                change.organization
            ),
        );
    }
}

fn ended(
    registry: &Registry,
    change: &OrganizationChange,
    (ending, successors): (Ending, &[crate::id::OrganizationId]),
    problems: &mut Problems,
) {
    let least = match ending {
        Ending::Merged => 1,
        Ending::Split => 2,
        Ending::Dissolved => 0,
    };
    let field = "change.ended.successor_organization_ids";
    if successors.len() < least {
        problems.add(
            Reason::FieldRequired,
            field,
            format!("{}应至少写明 {least} 个承接单位", ending.name_zh()),
            format!("an organization that is {} names {least} successors", ending.as_str()),
        );
    }
    for (index, successor) in successors.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if *successor == change.organization {
            problems.add(
                Reason::OrganizationChangeInvalid,
                &field,
                "承接单位不能是该单位本身；仅更名请登记更名",
                "it does not succeed itself: register a change of name if that is all",
            );
        } else if registry.organization(successor, Position::MAX).is_none() {
            unknown(&field, successor, problems);
        } else if successors[..index].contains(successor) {
            problems.add(
                Reason::DuplicateInRequest,
                &field,
                format!("承接单位 {successor} 重复"),
                format!("successor {successor} stands twice"),
            );
        }
    }
}

/// Nothing changes after the end, and an organization ends once and after its other changes.
fn not_ended(registry: &Registry, change: &OrganizationChange, problems: &mut Problems) {
    let ends = matches!(change.change, Change::Ended { .. });
    let others = registry.changes_of(&change.organization, Position::MAX);
    let mut others =
        others.into_iter().map(|(_, other)| other).filter(|o| !o.revoked && o.id != change.id);
    let against = others.find(|other| {
        let is_end = matches!(other.change, Change::Ended { .. });
        (is_end && (ends || other.from <= change.from)) || (ends && change.from <= other.from)
    });
    if let Some(other) = against {
        problems.add(
            Reason::OrganizationChangeInvalid,
            "change.start_date",
            format!(
                "与变更 {}（{} 起）抵触：单位终止后不再变更，且只终止一次；如有误请先撤销该变更",
                other.id, other.from
            ),
            format!(
                "contradicts change {} from {}: nothing changes after the end, and there is one \
                 end; revoke that change first if it is wrong",
                other.id, other.from
            ),
        );
    }
}
