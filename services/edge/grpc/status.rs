//! One table from what went wrong to a gRPC status (AIP-193).
//!
//! Every error carries `ErrorInfo` with a reason of `error.proto`, `BadRequest` with a field path
//! for every bad item, and the text in zh-CN and en. What a driver or the disk said stays in the
//! log. Details travel in a header that clients limit to 8 KiB: the first violations come with
//! their texts, further ones with path and reason. In the metadata of `ErrorInfo`, `violations`
//! says how many there are in all and `bad_events` names every bad item of a batch, so that nothing
//! is cut short in silence.

use std::collections::HashMap;
use std::time::Duration;

use duty::decide::{Refusal, RefusalKind};
use duty::{Problem, Reason};
use projection::view::NoView;
use tonic::{Code, Status};
use tonic_types::{
    BadRequest, ErrorDetail, ErrorInfo, FieldViolation, LocalizedMessage, RetryInfo, StatusExt as _,
};

use crate::ledger::{ReadFailure, SubmitError};

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "dutyledger";
/// Bytes of violations that come with their texts; base64 makes 4 bytes of 3.
const TEXT_BYTES_MAX: usize = 1_800;
/// Bytes of violations altogether, so that the header stays below 8 KiB.
const VIOLATION_BYTES_MAX: usize = 3_000;
/// Bytes of one text, for the same reason.
const MESSAGE_BYTES_MAX: usize = 600;

/// A status for a list of problems of one kind.
#[must_use]
pub fn problems(code: Code, found: Vec<Problem>) -> Status {
    let total = found.len();
    let Some(first) = found.first().cloned() else {
        return internal("a refusal without a problem");
    };
    let more = if 1 < total { format!(" (+{} more)", total - 1) } else { String::new() };
    let more_zh = if 1 < total { format!("（另有 {} 处）", total - 1) } else { String::new() };
    let at = if first.field.is_empty() { String::new() } else { format!("{}: ", first.field) };
    let en = format!("{at}{}{more}", shortened(&first.en));
    let zh = format!("{at}{}{more_zh}", shortened(&first.zh));
    let mut metadata = HashMap::from([("violations".to_owned(), total.to_string())]);
    if !first.field.is_empty() {
        metadata.insert("field".to_owned(), first.field.clone());
    }
    let bad = bad_events(&found);
    if !bad.is_empty() {
        metadata.insert("bad_events".to_owned(), bad);
    }
    let mut details = texts(first.reason, &zh, &en, metadata);
    let violations = violations(found);
    if !violations.is_empty() {
        details.push(BadRequest::new(violations).into());
    }
    if first.reason == Reason::RevisionConflict {
        details.push(RetryInfo::new(Some(Duration::ZERO)).into());
    }
    Status::with_error_details_vec(code, en, details)
}

/// A status for one problem that concerns no field.
#[must_use]
pub fn one(code: Code, reason: Reason, zh: &str, en: &str) -> Status {
    Status::with_error_details_vec(code, en, texts(reason, zh, en, HashMap::new()))
}

/// The same, telling the caller when to try again.
pub(crate) fn retry(code: Code, reason: Reason, zh: &str, en: &str, after: Duration) -> Status {
    let mut details = texts(reason, zh, en, HashMap::new());
    details.push(RetryInfo::new(Some(after)).into());
    Status::with_error_details_vec(code, en, details)
}

fn texts(
    reason: Reason,
    zh: &str,
    en: &str,
    metadata: HashMap<String, String>,
) -> Vec<ErrorDetail> {
    vec![
        ErrorInfo::new(reason.as_str(), DOMAIN, metadata).into(),
        LocalizedMessage::new("zh-CN", zh).into(),
        LocalizedMessage::new("en", en).into(),
    ]
}

/// The place of every bad item of a batch, as ranges: `0-59,61`. At worst every other of 1,000 is
/// bad, which takes 1,950 bytes.
fn bad_events(found: &[Problem]) -> String {
    let index = |problem: &Problem| {
        let lists = ["events[", "registrations[", "amendments["];
        let inner = lists.iter().find_map(|list| problem.field.strip_prefix(list))?;
        inner.split(']').next()?.parse::<usize>().ok()
    };
    let bad: std::collections::BTreeSet<usize> = found.iter().filter_map(index).collect();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for index in bad {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            _ => ranges.push((index, index)),
        }
    }
    let ranges = ranges.iter().map(|(first, last)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    });
    ranges.collect::<Vec<_>>().join(",")
}

