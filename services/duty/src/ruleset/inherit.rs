//! Inheritance between jurisdictions (规则继承): a rule set over the ones it extends.
//!
//! Everything is decided by texts: that of the rule set and those of its parents, as they were when
//! it was published. A parent that is published anew changes nothing for those who extended it; they
//! are published anew themselves. A changed duty is read again as a whole, its own keys over the
//! inherited ones, so that what holds for a duty holds for it too.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::duty;
use super::nearest::did_you_mean;
use super::origin::{Origin, OriginKind};
use super::parse::{Head, Read};
use super::reader::{Layer, Node, Report, Table};
use super::{DutyRule, RuleSet};
use crate::id::{DutyId, RuleSetId};
use crate::problem::Reason;

/// Most rule sets one may stand on: country, province, city, county, township and one to spare.
const PARENTS_MAX: usize = 6;

/// What a rule set stands on.
pub(super) struct Above<'t> {
    /// The parent, resolved.
    rules: RuleSet,
    /// The documents of the parents, nearest first.
    documents: Vec<Spanned<DeTable<'t>>>,
}

impl Above<'_> {
    /// The parent, resolved.
    pub(super) fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Whether the parent has a duty of this id.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.rules.duties.iter().any(|duty| duty.id.as_str() == id)
    }
}

/// The id a text names under `extends`.
pub(super) fn extended_by(text: &str) -> Option<RuleSetId> {
    let (document, _) = DeTable::parse_recoverable(text);
    match document.get_ref().get("extends").map(Spanned::get_ref) {
        Some(DeValue::String(id)) => RuleSetId::parse(id.as_ref()),
        _ => None,
    }
}

/// What a rule set stands on; `Some(None)` when on nothing, `None` when a fault was reported.
pub(super) fn above<'t>(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    head: Option<&Head>,
    parents: &[&'t str],
) -> Option<Option<Above<'t>>> {
    let Some(node) = table.get("extends") else {
        for key in ["override", "switch_off"] {
            if let Some(place) = table.key(key) {
                report.invalid(
                    &place,
                    format!("没有 extends，不能有“{key}”"),
                    format!("there is no '{key}' without 'extends'"),
                );
            }
        }
        if !parents.is_empty() {
            report.error(
                &table.place,
                Reason::RuleSetParent,
                "给出了上级规则集，但文本没有 extends".to_owned(),
                "rule sets to extend are given, but the text extends none".to_owned(),
            );
        }
        return Some(None);
    };
    let named = node.text(report)?;
    let refuse = |report: &mut Report<'_>, zh: String, en: String| {
        report.error(&node.place, Reason::RuleSetParent, zh, en);
    };
    if head.is_some_and(|head| head.id.as_str() == named) {
        let (zh, en) = ("规则集不能继承自身", "a rule set does not extend itself");
        refuse(report, zh.to_owned(), en.to_owned());
        return None;
    }
    if PARENTS_MAX < parents.len() {
        let count = parents.len();
        refuse(
            report,
            format!("继承 {count} 层，超过 {PARENTS_MAX} 层"),
            format!("it stands on {count} rule sets, more than {PARENTS_MAX}"),
        );
        return None;
    }
    let resolved = parents.split_first().map(|(nearest, further)| {
        let (rules, _) = RuleSet::resolve(nearest, further)?;
        Ok::<_, Vec<super::RuleSetError>>(rules)
    });
    let rules = match resolved {
        Some(Ok(rules)) if rules.id.as_str() == named => rules,
        Some(Ok(_)) | None => {
            refuse(
                report,
                format!("规则集 {named} 尚未发布（或未随本文本给出）；请先发布"),
                format!("the rule set {named} is not published, nor given: publish it first"),
            );
            return None;
        }
        Some(Err(faults)) => {
            let (zh, en) = faults
                .first()
                .map_or(("", ""), |fault| (fault.problem.zh.as_str(), fault.problem.en.as_str()));
            refuse(
                report,
                format!("规则集 {named} 本身有误：{zh}"),
                format!("the rule set {named} has faults itself: {en}"),
            );
            return None;
        }
    };
    if let Some(head) = head {
        check_place(report, &node, head, &rules);
    }
    let documents = parents.iter().map(|text| DeTable::parse_recoverable(text).0).collect();
    Some(Some(Above { rules, documents }))
}

