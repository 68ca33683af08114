//! The import format of report events: one flat JSON object an event (DOMAIN §4), and the document
//! that holds a whole report.
//!
//! The ids of such records are readable numbers; the event id is derived from organization and
//! number (UUID version 5), so importing the same record twice is one event. What the record does
//! not say stays unsaid: nothing is filled in.

use duty::id::EventId;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::pb;
use crate::pb::duty_event::Details;

/// Namespace of the event ids derived from readable numbers, a fixed random UUID.
pub const NUMBER_NAMESPACE: Uuid = Uuid::from_u128(0x6d1c_35f4_8a0b_4c1e_9b60_51d2_7e3a_90f7);

/// A whole report.
#[derive(Debug, Deserialize)]
pub struct Report {
    /// Its events.
    pub events: Vec<Record>,
}

/// One event of a report.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// Readable number, unique in the organization.
    pub id: String,
    /// Event type, such as `rule_of_law_debrief`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// `performed`, `planned`, `recurring_claim` or `outcome`.
    pub kind: String,
    /// When it happened.
    pub occurred: Interval,
    /// 考核年度.
    pub accounting_year: i32,
    /// Figures.
    #[serde(default)]
    pub quantities: Vec<Figure>,
    /// Titles: topics of lectures, laws, documents.
    #[serde(default)]
    pub titles: Vec<String>,
    /// Words of the source.
    #[serde(default)]
    pub quote: String,
    /// Line of the source.
    #[serde(default)]
    pub seed_line: Option<u32>,
    /// Flags of the importer.
    #[serde(default)]
    pub flags: Vec<String>,
    /// A sum over other events.
    #[serde(default)]
    pub aggregate: bool,
    /// The events it sums.
    #[serde(default)]
    pub components: Vec<String>,
    /// The sum it is part of.
    #[serde(default)]
    pub part_of: Option<String>,
    /// Whether the main leader attended.
    #[serde(default)]
    pub main_leader_attended: Option<bool>,
    /// 文号.
    #[serde(default)]
    pub doc_no: Option<String>,
    /// Venue.
    #[serde(default)]
    pub venue: Option<String>,
    /// Case cause of a hearing.
    #[serde(default)]
    pub case_cause: Option<String>,
    /// Mode of a session: `venue`, `live_stream` or `venue+live_stream`.
    #[serde(default)]
    pub mode: Option<String>,
    /// Channels of a campaign.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Audience of a session.
    #[serde(default)]
    pub audience: Vec<String>,
    /// Form of a debrief.
    #[serde(default)]
    pub form: Option<String>,
    /// How the accounting year was found.
    #[serde(default)]
    pub accounting_year_source: Option<String>,
}

/// An interval as a record gives it.
#[derive(Debug, Deserialize)]
pub struct Interval {
    /// `day`, `month`, `quarter`, `half_year`, `year`, `period` or `unknown`.
    pub precision: String,
    /// First day.
    #[serde(default)]
    pub start: Option<String>,
    /// Last day.
    #[serde(default)]
    pub end: Option<String>,
}

/// A figure as a record gives it.
#[derive(Debug, Deserialize)]
pub struct Figure {
    /// Metric.
    pub metric: String,
    /// A JSON number or a decimal text.
    pub value: Value,
    /// Unit.
    pub unit: String,
    /// `exact`, `gte`, `gt` or `approx`.
    #[serde(default)]
    pub qualifier: Option<String>,
}

/// A record that cannot be an event, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFault {
    /// The field.
    pub field: &'static str,
    /// What and how to mend it, in Chinese.
    pub zh: String,
    /// What and how to mend it, in English.
    pub en: String,
}

/// The event id of a readable number of an organization.
#[must_use]
pub fn event_id(organization: &str, number: &str) -> EventId {
    EventId::derived(&NUMBER_NAMESPACE, &format!("{organization}/{number}"))
}

