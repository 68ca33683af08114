//! Changes of organizations, in both directions.

use duty::id::{ChangeId, OrganizationId};
use duty::registry::{Axis, Change, Ending, OrganizationChange};
use duty::{Problems, Reason};

use super::{change, id_malformed, registry, scalar};
use crate::pb;
use crate::pb::organization_change::Change as Message;

/// Most successors of one organization.
const SUCCESSORS_MAX: usize = 50;

/// A change, inward.
pub fn organization_change(
    message: &pb::OrganizationChange,
    problems: &mut Problems,
) -> Option<OrganizationChange> {
    let id = ChangeId::parse(&message.change_id);
    if id.is_none() {
        id_malformed("change_id", problems);
    }
    let organization = OrganizationId::parse(&message.organization_id);
    if organization.is_none() {
        id_malformed("organization_id", problems);
    }
    let from = change::required_date(&message.start_date, "start_date", problems);
    let document = change::required_document(&message.document_number, problems);
    let change = match &message.change {
        None => {
            problems.add(
                Reason::FieldRequired,
                "change",
                "必须填写变更内容：renamed（更名）、moved（隶属调整）或 ended（终止）",
                "what changes is required: renamed, moved or ended",
            );
            None
        }
        Some(Message::Renamed(renamed)) => problems.at("renamed", |problems| {
            registry::name("name_zh", &renamed.name_zh, true, problems);
            registry::name("name_en", &renamed.name_en, false, problems);
            Some(Change::Renamed {
                name_zh: renamed.name_zh.trim().into(),
                name_en: renamed.name_en.trim().into(),
            })
        }),
        Some(Message::Moved(moved)) => {
            problems.at("moved", |problems| self::moved(moved, problems))
        }
        Some(Message::Ended(ended)) => {
            problems.at("ended", |problems| self::ended(ended, problems))
        }
    };
    Some(OrganizationChange {
        id: id?,
        organization: organization?,
        from: from?,
        change: change?,
        document: document?,
        revoked: message.revoked,
    })
}

fn moved(message: &pb::OrganizationMoved, problems: &mut Problems) -> Option<Change> {
    use pb::OrganizationAxis as Pb;
    let axis = match Pb::try_from(message.axis) {
        Ok(Pb::Territory) => Some(Axis::Territory),
        Ok(Pb::Line) => Some(Axis::Line),
        Ok(Pb::Unspecified) | Err(_) => {
            scalar::enum_unknown("axis", message.axis, problems);
            None
        }
    };
    let text = &message.parent_organization_id;
    let parent = OrganizationId::parse(text);
    if parent.is_none() && !text.is_empty() {
        id_malformed("parent_organization_id", problems);
        return None;
    }
    Some(Change::Moved { axis: axis?, parent })
}

fn ended(message: &pb::OrganizationEnded, problems: &mut Problems) -> Option<Change> {
    use pb::OrganizationEnding as Pb;
    let ending = match Pb::try_from(message.ending) {
        Ok(Pb::Merged) => Some(Ending::Merged),
        Ok(Pb::Split) => Some(Ending::Split),
        Ok(Pb::Dissolved) => Some(Ending::Dissolved),
        Ok(Pb::Unspecified) | Err(_) => {
            scalar::enum_unknown("ending", message.ending, problems);
            None
        }
    };
    let texts = &message.successor_organization_ids;
    if SUCCESSORS_MAX < texts.len() {
        problems.add(
            Reason::FieldTooLong,
            "successor_organization_ids",
            format!("超过上限 {SUCCESSORS_MAX} 个"),
            format!("more than {SUCCESSORS_MAX}"),
        );
    }
    let read = texts.iter().enumerate().map(|(index, text)| {
        let id = OrganizationId::parse(text);
        if id.is_none() {
            problems.at_item("successor_organization_ids", index, |problems| {
                id_malformed("", problems);
            });
        }
        id
    });
    // All are read, so that every fault is named.
    let successors: Option<Vec<_>> = read.collect::<Vec<_>>().into_iter().collect();
    let taker = OrganizationId::parse(&message.taker_organization_id);
    if taker.is_none() && !message.taker_organization_id.is_empty() {
        id_malformed("taker_organization_id", problems);
    }
    Some(Change::Ended { ending: ending?, successors: successors?, taker })
}

/// A change, outward.
#[must_use]
pub fn organization_change_message(change: &OrganizationChange) -> pb::OrganizationChange {
    let what = match &change.change {
        Change::Renamed { name_zh, name_en } => Message::Renamed(pb::OrganizationRenamed {
            name_zh: name_zh.to_string(),
            name_en: name_en.to_string(),
        }),
        Change::Moved { axis, parent } => {
            let axis = match axis {
                Axis::Territory => pb::OrganizationAxis::Territory,
                Axis::Line => pb::OrganizationAxis::Line,
            };
            Message::Moved(pb::OrganizationMoved {
                axis: axis.into(),
                parent_organization_id: parent
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
            })
        }
        Change::Ended { ending, successors, taker } => {
            let ending = match ending {
                Ending::Merged => pb::OrganizationEnding::Merged,
                Ending::Split => pb::OrganizationEnding::Split,
                Ending::Dissolved => pb::OrganizationEnding::Dissolved,
            };
            Message::Ended(pb::OrganizationEnded {
                ending: ending.into(),
                successor_organization_ids: successors.iter().map(ToString::to_string).collect(),
                taker_organization_id: taker.as_ref().map_or_else(String::new, ToString::to_string),
            })
        }
    };
    pb::OrganizationChange {
        change_id: change.id.to_string(),
        organization_id: change.organization.to_string(),
        start_date: change.from.to_string(),
        document_number: change.document.to_string(),
        revoked: change.revoked,
        change: Some(what),
    }
}
