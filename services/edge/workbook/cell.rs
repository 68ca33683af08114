//! One cell: from what a spreadsheet stores to a value of the contract, or why it is none.
//!
//! A cell is never guessed at: a number where a day belongs, a day with a time of day, a word that
//! is no word of the list are refused, with what to write instead.

use calamine::Data;
use jiff::civil::Date;
use prost_reflect::{EnumDescriptor, EnumValueDescriptor, Value};
use rust_decimal::Decimal;

use super::column::{Column, Content};
use super::contract;
use crate::pb::DatePrecision;

/// Decimals of a stored number that are looked at: what follows is the noise of binary fractions.
const DECIMALS: u32 = 12;

/// A cell that cannot be taken (单元格错误).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The sheet; empty for the workbook as a whole.
    pub sheet: String,
    /// Row of the sheet, from 1; 0 for the sheet as a whole.
    pub row: u32,
    /// The cell, such as `D5`; empty for the sheet as a whole.
    pub cell: String,
    /// What and how to mend it, in Chinese.
    pub zh: String,
    /// What and how to mend it, in English.
    pub en: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sheet, cell, zh, en, .. } = self;
        match (sheet.is_empty(), cell.is_empty()) {
            (true, _) => write!(f, "{zh} / {en}"),
            (false, true) => write!(f, "{sheet}: {zh} / {en}"),
            (false, false) => write!(f, "{sheet}!{cell}: {zh} / {en}"),
        }
    }
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    /// A value of its field.
    Value(Value),
    /// Nothing, in place of what is there.
    Cleared,
    /// A share, in whatever unit the row will state it.
    Percent(Decimal),
    /// 2022年5月, 2022年第二季度, 2022年上半年, 2022年: an interval of a named precision.
    Span(DatePrecision, Date, Date),
}

/// Why a cell says nothing.
pub(super) type Unreadable = (String, String);

/// Reads a cell; `None` when it is empty.
pub(super) fn read(
    data: &Data,
    is_percent: bool,
    column: &Column,
) -> Result<Option<Said>, Unreadable> {
    let text = match data {
        Data::Empty => return Ok(None),
        Data::Error(error) => {
            return Err((
                format!("公式出错（{error}）：请改正公式或直接填写值"),
                format!("the formula failed ({error}): mend it or write the value itself"),
            ));
        }
        Data::String(text) => text.trim(),
        _ => "",
    };
    if text.is_empty() && matches!(data, Data::String(_)) {
        return Ok(None);
    }
    if text == super::CLEARED {
        return Ok(Some(Said::Cleared));
    }
    let said = match &column.content {
        Content::Date => return date(data, text, column).map(Some),
        Content::Figure => return figure(data, text, is_percent).map(Some),
        Content::Text => Value::String(plain(data, text)?),
        Content::Id => {
            let text = plain(data, text)?;
            Value::String(text.split_whitespace().next().unwrap_or_default().to_owned())
        }
        Content::Texts => {
            let lines = plain(data, text)?;
            // What follows the blank of an id is its name, for the eye.
            let is_id = column.path.ends_with("_ids");
            let word = |line: &'_ str| match line.split_once(char::is_whitespace) {
                Some((id, _)) if is_id => id.to_owned(),
                _ => line.to_owned(),
            };
            let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(word);
            Value::List(lines.map(Value::String).collect())
        }
        Content::Whole => whole(data, text, column)?,
        Content::YesNo => match (data, text.to_lowercase().as_str()) {
            (Data::Bool(is), _) => Value::Bool(*is),
            (_, "是" | "有" | "yes" | "true" | "√") => Value::Bool(true),
            (_, "否" | "无" | "no" | "false" | "×") => Value::Bool(false),
            _ => return Err(not_in("是、否", "是 (yes), 否 (no)", data)),
        },
        Content::Choice(choice) => {
            let text = match data {
                Data::Bool(true) => "是",
                Data::Bool(false) => "否",
                _ => text,
            };
            let Some(value) = word(choice, text) else {
                let words = words(choice);
                return Err(not_in(&words, &words, data));
            };
            Value::EnumNumber(value.number())
        }
    };
    Ok(Some(Said::Value(said)))
}

/// The value of a closed list by its Chinese word or its name.
fn word(choice: &EnumDescriptor, text: &str) -> Option<EnumValueDescriptor> {
    let prefix = prefix(choice.name());
    let is_named = |full: &str| {
        let short = full.strip_prefix(&prefix).unwrap_or(full);
        let text = text.replace('-', "_");
        full.eq_ignore_ascii_case(&text) || short.eq_ignore_ascii_case(&text)
    };
    let mut words = contract::words(choice).into_iter();
    words.find(|(zh, value)| *zh == text || is_named(value.name())).map(|(_, value)| value)
}

