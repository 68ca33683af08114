//! The figures of a printed report: counts with their units and 余/以上/近/约, rates, dates and 文号,
//! each with its line, column and phrase.
//!
//! Not here: what a figure is a figure of, which needs the ledger ([`crate::check`]). Years alone,
//! numbers of headings, ordinals (第三), names in quotation marks (“两个维护”) and whatever stands in
//! a title (《…》) are no figures.

mod pattern;

use duty::occurred::{Occurred, Precision};
use duty::problem::Problems;
use duty::quantity::Qualifier;
use jiff::civil::Date;
use regex::Captures;
use rust_decimal::Decimal;

use crate::numeral;
use pattern::patterns;

/// One figure as printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Line of the report, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// As printed: `700余人次`.
    pub printed: String,
    /// The clause it stands in.
    pub phrase: String,
    /// What it says.
    pub stated: Stated,
    /// Where it begins and ends in the whole text, in bytes.
    pub(crate) span: (usize, usize),
}

/// What a figure says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stated {
    /// So many of something; a rate has the unit `%`.
    Count {
        /// How many.
        value: Decimal,
        /// Of what, as [`duty::quantity::UNITS`] writes it.
        unit: Box<str>,
        /// How exact.
        qualifier: Qualifier,
    },
    /// A time.
    Time(Occurred),
    /// A document number, brackets normalised; words may still stand before the issuer's code.
    Document(Box<str>),
}

/// Every figure of a report on `year`, in reading order.
#[must_use]
pub fn find(text: &str, year: i16) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut offset = 0;
    for (index, line) in text.split('\n').enumerate() {
        let mut found = Line { text: line, year, taken: names(line), figures: Vec::new() };
        found.documents();
        found.times();
        found.rates();
        found.counts();
        found.figures.sort_by_key(|(start, ..)| *start);
        for (start, end, stated) in found.figures {
            figures.push(Figure {
                line: index + 1,
                column: line[..start].chars().count() + 1,
                printed: line[start..end].to_owned(),
                phrase: clause(line, start, end).to_owned(),
                stated,
                span: (offset + start, offset + end),
            });
        }
        offset += line.len() + 1;
    }
    figures
}

/// The parts of a line that are names: titles and what stands in quotation marks.
fn names(line: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    for (open, close) in [('《', '》'), ('“', '”')] {
        let (mut depth, mut start) = (0_usize, 0);
        for (at, c) in line.char_indices() {
            if c == open {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            } else if c == close && 0 < depth {
                depth -= 1;
                if depth == 0 {
                    spans.push((start, at + c.len_utf8()));
                }
            }
        }
    }
    spans
}

/// The clause around a part of a line.
pub(crate) fn clause(line: &str, start: usize, end: usize) -> &str {
    let ends = |c: char| "，。；：？！（）".contains(c);
    let first = line[..start].char_indices().rev().find(|(_, c)| ends(*c));
    let from = first.map_or(0, |(at, c)| at + c.len_utf8());
    let to = line[end..].find(ends).map_or(line.len(), |at| end + at);
    line[from..to].trim()
}

struct Line<'t> {
    text: &'t str,
    year: i16,
    /// What is a name, or a figure already.
    taken: Vec<(usize, usize)>,
    figures: Vec<(usize, usize, Stated)>,
}

