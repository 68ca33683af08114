//! The filter language of list calls (AIP-160): parsed once, then matched against many rows.
//!
//! `due_date < 2023-01-01 AND status:(overdue OR partial) -organization:督查*`
//!
//! - `AND`, `OR`, `NOT` (or `-`) in capitals; conditions side by side are joined by AND, and OR
//!   binds tighter than AND, so `a AND b OR c` is `a AND (b OR c)`, as AIP-160 has it.
//! - Text takes `=`, `!=`, the four orders (by code point) and `:`, which means "contains"; numbers
//!   and dates take all but contain nothing, so there `:` is `=`; booleans and enums have no order.
//! - `*` at either end of a text leaves that end open; `field:*` asks whether there is a value.
//!   `=` minds case, `:` does not. `field:(a OR b)` stands for `field:a OR field:b`.
//! - A word or quoted string alone is looked for in every text and enum field.
//! - Strings stand in `"…"` or `'…'`; a backslash takes the meaning from a quote, `*` or itself.
//! - A comparison with an absent value is false, `!=` alone is true.
//!
//! Not here: what fields there are, and how a row gives their values. A filter that parses cannot
//! fail afterwards: types, names and enum values are settled by [`Filter::parse`], and a field
//! whose value comes with another type than it was declared with counts as absent.
//!
//! Reading order: this file is the parsed form and what it means, `lex` and `parse` make it from
//! text, `suggest` finds what a misspelt name may have meant, [`order`] is `order_by` (AIP-132).

mod lex;
pub mod order;
mod parse;
mod suggest;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;

/// Longest filter, and longest `order_by`, in characters. A term takes two, so at most a thousand
/// conditions are evaluated for a row; the longest one a person wrote here had 180 characters.
pub const CHARS_MAX: usize = 2_000;

/// Parentheses inside each other. The parser recurses four small frames for each, the printer and
/// the matcher one or two: some ten KiB of stack in all.
pub const DEPTH_MAX: usize = 32;

/// A field that a filter or an order may name.
///
/// Its name is one bare word: letters, digits, `_` and `.`; no operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name, as callers write it.
    pub name: &'static str,
    /// What values it has.
    pub kind: FieldKind,
}

/// What values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, given as [`Value::Text`].
    Text,
    /// A decimal, given as [`Value::Number`].
    Number,
    /// A civil date, given as [`Value::Date`].
    Date,
    /// Yes or no, given as [`Value::Bool`].
    Bool,
    /// One of these words, case-sensitive, given as [`Value::Text`].
    Enum(&'static [&'static str]),
}

/// The value of a field in the row at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Of a text or an enum field.
    Text(Cow<'a, str>),
    /// Of a number field.
    Number(Decimal),
    /// Of a date field.
    Date(Date),
    /// Of a boolean field.
    Bool(bool),
    /// The row has none.
    Absent,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// Why a filter or an order was refused, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Characters before the fault; the column is one more.
    pub offset: usize,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl FilterError {
    fn new(offset: usize, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { offset, zh: zh.into(), en: en.into() }
    }

    /// The column of the fault, counted from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.offset + 1
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {} / {}", self.column(), self.zh, self.en)
    }
}

impl std::error::Error for FilterError {}

/// A filter whose names and types are settled.
///
/// Its `Display` is the canonical text: every value quoted, no needless parentheses. It parses to
/// the same filter, so it can stand for it in a page token, though quotes may make it longer than
/// [`CHARS_MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    condition: Option<Condition>,
    /// The fields in which a word alone is looked for.
    searched: Vec<&'static str>,
}

impl Filter {
    /// Parses `text`; names, types and enum values are checked against `fields`. Text without any
    /// condition gives the filter that matches every row.
    ///
    /// # Errors
    /// The first fault, where it is and how to mend it.
    pub fn parse(text: &str, fields: &[FieldSpec]) -> Result<Self, FilterError> {
        Ok(Self {
            condition: parse::parse(&lex::lex(text)?, fields)?,
            searched: parse::searched(fields).collect(),
        })
    }

    /// Whether the row whose values `value_of` gives by field name satisfies the filter. Only
    /// fields that were declared to [`Filter::parse`] are asked for.
    #[must_use]
    pub fn matches<'a>(&self, value_of: &dyn Fn(&str) -> Value<'a>) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(&self.searched, value_of))
    }

    /// Whether the filter matches every row because it has no condition.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.condition.is_none()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.condition {
            Some(condition) => condition.fmt(f),
            None => Ok(()),
        }
    }
}

/// A node of the filter. `All` and `Any` have two members at least, so each text has one form.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Comparison),
    Search(Pattern),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparison {
    field: &'static str,
    comparator: Comparator,
    operand: Operand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Has,
}

/// The right-hand side, of the field's type.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    /// Any value at all: only with [`Comparator::Has`].
    Present,
    /// With `=` and `!=` as written, with `:` folded.
    Pattern(Pattern),
    /// With an order.
    Text(String),
    Number(Decimal),
    Date(Date),
    Bool(bool),
    Word(&'static str),
}

