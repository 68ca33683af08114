//! Workbooks (XLSX) of duty events: one sheet a type, one row an event, one column a field.
//!
//! Not a second schema: columns come from the descriptors of the contract and headings from its
//! comments, so a new field is a new column. The second row of a sheet holds the field paths; they,
//! not the headings, say what a column is, so columns may be moved, left out and added. Nothing
//! here calls the service: a workbook becomes events, or a list of bad cells.

mod cell;
mod column;
mod contract;
mod read;
mod row;
mod template;

pub use cell::Fault;
pub use column::{Column, Content, Mark, columns};
pub use read::{Row, Sheets, read};
pub use template::{Choices, Place, template};

/// The sheet with the instructions.
pub const GUIDE_SHEET: &str = "说明";
/// The sheet with the words of the drop-downs.
pub const WORDS_SHEET: &str = "词表";
/// The sheet with the ids of organizations and posts.
pub const PLACES_SHEET: &str = "单位与岗位";
/// Rows above the first event: headings and field paths.
pub const HEAD_ROWS: u32 = 2;
