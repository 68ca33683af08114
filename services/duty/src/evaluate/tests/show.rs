//! An answer as text: a line for each obligation, a line for each judgement on the ladder.
//!
//! Rungs of one judgement stand together, `claimed..dated fulfilled 1 [3 4]`: state, credit, the
//! positions it rests on. `!` marks a finding, `in full` adds each event looked at.

use std::fmt::Write as _;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::world::{Ledger, day, organization_id, person};
use crate::calendar::Calendars;
use crate::evaluate::{
    self, Considered, Detail, DutyLine, Obligation, OrganizationEvaluation, Owner, Period,
    Question, Scores, Standing, World,
};
use crate::id::PersonId;
use crate::occurred::Timing;
use crate::position::Position;
use crate::ruleset::Rung;

struct Asked<'a> {
    question: Question,
    organization: &'a str,
    person: Option<PersonId>,
    with_calendars: bool,
    in_full: bool,
    scores_only: bool,
}

/// `year as of day [known n] [at organization] [for person] [without calendars] [in full]`, or
/// `scores of year as of …`.
fn asked(question: &str) -> Asked<'_> {
    let scores_only = question.starts_with("scores of ");
    let mut words = question.trim_start_matches("scores of ").split_whitespace();
    let year = words.next().unwrap().parse().unwrap();
    assert_eq!((words.next(), words.next()), (Some("as"), Some("of")), "{question}");
    let as_of: Date = day(words.next().unwrap());
    let mut asked = Asked {
        question: Question { year, as_of, known: Position::MAX },
        organization: "kjj",
        person: None,
        with_calendars: true,
        in_full: false,
        scores_only,
    };
    while let Some(word) = words.next() {
        let argument = words.next().expect("each word has an argument");
        match word {
            "known" => asked.question.known = Position::new(argument.parse().unwrap()),
            "at" => asked.organization = argument,
            "for" => asked.person = Some(person(argument)),
            "without" => asked.with_calendars = false,
            "in" => asked.in_full = true,
            word => panic!("nobody asks {word}"),
        }
    }
    asked
}

/// What the ledger answers.
pub(super) fn answer(ledger: &Ledger, question: &str) -> String {
    let asked = asked(question);
    let none = Calendars::new();
    let calendars = if asked.with_calendars { &ledger.calendars } else { &none };
    let world = World {
        registry: &ledger.registry,
        calendars,
        facts: &ledger.streams,
        detail: Detail::Explained,
    };
    let Question { known, .. } = asked.question;
    if let Some(person) = &asked.person {
        let (lines, found) =
            evaluate::leader(world, &|_| Some(&ledger.rules), person, asked.question);
        if asked.scores_only {
            return scores(&found);
        }
        let of_line = |line: &evaluate::LeaderLine| {
            let posts: Vec<_> = line.posts.iter().map(ToString::to_string).collect();
            let head = format!("at {} through {}:\n", line.organization, posts.join("+"));
            head + &duty(&line.line, asked.in_full)
        };
        return lines.iter().map(of_line).collect();
    }
    let id = organization_id(asked.organization);
    let organization = ledger.registry.organization(&id, known).unwrap();
    let found = evaluate::organization(world, &ledger.rules, organization, asked.question);
    if asked.scores_only {
        return scores(&found.scores);
    }
    found.lines.iter().map(|line| duty(line, asked.in_full)).collect()
}

/// Every line of an evaluation.
pub(super) fn lines(found: &OrganizationEvaluation) -> String {
    found.lines.iter().map(|line| duty(line, false)).collect()
}

fn duty(line: &DutyLine, in_full: bool) -> String {
    let mut text: String = line.obligations.iter().map(|o| obligation(o, in_full)).collect();
    if 1 < line.obligations.len() {
        writeln!(text, "{} in all => {}", line.duty, line.official.as_str()).unwrap();
        let judged: Vec<String> = line
            .rungs
            .iter()
            .map(|rung| format!("{} {}", rung.status.as_str(), plain(rung.credit)))
            .collect();
        text += &ladder(&judged);
    }
    text
}