/// A text whose ends may be open. An empty text is open at both ends or at neither.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    open_start: bool,
    text: String,
    open_end: bool,
}

impl Condition {
    fn holds<'a>(&self, searched: &[&'static str], value_of: &dyn Fn(&str) -> Value<'a>) -> bool {
        match self {
            Self::All(members) => members.iter().all(|member| member.holds(searched, value_of)),
            Self::Any(members) => members.iter().any(|member| member.holds(searched, value_of)),
            Self::Not(inner) => !inner.holds(searched, value_of),
            Self::Compare(comparison) => comparison.holds(&value_of(comparison.field)),
            Self::Search(pattern) => searched.iter().any(|field| match value_of(field) {
                Value::Text(text) => pattern.matches(&fold(&text)),
                Value::Number(_) | Value::Date(_) | Value::Bool(_) | Value::Absent => false,
            }),
        }
    }
}

impl Comparison {
    fn holds(&self, value: &Value<'_>) -> bool {
        let comparator = self.comparator;
        match (&self.operand, value) {
            (Operand::Present, value) => *value != Value::Absent,
            (Operand::Pattern(pattern), Value::Text(text)) => match comparator {
                Comparator::NotEqual => !pattern.matches(text),
                Comparator::Has => pattern.matches(&fold(text)),
                _ => pattern.matches(text),
            },
            (Operand::Text(operand), Value::Text(text)) => {
                comparator.accepts(text.as_ref().cmp(operand.as_str()))
            }
            (Operand::Word(word), Value::Text(text)) => comparator.accepts(text.as_ref().cmp(word)),
            (Operand::Number(operand), Value::Number(number)) => {
                comparator.accepts(number.cmp(operand))
            }
            (Operand::Date(operand), Value::Date(date)) => comparator.accepts(date.cmp(operand)),
            (Operand::Bool(operand), Value::Bool(value)) => comparator.accepts(value.cmp(operand)),
            // Absent, or of another type than declared: equal to nothing, in no order to anything.
            _ => comparator == Comparator::NotEqual,
        }
    }
}

impl Comparator {
    const fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal | Self::Has => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Has => ":",
        }
    }
}

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        match (self.open_start, self.open_end) {
            (false, false) => text == self.text,
            (false, true) => text.starts_with(&self.text),
            (true, false) => text.ends_with(&self.text),
            (true, true) => text.contains(&self.text),
        }
    }

    const fn is_closed(&self) -> bool {
        !self.open_start && !self.open_end
    }

    const fn is_anything(&self) -> bool {
        self.open_start && self.open_end && self.text.is_empty()
    }

    /// `text` with this pattern's stars.
    fn starred(&self, text: &str) -> String {
        let star = |open: bool| if open { "*" } else { "" };
        // Both stars of a text that may be anything would say no more than one.
        let end = star(self.open_end && !self.is_anything());
        format!("{}{text}{end}", star(self.open_start))
    }

    /// The pattern of `:` — any case, and "contains" unless it says itself which end is open.
    fn contained(self) -> Self {
        let widen = self.is_closed();
        Self {
            open_start: self.open_start || widen,
            text: fold(&self.text),
            open_end: self.open_end || widen,
        }
    }
}

/// Lower case, character by character: the same whatever stands around, unlike `str::to_lowercase`,
/// so that a part of a text folds to a part of the folded text.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl fmt::Display for Condition {
    /// Parentheses stand only where they stood in some source: the text of a filter that was just
    /// within [`DEPTH_MAX`] is so too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(members) => {
                joined(f, members, " AND ", |member| matches!(member, Self::All(_)))
            }
            Self::Any(members) => {
                joined(f, members, " OR ", |member| matches!(member, Self::All(_) | Self::Any(_)))
            }
            Self::Not(inner) => match **inner {
                Self::Compare(_) | Self::Search(_) => write!(f, "NOT {inner}"),
                Self::All(_) | Self::Any(_) | Self::Not(_) => write!(f, "NOT ({inner})"),
            },
            Self::Compare(comparison) => comparison.fmt(f),
            Self::Search(pattern) => pattern.fmt(f),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    members: &[Condition],
    operator: &str,
    in_parentheses: impl Fn(&Condition) -> bool,
) -> fmt::Result {
    for (index, member) in members.iter().enumerate() {
        if index != 0 {
            f.write_str(operator)?;
        }
        if in_parentheses(member) {
            write!(f, "({member})")?;
        } else {
            write!(f, "{member}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, comparator, operand } = self;
        match comparator {
            Comparator::Has => write!(f, "{field}:{operand}"),
            _ => write!(f, "{field} {} {operand}", comparator.symbol()),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => f.write_str("*"),
            Self::Pattern(pattern) => pattern.fmt(f),
            Self::Text(text) => write!(f, "\"{}\"", escaped(text)),
            Self::Number(number) => number.normalize().fmt(f),
            Self::Date(date) => date.fmt(f),
            Self::Bool(value) => value.fmt(f),
            Self::Word(word) => write!(f, "\"{}\"", escaped(word)),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.starred(&escaped(&self.text)))
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '*' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
