//! The vectors of the Go references: policies, receipts, witness exchanges.

use std::collections::BTreeMap;

use super::tree::numbered;
use super::vectors::{Vector, vectors};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::{KeyName, VerifierKey};
use crate::note::{NoteSignature, VerifyError};
use crate::policy::{NotAccepted, Policy, PolicyFault};
use crate::receipt::Receipt;
use crate::signer::Cosigner;
use crate::witness::{Reply, ReplyError, Request, Seen, check, read_reply};

fn policies() -> BTreeMap<String, Vector> {
    vectors("policies").into_iter().map(|vector| (vector.name.clone(), vector)).collect()
}

#[test]
fn policies_are_read_and_written_as_in_go() {
    for (name, vector) in policies() {
        let policy = Policy::parse(&vector.bytes("policy_b64"));
        let fault = policy.as_ref().err().map(|error| &error.fault);
        match name.as_str() {
            // Go reads these two. It then refuses every checkpoint of the first pair, and lets
            // the log of the second vouch for itself.
            "ambiguous-key-id" => assert_eq!(fault, Some(&PolicyFault::AmbiguousKey)),
            "witness-is-log" => assert_eq!(fault, Some(&PolicyFault::WitnessIsLog)),
            "duplicate-key" => assert_eq!(fault, Some(&PolicyFault::DuplicateKey)),
            "k-above-n" => assert_eq!(fault, Some(&PolicyFault::Threshold)),
            "forward-reference" => assert!(matches!(fault, Some(PolicyFault::Undefined(_)))),
            _ => {
                assert_eq!(vector.field("go"), "accept");
                let policy = policy.expect("a policy");
                let written = policy.to_bytes();
                assert_eq!(written, vector.bytes("marshal_b64"), "{name}");
                let again = Policy::parse(&written).expect("a policy");
                assert_eq!(again.to_bytes(), written, "{name}");
            }
        }
    }
}

#[test]
fn checkpoints_are_accepted_as_in_go() {
    let policies = policies();
    let verdicts = vectors("policies/verdicts");
    assert_eq!(verdicts.len(), 17);
    for vector in verdicts {
        let policy = &policies[vector.field("policy")];
        let policy = Policy::parse(&policy.bytes("policy_b64")).expect("a policy");
        let accepted = policy.accept(&vector.note("checkpoint_b64"));
        let expected = vector.field("go") == "accept";
        assert_eq!(accepted.is_ok(), expected, "{}: {accepted:?}", vector.name);
        let Err(error) = accepted else { continue };
        assert!(!error.zh().is_empty() && !error.to_string().is_empty());
        let is_expected = match vector.field("crate") {
            "QuorumNotMet" => matches!(error, NotAccepted::Quorum { .. }),
            "BadSignature" => {
                matches!(error, NotAccepted::Verify(VerifyError::BadSignature { .. }))
            }
            "NoTrustedSignature" => {
                matches!(error, NotAccepted::NotSigned { .. } | NotAccepted::UnknownLog { .. })
            }
            "OriginNotSigned" => matches!(error, NotAccepted::UnknownLog { .. }),
            other => panic!("{}: {other}", vector.name),
        };
        assert!(is_expected, "{}: {error:?}", vector.name);
    }
}

#[test]
fn receipts_are_read_written_and_verified_as_in_go() {
    let policy = &policies()["one-of-one"];
    let policy = Policy::parse(&policy.bytes("policy_b64")).expect("a policy");
    for vector in vectors("bundles") {
        let bytes = vector.bytes("bundle_b64");
        let receipt = Receipt::parse(&bytes).expect("a receipt");
        assert_eq!(receipt.to_string().into_bytes(), bytes, "{}", vector.name);
        assert_eq!(receipt.index(), 5);
        assert_eq!(receipt.extra().unwrap_or_default(), vector.bytes("extra_b64"));
        let accepted = receipt.verify(b"leaf-5", &policy).expect("verifies");
        assert_eq!(accepted.checkpoint.size(), 13);
        assert_eq!(accepted.witnesses.len(), 1);
        assert!(receipt.verify(b"leaf-6", &policy).is_err());
        let again = Receipt::new(
            receipt.index(),
            receipt.proof().to_vec(),
            receipt.note().clone(),
            receipt.extra().map(<[u8]>::to_vec),
        );
        assert_eq!(again, Ok(receipt));
    }
}

