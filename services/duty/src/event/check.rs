//! What makes a duty event acceptable by itself, and what about an accepted one is worth a look.
//!
//! [`check_content`] refuses contradictions and what must never be stored, [`check_years`] what is
//! not in its time; [`flags`] marks gaps and
//! oddities of an event that stays in. Neither looks at anything but the event: references to the
//! registry and to other events are `decide`'s.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::details::{TextPath, Visitor};
use super::{DutyEvent, Kind};
use crate::calendar::{CalendarMissing, Calendars};
use crate::occurred::{Occurred, Precision};
use crate::position::Position;
use crate::problem::{Problem, Problems, Reason};
use crate::quantity::{Qualifier, VALUE_MAX, VALUE_SCALE_MAX};
use crate::registry::Registry;
use crate::{metric, secrecy};

/// First accounting year: the 2016 Provisions are in force from 2016-11-30.
pub const ACCOUNTING_YEAR_MIN: i16 = 2016;
/// Longest title and source reference, in characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// Longest quote, in characters.
pub const QUOTE_CHARS_MAX: usize = 2_000;
/// Longest readable number, in characters.
pub const NUMBER_CHARS_MAX: usize = 64;
/// Most quantities, pieces of evidence, source flags and posts of one event.
pub const LIST_MAX: usize = 32;
/// Most components of one aggregate: 1,000 ids of 36 characters stay below the entry limit.
pub const COMPONENTS_MAX: usize = 1_000;

/// Refuses what contradicts itself; depends on nothing but the event. Also for an event of which
/// other parts could not even be read, so that one answer names everything.
pub fn check_content(event: &DutyEvent, problems: &mut Problems) {
    check_limits(event, problems);
    check_aggregate(event, problems);
    check_figures(event, problems);
    metric::check(&event.quantities, problems);
    problems.at(event.event_type().as_str(), |problems| {
        event.details.check(&event.occurred, problems);
    });
    for_each_text(event, &mut |field, text| {
        let is_quote = field.is("quote");
        if let Some(character) = text.chars().find(|c| is_unprintable(*c, is_quote)) {
            let code = u32::from(character);
            problems.add(
                Reason::FieldMalformed,
                &field.to_string(),
                format!("含有不可见的控制字符 U+{code:04X}，请删除"),
                format!("holds the invisible control character U+{code:04X}: remove it"),
            );
        }
        if let Some(marking) = secrecy::find_marking(text) {
            problems.add(
                Reason::StateSecretMarking,
                &field.to_string(),
                format!(
                    "文本带有国家秘密标志“{marking}”：涉密内容严禁录入本系统，请立即按保密规定处理"
                ),
                format!(
                    "the text carries the state-secret marking \"{marking}\": classified content \
                     must never enter this system; handle it under the secrecy rules"
                ),
            );
        }
    });
}

/// Characters that are not seen, or turn what is seen around; a quote may have lines.
fn is_unprintable(character: char, is_quote: bool) -> bool {
    let direction = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let line_break = is_quote && matches!(character, '\n' | '\r' | '\t');
    direction || (character.is_control() && !line_break)
}

fn check_figures(event: &DutyEvent, problems: &mut Problems) {
    for (index, quantity) in event.quantities.iter().enumerate() {
        let fits = quantity.value <= VALUE_MAX && quantity.value.scale() <= VALUE_SCALE_MAX;
        if !fits {
            problems.add(
                Reason::FieldOutOfRange,
                &format!("quantities[{index}].value"),
                format!("数量不得超过 {VALUE_MAX}，小数不超过 {VALUE_SCALE_MAX} 位"),
                format!("a figure is at most {VALUE_MAX}, with at most {VALUE_SCALE_MAX} decimals"),
            );
        }
    }
}

