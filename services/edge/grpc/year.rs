//! The life of an evaluated year over `EvaluationService`: every step becomes an entry, with what
//! the ledger fills in: terms by the working-day calendar, the sheet shown and its digest.
//!
//! A sealed sheet is answered from the bytes that were sealed; beside it stands what entries
//! behind the seal would change.

use duty::decide::{Command, Proposed};
use duty::entry::Entry;
use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::ruleset::Procedure;
use duty::year::Shown;
use duty::zone::civil_day;
use duty::{Position, Problem, Problems, Reason};
use jiff::civil::Date;
use pb::ledger_entry::Payload;
use projection::Snapshot;
use prost::Message as _;
use tonic::{Code, Status};

mod notice;

use super::convert::{scalar, year as convert};
use super::{Api, answer, duty_event, event_id, receipt, refuse_if_any, status};
use crate::ledger::Submission;
use crate::pb;

/// What a step answers.
pub(super) type Taken = (Option<pb::AppendReceipt>, Option<pb::YearStanding>);

/// A sheet to publish or seal, and of what it is the sheet.
struct ToShow {
    snapshot: Snapshot,
    organization: OrganizationId,
    question: Question,
    sheet: pb::GetScoreSheetResponse,
}

impl Api {
    /// Publishes a year for notice.
    pub(super) async fn year_published(
        &self,
        request: pb::PublishYearRequest,
    ) -> Result<Taken, Status> {
        let mut message = request.publication.unwrap_or_default();
        let about = (&*message.organization_id, message.year);
        let shown = self.sheet_to_show(about, &message.as_of_date, "publication.").await?;
        if !self.is_taken(&request.event_id).await? {
            notice::publishable(&shown.snapshot, &shown.organization, shown.question)?;
        }
        let basis = shown.sheet.basis.unwrap_or_default();
        (message.as_of_date, message.known_position) = (basis.as_of_date, basis.known_position);
        message.sheet_digest = shown.sheet.digest;
        let terms = self.procedure(&message.organization_id, message.year, "publication.")?;
        message.notice_end_date = self.term(terms.notice)?;
        self.step(&request.event_id, "publication.", Payload::YearPublication(message)).await
    }

    /// Takes an appeal.
    pub(super) async fn year_appealed(
        &self,
        request: pb::AppealYearRequest,
    ) -> Result<Taken, Status> {
        let mut message = request.appeal.unwrap_or_default();
        let terms = self.procedure(&message.organization_id, message.year, "appeal.")?;
        message.decision_due_date = self.term(terms.decision)?;
        self.step(&request.event_id, "appeal.", Payload::YearAppeal(message)).await
    }

    /// Extends the term for deciding an appeal.
    pub(super) async fn appeal_extended(
        &self,
        request: pb::ExtendAppealRequest,
    ) -> Result<Taken, Status> {
        let mut message = request.extension.unwrap_or_default();
        let organization = parsed(&message.organization_id, "extension.organization_id")?;
        let registry = self.ledger.registry();
        let year = i16::try_from(message.year).unwrap_or_default();
        let cycle = registry.years().cycle(&organization, year, Position::MAX);
        // An appeal that is not there is refused with the other faults.
        let due = cycle.appeal(Position::new(message.appeal_position)).map(|a| a.decision_due);
        let from = due.unwrap_or_else(|| civil_day(self.ledger.now()));
        let terms = self.procedure(&message.organization_id, message.year, "extension.")?;
        message.decision_due_date = self.working_days(from, terms.decision)?.to_string();
        self.step(&request.event_id, "extension.", Payload::AppealExtension(message)).await
    }

    /// Decides an appeal.
    pub(super) async fn appeal_decided(
        &self,
        request: pb::DecideAppealRequest,
    ) -> Result<Taken, Status> {
        let mut message = request.decision.unwrap_or_default();
        let terms = self.procedure(&message.organization_id, message.year, "decision.")?;
        message.further_review_end_date = self.term(terms.review_request)?;
        let own = (&*message.document_number, &*message.decider);
        if let Some(adjustment) = &mut message.adjustment {
            by_decision(adjustment, own);
        }
        self.step(&request.event_id, "decision.", Payload::AppealDecision(message)).await
    }

    /// Takes the application for a further review.
    pub(super) async fn review_requested(
        &self,
        request: pb::RequestFurtherReviewRequest,
    ) -> Result<Taken, Status> {
        let mut message = request.review.unwrap_or_default();
        let terms = self.procedure(&message.organization_id, message.year, "review.")?;
        message.decision_due_date = self.term(terms.review)?;
        self.step(&request.event_id, "review.", Payload::FurtherReview(message)).await
    }

