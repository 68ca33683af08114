//! Organizations, posts, persons and tenures, in both directions.

use duty::division::DivisionCode;
use duty::id::{OrganizationId, PersonId, PostId, TenureId};
use duty::registry::{Class, CreditCode, Level, Organization, Post, PostKind, Tenure};
use duty::uscc::SocialCreditCode;
use duty::{Problems, Reason};

use super::{check_text, id_malformed, scalar};
use crate::pb;

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 100;

/// An organization, inward.
pub fn organization(message: &pb::Organization, problems: &mut Problems) -> Option<Organization> {
    let id = OrganizationId::parse(&message.organization_id);
    if id.is_none() {
        id_malformed("organization_id", problems);
    }
    let parent = (!message.parent_organization_id.is_empty())
        .then(|| {
            let parent = OrganizationId::parse(&message.parent_organization_id);
            if parent.is_none() {
                id_malformed("parent_organization_id", problems);
            }
            parent
        })
        .flatten();
    name("name_zh", &message.name_zh, true, problems);
    name("name_en", &message.name_en, false, problems);
    let level = level(message.level, problems);
    let class = class(message.class, problems);
    let division = match DivisionCode::parse(&message.division_code) {
        Ok(division) => Some(division),
        Err(error) => {
            problems.add(Reason::DivisionInvalid, "division_code", error.zh, error.en);
            None
        }
    };
    let credit_code = credit_code(message, problems);
    if !message.sector.is_empty() && !duty::id::is_id(&message.sector) {
        problems.add(
            Reason::FieldMalformed,
            "sector",
            "行业类别应为小写英文词，例如 science_technology_bureau",
            "the sector is a snake_case word such as science_technology_bureau",
        );
    }
    let (valid_from, valid_to) = span(&message.start_date, &message.end_date, problems);
    Some(Organization {
        id: id?,
        parent,
        name_zh: message.name_zh.trim().into(),
        name_en: message.name_en.trim().into(),
        level: level?,
        class: class?,
        division: division?,
        credit_code,
        sector: message.sector.as_str().into(),
        has_enforcement_power: message.has_enforcement_power,
        valid_from,
        valid_to,
    })
}

pub(super) fn name(field: &str, text: &str, required: bool, problems: &mut Problems) {
    if required && text.trim().is_empty() {
        problems.add(Reason::FieldRequired, field, "必须填写名称", "a name is required");
    }
    if NAME_CHARS_MAX < text.chars().count() {
        problems.add(
            Reason::FieldTooLong,
            field,
            format!("超过上限 {NAME_CHARS_MAX} 个字"),
            format!("exceeds {NAME_CHARS_MAX} characters"),
        );
    }
    check_text(field, text, problems);
}

/// The credit code; one that fails is kept out unless somebody says why it must be kept.
fn credit_code(message: &pb::Organization, problems: &mut Problems) -> Option<CreditCode> {
    let text = &message.unified_social_credit_code;
    if text.trim().is_empty() {
        return None;
    }
    check_text("credit_code_override_reason", &message.credit_code_override_reason, problems);
    let overridden = duty::decide::REASON_CHARS_MIN
        <= message.credit_code_override_reason.trim().chars().count();
    match SocialCreditCode::parse(text) {
        Ok(code) => Some(CreditCode::Valid(code)),
        Err(_) if overridden => Some(CreditCode::Overridden {
            code: text.trim().into(),
            reason: message.credit_code_override_reason.trim().into(),
        }),
        Err(error) => {
            problems.add(
                Reason::UsccInvalid,
                "unified_social_credit_code",
                format!(
                    "{}；如证照上确为此码，请填写 credit_code_override_reason（至少 10 个字）",
                    error.zh()
                ),
                format!(
                    "{}; if official papers do print it, say so in credit_code_override_reason",
                    error
                ),
            );
            None
        }
    }
}

