//! Whether a year may be published for notice as it stands: asked of the figures, which `decide`
//! does not see.
//!
//! A call that is repeated is not asked again: what was taken is answered with its receipt,
//! whatever came since.

use duty::evaluate::Question;
use duty::id::{EventId, OrganizationId};
use duty::{Problem, Reason};
use projection::notice::{self, StillOwed};
use projection::{Snapshot, view};
use tonic::{Code, Status};

use crate::grpc::{Api, status};

impl Api {
    /// Whether an entry carries the id already: the call repeats it, or is refused as another one.
    pub(super) async fn is_taken(&self, id: &str) -> Result<bool, Status> {
        let Some(id) = EventId::parse(id) else { return Ok(false) };
        let found = self.ledger.find(id).await.map_err(|error| status::read(&error))?;
        Ok(found.is_some())
    }
}

/// Refuses to publish what is not final: something is still in time on the day.
pub(super) fn publishable(
    snapshot: &Snapshot,
    organization: &OrganizationId,
    question: Question,
) -> Result<(), Status> {
    // A day of the year itself is refused by `decide`, whatever is owed.
    if question.as_of.year() <= question.year {
        return Ok(());
    }
    let view = view::organization(snapshot, organization, question).map_err(status::no_view)?;
    match notice::still_owed(&view) {
        Some(owed) => Err(interim(&owed, question)),
        None => Ok(()),
    }
}

fn interim(owed: &StillOwed, question: Question) -> Status {
    let StillOwed { duty, name_zh, name_en, last, count, from } = owed;
    let as_of = question.as_of;
    let zh = format!(
        "{as_of} 尚有 {count} 项未到期，所得只是进度，不是最终结果；最早到期的是“{name_zh}”（{duty}），\
         期限 {last}。请以 {from} 或其后的日期公示"
    );
    let en = format!(
        "on {as_of} {count} obligations may still be met in time, first {name_en} ({duty}) until \
         {last}: the result is interim. Publish it for {from} or a later day"
    );
    let problem = Problem::new(Reason::FieldOutOfRange, "publication.as_of_date", zh, en);
    status::problems(Code::FailedPrecondition, vec![problem])
}
