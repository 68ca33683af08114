//! 文号: document numbers in their normal form 机关代字〔年份〕序号号 (GB/T 9704-2012, 7.2.5).
//!
//! Brackets, widths and spaces are normalised; nothing else is. A number printed broken, such as
//! `柳发〔202116号`, is refused with a text that says where it breaks: whether it was 2021 and 16
//! or 202 and 116 is not ours to guess. Numbers of minutes have other shapes and are not read here.
//! Invariant: every value prints as it parses.

use std::fmt;

/// First and last year a document number may carry.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;
/// Longest issuer code, in characters; the longest in use has nine.
const ISSUER_CHARS_MAX: usize = 20;
/// Longest serial, in digits.
const SERIAL_DIGITS_MAX: usize = 5;

/// A document number (发文字号) in normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentNumber {
    issuer: Box<str>,
    year: i16,
    serial: u32,
    text: Box<str>,
}

/// Why a text is no document number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct DocumentNumberError {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl DocumentNumberError {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl DocumentNumber {
    /// Reads a document number, whatever brackets and widths it is printed with.
    pub fn parse(text: &str) -> Result<Self, DocumentNumberError> {
        let mut normalised = String::with_capacity(text.len());
        normalised.extend(text.chars().filter(|c| !is_blank(*c)).map(normal));
        let text = normalised;
        let (issuer, year, rest) = split(&text)?;
        check_issuer(issuer)?;
        let year = parse_year(year)?;
        let serial = parse_serial(rest)?;
        // Four digits, no leading zeros: what was read is the normal form already.
        Ok(Self { issuer: issuer.into(), year, serial, text: text.into() })
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// 机关代字: the code of the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// 年份.
    #[must_use]
    pub const fn year(&self) -> i16 {
        self.year
    }

    /// 序号.
    #[must_use]
    pub const fn serial(&self) -> u32 {
        self.serial
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// White space, and the invisible characters that copying from a web page brings along.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Full-width letters and digits become ASCII, every bracket becomes the one of the standard.
fn normal(c: char) -> char {
    let half = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    match half {
        '[' | '(' | '【' | '﹝' | '〖' => '〔',
        ']' | ')' | '】' | '﹞' | '〗' => '〕',
        other => other,
    }
}

/// Issuer, year, and what follows the brackets.
fn split(text: &str) -> Result<(&str, &str, &str), DocumentNumberError> {
    if text.is_empty() {
        return Err(DocumentNumberError::new("文号为空", "the document number is empty"));
    }
    let brackets = text.chars().fold((0, 0), |(opening, closing), c| match c {
        '〔' => (opening + 1, closing),
        '〕' => (opening, closing + 1),
        _ => (opening, closing),
    });
    match brackets {
        (1, 1) => {}
        (0, 0) => {
            return Err(DocumentNumberError::new(
                "文号缺少年份括号，应为“机关代字〔年份〕序号号”",
                "the brackets around the year are missing: issuer〔year〕serial号 is expected",
            ));
        }
        (1, 0) => {
            return Err(DocumentNumberError::new(
                "年份后缺少右括号“〕”，年份与序号连在一起，无法判定，请核对原件",
                "the closing bracket 〕 after the year is missing, so year and serial run \
                 together; check the original",
            ));
        }
        (0, 1) => {
            return Err(DocumentNumberError::new(
                "年份前缺少左括号“〔”",
                "the opening bracket 〔 before the year is missing",
            ));
        }
        _ => {
            return Err(DocumentNumberError::new(
                "文号中有多组括号，一次只能填写一个文号",
                "more than one pair of brackets: give one document number at a time",
            ));
        }
    }
    let reversed = || {
        DocumentNumberError::new("左右括号位置颠倒", "the brackets around the year are reversed")
    };
    let (issuer, rest) = text.split_once('〔').ok_or_else(reversed)?;
    let (year, rest) = rest.split_once('〕').ok_or_else(reversed)?;
    Ok((issuer, year, rest))
}

fn check_issuer(issuer: &str) -> Result<(), DocumentNumberError> {
    if issuer.is_empty() {
        return Err(DocumentNumberError::new(
            "缺少机关代字（如“柳科通”）",
            "the issuer code before the brackets is missing",
        ));
    }
    let length = issuer.chars().count();
    if ISSUER_CHARS_MAX < length {
        return Err(DocumentNumberError::new(
            format!("机关代字有 {length} 个字，超过 {ISSUER_CHARS_MAX} 个字"),
            format!("the issuer code has {length} characters, more than {ISSUER_CHARS_MAX}"),
        ));
    }
    match issuer.chars().find(|c| !c.is_ascii_alphabetic() && !is_han(*c)) {
        None => Ok(()),
        Some(stray) => Err(DocumentNumberError::new(
            format!("机关代字中有不允许的字符“{stray}”，只能是汉字或字母"),
            format!("the issuer code contains '{stray}': only Han characters and letters may"),
        )),
    }
}

/// Han characters that may stand in the code of an issuer.
const fn is_han(c: char) -> bool {
    matches!(c,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

fn parse_year(year: &str) -> Result<i16, DocumentNumberError> {
    let four_digits = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let number = if four_digits { year.parse().ok() } else { None };
    number.filter(|number| YEARS.contains(number)).ok_or_else(|| {
        let (first, last) = (YEARS.start(), YEARS.end());
        DocumentNumberError::new(
            format!("年份“{year}”应为四位数字，且在 {first} 至 {last} 之间"),
            format!("the year '{year}' must have four digits and lie between {first} and {last}"),
        )
    })
}

fn parse_serial(rest: &str) -> Result<u32, DocumentNumberError> {
    let Some(serial) = rest.strip_suffix('号') else {
        return Err(DocumentNumberError::new(
            format!("文号应以“号”结尾，实际在右括号之后是“{rest}”"),
            format!("the number must end in 号; after the brackets stands '{rest}'"),
        ));
    };
    if serial.starts_with('第') {
        return Err(DocumentNumberError::new(
            "序号前不加“第”字（GB/T 9704-2012）",
            "the serial takes no 第 (GB/T 9704-2012)",
        ));
    }
    if serial.is_empty() || !serial.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DocumentNumberError::new(
            format!("序号“{serial}”应为阿拉伯数字"),
            format!("the serial '{serial}' must be Arabic digits"),
        ));
    }
    if serial.starts_with('0') {
        return Err(DocumentNumberError::new(
            format!("序号“{serial}”不编虚位，不以 0 开头"),
            format!("the serial '{serial}' must not begin with 0"),
        ));
    }
    let number = if serial.len() <= SERIAL_DIGITS_MAX { serial.parse().ok() } else { None };
    number.ok_or_else(|| {
        DocumentNumberError::new(
            format!("序号“{serial}”超过 {SERIAL_DIGITS_MAX} 位"),
            format!("the serial '{serial}' has more than {SERIAL_DIGITS_MAX} digits"),
        )
    })
}

#[cfg(test)]
#[path = "docno/tests.rs"]
mod tests;
