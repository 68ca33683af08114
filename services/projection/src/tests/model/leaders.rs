//! Who owes what a person owes, and whose act something is (DOMAIN §5.2), by asking of every tenure
//! ever told whether it holds on the day.

use std::collections::{BTreeMap, BTreeSet};

use duty::evaluate::Status;
use duty::registry::Tenure;
use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

use super::reference::{self, Owed};
use super::rules::{Rule, Rules};
use super::told::{Act, Told};

/// Every post there is: where, and which head.
pub(super) const POSTS: [(&str, &str, &str); 3] = [
    ("party", "city.kjj", "party_head"),
    ("head", "city.kjj", "government_head"),
    ("chead", "county.kjj", "government_head"),
];

/// Who owes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Who {
    Organization,
    /// Nobody holds a post that owes it.
    Nobody,
    Person {
        person: String,
        posts: BTreeSet<String>,
        short: bool,
        departed: bool,
    },
}

/// Whoever owes, and whether a document excuses them.
pub(super) struct Owing {
    pub(super) who: Who,
    pub(super) excused: bool,
}

/// A post held on a day: which, by whom, and whether a document excuses them from it.
struct Held<'a> {
    post: &'static str,
    kind: &'static str,
    person: &'a str,
    excused: bool,
}

fn posts_of(organization: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = POSTS.into_iter().filter(move |(_, of, _)| *of == organization);
    ours.map(|(post, _, kind)| (post, kind))
}

fn holds(tenure: &Tenure, post: &str, day: Date) -> bool {
    let is_over = tenure.to.is_some_and(|to| to < day);
    tenure.post.as_str() == post && tenure.from <= day && !is_over
}

/// The day whose post holders owe: the accounting day, or the day asked about before it.
fn reference_day(told: &Told<'_>, rules: &Rules) -> Date {
    rules.accounting_day(told.year).min(told.as_of)
}

/// Who answers for the posts of an organization on a day. Whoever acts (主持工作) stands in for the
/// one appointed, who is named beside them only where a document excuses them.
fn held<'a>(told: &Told<'a>, organization: &str, day: Date) -> Vec<Held<'a>> {
    let mut all = Vec::new();
    for (post, kind) in posts_of(organization) {
        let on_day = |acting: bool| {
            let tenures = told.tenures().into_iter();
            let mut found = tenures.filter(|one| one.acting == acting && holds(one, post, day));
            let tenure = found.next()?;
            assert!(found.next().is_none(), "no two hold one post at once");
            let excused = told.is_excused(tenure, day);
            Some(Held { post, kind, person: tenure.person.as_str(), excused })
        };
        match (on_day(false), on_day(true)) {
            (appointed, Some(acting)) if !acting.excused => {
                all.extend(appointed.filter(|held| held.excused));
                all.push(acting);
            }
            (Some(appointed), _) => all.push(appointed),
            (None, acting) => all.extend(acting),
        }
    }
    all
}

/// In office for less than the threshold, all days of the year up to the accounting day together:
/// the months of each time, then its days.
fn is_short(told: &Told<'_>, rules: &Rules, organization: &str, person: &str) -> bool {
    let tenures = told.tenures();
    let in_office = |day: Date| {
        let mut theirs = tenures.iter().filter(|tenure| tenure.person.as_str() == person);
        theirs.any(|tenure| posts_of(organization).any(|(post, _)| holds(tenure, post, day)))
    };
    let mut since = reference_day(told, rules);
    // A year and a half back is further than any threshold.
    while in_office(since - 1.day()) && date(told.year - 1, 6, 1) < since {
        since -= 1.day();
    }
    let over = rules.accounting_day(told.year) + 1.day();
    let (mut months, mut days) = (0, 0);
    let mut day = over - 1.year();
    while day < since {
        let from = day;
        while day < since && in_office(day) {
            day += 1.day();
        }
        let whole = (1..).take_while(|months| from + months.months() <= day).last().unwrap_or(0);
        months += whole;
        days += (day - (from + whole.months())).get_days();
        day += i64::from(day == from).days();
    }
    let moved = since - Span::new().months(months) - days.days();
    over - Span::new().months(rules.half_year_months) < moved
}

