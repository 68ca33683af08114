//! Workbooks of the registry: who is who, a sheet a kind, a row a thing to register.
//!
//! Persons stand in it by opaque ids; there is no column for a name, because names are sealed one
//! by one and never lie about in workbooks. Rows come out in the order they rest on one another:
//! organizations before what is theirs, whatever stands below below what it stands under.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use super::cell::Fault;
use super::column::{Column, columns_of};
use super::contract;
use super::sheet::{self, Cells, Faults, Origin, Raw};
use crate::pb;
use crate::pb::registration::Registered;

/// One kind of thing, a sheet of its own.
#[derive(Debug)]
struct Form {
    /// Name of the sheet.
    sheet: &'static str,
    /// Its message in the contract.
    message: &'static str,
    /// The field of a `Registration`.
    field: &'static str,
    /// The column that says which one it is, and one that does so with it.
    ids: (&'static str, Option<&'static str>),
    /// Fields without a column.
    left_out: &'static [&'static str],
    /// The field that says what rests on what inside the sheet: a day.
    order: Option<&'static str>,
}

/// In the order things rest on one another.
const FORMS: [Form; 7] = [
    Form {
        sheet: "单位",
        message: "Organization",
        field: "organization",
        ids: ("organization_id", None),
        left_out: &[],
        order: None,
    },
    Form {
        sheet: "单位变更",
        message: "OrganizationChange",
        field: "change",
        ids: ("change_id", None),
        left_out: &[],
        order: Some("start_date"),
    },
    Form {
        sheet: "职务",
        message: "Post",
        field: "post",
        ids: ("post_id", None),
        left_out: &[],
        order: None,
    },
    Form {
        sheet: "人员",
        message: "Person",
        field: "person",
        ids: ("person_id", None),
        left_out: &["sealed"],
        order: None,
    },
    Form {
        sheet: "任期",
        message: "Tenure",
        field: "tenure",
        ids: ("tenure_id", None),
        left_out: &[],
        order: Some("start_date"),
    },
    Form {
        sheet: "离岗",
        message: "TenureAbsence",
        field: "absence",
        ids: ("absence_id", None),
        left_out: &[],
        order: Some("start_date"),
    },
    Form {
        sheet: "领导小组",
        message: "LeadingGroup",
        field: "group",
        ids: ("group_id", Some("document_number")),
        left_out: &[],
        order: Some("start_date"),
    },
];

/// The form a sheet is of, by its name; a copy of it has a number or a sign after the name.
fn form(sheet: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| {
        let rest = sheet.strip_prefix(form.sheet);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
    })
}

/// Whether a sheet is one of the registry.
pub(super) fn is_sheet(sheet: &str) -> bool {
    form(sheet).is_some()
}

/// The sheets of a template for the registry, with their columns.
#[must_use]
pub fn registry_columns() -> Vec<(&'static str, Vec<Column>)> {
    let columns =
        |form: &Form| contract::message(form.message).map(|root| columns_of(&root, form.left_out));
    FORMS.iter().map(|form| (form.sheet, columns(form).unwrap_or_default())).collect()
}

/// A thing to register with the cells it comes from.
#[derive(Debug)]
pub struct RegistryRow {
    /// What to register.
    pub registered: Registered,
    kind: usize,
    id: String,
    order: String,
    origin: Origin,
}

impl RegistryRow {
    /// The sheet.
    #[must_use]
    pub fn sheet(&self) -> &str {
        &self.origin.sheet
    }

    /// Row of the sheet, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.origin.number
    }

    /// The cell of a field path of a `Registration`, or the one nearest to it.
    #[must_use]
    pub fn cell_of(&self, path: &str) -> String {
        let field = FORMS.get(self.kind).map_or("", |form| form.field);
        let inner = path.strip_prefix(field).unwrap_or(path);
        self.origin.cell_of(inner.trim_start_matches('.'))
    }

    /// The text at a field path of a `Registration`; empty when there is none.
    fn text_at(&self, path: &str) -> String {
        let registration =
            pb::Registration { event_id: String::new(), registered: Some(self.registered.clone()) };
        let Some(root) = contract::message("Registration") else { return String::new() };
        let mut message = DynamicMessage::new(root.clone());
        if message.transcode_from(&registration).is_err() {
            return String::new();
        }
        Column::of_path(&root, path).map_or_else(|_| String::new(), |column| column.text(&message))
    }
}

/// What a workbook of the registry holds.
#[derive(Debug, Default)]
pub struct Registry {
    /// One for each row that holds something, in the order they rest on one another.
    pub rows: Vec<RegistryRow>,
    /// Everything that cannot be read.
    pub faults: Vec<Fault>,
}

impl Registry {
    /// Whether something named at a field path of a row is in the workbook itself: then it is
    /// unknown to the ledger only because its own row is bad.
    #[must_use]
    pub fn names_own(&self, row: &RegistryRow, path: &str) -> bool {
        let field = path.rsplit('.').next().unwrap_or_default();
        let field = field.split('[').next().unwrap_or_default();
        let message = [
            ("organization_id", "Organization"),
            ("organization_ids", "Organization"),
            ("post_id", "Post"),
            ("post_ids", "Post"),
            ("person_id", "Person"),
            ("tenure_id", "Tenure"),
        ];
        let message = message.iter().find(|(ending, _)| field.ends_with(ending));
        let Some((_, message)) = message else { return false };
        let id = row.text_at(path);
        self.rows.iter().any(|other| {
            FORMS.get(other.kind).is_some_and(|form| form.message == *message) && other.id == id
        })
    }
}

