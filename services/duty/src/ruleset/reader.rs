//! Reads TOML so that every fault has a place: line, column and path.
//!
//! Knows nothing of rule sets; calendars are read with it too. A reader never stops at the first
//! fault: each accessor reports what is wrong and answers `None`, and the caller goes on.
//! Invariant: whoever gets `None` from here finds at least one fault in the [`Report`], unless the
//! accessor says that absence is allowed.

use jiff::civil::Date;
use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::RuleSetError;
use super::literal::offset_in;
use super::nearest::did_you_mean;
use crate::problem::{Problem, Reason};

/// The reasons faults of one kind of file are reported with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reasons {
    pub(crate) syntax: Reason,
    pub(crate) unknown_key: Reason,
    pub(crate) missing_key: Reason,
    pub(crate) invalid: Reason,
}

/// Where something stands: byte offset and path.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) offset: usize,
    pub(crate) path: String,
}

/// Faults and advice found so far.
#[derive(Debug)]
pub(crate) struct Report<'t> {
    text: &'t str,
    /// Byte offset of every line.
    line_starts: Vec<usize>,
    reasons: Reasons,
    errors: Vec<RuleSetError>,
    /// Faults beyond [`FAULTS_MAX`], only counted.
    more: usize,
    advice: Vec<RuleSetError>,
}

/// Most faults told one by one: nobody reads more, and a hostile text has one for every two bytes.
const FAULTS_MAX: usize = 500;

/// A table with its place, over the tables of other texts that it changes.
#[derive(Debug, Clone)]
pub(crate) struct Table<'a, 't> {
    entries: &'a DeTable<'t>,
    /// What is not given here is looked up there, nearest first.
    below: Vec<Layer<'a, 't>>,
    /// Keys that are not looked up below.
    without: Vec<&'a str>,
    /// Stands in another text: everything inside has the place of whatever refers to it.
    is_foreign: bool,
    pub(crate) place: Place,
}

/// A table of another text.
#[derive(Debug, Clone)]
pub(crate) struct Layer<'a, 't> {
    pub(crate) entries: &'a DeTable<'t>,
    /// Keys that are not looked up further below.
    pub(crate) without: Vec<&'a str>,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a, 't> {
    value: &'a DeValue<'t>,
    is_foreign: bool,
    pub(crate) place: Place,
}

impl<'t> Report<'t> {
    pub(crate) fn new(text: &'t str, reasons: Reasons) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        Self { text, line_starts, reasons, errors: Vec::new(), more: 0, advice: Vec::new() }
    }

    /// Parses the text, or reports every place where it is no TOML.
    pub(crate) fn document(&mut self) -> Option<Spanned<DeTable<'t>>> {
        let (document, faults) = DeTable::parse_recoverable(self.text);
        for fault in &faults {
            let offset = fault.span().map_or(0, |span| span.start);
            let place = Place { offset, path: String::new() };
            let message = fault.message();
            self.error(
                &place,
                self.reasons.syntax,
                format!("不是合法的 TOML：{message}"),
                format!("not valid TOML: {message}"),
            );
        }
        faults.is_empty().then_some(document)
    }

    /// Reports a fault.
    pub(crate) fn error(&mut self, place: &Place, reason: Reason, zh: String, en: String) {
        if FAULTS_MAX <= self.errors.len() {
            self.more += 1;
            return;
        }
        let error = self.located(place, reason, &zh, &en);
        self.errors.push(error);
    }

    /// Reports a value that is not allowed there.
    pub(crate) fn invalid(&mut self, place: &Place, zh: impl Into<String>, en: impl Into<String>) {
        self.error(place, self.reasons.invalid, zh.into(), en.into());
    }

