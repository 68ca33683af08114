//! The template: a workbook to be filled in by people.
//!
//! Each sheet has a heading, the field paths below it, and rows that carry an event id already, so
//! that a row stays the same event when it is corrected before or moved. Words of drop-downs stand
//! once, in a sheet of their own, because a list inside a validation holds 255 characters.

use duty::event::EventType;
use duty::{metric, quantity};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, ExcelDateTime, Format,
    FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError,
};
use uuid::Uuid;

use super::column::{Column, Content, Mark, columns};
use super::{CLEARED, GUIDE_SHEET, HEAD_ROWS, PLACES_SHEET, WORDS_SHEET, contract, guide};

/// Most characters of a validation's message, and of its title.
const MESSAGE_CHARS_MAX: usize = 255;
const TITLE_CHARS_MAX: usize = 32;

/// An organization with its posts, for the drop-downs (单位与岗位).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Id of the organization.
    pub organization_id: String,
    /// Its Chinese name.
    pub name_zh: String,
    /// Ids and titles of its posts.
    pub posts: Vec<(String, String)>,
}

/// What a template offers beside what the contract says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Organizations with their posts.
    pub places: Vec<Place>,
    /// Kinds of evidence that rule sets name (材料类别).
    pub evidence_kinds: Vec<String>,
}

/// Lists of words, a column each in their sheet.
#[derive(Default)]
struct Lists {
    /// Whether a cell may also take away what stands there.
    clearable: bool,
    lists: Vec<(String, Vec<String>)>,
}

impl Lists {
    /// Where a list stands, as a validation refers to it.
    fn range(&mut self, name: &str, words: impl FnOnce() -> Vec<String>) -> String {
        let at = self.lists.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            let mut words = words();
            words.extend(self.clearable.then(|| CLEARED.to_owned()));
            self.lists.push((name.to_owned(), words));
            self.lists.len() - 1
        });
        let column =
            rust_xlsxwriter::utility::column_number_to_name(u16::try_from(at).unwrap_or(0));
        let last = self.lists[at].1.len() + 1;
        format!("='{WORDS_SHEET}'!${column}$2:${column}${last}")
    }
}

struct Formats {
    required: Format,
    asked: Format,
    optional: Format,
    path: Format,
    text: Format,
    date: Format,
    wrapped: Format,
}

impl Formats {
    fn new() -> Self {
        let head = |color| {
            Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::VerticalCenter)
                .set_border(FormatBorder::Thin)
                .set_background_color(Color::RGB(color))
        };
        let grey = Color::RGB(0x0080_8080);
        Self {
            required: head(0x00F8_CBAD),
            asked: head(0x00FF_E699),
            optional: head(0x00E7_E6E6),
            path: Format::new().set_font_size(7).set_font_color(grey),
            // Text keeps 95% and 0571 as they are typed.
            text: Format::new().set_num_format("@"),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            wrapped: Format::new().set_num_format("@").set_text_wrap(),
        }
    }
}

/// Writes a template for these types, with `rows` rows to fill on each sheet.
///
/// # Errors
/// When the workbook cannot be written, in both languages.
pub fn template(types: &[EventType], rows: u32, choices: &Choices) -> Result<Vec<u8>, String> {
    let mut book = Workbook::new();
    let formats = Formats::new();
    let mut lists = Lists::default();
    let sheet = book.add_worksheet();
    write_guide(sheet, &guide::EVENTS, &formats).map_err(failed)?;
    name_types(sheet, types).map_err(failed)?;
    for event_type in types {
        let columns = columns(*event_type)?;
        let sheet = book.add_worksheet();
        sheet.set_name(event_type.name_zh()).map_err(failed)?;
        fill(sheet, &columns, rows, choices, &mut lists, &formats).map_err(failed)?;
    }
    if !choices.places.is_empty() {
        write_places(book.add_worksheet(), &choices.places, &formats).map_err(failed)?;
    }
    write_lists(book.add_worksheet(), &lists, &formats).map_err(failed)?;
    book.save_to_buffer().map_err(failed)
}

/// Writes a template for the registry, with `rows` rows to fill on each sheet.
///
/// # Errors
/// When the workbook cannot be written, in both languages.
pub fn registry_template(rows: u32, choices: &Choices) -> Result<Vec<u8>, String> {
    let mut book = Workbook::new();
    let formats = Formats::new();
    let mut lists = Lists::default();
    let sheets = super::registry_columns();
    write_guide(book.add_worksheet(), &guide::REGISTRY, &formats).map_err(failed)?;
    for (name, columns) in &sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).map_err(failed)?;
        fill(sheet, columns, rows, choices, &mut lists, &formats).map_err(failed)?;
    }
    if !choices.places.is_empty() {
        write_places(book.add_worksheet(), &choices.places, &formats).map_err(failed)?;
    }
    write_lists(book.add_worksheet(), &lists, &formats).map_err(failed)?;
    book.save_to_buffer().map_err(failed)
}