impl Line<'_> {
    fn is_taken(&self, start: usize, end: usize) -> bool {
        self.taken.iter().any(|(from, to)| start < *to && *from < end)
    }

    fn take(&mut self, start: usize, end: usize, stated: Stated) {
        self.taken.push((start, end));
        self.figures.push((start, end, stated));
    }

    /// The year a date without one is of: the last one printed before it.
    fn year_at(&self, offset: usize) -> i16 {
        let years = patterns().year.captures_iter(&self.text[..offset]);
        years.last().and_then(|year| number(&year, 1)).unwrap_or(self.year)
    }

    fn documents(&mut self) {
        for found in patterns().document.captures_iter(self.text) {
            let whole = found.get_match();
            if !self.is_taken(whole.start(), whole.end()) {
                let (year, serial) = (half_width(&found[2]), half_width(&found[3]));
                let number = format!("{}〔{year}〕{serial}号", &found[1]);
                self.take(whole.start(), whole.end(), Stated::Document(number.into()));
            }
        }
    }

    fn times(&mut self) {
        let patterns = patterns();
        for (pattern, read) in [
            (&patterns.days, days as fn(&Captures<'_>, i16) -> Option<Occurred>),
            (&patterns.months, months),
            (&patterns.day, day),
            (&patterns.month, month),
            (&patterns.half_year, half_year),
            (&patterns.quarter, quarter),
        ] {
            for found in pattern.captures_iter(self.text) {
                let whole = found.get_match();
                if self.is_taken(whole.start(), whole.end()) {
                    continue;
                }
                if let Some(time) = read(&found, self.year_at(whole.start())) {
                    self.take(whole.start(), whole.end(), Stated::Time(time));
                }
            }
        }
    }

    fn rates(&mut self) {
        for found in patterns().rate.captures_iter(self.text) {
            let whole = found.get_match();
            let digits = number(&found, 2);
            let value = digits.or_else(|| numeral::parse(found.get(3)?.as_str()));
            let qualifier = qualifier(group(&found, 1), "", group(&found, 4));
            if let Some(value) = value
                && !self.is_taken(whole.start(), whole.end())
            {
                let stated = Stated::Count { value, unit: "%".into(), qualifier };
                self.take(whole.start(), whole.end(), stated);
            }
        }
    }

    fn counts(&mut self) {
        for found in patterns().count.captures_iter(self.text) {
            let whole = found.get_match();
            if self.is_taken(whole.start(), whole.end()) {
                continue;
            }
            if let Some(stated) = self.count(&found) {
                self.take(whole.start(), whole.end(), stated);
            }
        }
    }

    fn count(&self, found: &Captures<'_>) -> Option<Stated> {
        let number = found.get(2)?;
        let unit = found.get(6)?;
        let before = self.text[..number.start()].trim_end().chars().next_back();
        let after = self.text[unit.end()..].trim_start();
        // 第三次 is no count; 数十次 and 1.10次 are no number that begins here.
        let is_cut = |c: char| c.is_numeric() || "第数几.．-—".contains(c);
        if before.is_some_and(is_cut) || is_another_word(unit.as_str(), after) {
            return None;
        }
        let printed = half_width(number.as_str());
        let is_arabic = printed.starts_with(|c: char| c.is_ascii_digit());
        let mut value = if is_arabic {
            printed.replace(',', "").parse().ok()?
        } else {
            let value = numeral::parse(&printed)?;
            if !counts_in_words(value, unit.as_str(), after) {
                return None;
            }
            value
        };
        let scale = group(found, 4);
        let mut unit = unit.as_str().to_owned();
        if unit == "元" {
            unit.insert_str(0, scale);
        } else {
            let factor = match scale {
                "万" => Decimal::from(10_000),
                "亿" => Decimal::from(100_000_000),
                _ => Decimal::ONE,
            };
            value = value.checked_mul(factor)?;
        }
        let middle = format!("{}{}", group(found, 3), group(found, 5));
        let qualifier = qualifier(group(found, 1), &middle, group(found, 7));
        Some(Stated::Count { value, unit: unit.into(), qualifier })
    }
}

/// Whether the unit is the beginning of another word: 41人员, 3部门, 5个百分点.
fn is_another_word(unit: &str, after: &str) -> bool {
    let words: &[&str] = match unit {
        "条" => &["例", "件"],
        "人" => &["员", "才", "民", "大", "事", "工", "文"],
        "分" => &["之", "为", "别", "析", "公", "局", "管", "类"],
        "部" => &["门", "分", "署", "长", "委", "级"],
        "个" => &["百分点", "月"],
        "次" => &["性"],
        "场" => &["所"],
        "天" => &["然"],
        _ => &[],
    };
    words.iter().any(|word| after.starts_with(word))
}

/// Whether a number in words before a unit counts something: 五份 does, 一项 and 三个方面 need not.
fn counts_in_words(value: Decimal, unit: &str, after: &str) -> bool {
    const PHRASES: [&str; 12] = [
        "方面", "层面", "层次", "维度", "意识", "自信", "维护", "确立", "亲自", "统一", "坚持",
        "制度",
    ];
    let is_one = value == Decimal::ONE;
    let is_act = matches!(unit, "次" | "场");
    let is_idle = matches!(unit, "分" | "部" | "字");
    (is_act || !is_one) && !is_idle && !PHRASES.iter().any(|phrase| after.starts_with(phrase))
}

fn group<'f>(found: &'f Captures<'_>, index: usize) -> &'f str {
    found.get(index).map_or("", |part| part.as_str())
}

/// How exact the words around a number make it.
fn qualifier(before: &str, middle: &str, after: &str) -> Qualifier {
    match (before, middle, after) {
        (_, _, "以上") | ("不少于" | "不低于" | "至少", _, _) => Qualifier::AtLeast,
        ("约" | "近" | "将近", _, _) | (_, _, "左右") => Qualifier::About,
        ("超" | "超过" | "突破" | "逾", _, _) | (_, _, "余") => Qualifier::MoreThan,
        (_, "", _) => Qualifier::Exact,
        _ => Qualifier::MoreThan,
    }
}

fn number<T: std::str::FromStr>(found: &Captures<'_>, index: usize) -> Option<T> {
    half_width(found.get(index)?.as_str()).parse().ok()
}

/// Digits and points as ASCII has them (１３７５ is 1375).
fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '．' => '.',
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        _ => c,
    };
    text.chars().map(narrow).collect()
}

