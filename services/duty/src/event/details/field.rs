//! The fields of a details struct as data, and everything that treats all fields alike.
//!
//! Holds no rule of any one type. A field is *asked for* when DOMAIN §3.2 marks it ✓; its absence
//! is then a flag. A *key date* is a date of the event itself, which must lie inside the interval
//! in which the event is said to have happened.

use std::fmt;

use jiff::civil::Date;

use super::DetailFacts;
use crate::docno::DocumentNumber;
use crate::occurred::{Occurred, Precision};
use crate::problem::{Problems, Reason};
use crate::quantity::Answer;

/// Longest text of the details, in characters: a paragraph; a document belongs in the evidence.
pub const DETAIL_TEXT_CHARS_MAX: usize = 500;
/// Most elements of a list: 64 texts of 500 three-byte characters are below 100 kB.
pub const DETAIL_LIST_MAX: usize = 64;

/// A number of minutes or of an opinion (编号): a 文号 where it has that form, or any other
/// numbering as written. Other numberings are never refused (DOMAIN §7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileNumber {
    /// 文号 in normal form.
    Document(DocumentNumber),
    /// Another numbering.
    Other(Box<str>),
}

impl FileNumber {
    /// Reads a number of either form; `None` for an empty text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let number = DocumentNumber::parse(text).ok().map(Self::Document);
        Some(number.unwrap_or_else(|| Self::Other(text.into())))
    }

    /// The text of the number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Document(number) => number.as_str(),
            Self::Other(text) => text,
        }
    }

    /// The 文号, when it is one.
    #[must_use]
    pub const fn document(&self) -> Option<&DocumentNumber> {
        match self {
            Self::Document(number) => Some(number),
            Self::Other(_) => None,
        }
    }
}

/// What one type of details knows about itself.
pub(super) trait Record {
    /// Every field, in the order of the proto message.
    fn fields(&self) -> Vec<Field<'_>>;

    /// Refuses contradictions beyond limits and key dates.
    fn contradictions(&self, _occurred: &Occurred, _problems: &mut Problems) {}

    /// Flags broken rules of substance.
    fn irregularities(&self, _occurred: &Occurred, _problems: &mut Problems) {}

    /// 文号 of the event's own document.
    fn document_number(&self) -> Option<&DocumentNumber> {
        None
    }

    /// What the evaluation keeps.
    fn facts(&self) -> DetailFacts {
        DetailFacts::default()
    }
}

/// One field: its name in the proto message, its value, and what is asked of it.
pub(super) struct Field<'a> {
    name: &'static str,
    value: Value<'a>,
    role: Role,
    asked: Option<Asked>,
}

