//! Absences: of a tenure that exists, within it, one at a time.

use crate::decide::{Refusal, RefusalKind, Standing};
use crate::position::Position;
use crate::problem::Reason;
use crate::registry::Absence;

/// The tenure exists, the span is a span that begins in it, and no other absence shares its days.
pub(super) fn absence(standing: &Standing, absence: &Absence, refusal: &mut Refusal) {
    let registry = standing.registry();
    let tenure = registry.tenure(&absence.tenure, Position::MAX).map(|(_, tenure)| tenure);
    refusal.add(RefusalKind::Invalid, |problems| {
        match tenure {
            None => problems.add(
                Reason::ReferenceUnknown,
                "absence.tenure_id",
                format!("任期 {} 尚未登记；请先登记", absence.tenure),
                format!("tenure {} is not registered: register it first", absence.tenure),
            ),
            // Who retires is excused from the day after the last one in office, too.
            Some(tenure) => {
                let until = tenure.to.and_then(|to| to.tomorrow().ok());
                if absence.from < tenure.from || until.is_some_and(|until| until < absence.from) {
                    problems.add(
                        Reason::AbsenceInvalid,
                        "absence.start_date",
                        format!("{} 不在任期 {} 之内或其次日", absence.from, tenure.id),
                        format!(
                            "{} lies neither in tenure {} nor on the day after it",
                            absence.from, tenure.id
                        ),
                    );
                }
            }
        }
        if let Some(to) = absence.to.filter(|to| *to < absence.from) {
            problems.add(
                Reason::DateReversed,
                "absence.end_date",
                format!("离岗止于 {to}，早于开始日期 {}", absence.from),
                format!("the absence ends {to}, before it starts {}", absence.from),
            );
        }
    });
    let old = registry.absence(&absence.id, Position::MAX).map(|(_, old)| old);
    if old.is_some_and(|old| old.tenure != absence.tenure) {
        refusal.add(RefusalKind::AlreadyExists, |problems| {
            problems.add(
                Reason::AlreadyExists,
                "absence.absence_id",
                format!("离岗 {} 已登记于另一任期；请换用新编号", absence.id),
                format!("absence {} belongs to another tenure: use a new id", absence.id),
            );
        });
    }
    let others = registry.absences_of(&absence.tenure, Position::MAX);
    let shared = others.iter().find(|(_, o)| o.id != absence.id && o.overlaps(absence));
    if let Some((_, other)) = shared {
        refusal.add(RefusalKind::FailedPrecondition, |problems| {
            problems.add(
                Reason::AbsenceInvalid,
                "absence.start_date",
                format!("与离岗 {} 重叠；请先登记其截止日期或撤销", other.id),
                format!("overlaps absence {}: register its end first, or revoke it", other.id),
            );
        });
    }
}
