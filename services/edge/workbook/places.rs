//! The sheet of organizations and posts as a template carries it: which id goes by which name.
//!
//! Not the registry, which is asked later whether an id is known. Here a cell is compared with the
//! list its drop-down offered: an id with the name of something else was edited half, and which
//! half was meant is not guessed. A name that is nobody's in the list is left to the reader.

use std::collections::BTreeMap;

use calamine::Data;

use super::HEAD_ROWS;
use super::sheet::{Cells, Faults};

/// Names by id, and ids by name, as the drop-downs offer them together.
#[derive(Debug, Default)]
pub(super) struct Places {
    names: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
}

impl Places {
    /// Reads the sheet; its first row holds headings.
    pub(super) fn of(cells: &Cells) -> Self {
        let mut places = Self::default();
        let below_head = cells.range(1..).flat_map(|(_, row)| row.values());
        for (id, name) in below_head.filter_map(|cell| parted(text(&cell.data)?)) {
            places.names.insert(id.to_owned(), name.to_owned());
            places.ids.insert(name.to_owned(), id.to_owned());
        }
        places
    }

    /// Tells the cells that give an id and the name of something else.
    pub(super) fn check(&self, sheet: &str, cells: &Cells, faults: &mut Faults) {
        if self.ids.is_empty() {
            return;
        }
        let paths = cells.get(&(HEAD_ROWS - 1));
        let is_place = |at: &u32| {
            let path = paths.and_then(|paths| text(&paths.get(at)?.data));
            path.is_some_and(names_a_place)
        };
        for (row, cells) in cells.range(HEAD_ROWS..) {
            for (at, cell) in cells.iter().filter(|(at, _)| is_place(at)) {
                let lines = text(&cell.data).unwrap_or_default().lines();
                for why in lines.filter_map(|line| self.mistaken(line)) {
                    faults.bad(sheet, *row, *at, why);
                }
            }
        }
    }

    fn mistaken(&self, line: &str) -> Option<(String, String)> {
        let (id, said) = parted(line)?;
        let own = self.names.get(id);
        let other = self.ids.get(said).filter(|_| own.is_none_or(|own| own != said))?;
        let (is_zh, is_en) = own.map_or_else(
            || ("不在“单位与岗位”表中".to_owned(), "is not in that sheet".to_owned()),
            |own| (format!("是“{own}”"), format!("is {own}")),
        );
        Some((
            format!(
                "编号与名称不符：{id} {is_zh}，“{said}”的编号是 {other}；请从下拉列表重选，或只填编号"
            ),
            format!(
                "id and name are not of the same: {id} {is_en}, and {said} has the id {other}; take one of the list again, or write the id alone"
            ),
        ))
    }
}

/// Whether a column holds ids the sheet lists.
fn names_a_place(path: &str) -> bool {
    let field = path.trim().rsplit('.').next().unwrap_or_default();
    let field = field.split('[').next().unwrap_or_default();
    ["organization_id", "organization_ids", "post_id", "post_ids"]
        .iter()
        .any(|ending| field.ends_with(ending))
}

fn text(data: &Data) -> Option<&str> {
    match data {
        Data::String(text) => Some(text),
        _ => None,
    }
}

/// An id and the name behind its blank.
fn parted(text: &str) -> Option<(&str, &str)> {
    let (id, name) = text.trim().split_once(char::is_whitespace)?;
    Some((id, name.trim()))
}