pub(super) fn span(
    start: &str,
    end: &str,
    problems: &mut Problems,
) -> (Option<jiff::civil::Date>, Option<jiff::civil::Date>) {
    let first = scalar::civil_date(start, "start_date", problems);
    let last = scalar::civil_date(end, "end_date", problems);
    if let (Some(first), Some(last)) = (first, last)
        && last < first
    {
        problems.add(
            Reason::DateReversed,
            "end_date",
            format!("截止日期 {last} 早于开始日期 {first}"),
            format!("the end {last} is before the start {first}"),
        );
    }
    (first, last)
}

fn level(number: i32, problems: &mut Problems) -> Option<Level> {
    use pb::OrganizationLevel as Pb;
    match Pb::try_from(number) {
        Ok(Pb::Province) => Some(Level::Province),
        Ok(Pb::City) => Some(Level::City),
        Ok(Pb::County) => Some(Level::County),
        Ok(Pb::FunctionalArea) => Some(Level::FunctionalArea),
        Ok(Pb::Department) => Some(Level::Department),
        Ok(Pb::Section) => Some(Level::Section),
        Ok(Pb::SecondTierUnit) => Some(Level::SecondTierUnit),
        Ok(Pb::Township) => Some(Level::Township),
        Ok(Pb::Unspecified) | Err(_) => {
            scalar::enum_unknown("level", number, problems);
            None
        }
    }
}

fn class(number: i32, problems: &mut Problems) -> Option<Class> {
    use pb::OrganizationClass as Pb;
    match Pb::try_from(number) {
        Ok(Pb::PartyOrgan) => Some(Class::PartyOrgan),
        Ok(Pb::GovernmentOrgan) => Some(Class::GovernmentOrgan),
        Ok(Pb::CivilServiceManaged) => Some(Class::CivilServiceManaged),
        Ok(Pb::PublicInstitution) => Some(Class::PublicInstitution),
        Ok(Pb::FunctionalArea) => Some(Class::FunctionalArea),
        Ok(Pb::Unspecified) | Err(_) => {
            scalar::enum_unknown("class", number, problems);
            None
        }
    }
}

/// A post, inward.
pub fn post(message: &pb::Post, problems: &mut Problems) -> Option<Post> {
    let id = PostId::parse(&message.post_id);
    if id.is_none() {
        id_malformed("post_id", problems);
    }
    let organization = OrganizationId::parse(&message.organization_id);
    if organization.is_none() {
        id_malformed("organization_id", problems);
    }
    let kind = match pb::PostKind::try_from(message.kind) {
        Ok(pb::PostKind::PartyHead) => Some(PostKind::PartyHead),
        Ok(pb::PostKind::GovernmentHead) => Some(PostKind::GovernmentHead),
        Ok(pb::PostKind::Deputy) => Some(PostKind::Deputy),
        Ok(pb::PostKind::GroupHead) => Some(PostKind::GroupHead),
        Ok(pb::PostKind::Other) => Some(PostKind::Other),
        Ok(pb::PostKind::Unspecified) | Err(_) => {
            scalar::enum_unknown("kind", message.kind, problems);
            None
        }
    };
    name("title_zh", &message.title_zh, true, problems);
    Some(Post {
        id: id?,
        organization: organization?,
        kind: kind?,
        title_zh: message.title_zh.trim().into(),
    })
}

/// A tenure, inward.
pub fn tenure(message: &pb::Tenure, problems: &mut Problems) -> Option<Tenure> {
    let id = TenureId::parse(&message.tenure_id);
    if id.is_none() {
        id_malformed("tenure_id", problems);
    }
    let person = PersonId::parse(&message.person_id);
    if person.is_none() {
        id_malformed("person_id", problems);
    }
    let post = PostId::parse(&message.post_id);
    if post.is_none() {
        id_malformed("post_id", problems);
    }
    if message.start_date.is_empty() {
        problems.add(
            Reason::FieldRequired,
            "start_date",
            "必须填写任职开始日期",
            "the first day of the tenure is required",
        );
    }
    let from = scalar::civil_date(&message.start_date, "start_date", problems);
    let to = scalar::civil_date(&message.end_date, "end_date", problems);
    check_text("appointment_document", &message.appointment_document, problems);
    Some(Tenure {
        id: id?,
        person: person?,
        post: post?,
        from: from?,
        to,
        acting: message.acting,
        appointment_document: message.appointment_document.trim().into(),
    })
}

