//! What kept answers of supervisors take in memory: estimates that err upwards. A row counts with
//! its own size and a flat share for the ids, lists and texts behind it, which in realistic years
//! is more than it has; texts that may be long are counted.

use std::mem::size_of;

use duty::evaluate::Obligation;
use projection::matrix::{Cell, Matrix};
use projection::supervision::coverage::{Change, Excluded, Row};
use projection::supervision::deadlines::{Deadline, Deadlines};
use projection::supervision::exceptions::Exception;
use projection::supervision::profile::Item;
use projection::supervision::ranking::{Group, Ranked};
use projection::supervision::rollup::{Node, Point};

use super::coverage::Counted;
use super::exceptions::Listed;
use super::profile::Line;
use crate::kept::Weigh;

/// What stands behind a row on the heap: a handful of ids and short lists.
const BEHIND_ROW: usize = 384;
/// What stands behind a duty event: its title, its evidence, its details.
const BEHIND_EVENT: usize = 2_048;
/// What stands behind an id: in lists there is little else.
const ID: usize = 64;

fn rows<T>(many: usize) -> usize {
    many * (size_of::<T>() + BEHIND_ROW)
}

impl Weigh for Matrix {
    fn bytes(&self) -> usize {
        let owed: usize = self.cells.iter().map(|cell| cell.line.obligations.len()).sum();
        rows::<Cell>(self.cells.len()) + rows::<Obligation>(owed) + self.without_rules.len() * ID
    }
}

impl Weigh for Counted {
    fn bytes(&self) -> usize {
        let Self { found, papers } = self;
        rows::<Row>(found.rows.len())
            + rows::<Excluded>(found.excluded.len())
            + rows::<Change>(found.changes.len())
            + papers.len() * (size_of::<duty::event::DutyEvent>() + BEHIND_EVENT)
    }
}

impl Weigh for Deadlines {
    fn bytes(&self) -> usize {
        rows::<Deadline>(self.rows.len()) + self.without_rules.len() * ID
    }
}

impl Weigh for Listed {
    fn bytes(&self) -> usize {
        let long = |exception: &Exception| {
            let Exception { organizations, entries, subject, zh, en, .. } = exception;
            let positions = entries.len() * size_of::<duty::Position>();
            organizations.len() * ID + positions + subject.len() + zh.len() + en.len()
        };
        let found = &self.found;
        rows::<Exception>(found.exceptions.len())
            + found.exceptions.iter().map(long).sum::<usize>()
            + found.undecided.len() * size_of::<duty::Position>()
            + self.without_rules.len() * ID
    }
}

impl Weigh for Line {
    fn bytes(&self) -> usize {
        let long = |item: &Item| item.title.len() + item.remark.len() + size_of::<Obligation>();
        BEHIND_EVENT + rows::<Item>(self.items.len()) + self.items.iter().map(long).sum::<usize>()
    }
}

impl Weigh for Vec<Group> {
    fn bytes(&self) -> usize {
        let of = |group: &Group| rows::<Ranked>(group.ranked.len()) + group.unranked.len() * ID;
        self.iter().map(of).sum::<usize>() + rows::<Group>(self.len())
    }
}

impl Weigh for Vec<Node> {
    fn bytes(&self) -> usize {
        let of = |node: &Node| (node.counted.len() + node.excluded.len()) * ID + BEHIND_EVENT;
        self.iter().map(of).sum::<usize>() + rows::<Node>(self.len())
    }
}

impl Weigh for Vec<Point> {
    fn bytes(&self) -> usize {
        rows::<Point>(self.len())
    }
}
