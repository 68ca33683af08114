//! 落实第一责任人职责情况, in the customary order: debrief, party group and special meetings, leading
//! group, study and lectures, decisions, report and publication (DOMAIN §6.5), then what
//! supervisors found and exempted.

use duty::event::details::{Details, ReviewSubjectKind};
use duty::event::{EventType, Kind};
use duty::quantity::Answer;

use super::writer::{self, Writer, day, text};
use super::{Order, Run, done, supervision};
use crate::Recorded;
use crate::supervised::Supervised;

pub(super) fn paragraphs(
    order: &Order<'_>,
    entries: &[&Recorded],
    supervised: &Supervised,
    writer: &mut Writer,
) -> Vec<Vec<Run>> {
    let opening = format!(
        "{}年，{}主要负责人履行推进法治建设第一责任人职责情况如下：",
        order.year, order.name_zh
    );
    vec![
        vec![text(&opening)],
        debriefs(order, entries, writer),
        meetings(order, entries, writer),
        group(order, entries, writer),
        learning(order, entries, writer),
        decisions(order, entries, writer),
        reporting(order, entries, writer),
        appraisal(order, entries, writer),
        supervision::rectified(&supervised.findings, writer),
        supervision::exempted(&supervised.exemptions, writer),
    ]
}

/// A debrief is told of in the year it is held in, whatever year it is for.
fn debriefs(order: &Order<'_>, entries: &[&Recorded], writer: &mut Writer) -> Vec<Run> {
    let of_year = entries.iter().filter(|entry| {
        entry.event.event_type() == EventType::RuleOfLawDebrief
            && entry.event.kind == Kind::Performed
            && entry.belongs_to(order.year)
    });
    let mut held: Vec<Option<&Recorded>> = of_year.map(|entry| Some(*entry)).collect();
    if held.is_empty() {
        held.push(None);
    }
    let mut runs = Vec::new();
    for entry in held {
        let by: Vec<&Recorded> = entry.into_iter().collect();
        let details = entry.and_then(|entry| match &entry.event.details {
            Details::RuleOfLawDebrief(debrief) => Some(debrief),
            _ => None,
        });
        let when = entry.and_then(|entry| writer::time(&entry.event.occurred));
        let basis = details.map(|debrief| debrief.basis_document_title.to_string());
        let basis = basis.filter(|title| !title.is_empty());
        let form = details.and_then(|debrief| debrief.form).map(|form| form.name_zh().to_owned());
        let year = entry.map(|entry| format!("{}年度", entry.event.accounting_year));
        runs.push(writer.slot("述法时间", when, &by));
        runs.push(text("，按照"));
        runs.push(writer.slot("述法依据文件", basis.map(titled), &by));
        runs.push(text("要求，以"));
        runs.push(writer.slot("述法形式", form, &by));
        runs.push(text("形式完成"));
        runs.push(writer.slot("述法对应年度", year, &by));
        runs.push(text("述法。"));
    }
    runs
}

/// A title in its marks, once.
fn titled(title: String) -> String {
    if title.starts_with('《') { title } else { format!("《{title}》") }
}

fn meetings(order: &Order<'_>, entries: &[&Recorded], writer: &mut Writer) -> Vec<Run> {
    let group = done(order, entries, &[EventType::PartyGroupDeliberation]);
    let special =
        done(order, entries, &[EventType::SpecialWorkMeeting, EventType::LeadingGroupMeeting]);
    let dated: Vec<&Recorded> =
        special.iter().filter(|entry| entry.event.occurred.as_day().is_some()).copied().collect();
    let days = dated.iter().filter_map(|entry| entry.event.occurred.as_day()).map(day);
    let days = days.collect::<Vec<_>>().join("、");
    vec![
        text("全年召开党组会研究法治工作"),
        writer.acts("党组会研究法治工作次数", "次", &group),
        text("、法治政府建设专题工作会"),
        writer.acts("专题工作会次数", "次", &special),
        text("（"),
        writer.slot("专题工作会日期", Some(days), &dated),
        text("）。"),
    ]
}

fn group(order: &Order<'_>, entries: &[&Recorded], writer: &mut Writer) -> Vec<Run> {
    let adjusted = done(order, entries, &[EventType::LeadingGroupAdjustment]);
    let last = adjusted.last().copied();
    let by: Vec<&Recorded> = last.into_iter().collect();
    let details = last.and_then(|entry| match &entry.event.details {
        Details::LeadingGroupAdjustment(adjustment) => Some(adjustment),
        _ => None,
    });
    let when = details.and_then(|adjustment| adjustment.effective_date).map(day);
    let when = when.or_else(|| writer::time(&last?.event.occurred));
    let number = last.and_then(document_number);
    let office = details.map(|adjustment| adjustment.office_location.to_string());
    vec![
        writer.slot("领导小组调整时间", when, &by),
        text("印发"),
        writer.slot("领导小组调整文号", number, &by),
        text("调整依法行政领导小组，办公室设在"),
        writer.slot("领导小组办公室设置", office, &by),
        text("。"),
    ]
}

