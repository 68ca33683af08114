//! Between protobuf and the domain, by hand: inward everything is checked and every fault is
//! reported with its field path; outward nothing can fail.

pub mod change;
pub(crate) mod details;
pub mod event;
pub mod exemption;
pub mod group;
pub mod history;
pub mod organization_change;
pub mod person;
pub mod rectification;
pub mod registry;
pub mod review;
pub mod scalar;
pub mod view;
pub mod year;

use duty::entry::{Correction, Entry, Review, Verdict, Withdrawal};
use duty::id::EventId;
use duty::ruleset::RuleSet;
use duty::{Problem, Problems, Reason};

use crate::pb;

/// What a stored payload says.
pub fn entry(payload: &pb::ledger_entry::Payload, problems: &mut Problems) -> Option<Entry> {
    use pb::ledger_entry::Payload;
    Some(match payload {
        Payload::DutyEvent(message) => Entry::DutyEvent(Box::new(event::event(message, problems)?)),
        Payload::Correction(message) => Entry::Correction(Box::new(correction(message, problems)?)),
        Payload::Withdrawal(message) => Entry::Withdrawal(withdrawal(message, problems)?),
        Payload::Review(message) => Entry::Review(review(message, problems)?),
        Payload::Organization(message) => {
            Entry::Organization(registry::organization(message, problems)?)
        }
        Payload::Post(message) => Entry::Post(registry::post(message, problems)?),
        Payload::Person(message) => Entry::Person(person::person(message, problems)?),
        Payload::PersonErasure(message) => Entry::PersonErased(person::erasure(message, problems)?),
        Payload::Tenure(message) => Entry::Tenure(registry::tenure(message, problems)?),
        Payload::TenureAbsence(message) => Entry::Absence(change::absence(message, problems)?),
        Payload::LeadingGroup(message) => {
            Entry::LeadingGroup(Box::new(group::leading_group(message, problems)?))
        }
        Payload::OrganizationChange(message) => {
            Entry::OrganizationChange(organization_change::organization_change(message, problems)?)
        }
        Payload::RuleSet(message) => Entry::RuleSet(Box::new(rule_set(message, problems)?)),
        Payload::WorkCalendar(message) => {
            Entry::Calendar(Box::new(calendar(&message.toml, problems)?))
        }
        Payload::Exemption(message) => {
            Entry::Exemption(Box::new(exemption::exemption(message, problems)?))
        }
        Payload::ExemptionRevocation(message) => {
            Entry::ExemptionRevoked(exemption::revocation(message, problems)?)
        }
        Payload::YearPublication(_)
        | Payload::YearAppeal(_)
        | Payload::AppealExtension(_)
        | Payload::AppealDecision(_)
        | Payload::FurtherReview(_)
        | Payload::FurtherReviewDecision(_)
        | Payload::YearAdjustment(_)
        | Payload::YearSeal(_)
        | Payload::YearReopening(_) => Entry::YearStep(Box::new(year::step(payload, problems)?)),
        Payload::RectificationOrder(message) => {
            Entry::RectificationOrdered(Box::new(rectification::order(message, problems)?))
        }
        Payload::RectificationAnswer(message) => {
            Entry::RectificationAnswered(Box::new(rectification::answer(message, problems)?))
        }
        Payload::RectificationClosing(message) => {
            Entry::RectificationClosed(rectification::closing(message, problems)?)
        }
        Payload::DayClosed(message) => {
            Entry::DayClosed(scalar::civil_date(&message.date, "date", problems)?)
        }
    })
}

/// A correction; its event carries its own id.
pub fn correction(message: &pb::Correction, problems: &mut Problems) -> Option<Correction> {
    let target = target(&message.target_event_id, problems);
    let event = required(message.event.as_ref(), "event", problems)
        .and_then(|event| problems.at("event", |problems| event::event(event, problems)));
    Some(Correction { target: target?, reason: text(&message.reason), event: event? })
}

/// A withdrawal.
pub fn withdrawal(message: &pb::Withdrawal, problems: &mut Problems) -> Option<Withdrawal> {
    check_text("reason", &message.reason, problems);
    let consented_by = &message.consented_by;
    if !consented_by.is_empty() && !duty::id::is_id(consented_by) {
        id_malformed("consented_by", problems);
        return None;
    }
    Some(Withdrawal {
        target: target(&message.target_event_id, problems)?,
        reason: text(&message.reason),
        consented_by: consented_by.as_str().into(),
    })
}

