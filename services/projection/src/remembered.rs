//! Rows of the matrix that were judged before, so that asking again costs what has changed since.
//!
//! Nothing depends on what is here but time: a row is taken only when judging it anew would give
//! the same one. A view at `known` is that of the journal up to there, so a row may be taken for
//! another `known` when no entry between the two touched what it rests on: a registration, rule
//! set or calendar, or the stream of an organization whose events it looked at.
//!
//! Bounded by the cells it keeps; what is beyond is judged again. Copies of a state share it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use duty::Position;
use duty::evaluate::Question;
use duty::id::OrganizationId;
use jiff::civil::Date;

use crate::Snapshot;
use crate::matrix::Cell;

/// Most cells kept, of about 300 bytes each: tables of 1,000 organizations for five days.
const CELLS_MAX: usize = 160_000;

/// A row with what it rests on.
#[derive(Debug)]
pub(crate) struct Row {
    /// Every cell, by duty.
    pub(crate) cells: Vec<Cell>,
    /// The last entry known when it was judged.
    known: Position,
    /// The last entry then that touched what it rests on.
    touched: Position,
    /// The organizations whose events it looked at.
    rests_on: Vec<OrganizationId>,
}

impl Row {
    /// A row judged over a snapshot, from the events of some organizations.
    pub(crate) fn new(
        snapshot: &Snapshot,
        known: Position,
        cells: Vec<Cell>,
        rests_on: Vec<OrganizationId>,
    ) -> Self {
        let touched = snapshot.touched(&rests_on);
        Self { cells, known: known.min(snapshot.head), touched, rests_on }
    }

    /// Whether it would be the same over this snapshot when `known` is the last entry known.
    fn holds(&self, snapshot: &Snapshot, known: Position) -> bool {
        // What either snapshot knows of entries between the two.
        let touched = self.touched.max(snapshot.touched(&self.rests_on));
        touched <= self.known.min(known).min(snapshot.head)
    }
}

/// Rows by organization, all for one year and one day.
pub(crate) type Rows = BTreeMap<OrganizationId, Arc<Row>>;

#[derive(Debug)]
struct Table {
    year: i16,
    as_of: Date,
    rows: Arc<Rows>,
}

impl Table {
    fn is_for(&self, question: Question) -> bool {
        (self.year, self.as_of) == (question.year, question.as_of)
    }
}

/// What was judged, the table asked for last at the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered(Arc<Mutex<Vec<Table>>>);

/// It is no part of what a state says.
impl PartialEq for Remembered {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Remembered {
    /// The rows for the year and day of a question, whether they hold or not.
    pub(crate) fn rows(&self, question: Question) -> Arc<Rows> {
        let tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let table = tables.iter().find(|table| table.is_for(question));
        table.map(|table| Arc::clone(&table.rows)).unwrap_or_default()
    }

    /// Keeps rows beside those there are, as far as there is room.
    pub(crate) fn keep(&self, question: Question, new: Vec<(OrganizationId, Arc<Row>)>) {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tables.iter().position(|table| table.is_for(question));
        let mut table = match found {
            Some(index) => tables.remove(index),
            None => {
                let Question { year, as_of, .. } = question;
                Table { year, as_of, rows: Arc::default() }
            }
        };
        let cells = |table: &Table| table.rows.values().map(|row| row.cells.len()).sum::<usize>();
        let mut count = cells(&table);
        let rows = Arc::make_mut(&mut table.rows);
        for (organization, row) in new {
            let old = rows.get(&organization).map_or(0, |old| old.cells.len());
            let then = count - old + row.cells.len();
            if then <= CELLS_MAX {
                count = then;
                rows.insert(organization, row);
            }
        }
        // Those asked for longest ago go.
        let mut room = CELLS_MAX - count;
        let kept = tables.iter().rev().map(cells).take_while(|cells| {
            let left = room.checked_sub(*cells);
            room = left.unwrap_or(0);
            left.is_some()
        });
        let gone = tables.len() - kept.count();
        tables.drain(..gone);
        tables.push(table);
    }
}

impl Snapshot {
    /// The row of an organization, if it was judged before and still holds.
    pub(crate) fn row<'a>(
        &self,
        rows: &'a Rows,
        organization: &OrganizationId,
        known: Position,
    ) -> Option<&'a Arc<Row>> {
        rows.get(organization).filter(|row| row.holds(self, known))
    }

    /// The last entry that touched the registry, the rules, the calendars, or the stream of one of
    /// these organizations.
    fn touched(&self, organizations: &[OrganizationId]) -> Position {
        let streams = organizations.iter().filter_map(|id| self.streams.of(id));
        streams.map(|stream| stream.touched()).fold(self.registered, Position::max)
    }
}
