//! Tables of the views, for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use super::Language;
use crate::pb;

/// An empty table in the house style.
pub(super) fn new(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headers.iter().map(Cell::new));
    table
}

/// A status in words.
pub(super) fn status(number: i32, language: Language) -> &'static str {
    use pb::ComplianceStatus as S;
    let (zh, en) = match S::try_from(number).unwrap_or(S::Unspecified) {
        S::NotApplicable => ("不适用", "n/a"),
        S::Exempted => ("免除", "exempted"),
        S::NotDue => ("未到期", "not due"),
        S::DueSoon => ("临期", "due soon"),
        S::Fulfilled => ("已履行", "fulfilled"),
        S::Partial => ("部分履行", "partial"),
        S::FulfilledLate => ("逾期补办", "late"),
        S::Overdue => ("逾期未履行", "overdue"),
        S::NeedsVerification => ("待核", "to verify"),
        S::Unspecified => ("?", "?"),
    };
    language.pick(zh, en)
}

/// A mark beside the words, so that a column can be scanned.
fn mark(number: i32) -> &'static str {
    use pb::ComplianceStatus as S;
    match S::try_from(number).unwrap_or(S::Unspecified) {
        S::Fulfilled => "●",
        S::FulfilledLate | S::Partial => "◐",
        S::Overdue => "✗",
        S::NeedsVerification => "?",
        S::NotDue | S::DueSoon => "○",
        S::NotApplicable | S::Exempted | S::Unspecified => "–",
    }
}

/// Status and credit of one rung; nothing to credit where nothing applies.
fn rung(standing: &pb::RungStanding, language: Language) -> String {
    let words = status(standing.status, language);
    let mark = mark(standing.status);
    if mark == "–" {
        return format!("{mark} {words}");
    }
    format!("{mark} {words} {}", standing.credit)
}

/// So many things of a list are shown in one cell.
const SHOWN_MOST: usize = 12;

/// Ids in a cell: the first few, and how many there are. One cell with a thousand of them would
/// make every row of the table as wide.
pub(super) fn few(ids: &[String]) -> String {
    let shown = ids.iter().take(SHOWN_MOST).map(String::as_str).collect::<Vec<_>>().join(" ");
    if ids.len() <= SHOWN_MOST { shown } else { format!("{shown} … ({})", ids.len()) }
}

/// Positions in a cell: as [`positions`], the first few ranges, and how many positions there are.
pub(super) fn few_positions(all: &[u64]) -> String {
    let ranges = ranges(all);
    let shown = in_words(ranges.iter().take(SHOWN_MOST));
    if ranges.len() <= SHOWN_MOST { shown } else { format!("{shown} … ({})", all.len()) }
}

/// Positions as ranges: `12, 15–17`.
pub(super) fn positions(positions: &[u64]) -> String {
    in_words(ranges(positions).iter())
}

fn ranges(positions: &[u64]) -> Vec<(u64, u64)> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for position in positions {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *position => *last = *position,
            _ => parts.push((*position, *position)),
        }
    }
    parts
}

