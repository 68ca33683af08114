//! `ListExceptions`, outward. Nothing is found here.

use duty::Problems;
use duty::id::OrganizationId;
use projection::supervision::exceptions::{self, Exception, Found, Kind};
use tonic::Status;

use super::{Common, aside, count};
use crate::grpc::convert::scalar;
use crate::grpc::{Api, refuse_if_any};
use crate::pb;

/// Exceptions of every kind in a scope.
pub(super) struct Listed {
    pub(super) found: Found,
    pub(super) without_rules: Vec<OrganizationId>,
}

pub(super) async fn answer(
    api: &Api,
    request: pb::ListExceptionsRequest,
) -> Result<pb::ListExceptionsResponse, Status> {
    let kinds = kinds(&request.kinds)?;
    let common = Common {
        selector: request.selector,
        within: request.within_organization_id,
        page_size: request.page_size,
        page_token: request.page_token,
    };
    let wanted = format!("{kinds:?}");
    let asked = api.asked("ListExceptions", common, &[&wanted]).await?;
    // Of every kind, whichever are wanted: the costly part is the same.
    let compute = async || {
        let (snapshot, within, question) =
            (asked.snapshot.clone(), asked.within.clone(), asked.question);
        let gather = move || exceptions::gather(&snapshot, within.as_ref(), question);
        let gathered = aside(gather).await?;
        let papers = api.papers(gathered.positions()).await?;
        aside(move || Listed {
            found: gathered.find(&papers),
            without_rules: gathered.without_rules,
        })
        .await
    };
    let listed = api.kept("ListExceptions", &asked, &[], compute).await?;
    let all = listed.found.exceptions.iter();
    let exceptions: Vec<&Exception> = all.filter(|found| kinds.contains(&found.kind)).collect();
    let (next_page_token, total_size) = asked.next(exceptions.len());
    let says_undecided = asked.offset == 0 && kinds.contains(&Kind::LateEntry);
    let undecided = listed.found.undecided.iter().filter(|_| says_undecided);
    Ok(pb::ListExceptionsResponse {
        basis: api.reflects(&asked).await?,
        rules: kinds.iter().map(|of| rule(*of, &exceptions)).collect(),
        exceptions: asked.page(&exceptions).map(|found| exception(found)).collect(),
        undecided_positions: undecided.map(|position| position.get()).collect(),
        organizations_without_rules: listed.without_rules.iter().map(ToString::to_string).collect(),
        next_page_token,
        total_size,
    })
}

/// The kinds asked for, each once, in their own order; all for none.
fn kinds(numbers: &[i32]) -> Result<Vec<Kind>, Status> {
    let mut problems = Problems::new();
    for number in numbers {
        if !Kind::ALL.iter().any(|of| i32::from(kind(*of)) == *number) {
            scalar::enum_unknown("kinds", *number, &mut problems);
        }
    }
    refuse_if_any(problems)?;
    let wanted = |of: &Kind| numbers.is_empty() || numbers.contains(&i32::from(kind(*of)));
    Ok(Kind::ALL.into_iter().filter(wanted).collect())
}

fn rule(of: Kind, exceptions: &[&Exception]) -> pb::ExceptionRule {
    let (rule_zh, rule_en) = of.rule();
    let many = exceptions.iter().filter(|exception| exception.kind == of).count();
    pb::ExceptionRule { kind: kind(of).into(), rule_zh, rule_en, count: count(many) }
}

fn exception(exception: &Exception) -> pb::LedgerException {
    pb::LedgerException {
        kind: kind(exception.kind).into(),
        organization_ids: exception.organizations.iter().map(ToString::to_string).collect(),
        entry_positions: exception.entries.iter().map(|position| position.get()).collect(),
        duty_ids: exception.duties.iter().map(ToString::to_string).collect(),
        subject: exception.subject.clone(),
        text_zh: exception.zh.clone(),
        text_en: exception.en.clone(),
    }
}

fn kind(kind: Kind) -> pb::ExceptionKind {
    match kind {
        Kind::LateEntry => pb::ExceptionKind::LateEntry,
        Kind::CorrectedAfterDeadline => pb::ExceptionKind::CorrectedAfterDeadline,
        Kind::EvidenceReused => pb::ExceptionKind::EvidenceReused,
        Kind::BatchOnLastDay => pb::ExceptionKind::BatchOnLastDay,
        Kind::RateWithoutBase => pb::ExceptionKind::RateWithoutBase,
        Kind::StatedDiffers => pb::ExceptionKind::StatedDiffers,
        Kind::EvidenceAfterPeriod => pb::ExceptionKind::EvidenceAfterPeriod,
        Kind::RoundFigure => pb::ExceptionKind::RoundFigure,
    }
}
