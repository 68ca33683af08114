//! Persons: sealed texts and their erasure, one fault at a time.

use expect_test::expect;

use super::*;
use crate::docno::DocumentNumber;
use crate::entry::PersonErasure;
use crate::registry::{Person, Sealed};

fn sealed(person: &str, ciphertext: &[u8]) -> Entry {
    let sealed =
        Sealed { key: "00".repeat(8).into(), nonce: [1; 12], ciphertext: ciphertext.into() };
    Entry::Person(Person { id: person_id(person), sealed: Some(sealed) })
}

fn erasure(person: &str, change: impl FnOnce(&mut PersonErasure)) -> Entry {
    let mut erasure = PersonErasure {
        person: person_id(person),
        document: DocumentNumber::parse("柳科发〔2026〕12号").expect("a document number"),
        reason: "本人依法申请删除个人信息".into(),
        approver: "supervisor".into(),
    };
    change(&mut erasure);
    Entry::PersonErased(erasure)
}

#[test]
fn an_erasure_takes_two_persons_a_reason_and_somebody_to_erase() {
    check(
        [
            ("sound", alone(erasure("p1", |_| {}))),
            ("nobody", alone(erasure("p9", |_| {}))),
            ("by the recorder", alone(erasure("p1", |e| e.approver = "recorder".into()))),
            ("without a reason", alone(erasure("p1", |e| e.reason = "本人申请".into()))),
            (
                "both",
                alone(erasure("p9", |e| {
                    e.reason = "申请".into();
                    e.approver = "recorder".into();
                })),
            ),
        ],
        expect![[r#"
            sound: append 0
            nobody: NotFound: REFERENCE_UNKNOWN events[0].person_id
            by the recorder: Invalid: APPROVER_IS_RECORDER events[0].approver
            without a reason: Invalid: REASON_TOO_SHORT events[0].reason
            both: Invalid: APPROVER_IS_RECORDER events[0].approver, REASON_TOO_SHORT events[0].reason, REFERENCE_UNKNOWN events[0].person_id
        "#]],
    );
}

#[test]
fn what_was_erased_stays_erased_and_the_person_stays() {
    let mut bench = Bench::with_a_past();
    bench.put(200, sealed("p1", b"first"));
    bench.put(201, erasure("p1", |_| {}));
    let t2 = tenure("t2", "p1", "bureau.head", "2022-07-01", None);
    let command = |number: u128, entry| Command {
        recorder: "recorder".into(),
        entries: vec![Proposed::new(0, id(number), entry)],
        expectations: Vec::new(),
    };
    let answers = [
        ("the same call", command(201, erasure("p1", |_| {}))),
        ("another call", command(FREE, erasure("p1", |_| {}))),
        ("other words", command(201, erasure("p1", |e| e.approver = "somebody".into()))),
        ("a new text", command(FREE, sealed("p1", b"second"))),
        ("the text before", command(200, sealed("p1", b"first"))),
        ("another text under its id", command(200, sealed("p1", b"second"))),
        ("somebody else's text", command(FREE, sealed("p2", b"second"))),
        ("a tenure", command(FREE, Entry::Tenure(t2))),
    ]
    .map(|(row, command)| format!("{row}: {}\n", bench.answer(&command)));
    expect![[r#"
        the same call: duplicate of 17
        another call: FailedPrecondition: PERSON_ERASED events[0].person_id
        other words: AlreadyExists: EVENT_ID_REUSED events[0].event_id
        a new text: FailedPrecondition: PERSON_ERASED events[0].text
        the text before: duplicate of 16
        another text under its id: AlreadyExists: EVENT_ID_REUSED events[0].event_id
        somebody else's text: append 0
        a tenure: append 0
    "#]]
    .assert_eq(&answers.concat());
    let record = bench.standing.registry().person(&person_id("p1")).expect("still registered");
    assert_eq!(record.texts.len(), 1);
    let erased: Vec<_> = bench.standing.registry().erased_persons().collect();
    assert_eq!(erased, [&person_id("p1")]);
}