/// Writes a template for corrections of these types and for withdrawals, with `rows` rows to fill
/// on each sheet.
///
/// # Errors
/// When the workbook cannot be written, in both languages.
pub fn amendment_template(
    types: &[EventType],
    rows: u32,
    choices: &Choices,
) -> Result<Vec<u8>, String> {
    let mut book = Workbook::new();
    let formats = Formats::new();
    let mut lists = Lists { clearable: true, ..Lists::default() };
    write_guide(book.add_worksheet(), &guide::AMENDMENTS, &formats).map_err(failed)?;
    for (name, columns) in super::amendment_columns(types)? {
        let sheet = book.add_worksheet();
        sheet.set_name(name).map_err(failed)?;
        fill(sheet, &columns, rows, choices, &mut lists, &formats).map_err(failed)?;
    }
    if !choices.places.is_empty() {
        write_places(book.add_worksheet(), &choices.places, &formats).map_err(failed)?;
    }
    write_lists(book.add_worksheet(), &lists, &formats).map_err(failed)?;
    book.save_to_buffer().map_err(failed)
}

fn failed(error: XlsxError) -> String {
    format!("无法写出工作簿 / the workbook cannot be written: {error}")
}

fn fill(
    sheet: &mut Worksheet,
    columns: &[Column],
    rows: u32,
    choices: &Choices,
    lists: &mut Lists,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let last = HEAD_ROWS + rows - 1;
    sheet.set_row_height(0, 45)?;
    sheet.set_freeze_panes(HEAD_ROWS, 0)?;
    for (at, column) in (0..).zip(columns) {
        let (format, sign) = match column.mark {
            Mark::Required => (&formats.required, "＊"),
            Mark::Asked => (&formats.asked, "△"),
            Mark::Optional => (&formats.optional, ""),
        };
        sheet.write_string_with_format(0, at, format!("{sign}{}", column.heading), format)?;
        sheet.write_string_with_format(HEAD_ROWS - 1, at, &column.path, &formats.path)?;
        let (format, width) = match column.content {
            Content::Date => (&formats.date, 13),
            Content::Texts => (&formats.wrapped, 30),
            Content::Text | Content::Id => (&formats.text, 22),
            Content::Figure => (&formats.text, 12),
            Content::Whole | Content::Choice(_) | Content::YesNo => (&formats.text, 14),
        };
        sheet.set_column_width(at, width)?;
        if column.content != Content::Whole {
            sheet.set_column_format(at, format)?;
        }
        let validation = validation(column, choices, lists)?;
        sheet.add_data_validation(HEAD_ROWS, at, last, at, &validation)?;
    }
    let id = columns.iter().position(|column| column.path == "event_id");
    if let Some(at) = id.and_then(|at| u16::try_from(at).ok()) {
        sheet.set_column_width(at, 10)?;
        for row in HEAD_ROWS..=last {
            sheet.write_string_with_format(row, at, Uuid::new_v4().to_string(), &formats.text)?;
        }
    }
    Ok(())
}

