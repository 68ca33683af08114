//! The envelope of a duty event, inward.

use duty::Problems;
use duty::Reason;
use duty::event::{DutyEvent, Kind, check};
use duty::evidence::{Digest, DigestAlgorithm, Disclosure, Evidence};
use duty::id::{EventId, OrganizationId, PersonId, PostId};
use duty::occurred::{Occurred, Precision};
use duty::quantity::{Qualifier, Quantity, UNITS};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{details, id_malformed, scalar};
use crate::pb;

/// A duty event; its id is the caller's business ([`crate::grpc::event_id`]).
pub fn event(message: &pb::DutyEvent, problems: &mut Problems) -> Option<DutyEvent> {
    let organization = OrganizationId::parse(&message.organization_id);
    if organization.is_none() {
        id_malformed("organization_id", problems);
    }
    let kind = kind(message.kind, problems);
    let occurred = occurred(message.occurred.as_ref(), problems);
    let accounting_year = i16::try_from(message.accounting_year).unwrap_or(i16::MAX);
    let details = match &message.details {
        Some(message) => details::details(message, problems),
        None => {
            problems.add(
                Reason::FieldRequired,
                "details",
                "必须填写 details 中的一项：它决定事件类型",
                "one of the details must be set: it decides the type of the event",
            );
            None
        }
    };
    let responsible_person = optional_person(&message.responsible_person_id, problems);
    let responsible_posts = posts(&message.responsible_post_ids, problems);
    let main_leader_attended =
        problems.at("main_leader_attended", |p| scalar::tri_state(message.main_leader_attended, p));
    let quantities = quantities(&message.quantities, problems);
    let evidence = list(&message.evidence, "evidence", problems, evidence);
    let disclosure = disclosure(message.disclosure, "disclosure", problems);
    let components = ids(&message.component_event_ids, problems);
    let part_of = (!message.part_of_event_id.is_empty())
        .then(|| crate::grpc::event_id(&message.part_of_event_id, "part_of_event_id", problems))
        .flatten();
    let is_complete = organization.is_some() && kind.is_some() && occurred.is_some();
    let event = DutyEvent {
        organization: organization.or_else(|| OrganizationId::parse("unread"))?,
        kind: kind.unwrap_or(Kind::Performed),
        occurred: occurred.unwrap_or(Occurred::UNKNOWN),
        accounting_year,
        title: message.title.trim().into(),
        responsible_person,
        responsible_posts,
        main_leader_attended,
        quantities,
        evidence,
        disclosure: disclosure?,
        aggregate: message.aggregate,
        components,
        part_of,
        source_flags: message.source_flags.iter().map(|flag| flag.trim().into()).collect(),
        quote: message.quote.trim().into(),
        source_reference: message.source_reference.trim().into(),
        source_number: message.source_number.trim().into(),
        details: details?,
    };
    if is_complete {
        return Some(event);
    }
    // The event stays out, but the caller learns of every fault at once.
    check::check_content(&event, problems);
    None
}

/// Converts every item of a list, each under its own path; items that fail are left out, and the
/// problems keep the event out.
fn list<M, T>(
    messages: &[M],
    field: &'static str,
    problems: &mut Problems,
    convert: fn(&M, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let mut items = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        items.extend(problems.at_item(field, index, |p| convert(message, p)));
    }
    items
}

fn kind(number: i32, problems: &mut Problems) -> Option<Kind> {
    match pb::EventKind::try_from(number) {
        Ok(pb::EventKind::Performed) => Some(Kind::Performed),
        Ok(pb::EventKind::Planned) => Some(Kind::Planned),
        Ok(pb::EventKind::RecurringClaim) => Some(Kind::RecurringClaim),
        Ok(pb::EventKind::Outcome) => Some(Kind::Outcome),
        Ok(pb::EventKind::Unspecified) | Err(_) => {
            problems.add(
                Reason::EnumUnknown,
                "kind",
                "性质应为 PERFORMED（已履行）、PLANNED（计划）、RECURRING_CLAIM（定期表述）或 OUTCOME（业务成效）",
                "the kind is PERFORMED, PLANNED, RECURRING_CLAIM or OUTCOME",
            );
            None
        }
    }
}

