//! Whether a year may be published for notice or sealed as it stands: asked of the figures, which
//! `decide` does not see.
//!
//! A call that is repeated is not asked again: what was taken is answered with its receipt,
//! whatever came since.

use duty::evaluate::Question;
use duty::id::{EventId, OrganizationId};
use duty::year::{Shown, Stage};
use duty::{Position, Problem, Reason};
use projection::notice::{self, Changed, StillOwed};
use projection::{Snapshot, view};
use rust_decimal::Decimal;
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

/// Most duties or entries that a refusal names.
const NAMED_MAX: usize = 10;

/// Refuses to publish what is not final: something is still in time on the day; and again what is
/// published as it is.
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
    if let Some(owed) = notice::still_owed(&view) {
        return Err(interim(&owed, question));
    }
    let years = snapshot.registry().years();
    let cycle = years.cycle(organization, question.year, question.known);
    if let (Stage::Published, Some((at, shown, _))) = (cycle.stage, cycle.published)
        && change(snapshot, organization, question, shown)?.is_none()
    {
        let zh = format!("本年度结果已于第 {at} 条公示，此后各项没有变动，无须重新公示");
        let en = format!("the year was published in entry {at}, and no figure changed since");
        let problem = Problem::new(Reason::YearStageWrong, "publication.year", zh, en);
        return Err(status::problems(Code::FailedPrecondition, vec![problem]));
    }
    Ok(())
}

/// Refuses to seal other figures than were published. What is not published, or is sealed for
/// another day, is refused by `decide`.
pub(super) fn sealable(
    snapshot: &Snapshot,
    organization: &OrganizationId,
    question: Question,
) -> Result<(), Status> {
    let years = snapshot.registry().years();
    let cycle = years.cycle(organization, question.year, question.known);
    match (cycle.stage, cycle.published) {
        (Stage::Published, Some((_, shown, _))) if shown.as_of == question.as_of => {
            match change(snapshot, organization, question, shown)? {
                Some(changed) => Err(other_figures(&changed, shown.known)),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// What changed in the figures since they were shown.
fn change(
    snapshot: &Snapshot,
    organization: &OrganizationId,
    question: Question,
    shown: &Shown,
) -> Result<Option<Changed>, Status> {
    let of = |question| view::organization(snapshot, organization, question);
    let then = of(Question { as_of: shown.as_of, known: shown.known, ..question });
    let (then, now) = (then.map_err(status::no_view)?, of(question).map_err(status::no_view)?);
    Ok(notice::changed(&then, &now))
}

fn other_figures(changed: &Changed, known: Position) -> Status {
    let credit =
        |of: &Option<Decimal>| of.map_or_else(|| "—".to_owned(), |v| v.normalize().to_string());
    let score = |of: Option<Decimal>| of.map_or_else(|| "—".to_owned(), |v| format!("{v:.2}"));
    let duties = changed.duties.iter();
    let duties = duties.map(|(duty, was, is)| format!("{duty} {}→{}", credit(was), credit(is)));
    let duties = named(duties);
    let entries = match named(changed.entries.iter().map(ToString::to_string)) {
        none if none.is_empty() => "—".to_owned(),
        some => some,
    };
    let [was, is] = [changed.score_then, changed.score_now].map(score);
    let zh = format!(
        "公示后结果已变：公示时（截至第 {known} 条）得分 {was}，现为 {is}，均不含加扣分；变动事项 {duties}；\
         涉及条目 {entries}。请先重新公示（公示期重新计算），期满后再封存"
    );
    let en = format!(
        "the figures changed since they were published: the score was {was} as known at entry \
         {known} and is {is}, adjustments left out; duties {duties}; entries {entries}. Publish the \
         year again, which begins a new notice, then seal it"
    );
    let problem = Problem::new(Reason::FiguresChanged, "seal.year", zh, en);
    status::problems(Code::FailedPrecondition, vec![problem])
}

/// The first few of a list, and how many more there are.
fn named(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED_MAX);
    let first: Vec<_> = all.take(NAMED_MAX).collect();
    let rest = if more == 0 { String::new() } else { format!(" (+{more})") };
    first.join(", ") + &rest
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
