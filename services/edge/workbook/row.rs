//! The cells of a row put together into one event.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};
use rust_decimal::Decimal;

use super::cell::Said;
use super::column::Column;
use crate::pb;
use crate::pb::DatePrecision;

/// A cell that says something.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    pub(super) at: u32,
    pub(super) column: Rc<Column>,
    pub(super) said: Said,
}

/// Elements of lists that are filled, by the path of their list: an empty group of columns between
/// two filled ones is no element.
pub(super) struct Dense(Option<BTreeMap<String, BTreeSet<usize>>>);

impl Dense {
    /// Nothing closes up.
    pub(super) fn open() -> Self {
        Self(None)
    }

    pub(super) fn of(filled: &[Filled]) -> Self {
        let mut used: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for cell in filled {
            let mut list = String::new();
            for step in &cell.column.steps {
                list.push_str(step.field.name());
                if let Some(index) = step.index {
                    used.entry(list.clone()).or_default().insert(index);
                    list.push_str(&format!("[{index}]"));
                }
                list.push('.');
            }
        }
        Self(Some(used))
    }

    /// The path and steps of a column in the event.
    pub(super) fn steps(&self, column: &Column) -> (String, Vec<(FieldDescriptor, Option<usize>)>) {
        let (mut list, mut path, mut steps) = (String::new(), Vec::new(), Vec::new());
        for step in &column.steps {
            list.push_str(step.field.name());
            let index = step.index.map(|index| {
                let before = self.0.as_ref().map_or(index, |lists| {
                    lists.get(&list).map_or(0, |used| used.range(..index).count())
                });
                list.push_str(&format!("[{index}]"));
                before
            });
            path.push(match index {
                Some(index) => format!("{}[{index}]", step.field.name()),
                None => step.field.name().to_owned(),
            });
            list.push('.');
            steps.push((step.field.clone(), index));
        }
        (path.join("."), steps)
    }
}

/// Sets the field at the end of the steps; the value is of its kind, because its column is.
pub(super) fn put(
    message: &mut DynamicMessage,
    steps: &[(FieldDescriptor, Option<usize>)],
    value: Value,
) {
    let [(field, index), rest @ ..] = steps else { return };
    let Some(index) = *index else {
        if rest.is_empty() {
            message.set_field(field, value);
        } else if let Some(inner) = message.get_field_mut(field).as_message_mut() {
            put(inner, rest, value);
        }
        return;
    };
    let Some(list) = message.get_field_mut(field).as_list_mut() else { return };
    while list.len() <= index {
        list.push(Value::default_value(&field.kind()));
    }
    if rest.is_empty() {
        list[index] = value;
    } else if let Some(inner) = list[index].as_message_mut() {
        put(inner, rest, value);
    }
}

/// A step of the way to a field: a field, and which element of its list.
type Way = (FieldDescriptor, Option<usize>);

/// Takes these fields away, and then the elements of lists that hold nothing any more.
pub(super) fn clear(message: &mut DynamicMessage, fields: &[Vec<Way>]) {
    let mut elements: BTreeMap<(String, usize), &[Way]> = BTreeMap::new();
    for steps in fields {
        clear_one(message, steps);
        let indexed = steps.iter().position(|(_, index)| index.is_some());
        if let Some(at) = indexed
            && let (field, Some(index)) = &steps[at]
        {
            elements.insert((field.full_name().to_owned(), *index), &steps[..=at]);
        }
    }
    // The last first: an element that goes moves those behind it.
    for steps in elements.into_values().rev() {
        drop_empty(message, steps);
    }
}

fn clear_one(message: &mut DynamicMessage, steps: &[Way]) {
    let [(field, index), rest @ ..] = steps else { return };
    if !message.has_field(field) {
        return;
    }
    if rest.is_empty() && index.is_none() {
        message.clear_field(field);
        return;
    }
    let value = message.get_field_mut(field);
    let place = match index {
        None => Some(value),
        Some(index) => value.as_list_mut().and_then(|list| list.get_mut(*index)),
    };
    let Some(place) = place else { return };
    if rest.is_empty() {
        *place = Value::default_value(&field.kind());
    } else if let Some(inner) = place.as_message_mut() {
        clear_one(inner, rest);
    }
}

fn drop_empty(message: &mut DynamicMessage, steps: &[Way]) {
    let [(field, index), rest @ ..] = steps else { return };
    if !message.has_field(field) {
        return;
    }
    let value = message.get_field_mut(field);
    let Some(index) = *index else {
        if let Some(inner) = value.as_message_mut() {
            drop_empty(inner, rest);
        }
        return;
    };
    let Some(list) = value.as_list_mut() else { return };
    let is_empty = list.get(index).is_some_and(|element| match element {
        Value::Message(inner) => inner.fields().next().is_none(),
        Value::String(text) => text.is_empty(),
        _ => false,
    });
    if is_empty {
        list.remove(index);
    }
}

/// States a share in the unit of its figure; a figure without one becomes a ratio.
pub(super) fn put_share(
    message: &mut DynamicMessage,
    steps: &[(FieldDescriptor, Option<usize>)],
    share: Decimal,
) -> Result<(), (String, String)> {
    let Some(((value, _), parents)) = steps.split_last() else { return Ok(()) };
    let Some(unit) = value.parent_message().get_field_by_name("unit") else { return Ok(()) };
    let mut to_unit = parents.to_vec();
    to_unit.push((unit, None));
    let stated = text_at(message, &to_unit);
    let share = match stated.as_str() {
        "" => {
            put(message, &to_unit, Value::String("ratio".to_owned()));
            share
        }
        "ratio" => share,
        "%" => share * Decimal::ONE_HUNDRED,
        other => {
            return Err((
                format!("百分数的计量单位应为 % 或 ratio，而不是“{other}”"),
                format!("the unit of a percentage is % or ratio, not {other}"),
            ));
        }
    };
    put(message, steps, Value::String(share.normalize().to_string()));
    Ok(())
}

pub(super) fn text_at(
    message: &DynamicMessage,
    steps: &[(FieldDescriptor, Option<usize>)],
) -> String {
    let [(field, index), rest @ ..] = steps else { return String::new() };
    let value = message.get_field(field);
    let value = match index {
        Some(index) => value.as_list().and_then(|list| list.get(*index)).cloned(),
        None => Some(value.into_owned()),
    };
    match value {
        Some(Value::String(text)) if rest.is_empty() => text,
        Some(Value::Message(inner)) => text_at(&inner, rest),
        _ => String::new(),
    }
}

/// Says how precisely the time is known where the row leaves it to the dates: 2022年5月 is a month,
/// one day a day, two days a period. What the row says itself stays.
pub(super) fn complete_time(event: &mut pb::DutyEvent, span: Option<(DatePrecision, Date, Date)>) {
    if span.is_none() && event.occurred.is_none() {
        return;
    }
    let occurred = event.occurred.get_or_insert_default();
    if let Some((precision, first, last)) = span {
        occurred.start_date = first.to_string();
        if occurred.end_date.is_empty() {
            occurred.end_date = last.to_string();
        }
        if occurred.precision == 0 {
            occurred.precision = precision.into();
        }
    } else if occurred.precision == 0 && !occurred.start_date.is_empty() {
        let is_day = occurred.end_date.is_empty() || occurred.end_date == occurred.start_date;
        let precision = if is_day { DatePrecision::Day } else { DatePrecision::Period };
        occurred.precision = precision.into();
    }
}
