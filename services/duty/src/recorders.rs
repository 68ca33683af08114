//! Who recorded events of which accounting year, for one organization (回避).
//!
//! Whoever publishes, decides or seals a year recorded none of its events. That is asked of what is
//! kept here and not of the entries, of which a year may have tens of thousands. Invariant: nobody
//! is ever taken out, whatever became of the event: a version corrected or taken back was recorded
//! all the same. It grows with the people of an organization, not with its events.

use std::collections::{BTreeMap, BTreeSet};

/// The recorders of an organization's events, by accounting year (填报人).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorders(BTreeMap<i16, BTreeSet<Box<str>>>);

impl Recorders {
    /// Whether somebody recorded a version of an event of the year.
    #[must_use]
    pub fn has(&self, year: i16, who: &str) -> bool {
        self.0.get(&year).is_some_and(|recorders| recorders.contains(who))
    }

    /// Takes in who recorded a version of an event of the year.
    pub fn add(&mut self, year: i16, who: &str) {
        let recorders = self.0.entry(year).or_default();
        if !recorders.contains(who) {
            recorders.insert(who.into());
        }
    }

    /// Every year with its recorders, in order.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (i16, &BTreeSet<Box<str>>)> {
        self.0.iter().map(|(year, recorders)| (*year, recorders))
    }
}

#[cfg(test)]
mod tests {
    use super::Recorders;

    #[test]
    fn somebody_is_known_for_the_years_they_recorded_and_no_other() {
        let mut recorders = Recorders::default();
        recorders.add(2022, "clerk-1");
        recorders.add(2022, "clerk-1");
        recorders.add(2023, "clerk-2");
        assert!(recorders.has(2022, "clerk-1") && recorders.has(2023, "clerk-2"));
        assert!(!recorders.has(2023, "clerk-1") && !recorders.has(2022, "clerk"));
        let counts: Vec<_> = recorders.all().map(|(year, who)| (year, who.len())).collect();
        assert_eq!(counts, [(2022, 1), (2023, 1)]);
    }
}
