//! The rule sets of the model, each told twice: as the text that the ledger publishes, and as plain
//! data that the reference reads. The reference never looks at the text or what was parsed from it.

use duty::event::EventType;
use duty::ruleset::RuleSet;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// One duty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) id: &'static str,
    /// Owed by whoever holds a post, not by the organization.
    pub(super) personal: bool,
    pub(super) owed_by: &'static [&'static str],
    pub(super) event: EventType,
    pub(super) quarterly: bool,
    pub(super) least: u32,
    pub(super) weight: u32,
    /// Month and day as printed, years after the accounting year, and whether that day is in time.
    pub(super) deadline: (i8, i8, i16, bool),
    /// The only line of work it is for.
    pub(super) sector: Option<&'static str>,
    /// First and last day this text is in force.
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
    /// Switched off by the rule set of a jurisdiction inside.
    pub(super) off: bool,
}

/// One published version of a rule set, with what it inherits.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) id: &'static str,
    pub(super) jurisdiction: &'static str,
    pub(super) valid_from: Date,
    pub(super) warn_days: i64,
    pub(super) late_credit: Decimal,
    pub(super) half_year_months: i32,
    pub(super) accounting: (i8, i8),
    /// 0 for claimed to 3 for verified.
    pub(super) official: usize,
    pub(super) duties: Vec<Rule>,
    pub(super) text: String,
}

impl Rules {
    /// The accounting day of a year.
    pub(super) fn accounting_day(&self, year: i16) -> Date {
        date(year, self.accounting.0, self.accounting.1)
    }
}

const OFFICIAL: [&str; 4] = ["claimed", "dated", "documented", "verified"];

fn duty_text(rule: &Rule) -> String {
    let list = |all: &[&str]| all.iter().map(|one| format!("\"{one}\"")).collect::<Vec<_>>();
    let (month, day, offset, in_time) = rule.deadline;
    let bound = if in_time { "on_or_before" } else { "before" };
    let day_of = |key: &str, day: Option<Date>| {
        day.map_or_else(String::new, |day| format!("{key} = {day}\n"))
    };
    format!(
        "[[duty]]\nid = \"{}\"\nname_zh = \"事项\"\nname_en = \"duty\"\ncategory = \"core\"\n\
         weight = {}\nbasis = [\"test\"]\nowed_by = [{}]\nlevel = \"{}\"\nsatisfied_by = [\"{}\"]\n\
         cadence = \"{}\"\nmin_count = {}\n{}{}{}\
         deadline = {{ month = {month}, day = {day}, year_offset = {offset}, bound = \"{bound}\" }}\n",
        rule.id,
        rule.weight,
        list(rule.owed_by).join(", "),
        if rule.personal { "person" } else { "organization" },
        rule.event.as_str(),
        if rule.quarterly { "quarterly" } else { "annual" },
        rule.least,
        rule.sector
            .map_or_else(String::new, |of| format!("applies_when = \"org.sector == '{of}'\"\n")),
        day_of("valid_from", rule.from),
        day_of("valid_to", rule.to),
    )
}

fn head(id: &str, jurisdiction: &str, valid_from: Date, more: &str) -> String {
    format!(
        "schema_version = 1\nruleset_id = \"{id}\"\nvalid_from = {valid_from}\n\
         jurisdiction = \"{jurisdiction}\"\ntimezone = \"Asia/Shanghai\"\n{more}"
    )
}

const BOTH: &[&str] = &["party_head", "government_head"];

fn duties(how: u8) -> Vec<Rule> {
    let plain = |id, event, weight| Rule {
        id,
        personal: false,
        owed_by: &["organization"],
        event,
        quarterly: false,
        least: 1,
        weight,
        deadline: (12, 31, 0, false),
        sector: None,
        from: None,
        to: None,
        off: false,
    };
    let study = plain("study", EventType::LeaderLawStudy, 30);
    let study = Rule { owed_by: BOTH, quarterly: true, least: 4, ..study };
    let mut all = vec![
        Rule { owed_by: &["party_head"], ..plain("plan", EventType::AnnualWorkPlan, 10) },
        study.clone(),
        Rule {
            personal: true,
            owed_by: BOTH,
            deadline: (1, 31, 1, true),
            ..plain("statement", EventType::YearEndStatement, 20)
        },
        Rule {
            personal: true,
            owed_by: &["party_head"],
            deadline: (3, 1, 1, false),
            sector: Some("science"),
            ..plain("debrief", EventType::RuleOfLawDebrief, 15)
        },
        Rule {
            owed_by: &["government_head"],
            least: 2,
            deadline: (12, 31, 0, true),
            sector: Some("science"),
            ..plain("talks", EventType::LawPopularizationSession, 25)
        },
    ];
    // A law that changes in mid-year: one session a quarter before, two from then on.
    if how & 1 == 1 {
        all[1].to = Some(date(2022, 6, 30));
        let (from, least) = (Some(date(2022, 7, 1)), 8);
        all.push(Rule { id: "study-since", from, least, ..study });
    }
    // One for the leader's statement as well: it is no longer owed from 2023 on.
    if how & 6 == 6 {
        all[2].to = Some(date(2022, 12, 31));
    }
    all
}