/// Whether a rule set may stand on this parent: inside it, while it is valid, and not below itself.
fn check_place(report: &mut Report<'_>, node: &Node<'_, '_>, head: &Head, parent: &RuleSet) {
    let mut refuse = |zh: String, en: String| {
        report.error(&node.place, Reason::RuleSetParent, zh, en);
    };
    if parent.parents.iter().any(|further| further.id == head.id) {
        refuse(
            format!("循环继承：{} 已（间接）继承 {}", parent.id, head.id),
            format!("a cycle: {} stands on {} already", parent.id, head.id),
        );
    }
    if !parent.jurisdiction.covers(head.jurisdiction) {
        refuse(
            format!("{} 不在 {}（{}）范围内", head.jurisdiction, parent.id, parent.jurisdiction),
            format!(
                "{} does not lie inside {}, which {} is for",
                head.jurisdiction, parent.jurisdiction, parent.id
            ),
        );
    }
    let from = head.valid_from;
    if from < parent.valid_from || parent.valid_to.is_some_and(|last| last < from) {
        let to = parent.valid_to.map_or_else(|| "…".to_owned(), |last| last.to_string());
        refuse(
            format!("{} 在 {from} 无效（有效期 {} 至 {to}）", parent.id, parent.valid_from),
            format!("{} is not valid on {from}, but from {} to {to}", parent.id, parent.valid_from),
        );
    }
}

/// Puts the inherited duties before the own ones, changed and switched off as the text says.
pub(super) fn apply<'a, 't>(
    report: &mut Report<'_>,
    table: &Table<'a, 't>,
    head: &Head,
    above: &'a Above<'t>,
    duties: &mut Vec<Read<'a, 't>>,
) {
    let mut changed: Vec<(DutyId, Change<'a, 't>)> = Vec::new();
    for (key, kind) in
        [("override", OriginKind::Overridden), ("switch_off", OriginKind::SwitchedOff)]
    {
        let Some(elements) = table.get(key).and_then(|node| node.array(report)) else { continue };
        for element in elements {
            let Some(fields) = element.table(report) else { continue };
            let Some(id) = target(report, &fields, above, &changed) else { continue };
            let change = Change { kind, fields };
            changed.push((id, change));
        }
    }
    let mut all: Vec<Read<'a, 't>> = Vec::new();
    for inherited in &above.rules.duties {
        let change = changed.iter().find(|(id, _)| *id == inherited.id);
        let Some((id, Change { kind, fields })) = change else {
            all.push((None, inherited.clone()));
            continue;
        };
        let mut origin = Origin::of(head, *kind);
        if *kind == OriginKind::SwitchedOff {
            fields.allow_only(report, &["id", "reason"]);
            let Some(reason) = reason(report, fields) else { continue };
            origin.reason = reason;
            let mut duty = inherited.clone();
            duty.origins.push(origin);
            all.push((None, duty));
        } else if let Some((fields, mut duty)) = overridden(report, fields, above, id, &mut origin)
        {
            duty.origins.clone_from(&inherited.origins);
            duty.origins.push(origin);
            all.push((Some(fields), duty));
        }
    }
    all.append(duties);
    *duties = all;
    if !duties.is_empty() && duties.iter().all(|(_, duty)| duty.switched_off().is_some()) {
        report.invalid(&table.place, "所有责任事项均已停用", "every duty is switched off");
    }
}

/// A change the text makes to an inherited duty.
struct Change<'a, 't> {
    kind: OriginKind,
    fields: Table<'a, 't>,
}

/// The inherited duty that an entry names, if it may be changed.
fn target(
    report: &mut Report<'_>,
    fields: &Table<'_, '_>,
    above: &Above<'_>,
    changed: &[(DutyId, Change<'_, '_>)],
) -> Option<DutyId> {
    let node = fields.need(report, "id")?;
    let id = node.text(report)?;
    let duties = &above.rules.duties;
    let Some(duty) = duties.iter().find(|duty| duty.id.as_str() == id) else {
        let (zh, en) = did_you_mean(id, duties.iter().map(|duty| duty.id.as_str()));
        report.error(
            &node.place,
            Reason::RuleSetOverride,
            format!("上级规则集 {} 没有责任事项“{id}”{zh}", above.rules.id),
            format!("{} has no duty '{id}' to change{en}", above.rules.id),
        );
        return None;
    };
    if let Some(off) = duty.switched_off() {
        report.error(
            &node.place,
            Reason::RuleSetOverride,
            format!("“{id}”已由 {} 停用，不能改动", off.rule_set),
            format!("'{id}' was switched off by {}: it cannot be changed", off.rule_set),
        );
        return None;
    }
    if changed.iter().any(|(other, _)| *other == duty.id) {
        report.error(
            &node.place,
            Reason::RuleSetOverride,
            format!("“{id}”在本文本中改动两次"),
            format!("'{id}' is changed twice in this text"),
        );
        return None;
    }
    Some(duty.id.clone())
}

