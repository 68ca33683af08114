//! The little that the evaluation keeps of an event's details.
//!
//! Not a copy of the details: no texts, no lists. There may be ten million of these in memory, and
//! most event types have nothing to keep, so what only documents, decisions and hearings have is
//! behind one pointer.

use jiff::civil::Date;

use super::Trigger;
use crate::quantity::Answer;

/// What the evaluation keeps of the details of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetailFacts {
    /// 调整原因 and 变动日期 of a leading group's adjustment.
    pub trigger: Option<(Trigger, Option<Date>)>,
    /// 生效日期 of a leading group's adjustment.
    pub effective_date: Option<Date>,
    /// The steps of a document, a decision, a review or a hearing; absent for all other types.
    pub procedure: Option<Box<Procedure>>,
}

/// The steps of a procedure (程序要件), as far as the record tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Procedure {
    /// 印发日期.
    pub issued_date: Option<Date>,
    /// 公开（公布）日期.
    pub published_date: Option<Date>,
    /// 备案日期.
    pub filed_date: Option<Date>,
    /// 依申请公开, or withheld for a stated reason: no publication is owed.
    pub publication_exempt: bool,
    /// 是否先经合法性审查: no where the dates prove that it came too late.
    pub legality_reviewed: Answer,
    /// 送审日期.
    pub legality_sent_date: Option<Date>,
    /// 出具审查意见日期.
    pub legality_returned_date: Option<Date>,
    /// 公开征求意见 first and last day, both counted.
    pub public_comment: Option<(Date, Date)>,
    /// 是否经集体讨论.
    pub collectively_discussed: Answer,
    /// 负责人是否出庭.
    pub appeared: Answer,
    /// 有正当理由不出庭.
    pub excused: bool,
}

impl DetailFacts {
    /// Facts that are steps of a procedure.
    pub(super) fn of(procedure: Procedure) -> Self {
        Self { procedure: Some(Box::new(procedure)), ..Self::default() }
    }

    /// 印发日期.
    #[must_use]
    pub fn issued_date(&self) -> Option<Date> {
        self.procedure.as_ref()?.issued_date
    }

    /// 公开（公布）日期.
    #[must_use]
    pub fn published_date(&self) -> Option<Date> {
        self.procedure.as_ref()?.published_date
    }

    /// 备案日期.
    #[must_use]
    pub fn filed_date(&self) -> Option<Date> {
        self.procedure.as_ref()?.filed_date
    }

    /// Whether no publication is owed.
    #[must_use]
    pub fn publication_exempt(&self) -> bool {
        self.procedure.as_ref().is_some_and(|procedure| procedure.publication_exempt)
    }

    /// Whether a legality review came first.
    #[must_use]
    pub fn legality_reviewed(&self) -> Answer {
        self.procedure.as_ref().map_or(Answer::Unknown, |procedure| procedure.legality_reviewed)
    }

    /// 送审日期.
    #[must_use]
    pub fn legality_sent_date(&self) -> Option<Date> {
        self.procedure.as_ref()?.legality_sent_date
    }

    /// 出具审查意见日期.
    #[must_use]
    pub fn legality_returned_date(&self) -> Option<Date> {
        self.procedure.as_ref()?.legality_returned_date
    }

    /// First and last day of the public comment, both counted.
    #[must_use]
    pub fn public_comment(&self) -> Option<(Date, Date)> {
        self.procedure.as_ref()?.public_comment
    }

    /// Whether it was discussed collectively.
    #[must_use]
    pub fn collectively_discussed(&self) -> Answer {
        self.procedure
            .as_ref()
            .map_or(Answer::Unknown, |procedure| procedure.collectively_discussed)
    }

    /// Whether a leader appeared in court.
    #[must_use]
    pub fn appeared(&self) -> Answer {
        self.procedure.as_ref().map_or(Answer::Unknown, |procedure| procedure.appeared)
    }

    /// Whether nobody had to appear, for an excuse the court rules allow.
    #[must_use]
    pub fn excused(&self) -> bool {
        self.procedure.as_ref().is_some_and(|procedure| procedure.excused)
    }
}
