//! The facts as one view looks at them: unpacked once, however many duties ask.
//!
//! Lives as long as the view. Mostly one organization, or the few at which a leader holds posts.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use duty::evaluate::{Fact, Facts};
use duty::id::OrganizationId;

use crate::Snapshot;

/// Facts unpacked so far, as a list that only grows, so that what was lent stays where it is.
pub(crate) struct Recalled<'a> {
    snapshot: &'a Snapshot,
    first: OnceCell<Box<Node<'a>>>,
}

struct Node<'a> {
    organization: OrganizationId,
    year: i16,
    facts: Cow<'a, [Arc<Fact>]>,
    next: OnceCell<Box<Node<'a>>>,
}

impl<'a> Recalled<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, first: OnceCell::new() }
    }

    fn recall(&self, organization: &OrganizationId, year: i16) -> Box<Node<'a>> {
        let stream = self.snapshot.streams.of(organization);
        let facts = stream.map_or(Cow::Borrowed(&[][..]), |stream| stream.facts(year));
        Box::new(Node { organization: organization.clone(), year, facts, next: OnceCell::new() })
    }
}

impl Facts for Recalled<'_> {
    fn of(&self, organization: &OrganizationId, year: i16) -> &[Arc<Fact>] {
        let mut cell = &self.first;
        loop {
            let node = cell.get_or_init(|| self.recall(organization, year));
            if node.year == year && node.organization == *organization {
                return &node.facts;
            }
            cell = &node.next;
        }
    }
}
