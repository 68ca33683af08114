//! One organization in one accounting year: what it did of what the rules ask, and how well it is
//! on record.

use duty::event::EventType;
use duty::metric;
use duty::ruleset::{Cadence, DutyRule, Level, OwedBy};
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::place::Place;
use super::random::Random;
use super::{Call, Plan, RECORDER, VERIFIER};

/// Most events of one call.
const BATCH: usize = 100;

/// How a thing that is owed comes on record. The shares are of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// In time, with a numbered document.
    Documented,
    /// In time, without evidence.
    Undocumented,
    /// After the deadline, documented.
    Late,
    /// Done, and nobody wrote down when.
    Undated,
    /// 每年均…: said to be done regularly.
    Claimed,
    /// Only intended.
    Planned,
    /// Not on record at all.
    Missing,
}

const COURSES: [(Course, u32); 7] = [
    (Course::Documented, 66),
    (Course::Undocumented, 10),
    (Course::Late, 8),
    (Course::Undated, 4),
    (Course::Claimed, 5),
    (Course::Planned, 2),
    (Course::Missing, 5),
];

fn course(random: &mut Random) -> Course {
    let mut rest = random.below(100);
    for (course, share) in COURSES {
        if rest < share {
            return course;
        }
        rest -= share;
    }
    Course::Missing
}

/// The calls of a year.
pub(super) fn calls(plan: &Plan, place: &Place, year: i16) -> Vec<Call> {
    let random = Random::of(plan.seed, &[2, u64::from(place.number), year.unsigned_abs().into()]);
    let mut desk = Desk { plan, place, year, random, events: Vec::new() };
    for duty in &plan.rules.duties {
        let applies = duty.applies_to.is_empty()
            || duty.applies_to.iter().any(|sector| **sector == *place.sector);
        if applies {
            desk.duty(duty);
        }
    }
    desk.calls()
}

struct Desk<'a> {
    plan: &'a Plan,
    place: &'a Place,
    year: i16,
    random: Random,
    events: Vec<Value>,
}

