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

use regex::Regex;

/// White space inside a line, with the invisible characters copying brings along.
const GAP: &str = r"[\s\u{200b}-\u{200d}\u{2060}\u{feff}--\n]";
/// A level, its two characters perhaps set apart, in either script, with 级 or without.
const LEVEL: &str = r"(?:[绝絕]G*密|[机機]G*密|[秘祕]G*密)(?:G*[级級])?";
/// The word before a level in a form or a header.
const CLASSIFIED_AS: &str = r"(?:密G*[级級]|密等|[保定涉秘]密(?:等级|级别|程度))";
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

/// What a match must fulfil beside its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    Nothing,
    /// Not the end of 国家秘密 with a stray space in it, as copying from a page leaves them.
    NotOfTheState,
    /// The level is written with 级.
    Suffixed,
}

/// The shapes of a marking. `M` is the level, `G` a gap, `T` a term, `B` what may stand beside, `K`
/// the word 密级; the group `m` is what is shown. A `|` ends a cell of a table as a line break ends
/// a line. What follows a level after `K` must not make it the first of an enumeration.
const SHAPES: [(&str, Guard); 12] = [
    // Beside a star: 机密★10年, ★秘密.
    (r"(?P<m>MG*[★☆✩✪⭐](?:G*T)?)", Guard::Nothing),
    (r"(?P<m>[★☆✩✪⭐]G*M)(?:[^\p{Han}]|$)", Guard::Nothing),
    // Beside an asterisk, which may be emphasis too: not after a word.
    (r"(?:^|[^\p{Han}*])(?P<m>MG*[*＊](?:G*T)?)(?:[^*＊\p{Han}]|$)", Guard::Nothing),
    // After the word 密级: 密级：机密, 保密等级|秘密; without a colon, 密级为绝密级, only when no
    // sentence goes on.
    (r"(?P<m>KG*[:：=＝|｜]G*[【（(\[［“]?G*M)(?:[^、和或及与级級]|$)", Guard::Nothing),
    (r"(?P<m>K(?:G|[为是属于])+[【（(\[［“]?G*M)(?:[^、\p{Han}]|$)", Guard::Nothing),
    // In brackets of its own: 【机密】, （秘密·5年）.
    (r"(?P<m>[【\[［（(〔〖]G*M(?:B|T)*[】\]］）)〕〗])", Guard::Nothing),
    // With a term and nothing else between: 机密10年, 秘密 长期.
    (r"(?:^|[^\p{Han}])(?P<m>MG*[·•．.：:]?G*T)(?:[^\p{Han}]|$)", Guard::Nothing),
    // On a line or in a cell of its own, perhaps with copy number, stars and urgency.
    (r"(?:^|[|｜])B*(?P<m>M)(?:M|B)*(?:$|[|｜])", Guard::Nothing),
    // At one end of a line, apart from the rest: 机密　关于…, 绝密：…, …的通知 机密.
    (r"^G*(?P<m>M)G*[:：]", Guard::Nothing),
    (r"^G*(?P<m>M)G+\p{Han}", Guard::Nothing),
    (r"[^\s、，,和或及与]G+(?P<m>M)G*$", Guard::NotOfTheState),
    // Said of a text as a whole: 本文件为绝密级; 属机密级.
    (r"[为是属于定]G*(?P<m>M)G*(?:[。.；;！!）)]|$)", Guard::Suffixed),
];

static COMPILED: LazyLock<Vec<(Regex, Guard)>> = LazyLock::new(|| {
    let compile = |(shape, guard): &(&str, Guard)| {
        let pattern = shape
            .replace('M', LEVEL)
            .replace('B', BESIDE)
            .replace('K', CLASSIFIED_AS)
            .replace('T', TERM)
            .replace('G', GAP);
        let pattern = Regex::new(&format!("(?mR){pattern}"));
        (pattern.expect("the shapes are constant and tested"), *guard)
    };
    SHAPES.iter().map(compile).collect()
});

/// The first state-secret marking in `text`, as it stands there.
#[must_use]
pub fn find_marking(text: &str) -> Option<String> {
    // Nearly every text has no 密 at all; the shapes are for those that do.
    if !text.contains('密') {
        return None;
    }
    COMPILED.iter().find_map(|(pattern, guard)| {
        let markings = pattern.captures_iter(text).filter_map(|found| found.name("m"));
        let marking = markings.into_iter().find(|marking| {
            let before = text[..marking.start()].trim_end();
            let other_secret = OTHER_SECRETS.iter().any(|word| before.ends_with(word));
            let suffixed = marking.as_str().ends_with(['级', '級']);
            let holds = match guard {
                Guard::Nothing => true,
                Guard::NotOfTheState => suffixed || !before.ends_with("国家"),
                Guard::Suffixed => suffixed,
            };
            holds && !other_secret
        });
        marking.map(|marking| marking.as_str().trim().to_owned())
    })
}

#[cfg(test)]
#[path = "secrecy/tests.rs"]
mod tests;