    /// Decides a further review.
    pub(super) async fn review_decided(
        &self,
        request: pb::DecideFurtherReviewRequest,
    ) -> Result<Taken, Status> {
        let mut message = request.decision.unwrap_or_default();
        let own = (&*message.document_number, &*message.decider);
        if let Some(adjustment) = &mut message.adjustment {
            by_decision(adjustment, own);
        }
        self.step(&request.event_id, "decision.", Payload::FurtherReviewDecision(message)).await
    }

    /// Seals a year with the sheet as it is, for the day for which it was published.
    pub(super) async fn year_sealed(&self, request: pb::SealYearRequest) -> Result<Taken, Status> {
        let mut message = request.seal.unwrap_or_default();
        if message.as_of_date.is_empty() {
            let organization = parsed(&message.organization_id, "seal.organization_id")?;
            let registry = self.ledger.registry();
            let year = i16::try_from(message.year).unwrap_or_default();
            let cycle = registry.years().cycle(&organization, year, Position::MAX);
            // What is not published is refused with the other faults.
            message.as_of_date = scalar::optional_date(cycle.published.map(|(_, of, _)| of.as_of));
        }
        let about = (&*message.organization_id, message.year);
        let shown = self.sheet_to_show(about, &message.as_of_date, "seal.").await?;
        if !self.is_taken(&request.event_id).await? {
            notice::sealable(&shown.snapshot, &shown.organization, shown.question)?;
        }
        let sheet = shown.sheet;
        message.sheet = sheet.encode_to_vec();
        let basis = sheet.basis.unwrap_or_default();
        (message.as_of_date, message.known_position) = (basis.as_of_date, basis.known_position);
        message.sheet_digest = sheet.digest;
        let rules = basis.rule_sets.into_iter().next().unwrap_or_default();
        message.rule_set_digest = rules.digest;
        self.step(&request.event_id, "seal.", Payload::YearSeal(message)).await
    }

    /// Appends a step and says how the year stands then.
    pub(super) async fn step(
        &self,
        id: &str,
        field: &'static str,
        payload: Payload,
    ) -> Result<Taken, Status> {
        let mut problems = Problems::new();
        let id = event_id(id, "event_id", &mut problems);
        let name = field.trim_end_matches('.');
        let step = problems.at(name, |problems| convert::step(&payload, problems));
        refuse_if_any(problems)?;
        let (Some(event_id), Some(step)) = (id, step) else {
            return Err(status::internal("a step without fault did not convert"));
        };
        let (organization, year) = (step.organization.clone(), step.year);
        let fields = status::Fields { event_id: "event_id", entry: field, whole: name };
        let by = step.by.clone();
        let proposed = Proposed::new(0, event_id, Entry::YearStep(Box::new(step)));
        let command = Command { recorder: by, entries: vec![proposed], expectations: Vec::new() };
        let submission = Submission::new(command, vec![payload], Vec::new());
        let submitted = self.ledger.submit(submission).await;
        let receipts = submitted.map_err(|error| status::submit_one(error, fields))?;
        let first = receipts.first().ok_or_else(|| status::internal("no receipt"))?;
        let registry = self.ledger.registry();
        let cycle = registry.years().cycle(&organization, year, Position::MAX);
        Ok((Some(receipt(first, Vec::new())), Some(convert::standing(&cycle))))
    }

    /// The sheet to publish or seal: all that is known now, for the day given or now running.
    async fn sheet_to_show(
        &self,
        (id, year): (&str, i32),
        as_of: &str,
        field: &str,
    ) -> Result<ToShow, Status> {
        let organization = parsed(id, &format!("{field}organization_id"))?;
        let selector =
            pb::ViewSelector { year, as_of_date: as_of.to_owned(), ..Default::default() };
        let (snapshot, question) = self.question(selector).await?;
        if snapshot.current_day(question.known) < question.as_of {
            return Err(status::invalid(vec![Problem::new(
                Reason::FieldOutOfRange,
                format!("{field}as_of_date"),
                "截止日不能晚于今天",
                "a result is not published or sealed for a day that has not come",
            )]));
        }
        let root = self.root(question.known)?;
        let sheet = answer::sheet(&snapshot, &organization, question, root);
        let mut sheet = sheet.map_err(status::no_view)?;
        sheet.standing = None;
        Ok(ToShow { snapshot, organization, question, sheet })
    }

    /// The sheet of a question: as sealed from the day on that was sealed, else as computed.
    pub(super) async fn score_sheet(
        &self,
        organization: &OrganizationId,
        selector: pb::ViewSelector,
    ) -> Result<pb::GetScoreSheetResponse, Status> {
        let (snapshot, question) = self.question(selector).await?;
        self.sheet_of(&snapshot, organization, question).await
    }