impl Desk<'_> {
    fn duty(&mut self, duty: &DutyRule) {
        let (first, last) = self.calendar_year();
        match &duty.cadence {
            Cadence::Annual { deadline } => {
                // What is owed in the year after happens there: reports, debriefs.
                let end = deadline.last_day(self.year);
                let start = if self.year < end.year() {
                    Date::new(end.year(), 1, 1).unwrap_or(first)
                } else {
                    first
                };
                self.spread(duty, &[(start, end)], duty.min_count.max(1));
            }
            Cadence::HalfYear { .. } => self.split(duty, 2, 6),
            Cadence::Quarterly { .. } => self.split(duty, 4, 3),
            Cadence::OnChange { within_working_days, annual_confirmation, .. } => {
                let changed = self.place.changes.iter().find(|day| day.year() == self.year);
                match (changed.copied(), annual_confirmation) {
                    (Some(day), _) => {
                        // Working days are fewer than days: half of them are always in time.
                        let days = i64::from(*within_working_days);
                        let end = day.checked_add(Span::new().days(days)).unwrap_or(last);
                        self.spread(duty, &[(day, end)], 1);
                    }
                    (None, Some(deadline)) => {
                        let kind = duty.satisfied_by.last().copied();
                        let end = deadline.last_day(self.year);
                        self.one(duty, kind, (first, end), 0, &[]);
                    }
                    (None, None) => {}
                }
            }
            Cadence::OnEvent => {
                let cases = self.random.below(4);
                self.spread(duty, &[(first, last)], cases);
            }
            Cadence::ContinuousCount => {
                let acts = 1 + self.random.below(4);
                self.spread(duty, &[(first, last)], acts);
            }
        }
    }

    fn calendar_year(&self) -> (Date, Date) {
        let first = Date::new(self.year, 1, 1).unwrap_or(Date::MIN);
        (first, first.last_of_year())
    }

    /// So many parts of the year of so many months each.
    fn split(&mut self, duty: &DutyRule, parts: i8, months: i8) {
        let (year, _) = self.calendar_year();
        let part = |index: i8| {
            let first = Date::new(self.year, 1 + index * months, 1).unwrap_or(year);
            let end = Date::new(self.year, (index + 1) * months, 1).unwrap_or(year);
            (first, end.last_of_month())
        };
        let windows: Vec<_> = (0..parts).map(part).collect();
        let each = duty.min_count.div_ceil(u32::from(parts.unsigned_abs()));
        self.spread(duty, &windows, each.max(1));
    }

    /// So many acts in each window, by whoever owes them.
    fn spread(&mut self, duty: &DutyRule, windows: &[(Date, Date)], each: u32) {
        let posts = self.place.posts();
        let owes = |owner| duty.owed_by.contains(&owner);
        let owed: Vec<_> = [OwedBy::PartyHead, OwedBy::GovernmentHead]
            .into_iter()
            .zip(posts)
            .filter_map(|(owner, post)| owes(owner).then_some(post))
            .collect();
        let of_persons = duty.level == Level::Person && !owed.is_empty();
        let by: Vec<Vec<String>> = match (of_persons, self.place.has_one_head()) {
            (false, _) => vec![Vec::new()],
            (true, true) => vec![owed],
            (true, false) => owed.into_iter().map(|post| vec![post]).collect(),
        };
        let mut number = 0;
        for posts in by {
            for window in windows {
                for _ in 0..each {
                    let kind = self.random.pick(&duty.satisfied_by).copied();
                    // What confirms a group is no answer to a change.
                    let kind = match duty.cadence {
                        Cadence::OnChange { .. } => duty.satisfied_by.first().copied(),
                        _ => kind,
                    };
                    self.one(duty, kind, *window, number, &posts);
                    number += 1;
                }
            }
        }
    }

    /// One act, as it comes on record.
    fn one(
        &mut self,
        duty: &DutyRule,
        kind: Option<EventType>,
        (first, last): (Date, Date),
        number: u32,
        posts: &[String],
    ) {
        let (Some(event_type), course) = (kind, course(&mut self.random)) else { return };
        let mut day = self.random.day(first, last);
        if course == Course::Late {
            let late = 1 + self.random.below(60);
            day = last.checked_add(Span::new().days(late)).unwrap_or(last);
        }
        let (of_year, last_of_year) = self.calendar_year();
        let whole_year = self.plan.until >= last_of_year;
        let is_over = course != Course::Planned && self.plan.until < day;
        if course == Course::Missing || is_over || self.plan.until < of_year {
            return;
        }
        let precise =
            |day: Date| json!({ "precision": "DATE_PRECISION_DAY", "start_date": day.to_string() });
        let vague = || {
            json!({
                "precision": "DATE_PRECISION_YEAR",
                "start_date": of_year.to_string(),
                "end_date": last_of_year.to_string(),
            })
        };
        let (kind, occurred) = match course {
            Course::Undated if whole_year => ("PERFORMED", vague()),
            Course::Claimed => ("RECURRING_CLAIM", vague()),
            Course::Planned => ("PLANNED", precise(day)),
            _ => ("PERFORMED", precise(day)),
        };
        let is_on_paper = matches!(course, Course::Documented | Course::Late);
        let serial = self.events.len() + 1;
        // Now and then the document of the act before it is given again: 佐证重复.
        let of_document = serial - usize::from(1 < serial && self.random.percent(1));
        let issuer = self.place.issuer();
        let number_of = format!("{issuer}〔{}〕{of_document}号", day.year());
        let evidence = duty.evidence_customary.first().map_or("document", |kind| &**kind);
        let evidence = is_on_paper.then(|| {
            json!({ "kind": evidence, "document_number": number_of, "title": format!("{}材料", duty.name_zh) })
        });
        let (place, year) = (&self.place.id, self.year);
        let id = self.plan.id(&format!("{place}/{year}/{}/{number}", duty.id));
        let title: String = format!("{}年{}（{}）", year, event_type.name_zh(), number + 1);
        let mut event = json!({
            "event_id": id,
            "organization_id": place,
            "kind": format!("EVENT_KIND_{kind}"),
            "occurred": occurred,
            "accounting_year": year,
            "title": title,
            "responsible_post_ids": posts,
            "evidence": evidence.into_iter().collect::<Vec<_>>(),
            "quantities": self.figures(event_type),
            "disclosure": "DISCLOSURE_INTERNAL",
            "source_number": format!("{place}-{year}-{serial}"),
        });
        event[event_type.as_str()] = details(event_type, &number_of, course == Course::Documented);
        self.events.push(event);
    }

    /// How many acts, where the type counts them, and now and then how many came.
    fn figures(&mut self, event_type: EventType) -> Vec<Value> {
        let mut figures = Vec::new();
        if let Some(acts) = metric::acts_metric(event_type).and_then(metric::find) {
            let unit = acts.units.first().copied().unwrap_or("次");
            figures.push(json!({ "metric": acts.name, "value": "1", "unit": unit }));
        }
        let is_gathering = matches!(
            event_type,
            EventType::LeaderLawStudy
                | EventType::RuleOfLawLecture
                | EventType::LawPopularizationSession
        );
        if is_gathering {
            let came = 20 + self.random.below(180);
            let mut figure = json!({
                "metric": "attendance_offline", "value": came.to_string(), "unit": "人次",
            });
            if self.random.percent(20) {
                figure["qualifier"] = json!("QUANTITY_QUALIFIER_MORE_THAN");
            }
            figures.push(figure);
        }
        figures
    }

    /// The events in batches, then what was corrected, taken back and reviewed of them.
    fn calls(mut self) -> Vec<Call> {
        let events = std::mem::take(&mut self.events);
        let mut calls: Vec<_> = events
            .chunks(BATCH)
            .map(|events| Call {
                name: "AppendEvents",
                request: json!({ "recorder": RECORDER, "events": events }),
            })
            .collect();
        for event in events {
            calls.extend(self.afterwards(event));
        }
        calls
    }

    fn afterwards(&mut self, mut event: Value) -> Option<Call> {
        let id = event["event_id"].as_str()?.to_owned();
        let is_documented = event["evidence"].as_array().is_some_and(|list| !list.is_empty());
        match self.random.below(100) {
            0..2 => {
                event["event_id"] = json!(self.plan.id(&format!("{id}/corrected")));
                event["quote"] = json!("经核对原始记录后更正");
                let reason = "核对原始记录后补充原文摘录内容";
                Some(Call {
                    name: "CorrectEvent",
                    request: json!({
                        "recorder": RECORDER, "target_event_id": id, "event": event, "reason": reason,
                    }),
                })
            }
            2 => Some(Call {
                name: "WithdrawEvent",
                request: json!({
                    "recorder": RECORDER,
                    "event_id": self.plan.id(&format!("{id}/withdrawn")),
                    "target_event_id": id,
                    "reason": "与另一条记录重复，予以撤回处理",
                }),
            }),
            3..40 if is_documented => {
                let returned = self.random.percent(8);
                let verdict = if returned { "RETURNED" } else { "ACCEPTED" };
                let mut review = json!({
                    "target_event_id": id,
                    "verdict": format!("REVIEW_VERDICT_{verdict}"),
                    "verifier": VERIFIER,
                });
                if returned {
                    review["remark"] = json!("佐证材料不完整，请补充签到表后再报");
                }
                let event_id = self.plan.id(&format!("{id}/reviewed"));
                let request = json!({ "event_id": event_id, "review": review });
                Some(Call { name: "ReviewEvent", request })
            }
            _ => None,
        }
    }
}