fn words(choice: &EnumDescriptor) -> String {
    contract::words(choice).iter().map(|(zh, _)| *zh).collect::<Vec<_>>().join(" | ")
}

/// The number of a word of one of the contract's closed lists, in Chinese or as the contract names
/// it (市, city).
///
/// # Errors
/// The words there are, in both languages.
pub fn choice(list: &str, text: &str) -> Result<i32, String> {
    let found = contract::list(list);
    let Some(of) = found else { return Err(format!("没有 {list} / there is no {list}")) };
    word(&of, text).map(|value| value.number()).ok_or_else(|| {
        let prefix = prefix(of.name());
        let both = contract::words(&of).into_iter().map(|(zh, value)| {
            let short = value.name().strip_prefix(&prefix).unwrap_or_default().to_lowercase();
            format!("{short} {zh}")
        });
        let both = both.collect::<Vec<_>>().join(" | ");
        format!("可选项 / the choices are: {both}")
    })
}

/// The Chinese word of a value of one of the contract's closed lists; empty for one not given.
#[must_use]
pub fn choice_zh(list: &str, number: i32) -> &'static str {
    let value = contract::list(list).and_then(|of| of.get_value(number));
    value.filter(|_| number != 0).map_or("", |value| contract::name(value.name()))
}

/// `DebriefForm` to `DEBRIEF_FORM_`, as values of the contract begin.
fn prefix(name: &str) -> String {
    let mut prefix = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.push(c.to_ascii_uppercase());
    }
    prefix.push('_');
    prefix
}

fn not_in(zh: &str, en: &str, data: &Data) -> Unreadable {
    (
        format!("“{data}”不在可选项中，请从下拉列表选择：{zh}"),
        format!("\"{data}\" is none of the choices: take one of the list, {en}"),
    )
}

/// A text cell; a number that was typed is the text one sees.
fn plain(data: &Data, text: &str) -> Result<String, Unreadable> {
    match data {
        Data::String(_) => Ok(text.to_owned()),
        Data::Int(number) => Ok(number.to_string()),
        Data::Float(number) => Ok(decimal(*number).map_or_else(|| number.to_string(), text_of)),
        Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => Err((
            "此处应为文字，却是日期：请将单元格设为文本格式后重填".to_owned(),
            "a text belongs here and this is a date: format the cell as text, then write it again"
                .to_owned(),
        )),
        _ => {
            Err((format!("此处应为文字，却是“{data}”"), format!("a text belongs here, not {data}")))
        }
    }
}

fn text_of(number: Decimal) -> String {
    number.normalize().to_string()
}

/// A stored number as the decimal that was typed.
fn decimal(number: f64) -> Option<Decimal> {
    let written = Decimal::from_str_exact(&format!("{number}"));
    let written = written.or_else(|_| Decimal::from_scientific(&format!("{number:e}")));
    written.ok().map(|number| number.round_dp(DECIMALS).normalize())
}

fn figure(data: &Data, text: &str, is_percent: bool) -> Result<Said, Unreadable> {
    let number = match data {
        Data::Int(number) => Some(Decimal::from(*number)),
        Data::Float(number) => decimal(*number),
        Data::String(_) => {
            let text = narrow(text).replace(',', "");
            if let Some(share) = text.strip_suffix('%') {
                let share = Decimal::from_str_exact(share.trim()).ok();
                return share
                    .map(|share| Said::Percent((share / Decimal::ONE_HUNDRED).normalize()))
                    .ok_or_else(|| no_figure(data));
            }
            Decimal::from_str_exact(&text).ok()
        }
        _ => None,
    };
    let number = number.ok_or_else(|| no_figure(data))?;
    if is_percent {
        return Ok(Said::Percent(number));
    }
    Ok(Said::Value(Value::String(text_of(number))))
}

fn no_figure(data: &Data) -> Unreadable {
    (
        format!("“{data}”不是数：请写成 12、15.28 或 95%，“余、约”等请选在“限定”列"),
        format!(
            "\"{data}\" is no figure: write 12, 15.28 or 95%; 余 and 约 go into the column 限定"
        ),
    )
}

