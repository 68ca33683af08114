//! One fact as bytes: two bytes saying what follows, its type, and what follows.
//!
//! Its position and its id stand elsewhere ([`crate::chunk`]). Days are distances from the day it
//! was recorded, and that one from the day the fact before was. Texts are numbers in [`Words`].

use duty::Position;
use duty::Problems;
use duty::evaluate::Fact;
use duty::event::details::{DetailFacts, Procedure, Trigger};
use duty::event::{EventType, Kind};
use duty::id::{EventId, PersonId, PostId};
use duty::occurred::{Occurred, Precision};
use duty::quantity::{Answer, Qualifier, Quantity};
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::wire::{Reader, put_number, put_signed};
use crate::words::Words;

const OTHER_ROOT: u8 = 1;
const PERSON: u8 = 1 << 1;
const POSTS: u8 = 1 << 2;
const QUANTITIES: u8 = 1 << 3;
const COMPONENTS: u8 = 1 << 4;
const PART_OF: u8 = 1 << 5;
const CHANGE: u8 = 1 << 6;
const PROCEDURE: u8 = 1 << 7;
/// Days of a procedure, see [`put_procedure`].
const PROCEDURE_DAYS: usize = 7;
const ID_BYTES: usize = 16;

const KINDS: [Kind; 4] = [Kind::Performed, Kind::Planned, Kind::RecurringClaim, Kind::Outcome];
const PRECISIONS: [Precision; 7] = [
    Precision::Day,
    Precision::Month,
    Precision::Quarter,
    Precision::HalfYear,
    Precision::Year,
    Precision::Period,
    Precision::Unknown,
];
const QUALIFIERS: [Qualifier; 4] =
    [Qualifier::Exact, Qualifier::AtLeast, Qualifier::MoreThan, Qualifier::About];
const ANSWERS: [Answer; 3] = [Answer::Yes, Answer::No, Answer::Unknown];

/// Packs one fact; `before` is the day the one before it was recorded. Returns its own.
pub(crate) fn put_fact(bytes: &mut Vec<u8>, fact: &Fact, before: i64, words: &mut Words) -> i64 {
    let DetailFacts { trigger, effective_date, procedure } = &fact.details;
    let change = trigger.is_some() || effective_date.is_some();
    let has = [
        (OTHER_ROOT, fact.root != fact.event_id),
        (PERSON, fact.responsible_person.is_some()),
        (POSTS, !fact.responsible_posts.is_empty()),
        (QUANTITIES, !fact.quantities.is_empty()),
        (COMPONENTS, !fact.components.is_empty()),
        (PART_OF, fact.part_of.is_some()),
        (CHANGE, change),
        (PROCEDURE, procedure.is_some()),
    ];
    let has = has.iter().fold(0, |bits, (bit, is)| if *is { bits | bit } else { bits });
    bytes.push(has);
    let kind = fact.kind as u8;
    let precision = fact.occurred.precision() as u8;
    let flags = u8::from(fact.aggregate) << 5 | u8::from(fact.documented) << 6;
    bytes.extend([kind | precision << 2 | flags, fact.event_type as u8]);
    let recorded = number_of(fact.recorded_on);
    put_signed(bytes, recorded - before);
    put_signed(bytes, i64::from(fact.accounting_year) - i64::from(fact.recorded_on.year()));
    if let (Some(start), Some(end)) = (fact.occurred.start(), fact.occurred.end()) {
        put_signed(bytes, number_of(start) - recorded);
        if fact.occurred.precision() != Precision::Day {
            put_signed(bytes, number_of(end) - number_of(start));
        }
    }
    if has & OTHER_ROOT != 0 {
        put_id(bytes, fact.root);
    }
    if let Some(person) = &fact.responsible_person {
        put_number(bytes, words.number(person.as_str()));
    }
    if has & POSTS != 0 {
        put_number(bytes, fact.responsible_posts.len() as u64);
        for post in &fact.responsible_posts {
            put_number(bytes, words.number(post.as_str()));
        }
    }
    if has & QUANTITIES != 0 {
        put_number(bytes, fact.quantities.len() as u64);
        fact.quantities.iter().for_each(|quantity| put_quantity(bytes, quantity, recorded, words));
    }
    if has & COMPONENTS != 0 {
        put_number(bytes, fact.components.len() as u64);
        fact.components.iter().for_each(|component| put_id(bytes, *component));
    }
    if let Some(whole) = fact.part_of {
        put_id(bytes, whole);
    }
    if change {
        bytes.push(trigger.map_or(0, |(trigger, _)| trigger as u8 + 1));
        put_day(bytes, trigger.and_then(|(_, day)| day), recorded);
        put_day(bytes, *effective_date, recorded);
    }
    if let Some(procedure) = procedure {
        put_procedure(bytes, procedure, recorded);
    }
    recorded
}

