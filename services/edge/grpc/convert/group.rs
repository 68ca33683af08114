//! Leading groups, in both directions.

use duty::id::{LeadingGroupId, OrganizationId, PostId};
use duty::registry::{GroupAlias, LeadingGroup};
use duty::{Problems, Reason};

use super::{change, id_malformed, registry, scalar};
use crate::pb;

/// Most posts in one list of a group; the largest there are have some sixty.
const POSTS_MAX: usize = 200;
/// Most names of one group.
const ALIASES_MAX: usize = 20;

/// What a document says of a leading group, inward.
pub fn leading_group(message: &pb::LeadingGroup, problems: &mut Problems) -> Option<LeadingGroup> {
    let id = LeadingGroupId::parse(&message.group_id);
    if id.is_none() {
        id_malformed("group_id", problems);
    }
    let organization = OrganizationId::parse(&message.organization_id);
    if organization.is_none() {
        id_malformed("organization_id", problems);
    }
    let document = change::required_document(&message.document_number, problems);
    let from = change::required_date(&message.start_date, "start_date", problems);
    let to = scalar::civil_date(&message.end_date, "end_date", problems);
    registry::name("name_zh", &message.name_zh, true, problems);
    registry::name("office_location", &message.office_location, false, problems);
    too_many("aliases", message.aliases.len(), ALIASES_MAX, problems);
    let aliases = message.aliases.iter().enumerate().map(|(index, alias)| {
        problems.at_item("aliases", index, |problems| {
            registry::name("name_zh", &alias.name_zh, true, problems);
            let (from, to) = registry::span(&alias.start_date, &alias.end_date, problems);
            GroupAlias { name: alias.name_zh.trim().into(), from, to }
        })
    });
    let aliases = aliases.collect();
    let head = post("head_post_id", &message.head_post_id, problems);
    let deputies = posts("deputy_post_ids", &message.deputy_post_ids, problems);
    if message.member_post_ids.is_empty() {
        problems.add(
            Reason::FieldRequired,
            "member_post_ids",
            "必须填写成员（按职务）",
            "members are required, by post",
        );
    }
    let members = posts("member_post_ids", &message.member_post_ids, problems);
    let office_director =
        optional_post("office_director_post_id", &message.office_director_post_id, problems);
    let liaison = optional_post("liaison_post_id", &message.liaison_post_id, problems);
    Some(LeadingGroup {
        id: id?,
        organization: organization?,
        document: document?,
        from: from?,
        to,
        name_zh: message.name_zh.trim().into(),
        aliases,
        head: head?,
        deputies: deputies?,
        members: members?,
        office_location: message.office_location.trim().into(),
        office_director: office_director?,
        liaison: liaison?,
    })
}

fn too_many(field: &str, count: usize, most: usize, problems: &mut Problems) {
    if most < count {
        problems.add(
            Reason::FieldTooLong,
            field,
            format!("共 {count} 项，超过上限 {most} 项"),
            format!("has {count} items, more than {most}"),
        );
    }
}

fn post(field: &str, text: &str, problems: &mut Problems) -> Option<PostId> {
    let post = PostId::parse(text);
    if post.is_none() {
        id_malformed(field, problems);
    }
    post
}

/// `Some(None)` for none given, `None` for a fault.
#[allow(clippy::option_option, reason = "not given and not understood are two things")]
fn optional_post(field: &str, text: &str, problems: &mut Problems) -> Option<Option<PostId>> {
    if text.is_empty() { Some(None) } else { post(field, text, problems).map(Some) }
}

fn posts(field: &'static str, texts: &[String], problems: &mut Problems) -> Option<Vec<PostId>> {
    too_many(field, texts.len(), POSTS_MAX, problems);
    let read = texts
        .iter()
        .enumerate()
        .map(|(index, text)| problems.at_item(field, index, |problems| post("", text, problems)));
    // All are read, so that every fault is named.
    read.collect::<Vec<_>>().into_iter().collect()
}

/// What a document says of a leading group, outward.
#[must_use]
pub fn leading_group_message(group: &LeadingGroup) -> pb::LeadingGroup {
    let texts = |posts: &[PostId]| posts.iter().map(ToString::to_string).collect();
    let text = |post: &Option<PostId>| post.as_ref().map_or_else(String::new, ToString::to_string);
    let aliases = group.aliases.iter().map(|alias| pb::LeadingGroupAlias {
        name_zh: alias.name.to_string(),
        start_date: scalar::optional_date(alias.from),
        end_date: scalar::optional_date(alias.to),
    });
    pb::LeadingGroup {
        group_id: group.id.to_string(),
        organization_id: group.organization.to_string(),
        document_number: group.document.to_string(),
        start_date: group.from.to_string(),
        end_date: scalar::optional_date(group.to),
        name_zh: group.name_zh.to_string(),
        aliases: aliases.collect(),
        head_post_id: group.head.to_string(),
        deputy_post_ids: texts(&group.deputies),
        member_post_ids: texts(&group.members),
        office_location: group.office_location.to_string(),
        office_director_post_id: text(&group.office_director),
        liaison_post_id: text(&group.liaison),
    }
}
