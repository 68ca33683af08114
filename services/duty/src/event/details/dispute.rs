//! Disputes: 行政机关负责人出庭应诉 and 调解.

use jiff::civil::Date;

use super::field::{self, Field, Record, answer, date, given, irregular, named, text, texts};
use super::{AbsenceExcuse, AppearingLeader, CourtInstance, DetailFacts, Procedure};
use crate::occurred::Occurred;
use crate::problem::{Problems, Reason};
use crate::quantity::Answer;

/// The court gives notice three days before the hearing (法释〔2020〕3号, art. 5).
const NOTICE_DAYS_MIN: i32 = 3;

/// 行政机关负责人出庭应诉.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourtAppearance {
    /// 案号.
    pub case_number: Box<str>,
    /// 审级.
    pub instance: Option<CourtInstance>,
    /// 开庭日期.
    pub hearing_date: Option<Date>,
    /// 收到出庭通知日期.
    pub notice_date: Option<Date>,
    /// 出庭负责人.
    pub leader: Option<AppearingLeader>,
    /// 不出庭理由.
    pub excuse: Option<AbsenceExcuse>,
    /// 理由证明材料.
    pub excuse_proof: Box<str>,
    /// 出庭是否出声.
    pub spoke: Answer,
    /// 法院.
    pub court: Box<str>,
    /// 案由.
    pub case_cause: Box<str>,
    /// 裁判结果.
    pub result: Box<str>,
}

impl CourtAppearance {
    fn is_absent(&self) -> bool {
        self.leader == Some(AppearingLeader::Absent)
    }

    fn appeared(&self) -> Answer {
        match self.leader {
            None => Answer::Unknown,
            Some(AppearingLeader::Absent) => Answer::No,
            Some(AppearingLeader::Main | AppearingLeader::Deputy | AppearingLeader::InCharge) => {
                Answer::Yes
            }
        }
    }
}

impl Record for CourtAppearance {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            text("case_number", &self.case_number).ask("案号", "the case number"),
            given("instance", self.instance)
                .ask("审级（各审级分别计算）", "the instance (each one counts anew)"),
            date("hearing_date", self.hearing_date).own().ask("开庭日期", "the day of the hearing"),
            date("notice_date", self.notice_date),
            given("leader", self.leader)
                .ask("出庭负责人（计算出庭率）", "which leader appeared (it makes the rate)"),
            given("excuse", self.excuse),
            text("excuse_proof", &self.excuse_proof).ask_if(
                self.excuse.is_some(),
                "不出庭理由的证明材料（须盖章或主要负责人签字）",
                "the proof of the excuse (sealed, or signed by the main leader)",
            ),
            answer("spoke", self.spoke).ask_if(
                self.appeared() == Answer::Yes,
                "出庭是否出声",
                "whether the leader spoke in court",
            ),
            text("court", &self.court),
            text("case_cause", &self.case_cause),
            text("result", &self.result),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::check_order(
            named("notice_date", "收到通知日期", self.notice_date),
            named("hearing_date", "开庭日期", self.hearing_date),
            problems,
        );
        // A deputy may appear because the main leader is excused; nobody excuses who appeared.
        if self.leader == Some(AppearingLeader::Main) && self.excuse.is_some() {
            problems.add(
                Reason::FieldMalformed,
                "excuse",
                "正职负责人已出庭，不应填写不出庭理由",
                "the main leader appeared: there is nothing to excuse",
            );
        }
        if self.is_absent() && self.spoke == Answer::Yes {
            problems.add(
                Reason::FieldMalformed,
                "spoke",
                "负责人未出庭，不可能出声",
                "no leader appeared, so none can have spoken",
            );
        }
    }

    fn irregularities(&self, occurred: &Occurred, problems: &mut Problems) {
        if self.is_absent() && self.excuse.is_none() {
            irregular(
                "leader",
                "负责人未出庭且无正当理由",
                "no leader appeared, and no excuse is given",
                problems,
            );
        }
        if self.appeared() == Answer::Yes && self.spoke == Answer::No {
            irregular(
                "spoke",
                "负责人出庭不出声",
                "the leader appeared and did not speak",
                problems,
            );
        }
        let hearing = self.hearing_date.or(occurred.as_day());
        if let (Some(notice), Some(hearing)) = (self.notice_date, hearing)
            && (hearing - notice).get_days() < NOTICE_DAYS_MIN
        {
            irregular(
                "notice_date",
                format!("收到出庭通知距开庭不足 {NOTICE_DAYS_MIN} 日"),
                format!("notice came fewer than {NOTICE_DAYS_MIN} days before the hearing"),
                problems,
            );
        }
    }

    fn facts(&self) -> DetailFacts {
        DetailFacts::of(Procedure {
            appeared: self.appeared(),
            excused: self.is_absent() && self.excuse.is_some(),
            ..Procedure::default()
        })
    }
}

/// 人民调解与矛盾化解.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediationWork {
    /// 统计期起.
    pub period_start_date: Option<Date>,
    /// 统计期止.
    pub period_end_date: Option<Date>,
    /// 纠纷类型.
    pub dispute_types: Vec<Box<str>>,
    /// 移送、转介情况.
    pub referral: Box<str>,
}

impl Record for MediationWork {
    fn fields(&self) -> Vec<Field<'_>> {
        vec![
            date("period_start_date", self.period_start_date),
            date("period_end_date", self.period_end_date),
            texts("dispute_types", &self.dispute_types),
            text("referral", &self.referral),
        ]
    }

    fn contradictions(&self, _occurred: &Occurred, problems: &mut Problems) {
        field::check_interval(
            named("period_start_date", "统计期起", self.period_start_date),
            named("period_end_date", "统计期止", self.period_end_date),
            problems,
        );
    }
}
