//! 行政区划代码: which part of the country an organization belongs to (GB/T 2260).
//!
//! Carried in full are the 34 units of province rank, the 14 prefectures of Guangxi and the county
//! units of Liuzhou with the years in which their codes were valid; of other provinces only the
//! prefix is checked, so that this is a check against slips and not a gazetteer. Functional areas
//! (新区, 开发区) are no divisions: they use the code of their city.

use std::fmt;
use std::str;

/// An administrative division code (行政区划代码): six digits, province, prefecture, county.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode([u8; 6]);

/// Why a text is no division code, or a code not valid in a year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct DivisionError {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// A code we know, with the years in which it was valid.
struct Known {
    code: &'static str,
    name: &'static str,
    first: i16,
    last: i16,
}

/// Years without a limit that matters: before the first accounting year, and for ever.
const ALWAYS: (i16, i16) = (i16::MIN, i16::MAX);
/// The State Council turned 柳江县 into 柳江区 in 2016; that year's records may carry either code.
const LIUJIANG_CHANGED: i16 = 2016;

const fn known(code: &'static str, name: &'static str) -> Known {
    Known { code, name, first: ALWAYS.0, last: ALWAYS.1 }
}

/// The 34 units of province rank, by their first two digits.
static PROVINCES: [(&str, &str); 34] = [
    ("11", "北京市"),
    ("12", "天津市"),
    ("13", "河北省"),
    ("14", "山西省"),
    ("15", "内蒙古自治区"),
    ("21", "辽宁省"),
    ("22", "吉林省"),
    ("23", "黑龙江省"),
    ("31", "上海市"),
    ("32", "江苏省"),
    ("33", "浙江省"),
    ("34", "安徽省"),
    ("35", "福建省"),
    ("36", "江西省"),
    ("37", "山东省"),
    ("41", "河南省"),
    ("42", "湖北省"),
    ("43", "湖南省"),
    ("44", "广东省"),
    ("45", "广西壮族自治区"),
    ("46", "海南省"),
    ("50", "重庆市"),
    ("51", "四川省"),
    ("52", "贵州省"),
    ("53", "云南省"),
    ("54", "西藏自治区"),
    ("61", "陕西省"),
    ("62", "甘肃省"),
    ("63", "青海省"),
    ("64", "宁夏回族自治区"),
    ("65", "新疆维吾尔自治区"),
    ("71", "台湾省"),
    ("81", "香港特别行政区"),
    ("82", "澳门特别行政区"),
];

/// The prefectures of Guangxi and the counties of Liuzhou.
static CARRIED: [Known; 26] = [
    known("450100", "南宁市"),
    known("450200", "柳州市"),
    known("450201", "柳州市市辖区"),
    known("450202", "城中区"),
    known("450203", "鱼峰区"),
    known("450204", "柳南区"),
    known("450205", "柳北区"),
    Known { code: "450206", name: "柳江区", first: LIUJIANG_CHANGED, last: ALWAYS.1 },
    Known { code: "450221", name: "柳江县", first: ALWAYS.0, last: LIUJIANG_CHANGED },
    known("450222", "柳城县"),
    known("450223", "鹿寨县"),
    known("450224", "融安县"),
    known("450225", "融水苗族自治县"),
    known("450226", "三江侗族自治县"),
    known("450300", "桂林市"),
    known("450400", "梧州市"),
    known("450500", "北海市"),
    known("450600", "防城港市"),
    known("450700", "钦州市"),
    known("450800", "贵港市"),
    known("450900", "玉林市"),
    known("451000", "百色市"),
    known("451100", "贺州市"),
    known("451200", "河池市"),
    known("451300", "来宾市"),
    known("451400", "崇左市"),
];

/// The province whose prefectures are carried.
const GUANGXI: &str = "45";
/// The city whose counties are carried.
const LIUZHOU: &str = "4502";

impl DivisionCode {
    /// Reads six digits, in either width.
    pub fn parse(text: &str) -> Result<Self, DivisionError> {
        let code: String = text.trim().chars().map(half_width).collect();
        let digits: [u8; 6] = code
            .as_bytes()
            .try_into()
            .ok()
            .filter(|digits: &[u8; 6]| digits.iter().all(u8::is_ascii_digit))
            .ok_or_else(|| DivisionError {
                zh: format!("行政区划代码“{code}”应为六位数字"),
                en: format!("the division code '{code}' must be six digits"),
            })?;
        let unknown = |part: &str| DivisionError {
            zh: format!("行政区划代码“{code}”中的“{part}”不存在（GB/T 2260）"),
            en: format!("there is no division '{part}' in '{code}' (GB/T 2260)"),
        };
        let (province, city, county) = (&code[..2], &code[..4], &code[4..]);
        if !PROVINCES.iter().any(|(prefix, _)| *prefix == province) {
            return Err(unknown(province));
        }
        let whole_province = city.ends_with("00");
        if whole_province && county != "00" {
            return Err(unknown(&code));
        }
        let prefecture_known = CARRIED.iter().any(|known| known.code[..4] == *city);
        if province == GUANGXI && !whole_province && !prefecture_known {
            return Err(unknown(city));
        }
        if city == LIUZHOU && carried(&code).is_none() {
            return Err(unknown(&code));
        }
        Ok(Self(digits))
    }

    /// Refuses a code that was not yet, or no longer, valid in `year`.
    pub fn check_year(self, year: i16) -> Result<(), DivisionError> {
        let Some(known) = carried(self.as_str()) else { return Ok(()) };
        if year < known.first {
            return Err(DivisionError {
                zh: format!("{self}（{}）自 {} 年起使用，{year} 年尚无", known.name, known.first),
                en: format!(
                    "{self} ({}) is in use from {}, not in {year}",
                    known.name, known.first
                ),
            });
        }
        if known.last < year {
            return Err(DivisionError {
                zh: format!("{self}（{}）用至 {} 年，{year} 年已撤销", known.name, known.last),
                en: format!("{self} ({}) was in use until {}, not {year}", known.name, known.last),
            });
        }
        Ok(())
    }

    /// Chinese name, where we carry it.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        if self.is_province() {
            let named = PROVINCES.iter().find(|(prefix, _)| self.as_str().starts_with(*prefix));
            return named.map(|(_, name)| *name);
        }
        carried(self.as_str()).map(|known| known.name)
    }

    /// Whether `other` is this division or lies inside it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.as_str().starts_with(self.prefix())
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("parse took six ASCII digits")
    }

    fn is_province(self) -> bool {
        self.as_str().ends_with("0000")
    }

    /// The digits that all divisions inside share.
    fn prefix(&self) -> &str {
        let code = self.as_str();
        if code.ends_with("0000") {
            &code[..2]
        } else if code.ends_with("00") {
            &code[..4]
        } else {
            code
        }
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn carried(code: &str) -> Option<&'static Known> {
    CARRIED.iter().find(|known| known.code == code)
}

const fn half_width(c: char) -> char {
    match c {
        '０'..='９' => (b'0' + (c as u32 - '０' as u32) as u8) as char,
        _ => c,
    }
}

#[cfg(test)]
#[path = "division/tests.rs"]
mod tests;