/// Some of what is particular to a type; the rest stays unsaid, as it does in reports.
fn details(event_type: EventType, number: &str, is_full: bool) -> Value {
    if !is_full {
        return json!({});
    }
    match event_type {
        EventType::SpecialWorkMeeting
        | EventType::LeadingGroupMeeting
        | EventType::PartyGroupDeliberation => json!({
            "chair_post": "主要负责人",
            "chair_is_main_leader": "TRI_STATE_YES",
            "agenda": [{ "title": "研究法治建设工作", "rule_of_law": "TRI_STATE_YES" }],
            "minutes_number": number,
        }),
        EventType::RuleOfLawDebrief => json!({ "form": "DEBRIEF_FORM_MEETING" }),
        EventType::ReportToSuperior | EventType::AnnualWorkPlan => {
            json!({ "document_number": number })
        }
        EventType::LeaderLawStudy | EventType::RuleOfLawLecture => {
            json!({ "topics": ["中华人民共和国宪法"], "form": "STUDY_FORM_BEFORE_MEETING" })
        }
        EventType::NormativeDocument | EventType::PolicyDocument => json!({
            "document_number": number, "issuer_level": "ISSUER_LEVEL_DEPARTMENT",
        }),
        EventType::CourtAppearance => json!({
            "instance": "COURT_INSTANCE_FIRST", "leader": "APPEARING_LEADER_MAIN",
            "spoke": "TRI_STATE_YES",
        }),
        _ => json!({}),
    }
}