/// The document number of an entry: that of its details, else of its evidence.
fn document_number(entry: &Recorded) -> Option<String> {
    let of_evidence = || entry.event.evidence.iter().find_map(|one| one.document_number.as_ref());
    let number = entry.event.details.document_number().or_else(of_evidence);
    number.map(|number| number.as_str().to_owned())
}

fn learning(order: &Order<'_>, entries: &[&Recorded], writer: &mut Writer) -> Vec<Run> {
    let study = done(order, entries, &[EventType::LeaderLawStudy]);
    let lectures = done(order, entries, &[EventType::RuleOfLawLecture]);
    let both: Vec<&Recorded> = study.iter().chain(&lectures).copied().collect();
    let attended: Vec<&Recorded> = both
        .iter()
        .filter(|entry| entry.event.main_leader_attended == Answer::Yes)
        .copied()
        .collect();
    vec![
        text("组织领导干部学法"),
        writer.acts("领导干部学法次数", "次", &study),
        text("、法治讲座"),
        writer.acts("法治讲座次数", "次", &lectures),
        text("，参训"),
        writer.sum("学法讲座参训人次", "attendance_offline", "人次", &both),
        text("，主要负责人参加"),
        writer.acts("主要负责人参加次数", "次", &attended),
        text("。"),
    ]
}

fn decisions(order: &Order<'_>, entries: &[&Recorded], writer: &mut Writer) -> Vec<Run> {
    let decided = done(order, entries, &[EventType::MajorDecision]);
    let reviews = done(order, entries, &[EventType::LegalityReview]);
    let of_decisions: Vec<&Recorded> = reviews
        .into_iter()
        .filter(|entry| match &entry.event.details {
            Details::LegalityReview(review) => {
                review.subject_kind == Some(ReviewSubjectKind::Decision)
            }
            _ => false,
        })
        .collect();
    vec![
        text("重大行政决策"),
        writer.acts("重大行政决策件数", "项", &decided),
        text("，经合法性审查"),
        writer.acts("重大行政决策合法性审查件数", "项", &of_decisions),
        text("。"),
    ]
}

fn reporting(order: &Order<'_>, entries: &[&Recorded], writer: &mut Writer) -> Vec<Run> {
    let reports = done(order, entries, &[EventType::ReportToSuperior]);
    let reported = reports.last().copied();
    let by: Vec<&Recorded> = reported.into_iter().collect();
    let details = reported.and_then(|entry| match &entry.event.details {
        Details::ReportToSuperior(report) => Some(report),
        _ => None,
    });
    let sent = details.and_then(|report| report.sent_date).map(day);
    let sent = sent.or_else(|| writer::time(&reported?.event.occurred));
    let recipients = details.map(|report| {
        let named = report.recipients.iter().map(|recipient| match &*recipient.name {
            "" => recipient.kind.name_zh(),
            name => name,
        });
        named.collect::<Vec<_>>().join("、")
    });
    let number = reported.and_then(document_number);
    let mut runs = vec![
        writer.slot("报告时间", sent, &by),
        text("以"),
        writer.slot("报告文号", number, &by),
        text("向"),
        writer.slot("报告对象", recipients, &by),
        text("报告，"),
    ];
    let published = done(order, entries, &[EventType::AnnualReportPublication]);
    let published = published.last().copied();
    let by: Vec<&Recorded> = published.into_iter().collect();
    let details = published.and_then(|entry| match &entry.event.details {
        Details::AnnualReportPublication(publication) => Some(publication),
        _ => None,
    });
    let when = details.and_then(|publication| publication.published_date).map(day);
    let when = when.or_else(|| writer::time(&published?.event.occurred));
    let place = details.map(|publication| match &*publication.url {
        "" => publication.site.to_string(),
        url => url.to_owned(),
    });
    runs.push(writer.slot("年度报告公开时间", when, &by));
    runs.push(text("在"));
    runs.push(writer.slot("年度报告公开网址", place, &by));
    runs.push(text("公开年度报告。"));
    runs
}

fn appraisal(order: &Order<'_>, entries: &[&Recorded], writer: &mut Writer) -> Vec<Run> {
    let linked = done(order, entries, &[EventType::CadreAppraisalLinkage]);
    let titles: Vec<&str> = linked.iter().map(|entry| &*entry.event.title).collect();
    let printed = titles.join("；");
    vec![
        text("用人导向与评价考核："),
        writer.slot("用人导向与评价考核情况", Some(printed), &linked),
        text("。"),
    ]
}