/// The registrations of these sheets, which are all of the registry.
pub(super) fn read(opened: &[(String, Cells)], mut faults: Faults) -> Registry {
    let mut rows = Vec::new();
    for (name, cells) in opened {
        let found = form(name).and_then(|form| Some((form, contract::message(form.message)?)));
        let Some((form, root)) = found else {
            faults.no_template(name);
            continue;
        };
        let columns = sheet::columns(name, cells, &root, &mut faults);
        for raw in sheet::rows(name, cells, &columns, &[], &mut faults) {
            rows.extend(row(&raw, form, &root, &mut faults));
        }
    }
    tell_twins(&rows, &mut faults);
    rows.sort_by(|a, b| (a.kind, &a.order).cmp(&(b.kind, &b.order)));
    let rows = parents_first(rows, &mut faults);
    Registry { rows, faults: faults.0 }
}

fn row(
    raw: &Raw,
    form: &Form,
    root: &MessageDescriptor,
    faults: &mut Faults,
) -> Option<RegistryRow> {
    one_of(raw, faults)?;
    let mut message = DynamicMessage::new(root.clone());
    let (_, origin) = raw.over(&mut message, true, faults);
    let text = |field: &str| {
        let value =
            root.get_field_by_name(field).map(|field| message.get_field(&field).into_owned());
        match value {
            Some(Value::String(text)) => text,
            _ => String::new(),
        }
    };
    let (id, order) = (text(form.ids.0), form.order.map_or_else(String::new, text));
    let id = form.ids.1.map_or_else(|| id.clone(), |second| format!("{id} {}", text(second)));
    let registered = match form.field {
        "organization" => message.transcode_to().ok().map(Registered::Organization),
        "change" => message.transcode_to().ok().map(Registered::Change),
        "post" => message.transcode_to().ok().map(Registered::Post),
        "person" => message.transcode_to().ok().map(Registered::Person),
        "tenure" => message.transcode_to().ok().map(Registered::Tenure),
        "absence" => message.transcode_to().ok().map(Registered::Absence),
        _ => message.transcode_to().ok().map(Registered::Group),
    };
    let kind = FORMS.iter().position(|known| known.sheet == form.sheet)?;
    Some(RegistryRow { registered: registered?, kind, id, order, origin })
}

/// A row of changes says one change: of two, the one written last would win in silence.
fn one_of(raw: &Raw, faults: &mut Faults) -> Option<()> {
    let mut said: BTreeMap<String, u32> = BTreeMap::new();
    for cell in &raw.filled {
        if let Some(step) =
            cell.column.steps.first().filter(|s| s.field.containing_oneof().is_some())
        {
            said.entry(step.field.name().to_owned()).or_insert(cell.at);
        }
    }
    let Some(second) = said.values().max().filter(|_| 1 < said.len()) else { return Some(()) };
    let zh = "一行只能登记一种变更：更名、隶属关系调整、终止请各占一行";
    let en = "a row registers one change: a new name, another parent and an end take a row each";
    faults.bad(&raw.sheet, raw.number - 1, *second, (zh.to_owned(), en.to_owned()));
    None
}

/// Rows that register what another registers.
fn tell_twins(rows: &[RegistryRow], faults: &mut Faults) {
    let mut seen: BTreeMap<(usize, &str), &RegistryRow> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.id.trim().is_empty()) {
        let Some(first) = seen.get(&(row.kind, row.id.as_str())) else {
            seen.insert((row.kind, &row.id), row);
            continue;
        };
        let (sheet, number) = (first.sheet(), first.number());
        let column = FORMS.get(row.kind).map_or("", |form| form.ids.1.unwrap_or(form.ids.0));
        faults.0.push(Fault {
            sheet: row.sheet().to_owned(),
            row: row.number(),
            cell: row.cell_of(column),
            zh: format!("与“{sheet}”第 {number} 行登记的是同一项：请删去一行，或换用新编号"),
            en: format!("row {number} of {sheet} registers the same: remove one, or use a new id"),
        });
    }
}

/// Organizations after those they stand under; a ring is told.
fn parents_first(rows: Vec<RegistryRow>, faults: &mut Faults) -> Vec<RegistryRow> {
    let (mut waiting, rest): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.kind == 0);
    let parent = |row: &RegistryRow| match &row.registered {
        Registered::Organization(of) => of.parent_organization_id.clone(),
        _ => String::new(),
    };
    let mut placed = Vec::with_capacity(waiting.len() + rest.len());
    while !waiting.is_empty() {
        let missing: BTreeSet<_> = waiting.iter().map(|row| row.id.clone()).collect();
        let (later, now): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|row| missing.contains(&parent(row)));
        if now.is_empty() {
            for row in &later {
                let (zh, en) = (
                    "上级单位相互循环，没有一个可以先登记：请改正上级单位编号",
                    "these parents run in a ring, so that none comes first: mend one",
                );
                faults.0.push(Fault {
                    sheet: row.sheet().to_owned(),
                    row: row.number(),
                    cell: row.cell_of("parent_organization_id"),
                    zh: zh.to_owned(),
                    en: en.to_owned(),
                });
            }
            placed.extend(later);
            break;
        }
        placed.extend(now);
        waiting = later;
    }
    placed.extend(rest);
    placed
}