/// Whoever owes a personal duty at an organization.
pub(super) fn owing(told: &Told<'_>, rules: &Rules, rule: &Rule, organization: &str) -> Vec<Owing> {
    let held = held(told, organization, reference_day(told, rules));
    let mut persons: BTreeMap<&str, Vec<&Held<'_>>> = BTreeMap::new();
    for one in held.iter().filter(|held| rule.owed_by.contains(&held.kind)) {
        persons.entry(one.person).or_default().push(one);
    }
    if persons.is_empty() {
        return vec![Owing { who: Who::Nobody, excused: false }];
    }
    let mut all = Vec::new();
    for (person, theirs) in persons {
        // Who is excused from one post owes through the other.
        let excused = theirs.iter().all(|held| held.excused);
        let through = theirs.iter().filter(|held| excused || !held.excused);
        let who = Who::Person {
            person: person.to_owned(),
            posts: through.map(|held| held.post.to_owned()).collect(),
            short: is_short(told, rules, organization, person),
            departed: false,
        };
        all.push(Owing { who, excused });
    }
    all
}

/// How much of what an organization owes of a duty a leader answers for.
pub(super) enum Share {
    All,
    /// Less than half a year in office: what fell due before stays with the organization.
    WithoutWhatWasBefore,
    /// Left: what fell due while they were there, and nothing else.
    WhileThere,
    Nothing,
}

/// Whether what falls due on a day is a leader's to answer for, who held a post that owes it then.
pub(super) fn is_on_watch(
    told: &Told<'_>,
    rule: &Rule,
    organization: &str,
    person: &str,
    day: Date,
) -> bool {
    let held = held(told, organization, day);
    let mut theirs = held.iter().filter(|held| held.person == person && !held.excused);
    theirs.any(|held| rule.owed_by.contains(&held.kind))
}

/// How much a leader answers for, by who holds the posts that owe the duty on the reference day.
pub(super) fn share(
    told: &Told<'_>,
    rules: &Rules,
    rule: &Rule,
    organization: &str,
    person: &str,
) -> Share {
    let day = reference_day(told, rules);
    if is_on_watch(told, rule, organization, person, day) {
        let is_short = is_short(told, rules, organization, person);
        return if is_short { Share::WithoutWhatWasBefore } else { Share::All };
    }
    let held = held(told, organization, day);
    let is_excused =
        held.iter().any(|held| held.person == person && rule.owed_by.contains(&held.kind));
    if is_excused { Share::Nothing } else { Share::WhileThere }
}

/// What a leader answers for of what an organization owes of a duty; none when of nothing.
pub(super) fn answered_for(
    told: &Told<'_>,
    rules: &Rules,
    rule: &Rule,
    (organization, person): (&str, &str),
    mut owed: Vec<Owed>,
) -> Option<Vec<Owed>> {
    let last_day = |one: &Owed| one.window.map(|(_, last)| last);
    let is_past = |day: &Date| *day <= reference_day(told, rules);
    let on_watch = |day: Date| is_on_watch(told, rule, organization, person, day);
    match share(told, rules, rule, organization, person) {
        Share::All => {}
        Share::Nothing => return None,
        Share::WithoutWhatWasBefore => {
            for one in owed.iter_mut().filter(|one| reference::is_scored(one.shown)) {
                if last_day(one).filter(is_past).is_some_and(|day| !on_watch(day)) {
                    *one = Owed::settled(one.who.clone(), one.window, Status::NotApplicable);
                }
            }
        }
        Share::WhileThere => {
            owed.retain(|one| {
                let there = last_day(one).filter(is_past).is_some_and(on_watch);
                there && one.shown != Status::NotApplicable
            });
        }
    }
    (!owed.is_empty()).then_some(owed)
}