/// Unpacks what [`put_fact`] packed. With a year, what judging it does not look at is passed over,
/// and the answer is that there is none: most of a long history, which nobody need build up.
pub(crate) fn read_fact(
    reader: &mut Reader<'_>,
    (position, event_id): (Position, EventId),
    before: &mut i64,
    words: &Words,
    year: Option<i16>,
) -> Option<Option<Fact>> {
    let has = reader.byte()?;
    let shape = reader.byte()?;
    let event_type = *EventType::ALL.get(usize::from(reader.byte()?))?;
    let recorded = before.checked_add(reader.signed()?)?;
    *before = recorded;
    let recorded_on = day_of(recorded)?;
    let accounting_year = i64::from(recorded_on.year()).checked_add(reader.signed()?)?;
    let accounting_year = i16::try_from(accounting_year).ok()?;
    let precision = *PRECISIONS.get(usize::from(shape >> 2 & 7))?;
    if year.is_some_and(|year| !Fact::concerns(accounting_year, has & CHANGE != 0, year)) {
        pass_over(reader, has, precision)?;
        return Some(None);
    }
    let occurred = read_occurred(reader, precision, recorded)?;
    let root = if has & OTHER_ROOT == 0 { event_id } else { read_id(reader)? };
    let word = |reader: &mut Reader<'_>| words.word(reader.number()?);
    let responsible_person = match has & PERSON {
        0 => None,
        _ => Some(PersonId::shared(word(reader)?)?),
    };
    let responsible_posts =
        read_list(reader, has & POSTS != 0, |reader| PostId::shared(word(reader)?))?;
    let quantities =
        read_list(reader, has & QUANTITIES != 0, |reader| read_quantity(reader, recorded, words))?;
    let components = read_list(reader, has & COMPONENTS != 0, read_id)?;
    let part_of = if has & PART_OF == 0 { None } else { Some(read_id(reader)?) };
    let mut details = DetailFacts::default();
    if has & CHANGE != 0 {
        let trigger = reader.byte()?;
        let day = read_day(reader, recorded)?;
        if let Some(index) = trigger.checked_sub(1) {
            details.trigger = Some((*Trigger::ALL.get(usize::from(index))?, day));
        }
        details.effective_date = read_day(reader, recorded)?;
    }
    if has & PROCEDURE != 0 {
        details.procedure = Some(Box::new(read_procedure(reader, recorded)?));
    }
    Some(Some(Fact {
        position,
        event_id,
        root,
        recorded_on,
        event_type,
        kind: KINDS[usize::from(shape & 3)],
        occurred,
        accounting_year,
        documented: shape >> 6 & 1 == 1,
        responsible_person,
        responsible_posts,
        quantities,
        aggregate: shape >> 5 & 1 == 1,
        components,
        part_of,
        details,
        superseded_at: None,
        withdrawn_at: None,
        reviews: Vec::new(),
    }))
}

/// Passes over what follows the accounting year of a fact that tells of no change.
fn pass_over(reader: &mut Reader<'_>, has: u8, precision: Precision) -> Option<()> {
    let numbers = |reader: &mut Reader<'_>, count: usize| {
        (0..count).try_for_each(|_| reader.number().map(drop))
    };
    let days = match precision {
        Precision::Unknown => 0,
        Precision::Day => 1,
        _ => 2,
    };
    numbers(reader, days)?;
    if has & OTHER_ROOT != 0 {
        reader.take(ID_BYTES)?;
    }
    if has & PERSON != 0 {
        reader.number()?;
    }
    if has & POSTS != 0 {
        let count = reader.count()?;
        numbers(reader, count)?;
    }
    if has & QUANTITIES != 0 {
        for _ in 0..reader.count()? {
            numbers(reader, 2)?;
            let shape = reader.byte()?;
            reader.byte()?;
            match shape >> 3 & 1 {
                0 => numbers(reader, 1)?,
                _ => reader.take(size_of::<i128>()).map(drop)?,
            }
            numbers(reader, if shape >> 2 & 1 == 0 { 0 } else { 2 })?;
        }
    }
    if has & COMPONENTS != 0 {
        let count = reader.count()?;
        reader.take(count.checked_mul(ID_BYTES)?)?;
    }
    if has & PART_OF != 0 {
        reader.take(ID_BYTES)?;
    }
    if has & PROCEDURE != 0 {
        reader.take(2)?;
        numbers(reader, PROCEDURE_DAYS)?;
    }
    Some(())
}

fn read_occurred(reader: &mut Reader<'_>, precision: Precision, base: i64) -> Option<Occurred> {
    if precision == Precision::Unknown {
        return Some(Occurred::UNKNOWN);
    }
    let first = base.checked_add(reader.signed()?)?;
    let start = day_of(first)?;
    if precision == Precision::Day {
        return Some(Occurred::day(start));
    }
    let end = day_of(first.checked_add(reader.signed()?)?)?;
    Occurred::new(precision, Some(start), Some(end), &mut Problems::new())
}