fn whole(data: &Data, text: &str, column: &Column) -> Result<Value, Unreadable> {
    let number = match data {
        Data::Int(number) => u64::try_from(*number).ok(),
        Data::Float(number) => decimal(*number).and_then(|number| u64::try_from(number).ok()),
        Data::String(_) => {
            let text = narrow(text);
            text.strip_suffix('年').unwrap_or(&text).parse().ok()
        }
        _ => None,
    };
    // 15.28 would convert by being cut off.
    let is_cut = matches!(data, Data::Float(number) if number.fract() != 0.0);
    let kind = column.steps.last().map(|step| step.field.kind());
    let value = number.filter(|_| !is_cut).and_then(|number| match kind {
        Some(prost_reflect::Kind::Uint64) => Some(Value::U64(number)),
        Some(prost_reflect::Kind::Uint32) => u32::try_from(number).ok().map(Value::U32),
        _ => i32::try_from(number).ok().map(Value::I32),
    });
    value.ok_or_else(|| {
        (
            format!("“{data}”不是整数：请填写 0 或以上的整数，例如 2022"),
            format!("\"{data}\" is no whole number: write one of 0 or more, such as 2022"),
        )
    })
}

/// Full-width digits and signs as an input method leaves them.
fn narrow(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' | '％' | '．' | '，' | '－' | '／' => {
            char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
        }
        _ => c,
    };
    text.chars().map(narrow).filter(|c| !c.is_whitespace()).collect()
}

fn date(data: &Data, text: &str, column: &Column) -> Result<Said, Unreadable> {
    let day = |date: Date| Said::Value(Value::String(date.to_string()));
    match data {
        Data::DateTime(stored) if stored.is_datetime() => {
            let (year, month, of_month, hour, minute, second, _) = stored.to_ymd_hms_milli();
            if (hour, minute, second) != (0, 0, 0) {
                return Err((
                    "只能填写日期，不能带时刻：请去掉几点几分".to_owned(),
                    "a day belongs here, without a time of day: remove the time".to_owned(),
                ));
            }
            let (year, month) = (i16::try_from(year), i8::try_from(month));
            let of_month = i8::try_from(of_month);
            let date = match (year, month, of_month) {
                (Ok(year), Ok(month), Ok(of_month)) => Date::new(year, month, of_month).ok(),
                _ => None,
            };
            date.map(day).ok_or_else(|| no_date(data))
        }
        Data::DateTimeIso(text) => civil(text).map(day).ok_or_else(|| no_date(data)),
        Data::String(_) => {
            let text = narrow(text);
            if let Some(date) = civil(&text) {
                return Ok(day(date));
            }
            let may_span = column.in_event() == "occurred.start_date";
            let span = may_span.then(|| span(&text)).flatten();
            span.map(|(precision, first, last)| Said::Span(precision, first, last))
                .ok_or_else(|| no_date(data))
        }
        Data::Float(_) | Data::Int(_) => Err((
            format!("“{data}”是数字而不是日期：请将单元格设为日期格式，或写成 2022-05-18"),
            format!(
                "{data} is a number, not a date: format the cell as a date or write 2022-05-18"
            ),
        )),
        _ => Err(no_date(data)),
    }
}

fn no_date(data: &Data) -> Unreadable {
    (
        format!("“{data}”不是日期：请写公历中存在的日期，如 2022-05-18 或 2022年5月18日"),
        format!("\"{data}\" is no date: write an existing day, as 2022-05-18 or 2022年5月18日"),
    )
}

/// 2022-05-18, 2022/5/18, 2022.5.18, 2022年5月18日.
fn civil(text: &str) -> Option<Date> {
    let text = text.strip_suffix(['日', '号']).unwrap_or(text);
    let mut parts = text.split(['-', '/', '.', '年', '月']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(digits(year)?, i8::try_from(digits(month)?).ok()?, i8::try_from(digits(day)?).ok()?)
        .ok()
}

fn digits(text: &str) -> Option<i16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// A month, quarter, half-year or year in words.
fn span(text: &str) -> Option<(DatePrecision, Date, Date)> {
    let (year, rest) = text.split_once('年')?;
    let year = (year.len() == 4).then(|| digits(year)).flatten()?;
    let rest = rest.strip_prefix('第').unwrap_or(rest);
    let (precision, first, months) = match rest {
        "" | "全年" | "度" => (DatePrecision::Year, 1, 12),
        "上半年" => (DatePrecision::HalfYear, 1, 6),
        "下半年" => (DatePrecision::HalfYear, 7, 6),
        _ => match rest.strip_suffix("季度") {
            Some(quarter) => {
                let quarter = ["一", "二", "三", "四"].iter().position(|word| *word == quarter);
                let quarter = quarter.or_else(|| {
                    ["1", "2", "3", "4"].iter().position(|word| rest.starts_with(word))
                })?;
                (DatePrecision::Quarter, i8::try_from(quarter * 3 + 1).ok()?, 3)
            }
            None => {
                let month = digits(rest.strip_suffix('月')?)?;
                (DatePrecision::Month, i8::try_from(month).ok()?, 1)
            }
        },
    };
    let first = Date::new(year, first, 1).ok()?;
    let last = Date::new(year, first.month() + months - 1, 1).ok()?.last_of_month();
    Some((precision, first, last))
}
