//! Workbooks: templates that leave out no field, and what is filled in comes back as events.

mod amendments;
mod cells;
mod filled;
mod registry;

use std::collections::BTreeSet;

use duty::event::EventType;
use duty_ledger::pb;
use duty_ledger::workbook::{self, Choices, Column, Content, Mark};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, Value};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

fn event() -> MessageDescriptor {
    let pool = DescriptorPool::decode(pb::DESCRIPTORS).expect("descriptors");
    pool.get_message_by_name("dutyledger.v1.DutyEvent").expect("the event")
}

fn columns(event_type: EventType) -> Vec<Column> {
    workbook::columns(event_type).expect("columns")
}

/// Every field that holds a value, without numbers of list elements.
fn leaves(message: &MessageDescriptor, path: &str, of: EventType, found: &mut BTreeSet<String>) {
    for field in message.fields() {
        if field.containing_oneof().is_some() && field.name() != of.as_str() {
            continue;
        }
        let path = format!("{path}{}", field.name());
        match field.kind() {
            Kind::Message(inner) => leaves(&inner, &format!("{path}."), of, found),
            _ => {
                found.insert(path);
            }
        }
    }
}

#[test]
fn a_sheet_has_a_column_for_every_field_of_its_type() {
    for event_type in EventType::ALL {
        let mut fields = BTreeSet::new();
        leaves(&event(), "", *event_type, &mut fields);
        let paths: BTreeSet<String> = columns(*event_type)
            .iter()
            .map(|column| {
                let parts = column.path.split('.').map(|part| part.split('[').next().unwrap_or(""));
                parts.collect::<Vec<_>>().join(".")
            })
            .collect();
        assert_eq!(fields, paths, "{event_type:?}");
    }
}

#[test]
fn every_heading_and_every_word_is_chinese_and_none_is_twice() {
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    let mut nameless = BTreeSet::new();
    for event_type in EventType::ALL {
        let mut headings = BTreeSet::new();
        for column in columns(*event_type) {
            for part in column.heading.split('·') {
                if !is_chinese(part) {
                    nameless.insert(format!("{} ({part})", column.path));
                }
            }
            assert!(headings.insert(column.heading.clone()), "{event_type:?} {}", column.heading);
            let words = column.words();
            let distinct: BTreeSet<_> = words.iter().collect();
            assert_eq!(distinct.len(), words.len(), "{}: {words:?}", column.path);
            let nameless_word = words.iter().any(|word| word.is_empty());
            if nameless_word {
                nameless.insert(format!("a word of {}: {words:?}", column.path));
            }
        }
    }
    assert!(nameless.is_empty(), "without a Chinese name: {nameless:#?}");
}

#[test]
fn what_must_be_filled_is_marked() {
    let columns = columns(EventType::SpecialWorkMeeting);
    let mark = |path: &str| {
        let column = columns.iter().find(|column| column.path == path);
        column.map(|column| column.mark).unwrap_or_else(|| panic!("no column {path}"))
    };
    for path in ["organization_id", "kind", "accounting_year", "title", "occurred.start_date"] {
        assert_eq!(mark(path), Mark::Required, "{path}");
    }
    assert_eq!(mark("special_work_meeting.chair_post"), Mark::Asked);
    assert_eq!(mark("special_work_meeting.agenda[0].title"), Mark::Asked);
    for path in [
        "special_work_meeting.agenda[1].title",
        "special_work_meeting.venue",
        "evidence[0].title",
        "occurred.precision",
        "occurred.end_date",
    ] {
        assert_eq!(mark(path), Mark::Optional, "{path}");
    }
}

/// A workbook of one sheet with these paths and one row of cells that `write` fills.
fn one_row(
    name: &str,
    columns: &[Column],
    mut write: impl FnMut(&mut rust_xlsxwriter::Worksheet, u16, &Column),
) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(name).expect("a name");
    for (at, column) in (0..).zip(columns) {
        sheet.write_string(1, at, &column.path).expect("a path");
        write(sheet, at, column);
    }
    book.save_to_buffer().expect("a workbook")
}

