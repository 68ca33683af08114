//! Where a rule comes from (来源): which rule set defined it, which changed it, and why.
//!
//! Plain values, made while a rule set is resolved; the words for them are the projection's.

use std::sync::Arc;

use super::RuleSet;
use super::parse::Head;
use crate::division::DivisionCode;
use crate::id::RuleSetId;

/// A rule set that another extends, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its id.
    pub id: RuleSetId,
    /// What it is for.
    pub jurisdiction: DivisionCode,
    /// Its digest, which covers its own parents.
    pub digest: Box<str>,
    /// Its exact text.
    pub text: Arc<str>,
}

/// What a rule set did to a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginKind {
    /// Defined it.
    Defined,
    /// Changed some of its keys.
    Overridden,
    /// Switched it off (停用).
    SwitchedOff,
}

/// One step of how a duty came to read as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The rule set.
    pub rule_set: RuleSetId,
    /// What it is for.
    pub jurisdiction: DivisionCode,
    /// What it did.
    pub kind: OriginKind,
    /// The keys it set or took away, in the order of the format; none unless overridden.
    pub keys: Vec<Box<str>>,
    /// Why; empty for a definition.
    pub reason: Box<str>,
}

impl Parent {
    /// A rule set and what it extends itself, nearest first.
    pub(super) fn chain(rules: &RuleSet) -> Vec<Self> {
        let nearest = Self {
            id: rules.id.clone(),
            jurisdiction: rules.jurisdiction,
            digest: rules.digest.clone(),
            text: Arc::clone(&rules.text),
        };
        std::iter::once(nearest).chain(rules.parents.iter().cloned()).collect()
    }
}

impl Origin {
    pub(super) fn of(head: &Head, kind: OriginKind) -> Self {
        Self {
            rule_set: head.id.clone(),
            jurisdiction: head.jurisdiction,
            kind,
            keys: Vec::new(),
            reason: Box::default(),
        }
    }
}