fn reason(report: &mut Report<'_>, fields: &Table<'_, '_>) -> Option<Box<str>> {
    Some(fields.need(report, "reason")?.text(report)?.into())
}

/// An inherited duty read again with the keys of an override over its own.
fn overridden<'a, 't>(
    report: &mut Report<'_>,
    fields: &Table<'a, 't>,
    above: &'a Above<'t>,
    id: &DutyId,
    origin: &mut Origin,
) -> Option<(Table<'a, 't>, DutyRule)> {
    let known: Vec<&str> = duty::KEYS.iter().copied().chain(["reason", "without"]).collect();
    fields.allow_only(report, &known);
    let why = reason(report, fields);
    let below = layers(above, id);
    let whole = fields.clone().over(below.clone(), Vec::new());
    let mut without = Vec::new();
    if let Some(node) = fields.get("without") {
        for element in node.array(report)? {
            let Some(key) = element.peek_text() else {
                element.text(report);
                continue;
            };
            let is_own = fields.get(key).is_some();
            if key == "id" || is_own || !duty::KEYS.contains(&key) || whole.get(key).is_none() {
                report.error(
                    &element.place,
                    Reason::RuleSetOverride,
                    format!("没有可去掉的“{key}”"),
                    format!("there is no inherited '{key}' to take away"),
                );
            }
            without.push(key);
        }
    }
    let own = |key: &&&str| **key != "id" && (fields.get(key).is_some() || without.contains(*key));
    origin.keys = duty::KEYS.iter().filter(own).map(|key| Box::from(*key)).collect();
    if origin.keys.is_empty() {
        report.error(
            &fields.place,
            Reason::RuleSetOverride,
            format!("没有改动“{id}”的任何内容"),
            format!("changes nothing of '{id}'"),
        );
    }
    let merged = fields.clone().over(below, without);
    let duty = duty::read(report, &merged)?;
    origin.reason = why?;
    Some((merged, duty))
}

/// What the parents say of a duty, nearest first, down to the one that defined it.
fn layers<'a, 't>(above: &'a Above<'t>, id: &DutyId) -> Vec<Layer<'a, 't>> {
    let mut layers = Vec::new();
    for document in &above.documents {
        let root = document.get_ref();
        if let Some(entries) = entry(root, "override", id) {
            layers.push(Layer { entries, without: texts(entries, "without") });
        } else if let Some(entries) = entry(root, "duty", id) {
            layers.push(Layer { entries, without: Vec::new() });
            break;
        }
    }
    layers
}

/// The table of this id in an array of tables.
fn entry<'a, 't>(root: &'a DeTable<'t>, array: &str, id: &DutyId) -> Option<&'a DeTable<'t>> {
    let Some(DeValue::Array(elements)) = root.get(array).map(Spanned::get_ref) else { return None };
    elements.iter().find_map(|element| match element.get_ref() {
        DeValue::Table(entries) => match entries.get("id").map(Spanned::get_ref) {
            Some(DeValue::String(text)) if text.as_ref() == id.as_str() => Some(entries),
            _ => None,
        },
        _ => None,
    })
}

/// The texts of an array; whatever is none was refused when the text was published.
fn texts<'a>(entries: &'a DeTable<'_>, key: &str) -> Vec<&'a str> {
    let Some(DeValue::Array(elements)) = entries.get(key).map(Spanned::get_ref) else {
        return Vec::new();
    };
    let text = |element: &'a Spanned<DeValue<'_>>| match element.get_ref() {
        DeValue::String(text) => Some(text.as_ref()),
        _ => None,
    };
    elements.iter().filter_map(text).collect()
}