fn occurred(message: Option<&pb::Occurred>, problems: &mut Problems) -> Option<Occurred> {
    let Some(message) = message else {
        problems.add(
            Reason::FieldRequired,
            "occurred",
            "必须填写发生时间；确实不知请用精度 UNKNOWN",
            "when it happened is required; use the precision UNKNOWN when that is not known",
        );
        return None;
    };
    problems.at("occurred", |problems| {
        let precision = match pb::DatePrecision::try_from(message.precision) {
            Ok(pb::DatePrecision::Day) => Precision::Day,
            Ok(pb::DatePrecision::Month) => Precision::Month,
            Ok(pb::DatePrecision::Quarter) => Precision::Quarter,
            Ok(pb::DatePrecision::HalfYear) => Precision::HalfYear,
            Ok(pb::DatePrecision::Year) => Precision::Year,
            Ok(pb::DatePrecision::Period) => Precision::Period,
            Ok(pb::DatePrecision::Unknown) => Precision::Unknown,
            Ok(pb::DatePrecision::Unspecified) | Err(_) => {
                problems.add(
                    Reason::EnumUnknown,
                    "precision",
                    "精度应为 DAY、MONTH、QUARTER、HALF_YEAR、YEAR、PERIOD 或 UNKNOWN",
                    "the precision is DAY, MONTH, QUARTER, HALF_YEAR, YEAR, PERIOD or UNKNOWN",
                );
                return None;
            }
        };
        let found = problems.len();
        let start = scalar::civil_date(&message.start_date, "start_date", problems);
        let end = scalar::civil_date(&message.end_date, "end_date", problems);
        if found < problems.len() {
            return None;
        }
        Occurred::new(precision, start, end, problems)
    })
}

fn optional_person(text: &str, problems: &mut Problems) -> Option<PersonId> {
    if text.is_empty() {
        return None;
    }
    let person = PersonId::parse(text);
    if person.is_none() {
        id_malformed("responsible_person_id", problems);
    }
    person
}

fn posts(texts: &[String], problems: &mut Problems) -> Vec<PostId> {
    let mut posts = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        match PostId::parse(text) {
            Some(post) => posts.push(post),
            None => id_malformed(&format!("responsible_post_ids[{index}]"), problems),
        }
    }
    posts
}

fn ids(texts: &[String], problems: &mut Problems) -> Vec<EventId> {
    let mut ids = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        ids.extend(crate::grpc::event_id(text, &format!("component_event_ids[{index}]"), problems));
    }
    ids
}

fn quantities(messages: &[pb::Quantity], problems: &mut Problems) -> Vec<Quantity> {
    list(messages, "quantities", problems, quantity)
}

fn quantity(message: &pb::Quantity, problems: &mut Problems) -> Option<Quantity> {
    let is_word = duty::id::is_id(&message.metric) && !message.metric.contains(':');
    if !is_word {
        problems.add(
            Reason::FieldMalformed,
            "metric",
            "指标名应为小写英文词，例如 sessions、attendance_offline",
            "a metric is a snake_case word such as sessions or attendance_offline",
        );
    }
    let value =
        Decimal::from_str_exact(message.value.trim()).ok().filter(|value| Decimal::ZERO <= *value);
    if value.is_none() {
        problems.add(
            Reason::QuantityInvalid,
            "value",
            format!("“{}”不是非负十进制数，例如 12、15.28；百分数请写成比率 0.95", message.value),
            format!(
                "\"{}\" is no decimal number of 0 or more, such as 12 or 15.28; write 95 % as 0.95",
                message.value
            ),
        );
    }
    if !UNITS.contains(&message.unit.as_str()) {
        problems.add(
            Reason::UnitUnknown,
            "unit",
            format!("“{}”不是可用的单位：{}", message.unit, UNITS.join(" ")),
            format!("\"{}\" is none of the units {}", message.unit, UNITS.join(" ")),
        );
    }
    let qualifier = match pb::QuantityQualifier::try_from(message.qualifier) {
        Ok(pb::QuantityQualifier::Unspecified | pb::QuantityQualifier::Exact) => {
            Some(Qualifier::Exact)
        }
        Ok(pb::QuantityQualifier::AtLeast) => Some(Qualifier::AtLeast),
        Ok(pb::QuantityQualifier::MoreThan) => Some(Qualifier::MoreThan),
        Ok(pb::QuantityQualifier::About) => Some(Qualifier::About),
        Err(_) => {
            scalar::enum_unknown("qualifier", message.qualifier, problems);
            None
        }
    };
    let window = window(message, problems);
    Some(Quantity {
        metric: message.metric.as_str().into(),
        value: value?,
        unit: message.unit.as_str().into(),
        qualifier: qualifier?,
        window,
    })
}

