//! Why a cell is as it is, in words: the window, each event counted or not, and what would mend it.
//!
//! Words only. Every figure stands in the [`Obligation`]; nothing is judged again here.

use duty::evaluate::{
    Considered, NotCounted, Obligation, Owner, Period, ReviewState, Standing, Status, Why,
};
use duty::exemption::{Covered, Exemption, HeldExemption, Span};
use duty::occurred::Timing;
use duty::review::Verdict;
use duty::ruleset::{Bound, Cadence, Deadline, DutyRule, RuleSet, Rung};

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sentence {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

fn sentence(zh: impl Into<String>, en: impl Into<String>) -> Sentence {
    Sentence { zh: zh.into(), en: en.into() }
}

/// The name of a rung.
#[must_use]
pub const fn rung_name(rung: Rung) -> (&'static str, &'static str) {
    match rung {
        Rung::Claimed => ("自述", "claimed"),
        Rung::Dated => ("有日期", "dated"),
        Rung::Documented => ("有佐证", "documented"),
        Rung::Verified => ("已核定", "verified"),
    }
}

/// What is asked for, by when.
#[must_use]
pub fn demand(rule: &DutyRule, obligation: &Obligation) -> Sentence {
    let required = obligation.required.normalize();
    let (zh, en) = match (&obligation.period, &obligation.window) {
        (_, None) => ("期限未定".to_owned(), "no deadline is known".to_owned()),
        (Period::Trigger { kind, day, .. }, Some(window)) => (
            format!("{day} 发生变化（{kind}），应在 {} 及以前完成", window.last),
            format!("after {kind} on {day}, by {} at the latest", window.last),
        ),
        (Period::TakenOver { from, day, position, .. }, Some(window)) => (
            format!(
                "承接自 {from}（{day} 起，第 {position} 条记录），自 {} 至 {}（含当日）",
                window.first, window.last
            ),
            format!(
                "taken over from {from} on {day} (entry {position}); from {} to {}, both included",
                window.first, window.last
            ),
        ),
        (_, Some(window)) => (
            format!("自 {} 至 {}（含当日）", window.first, window.last),
            format!("from {} to {}, both included", window.first, window.last),
        ),
    };
    let basis = deadline(&rule.cadence).map_or(String::new(), |deadline| {
        let bound = match deadline.bound {
            Bound::Before => "之前",
            Bound::OnOrBefore => "及以前",
        };
        format!("（规则原文：{}月{}日{bound}）", deadline.date.month(), deadline.date.day())
    });
    sentence(format!("要求至少 {required} 次；{zh}{basis}"), format!("at least {required}; {en}"))
}

fn deadline(cadence: &Cadence) -> Option<&Deadline> {
    match cadence {
        Cadence::Annual { deadline } => Some(deadline),
        Cadence::HalfYear { .. }
        | Cadence::Quarterly { .. }
        | Cadence::OnChange { .. }
        | Cadence::OnEvent
        | Cadence::ContinuousCount => None,
    }
}

/// An exemption: by whose decision, for whom, until when, and whether it was revoked.
#[must_use]
pub fn exemption(held: &HeldExemption) -> Sentence {
    let Exemption { covered, span, reason, document, .. } = &*held.exemption;
    let (whom_zh, whom_en) = match covered {
        Covered::Organization => ("全单位".to_owned(), "the organization".to_owned()),
        Covered::Post(post) => (format!("职务 {post}"), format!("post {post}")),
        Covered::Person(person) => (format!("人员 {person}"), format!("person {person}")),
    };
    let (span_zh, span_en) = match span {
        Span::Year(year) => (format!("{year} 考核年度"), format!("the accounting year {year}")),
        Span::Days { first, last } => {
            (format!("自 {first} 至 {last}（含当日）"), format!("{first} to {last}, both included"))
        }
    };
    let (end_zh, end_en) = held.revoked.map_or_else(Default::default, |(at, from)| {
        (
            format!("；自 {from} 起撤销（第 {at} 条）"),
            format!("; revoked from {from} on (position {at})"),
        )
    });
    let at = held.since;
    sentence(
        format!(
            "经 {document} 免除（第 {at} 条）：{whom_zh}，{span_zh}，事由：{}{end_zh}",
            reason.name_zh()
        ),
        format!(
            "exempted by {document} (position {at}): {whom_en}, {span_en}, because of {}{end_en}",
            reason.name_en()
        ),
    )
}

/// How an event stands towards the obligation, why, and what a supervisor said of it.
#[must_use]
pub fn considered(entry: &Considered) -> Sentence {
    let Sentence { zh, en } = standing(&entry.standing);
    let (more_zh, more_en) = entry.review.as_ref().map_or_else(Default::default, reviewed);
    sentence(zh + &more_zh, en + &more_en)
}

/// What a return asks for; a decision of another kind shows in how the event counts.
fn reviewed(state: &ReviewState) -> (String, String) {
    let (at, on) = (state.review.at, state.review.on);
    match (state.review.verdict, state.cure_by) {
        (Verdict::Accepted, _) => Default::default(),
        (Verdict::AcceptanceWithdrawn, _) => (
            format!("；核定已于 {on} 撤销（第 {at} 条）"),
            format!("; its acceptance was withdrawn on {on} (position {at})"),
        ),
        (Verdict::Returned, None) => (
            format!("；{on} 退回（第 {at} 条），补正期限未定：当年工作日历尚未载入"),
            format!("; returned on {on} (position {at}), to be mended by a day no calendar tells"),
        ),
        (Verdict::Returned, Some(last)) if state.cure_passed => (
            format!("；{on} 退回（第 {at} 条），补正期限 {last} 已过而未补正，仅作自述计"),
            format!(
                "; returned on {on} (position {at}), not mended by {last}, the end of its cure \
                 period: claimed only"
            ),
        ),
        (Verdict::Returned, Some(last)) => (
            format!("；{on} 退回（第 {at} 条），应在 {last} 及以前补正"),
            format!("; returned on {on} (position {at}), to be mended by {last}"),
        ),
    }
}

/// How an event stands towards the obligation, and why.
#[must_use]
pub fn standing(standing: &Standing) -> Sentence {
    match standing {
        Standing::NotCounted(why) => not_counted(*why),
        Standing::Counted { rung, timing, amount, held_back } => {
            let (rung_zh, rung_en) = rung_name(*rung);
            let (timing_zh, timing_en) = match timing {
                Timing::InTime => ("期限内", "in time"),
                Timing::Late => ("逾期", "late"),
                Timing::TooEarly => ("早于期间", "before the window"),
                Timing::Unknown => ("时间不能确定", "date uncertain"),
            };
            let amount = amount.normalize();
            let (why_zh, why_en) = held_back_text(*held_back);
            sentence(
                format!("计入“{rung_zh}”，{timing_zh}，计 {amount}{why_zh}"),
                format!("counts as {rung_en}, {timing_en}, for {amount}{why_en}"),
            )
        }
    }
}

fn not_counted(why: NotCounted) -> Sentence {
    let (zh, en) = match why {
        NotCounted::Planned => ("仅为计划，不计入", "only planned: plans never count"),
        NotCounted::Outcome => ("属业务成效，不计入", "a business outcome: outside the score"),
        NotCounted::OtherYear => ("考核年度不同，不计入", "answers for another year"),
        NotCounted::AfterAsOf => {
            ("在查询日之后发生，不计入", "had not happened by the day asked about")
        }
        NotCounted::BeforeWindow => ("早于规定期间，不计入", "lies before the window"),
        NotCounted::OtherPeriod => ("属其他时段", "belongs to another part of the year"),
        NotCounted::SumOfCounted => {
            ("为汇总数，其组成已分别计入，不重复计算", "a sum whose parts are counted already")
        }
        NotCounted::OtherPerson => ("属他人职责", "discharges somebody else's duty"),
        NotCounted::BeforeTakingOver => ("早于承接之日", "before the duty was taken over"),
        NotCounted::NothingOwed => {
            ("该事项不适用，无须计入", "the duty does not apply: nothing is owed")
        }
        NotCounted::Exempted => {
            ("该事项已免除，不计入", "the duty is exempted: nothing is counted")
        }
        NotCounted::BelowThreshold => ("未达到规定标准", "misses a threshold of the rule"),
    };
    sentence(zh, en)
}

const fn held_back_text(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::Nothing => ("", ""),
        Why::NoInstance => {
            ("；仅称定期开展，没有具体一次", "; a regular claim without an instance")
        }
        Why::DateUncertain => ("；日期不明或跨越期限", "; its date is unknown or crosses a border"),
        Why::NotDayPrecise => ("；日期未精确到日", "; not known to the day"),
        Why::NoDocument => (
            "；没有文号，也没有盖章纪要的摘要值",
            "; no document number and no digest of sealed minutes",
        ),
        Why::NotAccepted => ("；尚未经审核核定", "; not yet accepted by a supervisor"),
        Why::Returned => ("；已被审核人退回", "; returned by a supervisor"),
        Why::Reservation => (
            "；核定等级 C（有保留地采信），在“已核定”一级按 0.6 计",
            "; accepted with a reservation (grade C): for 0.6 of it on the rung verified",
        ),
        Why::NobodyNamed => ("；未注明履职人", "; names nobody"),
        Why::FigureMissing => ("；缺少规则要求的数据", "; a figure the rule asks for is missing"),
    }
}