/// A level, outward.
#[must_use]
pub fn level_message(level: Level) -> pb::OrganizationLevel {
    match level {
        Level::Province => pb::OrganizationLevel::Province,
        Level::City => pb::OrganizationLevel::City,
        Level::County => pb::OrganizationLevel::County,
        Level::FunctionalArea => pb::OrganizationLevel::FunctionalArea,
        Level::Department => pb::OrganizationLevel::Department,
        Level::Section => pb::OrganizationLevel::Section,
        Level::SecondTierUnit => pb::OrganizationLevel::SecondTierUnit,
        Level::Township => pb::OrganizationLevel::Township,
    }
}

/// A class, outward.
#[must_use]
pub fn class_message(class: Class) -> pb::OrganizationClass {
    match class {
        Class::PartyOrgan => pb::OrganizationClass::PartyOrgan,
        Class::GovernmentOrgan => pb::OrganizationClass::GovernmentOrgan,
        Class::CivilServiceManaged => pb::OrganizationClass::CivilServiceManaged,
        Class::PublicInstitution => pb::OrganizationClass::PublicInstitution,
        Class::FunctionalArea => pb::OrganizationClass::FunctionalArea,
    }
}

/// An organization, outward.
#[must_use]
pub fn organization_message(organization: &Organization) -> pb::Organization {
    let (code, override_reason) = match &organization.credit_code {
        None => (String::new(), String::new()),
        Some(CreditCode::Valid(code)) => (code.as_str().to_owned(), String::new()),
        Some(CreditCode::Overridden { code, reason }) => (code.to_string(), reason.to_string()),
    };
    pb::Organization {
        organization_id: organization.id.to_string(),
        parent_organization_id: organization
            .parent
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        name_zh: organization.name_zh.to_string(),
        name_en: organization.name_en.to_string(),
        level: level_message(organization.level).into(),
        class: class_message(organization.class).into(),
        division_code: organization.division.as_str().to_owned(),
        unified_social_credit_code: code,
        credit_code_override_reason: override_reason,
        sector: organization.sector.to_string(),
        has_enforcement_power: organization.has_enforcement_power,
        start_date: scalar::optional_date(organization.valid_from),
        end_date: scalar::optional_date(organization.valid_to),
    }
}

/// A post, outward.
#[must_use]
pub fn post_message(post: &Post) -> pb::Post {
    let kind = match post.kind {
        PostKind::PartyHead => pb::PostKind::PartyHead,
        PostKind::GovernmentHead => pb::PostKind::GovernmentHead,
        PostKind::Deputy => pb::PostKind::Deputy,
        PostKind::GroupHead => pb::PostKind::GroupHead,
        PostKind::Other => pb::PostKind::Other,
    };
    pb::Post {
        post_id: post.id.to_string(),
        organization_id: post.organization.to_string(),
        kind: kind.into(),
        title_zh: post.title_zh.to_string(),
    }
}

/// A tenure, outward.
#[must_use]
pub fn tenure_message(tenure: &Tenure) -> pb::Tenure {
    pb::Tenure {
        tenure_id: tenure.id.to_string(),
        person_id: tenure.person.to_string(),
        post_id: tenure.post.to_string(),
        start_date: tenure.from.to_string(),
        end_date: scalar::optional_date(tenure.to),
        acting: tenure.acting,
        appointment_document: tenure.appointment_document.to_string(),
    }
}
