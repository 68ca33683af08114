//! Whatever is changed in what the log gives out, a verifier refuses it.

use super::tree::numbered;
use super::vectors::vectors;
use crate::checkpoint::Checkpoint;
use crate::hash::{EMPTY_ROOT, Hash};
use crate::key::{KeyName, VerifierKey};
use crate::note::Note;
use crate::policy::Policy;
use crate::proof::{ProofError, verify_consistency, verify_inclusion};
use crate::receipt::{Receipt, ReceiptError};
use crate::signer::{Cosigner, LogSigner};
use crate::tree::{Frontier, consistency_proof, inclusion_proof, root};

const ORIGIN: &str = "duty-ledger/0123456789abcdef";

/// Every text that differs from this one in one bit.
fn flips(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..8 * bytes.len()).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (bit, flipped)
    })
}

fn flipped_hashes(hash: Hash) -> impl Iterator<Item = Hash> {
    (0..256).map(move |bit| {
        let mut flipped = hash;
        flipped.0[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

fn store(size: u64) -> super::tree::Store {
    let (mut store, mut frontier) = (super::tree::Store::default(), Frontier::new());
    for index in 0..size {
        frontier.push(numbered(index), &mut |level, index, hash| store.put(level, index, hash));
    }
    store
}

#[test]
fn no_bit_of_an_inclusion_proof_can_be_changed() {
    let store = store(300);
    for (index, size) in [(0, 1), (0, 2), (5, 13), (12, 13), (255, 256), (256, 257), (299, 300)] {
        let (leaf, Ok(root)) = (numbered(index), root(&store, size));
        let Ok(proof) = inclusion_proof(&store, index, size);
        assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
        for bad in flipped_hashes(leaf) {
            assert!(verify_inclusion(index, size, &bad, &proof, &root).is_err());
        }
        for bad in flipped_hashes(root) {
            assert!(verify_inclusion(index, size, &leaf, &proof, &bad).is_err());
        }
        for at in 0..proof.len() {
            for bad in flipped_hashes(proof[at]) {
                let mut forged = proof.clone();
                forged[at] = bad;
                assert!(verify_inclusion(index, size, &leaf, &forged, &root).is_err());
            }
            let mut short = proof.clone();
            short.remove(at);
            assert!(verify_inclusion(index, size, &leaf, &short, &root).is_err());
            let mut long = proof.clone();
            long.insert(at, proof[at]);
            assert!(verify_inclusion(index, size, &leaf, &long, &root).is_err());
        }
        for other in (0..size + 3).filter(|other| *other != index) {
            assert!(verify_inclusion(other, size, &leaf, &proof, &root).is_err(), "{other}");
        }
        let outside = verify_inclusion(size, size, &leaf, &proof, &root);
        assert_eq!(outside, Err(ProofError::OutsideTree { index: size, size }));
    }
}

#[test]
fn no_bit_of_a_consistency_proof_can_be_changed() {
    let store = store(300);
    for (old, new) in [(1, 2), (4, 13), (7, 13), (13, 13), (255, 256), (256, 300), (299, 300)] {
        let (Ok(old_root), Ok(new_root)) = (root(&store, old), root(&store, new));
        let Ok(proof) = consistency_proof(&store, old, new);
        let verify = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
            verify_consistency(old, new, old_root, new_root, proof)
        };
        assert_eq!(verify(&old_root, &new_root, &proof), Ok(()));
        for bad in flipped_hashes(old_root) {
            assert!(verify(&bad, &new_root, &proof).is_err());
        }
        for bad in flipped_hashes(new_root) {
            assert!(verify(&old_root, &bad, &proof).is_err());
        }
        for at in 0..proof.len() {
            for bad in flipped_hashes(proof[at]) {
                let mut forged = proof.clone();
                forged[at] = bad;
                assert!(verify(&old_root, &new_root, &forged).is_err());
            }
            let mut short = proof.clone();
            short.remove(at);
            assert!(verify(&old_root, &new_root, &short).is_err());
        }
        let long = [&proof[..], &[new_root]].concat();
        assert!(verify(&old_root, &new_root, &long).is_err());
        assert_eq!(
            verify_consistency(new + 1, new, &old_root, &new_root, &proof),
            Err(ProofError::Shrunk { old: new + 1, new }),
        );
    }
}

#[test]
fn the_empty_tree_begins_every_tree_in_one_way_only() {
    let root = numbered(0);
    assert_eq!(verify_consistency(0, 1, &EMPTY_ROOT, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, 0, &EMPTY_ROOT, &EMPTY_ROOT, &[]), Ok(()));
    assert!(verify_consistency(0, 1, &root, &root, &[]).is_err());
    assert!(verify_consistency(0, 1, &EMPTY_ROOT, &root, &[root]).is_err());
    assert!(verify_consistency(0, 0, &EMPTY_ROOT, &root, &[]).is_err());
    assert!(verify_consistency(1, 1, &root, &EMPTY_ROOT, &[]).is_err());
}

fn name(text: &str) -> KeyName {
    KeyName::new(text).expect("a name")
}

/// A log with an SM2 key, a witness, and a policy that asks for both.
fn sealed(key: &LogSigner, entry: &[u8]) -> (Receipt, Policy) {
    let witness = Cosigner::new(name("witness.example/1"), &[3; 32]).expect("a key");
    let (mut store, mut frontier) = (super::tree::Store::default(), Frontier::new());
    for index in 0..13 {
        let leaf = if index == 5 { crate::hash::leaf(entry) } else { numbered(index) };
        frontier.push(leaf, &mut |level, index, hash| store.put(level, index, hash));
    }
    let checkpoint = Checkpoint::new(ORIGIN, 13, frontier.root()).expect("a checkpoint");
    let mut note = checkpoint.sign([key]).expect("signed");
    note.add(witness.cosign(note.text(), 1_790_000_000));
    let Ok(proof) = inclusion_proof(&store, 5, 13);
    let receipt = Receipt::new(5, proof, note, None).expect("a receipt");
    let lines = [
        format!("log {}", key.verifier()),
        format!("witness w {}", witness.verifier()),
        "quorum w".to_owned(),
    ];
    (receipt, Policy::parse(lines.join("\n").as_bytes()).expect("a policy"))
}

fn signers() -> [LogSigner; 2] {
    let ed25519 = LogSigner::ed25519(name(ORIGIN), &[1; 32]).expect("a key");
    [ed25519, LogSigner::sm2(name(ORIGIN), &[2; 32]).expect("a key")]
}

#[test]
fn no_bit_of_a_receipt_can_be_changed() {
    for signer in signers() {
        let entry = b"an event";
        let (receipt, policy) = sealed(&signer, entry);
        receipt.verify(entry, &policy).expect("verifies");
        let text = receipt.to_string().into_bytes();
        assert_eq!(Receipt::parse(&text).as_ref(), Ok(&receipt));
        for (bit, bytes) in flips(&text) {
            let forged = Receipt::parse(&bytes).and_then(|it| {
                it.verify(entry, &policy)?;
                Ok(it)
            });
            assert!(forged.is_err(), "bit {bit}: {forged:?}");
        }
        for (bit, bytes) in flips(entry) {
            let forged = receipt.verify(&bytes, &policy);
            assert!(matches!(forged, Err(ReceiptError::Proof(_))), "bit {bit}: {forged:?}");
        }
    }
}

#[test]
fn no_bit_of_a_checkpoint_can_be_changed() {
    for signer in signers() {
        let checkpoint = Checkpoint::new(ORIGIN, 7, numbered(7)).expect("a checkpoint");
        let note = checkpoint.sign([&signer]).expect("signed").to_string();
        let key = signer.verifier();
        let opened = Checkpoint::open(note.as_bytes(), ORIGIN, [key]).expect("verifies");
        assert_eq!(opened.0, checkpoint);
        for (bit, bytes) in flips(note.as_bytes()) {
            assert!(Checkpoint::open(&bytes, ORIGIN, [key]).is_err(), "bit {bit}");
        }
        let other = Checkpoint::open(note.as_bytes(), "another log", [key]);
        assert!(other.is_err_and(|error| error.zh().contains("another log")));
    }
}

#[test]
fn no_bit_of_an_ml_dsa_cosignature_can_be_changed() {
    let verdicts = vectors("policies/verdicts");
    let vector = verdicts.iter().find(|it| it.name == "ml-dsa-counted-by-go").expect("a vector");
    let keys = vectors("keys");
    let key = keys.iter().find(|it| it.name == "ml-dsa-44").expect("a vector").key("vkey");
    let note = vector.note("checkpoint_b64");
    let lines = note.signatures();
    let line = lines.iter().find(|line| line.is_of(&key)).expect("a cosignature");
    assert!(key.verify(note.text(), line.bytes()).is_ok());
    // Some of the 2,428 bytes: every one takes a second.
    for (bit, bytes) in flips(line.bytes()).step_by(97) {
        assert!(key.verify(note.text(), &bytes).is_err(), "bit {bit}");
    }
    assert!(key.verify("no checkpoint\n", line.bytes()).is_err());
}

#[test]
fn a_receipt_without_the_witnesses_or_of_another_log_proves_nothing() {
    let [ed25519, sm2] = signers();
    let (receipt, policy) = sealed(&ed25519, b"an event");
    let only = Policy::log_only(ed25519.verifier().clone());
    assert!(receipt.verify(b"an event", &only).is_ok());

    let mut alone = Note::new(receipt.note().text().to_owned()).expect("a text");
    alone.add(receipt.note().signatures()[0].clone());
    let alone = Receipt::new(5, receipt.proof().to_vec(), alone, None).expect("a receipt");
    let error = alone.verify(b"an event", &policy).expect_err("no witness");
    assert_eq!(
        error.to_string(),
        "the checkpoint in the receipt is not accepted: the quorum w is not met: \
         the checkpoint is cosigned by nobody"
    );
    assert_eq!(error.zh(), "凭证中的检查点不被接受：未达到见证要求 w：没有任何见证方联署");

    let other = Policy::log_only(sm2.verifier().clone());
    assert!(matches!(
        receipt.verify(b"an event", &other),
        Err(ReceiptError::NotAccepted(crate::policy::NotAccepted::NotSigned { .. }))
    ));
    let moved = policy.with_logs([sm2.verifier().clone()]).expect("a policy");
    assert!(receipt.verify(b"an event", &moved).is_err());
    let itself = policy.with_logs([policy.witnesses().next().expect("w").key.clone()]);
    assert!(itself.is_err(), "a witness cannot be the log");
}

#[test]
fn keys_survive_their_texts() {
    let [ed25519, sm2] = signers();
    let again = LogSigner::from_private_text(&ed25519.to_private_text()).expect("a key");
    assert_eq!(again.verifier(), ed25519.verifier());
    let again = LogSigner::sm2_from_pem(name(ORIGIN), &sm2.to_private_text()).expect("a key");
    assert_eq!(again.verifier(), sm2.verifier());
    for key in [ed25519.verifier(), sm2.verifier()] {
        assert_eq!(key.to_string().parse::<VerifierKey>().as_ref(), Ok(key));
        for (bit, bytes) in flips(key.to_string().as_bytes()) {
            let read = str::from_utf8(&bytes).ok().and_then(|it| it.parse::<VerifierKey>().ok());
            assert_eq!(read, None, "bit {bit}");
        }
    }
    let pem = sm2.verifier().sm2_to_pem().expect("an SM2 key");
    assert_eq!(VerifierKey::sm2_pem(name(ORIGIN), &pem).as_ref(), Ok(sm2.verifier()));
    assert!(!format!("{ed25519:?}{sm2:?}").contains("PRIVATE"));
    assert!(LogSigner::sm2(name(ORIGIN), &[0; 32]).is_err());
    assert!(LogSigner::sm2(name(ORIGIN), &[0xff; 32]).is_err());
}
