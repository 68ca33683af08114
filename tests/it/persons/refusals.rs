//! What is refused, each row with one fault; no refusal repeats a name.

use duty_ledger::pb;
use tonic::Code;

use super::{CLEAR, NAME, NAME_OTHER, NEW_NAME, VERIFIER, erasure, named, renamed, start, text};
use crate::support::directory;
use crate::support::events::id;
use crate::support::refusal::check;
use crate::support::seed::{self, RECORDER};

type Change<T> = fn(&mut T);

const INVALID: Code = Code::InvalidArgument;

const REGISTRATIONS: &[(&str, Change<pb::RegisterPersonRequest>, &str, &str)] = &[
    ("no name", |r| text_of(r).name_zh.clear(), "FIELD_REQUIRED", "text.name_zh"),
    ("a blank name", |r| text_of(r).name_zh = " ".into(), "FIELD_REQUIRED", "text.name_zh"),
    ("a long name", |r| text_of(r).name_zh = "甲".repeat(51), "FIELD_TOO_LONG", "text.name_zh"),
    (
        "a long other name",
        |r| text_of(r).name_other = "j".repeat(101),
        "FIELD_TOO_LONG",
        "text.name_other",
    ),
    ("a long note", |r| text_of(r).note = "注".repeat(201), "FIELD_TOO_LONG", "text.note"),
    ("a secret", |r| text_of(r).note = "机密★5年".into(), "STATE_SECRET_MARKING", "text.note"),
    (
        "sealed by the caller",
        |r| r.person.as_mut().expect("a person").sealed = Some(pb::SealedText::default()),
        "FIELD_MALFORMED",
        "person.sealed",
    ),
    (
        "a name for an id",
        |r| r.person.as_mut().expect("a person").person_id = "p.shili-renyuan-jia.1".into(),
        "NAME_IN_CLEAR",
        "person.person_id",
    ),
    (
        "a name for a recorder",
        |r| r.recorder = NAME_OTHER.replace(' ', ""),
        "NAME_IN_CLEAR",
        "recorder",
    ),
    ("a malformed recorder", |r| r.recorder = "某局".into(), "FIELD_MALFORMED", "recorder"),
    ("no event id", |r| r.event_id.clear(), "FIELD_REQUIRED", "event_id"),
];

fn text_of(request: &mut pb::RegisterPersonRequest) -> &mut pb::PersonalText {
    request.text.as_mut().expect("a text")
}

