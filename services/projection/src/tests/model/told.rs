//! What was told, read from the first entry on for every question: nothing is folded and nothing
//! kept. Of several versions the last one known counts, whatever they are versions of.

use std::collections::BTreeMap;

use duty::entry::{Entry, Recorded, Review, Verdict};
use duty::event::DutyEvent;
use duty::exemption::Exemption;
use duty::id::EventId;
use duty::registry::{Absence, Change, Tenure};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;

use super::rules::Rules;

/// A question, and what is known of the ledger it is asked of.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// The entries known.
    pub(super) entries: &'a [Recorded],
    /// Every rule set ever published, with its position.
    pub(super) published: &'a [(usize, Rules)],
    pub(super) year: i16,
    pub(super) as_of: Date,
}

/// A version of an event that counts.
pub(super) struct Act {
    pub(super) position: usize,
    pub(super) event: DutyEvent,
    pub(super) recorded_on: Date,
    /// The last decision on it, and the day of that.
    pub(super) review: Option<(Review, Date)>,
    /// Returned, and not mended by the last day of its cure period.
    pub(super) lapsed: bool,
}

impl Act {
    pub(super) fn is_accepted(&self) -> bool {
        self.review.as_ref().is_some_and(|(last, _)| last.verdict == Verdict::Accepted)
    }

    /// First and last day on which it may have happened.
    pub(super) fn days(&self) -> Option<(Date, Date)> {
        self.event.occurred.start().zip(self.event.occurred.end())
    }
}

/// The day in Shanghai, eight hours ahead of Greenwich all year.
fn day_of(recorded: &Recorded) -> Date {
    Offset::constant(8).to_datetime(recorded.recorded_at).date()
}