/// What would turn the obligation green on the official rung; nothing when it is, or need not be.
#[must_use]
pub fn remedies(rules: &RuleSet, rule: &DutyRule, obligation: &Obligation) -> Vec<Sentence> {
    let official = rules.official_rung;
    let status = obligation.at(official).status;
    if matches!(status, Status::NotApplicable | Status::Exempted | Status::Fulfilled) {
        return Vec::new();
    }
    let mut remedies: Vec<Sentence> = obligation
        .considered
        .iter()
        .filter_map(|entry| match &entry.standing {
            Standing::Counted { rung, held_back, .. }
                if *rung < official || *held_back == Why::Reservation =>
            {
                let (zh, en) = lift(*held_back)?;
                Some(sentence(
                    format!("事件 {}（第 {} 条）：{zh}", entry.event_id, entry.position),
                    format!("event {} (position {}): {en}", entry.event_id, entry.position),
                ))
            }
            Standing::Counted { .. } | Standing::NotCounted(_) => None,
        })
        .collect();
    let missing = obligation.required - obligation.at(official).in_time;
    if obligation.considered.iter().all(|entry| matches!(entry.standing, Standing::NotCounted(_)))
        && rust_decimal::Decimal::ZERO < missing
    {
        remedies.push(file_one(rule, obligation));
    }
    if status == Status::FulfilledLate {
        remedies.push(sentence(
            "已逾期完成，按规则折减计分；时限不可补救",
            "done late: the credit is reduced by the rule, which no later act can mend",
        ));
    }
    remedies
}