enum Value<'a> {
    Text(&'a str),
    Url(&'a str),
    Date(Option<Date>),
    /// A choice, an answer, a digest or a whole number: given or not.
    Given(bool),
    Texts(&'a [Box<str>]),
    /// A list of choices or of items without texts, by its length.
    List(usize),
    Group(Option<Vec<Field<'a>>>),
    Items(Vec<Vec<Field<'a>>>),
    /// The event's own time, which must be a day.
    EventDay,
    /// The event's own time, which must be a day or a stated period.
    EventDays,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Nothing in particular.
    Plain,
    /// A date inside the event's interval.
    Key,
    /// A date that is the event's own: an event known to the day says it already.
    Own,
}

struct Asked {
    zh: &'static str,
    en: &'static str,
}

impl Field<'_> {
    /// Asks for the field; the words name it and say why, as they stand in the flag.
    pub(super) const fn ask(mut self, zh: &'static str, en: &'static str) -> Self {
        self.asked = Some(Asked { zh, en });
        self
    }

    /// Asks for the field where `condition` holds.
    pub(super) const fn ask_if(self, condition: bool, zh: &'static str, en: &'static str) -> Self {
        if condition { self.ask(zh, en) } else { self }
    }

    /// The date must lie inside the event's interval.
    pub(super) const fn key(mut self) -> Self {
        self.role = Role::Key;
        self
    }

    /// The date must lie inside the event's interval where `condition` holds.
    pub(super) const fn key_if(self, condition: bool) -> Self {
        if condition { self.key() } else { self }
    }

    /// The date is that of the event itself.
    pub(super) const fn own(mut self) -> Self {
        self.role = Role::Own;
        self
    }

    fn is_absent(&self, occurred: &Occurred) -> bool {
        let day_known = occurred.as_day().is_some();
        match &self.value {
            Value::Text(text) | Value::Url(text) => text.is_empty(),
            Value::Date(None) => self.role != Role::Own || !day_known,
            Value::Date(Some(_)) => false,
            Value::Given(is_given) => !is_given,
            Value::Texts(texts) => texts.is_empty(),
            Value::List(length) => *length == 0,
            Value::Group(group) => group.is_none(),
            Value::Items(items) => items.is_empty(),
            Value::EventDay => !day_known,
            Value::EventDays => !day_known && occurred.precision() != Precision::Period,
        }
    }
}

const fn field<'a>(name: &'static str, value: Value<'a>) -> Field<'a> {
    Field { name, value, role: Role::Plain, asked: None }
}

pub(super) const fn text<'a>(name: &'static str, text: &'a str) -> Field<'a> {
    field(name, Value::Text(text))
}

pub(super) const fn url<'a>(name: &'static str, url: &'a str) -> Field<'a> {
    field(name, Value::Url(url))
}

pub(super) fn document_number<'a>(
    name: &'static str,
    number: Option<&'a DocumentNumber>,
) -> Field<'a> {
    field(name, Value::Text(number.map_or("", DocumentNumber::as_str)))
}

pub(super) fn file_number<'a>(name: &'static str, number: Option<&'a FileNumber>) -> Field<'a> {
    field(name, Value::Text(number.map_or("", FileNumber::as_str)))
}

pub(super) const fn date(name: &'static str, date: Option<Date>) -> Field<'static> {
    field(name, Value::Date(date))
}

pub(super) const fn given<T: Copy>(name: &'static str, value: Option<T>) -> Field<'static> {
    field(name, Value::Given(value.is_some()))
}

pub(super) fn answer(name: &'static str, answer: Answer) -> Field<'static> {
    field(name, Value::Given(answer != Answer::Unknown))
}

pub(super) const fn is_given(name: &'static str, is_given: bool) -> Field<'static> {
    field(name, Value::Given(is_given))
}

pub(super) const fn texts<'a>(name: &'static str, texts: &'a [Box<str>]) -> Field<'a> {
    field(name, Value::Texts(texts))
}

pub(super) const fn list<T>(name: &'static str, list: &[T]) -> Field<'static> {
    field(name, Value::List(list.len()))
}

pub(super) const fn group<'a>(name: &'static str, group: Option<Vec<Field<'a>>>) -> Field<'a> {
    field(name, Value::Group(group))
}

pub(super) fn items<'a, T>(
    name: &'static str,
    items: &'a [T],
    fields: impl Fn(&'a T) -> Vec<Field<'a>>,
) -> Field<'a> {
    field(name, Value::Items(items.iter().map(fields).collect()))
}

/// The event's own time, asked for to the day; always followed by `ask`.
pub(super) const fn event_day() -> Field<'static> {
    field("", Value::EventDay)
}

/// The event's own time, asked for as a day or a stated period; always followed by `ask`.
pub(super) const fn event_days() -> Field<'static> {
    field("", Value::EventDays)
}

/// Refuses texts and lists over their limit and links that are not links.
pub(super) fn check_limits(fields: &[Field<'_>], problems: &mut Problems) {
    for field in fields {
        match &field.value {
            Value::Text(text) => check_length(field.name, text, problems),
            Value::Url(url) => {
                check_length(field.name, url, problems);
                check_url(field.name, url, problems);
            }
            Value::Texts(texts) => {
                check_count(field.name, texts.len(), problems);
                for (index, text) in texts.iter().enumerate() {
                    check_length(&format!("{}[{index}]", field.name), text, problems);
                }
            }
            Value::List(length) => check_count(field.name, *length, problems),
            Value::Group(Some(group)) => {
                problems.at(field.name, |problems| check_limits(group, problems));
            }
            Value::Items(items) => {
                check_count(field.name, items.len(), problems);
                for (index, item) in items.iter().enumerate() {
                    problems.at_item(field.name, index, |problems| {
                        check_limits(item, problems);
                    });
                }
            }
            Value::Group(None)
            | Value::Date(_)
            | Value::Given(_)
            | Value::EventDay
            | Value::EventDays => {}
        }
    }
}

fn check_length(name: &str, text: &str, problems: &mut Problems) {
    let length = text.chars().count();
    if DETAIL_TEXT_CHARS_MAX < length {
        problems.add(
            Reason::FieldTooLong,
            name,
            format!("长度 {length} 超过上限 {DETAIL_TEXT_CHARS_MAX} 个字"),
            format!("{length} characters exceed the limit of {DETAIL_TEXT_CHARS_MAX}"),
        );
    }
}

fn check_count(name: &str, count: usize, problems: &mut Problems) {
    if DETAIL_LIST_MAX < count {
        problems.add(
            Reason::FieldTooLong,
            name,
            format!("{count} 项超过上限 {DETAIL_LIST_MAX} 项"),
            format!("{count} items exceed the limit of {DETAIL_LIST_MAX}"),
        );
    }
}

/// Only the shape: whether anything answers there is no question for a pure domain.
fn check_url(name: &str, url: &str, problems: &mut Problems) {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    let unfit = |c: char| c.is_whitespace() || c.is_control();
    if !url.is_empty() && (host.is_empty() || url.contains(unfit)) {
        problems.add(
            Reason::UrlInvalid,
            name,
            "网址应为以 http:// 或 https:// 开头的完整地址",
            "the link must be an absolute http or https address",
        );
    }
}

/// Refuses key dates outside the event's interval, where that is known.
pub(super) fn check_key_dates(fields: &[Field<'_>], occurred: &Occurred, problems: &mut Problems) {
    let Some((start, end)) = occurred.start().zip(occurred.end()) else { return };
    for field in fields {
        match field.value {
            Value::Date(Some(date))
                if field.role != Role::Plain && (date < start || end < date) =>
            {
                problems.add(
                    Reason::DateOutsideOccurred,
                    field.name,
                    format!("日期 {date} 不在事件发生时间 {start} 至 {end} 之内"),
                    format!("{date} lies outside the event's own interval {start} to {end}"),
                );
            }
            _ => {}
        }
    }
}

/// Flags what is asked for and absent.
pub(super) fn flag_gaps(fields: &[Field<'_>], occurred: &Occurred, problems: &mut Problems) {
    for field in fields {
        if let Some(Asked { zh, en }) = &field.asked
            && field.is_absent(occurred)
        {
            // Most flags are of this kind, and every append tells them: no formatting machinery.
            let (zh, en) = (["未填写", zh].concat(), [en, " is not given"].concat());
            problems.add(Reason::DetailMissing, field.name, zh, en);
        }
        match &field.value {
            Value::Group(Some(group)) => {
                problems.at(field.name, |problems| flag_gaps(group, occurred, problems));
            }
            Value::Items(items) => {
                for (index, item) in items.iter().enumerate() {
                    problems.at_item(field.name, index, |problems| {
                        flag_gaps(item, occurred, problems);
                    });
                }
            }
            _ => {}
        }
    }
}

/// Where a text stands. Written out only when something is wrong with the text.
#[derive(Clone, Copy)]
pub struct TextPath<'a> {
    parent: Option<&'a TextPath<'a>>,
    name: &'a str,
    index: Option<usize>,
}

impl<'a> TextPath<'a> {
    /// A field of the event itself.
    #[must_use]
    pub const fn field(name: &'a str) -> Self {
        Self { parent: None, name, index: None }
    }

    /// A field below this one.
    #[must_use]
    pub const fn below(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), name, index: None }
    }

    /// An item of the list this path leads to.
    #[must_use]
    pub const fn item(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Whether it is this field of the event itself.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.parent.is_none() && self.index.is_none() && self.name == name
    }
}

impl fmt::Display for TextPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.name)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// What is called for every text, with its place.
pub type Visitor<'v> = dyn FnMut(&TextPath<'_>, &str) + 'v;

/// Visits every text, with its path below `parent`.
pub(super) fn for_each_text(
    fields: &[Field<'_>],
    parent: Option<&TextPath<'_>>,
    visit: &mut Visitor<'_>,
) {
    for field in fields {
        let path = TextPath { parent, ..TextPath::field(field.name) };
        match &field.value {
            Value::Text(text) | Value::Url(text) if !text.is_empty() => visit(&path, text),
            Value::Texts(texts) => {
                for (index, text) in texts.iter().enumerate() {
                    visit(&path.item(index), text);
                }
            }
            Value::Group(Some(group)) => for_each_text(group, Some(&path), visit),
            Value::Items(items) => {
                for (index, item) in items.iter().enumerate() {
                    for_each_text(item, Some(&path.item(index)), visit);
                }
            }
            _ => {}
        }
    }
}

/// A date with the words for it, to be put in order with another.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) field: &'static str,
    pub(super) zh: &'static str,
    pub(super) date: Option<Date>,
}

pub(super) const fn named(field: &'static str, zh: &'static str, date: Option<Date>) -> Named {
    Named { field, zh, date }
}

/// Refuses `later` when it lies before `earlier`.
pub(super) fn check_order(earlier: Named, later: Named, problems: &mut Problems) {
    refuse_disorder(Reason::DateOrder, earlier, later, problems);
}

/// Refuses an interval that ends before it begins.
pub(super) fn check_interval(start: Named, end: Named, problems: &mut Problems) {
    refuse_disorder(Reason::DateReversed, start, end, problems);
}

fn refuse_disorder(reason: Reason, earlier: Named, later: Named, problems: &mut Problems) {
    if let (Some(first), Some(last)) = (earlier.date, later.date)
        && last < first
    {
        problems.add(
            reason,
            later.field,
            format!("{} {last} 早于{} {first}", later.zh, earlier.zh),
            format!("{} {last} is before {} {first}", later.field, earlier.field),
        );
    }
}

/// Flags `earlier` when it lies after `later`: a step out of turn, which may have happened so. The
/// rule is cited in both languages.
pub(super) fn flag_order(
    earlier: Named,
    later: Named,
    (rule_zh, rule_en): (&str, &str),
    problems: &mut Problems,
) {
    if let (Some(first), Some(last)) = (earlier.date, later.date)
        && last < first
    {
        irregular(
            earlier.field,
            format!("{} {first} 晚于{} {last}（{rule_zh}）", earlier.zh, later.zh),
            format!("{} {first} is after {} {last} ({rule_en})", earlier.field, later.field),
            problems,
        );
    }
}

/// Flags a broken rule of substance.
pub(super) fn irregular(
    field: &str,
    zh: impl Into<String>,
    en: impl Into<String>,
    problems: &mut Problems,
) {
    problems.add(Reason::SubstanceIrregular, field, zh, en);
}