fn time(precision: Precision, start: Option<Date>, end: Option<Date>) -> Option<Occurred> {
    Occurred::new(precision, Some(start?), Some(end?), &mut Problems::new())
}

fn date(year: i16, month: i8, day: i8) -> Option<Date> {
    Date::new(year, month, day).ok()
}

/// Years, months, days, then those of the end, as far as printed.
fn days(found: &Captures<'_>, year: i16) -> Option<Occurred> {
    let year = number(found, 1).unwrap_or(year);
    let month = number(found, 2)?;
    let start = date(year, month, number(found, 3)?);
    let end_month = number(found, 5).unwrap_or(month);
    let end = date(number(found, 4).unwrap_or(year), end_month, number(found, 6)?);
    time(Precision::Period, start, end)
}

fn months(found: &Captures<'_>, year: i16) -> Option<Occurred> {
    let year = number(found, 1).unwrap_or(year);
    let start = date(year, number(found, 2)?, 1);
    let end = date(number(found, 3).unwrap_or(year), number(found, 4)?, 1);
    time(Precision::Period, start, end.map(Date::last_of_month))
}

fn day(found: &Captures<'_>, year: i16) -> Option<Occurred> {
    let year = number(found, 1).unwrap_or(year);
    date(year, number(found, 2)?, number(found, 3)?).map(Occurred::day)
}

fn month(found: &Captures<'_>, year: i16) -> Option<Occurred> {
    let start = date(number(found, 1).unwrap_or(year), number(found, 2)?, 1);
    time(Precision::Month, start, start.map(Date::last_of_month))
}

fn half_year(found: &Captures<'_>, year: i16) -> Option<Occurred> {
    let first = if group(found, 2) == "上" { 1 } else { 7 };
    part_of_year(Precision::HalfYear, number(found, 1).unwrap_or(year), first, 6)
}

fn quarter(found: &Captures<'_>, year: i16) -> Option<Occurred> {
    let index = match group(found, 2) {
        "一" | "1" | "１" => 0,
        "二" | "2" | "２" => 1,
        "三" | "3" | "３" => 2,
        _ => 3,
    };
    part_of_year(Precision::Quarter, number(found, 1).unwrap_or(year), 3 * index + 1, 3)
}

fn part_of_year(precision: Precision, year: i16, first: i8, months: i8) -> Option<Occurred> {
    let end = date(year, first + months - 1, 1).map(Date::last_of_month);
    time(precision, date(year, first, 1), end)
}

#[cfg(test)]
mod tests;