/// A review.
pub fn review(message: &pb::Review, problems: &mut Problems) -> Option<Review> {
    let target = target(&message.target_event_id, problems);
    let verdict = match pb::ReviewVerdict::try_from(message.verdict) {
        Ok(pb::ReviewVerdict::Accepted) => Some(Verdict::Accepted),
        Ok(pb::ReviewVerdict::Returned) => Some(Verdict::Returned),
        Ok(pb::ReviewVerdict::AcceptanceWithdrawn) => Some(Verdict::AcceptanceWithdrawn),
        Ok(pb::ReviewVerdict::Unspecified) | Err(_) => {
            problems.add(
                Reason::EnumUnknown,
                "verdict",
                "审核结论应为 ACCEPTED（核定）、RETURNED（退回）或 ACCEPTANCE_WITHDRAWN（撤销核定）",
                "the verdict is ACCEPTED, RETURNED or ACCEPTANCE_WITHDRAWN",
            );
            None
        }
    };
    if !duty::id::is_id(&message.verifier) {
        id_malformed("verifier", problems);
    }
    check_text("remark", &message.remark, problems);
    if verdict == Some(Verdict::Returned) && message.remark.trim().is_empty() {
        problems.add(Reason::FieldRequired, "remark", "退回时必须说明理由", "a return says why");
    }
    let grade = review::grade(message, verdict, problems);
    let cure_working_days = review::cure_working_days(message, verdict, problems);
    let document = review::document(message, verdict, problems);
    Some(Review {
        target: target?,
        verdict: verdict?,
        verifier: message.verifier.as_str().into(),
        remark: text(&message.remark),
        grade,
        cure_working_days,
        document,
    })
}

/// A rule set from its text and those it extends; faults name the line.
pub fn rule_set(source: &pb::RuleSetSource, problems: &mut Problems) -> Option<RuleSet> {
    let parents: Vec<&str> = source.parent_tomls.iter().map(String::as_str).collect();
    match RuleSet::resolve(&source.toml, &parents) {
        Ok((rules, _advice)) => Some(rules),
        Err(errors) => {
            problems.at("toml", |problems| {
                problems.extend(errors.into_iter().map(|error| error.problem));
            });
            None
        }
    }
}

/// A calendar from its text.
pub fn calendar(toml: &str, problems: &mut Problems) -> Option<duty::calendar::CalendarYear> {
    match duty::calendar::CalendarYear::parse_toml(toml) {
        Ok(calendar) => Some(calendar),
        Err(errors) => {
            problems.at("toml", |problems| problems.extend(errors));
            None
        }
    }
}

fn target(text: &str, problems: &mut Problems) -> Option<EventId> {
    crate::grpc::event_id(text, "target_event_id", problems)
}

pub(crate) fn id_malformed(field: &str, problems: &mut Problems) {
    problems.add(
        Reason::FieldMalformed,
        field,
        "编号应为 1 至 64 个字母、数字或 . _ - :，以字母或数字开头（不得为姓名）",
        "an id has 1 to 64 letters, digits or . _ - :, beginning with a letter or digit (no name)",
    );
}

/// Longest free text outside duty events, in characters.
const TEXT_CHARS_MAX: usize = 1_000;

/// Free text outside duty events: bounded, and without a state-secret marking.
pub(crate) fn check_text(field: &str, text: &str, problems: &mut Problems) {
    if TEXT_CHARS_MAX < text.chars().count() {
        problems.add(
            Reason::FieldTooLong,
            field,
            format!("超过上限 {TEXT_CHARS_MAX} 个字"),
            format!("exceeds {TEXT_CHARS_MAX} characters"),
        );
    }
    if let Some(marking) = duty::secrecy::find_marking(text) {
        problems.add(
            Reason::StateSecretMarking,
            field,
            format!("文本带有国家秘密标志“{marking}”：涉密内容严禁录入本系统"),
            format!("the text carries the state-secret marking \"{marking}\": it must not enter"),
        );
    }
}

pub(crate) fn required<'a, T>(
    value: Option<&'a T>,
    field: &str,
    problems: &mut Problems,
) -> Option<&'a T> {
    if value.is_none() {
        problems.add(
            Reason::FieldRequired,
            field,
            format!("必须填写 {field}"),
            format!("{field} is required"),
        );
    }
    value
}

fn text(text: &str) -> Box<str> {
    text.trim().into()
}

/// A problem as a finding.
#[must_use]
pub fn finding(problem: &Problem) -> pb::Finding {
    pb::Finding {
        reason: problem.reason.as_str().to_owned(),
        field: problem.field.clone(),
        text_zh: problem.zh.clone(),
        text_en: problem.en.clone(),
    }
}
