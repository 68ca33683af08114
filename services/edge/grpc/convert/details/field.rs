//! One reader per kind of field. All take the field's name, its value on the wire and the problems,
//! so that [`record`] can list the fields of a message as `name: reader`.

use duty::docno::DocumentNumber;
use duty::event::details::FileNumber;
use duty::evidence::{Digest, DigestAlgorithm};
use duty::quantity::Answer;
use duty::{Problems, Reason};
use jiff::civil::Date;

use super::choice::Choice;
use crate::grpc::convert::scalar;

/// Builds a struct of the domain from a message with the same field names: each field is read by
/// the reader after its colon. A field that is left out does not compile.
macro_rules! record {
    ($message:ident, $problems:ident => $name:ident { $($field:ident: $reader:ident,)* }) => {
        $name { $($field: $reader(stringify!($field), &$message.$field, $problems),)* }
    };
}
pub(super) use record;

/// A text without the blanks around it.
pub(super) fn text(_field: &str, text: &str, _problems: &mut Problems) -> Box<str> {
    text.trim().into()
}

/// A list of texts. Empty elements say nothing and are refused: a count of them would be wrong.
pub(super) fn texts(
    field: &'static str,
    texts: &[String],
    problems: &mut Problems,
) -> Vec<Box<str>> {
    for (index, text) in texts.iter().enumerate() {
        if text.trim().is_empty() {
            problems.add(
                Reason::FieldRequired,
                &format!("{field}[{index}]"),
                "列表中不得有空项",
                "an element of a list must not be empty",
            );
        }
    }
    texts.iter().map(|text| text.trim().into()).collect()
}

/// A civil day.
pub(super) fn date(field: &'static str, text: &str, problems: &mut Problems) -> Option<Date> {
    scalar::civil_date(text, field, problems)
}

/// A 文号.
pub(super) fn number(
    field: &'static str,
    text: &str,
    problems: &mut Problems,
) -> Option<DocumentNumber> {
    scalar::document_number(text, field, problems)
}

/// A number of any shape.
pub(super) fn file_number(
    _field: &str,
    text: &str,
    _problems: &mut Problems,
) -> Option<FileNumber> {
    FileNumber::parse(text)
}

/// An answer.
pub(super) fn answer(field: &'static str, number: &i32, problems: &mut Problems) -> Answer {
    problems.at(field, |problems| scalar::tri_state(*number, problems))
}

/// A whole number, of which 0 stands for not known.
pub(super) fn whole(_field: &str, number: &u32, _problems: &mut Problems) -> Option<u32> {
    (*number != 0).then_some(*number)
}

/// A count that may well be 0.
pub(super) fn count(_field: &str, number: &u32, _problems: &mut Problems) -> u32 {
    *number
}

/// A year, of which 0 stands for not known.
pub(super) fn year(_field: &str, number: &i32, _problems: &mut Problems) -> Option<i32> {
    (*number != 0).then_some(*number)
}

/// A choice; not given is none.
pub(super) fn choice<C: Choice>(field: &str, number: &i32, problems: &mut Problems) -> Option<C> {
    let choice = C::from_number(*number);
    if choice.is_none() {
        scalar::enum_unknown(field, *number, problems);
    }
    choice.flatten()
}

/// A choice without which the message says nothing.
pub(super) fn required<C: Choice>(field: &str, number: &i32, problems: &mut Problems) -> Option<C> {
    if *number == 0 {
        problems.add(
            Reason::FieldRequired,
            field,
            format!("必须填写 {field}"),
            format!("{field} is required"),
        );
        return None;
    }
    choice(field, number, problems)
}

/// A list of choices; an element that is not given is refused.
pub(super) fn choices<C: Choice>(
    field: &'static str,
    numbers: &[i32],
    problems: &mut Problems,
) -> Vec<C> {
    let mut choices = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        choices.extend(required(&format!("{field}[{index}]"), number, problems));
    }
    choices
}

/// A message inside, under its own path.
pub(super) fn group<M, T>(
    field: &'static str,
    message: Option<&M>,
    problems: &mut Problems,
    convert: fn(&M, &mut Problems) -> T,
) -> Option<T> {
    message.map(|message| problems.at(field, |problems| convert(message, problems)))
}

/// A list of messages, each under its own path.
pub(super) fn items<M, T>(
    field: &'static str,
    messages: &[M],
    problems: &mut Problems,
    convert: fn(&M, &mut Problems) -> T,
) -> Vec<T> {
    let mut items = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        items.push(problems.at_item(field, index, |p| convert(message, p)));
    }
    items
}

/// A digest written `sm3:` or `sha256:` and 64 hex digits.
pub(super) fn digest(field: &'static str, text: &str, problems: &mut Problems) -> Option<Digest> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let digest = text.split_once(':').and_then(|(algorithm, hex)| match algorithm {
        "sm3" => Digest::parse(DigestAlgorithm::Sm3, hex),
        "sha256" => Digest::parse(DigestAlgorithm::Sha256, hex),
        _ => None,
    });
    if digest.is_none() {
        problems.add(
            Reason::DigestInvalid,
            field,
            "摘要应写作 sm3: 或 sha256: 加 64 位十六进制数",
            "a digest is written sm3: or sha256: and 64 hex digits",
        );
    }
    digest
}