impl Record {
    /// The record as a duty event of `organization`.
    ///
    /// # Errors
    /// [`RecordFault`] for a word the format does not know; everything else is the ledger's to
    /// check.
    pub fn into_event(self, organization: &str) -> Result<pb::DutyEvent, RecordFault> {
        let id = |number: &String| event_id(organization, number).to_string();
        let event_type = duty::event::EventType::parse(&self.event_type)
            .ok_or_else(|| unknown("type", &self.event_type, "例如 rule_of_law_debrief"))?;
        let quantities = self.quantities.iter().map(quantity).collect::<Result<Vec<_>, _>>()?;
        let mut source_flags = self.flags.clone();
        if let Some(source) = &self.accounting_year_source {
            source_flags.push(format!("accounting_year:{source}"));
        }
        let title = match self.titles.first() {
            Some(title) if self.titles.len() == 1 => title.clone(),
            _ => event_type.name_zh().to_owned(),
        };
        let evidence = self.doc_no.iter().map(|number| pb::Evidence {
            kind: "cited_document".to_owned(),
            document_number: number.clone(),
            title: self.titles.first().cloned().unwrap_or_default(),
            disclosure: pb::Disclosure::Public.into(),
            ..Default::default()
        });
        Ok(pb::DutyEvent {
            event_id: id(&self.id),
            organization_id: organization.to_owned(),
            kind: kind(&self.kind)?.into(),
            occurred: Some(occurred(&self.occurred)?),
            accounting_year: self.accounting_year,
            title,
            main_leader_attended: tri_state(self.main_leader_attended).into(),
            quantities,
            evidence: evidence.collect(),
            disclosure: pb::Disclosure::Public.into(),
            aggregate: self.aggregate,
            component_event_ids: self.components.iter().map(id).collect(),
            part_of_event_id: self.part_of.as_ref().map(id).unwrap_or_default(),
            source_flags,
            quote: self.quote.clone(),
            source_reference: self.seed_line.map(|line| format!("L{line}")).unwrap_or_default(),
            source_number: self.id.clone(),
            details: Some(self.details(event_type)?),
            ..Default::default()
        })
    }

    /// The details, as far as the record gives them.
    fn details(self, event_type: duty::event::EventType) -> Result<Details, RecordFault> {
        use duty::event::EventType as T;
        let Self { titles, venue, channels, audience, .. } = self;
        let venue = venue.unwrap_or_default();
        Ok(match event_type {
            T::RuleOfLawDebrief => Details::RuleOfLawDebrief(pb::RuleOfLawDebrief {
                form: debrief_form(self.form.as_deref())?.into(),
                ..Default::default()
            }),
            T::YearEndStatement => Details::YearEndStatement(Default::default()),
            T::SpecialWorkMeeting => Details::SpecialWorkMeeting(Default::default()),
            T::LeadingGroupMeeting => Details::LeadingGroupMeeting(Default::default()),
            T::PartyGroupDeliberation => Details::PartyGroupDeliberation(Default::default()),
            T::LeadingGroupAdjustment => Details::LeadingGroupAdjustment(Default::default()),
            T::LeadingGroupConfirmation => Details::LeadingGroupConfirmation(Default::default()),
            T::ReportToSuperior => Details::ReportToSuperior(Default::default()),
            T::AnnualReportPublication => Details::AnnualReportPublication(Default::default()),
            T::AnnualWorkPlan => Details::AnnualWorkPlan(Default::default()),
            T::LeaderDirective => Details::LeaderDirective(Default::default()),
            T::LeaderLawStudy => {
                Details::LeaderLawStudy(pb::LeaderLawStudy { topics: titles, ..Default::default() })
            }
            T::RuleOfLawLecture => Details::RuleOfLawLecture(pb::RuleOfLawLecture {
                topics: titles,
                ..Default::default()
            }),
            T::ConstitutionPublicity => Details::ConstitutionPublicity(Default::default()),
            T::LawPopularizationSession => {
                Details::LawPopularizationSession(pb::LawPopularizationSession {
                    mode: session_mode(self.mode.as_deref())?.into(),
                    venue,
                    audience,
                    channels,
                    ..Default::default()
                })
            }
            T::LawPopularizationCampaign => {
                Details::LawPopularizationCampaign(pb::LawPopularizationCampaign {
                    mode: session_mode(self.mode.as_deref())?.into(),
                    venue,
                    audience,
                    laws: titles,
                    channels,
                })
            }
            T::CourtHearingObservation => {
                Details::CourtHearingObservation(pb::CourtHearingObservation {
                    court: venue,
                    case_cause: self.case_cause.unwrap_or_default(),
                    ..Default::default()
                })
            }
            T::EnforcementExam => Details::EnforcementExam(Default::default()),
            T::EnforcementCertification => Details::EnforcementCertification(Default::default()),
            T::EnforcementThreeSystemsReport => {
                Details::EnforcementThreeSystemsReport(Default::default())
            }
            T::PolicyDocument => Details::PolicyDocument(Default::default()),
            T::NormativeDocument => Details::NormativeDocument(Default::default()),
            T::MajorDecision => Details::MajorDecision(Default::default()),
            T::LegalityReview => Details::LegalityReview(Default::default()),
            T::LegalAdviserAppointment => {
                Details::LegalAdviserAppointment(pb::LegalAdviserAppointment {
                    system_document_title: titles.into_iter().next().unwrap_or_default(),
                    ..Default::default()
                })
            }
            T::LegalAdviserOpinion => Details::LegalAdviserOpinion(Default::default()),
            T::FairCompetitionReview => Details::FairCompetitionReview(Default::default()),
            T::ResearchIntegrityCommitment => {
                Details::ResearchIntegrityCommitment(Default::default())
            }
            T::ResearchCreditEvaluation => Details::ResearchCreditEvaluation(Default::default()),
            T::CreditInformationPush => Details::CreditInformationPush(Default::default()),
            T::IntegrityDataSubmission => Details::IntegrityDataSubmission(Default::default()),
            T::CleanOfficeSupervision => Details::CleanOfficeSupervision(Default::default()),
            T::CourtAppearance => Details::CourtAppearance(Default::default()),
            T::MediationWork => Details::MediationWork(Default::default()),
            T::DemonstrationInspection => Details::DemonstrationInspection(Default::default()),
            T::CadreAppraisalLinkage => Details::CadreAppraisalLinkage(Default::default()),
            T::EnterpriseSurvey => Details::EnterpriseSurvey(Default::default()),
            T::ExamResultUse => Details::ExamResultUse(Default::default()),
            T::Award => Details::Award(Default::default()),
            T::WorkOutcome => Details::WorkOutcome(Default::default()),
        })
    }
}

