//! Leading groups: of an organization that exists, with posts that exist, each in one seat.
//!
//! A head who is no main leader is a finding ([`LeadingGroup::findings`]), not a refusal: the
//! document is what it is.

use std::collections::BTreeMap;

use crate::decide::{Refusal, RefusalKind, Standing};
use crate::position::Position;
use crate::problem::Reason;
use crate::registry::LeadingGroup;

pub(super) fn group(standing: &Standing, group: &LeadingGroup, refusal: &mut Refusal) {
    let registry = standing.registry();
    refusal.add(RefusalKind::Invalid, |problems| {
        if registry.organization(&group.organization, Position::MAX).is_none() {
            problems.add(
                Reason::ReferenceUnknown,
                "group.organization_id",
                format!("单位 {} 尚未登记；请先登记", group.organization),
                format!("organization {} is not registered: register it first", group.organization),
            );
        }
        if let Some(to) = group.to.filter(|to| *to < group.from) {
            problems.add(
                Reason::DateReversed,
                "group.end_date",
                format!("撤销日期 {to} 早于生效日期 {}", group.from),
                format!("the group ends {to}, before the document is in force on {}", group.from),
            );
        }
        let seats = group.seats();
        let office = group.office().map(|(field, post)| (field.to_owned(), post));
        for (field, post) in seats.iter().cloned().chain(office) {
            if registry.post(post, Position::MAX).is_none() {
                problems.add(
                    Reason::ReferenceUnknown,
                    &format!("group.{field}"),
                    format!("职务 {post} 尚未登记；成员以职务登记，请先登记职务"),
                    format!("post {post} is not registered: members are posts, register it first"),
                );
            }
        }
        let mut taken = BTreeMap::new();
        for (field, post) in &seats {
            if let Some(first) = taken.insert(*post, field) {
                problems.add(
                    Reason::DuplicateInRequest,
                    &format!("group.{field}"),
                    format!("职务 {post} 已见于 {first}，一个职务只占一席"),
                    format!("post {post} stands at {first} already: one post, one seat"),
                );
            }
        }
    });
    let versions = registry.leading_group_versions(&group.id, Position::MAX);
    if versions.iter().any(|(_, other)| other.organization != group.organization) {
        refusal.add(RefusalKind::AlreadyExists, |problems| {
            problems.add(
                Reason::AlreadyExists,
                "group.group_id",
                format!("领导小组 {} 已登记于另一单位；请换用新编号", group.id),
                format!("group {} belongs to another organization: use a new id", group.id),
            );
        });
    }
}