fn read_list<T>(
    reader: &mut Reader<'_>,
    is_there: bool,
    mut read: impl FnMut(&mut Reader<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    if !is_there {
        return Some(Vec::new());
    }
    let count = reader.count()?;
    // No longer than the bytes that are left, whatever the number says.
    let mut list = Vec::with_capacity(count.min(reader.left()));
    for _ in 0..count {
        list.push(read(reader)?);
    }
    Some(list)
}

fn put_quantity(bytes: &mut Vec<u8>, quantity: &Quantity, base: i64, words: &mut Words) {
    put_number(bytes, words.number(&quantity.metric));
    put_number(bytes, words.number(&quantity.unit));
    let value = quantity.value;
    let narrow = i64::try_from(value.mantissa());
    let scale = u8::try_from(value.scale()).unwrap_or(0);
    let windowed = u8::from(quantity.window.is_some()) << 2;
    bytes.push(quantity.qualifier as u8 | windowed | u8::from(narrow.is_err()) << 3);
    bytes.push(scale);
    match narrow {
        Ok(mantissa) => put_signed(bytes, mantissa),
        Err(_) => bytes.extend(value.mantissa().to_le_bytes()),
    }
    if let Some((first, last)) = quantity.window {
        put_signed(bytes, number_of(first) - base);
        put_signed(bytes, number_of(last) - base);
    }
}

fn read_quantity(reader: &mut Reader<'_>, base: i64, words: &Words) -> Option<Quantity> {
    let metric = words.word(reader.number()?)?;
    let unit = words.word(reader.number()?)?;
    let shape = reader.byte()?;
    let scale = reader.byte()?;
    let mantissa = match shape >> 3 & 1 {
        0 => i128::from(reader.signed()?),
        _ => i128::from_le_bytes(reader.array()?),
    };
    let window = match shape >> 2 & 1 {
        0 => None,
        _ => {
            let mut day = || day_of(base.checked_add(reader.signed()?)?);
            Some((day()?, day()?))
        }
    };
    Some(Quantity {
        metric: (&**metric).into(),
        value: Decimal::try_from_i128_with_scale(mantissa, scale.into()).ok()?,
        unit: (&**unit).into(),
        qualifier: QUALIFIERS[usize::from(shape & 3)],
        window,
    })
}

fn put_procedure(bytes: &mut Vec<u8>, procedure: &Procedure, base: i64) {
    let Procedure {
        issued_date,
        published_date,
        filed_date,
        publication_exempt,
        legality_reviewed,
        legality_sent_date,
        legality_returned_date,
        public_comment,
        collectively_discussed,
        appeared,
        excused,
    } = procedure;
    let answers = *legality_reviewed as u8 | (*collectively_discussed as u8) << 2;
    bytes.push(answers | (*appeared as u8) << 4);
    bytes.push(u8::from(*publication_exempt) | u8::from(*excused) << 1);
    let comment = (public_comment.map(|(first, _)| first), public_comment.map(|(_, last)| last));
    let days = [*issued_date, *published_date, *filed_date, *legality_sent_date];
    for day in days.into_iter().chain([*legality_returned_date, comment.0, comment.1]) {
        put_day(bytes, day, base);
    }
}

fn read_procedure(reader: &mut Reader<'_>, base: i64) -> Option<Procedure> {
    let answers = reader.byte()?;
    let flags = reader.byte()?;
    let answer = |shift: u8| ANSWERS.get(usize::from(answers >> shift & 3)).copied();
    let mut day = || read_day(reader, base);
    Some(Procedure {
        issued_date: day()?,
        published_date: day()?,
        filed_date: day()?,
        publication_exempt: flags & 1 == 1,
        legality_reviewed: answer(0)?,
        legality_sent_date: day()?,
        legality_returned_date: day()?,
        public_comment: match (day()?, day()?) {
            (Some(first), Some(last)) => Some((first, last)),
            _ => None,
        },
        collectively_discussed: answer(2)?,
        appeared: answer(4)?,
        excused: flags >> 1 & 1 == 1,
    })
}

fn put_id(bytes: &mut Vec<u8>, id: EventId) {
    bytes.extend_from_slice(id.uuid().as_bytes());
}

fn read_id(reader: &mut Reader<'_>) -> Option<EventId> {
    Some(EventId::new(Uuid::from_bytes(reader.array()?)))
}

/// Packs a day that may be missing: 0, or the distance and a bit for each direction.
fn put_day(bytes: &mut Vec<u8>, day: Option<Date>, base: i64) {
    // 0 says that there is none; distances from 0 on are moved out of its way.
    put_signed(bytes, day.map_or(0, |day| away(number_of(day) - base)));
}

const fn away(distance: i64) -> i64 {
    if distance < 0 { distance } else { distance + 1 }
}

fn read_day(reader: &mut Reader<'_>, base: i64) -> Option<Option<Date>> {
    let distance = match reader.signed()? {
        0 => return Some(None),
        distance if distance < 0 => distance,
        distance => distance - 1,
    };
    day_of(base.checked_add(distance)?).map(Some)
}

/// A day as a number, as if every month had 31 days: no calendar to compute with, and exact.
fn number_of(day: Date) -> i64 {
    (i64::from(day.year()) * 12 + i64::from(day.month()) - 1) * 31 + i64::from(day.day()) - 1
}

fn day_of(number: i64) -> Option<Date> {
    let (months, day) = (number.div_euclid(31), number.rem_euclid(31) + 1);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let small = |number| i8::try_from(number).ok();
    Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()
}
