//! The columns of a sheet: every field of an event, walked from the descriptors.
//!
//! A list of messages has a few numbered groups of columns in a template; whoever needs more adds
//! columns with the next number in their path. A list of texts is one cell, one text a line.

use duty::event::EventType;
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::contract;

/// Groups of columns for each list of a template.
const SLOTS: usize = 3;
/// Lists that need another number: the five sections of a report, the four grades of a vote.
const OTHER_SLOTS: &[(&str, usize)] = &[
    ("AnnualReportPublication.sections", 5),
    ("RuleOfLawDebrief.votes", 4),
    ("DutyEvent.responsible_post_ids", 2),
    ("DutyEvent.quantities", 4),
    ("DutyEvent.evidence", 2),
];
/// The last field of the envelope that stands before the details in a sheet.
const BEFORE_DETAILS: &str = "main_leader_attended";

/// What a cell of a column may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A text.
    Text,
    /// Texts, one a line.
    Texts,
    /// An id or a metric; what follows the first blank is its name, for the eye.
    Id,
    /// A civil day.
    Date,
    /// A decimal figure, which may be written as a percentage.
    Figure,
    /// A whole number.
    Whole,
    /// One word of a closed list.
    Choice(EnumDescriptor),
    /// 是 or 否.
    YesNo,
}

/// Whether a column must be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// 必填: refused without.
    Required,
    /// 应填: flagged without.
    Asked,
    /// 选填.
    Optional,
}

/// One step of a field path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) field: FieldDescriptor,
    /// Which element of a list.
    pub(super) index: Option<usize>,
}

/// One column (列).
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The field path, as refusals write it: `special_work_meeting.agenda[0].title`.
    pub path: String,
    /// The Chinese heading.
    pub heading: String,
    /// What its cells hold.
    pub content: Content,
    /// Whether it must be filled.
    pub mark: Mark,
    /// What the contract says of it.
    pub comment: &'static str,
    pub(super) steps: Vec<Step>,
}

impl Column {
    /// The column of a field path of a message.
    ///
    /// # Errors
    /// What is wrong with the path, in both languages.
    pub(super) fn of_path(root: &MessageDescriptor, path: &str) -> Result<Self, String> {
        let mut message = root.clone();
        let mut steps = Vec::new();
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let (name, index) = match part.split_once('[') {
                Some((name, rest)) => {
                    let index = rest.strip_suffix(']').and_then(|index| index.parse().ok());
                    // A number of any size would be a list of any size.
                    let index = index.filter(|index| *index < 1_000);
                    (name, Some(index.ok_or_else(|| no_field(path))?))
                }
                None => (part, None),
            };
            let field = message.get_field_by_name(name).ok_or_else(|| no_field(path))?;
            let is_list = field.is_list();
            if index.is_some() && !is_list {
                return Err(no_field(path));
            }
            steps.push(Step { field: field.clone(), index });
            match (field.kind(), parts.peek()) {
                (Kind::Message(inner), Some(_)) if index.is_some() == is_list => message = inner,
                (Kind::Message(_), _) | (_, Some(_)) => return Err(no_field(path)),
                _ => {}
            }
        }
        Self::of_steps(steps).ok_or_else(|| no_field(path))
    }

    fn of_steps(steps: Vec<Step>) -> Option<Self> {
        let last = steps.last()?;
        let field = &last.field;
        let content = match field.kind() {
            Kind::String if field.is_list() && last.index.is_none() => Content::Texts,
            Kind::String => text_content(field),
            Kind::Bool => Content::YesNo,
            Kind::Enum(choice) => Content::Choice(choice),
            Kind::Uint32 | Kind::Uint64 | Kind::Int32 => Content::Whole,
            _ => return None,
        };
        if field.is_list() && last.index.is_none() && content != Content::Texts {
            return None;
        }
        let mut path = Vec::new();
        let mut heading = Vec::new();
        for step in &steps {
            let name = contract::name(&contract::field_key(&step.field));
            let is_type = step.field.containing_oneof().is_some();
            match step.index {
                Some(index) => {
                    path.push(format!("{}[{index}]", step.field.name()));
                    heading.push(format!("{name}{}", index + 1));
                }
                None => {
                    path.push(step.field.name().to_owned());
                    // What a correction replaces is the event itself.
                    if !is_type && !name.is_empty() {
                        heading.push(name.to_owned());
                    }
                }
            }
        }
        let comment = contract::comment(&contract::field_key(field));
        Some(Self {
            path: path.join("."),
            heading: heading.join("·"),
            mark: mark(&steps),
            content,
            comment,
            steps,
        })
    }

    /// The path below the event, of a column of an event or of a correction of one.
    pub(super) fn in_event(&self) -> &str {
        self.path.strip_prefix("event.").unwrap_or(&self.path)
    }

    /// The text at the field of the column in a message; empty when it is none.
    pub(super) fn text(&self, message: &DynamicMessage) -> String {
        let steps: Vec<_> =
            self.steps.iter().map(|step| (step.field.clone(), step.index)).collect();
        super::row::text_at(message, &steps)
    }

    /// The words of a choice, as its drop-down offers them; empty for any other column.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        match &self.content {
            Content::Choice(choice) => {
                contract::words(choice).into_iter().map(|(zh, _)| zh).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The type of event the column belongs to; `None` for a column of the envelope.
    pub(super) fn event_type(&self) -> Option<EventType> {
        let is_type = |step: &&Step| step.field.containing_oneof().is_some();
        EventType::parse(self.steps.iter().find(is_type)?.field.name())
    }
}

