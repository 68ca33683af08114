//! Leading groups (领导小组) as versions by document (DOMAIN §5.3).
//!
//! Every document that sets up or adjusts a group is one version, in force from a day until the
//! next document is. Members are posts, never names: whoever holds the post is the member. A group keeps
//! its id however often its name changes, and its organization for good.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Registry, Tenure, Versions};
use crate::docno::DocumentNumber;
use crate::id::{LeadingGroupId, OrganizationId, PostId};
use crate::position::Position;
use crate::problem::{Problem, Reason};

/// A name a group goes by, or went by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupAlias {
    /// The name.
    pub name: Box<str>,
    /// First day it was used, when known.
    pub from: Option<Date>,
    /// Last day it was used, when known.
    pub to: Option<Date>,
}

/// One version of a leading group: what one document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadingGroup {
    /// The group.
    pub id: LeadingGroupId,
    /// The organization whose group it is.
    pub organization: OrganizationId,
    /// 文号 of the document.
    pub document: DocumentNumber,
    /// First day the document is in force.
    pub from: Date,
    /// Last day of the group, when the document ends it.
    pub to: Option<Date>,
    /// Name in the document.
    pub name_zh: Box<str>,
    /// Other names it goes by, or went by.
    pub aliases: Vec<GroupAlias>,
    /// 组长.
    pub head: PostId,
    /// 副组长.
    pub deputies: Vec<PostId>,
    /// 成员.
    pub members: Vec<PostId>,
    /// 办公室设在何处.
    pub office_location: Box<str>,
    /// 办公室主任; may be a member as well.
    pub office_director: Option<PostId>,
    /// 联络员; may be a member as well.
    pub liaison: Option<PostId>,
}

impl LeadingGroup {
    /// Head, deputies and members, each with the field that names it.
    #[must_use]
    pub fn seats(&self) -> Vec<(String, &PostId)> {
        let listed = |field: &'static str, posts: &'_ [PostId]| -> Vec<String> {
            (0..posts.len()).map(|index| format!("{field}[{index}]")).collect()
        };
        let deputies = listed("deputy_post_ids", &self.deputies).into_iter().zip(&self.deputies);
        let members = listed("member_post_ids", &self.members).into_iter().zip(&self.members);
        let head = std::iter::once(("head_post_id".to_owned(), &self.head));
        head.chain(deputies).chain(members).collect()
    }

    /// The posts of the office, each with the field that names it.
    pub fn office(&self) -> impl Iterator<Item = (&'static str, &PostId)> {
        let director = self.office_director.iter().map(|post| ("office_director_post_id", post));
        director.chain(self.liaison.iter().map(|post| ("liaison_post_id", post)))
    }

    /// What is worth a look in the version: a head who is no main leader of the organization.
    #[must_use]
    pub fn findings(&self, registry: &Registry, known: Position) -> Vec<Problem> {
        let led = registry.post(&self.head, known).is_some_and(|post| {
            post.kind.is_main_leader() && post.organization == self.organization
        });
        if led {
            return Vec::new();
        }
        vec![Problem::new(
            Reason::GroupHeadIrregular,
            "group.head_post_id",
            format!("组长 {} 不是本单位主要负责人：领导小组应由主要负责人任组长", self.head),
            format!(
                "the head {} is no main leader of the organization: a main leader must head it",
                self.head
            ),
        )]
    }
}

/// The versions of one group, by document: a document recorded anew replaces what was recorded of
/// it before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GroupVersions(BTreeMap<Box<str>, Versions<LeadingGroup>>);

impl GroupVersions {
    fn known(&self, known: Position) -> Vec<(Position, &LeadingGroup)> {
        let mut found: Vec<_> = self.0.values().filter_map(|of| of.at(known)).collect();
        found.sort_by_key(|(position, group)| (group.from, *position));
        found
    }
}

impl Registry {
    /// Takes in a version of a leading group.
    pub fn put_leading_group(&mut self, since: Position, group: LeadingGroup) {
        let documents = &mut self.groups.entry(group.id.clone()).or_default().0;
        documents.entry(group.document.as_str().into()).or_default().push(since, group);
    }

    /// Every version of a group known at `known`, by first day, with the position that brought it.
    #[must_use]
    pub fn leading_group_versions(
        &self,
        id: &LeadingGroupId,
        known: Position,
    ) -> Vec<(Position, &LeadingGroup)> {
        self.groups.get(id).map_or_else(Vec::new, |versions| versions.known(known))
    }

    /// The version of a group in force on `day`: that of the last document by then, unless it ended
    /// the group before.
    #[must_use]
    pub fn leading_group(
        &self,
        id: &LeadingGroupId,
        day: Date,
        known: Position,
    ) -> Option<(Position, &LeadingGroup)> {
        let versions = self.leading_group_versions(id, known);
        let last = versions.into_iter().rfind(|(_, group)| group.from <= day)?;
        Some(last).filter(|(_, group)| group.to.is_none_or(|to| day <= to))
    }

    /// Who holds a post on `day`, an acting holder (主持工作) before the substantive one, each with
    /// the position that brought the tenure.
    #[must_use]
    pub fn holders_on(
        &self,
        post: &PostId,
        day: Date,
        known: Position,
    ) -> Vec<(Position, &Tenure)> {
        let mut holders = self.tenures_of(post, known);
        holders.retain(|(_, tenure)| tenure.includes(day));
        holders.sort_by_key(|(_, tenure)| !tenure.acting);
        holders
    }

    /// The ids of every group of which a version is known at `known`, in order.
    pub fn leading_groups(&self, known: Position) -> impl Iterator<Item = &LeadingGroupId> {
        let told = move |(_, versions): &(&LeadingGroupId, &GroupVersions)| {
            versions.0.values().any(|of| of.at(known).is_some())
        };
        self.groups.iter().filter(told).map(|(id, _)| id)
    }
}
