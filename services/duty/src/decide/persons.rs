//! Persons: what was erased stays erased, and whoever asks for an erasure does not approve it.
//!
//! Keys are no business of this crate. It sees that a text is sealed, never what it says.

use crate::decide::{REASON_CHARS_MIN, Refusal, RefusalKind, Standing};
use crate::entry::PersonErasure;
use crate::id::PersonId;
use crate::position::Position;
use crate::problem::{Problem, Reason};
use crate::registry::Person;

/// No text for a person whose text was erased.
pub(super) fn person(standing: &Standing, person: &Person, refusal: &mut Refusal) {
    if person.sealed.is_some() {
        not_erased(standing, &person.id, "text", refusal);
    }
}

/// The person exists, was not erased before, and two persons stand behind the erasure.
pub(super) fn erasure(
    standing: &Standing,
    recorder: &str,
    erasure: &PersonErasure,
    refusal: &mut Refusal,
) {
    refusal.add(RefusalKind::Invalid, |problems| {
        if *erasure.approver == *recorder {
            problems.add(
                Reason::ApproverIsRecorder,
                "approver",
                "批准人不得是填报人本人",
                "the approver must not be the recorder",
            );
        }
        if erasure.reason.trim().chars().count() < REASON_CHARS_MIN {
            problems.add(
                Reason::ReasonTooShort,
                "reason",
                format!("删除理由至少 {REASON_CHARS_MIN} 个字（不得写入姓名）"),
                format!("the reason takes at least {REASON_CHARS_MIN} characters (and no name)"),
            );
        }
    });
    if !standing.registry().has_person(&erasure.person, Position::MAX) {
        refusal.add(RefusalKind::NotFound, |problems| {
            problems.add(
                Reason::ReferenceUnknown,
                "person_id",
                format!("没有编号为 {} 的人员", erasure.person),
                format!("there is no person {}", erasure.person),
            );
        });
    }
    not_erased(standing, &erasure.person, "person_id", refusal);
}

fn not_erased(standing: &Standing, person: &PersonId, field: &str, refusal: &mut Refusal) {
    let record = standing.registry().person(person);
    let Some(at) = record.and_then(|record| record.erased_at) else { return };
    refusal.add(RefusalKind::FailedPrecondition, |problems| {
        problems.extend([person_erased(person, at, field)]);
    });
}

/// The problem of a person whose text was erased by the entry at `at`.
#[must_use]
pub fn person_erased(person: &PersonId, at: Position, field: &str) -> Problem {
    Problem::new(
        Reason::PersonErased,
        field,
        format!("人员 {person} 的个人信息已由第 {at} 条记录删除，不得再次录入或删除"),
        format!("what is personal about {person} was erased by entry {at}, for good"),
    )
}
