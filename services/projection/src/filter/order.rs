//! The order of list calls (AIP-132): `weight desc, organization_id`.

use std::fmt;

use super::lex::too_long;
use super::suggest::{advice, shown};
use super::{CHARS_MAX, FieldSpec, FilterError};

/// Which way a field orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first; the default.
    Ascending,
    /// Largest first.
    Descending,
}

/// What rows are ordered by, the most significant field first; empty leaves the order to the call.
///
/// Its `Display` is the canonical text, which parses to the same order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderBy {
    /// Fields, each once, with their directions.
    pub terms: Vec<(&'static str, Direction)>,
}

impl OrderBy {
    /// Parses `text`; names are checked against `fields`.
    ///
    /// # Errors
    /// The first fault, where it is and how to mend it.
    pub fn parse(text: &str, fields: &[FieldSpec]) -> Result<Self, FilterError> {
        if text.chars().nth(CHARS_MAX).is_some() {
            return Err(too_long());
        }
        let mut order = Self::default();
        if text.trim().is_empty() {
            return Ok(order);
        }
        let mut offset = 0;
        for item in text.split(',') {
            let (name, direction) = term(item, offset, fields)?;
            if order.terms.iter().any(|(known, _)| *known == name) {
                return Err(FilterError::new(
                    offset + indent(item),
                    format!("字段 {name} 重复"),
                    format!("field {name} stands here twice"),
                ));
            }
            order.terms.push((name, direction));
            offset += item.chars().count() + 1;
        }
        Ok(order)
    }
}

impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, direction)) in self.terms.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let suffix = match direction {
                Direction::Ascending => "",
                Direction::Descending => " desc",
            };
            write!(f, "{separator}{name}{suffix}")?;
        }
        Ok(())
    }
}

/// One field between commas, which begins `offset` characters into the text.
fn term(
    item: &str,
    offset: usize,
    fields: &[FieldSpec],
) -> Result<(&'static str, Direction), FilterError> {
    let at = offset + indent(item);
    let trimmed = item.trim();
    let (name, suffix) = match trimmed.split_once(char::is_whitespace) {
        Some((name, suffix)) => (name, suffix),
        None => (trimmed, ""),
    };
    let suffix_at = at + name.chars().count() + 1 + indent(suffix);
    if name.is_empty() {
        return Err(FilterError::new(at, "此处缺少字段名", "a field name is missing here"));
    }
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let (advice_zh, advice_en) = advice(name, &names);
        return Err(FilterError::new(
            at,
            format!("没有字段“{}”{advice_zh}", shown(name)),
            format!("there is no field `{}`{advice_en}", shown(name)),
        ));
    };
    let direction = match suffix.trim() {
        "" | "asc" => Direction::Ascending,
        "desc" => Direction::Descending,
        other => {
            return Err(FilterError::new(
                suffix_at,
                format!("字段之后只能是 asc 或 desc，不能是“{}”", shown(other)),
                format!("only asc or desc stands after a field, not `{}`", shown(other)),
            ));
        }
    };
    Ok((field.name, direction))
}

/// Characters of white space that `text` begins with; all of them when it has nothing else.
fn indent(text: &str) -> usize {
    text.chars().take_while(|c| c.is_whitespace()).count()
}