fn unknown(field: &'static str, word: &str, hint: &str) -> RecordFault {
    RecordFault {
        field,
        zh: format!("不认识“{word}”（{hint}）"),
        en: format!("\"{word}\" is not known here ({hint})"),
    }
}

fn kind(word: &str) -> Result<pb::EventKind, RecordFault> {
    match word {
        "performed" => Ok(pb::EventKind::Performed),
        "planned" => Ok(pb::EventKind::Planned),
        "recurring_claim" => Ok(pb::EventKind::RecurringClaim),
        "outcome" => Ok(pb::EventKind::Outcome),
        _ => Err(unknown("kind", word, "performed, planned, recurring_claim, outcome")),
    }
}

fn occurred(interval: &Interval) -> Result<pb::Occurred, RecordFault> {
    let precision = match interval.precision.as_str() {
        "day" => pb::DatePrecision::Day,
        "month" => pb::DatePrecision::Month,
        "quarter" => pb::DatePrecision::Quarter,
        "half_year" => pb::DatePrecision::HalfYear,
        "year" => pb::DatePrecision::Year,
        "period" => pb::DatePrecision::Period,
        "unknown" => pb::DatePrecision::Unknown,
        word => {
            let hint = "day, month, quarter, half_year, year, period, unknown";
            return Err(unknown("occurred.precision", word, hint));
        }
    };
    Ok(pb::Occurred {
        precision: precision.into(),
        start_date: interval.start.clone().unwrap_or_default(),
        end_date: interval.end.clone().unwrap_or_default(),
    })
}

fn quantity(figure: &Figure) -> Result<pb::Quantity, RecordFault> {
    let value = match &figure.value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => {
            return Err(unknown("quantities.value", &other.to_string(), "12, 15.28, \"0.95\""));
        }
    };
    let qualifier = match figure.qualifier.as_deref() {
        None | Some("exact") => pb::QuantityQualifier::Exact,
        Some("gte") => pb::QuantityQualifier::AtLeast,
        Some("gt") => pb::QuantityQualifier::MoreThan,
        Some("approx") => pb::QuantityQualifier::About,
        Some(word) => {
            return Err(unknown("quantities.qualifier", word, "exact, gte, gt, approx"));
        }
    };
    Ok(pb::Quantity {
        metric: figure.metric.clone(),
        value,
        unit: figure.unit.clone(),
        qualifier: qualifier.into(),
        ..Default::default()
    })
}

fn tri_state(answer: Option<bool>) -> pb::TriState {
    match answer {
        Some(true) => pb::TriState::Yes,
        Some(false) => pb::TriState::No,
        None => pb::TriState::Unknown,
    }
}

fn session_mode(word: Option<&str>) -> Result<pb::SessionMode, RecordFault> {
    match word {
        None | Some("" | "unknown") => Ok(pb::SessionMode::Unspecified),
        Some("venue") => Ok(pb::SessionMode::Offline),
        Some("live_stream") => Ok(pb::SessionMode::Online),
        Some("venue+live_stream") => Ok(pb::SessionMode::Both),
        Some(word) => Err(unknown("mode", word, "venue, live_stream, venue+live_stream")),
    }
}

fn debrief_form(word: Option<&str>) -> Result<pb::DebriefForm, RecordFault> {
    match word {
        None | Some("" | "unknown") => Ok(pb::DebriefForm::Unspecified),
        Some("written") => Ok(pb::DebriefForm::Written),
        Some("meeting") => Ok(pb::DebriefForm::Meeting),
        Some("on_site") => Ok(pb::DebriefForm::OnSite),
        Some("special") => Ok(pb::DebriefForm::Special),
        Some("media") => Ok(pb::DebriefForm::Media),
        Some(word) => Err(unknown("form", word, "written, meeting, on_site, special, media")),
    }
}