fn hashes(text: &str) -> Vec<Hash> {
    text.split_whitespace().map(|it| Hash::from_base64(it).expect("a hash")).collect()
}

/// The root of the first leaves leaf-0, leaf-1, …
fn root_of(size: u64) -> Hash {
    let mut frontier = crate::tree::Frontier::new();
    (0..size).for_each(|index| frontier.push(numbered(index), &mut |_, _, _| ()));
    frontier.root()
}

fn witness_key(seed: u8) -> Cosigner {
    let name = KeyName::new(&format!("witness.example/w{}", seed - 8)).expect("a name");
    Cosigner::new(name, &[seed; 32]).expect("a key")
}

#[test]
fn requests_are_written_and_answered_as_by_the_witness_in_go() {
    let log: VerifierKey = vectors("keys")
        .iter()
        .find(|vector| vector.name == "log-ed25519")
        .map(|vector| vector.key("vkey"))
        .expect("the key of the log");
    let requests = vectors("witness/requests");
    assert_eq!(requests.len(), 6);
    for vector in requests {
        let old = vector.field("old").parse().expect("a size");
        let proof = hashes(vector.field("proof"));
        let note = vector.note("checkpoint_b64");
        let request = Request::new(old, proof, note).expect("a request");
        let body = vector.bytes("body_b64");
        assert_eq!(request.to_string().into_bytes(), body, "{}", vector.name);
        assert_eq!(Request::parse(&body).as_ref(), Ok(&request));

        let seen = Seen { size: old, root: root_of(old) };
        let new = check(&request, [&log], seen).expect("the witness cosigns");
        assert_eq!(new.size, request.checkpoint().size());
        let reply = vector.bytes("reply_b64");
        let line = str::from_utf8(&reply).expect("UTF-8").trim_end();
        let line = NoteSignature::parse(line).expect("a signature");
        // The seed of the first witness, and the instant in its cosignature.
        let time = u64::from_be_bytes(*line.bytes().first_chunk().expect("an instant"));
        assert_eq!(witness_key(9).cosign(request.note().text(), time), line, "{}", vector.name);
    }
}

#[test]
fn replies_are_read_as_expected() {
    for vector in vectors("witness/replies") {
        let request = Request::parse(&vector.bytes("request_b64")).expect("a request");
        let key = vector.key("witness");
        let status = vector.field("status").parse().expect("a status");
        let media_type = Some(vector.field("content_type")).filter(|it| !it.is_empty());
        let body = vector.bytes("body_b64");
        let reply = read_reply(status, media_type, &body, request.note(), [&key]);
        if let Err(error) = &reply {
            assert!(!error.zh().is_empty() && !error.to_string().is_empty());
        }
        match vector.field("crate") {
            "Cosigned" => assert!(matches!(reply, Ok(Reply::Cosigned(lines)) if lines.len() == 1)),
            "MalformedReply" => assert_eq!(reply, Err(ReplyError::Malformed { status })),
            conflict if conflict.starts_with("Conflict:") => {
                let size = conflict["Conflict:".len()..].parse().expect("a size");
                assert_eq!(reply, Ok(Reply::Conflict { size }));
            }
            _ => assert_eq!(reply, Err(ReplyError::Status { status }), "{}", vector.name),
        }
    }
}

#[test]
fn cosignatures_verify_and_attach_as_in_go() {
    let cosignatures = vectors("witness/cosignatures");
    assert_eq!(cosignatures.len(), 4);
    for vector in cosignatures {
        let mut note = vector.note("checkpoint_b64");
        let key = vector.key("witness");
        let body = format!("{}\n", vector.field("line"));
        let reply = read_reply(200, None, body.as_bytes(), &note, [&key]);
        let Ok(Reply::Cosigned(lines)) = reply else { panic!("{reply:?}") };
        lines.into_iter().for_each(|line| note.add(line));
        assert_eq!(note.to_string().into_bytes(), vector.bytes("cosigned_b64"), "{}", vector.name);
        let verified = note.verify([&key]).expect("cosigned");
        let time = vector.field("timestamp").parse().ok();
        assert_eq!((verified.len(), verified[0].time), (1, time));
        assert!(Checkpoint::parse(note.text()).is_ok());
    }
}