/// The days a figure covers, when they are not those of the event: both or neither.
fn window(message: &pb::Quantity, problems: &mut Problems) -> Option<(Date, Date)> {
    let first = scalar::civil_date(&message.window_start_date, "window_start_date", problems);
    let last = scalar::civil_date(&message.window_end_date, "window_end_date", problems);
    match (first, last) {
        (Some(first), Some(last)) if last < first => {
            problems.add(
                Reason::DateReversed,
                "window_end_date",
                format!("结束日期 {last} 早于开始日期 {first}"),
                format!("the end {last} is before the start {first}"),
            );
            None
        }
        (Some(first), Some(last)) => Some((first, last)),
        (None, None) => None,
        (first, _) => {
            let missing = if first.is_none() { "window_start_date" } else { "window_end_date" };
            problems.add(
                Reason::FieldRequired,
                missing,
                "统计区间须同时填写起止日期",
                "a window has both a start and an end",
            );
            None
        }
    }
}

/// Pieces of evidence, under the field `evidence`.
pub(super) fn evidence_list(messages: &[pb::Evidence], problems: &mut Problems) -> Vec<Evidence> {
    list(messages, "evidence", problems, evidence)
}

fn evidence(message: &pb::Evidence, problems: &mut Problems) -> Option<Evidence> {
    if !duty::id::is_id(&message.kind) {
        problems.add(
            Reason::FieldMalformed,
            "kind",
            "佐证类别应为小写英文词，例如 meeting_minutes",
            "the kind is a snake_case word such as meeting_minutes",
        );
    }
    let document_number = (!message.document_number.trim().is_empty())
        .then(|| scalar::document_number(&message.document_number, "document_number", problems))
        .flatten();
    let title_length = message.title.chars().count();
    if check::TITLE_CHARS_MAX < title_length {
        problems.add(
            Reason::FieldTooLong,
            "title",
            format!("长度 {title_length} 超过上限 {} 个字", check::TITLE_CHARS_MAX),
            format!("{title_length} characters exceed {}", check::TITLE_CHARS_MAX),
        );
    }
    Some(Evidence {
        kind: message.kind.as_str().into(),
        document_number,
        title: message.title.trim().into(),
        digest: digest(message, problems),
        sealed: message.sealed,
        url: url(&message.url, problems),
        locator: message.locator.trim().into(),
        disclosure: disclosure(message.disclosure, "disclosure", problems)?,
    })
}

fn digest(message: &pb::Evidence, problems: &mut Problems) -> Option<Digest> {
    if message.digest_hex.is_empty() {
        return None;
    }
    let algorithm = match pb::DigestAlgorithm::try_from(message.digest_algorithm) {
        Ok(pb::DigestAlgorithm::Sm3) => DigestAlgorithm::Sm3,
        Ok(pb::DigestAlgorithm::Sha256) => DigestAlgorithm::Sha256,
        Ok(pb::DigestAlgorithm::Unspecified) | Err(_) => {
            problems.add(
                Reason::DigestInvalid,
                "digest_algorithm",
                "填写摘要值时须注明算法：SM3 或 SHA256",
                "a digest names its algorithm: SM3 or SHA256",
            );
            return None;
        }
    };
    let digest = Digest::parse(algorithm, message.digest_hex.trim());
    if digest.is_none() {
        problems.add(
            Reason::DigestInvalid,
            "digest_hex",
            "摘要值应为 64 位十六进制数",
            "a digest has 64 hex digits",
        );
    }
    digest
}

/// Longest link, in bytes.
const URL_BYTES_MAX: usize = 2_000;

/// An absolute http(s) URL with a host, or empty.
fn url(text: &str, problems: &mut Problems) -> Option<Box<str>> {
    if text.is_empty() {
        return None;
    }
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let well_formed = host.is_some_and(|rest| {
        rest.chars().next().is_some_and(|first| first.is_alphanumeric() || first == '[')
    }) && text.len() <= URL_BYTES_MAX
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if !well_formed {
        problems.add(
            Reason::UrlInvalid,
            "url",
            "链接应以 http:// 或 https:// 开头，不含空格",
            "a link is an absolute http or https URL without spaces",
        );
        return None;
    }
    Some(text.into())
}

fn disclosure(number: i32, field: &str, problems: &mut Problems) -> Option<Disclosure> {
    match pb::Disclosure::try_from(number) {
        Ok(pb::Disclosure::Public) => Some(Disclosure::Public),
        Ok(pb::Disclosure::Internal | pb::Disclosure::Unspecified) => Some(Disclosure::Internal),
        Ok(pb::Disclosure::WorkSecret) => Some(Disclosure::WorkSecret),
        Err(_) => {
            scalar::enum_unknown(field, number, problems);
            None
        }
    }
}