fn validation(
    column: &Column,
    choices: &Choices,
    lists: &mut Lists,
) -> Result<DataValidation, XlsxError> {
    let Choices { places, evidence_kinds } = choices;
    let field = column.path.rsplit('.').next().unwrap_or_default();
    let field = field.split('[').next().unwrap_or_default();
    let in_quantity = column.in_event().starts_with("quantities[");
    let new = DataValidation::new();
    // What may also be something else is suggested; what may not is demanded.
    let suggested = |range: String| {
        DataValidation::new()
            .allow_list_formula(Formula::new(range))
            .set_error_style(DataValidationErrorStyle::Information)
    };
    let (validation, hint) = match &column.content {
        Content::Choice(choice) => {
            let words = || contract::words(choice).iter().map(|(zh, _)| (*zh).to_owned()).collect();
            let range = lists.range(&format!("{}·{}", column_owner(column), choice.name()), words);
            (new.allow_list_formula(Formula::new(range)), "从下拉列表选择")
        }
        Content::YesNo => {
            let range = lists.range("是否", || vec!["是".to_owned(), "否".to_owned()]);
            (new.allow_list_formula(Formula::new(range)), "是或否")
        }
        Content::Date => {
            let first =
                DataValidationRule::GreaterThanOrEqualTo(ExcelDateTime::from_ymd(1949, 10, 1)?);
            // 2022年5月 in the first column of the time is no date for a spreadsheet.
            let style = DataValidationErrorStyle::Warning;
            let hint = if column.in_event() == "occurred.start_date" {
                "日期如 2022-05-18；只知月份、季度、半年、年度时可写 2022年5月、2022年第二季度、2022年上半年、2022年"
            } else {
                "日期如 2022-05-18 或 2022年5月18日"
            };
            (new.allow_date(first).set_error_style(style), hint)
        }
        Content::Whole => {
            let rule = DataValidationRule::GreaterThanOrEqualTo(0);
            (new.allow_whole_number(rule), "整数")
        }
        Content::Figure => (new.allow_any_value(), "数，如 12、15.28、95%"),
        Content::Texts => (new.allow_any_value(), "可填多项：每行一项（Alt+Enter 换行）"),
        Content::Id if in_quantity && field == "metric" => {
            let range = lists.range("指标", || metric::all().iter().map(metric_word).collect());
            (suggested(range), "选择指标，或填写英文小写指标名")
        }
        Content::Text if in_quantity && field == "unit" => {
            let words = || quantity::UNITS.iter().map(|unit| (*unit).to_owned()).collect();
            let range = lists.range("计量单位", words);
            (new.allow_list_formula(Formula::new(range)), "从下拉列表选择")
        }
        Content::Text
            if column.in_event().starts_with("evidence[")
                && field == "kind"
                && !evidence_kinds.is_empty() =>
        {
            let range = lists.range("材料类别", || evidence_kinds.clone());
            (suggested(range), "选择类别，或填写英文小写类别名，如 meeting_minutes")
        }
        Content::Id
            if field.ends_with("organization_id") && !places.is_empty() && !is_own_id(column) =>
        {
            let last = places.len() + 1;
            let range = format!("='{PLACES_SHEET}'!$A$2:$A${last}");
            (suggested(range), "选择单位，或填写单位编号")
        }
        Content::Id
            if (field == "responsible_post_ids" || field.ends_with("post_id"))
                && has_posts(places)
                && !is_own_id(column) =>
        {
            let last = places.iter().map(|place| place.posts.len()).sum::<usize>() + 1;
            let range = format!("='{PLACES_SHEET}'!$B$2:$B${last}");
            (suggested(range), "选择职务，或填写职务编号")
        }
        Content::Id if field == "event_id" => {
            (new.allow_any_value(), "已预填，请勿改动；复制整行时请清空复制行的编号")
        }
        Content::Text | Content::Id => (new.allow_any_value(), "文字"),
    };
    let title: String = column.heading.chars().take(TITLE_CHARS_MAX).collect();
    let message: String =
        format!("{hint}\n{}", column.comment).chars().take(MESSAGE_CHARS_MAX).collect();
    validation.set_input_title(title)?.set_input_message(message)
}

/// A metric as the drop-down shows it; what is read is the word before the blank.
fn metric_word(metric: &metric::Metric) -> String {
    format!("{} {}", metric.name, metric.zh)
}

/// Whether a column gives the thing of its row its id, which no list can offer.
fn is_own_id(column: &Column) -> bool {
    let own = [("Organization", "organization_id"), ("Post", "post_id")];
    column
        .steps
        .first()
        .is_some_and(|step| own.contains(&(step.field.parent_message().name(), step.field.name())))
}

fn has_posts(places: &[Place]) -> bool {
    places.iter().any(|place| !place.posts.is_empty())
}

/// Chinese name of the field a list of words belongs to.
fn column_owner(column: &Column) -> &'static str {
    column.steps.last().map_or("", |step| contract::name(&contract::field_key(&step.field)))
}

/// The sheet that says how to fill in the others.
fn write_guide(sheet: &mut Worksheet, lines: &[&str], formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name(GUIDE_SHEET)?;
    sheet.set_column_width(0, 100)?;
    for (row, line) in (0..).zip(lines) {
        sheet.write_string_with_format(row, 0, *line, &formats.wrapped)?;
    }
    Ok(())
}

fn name_types(sheet: &mut Worksheet, types: &[EventType]) -> Result<(), XlsxError> {
    for (row, event_type) in (11..).zip(types) {
        let line = format!("{} {}", event_type.name_zh(), event_type.name_en());
        sheet.write_string(row, 0, line)?;
    }
    Ok(())
}

fn write_places(
    sheet: &mut Worksheet,
    places: &[Place],
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.set_name(PLACES_SHEET)?;
    sheet.set_column_width(0, 44)?;
    sheet.set_column_width(1, 44)?;
    sheet.write_string_with_format(0, 0, "单位", &formats.optional)?;
    sheet.write_string_with_format(0, 1, "职务", &formats.optional)?;
    for (row, place) in (1..).zip(places) {
        sheet.write_string(row, 0, format!("{} {}", place.organization_id, place.name_zh))?;
    }
    let posts = places.iter().flat_map(|place| {
        place.posts.iter().map(|(id, title)| format!("{id} {}{title}", place.name_zh))
    });
    for (row, post) in (1..).zip(posts) {
        sheet.write_string(row, 1, post)?;
    }
    Ok(())
}

fn write_lists(sheet: &mut Worksheet, lists: &Lists, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name(WORDS_SHEET)?;
    for (at, (name, words)) in (0..).zip(&lists.lists) {
        let heading = name.split('·').next().unwrap_or_default();
        sheet.write_string_with_format(0, at, heading, &formats.optional)?;
        for (row, word) in (1..).zip(words) {
            sheet.write_string(row, at, word)?;
        }
    }
    Ok(())
}
