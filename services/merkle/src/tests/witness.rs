//! What a witness decides, and in which order.

use super::tree::{Store, numbered};
use crate::checkpoint::Checkpoint;
use crate::hash::{EMPTY_ROOT, Hash};
use crate::key::{KeyName, VerifierKey};
use crate::note::Note;
use crate::policy::{Policy, PolicyFault};
use crate::signer::{Cosigner, LogSigner};
use crate::tree::{Frontier, consistency_proof, root};
use crate::witness::{Refusal, Reply, ReplyError, Request, Seen, check, read_reply};

const ORIGIN: &str = "duty-ledger/log";

fn log(seed: u8) -> LogSigner {
    LogSigner::ed25519(KeyName::new(ORIGIN).expect("a name"), &[seed; 32]).expect("a key")
}

fn store() -> Store {
    let (mut store, mut frontier) = (Store::default(), Frontier::new());
    for index in 0..20 {
        frontier.push(numbered(index), &mut |level, index, hash| store.put(level, index, hash));
    }
    store
}

/// A request from one size to another, with what one row of the table changes.
struct Row {
    signer: u8,
    trusted: &'static [u8],
    old: u64,
    new: u64,
    seen: u64,
    root: Option<Hash>,
    drop_proof: bool,
}

const ROW: Row =
    Row { signer: 1, trusted: &[1], old: 7, new: 13, seen: 7, root: None, drop_proof: false };

fn answer(row: &Row) -> Result<u64, (u16, String)> {
    let store = store();
    let root_of = |size| root(&store, size).unwrap_or(EMPTY_ROOT);
    let root = row.root.unwrap_or_else(|| root_of(row.new));
    let text = format!("{ORIGIN}\n{}\n{}\n", row.new, root.to_base64());
    let mut note = Note::new(text).expect("a text");
    note.add(log(row.signer).sign(note.text()).expect("signed"));
    let has_proof = !row.drop_proof && row.old <= row.new;
    let proof = if has_proof { consistency_proof(&store, row.old, row.new) } else { Ok(vec![]) };
    let Ok(proof) = proof;
    let lines: String = proof.iter().map(|hash| hash.to_base64() + "\n").collect();
    let body = format!("old {}\n{lines}\n{note}", row.old);
    let request = Request::parse(body.as_bytes()).expect("a request");
    assert_eq!(request.to_string(), body);
    let keys: Vec<VerifierKey> =
        row.trusted.iter().map(|seed| log(*seed).verifier().clone()).collect();
    let seen = Seen { size: row.seen, root: root_of(row.seen) };
    let answer = check(&request, &keys, seen);
    answer.map(|seen| seen.size).map_err(|refusal| (refusal.status(), refusal.body()))
}

#[test]
fn each_fault_has_its_answer_and_the_first_one_counts() {
    let status = |row: Row| answer(&row).map_err(|(status, _)| status);
    assert_eq!(status(ROW), Ok(13));
    assert_eq!(status(Row { old: 13, seen: 13, ..ROW }), Ok(13));
    assert_eq!(status(Row { old: 0, seen: 0, ..ROW }), Ok(13));
    assert_eq!(status(Row { old: 0, seen: 0, new: 0, ..ROW }), Ok(0));
    // From the last check to the first, each row keeping the faults of those before.
    let bad = Some(numbered(99));
    assert_eq!(status(Row { drop_proof: true, ..ROW }), Err(422));
    assert_eq!(status(Row { root: bad, ..ROW }), Err(422));
    assert_eq!(status(Row { root: bad, old: 13, seen: 13, ..ROW }), Err(422));
    assert_eq!(status(Row { root: bad, old: 0, seen: 0, new: 0, ..ROW }), Err(422));
    assert_eq!(status(Row { root: bad, seen: 8, ..ROW }), Err(409));
    assert_eq!(status(Row { root: bad, seen: 8, old: 14, ..ROW }), Err(400));
    assert_eq!(status(Row { root: bad, old: 14, signer: 2, ..ROW }), Err(403));
    assert_eq!(status(Row { old: 14, signer: 2, trusted: &[], ..ROW }), Err(404));
    let conflict = answer(&Row { seen: 8, ..ROW });
    assert_eq!(conflict, Err((409, "8\n".to_owned())));
    let body = "本见证方不认识该日志\nthis witness does not know the log\n";
    assert_eq!(Refusal::NotFound.body(), body);
}

#[test]
fn bodies_that_are_no_request_are_refused() {
    let note = Checkpoint::new(ORIGIN, 0, EMPTY_ROOT).expect("a checkpoint");
    let note = note.sign([&log(1)]).expect("signed");
    let hash = EMPTY_ROOT.to_base64();
    let good = format!("old 0\n{hash}\n\n{note}");
    assert!(Request::parse(good.as_bytes()).is_ok());
    let many = format!("{hash}\n").repeat(64);
    for bad in [
        String::new(),
        good.replace("old 0", "old 00"),
        good.replace("old 0", "old -1"),
        good.replace("old 0", "new 0"),
        good.replace("old 0\n", ""),
        good.replace(&format!("{hash}\n\n"), "AAAA\n\n"),
        good.replace(&format!("{hash}\n\n"), &format!("{many}\n")),
        format!("old 0\n{note}"),
        format!("old 0\n\n{}", note.text()),
        good.trim_end().to_owned(),
    ] {
        let parsed = Request::parse(bad.as_bytes());
        assert!(parsed.is_err(), "{bad:?}: {parsed:?}");
    }
}