/// A version of the city's rules: of its standing ones, or of those that follow in mid-year.
pub(super) fn city(second: bool, what: u8, how: u8) -> Rules {
    let id = if second { "city-second" } else { "city" };
    let starts = [date(2016, 1, 1), date(2022, 7, 1), date(2023, 1, 1)];
    let valid_from = starts[usize::from(what % 3).max(usize::from(second))];
    let warn_days = [30, 10][usize::from(what / 3 % 2)];
    let late_credit = [Decimal::new(6, 1), Decimal::new(5, 1)][usize::from(what / 6 % 2)];
    let half_year_months = [6, 3][usize::from(what / 12 % 2)];
    let accounting = [(12, 31), (12, 31), (6, 30), (10, 31)][usize::from(how / 8 % 4)];
    let official = usize::from(how / 32 % 4);
    let duties = duties(how);
    let more = format!(
        "warn_days = {warn_days}\nhalf_year_threshold_months = {half_year_months}\n\
         official_rung = \"{}\"\naccounting_date = {{ month = {}, day = {} }}\n\
         scoring = {{ late_credit = {late_credit} }}\n",
        OFFICIAL[official], accounting.0, accounting.1,
    );
    let jurisdiction = "450200";
    let text = head(id, jurisdiction, valid_from, &more);
    let text = duties.iter().map(duty_text).fold(text, |text, duty| text + &duty);
    Rules {
        id,
        jurisdiction,
        valid_from,
        warn_days,
        late_credit,
        half_year_months,
        accounting,
        official,
        duties,
        text,
    }
}

/// A version of the county's rules over a version of the city's: what it does not say it takes.
pub(super) fn county(parent: &Rules, what: u8, how: u8) -> Rules {
    let mut rules = Rules { id: "county", jurisdiction: "450222", ..parent.clone() };
    rules.valid_from =
        rules.valid_from.max([date(2016, 1, 1), date(2022, 7, 1)][usize::from(what % 2)]);
    let mut more = format!("extends = \"{}\"\n", parent.id);
    if how & 1 == 1 {
        rules.warn_days = 20;
        more += "warn_days = 20\n";
    }
    if how & 2 == 2 {
        rules.half_year_months = 4;
        more += "half_year_threshold_months = 4\n";
    }
    let mut text = head(rules.id, rules.jurisdiction, rules.valid_from, &more);
    let reason = "reason = \"县里另有规定，以此为准\"";
    for rule in &mut rules.duties {
        match rule.id {
            "plan" => {
                (rule.weight, rule.deadline) = (40, (11, 30, 0, true));
                text += &format!(
                    "[[override]]\nid = \"plan\"\n{reason}\nweight = 40\n\
                     deadline = {{ month = 11, day = 30, year_offset = 0, bound = \"on_or_before\" }}\n"
                );
            }
            "talks" if how & 4 == 4 => {
                rule.sector = None;
                text += &format!(
                    "[[override]]\nid = \"talks\"\n{reason}\nwithout = [\"applies_when\"]\n"
                );
            }
            "statement" if how & 24 == 24 => {
                rule.off = true;
                text += &format!("[[switch_off]]\nid = \"statement\"\n{reason}\n");
            }
            _ => {}
        }
    }
    if how & 32 == 32 {
        let own = Rule {
            id: "county-meeting",
            event: EventType::SpecialWorkMeeting,
            weight: 5,
            owed_by: BOTH,
            deadline: (6, 30, 0, true),
            ..rules.duties[0].clone()
        };
        text += &duty_text(&own);
        rules.duties.push(own);
    }
    rules.text = text;
    rules
}

/// What the ledger takes in.
pub(super) fn published(rules: &Rules, parent: Option<&Rules>) -> RuleSet {
    let parents: Vec<&str> = parent.iter().map(|parent| parent.text.as_str()).collect();
    match RuleSet::resolve(&rules.text, &parents) {
        Ok((found, _)) => found,
        Err(faults) => panic!("{faults:#?}\n{}", rules.text),
    }
}
