//! What supervisors did about an organization, as reports tell of it: findings with what became of
//! them (整改), and exemptions (免除). Entries only, by position; whoever reads the ledger hands
//! them in.

use duty::docno::DocumentNumber;
use duty::position::Position;

/// What supervisors did about an organization and a year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supervised {
    /// The findings that count for the year, by position.
    pub findings: Vec<Finding>,
    /// The exemptions that held in the year, by position.
    pub exemptions: Vec<Exempted>,
}

/// A finding (督办通知) and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry of the order.
    pub ordered: Position,
    /// 文号 of the order.
    pub document: DocumentNumber,
    /// The last answer (整改反馈), if one came.
    pub answered: Option<Position>,
    /// The entry that closed it (销号), if one did.
    pub closed: Option<Position>,
}

/// An exemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exempted {
    /// The entry that granted it.
    pub granted: Position,
    /// 文号 of the decision.
    pub document: DocumentNumber,
}
