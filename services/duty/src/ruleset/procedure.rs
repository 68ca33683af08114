//! The terms of the evaluation procedure (公示、申诉、复核期限) and what a veto does (一票否决), as a
//! rule set says them.
//!
//! `procedure { notice_working_days, decision_working_days, further_review_request_working_days,
//! further_review_working_days }`: any of them; `veto { effect = "lowest" }` or `veto { effect =
//! "cap", grade = "合格" }`. What is not said is taken from the set extended, else from DOMAIN §5.5
//! and §6.2. A step carries the last day it was given: a rule set published later moves no term.

use super::Grade;
use super::nearest::did_you_mean;
use super::reader::{Report, Table};

/// Terms of the evaluation procedure, in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Procedure {
    /// 公示期: notice of a result; appeals are taken in it.
    pub notice: u32,
    /// 申诉办理期限: for deciding an appeal; one extension adds as many.
    pub decision: u32,
    /// 复核申请期限: for asking for a further review, from the decision on.
    pub review_request: u32,
    /// 复核办理期限: for deciding a further review.
    pub review: u32,
}

impl Default for Procedure {
    /// The numbers of DOMAIN §5.5; that for asking is as long as that for appealing.
    fn default() -> Self {
        Self { notice: 5, decision: 15, review_request: 5, review: 15 }
    }
}

/// What a veto does to the grade. Points are not touched: the score stays what was earned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Veto {
    /// 定为最低等次: the lowest grade there is, whatever the score.
    #[default]
    Lowest,
    /// 封顶: no grade better than this one, by its Chinese name.
    Cap(Box<str>),
}

const EFFECTS: &[(&str, bool)] = &[("lowest", false), ("cap", true)];

/// Most working days of a term: about two years.
const WORKING_DAYS_MAX: i64 = 500;

/// Reads the terms.
pub(super) fn read(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    base: Option<Procedure>,
) -> Option<Procedure> {
    let base = base.unwrap_or_default();
    let Some(node) = table.get("procedure") else { return Some(base) };
    let fields = node.table(report)?;
    let terms = [
        ("notice_working_days", base.notice),
        ("decision_working_days", base.decision),
        ("further_review_request_working_days", base.review_request),
        ("further_review_working_days", base.review),
    ];
    fields.allow_only(report, &terms.map(|(key, _)| key));
    let read = terms.map(|(key, inherited)| match fields.get(key) {
        Some(node) => u32::try_from(node.integer(report, 1..=WORKING_DAYS_MAX)?).ok(),
        None => Some(inherited),
    });
    let [notice, decision, review_request, review] = read;
    Some(Procedure {
        notice: notice?,
        decision: decision?,
        review_request: review_request?,
        review: review?,
    })
}

/// Reads what a veto does; a grade it names is one of `grades`, and not the best one.
pub(super) fn read_veto(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    base: Option<&Veto>,
    grades: &[Grade],
) -> Option<Veto> {
    let Some(node) = table.get("veto") else {
        let inherited = base.cloned().unwrap_or_default();
        // The grades of the set extended may have been replaced by this one.
        if let Veto::Cap(grade) = &inherited
            && !grades.iter().skip(1).any(|known| known.name_zh == *grade)
        {
            let place = table.get("grades").map_or_else(|| table.place.clone(), |node| node.place);
            report.invalid(
                &place,
                format!("上级规则集以“{grade}”为一票否决的封顶等次，本规则集没有该等次或以其为最高等次；请另定 veto"),
                format!(
                    "a veto caps at '{grade}' by the set extended, which is the best grade here or \
                     none: say 'veto' anew"
                ),
            );
            return None;
        }
        return Some(inherited);
    };
    let fields = node.table(report)?;
    fields.allow_only(report, &["effect", "grade"]);
    let caps = fields.need(report, "effect").and_then(|node| node.choice(report, EFFECTS))?;
    if !caps {
        if let Some(node) = fields.get("grade") {
            report.invalid(
                &node.place,
                "effect 为 lowest 时不填 grade",
                "a veto to the lowest grade names none",
            );
            return None;
        }
        return Some(Veto::Lowest);
    }
    let node = fields.need(report, "grade")?;
    let named = node.text(report)?;
    match grades.iter().position(|grade| &*grade.name_zh == named) {
        Some(0) => {
            report.invalid(
                &node.place,
                format!("“{named}”是最高等次，封顶于此等于没有否决"),
                format!("'{named}' is the best grade: a cap there vetoes nothing"),
            );
            None
        }
        Some(_) => Some(Veto::Cap(named.into())),
        None => {
            let (zh, en) = did_you_mean(named, grades.iter().map(|grade| &*grade.name_zh));
            report.invalid(
                &node.place,
                format!("等次中没有“{named}”{zh}"),
                format!("there is no grade '{named}'{en}"),
            );
            None
        }
    }
}

#[cfg(test)]
#[path = "procedure_tests.rs"]
mod tests;
