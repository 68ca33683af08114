//! The calendars we ship, the vectors of DOMAIN §5.6, and what is refused.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{CalendarMissing, CalendarYear, Calendars};

macro_rules! shipped {
    ($($year:literal),*) => {
        [$((
            $year,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../data/calendars/",
                stringify!($year),
                ".toml"
            )),
        )),*]
    };
}

/// Every year since the 2016 Provisions came into force.
const SHIPPED: [(i16, &str); 11] =
    shipped!(2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026);

/// The text for a year.
fn shipped(year: i16) -> &'static str {
    SHIPPED.iter().find(|(shipped, _)| *shipped == year).unwrap().1
}

fn calendars() -> Calendars {
    SHIPPED.iter().map(|(_, text)| CalendarYear::parse_toml(text).unwrap()).collect()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_shipped_calendars_have_the_days_of_their_notices() {
    // Days off and working weekends, as counted in the notices.
    let table = [
        (2016, "国办发明电〔2015〕18号", 24, 6),
        (2017, "国办发明电〔2016〕17号", 24, 5),
        (2018, "国办发明电〔2017〕12号", 23, 6),
        (2019, "国办发明电〔2018〕15号", 24, 7),
        (2020, "国办发明电〔2019〕16号", 30, 6),
        (2021, "国办发明电〔2020〕27号", 31, 7),
        (2022, "国办发明电〔2021〕11号", 31, 7),
        (2023, "国办发明电〔2022〕16号", 27, 7),
        (2024, "国办发明电〔2023〕7号", 28, 8),
        (2025, "国办发明电〔2024〕12号", 28, 5),
        (2026, "国办发明电〔2025〕7号", 33, 6),
    ];
    let calendars = calendars();
    assert_eq!(calendars.iter().count(), table.len());
    for (year, notice, off, working) in table {
        let calendar = calendars.get(year).unwrap();
        assert_eq!(&*calendar.notice, notice);
        assert!(calendar.notice_url.contains("gov.cn"));
        assert_eq!(
            (calendar.holidays.len(), calendar.working_weekends.len()),
            (off, working),
            "{year}"
        );
    }
    // What leap years and shifted weekends add up to: working days of each whole year.
    let totals = [
        (2016, 250),
        (2017, 249),
        (2018, 250),
        (2019, 250),
        (2020, 249),
        (2021, 250),
        (2022, 249),
        (2023, 249),
        (2024, 251),
        (2025, 248),
        (2026, 248),
    ];
    for (year, total) in totals {
        let days = date(year, 1, 1).series(jiff::Span::new().days(1));
        let days = days.take_while(|day| day.year() == year);
        let working = days.filter(|day| calendars.is_working_day(*day).unwrap()).count();
        assert_eq!(working, total, "{year}");
    }
}

#[test]
fn a_period_of_working_days_ends_when_the_vectors_say() {
    let table = [
        ("2022-03-22", 20, "2022-04-20"),
        ("2022-09-28", 7, "2022-10-12"),
        ("2022-11-14", 30, "2022-12-26"),
        ("2022-12-28", 20, "2023-01-31"),
        ("2023-01-18", 7, "2023-02-01"),
        ("2023-02-28", 5, "2023-03-07"),
        ("2023-04-01", 15, "2023-04-23"),
        ("2023-04-01", 0, "2023-04-01"),
        ("2024-02-28", 1, "2024-02-29"),
    ];
    let calendars = calendars();
    for (start, count, end) in table {
        let (start, end) = (day(start), day(end));
        assert_eq!(calendars.add_working_days(start, count), Ok(end), "{start} + {count}");
        assert_eq!(calendars.working_days_between(start, end), Ok(count), "{start} to {end}");
    }
}

#[test]
fn days_are_working_days_as_the_notices_order() {
    let table = [
        ("2018-12-29", true, "worked Saturday, by the notice for 2019"),
        ("2018-12-31", false, "off by the notice for 2019"),
        ("2019-05-03", false, "as the amendment of March 2019 has it"),
        ("2019-05-05", true, "worked Sunday of the same amendment"),
        ("2020-01-31", false, "prolonged Spring Festival"),
        ("2020-02-01", false, "no longer a worked Saturday"),
        ("2020-02-03", true, "Monday"),
        ("2022-03-22", true, "Tuesday"),
        ("2022-04-02", true, "worked Saturday"),
        ("2022-04-05", false, "Tomb-Sweeping Day"),
        ("2022-10-08", true, "worked Saturday"),
        ("2022-10-15", false, "Saturday"),
        ("2022-12-31", false, "off by the notice for 2023"),
        ("2023-01-02", false, "New Year"),
        ("2023-02-28", true, "Tuesday"),
        ("2024-02-29", true, "leap day, Thursday"),
        ("2023-03-31", true, "Friday"),
        ("2023-04-01", false, "Saturday"),
        ("2023-04-23", true, "worked Sunday"),
        ("2023-06-30", true, "Friday"),
        // C09: the days of the 2022 report.
        ("2022-06-29", true, ""),
        ("2022-11-10", true, ""),
        ("2022-11-14", true, ""),
        ("2022-12-28", true, ""),
    ];
    let calendars = calendars();
    for (text, working, why) in table {
        assert_eq!(calendars.is_working_day(day(text)), Ok(working), "{text} {why}");
    }
    let rolls = [
        ("2023-04-01", "2023-04-03"),
        ("2023-03-31", "2023-03-31"),
        ("2022-12-31", "2023-01-03"),
        ("2022-10-01", "2022-10-08"),
    ];
    for (from, to) in rolls {
        assert_eq!(calendars.roll_forward(day(from)), Ok(day(to)), "{from}");
    }
}

#[test]
fn a_later_notice_rules_the_december_before() {
    let text = |year: i16, first: &str, working: &str| {
        format!(
            "schema_version = 1\nyear = {year}\nnotice = \"国办发明电〔{}〕1号\"\n[[holiday]]\n\
             name_zh = \"元旦\"\nname_en = \"New Year\"\nfirst = {first}\nlast = {year}-01-01\n\
             working = [{working}]\n",
            year - 1,
        )
    };
    // As for 2019: Monday 31 December 2018 off, Saturday 29 December worked.
    let earlier = CalendarYear::parse_toml(&text(2018, "2018-01-01", "")).unwrap();
    let later = CalendarYear::parse_toml(&text(2019, "2018-12-30", "2018-12-29")).unwrap();
    let mut calendars = Calendars::new();
    calendars.insert(earlier);
    assert_eq!(calendars.is_working_day(date(2018, 12, 31)), Ok(true));
    calendars.insert(later);
    assert_eq!(calendars.is_working_day(date(2018, 12, 31)), Ok(false));
    assert_eq!(calendars.is_working_day(date(2018, 12, 29)), Ok(true));
    assert_eq!(calendars.add_working_days(date(2018, 12, 28), 2), Ok(date(2019, 1, 2)));
}

#[test]
fn nothing_is_computed_beyond_the_loaded_years() {
    let calendars = calendars();
    let missing = |year| Err(CalendarMissing { year });
    assert_eq!(calendars.add_working_days(date(2026, 12, 20), 20), missing(2027));
    assert_eq!(calendars.add_working_days(date(2026, 12, 20), u32::MAX), missing(2027));
    assert_eq!(calendars.is_working_day(date(2015, 12, 31)), Err(CalendarMissing { year: 2015 }));
    assert_eq!(calendars.roll_forward(date(2027, 1, 1)), missing(2027));
    assert_eq!(
        calendars.working_days_between(date(2026, 12, 1), date(2027, 1, 5)),
        Err(CalendarMissing { year: 2027 })
    );
    assert_eq!(Calendars::new().add_working_days(Date::MAX, 1), missing(9999));
    // The day before the first loaded year may start a period: counting begins the day after.
    assert_eq!(calendars.add_working_days(date(2015, 12, 31), 1), Ok(date(2016, 1, 4)));
    assert!(CalendarMissing { year: 2027 }.zh().contains("2027"));
}

#[test]
fn a_faulty_calendar_is_refused_line_by_line() {
    let sound = shipped(2022);
    assert!(CalendarYear::parse_toml(sound).is_ok());
    let line = |found: &str| sound.lines().position(|line| line == found).unwrap() + 1;
    let table = [
        ("year = 2022", "year = 22", "from 2000 to 2099"),
        ("year = 2022", "", "'year' is missing"),
        ("year = 2022", "year = 2022\nyaer = 1", "did you mean 'year'?"),
        ("schema_version = 1", "schema_version = 2", "from 1 to 1"),
        (
            "notice = \"国办发明电〔2021〕11号\"",
            "notice = \"国办发明电〔202111号\"",
            "closing bracket",
        ),
        ("first = 2022-01-01", "first = 2022-02-30", "not valid TOML"),
        ("first = 2022-01-01", "first = \"2022-01-01\"", "must be a date"),
        ("first = 2022-01-01", "first = 2021-01-01", "no day for the calendar of 2022"),
        ("last = 2022-01-03", "last = 2021-12-03", "no holiday of 1 to 16 days"),
        ("last = 2022-01-03", "last = 2022-03-03", "no holiday of 1 to 16 days"),
        ("working = [2022-04-02]", "working = [2022-04-01]", "is no weekend"),
        ("working = [2022-04-02]", "working = [2022-04-03]", "both off and worked"),
        ("working = [2022-04-02]", "working = 2022-04-02", "must be an array"),
    ];
    for (good, bad, wrong) in table {
        let text = sound.replacen(good, bad, 1);
        let problems = CalendarYear::parse_toml(&text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.en.contains(wrong)), "{bad}: {problems:?}");
        if !bad.is_empty() && !bad.contains('\n') {
            let field = format!("line {}", line(good));
            let named = problems.iter().any(|problem| problem.field.starts_with(&field));
            assert!(named, "{bad}: {problems:?}");
        }
    }
    assert_eq!(CalendarYear::parse_toml("").unwrap_err().len(), 4);
}

proptest! {
    #[test]
    fn adding_and_counting_agree(offset in 0i32..3_600, count in 0u32..200) {
        let calendars = calendars();
        let start = date(2016, 1, 1).saturating_add(jiff::Span::new().days(offset));
        let end = calendars.add_working_days(start, count).unwrap();
        prop_assert_eq!(calendars.working_days_between(start, end).unwrap(), count);
        if 0 < count {
            prop_assert!(calendars.is_working_day(end).unwrap());
        }
        let rolled = calendars.roll_forward(start).unwrap();
        prop_assert!(start <= rolled && calendars.is_working_day(rolled).unwrap());
    }

    #[test]
    fn a_mutated_line_never_makes_it_panic(line in 0usize..70, with in "\\PC{0,30}") {
        let mut lines: Vec<&str> = shipped(2022).lines().collect();
        prop_assume!(line < lines.len());
        lines[line] = &with;
        let _ = CalendarYear::parse_toml(&lines.join("\n"));
    }
}
