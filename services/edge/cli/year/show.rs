//! How far a year is, in words.

use crate::cli::{Language, output};
use crate::pb;

/// Says how far a year is.
pub(super) fn standing(standing: &pb::YearStanding, language: Language) {
    output::say(stage(standing.stage(), language));
    // What was published before the year was opened again is no notice any more.
    let reopened_since = |position: u64| position < standing.reopened_position;
    if !standing.notice_end_date.is_empty() {
        let said = match reopened_since(standing.published_position) {
            true => language.pick("此前公示期至", "earlier notice until"),
            false => language.pick("公示期至", "notice until"),
        };
        output::say(&format!("{said} {}", standing.notice_end_date));
    }
    for appeal in &standing.appeals {
        let state = outcome(appeal.decided_position, appeal.upheld, language);
        let late = self::late(appeal.decided_late, language);
        let (said, due) = (language.pick("申诉", "appeal"), language.pick("期限", "due"));
        output::say(&format!(
            "{said} {} {state}{late} · {due} {}",
            appeal.position, appeal.decision_due_date
        ));
        if let Some(review) = &appeal.further_review {
            let said = language.pick("复核", "further review");
            let state = outcome(review.decided_position, review.upheld, language);
            let late = self::late(review.decided_late, language);
            let (at, last) = (review.position, &review.decision_due_date);
            output::say(&format!("{said} {at} {state}{late} · {due} {last}"));
        } else if !appeal.further_review_end_date.is_empty() {
            let said = language.pick("可申请复核至", "a further review may be asked for until");
            output::say(&format!("{said} {}", appeal.further_review_end_date));
        }
    }
    let reopened = || {
        let said = language.pick("启封于", "reopened at");
        output::say(&format!("{said} {}", standing.reopened_position));
    };
    let is_open_again = reopened_since(standing.sealed_position);
    if standing.reopened_position != 0 && !is_open_again {
        reopened();
    }
    if standing.sealed_position != 0 {
        let said = match is_open_again {
            true => language.pick("曾封存于", "was sealed at"),
            false => language.pick("封存于", "sealed at"),
        };
        let digest = &standing.sealed_digest;
        output::say(&format!("{said} {} · sha256 {digest}", standing.sealed_position));
    }
    if is_open_again {
        reopened();
    }
}

/// How far a year is.
pub(super) fn stage(stage: pb::YearStage, language: Language) -> &'static str {
    match stage {
        pb::YearStage::Published => language.pick("已公示", "published for notice"),
        pb::YearStage::Sealed => language.pick("已封存", "sealed"),
        pb::YearStage::Open | pb::YearStage::Unspecified => language.pick("未公示", "open"),
    }
}

/// That a decision came after its last day.
fn late(is_late: bool, language: Language) -> &'static str {
    if is_late { language.pick("（逾期作出）", " (after its last day)") } else { "" }
}

/// What became of an appeal or of its further review.
fn outcome(decided: u64, upheld: bool, language: Language) -> &'static str {
    match (decided, upheld) {
        (0, _) => language.pick("待决定", "undecided"),
        (_, true) => language.pick("支持", "upheld"),
        (_, false) => language.pick("驳回", "rejected"),
    }
}
