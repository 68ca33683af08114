//! The draft of an annual report (法治政府建设年度报告): its five mandated items, the third of them
//! 落实第一责任人职责情况, filled from entries alone.
//!
//! A slot no entry fills is [`Run::Missing`], printed ［待补充：…］; no figure stands without a note
//! that names its entries. Not here: the layout ([`markdown`] and whoever writes other formats).

mod first_person;
mod items;
pub mod markdown;
mod supervision;
mod writer;

use duty::event::{EventType, Kind};
use duty::position::Position;
use duty::ruleset::Rung;
use jiff::civil::Date;

use crate::Recorded;
use crate::supervised::Supervised;
use writer::Writer;

/// What is to be drafted.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Chinese name of whose report it is.
    pub name_zh: &'a str,
    /// 考核年度.
    pub year: i16,
    /// Only entries on this rung or a higher one fill anything.
    pub rung: Rung,
    /// The day that counts for the rung.
    pub as_of: Date,
    /// The last entry known.
    pub known: Position,
}

/// A draft, ready to be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Title of the report.
    pub title: String,
    /// The five items.
    pub sections: Vec<Section>,
    /// Every figure with the entries it rests on (数据与台账条目对照表).
    pub notes: Vec<Note>,
}

/// One item of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its heading, with its number.
    pub heading: String,
    /// Its paragraphs.
    pub paragraphs: Vec<Vec<Run>>,
}

/// A piece of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Words.
    Text(String),
    /// What entries say, with the number of its note.
    Filled(String, usize),
    /// What no entry says: the name of the slot.
    Missing(String),
}

/// What stands behind a figure or another slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is printed.
    pub printed: String,
    /// What it is, in Chinese.
    pub what: String,
    /// The entries, by position.
    pub positions: Vec<Position>,
    /// Their readable numbers in the source system, as far as they have one.
    pub numbers: Vec<String>,
}

/// Drafts a report from the current entries of an organization and what supervisors did about it.
#[must_use]
pub fn draft(order: &Order<'_>, entries: &[Recorded], supervised: &Supervised) -> Draft {
    let usable: Vec<&Recorded> = entries.iter().filter(|entry| is_usable(order, entry)).collect();
    let mut writer = Writer::default();
    let year = order.year;
    let sections = vec![
        Section {
            heading: format!("一、{year}年推进法治政府建设的主要举措和成效"),
            paragraphs: items::measures(order, &usable, &mut writer),
        },
        Section {
            heading: format!("二、{year}年推进法治政府建设存在的不足和原因"),
            paragraphs: items::shortfalls(order, &usable, &mut writer),
        },
        Section {
            heading: "三、落实第一责任人职责情况".to_owned(),
            paragraphs: first_person::paragraphs(order, &usable, supervised, &mut writer),
        },
        Section {
            heading: format!("四、{}年度推进法治政府建设的主要安排", year.saturating_add(1)),
            paragraphs: items::arrangements(order, &usable, &mut writer),
        },
        Section {
            heading: "五、其他需要报告的情况".to_owned(),
            paragraphs: vec![vec![Run::Missing("其他需要报告的情况，如无请写明".to_owned())]],
        },
    ];
    let title = format!("{year}年度{}法治政府建设工作报告（草稿）", order.name_zh);
    Draft { title, sections, notes: writer.notes }
}

/// Whether an entry may fill anything: by its rung; plans and outcomes, which never stand on one,
/// when everything claimed may, or a supervisor accepted them.
fn is_usable(order: &Order<'_>, entry: &Recorded) -> bool {
    match entry.fact.rung(order.as_of, order.known) {
        Some(rung) => order.rung <= rung,
        None => order.rung == Rung::Claimed || entry.fact.is_accepted(order.known),
    }
}

/// The entries of a type that answer for the year and say that something was done.
fn done<'a>(order: &Order<'_>, entries: &[&'a Recorded], types: &[EventType]) -> Vec<&'a Recorded> {
    let is_done = |entry: &&&Recorded| {
        let event = &entry.event;
        types.contains(&event.event_type())
            && event.accounting_year == order.year
            && matches!(event.kind, Kind::Performed | Kind::RecurringClaim)
    };
    entries.iter().filter(is_done).copied().collect()
}