#[test]
fn only_cosignatures_of_the_witness_over_this_checkpoint_are_taken() {
    let witness = |name: &str, seed| {
        Cosigner::new(KeyName::new(name).expect("a name"), &[seed; 32]).expect("a key")
    };
    let (mine, other) = (witness("w", 1), witness("x", 2));
    let text = format!("{ORIGIN}\n1\n{}\n", numbered(0).to_base64());
    let note = Note::new(text.clone()).expect("a text");
    let read = |body: String| read_reply(200, None, body.as_bytes(), &note, [mine.verifier()]);
    let good = mine.cosign(&text, 1);
    let both = format!("{}{good}", other.cosign(&text, 1));
    assert_eq!(read(both), Ok(Reply::Cosigned(vec![good])));
    assert_eq!(read(other.cosign(&text, 1).to_string()), Err(ReplyError::NoCosignature));
    let bad = |line: String| {
        assert_eq!(read(line), Err(ReplyError::BadCosignature { name: "w".to_owned() }));
    };
    bad(mine.cosign("another\n", 1).to_string());
    // tlog-witness: the timestamp must not be zero.
    bad(mine.cosign(&text, 0).to_string());
    for malformed in ["", "\n", "no line\n"] {
        assert_eq!(read(malformed.to_owned()), Err(ReplyError::Malformed { status: 200 }));
    }
}

#[test]
fn each_broken_rule_of_a_policy_is_named() {
    let key = |seed: u8| {
        let name = KeyName::new(&format!("w{seed}")).expect("a name");
        Cosigner::new(name, &[seed; 32]).expect("a key").verifier().to_string()
    };
    let log = log(9).verifier().to_string();
    let fault = |text: &str| Policy::parse(text.as_bytes()).map_err(|it| (it.line, it.fault));
    let (a, b) = (format!("witness a {}", key(1)), format!("witness b {}", key(2)));
    let taken = |name: &str| PolicyFault::Taken(name.to_owned());
    let undefined = |name: &str| PolicyFault::Undefined(name.to_owned());
    let rows = [
        (String::new(), 1, PolicyFault::Quorum),
        ("quorum none\nquorum none\n".to_owned(), 2, PolicyFault::Quorum),
        ("quorum a".to_owned(), 1, undefined("a")),
        ("quorum".to_owned(), 1, PolicyFault::Line),
        ("Quorum none".to_owned(), 1, PolicyFault::Line),
        ("# x\r\nquorum none".to_owned(), 1, PolicyFault::Control),
        (format!("log {log} url more"), 1, PolicyFault::Line),
        (format!("witness a {log}"), 1, PolicyFault::NotAWitness),
        (format!("{a}\n{}", b.replace(" b ", " a ")), 2, taken("a")),
        (a.replace(" a ", " none "), 1, taken("none")),
        (format!("{a}\n{}", a.replace(" a ", " c ")), 2, PolicyFault::DuplicateKey),
        (format!("log {log}\nlog {log}"), 2, PolicyFault::DuplicateKey),
        (format!("{a}\ngroup g all a b"), 2, undefined("b")),
        (format!("{a}\ngroup g all none"), 2, undefined("none")),
        (format!("{a}\ngroup g all"), 2, PolicyFault::Threshold),
        (format!("{a}\ngroup g 0 a"), 2, PolicyFault::Threshold),
        (format!("{a}\ngroup g 2 a"), 2, PolicyFault::Threshold),
        (format!("{a}\ngroup g 01 a"), 2, PolicyFault::Threshold),
        (format!("{a}\ngroup g any a a"), 2, PolicyFault::MemberTwice("a".to_owned())),
        (
            format!("{a}\n{b}\ngroup g any a b\ngroup h all g a"),
            4,
            PolicyFault::MemberTwice("a".to_owned()),
        ),
    ];
    for (text, line, expected) in rows {
        assert_eq!(fault(&text), Err((line, expected)), "{text:?}");
    }
    let good =
        format!(" \t# 说明 \n\nlog\t{log}  https://x/ \n{a}\n{b}\ngroup g any a b\nquorum g");
    let policy = fault(&good).expect("a policy");
    assert_eq!((policy.quorum().as_str(), policy.logs().len()), ("g", 1));
    assert!(policy.is_met(|witness| witness.name == b"b"));
    assert!(!policy.is_met(|_| false));
    // Names are bytes, not text.
    let odd = [b"witness \xff\xfe ", key(3).as_bytes(), b"\nquorum \xff\xfe\n"].concat();
    let policy = Policy::parse(&odd).expect("a policy");
    assert_eq!(policy.to_bytes(), odd);
}