fn file_one(rule: &DutyRule, obligation: &Obligation) -> Sentence {
    let types = rule.satisfied_by.iter().map(|t| t.name_zh()).collect::<Vec<_>>().join("或");
    let types_en = rule.satisfied_by.iter().map(|t| t.name_en()).collect::<Vec<_>>().join(" or ");
    let (who_zh, who_en) = match &obligation.owner {
        Owner::Person { person, .. } => (format!("由 {person} "), format!(" by {person}")),
        Owner::Organization | Owner::Vacant => (String::new(), String::new()),
    };
    sentence(
        format!("{who_zh}填报一次具体的“{types}”，注明日期和文号（或盖章纪要的摘要值）"),
        format!(
            "record an instance of {types_en}{who_en}, with its day and a document number or the \
             digest of sealed minutes"
        ),
    )
}

const fn lift(why: Why) -> Option<(&'static str, &'static str)> {
    match why {
        Why::Nothing => None,
        Why::NoInstance => Some((
            "另行填报具体的一次（日期、文号）",
            "record a concrete instance, with day and document",
        )),
        Why::DateUncertain => Some(("更正为确切日期", "correct it with the exact day")),
        Why::NotDayPrecise => Some(("更正为精确到日的日期", "correct it with the day")),
        Why::NoDocument => Some((
            "补充文号或盖章纪要的摘要值",
            "correct it with a document number or the digest of sealed minutes",
        )),
        Why::NotAccepted => Some(("提请审核", "have a supervisor accept it")),
        Why::Returned => Some((
            "按退回意见更正后重新提请审核",
            "correct it as the return asks, then have a supervisor accept it",
        )),
        Why::Reservation => Some((
            "补足佐证后提请重新核定",
            "complete the evidence, then have a supervisor accept it without a reservation",
        )),
        Why::NobodyNamed => {
            Some(("更正并注明履职人或职务", "correct it, naming the person or the post"))
        }
        Why::FigureMissing => {
            Some(("更正并补充规则要求的数据", "correct it with the figures the rule asks for"))
        }
    }
}