    /// Where a byte of a text stands in the file. A text of another file has the place of whatever
    /// refers to it.
    pub(crate) fn inside(&self, node: &Node<'_, '_>, offset: usize) -> Place {
        let Place { offset: start, path } = node.place.clone();
        let own = node.peek_text().filter(|_| !node.is_foreign);
        let raw = self.text.get(start..);
        let found = own.zip(raw).and_then(|(value, raw)| offset_in(raw, value, offset));
        Place { offset: start + found.unwrap_or(0), path }
    }

    /// Notes something worth a look.
    pub(crate) fn advise(&mut self, place: &Place, zh: impl Into<String>, en: impl Into<String>) {
        let advice = self.located(place, Reason::RuleSetAdvice, &zh.into(), &en.into());
        self.advice.push(advice);
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// Line of a place, counted from 1.
    pub(crate) fn line(&self, place: &Place) -> u32 {
        self.position(place.offset).0
    }

    /// Faults and advice, each by line and column.
    pub(crate) fn into_parts(mut self) -> (Vec<RuleSetError>, Vec<RuleSetError>) {
        let order = |error: &RuleSetError| (error.line, error.column);
        self.errors.sort_by_key(order);
        self.advice.sort_by_key(order);
        if 0 < self.more {
            let end = Place { offset: self.text.len(), path: String::new() };
            let (zh, en) = (
                format!("另有 {} 处错误未逐一列出", self.more),
                format!("{} more faults are not listed one by one", self.more),
            );
            let last = self.located(&end, self.reasons.invalid, &zh, &en);
            self.errors.push(last);
        }
        (self.errors, self.advice)
    }

    fn located(&self, place: &Place, reason: Reason, zh: &str, en: &str) -> RuleSetError {
        let (line, column) = self.position(place.offset);
        let mut field = format!("line {line}");
        if !place.path.is_empty() {
            field.push_str(", ");
            field.push_str(&place.path);
        }
        let zh = format!("第 {line} 行第 {column} 列：{zh}");
        let en = format!("line {line}, column {column}: {en}");
        RuleSetError { line, column, problem: Problem::new(reason, field, zh, en) }
    }

    /// Line and column, in characters, both counted from 1.
    fn position(&self, offset: usize) -> (u32, u32) {
        // The first line starts at 0, so there is always one at or before the offset.
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).unwrap_or("").chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

impl<'a, 't> Table<'a, 't> {
    /// The document itself.
    pub(crate) fn root(document: &'a Spanned<DeTable<'t>>) -> Self {
        Self::of(document.get_ref(), Place { offset: 0, path: String::new() })
    }

    fn of(entries: &'a DeTable<'t>, place: Place) -> Self {
        Self { entries, below: Vec::new(), without: Vec::new(), is_foreign: false, place }
    }

    /// The table over those of other texts; faults of what they give are told at this table.
    pub(crate) fn over(self, below: Vec<Layer<'a, 't>>, without: Vec<&'a str>) -> Self {
        Self { below, without, ..self }
    }

    /// What a key gives: its value, where it stands, and whether in another text.
    fn find(&self, name: &str) -> Option<(&'a DeValue<'t>, usize, bool)> {
        if let Some(value) = self.entries.get(name) {
            return Some((value.get_ref(), value.span().start, self.is_foreign));
        }
        let mut hidden = self.without.contains(&name);
        for layer in &self.below {
            if hidden {
                return None;
            }
            if let Some(value) = layer.entries.get(name) {
                return Some((value.get_ref(), self.place.offset, true));
            }
            hidden = layer.without.contains(&name);
        }
        None
    }

    /// Reports every key that is not among `known`.
    pub(crate) fn allow_only(&self, report: &mut Report<'_>, known: &[&str]) {
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let (zh, en) = did_you_mean(name, known.iter().copied());
                let place = Place { offset: key.span().start, path: self.path_of(name) };
                report.error(
                    &place,
                    report.reasons.unknown_key,
                    format!("没有“{name}”这个键{zh}"),
                    format!("there is no key '{name}' here{en}"),
                );
            }
        }
    }