fn in_words<'a>(ranges: impl Iterator<Item = &'a (u64, u64)>) -> String {
    let parts = ranges.map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Every entry behind a duty, on any rung.
fn entries(rungs: &[pb::RungStanding]) -> String {
    let mut all: Vec<u64> =
        rungs.iter().flat_map(|rung| rung.entry_positions.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { "—".to_owned() } else { positions(&all) }
}

/// Who owes an obligation and for when, for its line below the duty.
fn owner_and_period(obligation: &pb::ObligationView, language: Language) -> String {
    let mut parts = Vec::new();
    if let Some(owner) = &obligation.owner {
        if !owner.person_id.is_empty() {
            parts.push(owner.person_id.clone());
        }
        if owner.vacant {
            parts.push(language.pick("职务空缺", "vacant").to_owned());
        }
        if owner.short_tenure {
            parts.push(language.pick("任职不足半年", "under half a year").to_owned());
        }
    }
    if obligation.period != "year" || parts.is_empty() {
        parts.push(obligation.period.clone());
    }
    parts.join(" ")
}

/// The duties of a view.
pub(super) fn duties<'a>(
    duties: impl Iterator<Item = &'a pb::DutyCompliance>,
    language: Language,
) -> Table {
    let mut table = new(&[
        language.pick("责任事项", "duty"),
        language.pick("权重", "weight"),
        language.pick("截止", "last day"),
        language.pick("自述", "claimed"),
        language.pick("有日期", "dated"),
        language.pick("有佐证", "documented"),
        language.pick("已核定", "verified"),
        language.pick("认定", "status"),
        language.pick("依据（台账序号）", "entries"),
    ]);
    for duty in duties {
        let name = language.pick(&duty.name_zh, &duty.name_en).to_owned();
        let mut due = String::new();
        if let [only] = duty.obligations.as_slice() {
            due.clone_from(&only.last_date);
        }
        row(&mut table, name, &duty.weight, &due, &duty.rungs, duty.status, language);
        if 1 < duty.obligations.len() {
            for obligation in &duty.obligations {
                let name = format!("  └ {}", owner_and_period(obligation, language));
                let due = &obligation.last_date;
                row(&mut table, name, "", due, &obligation.rungs, obligation.status, language);
            }
        }
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(
    table: &mut Table,
    name: String,
    weight: &str,
    due: &str,
    rungs: &[pb::RungStanding],
    official: i32,
    language: Language,
) {
    let mut cells = vec![name, weight.to_owned(), due.to_owned()];
    cells.extend(rungs.iter().map(|standing| rung(standing, language)));
    cells.push(status(official, language).to_owned());
    cells.push(entries(rungs));
    table.add_row(cells);
}

/// The four scores.
pub(super) fn scores(scores: &[pb::RungScore], language: Language) -> Table {
    let mut table = new(&[
        language.pick("得分", "score"),
        language.pick("自述", "claimed"),
        language.pick("有日期", "dated"),
        language.pick("有佐证", "documented"),
        language.pick("已核定", "verified"),
    ]);
    let dash = |text: &str| if text.is_empty() { "—".to_owned() } else { text.to_owned() };
    let mut all = vec![language.pick("全年", "whole year").to_owned()];
    all.extend(scores.iter().map(|score| dash(&score.score)));
    table.add_row(all);
    let mut due = vec![language.pick("已到期部分", "due so far").to_owned()];
    due.extend(scores.iter().map(|score| dash(&score.due_so_far)));
    table.add_row(due);
    table
}

/// What a view reflects, in one line.
pub(super) fn basis(basis: &pb::ViewBasis, language: Language) -> String {
    let rules = basis
        .rule_sets
        .iter()
        .map(|rules| {
            format!("{} (sha256 {}…)", rules.rule_set_id, rules.digest.get(..12).unwrap_or(""))
        })
        .collect::<Vec<_>>()
        .join(", ");
    let pb::ViewBasis { year, as_of_date, known_position, tree_size, root_hash, .. } = basis;
    let root = root_hash.get(..12).unwrap_or("");
    match language {
        Language::Zh => format!(
            "考核年度 {year} · 截至 {as_of_date} · 已知至第 {known_position} 条 · 规则集 {rules} · 树 {tree_size} 根 {root}…"
        ),
        Language::En => {
            format!(
                "year {year} · as of {as_of_date} · known to position {known_position} · rules {rules} \
                 · tree {tree_size} root {root}…"
            )
        }
    }
}

/// Says with which result a year is sealed, so that nobody takes the figures around for it.
pub(super) fn sealed(seal: &pb::SealedYear, language: Language) -> String {
    let dash = |text: &str| if text.is_empty() { "—".to_owned() } else { text.to_owned() };
    let pb::SealedYear { organization_id, position, as_of_date, document_number, .. } = seal;
    let (score, grade) = (dash(&seal.final_score), dash(&seal.grade));
    let digest = seal.sheet_digest.get(..12).unwrap_or(&seal.sheet_digest);
    match language {
        Language::Zh => format!(
            "{organization_id} 已封存：最终得分 {score} · 等次 {grade} · 截至 {as_of_date} · \
             {document_number} · 第 {position} 条 · sha256 {digest}…（此处其余数据随台账变动）"
        ),
        Language::En => format!(
            "{organization_id} is sealed: final score {score} · grade {grade} · as of {as_of_date} \
             · {document_number} · entry {position} · sha256 {digest}… (the other figures here go \
             on with the ledger)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{few, few_positions, positions};

    #[test]
    fn positions_are_shown_as_ranges() {
        for (given, shown) in [
            (&[][..], ""),
            (&[7], "7"),
            (&[7, 8], "7, 8"),
            (&[7, 8, 9, 12, 14, 15], "7–9, 12, 14, 15"),
        ] {
            assert_eq!(positions(given), shown);
        }
    }
    #[test]
    fn a_cell_shows_a_few_of_many_and_says_how_many_there_are() {
        assert_eq!(few(&["a".to_owned(), "b".to_owned()]), "a b");
        let many: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
        assert_eq!(few(&many), "0 1 2 3 4 5 6 7 8 9 10 11 … (1000)");
        let run: Vec<u64> = (1..=1_000).collect();
        assert_eq!(few_positions(&run), "1–1000");
        let scattered: Vec<u64> = (1..=1_000).map(|number| number * 10).collect();
        let shown = few_positions(&scattered);
        assert!(shown.starts_with("10, 20, ") && shown.ends_with("120 … (1000)"), "{shown}");
    }
}