fn violations(problems: Vec<Problem>) -> Vec<FieldViolation> {
    let mut length = 0;
    let mut violations = Vec::new();
    for problem in problems {
        let bare = problem.field.len() + problem.reason.as_str().len() + 8;
        let (zh, en) = (shortened(&problem.zh), shortened(&problem.en));
        let full = bare + zh.len() + en.len() + 8;
        let mut violation = FieldViolation::new(problem.field, "");
        violation.reason = problem.reason.as_str().to_owned();
        if length + full <= TEXT_BYTES_MAX {
            violation.description = en;
            violation.localized_message = Some(LocalizedMessage::new("zh-CN", zh));
            length += full;
        } else if length + bare <= VIOLATION_BYTES_MAX {
            length += bare;
        } else {
            break;
        }
        violations.push(violation);
    }
    violations
}

fn shortened(text: &str) -> String {
    if text.len() <= MESSAGE_BYTES_MAX {
        return text.to_owned();
    }
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at < MESSAGE_BYTES_MAX).last();
    format!("{}…", &text[..end.unwrap_or(0)])
}

/// A malformed request.
#[must_use]
pub fn invalid(found: Vec<Problem>) -> Status {
    problems(Code::InvalidArgument, found)
}

/// A fault of ours: the caller learns no more than that.
#[must_use]
pub fn internal(what: &str) -> Status {
    tracing::error!(what, "internal fault");
    one(Code::Internal, Reason::Internal, "服务内部故障", "a fault inside the service")
}

/// A refusal of `decide`.
#[must_use]
pub fn refused(refusal: Refusal) -> Status {
    problems(code_of(refusal.kind()), refusal.problems())
}

fn code_of(kind: RefusalKind) -> Code {
    match kind {
        RefusalKind::Invalid => Code::InvalidArgument,
        RefusalKind::NotFound => Code::NotFound,
        RefusalKind::AlreadyExists => Code::AlreadyExists,
        RefusalKind::FailedPrecondition => Code::FailedPrecondition,
        RefusalKind::Aborted => Code::Aborted,
    }
}

/// How a call with one entry names what is wrong in it: it has no list of events.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// The idempotency key.
    pub event_id: &'static str,
    /// What stands before every other field of the entry.
    pub entry: &'static str,
    /// The field that holds the most, when the entry is too large.
    pub whole: &'static str,
}

/// A submission of a list of entries that was not accepted, under the name the call has for the
/// list; `places` says where each entry submitted stands in it.
#[must_use]
pub fn submit_list(error: SubmitError, list: &str, places: &[usize]) -> Status {
    match error {
        SubmitError::Refused(refusal) => {
            let code = code_of(refusal.kind());
            let renamed = refusal.problems().into_iter().map(|problem| {
                let field = match problem.field.strip_prefix("events") {
                    Some(inner) if inner.starts_with('[') => format!("{list}{inner}"),
                    Some("") => list.to_owned(),
                    _ => problem.field,
                };
                Problem { field, ..problem }
            });
            problems(code, renamed.collect())
        }
        SubmitError::EntryTooLarge { index, length } => {
            let place = places.get(index).copied().unwrap_or(index);
            too_large(format!("{list}[{place}]"), length)
        }
        error => submit(error),
    }
}

/// A submission of one entry that was not accepted, with the fields of the call.
#[must_use]
pub fn submit_one(error: SubmitError, fields: Fields) -> Status {
    match error {
        SubmitError::Refused(refusal) => {
            let code = code_of(refusal.kind());
            let renamed = refusal.problems().into_iter().map(|problem| {
                let field = match problem.field.strip_prefix("events[0].") {
                    Some("event_id") => fields.event_id.to_owned(),
                    Some(inner) => format!("{}{inner}", fields.entry),
                    None if problem.field.starts_with("expected_revisions") => {
                        "expected_revision".to_owned()
                    }
                    None => problem.field,
                };
                Problem { field, ..problem }
            });
            problems(code, renamed.collect())
        }
        SubmitError::EntryTooLarge { length, .. } => too_large(fields.whole.to_owned(), length),
        error => submit(error),
    }
}

fn too_large(field: String, length: usize) -> Status {
    let limit = journal::EVENT_BYTES_MAX;
    invalid(vec![Problem::new(
        Reason::FieldTooLong,
        field,
        format!(
            "存储后为 {length} 字节，超过上限 {limit}；佐证文件请存于台账之外，只填摘要值和链接"
        ),
        format!(
            "this takes {length} bytes stored, the limit is {limit}: keep evidence files outside \
             the ledger, by digest and link"
        ),
    )])
}