/// The value at a path of a message, as text.
fn at(message: &DynamicMessage, path: &str) -> String {
    let (part, rest) = path.split_once('.').map_or((path, ""), |(part, rest)| (part, rest));
    let (name, index) = match part.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
        None => (part, None),
    };
    let value = message.get_field_by_name(name).expect("a field").into_owned();
    let value = match (index, value) {
        (Some(index), Value::List(list)) => list.get(index).cloned().expect("an element"),
        (_, value) => value,
    };
    match value {
        Value::Message(inner) => at(&inner, rest),
        Value::String(text) => text,
        Value::EnumNumber(number) => format!("#{number}"),
        Value::List(list) => {
            let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            texts.join("|")
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn every_column_reads_into_its_own_field() {
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for event_type in EventType::ALL {
        let columns = columns(*event_type);
        let mut expected = Vec::new();
        let bytes = one_row(event_type.name_zh(), &columns, |sheet, at, column| {
            let number = u32::from(at) + 2;
            let said = match &column.content {
                Content::Text => {
                    sheet.write_string(2, at, format!("文字 {number}")).expect("a cell");
                    format!("文字 {number}")
                }
                Content::Texts => {
                    sheet.write_string(2, at, format!("甲{number}\n\n 乙 \n")).expect("a cell");
                    format!("甲{number}|乙")
                }
                Content::Id => {
                    sheet.write_string(2, at, format!("id-{number} 名称")).expect("a cell");
                    format!("id-{number}")
                }
                Content::Date => {
                    let day =
                        ExcelDateTime::from_ymd(2022, 5, 1 + u8::try_from(at % 28).unwrap_or(0));
                    sheet
                        .write_datetime_with_format(2, at, day.expect("a day"), &date)
                        .expect("a cell");
                    format!("2022-05-{:02}", 1 + at % 28)
                }
                Content::Figure => {
                    sheet.write_number(2, at, f64::from(number) + 0.28).expect("a cell");
                    format!("{number}.28")
                }
                Content::Whole => {
                    sheet.write_number(2, at, f64::from(number)).expect("a cell");
                    let kind = if column.path.ends_with("accounting_year")
                        || column.path.ends_with("catalogue_year")
                    {
                        "I32"
                    } else if column.path.ends_with("size_bytes") {
                        "U64"
                    } else {
                        "U32"
                    };
                    format!("{kind}({number})")
                }
                Content::YesNo => {
                    sheet.write_string(2, at, "是").expect("a cell");
                    "Bool(true)".to_owned()
                }
                Content::Choice(choice) => {
                    let last = choice.values().last().expect("a value").number();
                    let words = column.words();
                    sheet.write_string(2, at, *words.last().expect("a word")).expect("a cell");
                    format!("#{last}")
                }
            };
            expected.push((column.path.clone(), said));
        });
        let sheets = workbook::read(&bytes, None);
        assert_eq!(sheets.faults, [], "{event_type:?}");
        assert_eq!(sheets.rows.len(), 1);
        let mut message = DynamicMessage::new(event());
        message.transcode_from(&sheets.rows[0].event).expect("the same message");
        for (index, (path, said)) in expected.iter().enumerate() {
            assert_eq!(at(&message, path), *said, "{event_type:?} {path}");
            let cell = sheets.rows[0].cell_of(path);
            let end = cell.find(char::is_numeric).expect("a row");
            let column = cell[..end].bytes().fold(0, |n, c| n * 26 + usize::from(c - b'A') + 1);
            assert_eq!((column, &cell[end..]), (index + 1, "3"), "{path}");
        }
    }
}

/// Reads one text in a column of a meeting's sheet.
fn meeting_with(path: &str, text: &str) -> workbook::Sheets {
    let columns = columns(EventType::SpecialWorkMeeting);
    let bytes = one_row("法治政府建设专题工作会", &columns, |sheet, at, column| {
        if column.path == path {
            sheet.write_string(2, at, text).expect("a cell");
        } else if column.path == "title" {
            sheet.write_string(2, at, "会议").expect("a cell");
        }
    });
    workbook::read(&bytes, Some("450200-kjj"))
}

#[test]
fn days_and_times_are_read_as_people_write_them() {
    let of = |text: &str| {
        let sheets = meeting_with("occurred.start_date", text);
        let occurred = sheets.rows[0].event.occurred.clone();
        (sheets.faults.len(), occurred.map(|o| (o.precision(), o.start_date, o.end_date)))
    };
    use pb::DatePrecision::{Day, HalfYear, Month, Quarter, Year};
    for (text, precision, start, end) in [
        ("2022-05-18", Day, "2022-05-18", ""),
        ("2022/5/18", Day, "2022-05-18", ""),
        ("2022.5.18", Day, "2022-05-18", ""),
        ("２０２２年5月18日", Day, "2022-05-18", ""),
        ("2022年2月", Month, "2022-02-01", "2022-02-28"),
        ("2024年 2 月", Month, "2024-02-01", "2024-02-29"),
        ("2022年第二季度", Quarter, "2022-04-01", "2022-06-30"),
        ("2022年4季度", Quarter, "2022-10-01", "2022-12-31"),
        ("2022年上半年", HalfYear, "2022-01-01", "2022-06-30"),
        ("2022年下半年", HalfYear, "2022-07-01", "2022-12-31"),
        ("2022年", Year, "2022-01-01", "2022-12-31"),
    ] {
        assert_eq!(of(text), (0, Some((precision, start.to_owned(), end.to_owned()))), "{text}");
    }
    for text in ["2023-02-29", "22-05-18", "去年", "2022年13月", "2022年5季度", "44699", "2022-05"]
    {
        assert_eq!(of(text), (1, None), "{text}");
    }
    // Only the time of an event may be a span.
    let sheets = meeting_with("special_work_meeting.decisions[0].due_date", "2022年5月");
    assert_eq!(sheets.faults.len(), 1);
}

#[test]
fn a_row_is_the_same_event_however_often_it_is_read() {
    let id = |text: &str| meeting_with("quote", text).rows[0].event.event_id.clone();
    assert_eq!(id("甲"), id("甲"));
    assert_ne!(id("甲"), id("乙"));
}

#[test]
fn what_is_no_workbook_and_no_template_is_said_so() {
    for bytes in [&b""[..], b"PK\x03\x04 cut short", b"\xD0\xCF\x11\xE0 an old one"] {
        let sheets = workbook::read(bytes, None);
        assert_eq!(sheets.faults.len(), 1, "{:?}", sheets.faults);
        assert!(sheets.rows.is_empty());
    }
    // Cutting a whole workbook anywhere is a fault and never a panic.
    let whole =
        workbook::template(&[EventType::Award], 2, &Choices::default()).expect("a template");
    for end in (0..whole.len()).step_by(97) {
        assert!(workbook::read(&whole[..end], None).rows.is_empty());
    }
    let mut book = Workbook::new();
    book.add_worksheet().set_name("别的表").expect("a name").write(4, 4, "x").expect("a cell");
    let sheets = workbook::read(&book.save_to_buffer().expect("a workbook"), None);
    assert_eq!(sheets.faults.len(), 1);
    assert_eq!(sheets.faults[0].sheet, "别的表");
}
