//! The facts as one view looks at them: unpacked once, however many duties ask.
//!
//! Lives as long as the view. Mostly one organization, or the few at which a leader holds posts.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use duty::evaluate::{Fact, Facts};
use duty::event::EventType;
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
    /// The type of each fact and its index, in order.
    by_type: Vec<(EventType, u32)>,
    next: OnceCell<Box<Node<'a>>>,
}

impl<'a> Recalled<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, first: OnceCell::new() }
    }

    /// The organizations whose facts were asked for.
    pub(crate) fn asked_for(&self) -> Vec<OrganizationId> {
        let mut asked = Vec::new();
        let mut cell = &self.first;
        while let Some(node) = cell.get() {
            asked.push(node.organization.clone());
            cell = &node.next;
        }
        asked
    }

    fn recall(&self, organization: &OrganizationId, year: i16) -> Box<Node<'a>> {
        let stream = self.snapshot.streams.of(organization);
        let facts = stream.map_or(Cow::Borrowed(&[][..]), |stream| stream.facts(year));
        let types = facts.iter().map(|fact| fact.event_type);
        let mut by_type: Vec<_> = types.zip(0..).collect();
        by_type.sort_unstable();
        let organization = organization.clone();
        Box::new(Node { organization, year, facts, by_type, next: OnceCell::new() })
    }

    fn node(&self, organization: &OrganizationId, year: i16) -> &Node<'a> {
        let mut cell = &self.first;
        loop {
            let node = cell.get_or_init(|| self.recall(organization, year));
            if node.year == year && node.organization == *organization {
                return node;
            }
            cell = &node.next;
        }
    }
}

impl Facts for Recalled<'_> {
    fn of(&self, organization: &OrganizationId, year: i16) -> &[Arc<Fact>] {
        &self.node(organization, year).facts
    }

    fn of_types(
        &self,
        organization: &OrganizationId,
        year: i16,
        types: &[EventType],
    ) -> Vec<&Fact> {
        let Node { facts, by_type, .. } = self.node(organization, year);
        let mut indexes = Vec::new();
        for wanted in types {
            let first = by_type.partition_point(|(of, _)| of < wanted);
            let those = by_type[first..].iter().take_while(|(of, _)| of == wanted);
            indexes.extend(those.map(|(_, index)| *index));
        }
        indexes.sort_unstable();
        indexes.dedup();
        indexes.into_iter().map(|index| &*facts[index as usize]).collect()
    }
}
