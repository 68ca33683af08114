//! Persons, their text and its erasure, between protobuf and the domain.
//!
//! No problem found here repeats anything personal: what is refused may be a name.

use duty::entry::PersonErasure;
use duty::id::PersonId;
use duty::registry::{Person, Sealed};
use duty::{Problems, Reason};

use super::{check_text, id_malformed, scalar};
use crate::pb;

/// Longest Chinese name, in characters; the longest on identity cards have some twenty.
const NAME_ZH_CHARS_MAX: usize = 50;
/// Longest name in another script, in characters.
const NAME_OTHER_CHARS_MAX: usize = 100;
/// Longest remark, in characters.
const NOTE_CHARS_MAX: usize = 200;
/// Length of a tag of AES-GCM, in bytes.
const TAG_BYTES: usize = 16;

/// A person, as stored or asked for.
pub fn person(message: &pb::Person, problems: &mut Problems) -> Option<Person> {
    let id = person_id(&message.person_id, problems);
    let sealed = match &message.sealed {
        None => None,
        Some(sealed) => Some(problems.at("sealed", |problems| self::sealed(sealed, problems))?),
    };
    Some(Person { id: id?, sealed })
}

/// The id of a person: opaque, and no number that names somebody elsewhere.
pub fn person_id(text: &str, problems: &mut Problems) -> Option<PersonId> {
    let id = PersonId::parse(text);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // 18 digits (or 17 and X) are an identity card, 11 beginning with 1 a mobile telephone.
    let length = text.len();
    let identity_card = length == 18 && 17 <= digits;
    let telephone = length == 11 && digits == 11 && text.starts_with('1');
    if identity_card || telephone {
        problems.add(
            Reason::FieldMalformed,
            "person_id",
            "人员编号不得使用身份证号或手机号码，请使用无含义的编号",
            "an identity-card or telephone number must not be the id: use an opaque one",
        );
        return None;
    }
    if id.is_none() {
        id_malformed("person_id", problems);
    }
    id
}

/// A sealed text, at the current path.
fn sealed(message: &pb::SealedText, problems: &mut Problems) -> Option<Sealed> {
    let known = pb::SealAlgorithm::try_from(message.algorithm)
        .is_ok_and(|algorithm| algorithm == pb::SealAlgorithm::Aes256Gcm);
    let nonce = message.nonce.as_slice().try_into().ok();
    let key = &message.key_id;
    let is_key_id = key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    match nonce {
        Some(nonce) if known && is_key_id && TAG_BYTES < message.ciphertext.len() => {
            let ciphertext = message.ciphertext.as_slice().into();
            Some(Sealed { key: key.as_str().into(), nonce, ciphertext })
        }
        _ => {
            problems.add(
                Reason::FieldMalformed,
                "",
                "密文格式有误，或由更新的版本写入",
                "the sealed text is malformed, or of a newer version",
            );
            None
        }
    }
}

/// A sealed text, outward.
#[must_use]
pub fn sealed_message(sealed: &Sealed) -> pb::SealedText {
    pb::SealedText {
        algorithm: pb::SealAlgorithm::Aes256Gcm.into(),
        key_id: sealed.key.to_string(),
        nonce: sealed.nonce.to_vec(),
        ciphertext: sealed.ciphertext.to_vec(),
    }
}

/// What is personal, checked and with the white space around it off, at the current path.
pub fn text(message: &pb::PersonalText, problems: &mut Problems) -> pb::PersonalText {
    let pb::PersonalText { name_zh, name_other, note } = message;
    if name_zh.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            "name_zh",
            "必须填写姓名；不填写个人信息时请整个省略 text",
            "a name is required; leave text out altogether to record nothing personal",
        );
    }
    for (field, text, most) in [
        ("name_zh", name_zh, NAME_ZH_CHARS_MAX),
        ("name_other", name_other, NAME_OTHER_CHARS_MAX),
        ("note", note, NOTE_CHARS_MAX),
    ] {
        if most < text.chars().count() {
            problems.add(
                Reason::FieldTooLong,
                field,
                format!("超过上限 {most} 个字"),
                format!("exceeds {most} characters"),
            );
        }
        if duty::secrecy::find_marking(text).is_some() {
            problems.add(
                Reason::StateSecretMarking,
                field,
                "带有国家秘密标志：涉密内容严禁录入本系统",
                "carries a state-secret marking: it must not enter",
            );
        }
    }
    let trimmed = |text: &str| text.trim().to_owned();
    pb::PersonalText {
        name_zh: trimmed(name_zh),
        name_other: trimmed(name_other),
        note: trimmed(note),
    }
}

/// An erasure, as stored or asked for.
pub fn erasure(message: &pb::PersonErasure, problems: &mut Problems) -> Option<PersonErasure> {
    let person = PersonId::parse(&message.person_id);
    if person.is_none() {
        id_malformed("person_id", problems);
    }
    if message.document_number.trim().is_empty() {
        problems.add(
            Reason::FieldRequired,
            "document_number",
            "必须填写批准删除的文号，例如 柳科发〔2026〕12号",
            "the document number of the decision is required, such as 柳科发〔2026〕12号",
        );
    }
    let document = scalar::document_number(&message.document_number, "document_number", problems);
    if !duty::id::is_id(&message.approver) {
        id_malformed("approver", problems);
        return None;
    }
    check_text("reason", &message.reason, problems);
    Some(PersonErasure {
        person: person?,
        document: document?,
        reason: message.reason.trim().into(),
        approver: message.approver.as_str().into(),
    })
}

/// An erasure, outward and for storing.
#[must_use]
pub fn erasure_message(erasure: &PersonErasure) -> pb::PersonErasure {
    pb::PersonErasure {
        person_id: erasure.person.to_string(),
        document_number: erasure.document.to_string(),
        reason: erasure.reason.to_string(),
        approver: erasure.approver.to_string(),
    }
}

/// Whether a text that is stored in the clear has a name of `personal` in it, whatever its case
/// and the signs between its letters.
#[must_use]
pub fn names(text: &str, personal: &pb::PersonalText) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let text = letters(text);
    // A single character, or two letters, stand in too many words.
    [(&personal.name_zh, 2), (&personal.name_other, 4)].into_iter().any(|(name, least)| {
        let name = letters(name);
        least <= name.chars().count() && text.contains(&name)
    })
}