const ERASURES: &[(&str, Change<pb::ErasePersonRequest>, Code, &str, &str)] = &[
    (
        "approved by the recorder",
        |e| e.approver = RECORDER.into(),
        INVALID,
        "APPROVER_IS_RECORDER",
        "approver",
    ),
    ("no approver", |e| e.approver.clear(), INVALID, "FIELD_MALFORMED", "approver"),
    (
        "a name for an approver",
        |e| e.approver = "某某".into(),
        INVALID,
        "FIELD_MALFORMED",
        "approver",
    ),
    ("no document", |e| e.document_number.clear(), INVALID, "FIELD_REQUIRED", "document_number"),
    (
        "a broken document number",
        |e| e.document_number = "柳科发〔202612号".into(),
        INVALID,
        "DOCUMENT_NUMBER_INVALID",
        "document_number",
    ),
    ("no reason", |e| e.reason.clear(), INVALID, "REASON_TOO_SHORT", "reason"),
    ("a short reason", |e| e.reason = "本人申请".into(), INVALID, "REASON_TOO_SHORT", "reason"),
    (
        "a name in the reason",
        |e| e.reason = format!("{NAME}本人依法申请删除个人信息"),
        INVALID,
        "NAME_IN_CLEAR",
        "reason",
    ),
    (
        "a later name in the reason",
        |e| e.reason = format!("依法删除 {NEW_NAME} 的个人信息"),
        INVALID,
        "NAME_IN_CLEAR",
        "reason",
    ),
    (
        "pinyin in the reason",
        |e| e.reason = "依法删除 shili renyuan-jia 的个人信息".into(),
        INVALID,
        "NAME_IN_CLEAR",
        "reason",
    ),
    (
        "a secret",
        |e| e.reason = "依本人申请删除个人信息\n机密★5年".into(),
        INVALID,
        "STATE_SECRET_MARKING",
        "reason",
    ),
    ("nobody", |e| e.person_id = "p-9".into(), Code::NotFound, "REFERENCE_UNKNOWN", "person_id"),
    ("a malformed id", |e| e.person_id = "某某".into(), INVALID, "FIELD_MALFORMED", "person_id"),
    ("no event id", |e| e.event_id.clear(), INVALID, "FIELD_REQUIRED", "event_id"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_with_one_fault_is_refused_without_repeating_a_name() {
    let directory = directory();
    let service = start(directory.path(), Some(1)).await;
    let mut client = service.clients.registry.clone();
    for (row, change, reason, field) in REGISTRATIONS {
        let mut request = named("p-1", NAME);
        change(&mut request);
        let answer = client.register_person(request).await;
        if let Err(status) = &answer {
            super::none_in(row, [status.message().as_bytes(), status.details()]);
        }
        check(row, answer, INVALID, reason, field);
    }
    assert!(!directory.path().join("persons").exists(), "a refused name leaves no key");
    client.register_person(named("p-1", NAME)).await.expect("without a fault");

    let other = pb::RegisterPersonRequest { text: Some(text(NEW_NAME)), ..named("p-1", NAME) };
    let answer = client.register_person(other).await;
    check("other text", answer, Code::AlreadyExists, "EVENT_ID_REUSED", "event_id");
    let bare = pb::RegisterPersonRequest { text: None, ..named("p-1", NAME) };
    let answer = client.register_person(bare).await;
    check("no text now", answer, Code::AlreadyExists, "EVENT_ID_REUSED", "event_id");
    let unasked = pb::RegisterPersonRequest { amend: false, ..renamed("p-1", NEW_NAME) };
    let answer = client.register_person(unasked).await;
    check("taken", answer, Code::AlreadyExists, "ALREADY_EXISTS", "person.person_id");
    let empty = pb::RegisterPersonRequest { text: None, ..renamed("p-1", NEW_NAME) };
    let answer = client.register_person(empty).await;
    check("a new version of nothing", answer, INVALID, "FIELD_REQUIRED", "text");
    client.register_person(renamed("p-1", NEW_NAME)).await.expect("renamed");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_with_one_fault_is_refused_and_one_without_is_final() {
    let directory = directory();
    let service = start(directory.path(), Some(1)).await;
    let mut client = service.clients.registry.clone();
    client.register_person(named("p-1", NAME)).await.expect("registered");
    client.register_person(renamed("p-1", NEW_NAME)).await.expect("renamed");
    for (row, change, code, reason, field) in ERASURES {
        let mut request = erasure("p-1");
        change(&mut request);
        let answer = client.erase_person(request).await;
        if let Err(status) = &answer {
            super::none_in(row, [status.message().as_bytes(), status.details()]);
        }
        check(row, answer, *code, reason, field);
    }
    assert!(directory.path().join("persons/p-1.key").exists(), "a refused erasure erases nothing");
    client.erase_person(erasure("p-1")).await.expect("without a fault");

    let failed = Code::FailedPrecondition;
    let again = pb::ErasePersonRequest { event_id: id(1), ..erasure("p-1") };
    let answer = client.erase_person(again).await;
    check("again", answer, failed, "PERSON_ERASED", "person_id");
    let others = pb::ErasePersonRequest { approver: "zfb-2".into(), ..erasure("p-1") };
    let answer = client.erase_person(others).await;
    check("other content", answer, Code::AlreadyExists, "EVENT_ID_REUSED", "event_id");
    // No new text, whatever it is.
    for request in [
        pb::RegisterPersonRequest { event_id: id(2), ..renamed("p-1", NAME) },
        pb::RegisterPersonRequest { event_id: id(3), ..renamed("p-1", NEW_NAME) },
    ] {
        let answer = client.register_person(request).await;
        check("a text", answer, failed, "PERSON_ERASED", "text");
    }
    assert!(!directory.path().join("persons/p-1.key").exists(), "no key was made again");
    // By id they are who they were.
    let tenure = seed::tenure("t-1", "p-1", seed::PARTY_HEAD, ("2020-01-01", "2020-12-31"));
    seed::registry(&service.clients).await;
    client.register_tenure(tenure).await.expect("a tenure of an erased person");
    assert_ne!(VERIFIER, RECORDER);
    assert_eq!(CLEAR.len(), 4);
    service.stop().await;
}