fn obligation(obligation: &Obligation, in_full: bool) -> String {
    let mut text = format!(
        "{}, {}, {}, {} => {}\n",
        obligation.duty,
        owner(&obligation.owner),
        period(&obligation.period),
        window(obligation),
        obligation.official.as_str(),
    );
    let judged: Vec<String> = obligation
        .rungs
        .iter()
        .map(|rung| {
            let entries: Vec<_> = rung.entries.iter().map(ToString::to_string).collect();
            format!("{} {} [{}]", rung.status.as_str(), plain(rung.credit), entries.join(" "))
        })
        .collect();
    text += &ladder(&judged);
    for finding in &obligation.findings {
        writeln!(text, "    ! {} {}", finding.reason, finding.field).unwrap();
    }
    if in_full {
        text.extend(obligation.considered.iter().map(considered));
    }
    text
}

/// One line for each run of equal judgements.
fn ladder(judged: &[String]) -> String {
    let mut text = String::new();
    let mut first = 0;
    for (index, current) in judged.iter().enumerate() {
        if judged.get(index + 1) == Some(current) {
            continue;
        }
        let (from, to) = (Rung::ALL[first].as_str(), Rung::ALL[index].as_str());
        let rungs = if first == index { to.to_owned() } else { format!("{from}..{to}") };
        writeln!(text, "    {rungs} {current}").unwrap();
        first = index + 1;
    }
    text
}

fn plain(value: Decimal) -> String {
    value.round_dp(4).normalize().to_string()
}

fn owner(owner: &Owner) -> String {
    match owner {
        Owner::Organization => "org".to_owned(),
        Owner::Vacant => "nobody".to_owned(),
        Owner::Person { person, posts, short_tenure, departed } => {
            let posts: Vec<_> = posts.iter().map(ToString::to_string).collect();
            let short = if *short_tenure { " short" } else { "" };
            let departed = if *departed { " departed" } else { "" };
            format!("{person} ({}{short}{departed})", posts.join("+"))
        }
    }
}

fn period(period: &Period) -> String {
    match period {
        Period::Item { position, .. } => format!("item {position}"),
        period => period.key(),
    }
}

fn window(obligation: &Obligation) -> String {
    match obligation.window {
        None => "no window".to_owned(),
        Some(window) if window.printed == window.last => {
            format!("{}..{}", window.first, window.last)
        }
        Some(window) => format!("{}..{} (before {})", window.first, window.last, window.printed),
    }
}

fn considered(entry: &Considered) -> String {
    let late = match entry.late_entry {
        Some(true) => ", entered late",
        Some(false) => "",
        None => ", no telling when entered",
    };
    let standing = match &entry.standing {
        Standing::NotCounted(why) => format!("no: {}", why.as_str()),
        Standing::Counted { rung, timing, amount, held_back } => {
            let timing = match timing {
                Timing::InTime => "in time",
                Timing::Late => "late",
                Timing::TooEarly => "too early",
                Timing::Unknown => "when?",
            };
            format!("{} {timing} for {} ({})", rung.as_str(), plain(*amount), held_back.as_str())
        }
    };
    let review = entry.review.as_ref().map_or_else(String::new, |state| {
        let cure = state.cure_by.map_or_else(String::new, |last| {
            format!(" by {last}{}", if state.cure_passed { ", passed" } else { "" })
        });
        let grade = state.review.grade.map_or_else(String::new, |g| format!(" {}", g.as_str()));
        format!(", {}{grade} at {}{cure}", state.review.verdict.as_str(), state.review.at)
    });
    format!("    {}: {standing}{late}{review}\n", entry.position)
}

fn scores(scores: &Scores) -> String {
    let shown = |value: Option<Decimal>| value.map_or("none".to_owned(), |value| value.to_string());
    let mut text = format!("weight {}\n", plain(scores.weight));
    for (rung, found) in Rung::ALL.iter().zip(&scores.rungs) {
        writeln!(
            text,
            "{} {} ({} of {} due so far: {})",
            rung.as_str(),
            shown(found.score),
            plain(found.earned),
            plain(found.weight_due),
            shown(found.due_so_far),
        )
        .unwrap();
    }
    text
}