fn no_field(path: &str) -> String {
    format!(
        "第2行“{path}”不是字段路径：请勿改动模板第2行，新增的组请按 agenda[3].title 的形式编号 / \
         \"{path}\" in row 2 is no field path: keep row 2 of the template; number further groups as in agenda[3].title"
    )
}

fn text_content(field: &FieldDescriptor) -> Content {
    let name = field.name();
    if name.ends_with("_date") {
        Content::Date
    } else if name.ends_with("_id") || name.ends_with("_ids") || name == "metric" {
        Content::Id
    } else if contract::field_key(field) == "Quantity.value" {
        Content::Figure
    } else {
        Content::Text
    }
}

/// What the contract demands: the envelope's few, and what its comments say of the rest.
fn mark(steps: &[Step]) -> Mark {
    const REQUIRED: [&str; 5] = ["organization_id", "kind", "occurred", "accounting_year", "title"];
    let [first, rest @ ..] = steps else { return Mark::Optional };
    let root = first.field.parent_message();
    if root.name() != "DutyEvent" {
        let is_demanded = rest.is_empty() && contract::demands(root.name(), first.field.name());
        return if is_demanded { Mark::Required } else { Mark::Optional };
    }
    if rest.is_empty() || first.field.name() == "occurred" {
        // Of the time, the first day: how precisely it is known follows from it, unless stated.
        let is_first = rest.iter().all(|step| step.field.name() == "start_date");
        let required = REQUIRED.contains(&first.field.name()) && is_first;
        return if required { Mark::Required } else { Mark::Optional };
    }
    let is_asked = |text: &str| {
        ["Asked for.", "Asked for;", "Asked for,", "Asked for unless", "Required."]
            .iter()
            .any(|words| text.contains(words))
    };
    // A field of a group is asked for where the group is; of a list, the first element is.
    let details = if first.field.containing_oneof().is_some() { rest } else { steps };
    let all_asked = details.iter().all(|step| {
        step.index.unwrap_or(0) == 0
            && is_asked(contract::comment(&contract::field_key(&step.field)))
    });
    if all_asked { Mark::Asked } else { Mark::Optional }
}

/// The columns of a template for a type of event.
///
/// # Errors
/// When our own descriptors cannot be read.
pub fn columns(event_type: EventType) -> Result<Vec<Column>, String> {
    let event = contract::event()?;
    let mut columns = Vec::new();
    let envelope: Vec<_> = event.fields().filter(|f| f.containing_oneof().is_none()).collect();
    let details = event.get_field_by_name(event_type.as_str());
    for field in envelope {
        let is_last = field.name() == BEFORE_DETAILS;
        walk(&mut Vec::new(), field, &mut columns);
        if is_last && let Some(details) = details.clone() {
            walk(&mut Vec::new(), details, &mut columns);
        }
    }
    Ok(columns)
}

/// The columns of a template for corrections of events of a type: what is corrected, why, and every
/// field that may be corrected.
///
/// # Errors
/// When our own descriptors cannot be read.
pub(super) fn correction_columns(event_type: EventType) -> Result<Vec<Column>, String> {
    let none = || "程序内的接口描述无法读取 / the descriptors cannot be read".to_owned();
    let root = contract::message("Correction").ok_or_else(none)?;
    let event = root.get_field_by_name("event").ok_or_else(none)?;
    let mut found =
        vec![Column::of_path(&root, "target_event_id")?, Column::of_path(&root, "reason")?];
    // What makes it this event stays as it is.
    let kept = ["event_id", "organization_id"];
    for column in columns(event_type)? {
        if !kept.contains(&column.path.as_str()) {
            let mut steps = vec![Step { field: event.clone(), index: None }];
            steps.extend(column.steps);
            found.extend(Column::of_steps(steps));
        }
    }
    Ok(found)
}

/// The columns of a template for a message that is no event; `left_out` are fields of it.
pub(super) fn columns_of(root: &MessageDescriptor, left_out: &[&str]) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut fields: Vec<_> = root.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    for field in fields {
        if !left_out.contains(&field.name()) {
            walk(&mut Vec::new(), field, &mut columns);
        }
    }
    columns
}

fn walk(steps: &mut Vec<Step>, field: FieldDescriptor, columns: &mut Vec<Column>) {
    let is_numbered =
        field.is_list() && (!matches!(field.kind(), Kind::String) || slots(&field) != SLOTS);
    let indices: Vec<_> =
        if is_numbered { (0..slots(&field)).map(Some).collect() } else { vec![None] };
    for index in indices {
        steps.push(Step { field: field.clone(), index });
        match field.kind() {
            Kind::Message(message) => walk_message(steps, &message, columns),
            _ => columns.extend(Column::of_steps(steps.clone())),
        }
        steps.pop();
    }
}

fn walk_message(steps: &mut Vec<Step>, message: &MessageDescriptor, columns: &mut Vec<Column>) {
    let mut fields: Vec<_> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    for field in fields {
        walk(steps, field, columns);
    }
}

fn slots(field: &FieldDescriptor) -> usize {
    let key = contract::field_key(field);
    OTHER_SLOTS.iter().find(|(named, _)| *named == key).map_or(SLOTS, |(_, slots)| *slots)
}