impl<'a> Told<'a> {
    /// What stands, oldest first.
    pub(super) fn acts(&self) -> Vec<Act> {
        let mut all: Vec<(EventId, Act)> = Vec::new();
        for (index, recorded) in self.entries.iter().enumerate() {
            let (target, event) = match &recorded.entry {
                Entry::DutyEvent(event) => (None, Some(&**event)),
                Entry::Correction(new) => (Some(new.target), Some(&new.event)),
                Entry::Withdrawal(back) => (Some(back.target), None),
                Entry::Review(review) => {
                    for (id, act) in &mut all {
                        if *id == review.target {
                            act.review = Some((review.clone(), day_of(recorded)));
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            all.retain(|(id, _)| Some(*id) != target);
            all.extend(event.map(|event| {
                let (event, recorded_on) = (event.clone(), day_of(recorded));
                let act =
                    Act { position: index + 1, event, recorded_on, review: None, lapsed: false };
                (recorded.event_id, act)
            }));
        }
        for (_, act) in &mut all {
            act.lapsed = self.is_lapsed(act);
        }
        all.into_iter().map(|(_, act)| act).collect()
    }

    fn is_lapsed(&self, act: &Act) -> bool {
        let returned = |(review, _): &&(Review, Date)| review.verdict == Verdict::Returned;
        let Some((review, on)) = act.review.as_ref().filter(returned) else { return false };
        let last = self.working_days(*on, review.cure_working_days.into());
        last.is_some_and(|last| last < self.as_of)
    }

    /// The last version of each of something.
    fn newest<T>(&self, pick: impl Fn(&'a Entry) -> Option<(&'a str, &'a T)>) -> Vec<&'a T> {
        let found: BTreeMap<&str, &T> =
            self.entries.iter().filter_map(|recorded| pick(&recorded.entry)).collect();
        found.into_values().collect()
    }

    pub(super) fn tenures(&self) -> Vec<&'a Tenure> {
        self.newest(|entry| match entry {
            Entry::Tenure(tenure) => Some((tenure.id.as_str(), tenure)),
            _ => None,
        })
    }

    /// Whether a document excuses the holder of a tenure on a day.
    pub(super) fn is_excused(&self, tenure: &Tenure, day: Date) -> bool {
        let absences: Vec<&Absence> = self.newest(|entry| match entry {
            Entry::Absence(absence) => Some((absence.id.as_str(), absence)),
            _ => None,
        });
        absences.into_iter().any(|absence| {
            let is_over = absence.to.is_some_and(|to| to < day);
            absence.tenure == tenure.id && !absence.revoked && absence.from <= day && !is_over
        })
    }

    /// The exemptions, and from which day on each is revoked.
    pub(super) fn exemptions(&self) -> Vec<(&'a Exemption, Option<Date>)> {
        let revoked = |id: EventId| {
            self.entries.iter().find_map(|recorded| match &recorded.entry {
                Entry::ExemptionRevoked(revoked) if revoked.target == id => Some(revoked.from),
                _ => None,
            })
        };
        let granted = self.entries.iter().filter_map(|recorded| match &recorded.entry {
            Entry::Exemption(granted) => Some((&**granted, revoked(recorded.event_id))),
            _ => None,
        });
        granted.collect()
    }

    /// The sector and the division code an organization is registered with.
    pub(super) fn registered(&self, organization: &str) -> (&'a str, &'a str) {
        let mut versions = self.entries.iter().rev().filter_map(|recorded| match &recorded.entry {
            Entry::Organization(found) if found.id.as_str() == organization => Some(found),
            _ => None,
        });
        let found = versions.next().expect("every organization of the model is founded");
        (&*found.sector, found.division.as_str())
    }

    /// The changes of an organization that hold on the day asked about, by their first day; of two
    /// from one day on the one told last comes last.
    fn changes(&self, organization: &str) -> Vec<&'a duty::registry::OrganizationChange> {
        let mut newest = BTreeMap::new();
        for (position, recorded) in self.entries.iter().enumerate() {
            if let Entry::OrganizationChange(change) = &recorded.entry {
                newest.insert(change.id.as_str(), (position, change));
            }
        }
        let mut all: Vec<_> = newest.into_values().collect();
        all.retain(|(_, change)| {
            let ours = change.organization.as_str() == organization;
            ours && !change.revoked && change.from <= self.as_of
        });
        all.sort_by_key(|(position, change)| (change.from, *position));
        all.into_iter().map(|(_, change)| change).collect()
    }

    /// The last day of an organization that has ended.
    pub(super) fn last_day(&self, organization: &str) -> Option<Date> {
        let changes = self.changes(organization);
        let end = changes.iter().find(|one| matches!(one.change, Change::Ended { .. }))?;
        Some(end.from - 1.day())
    }

    /// What it is called: by the last change of name, else as registered.
    pub(super) fn name(&self, organization: &str) -> String {
        let renamed = |change: &&duty::registry::OrganizationChange| match &change.change {
            Change::Renamed { name_zh, .. } => Some(name_zh.to_string()),
            _ => None,
        };
        let changes = self.changes(organization);
        changes.iter().rev().find_map(renamed).unwrap_or_else(|| "单位".to_owned())
    }

    /// The rules that judge an organization, and where they were published: of the versions known
    /// the last of each, of those valid on their accounting day of the year the ones nearest to the
    /// organization, then the latest to become valid, then the last published.
    pub(super) fn rules(&self, organization: &str) -> Option<(usize, &'a Rules)> {
        let (_, division) = self.registered(organization);
        let known: Vec<_> =
            self.published.iter().filter(|(at, _)| *at <= self.entries.len()).collect();
        let is_newest =
            |at: usize, id: &str| known.iter().all(|(other, rules)| rules.id != id || *other <= at);
        let mut fit: Vec<_> = known
            .iter()
            .filter(|(at, rules)| is_newest(*at, rules.id))
            .filter(|(_, rules)| rules.valid_from <= rules.accounting_day(self.year))
            .filter(|(_, rules)| division.starts_with(rules.jurisdiction.trim_end_matches("00")))
            .collect();
        fit.sort_by_key(|(at, rules)| {
            (rules.jurisdiction.trim_end_matches("00").len(), rules.valid_from, *at)
        });
        fit.last().map(|(at, rules)| (*at, rules))
    }

    /// The last of so many working days, counted from the day after the first; none where no
    /// calendar tells.
    pub(super) fn working_days(&self, from: Date, count: u32) -> Option<Date> {
        let calendar_of = |year: i16| {
            self.entries.iter().rev().find_map(|recorded| match &recorded.entry {
                Entry::Calendar(calendar) if calendar.year == year => Some(&**calendar),
                _ => None,
            })
        };
        let (mut day, mut left) = (from, count);
        while 0 < left {
            day += 1.day();
            let calendar = calendar_of(day.year())?;
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            let is_off = calendar.holidays.contains(&day)
                || (weekend && !calendar.working_weekends.contains(&day));
            left -= u32::from(!is_off);
        }
        Some(day)
    }
}
