//! What figures look like in print, blanks between a number and its unit and full-width digits
//! included. Patterns only; what they mean is read beside them.

use std::sync::OnceLock;

use regex::Regex;

/// The patterns, compiled once.
pub(super) struct Patterns {
    /// A year: 1 its number.
    pub(super) year: Regex,
    /// A document number: 1 words up to the issuer's code, 2 year, 3 serial.
    pub(super) document: Regex,
    /// From day to day: 1 year, 2 month, 3 day, 4 year, 5 month, 6 day.
    pub(super) days: Regex,
    /// From month to month: 1 year, 2 month, 3 year, 4 month.
    pub(super) months: Regex,
    /// A day: 1 year, 2 month, 3 day.
    pub(super) day: Regex,
    /// A month: 1 year, 2 month.
    pub(super) month: Regex,
    /// A half-year: 1 year, 2 上 or 下.
    pub(super) half_year: Regex,
    /// A quarter: 1 year, 2 which.
    pub(super) quarter: Regex,
    /// A rate: 1 qualifier, 2 digits, 3 words, 4 qualifier.
    pub(super) rate: Regex,
    /// A count: 1 qualifier, 2 number, 3 余, 4 万 or 亿, 5 余, 6 unit, 7 qualifier.
    pub(super) count: Regex,
}

pub(super) fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        // Stray blanks, the ideographic one too, but no line break.
        let sp = r"[\s&&[^\n]]*";
        let year = format!(r"(?:(\d{{4}}){sp}年{sp})?");
        let to = format!(r"{sp}[-—–~～至到]+{sp}");
        let before = format!("(?:(约|将近|近|超过|超|突破|逾|不少于|不低于|至少){sp})?");
        let numeral = "[零〇一二两三四五六七八九十百千]+";
        let units = "人次|分钟|小时|学时|次|场|人|名|份|件|条|项|个|家|部|分|天|字|元";
        Patterns {
            year: compile(&format!(r"(\d{{4}}){sp}年")),
            document: compile(
                r"(\p{Han}{1,20})\s*[〔\[［（(【]\s*(\d{4})\s*[〕\]］）)】]\s*第?(\d{1,5})\s*号",
            ),
            days: compile(&format!(
                r"{year}(\d{{1,2}}){sp}月{sp}(\d{{1,2}}){sp}日?{to}{year}(?:(\d{{1,2}}){sp}月{sp})?(\d{{1,2}}){sp}日"
            )),
            months: compile(&format!(r"{year}(\d{{1,2}}){sp}月{to}{year}(\d{{1,2}}){sp}月")),
            day: compile(&format!(r"{year}(\d{{1,2}}){sp}月{sp}(\d{{1,2}}){sp}日")),
            month: compile(&format!(r"{year}(\d{{1,2}}){sp}月")),
            half_year: compile(&format!("{year}(上|下)半年")),
            quarter: compile(&format!("{year}第?([一二三四1-4１-４])季度")),
            rate: compile(&format!(
                r"{before}(?:(\d+(?:[.．]\d+)?)\s*[%％]|百分之({numeral}))(以上|左右|余)?"
            )),
            count: compile(&format!(
                r"{before}(\d+(?:,\d{{3}})*(?:[.．]\d+)?|{numeral}){sp}(余|多)?(万|亿)?(余|多)?{sp}({units})(以上|左右|余)?"
            )),
        }
    })
}

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are fixed, and a test compiles them")
}