/// Refuses what contradicts the calendar. `today` is the civil day in Asia/Shanghai.
pub fn check_years(event: &DutyEvent, today: Date, problems: &mut Problems) {
    let latest = today.year().saturating_add(1);
    if event.accounting_year < ACCOUNTING_YEAR_MIN || latest < event.accounting_year {
        problems.add(
            Reason::AccountingYearInvalid,
            "accounting_year",
            format!("考核年度应在 {ACCOUNTING_YEAR_MIN} 与 {latest} 之间"),
            format!("the accounting year must lie between {ACCOUNTING_YEAR_MIN} and {latest}"),
        );
    }
    // A recurring claim speaks of a whole year, which may not have ended; so may an interval that
    // has begun. Only what cannot have begun yet is refused.
    let not_begun = event.occurred.start().is_some_and(|start| today < start);
    if not_begun && event.kind != Kind::Planned {
        problems.add(
            Reason::DateInFuture,
            "occurred.start_date",
            format!("今天是 {today}，尚未发生的事项只能以“计划”填报"),
            format!("today is {today}: what has not begun can only be recorded as planned"),
        );
    }
    let day_ahead = event.occurred.precision() == Precision::Day;
    if day_ahead && event.kind == Kind::RecurringClaim {
        problems.add(
            Reason::PrecisionMismatch,
            "occurred.precision",
            "“定期/每年”类表述不对应具体一天；有具体日期请以“已履行”填报",
            "a recurring claim has no single day; record an instance as performed",
        );
    }
}

fn check_limits(event: &DutyEvent, problems: &mut Problems) {
    if event.title.trim().is_empty() {
        problems.add(Reason::FieldRequired, "title", "必须填写事件名称", "a title is required");
    }
    for (field, text, limit) in [
        ("title", &event.title, TITLE_CHARS_MAX),
        ("quote", &event.quote, QUOTE_CHARS_MAX),
        ("source_reference", &event.source_reference, TITLE_CHARS_MAX),
        ("source_number", &event.source_number, NUMBER_CHARS_MAX),
    ] {
        let length = text.chars().count();
        if limit < length {
            problems.add(
                Reason::FieldTooLong,
                field,
                format!("长度 {length} 超过上限 {limit} 个字"),
                format!("{length} characters exceed the limit of {limit}"),
            );
        }
    }
    for (field, length, limit) in [
        ("quantities", event.quantities.len(), LIST_MAX),
        ("evidence", event.evidence.len(), LIST_MAX),
        ("source_flags", event.source_flags.len(), LIST_MAX),
        ("responsible_post_ids", event.responsible_posts.len(), LIST_MAX),
        ("component_event_ids", event.components.len(), COMPONENTS_MAX),
    ] {
        if limit < length {
            problems.add(
                Reason::FieldTooLong,
                field,
                format!("{length} 项超过上限 {limit} 项"),
                format!("{length} items exceed the limit of {limit}"),
            );
        }
    }
}

fn check_aggregate(event: &DutyEvent, problems: &mut Problems) {
    if !event.components.is_empty() && !event.aggregate {
        problems.add(
            Reason::AggregateInvalid,
            "component_event_ids",
            "只有汇总事件（aggregate）才能列出组成事件",
            "only an aggregate names components: set aggregate, or drop them",
        );
    }
    let mut seen = std::collections::BTreeSet::new();
    for (index, component) in event.components.iter().enumerate() {
        if !seen.insert(component) {
            problems.add(
                Reason::AggregateInvalid,
                &format!("component_event_ids[{index}]"),
                format!("组成事件 {component} 重复"),
                format!("component {component} is named twice"),
            );
        }
    }
}

/// What is worth a look in an accepted event; depends on nothing but the event.
#[must_use]
pub fn flags(event: &DutyEvent) -> Vec<Problem> {
    let mut problems = Problems::new();
    let happened = event.occurred.start().zip(event.occurred.end());
    if let Some((start, end)) = happened {
        let year = event.accounting_year;
        if start.year() != year || end.year() != year {
            problems.add(
                Reason::AccountingYearDiffers,
                "accounting_year",
                format!("发生于 {start} 至 {end}，计入 {year} 年度"),
                format!("happened {start} to {end}, answers for {year}"),
            );
        }
    }
    let nobody = event.responsible_person.is_none() && event.responsible_posts.is_empty();
    if nobody && event.event_type().is_personal() && event.kind == Kind::Performed {
        problems.add(
            Reason::ResponsibleMissing,
            "responsible_post_ids",
            "未注明履职人或职务：个人责任事项只能计入“自述”",
            "names neither person nor post: a person's duty counts it as claimed only",
        );
    }
    let acts = metric::acts_metric(event.event_type()).and_then(|acts| event.quantity(acts));
    let named = Decimal::from(event.components.len());
    if let Some(acts) = acts.filter(|acts| acts.qualifier == Qualifier::Exact && acts.value < named)
    {
        problems.add(
            Reason::AggregateInvalid,
            "component_event_ids",
            format!("汇总数为 {}，却列出 {named} 个组成事件", acts.value),
            format!("the sum is {}, yet it names {named} components", acts.value),
        );
    }
    metric::flags(&event.quantities, &mut problems);
    problems.at(event.event_type().as_str(), |problems| {
        event.details.flags(event.kind, &event.occurred, problems);
    });
    problems.into_vec()
}

