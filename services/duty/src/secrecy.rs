//! State-secret markings (国家秘密标志) in a text: 绝密, 机密, 秘密 as a marking, not as words.
//!
//! Text that carries a marking must never enter this system; text that speaks of secrets, such as
//! the name of the law on guarding them, must. A word is a marking by where and how it stands:
//! alone on a line or in brackets, beside a star or a term, after 密级, or apart from the rest at
//! either end of a line. An enumeration of the levels is talk about them. In doubt between two
//! readings of a header the stricter one is taken: to reword a title costs less than a leak.
//!
//! This is a net for slips. It does not find classified content that carries no marking, and does
//! not replace the secrecy review before publication.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// White space inside a line, with the invisible characters copying brings along.
const GAP: &str = r"[\s\u{200b}-\u{200d}\u{2060}\u{feff}--\n]";
/// A level, its two characters perhaps set apart, in either script, with 级 or without.
const LEVEL: &str = r"(?:[绝絕]G*密|[机機]G*密|[秘祕]G*密)(?:G*[级級])?";
/// How long it lasts: a number of years, months or days, a date, for long, until declassified.
const TERM: &str =
    r"(?:[0-9０-９一二三四五六七八九十]+G*(?:年|个月|月|日|天)|长期|永久|解密前|启封前|公布前)";
/// What may stand on a line with a marking without making a sentence of it: stars, dots, brackets,
/// copy numbers, urgency.
const BESIDE: &str = concat!(
    r"(?:G|[★☆✩✪⭐*＊·•．.、,，:：;；/／\-—－_=#【】\[\]［］（）()〔〕〖〗《》「」“”]|",
    r"[0-9０-９]|年|月|日|特急|加急|平急|特提|急件|份号|编号|NO|No|№|长期|级|T)",
);
/// Words before 秘密 that name another kind of secret.
const OTHER_SECRETS: [&str; 6] = ["商业", "工作", "技术", "个人", "企业", "职业"];

/// The shapes of a marking. `M` is the level, `G` a gap, `T` a term, `B` what may stand beside;
/// the group `m` is what is shown. A `|` ends a cell of a table as a line break ends a line.
const SHAPES: [&str; 7] = [
    // Beside a star: 机密★10年, ★秘密.
    r"(?P<before>)(?P<m>MG*[★☆✩✪⭐](?:G*T)?)",
    r"(?P<before>)(?P<m>[★☆✩✪⭐]G*M)(?:[^\p{Han}]|$)",
    // Beside an asterisk, which may be emphasis too: only with a term, or not after a word.
    r"(?P<before>^|[^\p{Han}*])(?P<m>MG*[*＊](?:G*T)?)(?:[^*＊\p{Han}]|$)",
    // After the word 密级: 密级：机密; 密级为绝密级; 保密等级|秘密.
    r"(?P<before>)(?P<m>(?:密G*[级級]|密等|[保定涉秘]密(?:等级|级别|程度))G*(?:[:：=＝|｜为是属]|G|于)*[【（(\[［“]?G*M)(?:[^、和或及与\p{Han}]|$)",
    // In brackets of its own: 【机密】, （秘密·5年）.
    r"(?P<before>)(?P<m>[【\[［（(〔〖]G*M(?:B|T)*[】\]］）)〕〗])",
    // With a term and nothing else between: 机密10年, 秘密 长期.
    r"(?P<before>^|[^\p{Han}])(?P<m>MG*[·•．.：:]?G*T)(?:[^\p{Han}]|$)",
    // On a line or in a cell of its own, perhaps with copy number, stars and urgency.
    r"(?P<before>(?:^|[|｜])(?:B)*)(?P<m>M)(?:M|B)*(?:$|[|｜])",
];

/// At one end of a line, apart from the rest: `机密　关于…`, `绝密：…`, `…的通知 机密`.
const EDGES: [&str; 3] = [
    r"(?P<before>^G*)(?P<m>M)G*[:：]",
    r"(?P<before>^G*)(?P<m>M)G+\p{Han}",
    r"(?P<before>[^\s、，,和或及与]G+)(?P<m>M)G*$",
];

/// Said of a text as a whole: 本文件为绝密级; 属机密级.
const SAID: [&str; 1] = [r"(?P<before>[为是属于定]G*)(?P<m>M)G*(?:[。.；;！!）)]|$)"];

struct Shape {
    pattern: Regex,
    /// Whether the level must carry 级 to be a marking in this shape.
    needs_suffix: bool,
}

static COMPILED: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let plain = SHAPES.iter().chain(&EDGES).map(|shape| (*shape, false));
    plain
        .chain(SAID.iter().map(|shape| (*shape, true)))
        .map(|(shape, needs_suffix)| {
            let pattern =
                shape.replace('M', LEVEL).replace('B', BESIDE).replace('T', TERM).replace('G', GAP);
            let pattern = Regex::new(&format!("(?mR){pattern}"));
            Shape { pattern: pattern.expect("the shapes are constant and tested"), needs_suffix }
        })
        .collect()
});

/// The first state-secret marking in `text`, as it stands there.
#[must_use]
pub fn find_marking(text: &str) -> Option<String> {
    // Nearly every text has no 密 at all; the shapes are for those that do.
    if !text.contains('密') {
        return None;
    }
    COMPILED.iter().find_map(|shape| {
        let found = shape.pattern.captures_iter(text).find(|found| is_marking(shape, found, text));
        found.and_then(|found| Some(found.name("m")?.as_str().trim().to_owned()))
    })
}

fn is_marking(shape: &Shape, found: &Captures<'_>, text: &str) -> bool {
    let Some(marking) = found.name("m") else { return false };
    let before = &text[..marking.start()];
    let other_secret = OTHER_SECRETS.iter().any(|word| before.ends_with(word));
    let suffixed = marking.as_str().ends_with(['级', '級']);
    !other_secret && (suffixed || !shape.needs_suffix)
}

#[cfg(test)]
#[path = "secrecy/tests.rs"]
mod tests;