    /// Every key with its place and value, in the order of the text.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Place, Node<'a, 't>)> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value)| {
                let name: &str = key.get_ref().as_ref();
                let path = self.path_of(name);
                let place = Place { offset: self.offset(key.span().start), path: path.clone() };
                let node = Node {
                    value: value.get_ref(),
                    is_foreign: self.is_foreign,
                    place: Place { offset: self.offset(value.span().start), path },
                };
                (name, place, node)
            })
            .collect();
        entries.sort_by_key(|(_, place, _)| place.offset);
        entries
    }

    /// The value under a key, if given; absence is allowed.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'a, 't>> {
        let (value, offset, is_foreign) = self.find(name)?;
        let offset = if is_foreign { self.place.offset } else { offset };
        Some(Node { value, is_foreign, place: Place { offset, path: self.path_of(name) } })
    }

    /// Where a key that is given stands; absence is allowed.
    pub(crate) fn key(&self, name: &str) -> Option<Place> {
        let offset = match self.entries.get_key_value(name) {
            Some((key, _)) => self.offset(key.span().start),
            None => self.find(name).map(|_| self.place.offset)?,
        };
        Some(Place { offset, path: self.path_of(name) })
    }

    /// The value under a key that must be given.
    pub(crate) fn need(&self, report: &mut Report<'_>, name: &str) -> Option<Node<'a, 't>> {
        let node = self.get(name);
        if node.is_none() {
            let place = Place { offset: self.place.offset, path: self.path_of(name) };
            report.error(
                &place,
                report.reasons.missing_key,
                format!("缺少必填键“{name}”"),
                format!("the key '{name}' is missing"),
            );
        }
        node
    }

    fn offset(&self, own: usize) -> usize {
        if self.is_foreign { self.place.offset } else { own }
    }

    fn path_of(&self, name: &str) -> String {
        match self.place.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }
}

impl<'a, 't> Node<'a, 't> {
    /// A text; blank ones are reported.
    pub(crate) fn text(&self, report: &mut Report<'_>) -> Option<&'a str> {
        let text = self.any_text(report)?;
        if text.trim().is_empty() {
            report.invalid(&self.place, "文本不能为空", "the text must not be empty");
            return None;
        }
        Some(text)
    }

    /// The text, if it is one; nothing is reported.
    pub(crate) fn peek_text(&self) -> Option<&'a str> {
        match self.value {
            DeValue::String(text) => Some(text.as_ref()),
            _ => None,
        }
    }

    /// A text that may be blank.
    pub(crate) fn any_text(&self, report: &mut Report<'_>) -> Option<&'a str> {
        match self.value {
            DeValue::String(text) => Some(text.as_ref()),
            _ => self.wrong_type(report, "字符串", "a string"),
        }
    }

    /// A whole number inside `range`.
    pub(crate) fn integer(
        &self,
        report: &mut Report<'_>,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let DeValue::Integer(integer) = self.value else {
            return self.wrong_type(report, "整数", "a whole number");
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (first, last) = (range.start(), range.end());
            report.invalid(
                &self.place,
                format!("应为 {first} 至 {last} 的整数"),
                format!("must be a whole number from {first} to {last}"),
            );
        }
        number
    }