/// What a leader who left owes a departure statement through, unless another main leader's post
/// held on the reference day covers both.
pub(super) fn leaving(
    told: &Told<'_>,
    rules: &Rules,
    person: &str,
    through: &BTreeSet<String>,
) -> Option<Owing> {
    let day = reference_day(told, rules);
    let tenures = told.tenures();
    let theirs = || tenures.iter().filter(|tenure| tenure.person.as_str() == person);
    if theirs().any(|tenure| POSTS.iter().any(|(post, _, _)| holds(tenure, post, day))) {
        return None;
    }
    let excused = through.iter().all(|post| {
        let of_post = theirs().filter(|tenure| tenure.post.as_str() == post);
        let last = of_post.max_by_key(|tenure| tenure.from);
        last.is_some_and(|tenure| told.is_excused(tenure, day))
    });
    let (person, posts) = (person.to_owned(), through.clone());
    let who = Who::Person { person, posts, short: false, departed: true };
    Some(Owing { who, excused })
}

/// The posts through which a person answers at an organization: held in the year, on some day up to
/// the one asked about; with what kind of head each is.
pub(super) fn answers_through(
    told: &Told<'_>,
    organization: &str,
    person: &str,
) -> Vec<(&'static str, &'static str)> {
    let (first, last) = (date(told.year, 1, 1), date(told.year, 12, 31));
    let last = last.min(told.as_of.max(first));
    let tenures = told.tenures();
    let held = |post: &str| {
        let mut theirs = tenures.iter().filter(|tenure| tenure.person.as_str() == person);
        theirs.any(|tenure| {
            let begun = tenure.from <= last;
            tenure.post.as_str() == post && begun && tenure.to.is_none_or(|to| first <= to)
        })
    };
    posts_of(organization).filter(|(post, _)| held(post)).collect()
}

/// Whether an act is the owner's, and whether it says so: it names them, or a post they held when
/// it happened. Where nobody is known to have held the post then, it is theirs who owe through it.
pub(super) fn is_theirs(told: &Told<'_>, who: &Who, act: &Act) -> Option<bool> {
    let Who::Person { person, posts, .. } = who else { return Some(true) };
    let event = &act.event;
    if let Some(named) = &event.responsible_person {
        return (named.as_str() == person).then_some(true);
    }
    if event.responsible_posts.is_empty() {
        // Somebody did it, nobody says who.
        return Some(false);
    }
    let tenures = told.tenures();
    let theirs = event.responsible_posts.iter().any(|post| {
        let then = |tenure: &&&Tenure| {
            act.days().is_some_and(|(from, to)| {
                let overlaps = tenure.from <= to && tenure.to.is_none_or(|last| from <= last);
                tenure.post == *post && overlaps
            })
        };
        let mut holders = tenures.iter().filter(then).peekable();
        match holders.peek() {
            None => posts.contains(post.as_str()),
            Some(_) => holders.any(|tenure| tenure.person.as_str() == person),
        }
    });
    theirs.then_some(true)
}

/// The organizations whose acts may be an owner's: their own, and for a person every one where they
/// ever held a post, since one statement covers all posts; there only acts that name somebody.
pub(super) fn may_speak(told: &Told<'_>, who: &Who, organization: &str, act: &Act) -> bool {
    let event = &act.event;
    if event.organization.as_str() == organization {
        return true;
    }
    let Who::Person { person, .. } = who else { return false };
    let tenures = told.tenures();
    let mut theirs = tenures.iter().filter(|tenure| tenure.person.as_str() == person);
    let held_there = theirs.any(|tenure| {
        POSTS.iter().any(|(post, of, _)| {
            tenure.post.as_str() == *post && *of == event.organization.as_str()
        })
    });
    held_there && (event.responsible_person.is_some() || !event.responsible_posts.is_empty())
}