    /// The same from a state, for a question made definite.
    pub(super) async fn sheet_of(
        &self,
        snapshot: &Snapshot,
        organization: &OrganizationId,
        question: Question,
    ) -> Result<pb::GetScoreSheetResponse, Status> {
        let cycle = snapshot.registry().years().cycle(organization, question.year, question.known);
        if let Some((at, shown, _)) = cycle.sealed_on(question.as_of) {
            let mut sheet = self.sealed_sheet(at, shown).await?;
            sheet.differences =
                self.differences(snapshot, organization, question, &sheet, shown)?;
            sheet.standing = Some(convert::standing(&cycle));
            return Ok(sheet);
        }
        let root = self.root(question.known)?;
        answer::sheet(snapshot, organization, question, root).map_err(status::no_view)
    }

    /// The sheet kept in the seal at a position.
    async fn sealed_sheet(
        &self,
        at: Position,
        shown: &Shown,
    ) -> Result<pb::GetScoreSheetResponse, Status> {
        let stored = self.ledger.read_one(at).await.map_err(|error| status::read(&error))?;
        let stored = stored.ok_or_else(|| status::internal("a seal has no entry"))?;
        let entry = pb::LedgerEntry::decode(stored.bytes).ok();
        let Some(Payload::YearSeal(seal)) = entry.and_then(|entry| entry.payload) else {
            return Err(status::internal("a seal is no seal"));
        };
        let sheet = pb::GetScoreSheetResponse::decode(&*seal.sheet);
        let mut sheet = sheet.map_err(|_| status::internal("a sealed sheet did not decode"))?;
        if *sheet.digest != *shown.digest {
            return Err(status::internal("a sealed sheet is not the one its seal names"));
        }
        sheet.is_sealed = true;
        Ok(sheet)
    }

    /// What entries behind the seal would change, for the same day.
    fn differences(
        &self,
        snapshot: &Snapshot,
        organization: &OrganizationId,
        question: Question,
        sealed: &pb::GetScoreSheetResponse,
        shown: &Shown,
    ) -> Result<Vec<pb::SheetDifference>, Status> {
        let question = Question { as_of: shown.as_of, ..question };
        let root = self.root(question.known)?;
        let now = answer::sheet(snapshot, organization, question, root);
        Ok(answer::differences(sealed, &now.map_err(status::no_view)?))
    }

    /// The terms of the rule set that judges the organization's year; where none does, the usual
    /// ones: what such a step is about is refused with the other faults.
    fn procedure(&self, id: &str, year: i32, field: &str) -> Result<Procedure, Status> {
        let organization = parsed(id, &format!("{field}organization_id"))?;
        let snapshot = self.ledger.snapshot();
        let held = snapshot.registry().organization(&organization, Position::MAX);
        let year = i16::try_from(year).unwrap_or_default();
        let rules = held.and_then(|held| snapshot.rules_for(held, year, Position::MAX));
        Ok(rules.map(|(_, rules)| rules.procedure).unwrap_or_default())
    }

    /// The end of a term that begins today, as messages have it.
    fn term(&self, working_days: u32) -> Result<String, Status> {
        let today = civil_day(self.ledger.now());
        self.working_days(today, working_days).map(|end| end.to_string())
    }

    /// The end of a term; it takes the calendars of the years it reaches.
    fn working_days(&self, from: Date, count: u32) -> Result<Date, Status> {
        let calendars = self.ledger.snapshot().calendars(Position::MAX);
        calendars.add_working_days(from, count).map_err(|missing| {
            let year = missing.year;
            let zh = format!("{year} 年工作日历尚未发布，期限无法计算；请先发布日历");
            let en =
                format!("the working-day calendar of {year} is not published: publish it first");
            let problem = Problem::new(Reason::CalendarMissing, "", zh, en);
            status::problems(Code::FailedPrecondition, vec![problem])
        })
    }
}

/// An adjustment that a decision makes rests on its document and decider where it names none.
fn by_decision(adjustment: &mut pb::ScoreAdjustment, (document, decider): (&str, &str)) {
    for (own, of) in
        [(&mut adjustment.document_number, document), (&mut adjustment.approver, decider)]
    {
        if own.is_empty() {
            of.clone_into(own);
        }
    }
}

fn parsed(id: &str, field: &str) -> Result<OrganizationId, Status> {
    let mut problems = Problems::new();
    let organization = duty_event::organization(id, &mut problems);
    let renamed = problems.into_vec().into_iter().map(|mut problem| {
        field.clone_into(&mut problem.field);
        problem
    });
    organization.ok_or_else(|| status::invalid(renamed.collect()))
}