    /// A number that is not negative and at most `greatest`.
    pub(crate) fn decimal(&self, report: &mut Report<'_>, greatest: Decimal) -> Option<Decimal> {
        let number = match self.value {
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(Decimal::from)
            }
            DeValue::Float(float) => {
                let text = float.as_str();
                text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
            }
            _ => return self.wrong_type(report, "数字", "a number"),
        };
        let number = number.filter(|number| Decimal::ZERO <= *number && *number <= greatest);
        if number.is_none() {
            report.invalid(
                &self.place,
                format!("应为 0 至 {greatest} 的数，不得为负"),
                format!("must be a number from 0 to {greatest}, not negative"),
            );
        }
        number
    }

    /// A local date, written without quotes.
    pub(crate) fn date(&self, report: &mut Report<'_>) -> Option<Date> {
        let written = match self.value {
            DeValue::Datetime(datetime) if datetime.time.is_none() => datetime.date,
            _ => None,
        };
        let date = written.and_then(|date| {
            let year = i16::try_from(date.year).ok()?;
            Date::new(year, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
        });
        if date.is_none() {
            return self.wrong_type(
                report,
                "日期（如 2022-01-01，不加引号）",
                "a date such as 2022-01-01, without quotes",
            );
        }
        date
    }

    /// A table.
    pub(crate) fn table(&self, report: &mut Report<'_>) -> Option<Table<'a, 't>> {
        match self.value {
            DeValue::Table(entries) => {
                let table = Table::of(entries, self.place.clone());
                Some(Table { is_foreign: self.is_foreign, ..table })
            }
            _ => self.wrong_type(report, "表", "a table"),
        }
    }

    /// The elements of an array.
    pub(crate) fn array(&self, report: &mut Report<'_>) -> Option<Vec<Node<'a, 't>>> {
        let DeValue::Array(elements) = self.value else {
            return self.wrong_type(report, "数组", "an array");
        };
        let elements = elements.iter().enumerate().map(|(index, element)| {
            let path = format!("{}[{index}]", self.place.path);
            let own = element.span().start;
            let offset = if self.is_foreign { self.place.offset } else { own };
            let place = Place { offset, path };
            Node { value: element.get_ref(), is_foreign: self.is_foreign, place }
        });
        Some(elements.collect())
    }

    /// The elements of an array of texts.
    pub(crate) fn texts(&self, report: &mut Report<'_>) -> Option<Vec<Box<str>>> {
        let elements = self.array(report)?;
        let count = elements.len();
        let texts: Vec<Box<str>> =
            elements.iter().filter_map(|element| element.text(report)).map(Box::from).collect();
        (texts.len() == count).then_some(texts)
    }

    /// One word of a closed list, told by what stands for each.
    pub(crate) fn choice<T: Copy>(
        &self,
        report: &mut Report<'_>,
        options: &[(&'static str, T)],
    ) -> Option<T> {
        let word = self.any_text(report)?;
        if let Some((_, value)) = options.iter().find(|(name, _)| *name == word) {
            return Some(*value);
        }
        let (mut zh, mut en) = did_you_mean(word, options.iter().map(|(name, _)| *name));
        if en.is_empty() && options.len() <= 8 {
            let list = options.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            zh = format!("，可用：{list}");
            en = format!("; one of {list}");
        }
        report.invalid(
            &self.place,
            format!("不认识“{word}”{zh}"),
            format!("'{word}' is not known here{en}"),
        );
        None
    }

    /// The words of an array, each of a closed list, none twice.
    pub(crate) fn choices<T: Copy + PartialEq>(
        &self,
        report: &mut Report<'_>,
        options: &[(&'static str, T)],
    ) -> Option<Vec<T>> {
        let elements = self.array(report)?;
        let count = elements.len();
        let mut chosen = Vec::with_capacity(count);
        for element in &elements {
            let Some(value) = element.choice(report, options) else { continue };
            if chosen.contains(&value) {
                report.invalid(&element.place, "重复", "stands here twice");
            } else {
                chosen.push(value);
            }
        }
        if count == 0 {
            report.invalid(&self.place, "至少应有一项", "at least one is needed");
        }
        (chosen.len() == count && count != 0).then_some(chosen)
    }

    fn wrong_type<T>(&self, report: &mut Report<'_>, zh: &str, en: &str) -> Option<T> {
        let found = self.value.type_str();
        report.invalid(
            &self.place,
            format!("应为{zh}，实际为 {found}"),
            format!("must be {en}, not {found}"),
        );
        None
    }
}
