//! Registrations: the tree stays a tree, tenures of one post do not overlap, days close in order.

use jiff::civil::Date;

use crate::decide::{Context, Refusal, RefusalKind, Standing};
use crate::position::Position;
use crate::problem::Reason;
use crate::registry::{Axis, Organization, Post, Tenure};
use crate::zone::civil_day;

/// The parent exists and does not stand below the organization.
pub(super) fn organization(
    context: &Context<'_>,
    organization: &Organization,
    refusal: &mut Refusal,
) {
    let standing = context.standing;
    // A dissolved organization keeps the code it had.
    let year = organization.valid_to.unwrap_or_else(|| civil_day(context.now)).year();
    if let Err(error) = organization.division.check_year(year) {
        refusal.add(RefusalKind::Invalid, |problems| {
            let field = "organization.division_code";
            problems.add(Reason::DivisionInvalid, field, error.zh, error.en);
        });
    }
    let Some(parent) = &organization.parent else { return };
    let registry = standing.registry();
    refusal.add(RefusalKind::Invalid, |problems| {
        let field = "organization.parent_organization_id";
        // What it stands under from the beginning, until its first move.
        let on = (Axis::Territory, Date::MIN);
        let cycle = registry.day_of_cycle(&organization.id, parent, on, None);
        if cycle.is_some() || *parent == organization.id {
            problems.add(
                Reason::TreeCycle,
                field,
                format!("{parent} 隶属于 {}，不能作为其上级", organization.id),
                format!("{parent} stands below {}: it cannot be its parent", organization.id),
            );
        } else if registry.organization(parent, Position::MAX).is_none() {
            problems.add(
                Reason::ReferenceUnknown,
                field,
                format!("上级单位 {parent} 尚未登记；请先登记"),
                format!("parent {parent} is not registered: register it first"),
            );
        }
    });
}

/// The organization exists, and a post never moves.
pub(super) fn post(standing: &Standing, post: &Post, refusal: &mut Refusal) {
    let registry = standing.registry();
    refusal.add(RefusalKind::Invalid, |problems| {
        if registry.organization(&post.organization, Position::MAX).is_none() {
            problems.add(
                Reason::ReferenceUnknown,
                "post.organization_id",
                format!("单位 {} 尚未登记；请先登记", post.organization),
                format!("organization {} is not registered: register it first", post.organization),
            );
        }
    });
    let moved = registry
        .post(&post.id, Position::MAX)
        .filter(|old| old.organization != post.organization || old.kind != post.kind);
    if let Some(old) = moved {
        refusal.add(RefusalKind::AlreadyExists, |problems| {
            problems.add(
                Reason::AlreadyExists,
                "post.post_id",
                format!(
                    "职务 {} 已登记为 {} 的 {}；职务不得改变单位或类别",
                    post.id,
                    old.organization,
                    old.kind.as_str()
                ),
                format!(
                    "post {} is registered as {} of {}: a post changes neither",
                    post.id,
                    old.kind.as_str(),
                    old.organization
                ),
            );
        });
    }
}

/// Post and person exist, the span is a span, and nobody else holds the post then.
pub(super) fn tenure(standing: &Standing, tenure: &Tenure, refusal: &mut Refusal) {
    let registry = standing.registry();
    refusal.add(RefusalKind::Invalid, |problems| {
        if registry.post(&tenure.post, Position::MAX).is_none() {
            problems.add(
                Reason::ReferenceUnknown,
                "tenure.post_id",
                format!("职务 {} 尚未登记；请先登记", tenure.post),
                format!("post {} is not registered: register it first", tenure.post),
            );
        }
        if !registry.has_person(&tenure.person, Position::MAX) {
            problems.add(
                Reason::ReferenceUnknown,
                "tenure.person_id",
                format!("人员 {} 尚未登记；请先登记", tenure.person),
                format!("person {} is not registered: register them first", tenure.person),
            );
        }
        if let Some(to) = tenure.to.filter(|to| *to < tenure.from) {
            problems.add(
                Reason::DateReversed,
                "tenure.end_date",
                format!("任期止于 {to}，早于开始日期 {}", tenure.from),
                format!("the tenure ends {to}, before it starts {}", tenure.from),
            );
        }
    });
    let old = registry.tenure(&tenure.id, Position::MAX).map(|(_, old)| old);
    if old.is_some_and(|old| old.person != tenure.person || old.post != tenure.post) {
        refusal.add(RefusalKind::AlreadyExists, |problems| {
            problems.add(
                Reason::AlreadyExists,
                "tenure.tenure_id",
                format!("任期 {} 已登记为他人或他职；请换用新编号", tenure.id),
                format!("tenure {} belongs to another person or post: use a new id", tenure.id),
            );
        });
    }
    let last = tenure.to.unwrap_or(Date::MAX);
    let overlapping =
        registry.tenures_of(&tenure.post, Position::MAX).into_iter().find(|(_, other)| {
            other.id != tenure.id
                && other.acting == tenure.acting
                && other.overlaps(tenure.from, last)
        });
    if let Some((_, other)) = overlapping {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            problems.add(
                Reason::TenureOverlaps,
                "tenure.start_date",
                format!("与任期 {} 重叠；请先登记其截止日期（主持工作请注明 acting）", other.id),
                format!(
                    "overlaps tenure {}: register its end first, or mark this one as acting",
                    other.id
                ),
            );
        });
    }
}

/// Days close one after another, and only once they are over.
pub(super) fn day_closed(context: &Context<'_>, day: Date, refusal: &mut Refusal) {
    let over = day < civil_day(context.now);
    let next = context
        .standing
        .last_closed()
        .is_none_or(|last| last.tomorrow().is_ok_and(|tomorrow| tomorrow == day));
    if !over || !next {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            problems.add(
                Reason::DateOrder,
                "day",
                format!("{day} 不是下一个已结束的日期"),
                format!("{day} is not the next day that is over"),
            );
        });
    }
}