/// A submission that was not accepted.
#[must_use]
pub fn submit(error: SubmitError) -> Status {
    match error {
        SubmitError::Refused(refusal) => refused(refusal),
        SubmitError::EntryTooLarge { index, length } => {
            too_large(format!("events[{index}]"), length)
        }
        SubmitError::Overloaded => retry(
            Code::ResourceExhausted,
            Reason::LimitReached,
            "写入队列已满，请稍后重试",
            "the write queue is full: retry later",
            Duration::from_millis(200),
        ),
        SubmitError::StorageFull => retry(
            Code::ResourceExhausted,
            Reason::StorageFull,
            "磁盘空间不足，暂停写入（查询照常）；腾出空间后自动恢复",
            "the disk is full: writes are refused until there is room; reads go on",
            Duration::from_secs(30),
        ),
        SubmitError::LedgerFull => one(
            Code::ResourceExhausted,
            Reason::LimitReached,
            "台账的记录条数已达上限，不再接受写入；查询照常；请建立新的台账",
            "the ledger has as many entries as it can have: reads go on; begin a new ledger",
        ),
        SubmitError::Poisoned => one(
            Code::Unavailable,
            Reason::JournalPoisoned,
            "写入失败，已停止接受写入，待运维人员处理；查询照常",
            "a write failed: nothing more is accepted until an operator has looked; reads go on",
        ),
        SubmitError::Read(failure) => read(&failure),
        SubmitError::Stopping => retry(
            Code::Unavailable,
            Reason::NotServing,
            "服务正在停止，请稍后重试",
            "the service is stopping: retry later",
            Duration::from_secs(5),
        ),
    }
}

/// A read that failed. What the engine said goes to the log.
#[must_use]
pub fn read(failure: &ReadFailure) -> Status {
    tracing::error!(error = %crate::chain(failure), "reading the journal failed");
    let position = match failure {
        ReadFailure::Journal(journal::ReadError::Corrupt { position, .. }) => position.get(),
        ReadFailure::Codec { position, .. } => *position,
        ReadFailure::Journal(journal::ReadError::Engine(_)) | ReadFailure::CutShort => {
            return internal("the journal could not be read");
        }
    };
    one(
        Code::DataLoss,
        Reason::JournalCorrupt,
        &format!("第 {position} 条记录已损坏，请运维人员从备份恢复"),
        &format!("the entry at position {position} is damaged: restore it from a backup"),
    )
}

/// A view that does not exist.
#[must_use]
pub fn no_view(no: NoView) -> Status {
    match no {
        NoView::UnknownOrganization(id) => not_found("organization_id", "单位", &id),
        NoView::UnknownPerson(id) => not_found("person_id", "人员", &id),
        NoView::NoRuleSet { organization, year } => problems(
            Code::FailedPrecondition,
            vec![Problem::new(
                Reason::RuleSetMissing,
                "selector.year",
                format!("没有对 {organization} 在 {year} 年度有效的规则集；请先发布"),
                format!("no rule set is valid for {organization} in {year}: publish one first"),
            )],
        ),
    }
}

/// Something asked for by id that is not there.
#[must_use]
pub fn not_found(field: &str, what_zh: &str, id: &dyn std::fmt::Display) -> Status {
    problems(
        Code::NotFound,
        vec![Problem::new(
            Reason::ReferenceUnknown,
            field,
            format!("没有编号为 {id} 的{what_zh}（在所查询的范围内）"),
            format!("there is no {id}, as far as was known at the position asked about"),
        )],
    )
}

/// A position that was not reached in time.
#[must_use]
pub fn not_reached(wanted: duty::Position, head: duty::Position) -> Status {
    let zh = format!("台账现为第 {head} 条，尚未到达第 {wanted} 条");
    let en = format!("the journal is at position {head} and has not reached {wanted}");
    retry(Code::Unavailable, Reason::PositionNotReached, &zh, &en, Duration::from_secs(1))
}

/// A question about a position there is not: waiting would not help a typing error.
#[must_use]
pub fn beyond_head(asked: duty::Position, head: duty::Position) -> Status {
    problems(
        Code::OutOfRange,
        vec![Problem::new(
            Reason::PositionNotReached,
            "known_position",
            format!("台账现为第 {head} 条，没有第 {asked} 条"),
            format!("the journal is at position {head}: there is no {asked}"),
        )],
    )
}
