//! Workbooks (XLSX): of duty events, one sheet a type and one row an event; of the registry, one
//! sheet a kind; of corrections and withdrawals. A column is a field.
//!
//! Not a second schema: columns come from the descriptors of the contract and headings from its
//! comments, so a new field is a new column. The second row of a sheet holds the field paths; they,
//! not the headings, say what a column is, so columns may be moved, left out and added. Nothing
//! here calls the service: a workbook becomes messages, or a list of bad cells.

mod amendments;
mod cell;
mod column;
mod contract;
mod guide;
mod places;
mod read;
mod registry;
mod row;
mod sheet;
mod template;

pub use amendments::{AmendmentRow, Amendments, amendment_columns};
pub use cell::{Fault, choice, choice_zh};
pub use column::{Column, Content, Mark, columns};
pub use read::{Row, Sheets, read};
pub use registry::{Registry, RegistryRow, registry_columns};
pub use sheet::Origin;
pub use template::{Choices, Place, amendment_template, registry_template, template};

/// What a workbook holds, by its sheets.
#[derive(Debug)]
pub enum Book {
    /// Duty events.
    Events(Sheets),
    /// The registry.
    Registry(Registry),
    /// Corrections and withdrawals.
    Amendments(Amendments),
}

/// Reads a workbook of any kind. `organization` is the one of events that name none.
#[must_use]
pub fn open(bytes: &[u8], organization: Option<&str>) -> Book {
    let mut faults = sheet::Faults::default();
    let sheets = sheet::open(bytes, &mut faults);
    // A sheet that is of another kind is told by whichever reads it.
    if sheets.iter().any(|(name, _)| registry::is_sheet(name)) {
        return Book::Registry(registry::read(&sheets, faults));
    }
    if sheets.iter().any(|(name, _)| amendments::is_sheet(name)) {
        return Book::Amendments(amendments::read(&sheets, faults));
    }
    Book::Events(read::events(&sheets, organization, faults))
}

/// What a cell of a correction says to take away what stands there.
pub const CLEARED: &str = "（清空）";
/// The sheet with the instructions.
pub const GUIDE_SHEET: &str = "说明";
/// The sheet with the words of the drop-downs.
pub const WORDS_SHEET: &str = "词表";
/// The sheet with the ids of organizations and posts.
pub const PLACES_SHEET: &str = "单位与岗位";
/// Rows above the first event: headings and field paths.
pub const HEAD_ROWS: u32 = 2;