/// The last day on which an event is recorded in time: so many working days after its end (DOMAIN
/// §5.5). `None` where its end is not known.
///
/// # Errors
/// A calendar that is needed is not there.
pub fn last_day_to_record(
    occurred: &Occurred,
    working_days: u32,
    calendars: &Calendars,
) -> Option<Result<Date, CalendarMissing>> {
    occurred.end().map(|end| calendars.add_working_days(end, working_days))
}

/// 补录: the flag of an event recorded after the last day for it; none where nobody can tell.
#[must_use]
pub fn late_flag(
    occurred: &Occurred,
    recorded_on: Date,
    working_days: u32,
    calendars: &Calendars,
) -> Option<Problem> {
    let end = occurred.end()?;
    let last = last_day_to_record(occurred, working_days, calendars)?.ok()?;
    (last < recorded_on).then(|| {
        Problem::new(
            Reason::LateEntry,
            "occurred",
            format!(
                "补录：{end} 结束，{recorded_on} 录入，晚于 {working_days} 个工作日的录入期限 {last}"
            ),
            format!(
                "late entry: ended {end}, recorded {recorded_on}, after the {working_days} working \
                 days for it, which ended {last}"
            ),
        )
    })
}

/// What is worth a look about an accepted event in the light of the registry: posts whose holder
/// was another, or nobody, when it happened.
#[must_use]
pub fn registry_flags(event: &DutyEvent, registry: &Registry, known: Position) -> Vec<Problem> {
    let mut problems = Problems::new();
    let Some((first, last)) = event.occurred.start().zip(event.occurred.end()) else {
        return Vec::new();
    };
    for (index, post) in event.responsible_posts.iter().enumerate() {
        let held = registry.tenures_of(post, known).iter().any(|(_, tenure)| {
            let theirs = event.responsible_person.as_ref().is_none_or(|p| *p == tenure.person);
            theirs && tenure.overlaps(first, last)
        });
        if !held {
            problems.add(
                Reason::TenureDoesNotCover,
                &format!("responsible_post_ids[{index}]"),
                format!("{first} 至 {last} 期间没有登记（该人员）任 {post} 的任期"),
                format!("no tenure of {post} (by that person) covers {first} to {last}"),
            );
        }
    }
    if let Some(person) =
        event.responsible_person.as_ref().filter(|_| event.responsible_posts.is_empty())
    {
        let tenures = registry.tenures_by_person(person, known);
        if !tenures.iter().any(|(_, tenure)| tenure.overlaps(first, last)) {
            problems.add(
                Reason::TenureDoesNotCover,
                "responsible_person_id",
                format!("{first} 至 {last} 期间没有登记 {person} 的任期"),
                format!("no tenure of {person} covers {first} to {last}"),
            );
        }
    }
    problems.into_vec()
}

/// Calls `visit` with the path and content of every free text of the event.
pub fn for_each_text(event: &DutyEvent, visit: &mut Visitor<'_>) {
    visit(&TextPath::field("title"), &event.title);
    visit(&TextPath::field("quote"), &event.quote);
    visit(&TextPath::field("source_reference"), &event.source_reference);
    visit(&TextPath::field("source_number"), &event.source_number);
    for (index, flag) in event.source_flags.iter().enumerate() {
        visit(&TextPath::field("source_flags").item(index), flag);
    }
    for (index, evidence) in event.evidence.iter().enumerate() {
        let at = TextPath::field("evidence").item(index);
        visit(&at.below("kind"), &evidence.kind);
        visit(&at.below("title"), &evidence.title);
        visit(&at.below("locator"), &evidence.locator);
        if let Some(url) = &evidence.url {
            visit(&at.below("url"), url);
        }
    }
    let details = TextPath::field(event.event_type().as_str());
    event.details.for_each_text(Some(&details), visit);
}
