//! Witnesses as processes of their own: who has seen the log grow, and what happens without them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use merkle::policy::Policy;
use merkle::signer::Cosigner;
use merkle::witness::Request;
use merkle::{KeyName, LogSigner, Note};
use tonic::Code;

use super::*;
use crate::support::child::command;
use crate::support::http::{get, post};
use crate::support::{directory, wait_for};

/// A witness that runs. Killed when dropped.
pub(crate) struct Witness {
    child: Child,
    pub(crate) address: String,
    pub(crate) vkey: String,
    _out: BufReader<ChildStdout>,
}

impl Witness {
    /// Starts a witness of the log with the keys in a file.
    pub(crate) fn start(dir: &Path, name: &str, listen: &str, log_keys: &Path) -> Self {
        let mut child = command()
            .args(["witness", "--listen", listen, "--name", name])
            .arg("--key-file")
            .arg(dir.join(format!("{name}.key")))
            .arg("--state-dir")
            .arg(dir.join(name))
            .arg("--log-vkey-file")
            .arg(log_keys)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = |mark: &str| loop {
            let mut line = String::new();
            assert_ne!(out.read_line(&mut line).expect("a line"), 0, "the witness ended");
            if let Some(rest) = line.trim_end().strip_prefix(mark) {
                break rest.to_owned();
            }
        };
        let (vkey, address) = (line("vkey: "), line("listening: http://"));
        Self { child, address, vkey, _out: out }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A log with a key of its own and two witnesses, both of whom must cosign.
pub(crate) struct Bench {
    pub(crate) place: tempfile::TempDir,
    pub(crate) config: Config,
    pub(crate) witnesses: Vec<Witness>,
}

const ORIGIN: &str = "ledger.example/witnessed";
const NAMES: [&str; 2] = ["w1.example", "w2.example"];

impl Bench {
    pub(crate) fn new(mode: duty_ledger::config::WitnessMode) -> Self {
        let place = directory();
        let key = LogSigner::ed25519(KeyName::new(ORIGIN).expect("a name"), &[5; 32]);
        let key = key.expect("a key");
        let (key_file, vkey_file) = (place.path().join("log.key"), place.path().join("log.vkey"));
        std::fs::write(&key_file, key.to_private_text()).expect("written");
        std::fs::write(&vkey_file, format!("{}\n", key.verifier())).expect("written");
        let start = |name| Witness::start(place.path(), name, "127.0.0.1:0", &vkey_file);
        let witnesses: Vec<_> = NAMES.into_iter().map(start).collect();
        let mut policy = format!("log {}\n", key.verifier());
        for (name, witness) in ["one", "two"].iter().zip(&witnesses) {
            let Witness { vkey, address, .. } = witness;
            policy.push_str(&format!("witness {name} {vkey} http://{address}\n"));
        }
        policy.push_str("group both all one two\nquorum both\n");
        std::fs::write(place.path().join("policy"), policy).expect("written");
        let config = Config {
            origin: ORIGIN.to_owned(),
            log_key_file: key_file,
            witness_policy_file: place.path().join("policy"),
            witness_mode: mode,
            ..config()
        };
        Self { place, config, witnesses }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) async fn serve(&self, directory: &Path) -> Service {
        Service::configured(&self.config, directory, Arc::new(SystemClock)).await
    }

    /// Stops the second witness; where it listened.
    fn stop_second(&mut self) -> String {
        self.witnesses.pop().expect("a second witness").address.clone()
    }

    fn start_second(&mut self, address: &str) {
        let key = self.path("log.vkey");
        self.witnesses.push(Witness::start(self.place.path(), NAMES[1], address, &key));
    }
}

async fn status(service: &Service) -> pb::GetLedgerStatusResponse {
    let mut ledger = service.clients.ledger.clone();
    let status = ledger.get_ledger_status(pb::GetLedgerStatusRequest {}).await;
    status.expect("a status").into_inner()
}

/// Waits for a line of the metrics.
fn metric(service: &Service, wanted: &str) {
    let admin = service.admin();
    wait_for(wanted, || {
        let page = get(&admin, "/metrics").text();
        page.lines().any(|line| line == wanted).then_some(())
    });
}

pub(crate) async fn cosigned(service: &Service) -> pb::GetCheckpointResponse {
    let mut ledger = service.clients.ledger.clone();
    let met = async {
        loop {
            let request = pb::GetCheckpointRequest::default();
            if let Ok(checkpoint) = ledger.get_checkpoint(request).await
                && checkpoint.get_ref().quorum_met
            {
                return checkpoint.into_inner();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within("the quorum", met).await
}

#[tokio::test(flavor = "multi_thread")]
async fn open_mode_publishes_without_a_witness_and_says_so() {
    let mut bench = Bench::new(duty_ledger::config::WitnessMode::Open);
    let service = bench.serve(&bench.path("data")).await;
    seed::all(&service.clients).await;
    all_published(&service.clients).await;
    let checkpoint = cosigned(&service).await;
    let policy = std::fs::read(bench.path("policy")).expect("a policy");
    let policy = Policy::parse(&policy).expect("a policy");
    let note = Note::parse(checkpoint.note.as_bytes()).expect("a note");
    assert_eq!(policy.accept(&note).expect("accepted").witnesses.len(), 2);

    let address = bench.stop_second();
    filled(&service, 1..=3).await;
    let checkpoint = all_published(&service.clients).await;
    let note = Note::parse(checkpoint.note.as_bytes()).expect("a note");
    policy.accept(&note).expect_err("one witness is missing");
    metric(&service, "duty_ledger_witness_quorum_met 0");
    assert!(!status(&service).await.quorum_met);
    let failures = status(&service).await.witnesses;
    assert!(failures.iter().any(|witness| witness.name == "two" && 0 < witness.failures));
    assert!(failures.iter().any(|witness| witness.name == "one" && witness.failures == 0));

    bench.start_second(&address);
    metric(&service, "duty_ledger_witness_quorum_met 1");
    let checkpoint = cosigned(&service).await;
    let note = Note::parse(checkpoint.note.as_bytes()).expect("a note");
    policy.accept(&note).expect("both have cosigned");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn required_mode_waits_for_the_quorum() {
    let mut bench = Bench::new(duty_ledger::config::WitnessMode::Required);
    let address = bench.stop_second();
    let service = bench.serve(&bench.path("data")).await;
    seed::all(&service.clients).await;
    metric(&service, "duty_ledger_witness_quorum_met 0");
    let mut ledger = service.clients.ledger.clone();
    let refused = ledger.get_checkpoint(pb::GetCheckpointRequest::default()).await;
    assert_eq!(refused.expect_err("nothing is published").code(), Code::FailedPrecondition);
    assert_eq!(get(&service.http(), "/checkpoint").status, 404);
    assert_eq!(get(&service.http(), "/tile/0/000.p/1").status, 404);
    let signed = ledger.get_checkpoint(pb::GetCheckpointRequest { signed: true }).await;
    assert!(!signed.expect("signed, for witnesses").into_inner().quorum_met);

    bench.start_second(&address);
    let size = all_published(&service.clients).await.tree_size;
    assert!(cosigned(&service).await.quorum_met);
    service.stop().await;
    // What was published stays published, also without the witness.
    bench.stop_second();
    let service = bench.serve(&bench.path("data")).await;
    let mut ledger = service.clients.ledger.clone();
    let before = ledger.get_checkpoint(pb::GetCheckpointRequest::default()).await;
    assert_eq!(before.expect("still there").into_inner().tree_size, size);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_tells_an_older_copy_before_it_is_signed() {
    let bench = Bench::new(duty_ledger::config::WitnessMode::Open);
    let (data, older) = (bench.path("data"), bench.path("older"));
    let service = bench.serve(&data).await;
    seed::all(&service.clients).await;
    all_published(&service.clients).await;
    cosigned(&service).await;
    service.stop().await;
    super::restarts::copy(&data, &older);
    let service = bench.serve(&data).await;
    filled(&service, 1..=5).await;
    all_published(&service.clients).await;
    cosigned(&service).await;
    service.stop().await;
    // The guard is gone, as on another machine: only the witnesses know.
    std::fs::remove_file(bench.path("log.key.signed")).expect("a guard record");

    let service = bench.serve(&older).await;
    metric(&service, "duty_ledger_signing_halted 1");
    filled(&service, 101..=103).await;
    let status = status(&service).await;
    assert!(status.signing_halted);
    assert!(status.signed_size < status.sequenced_size, "nothing more is signed");
    service.stop().await;
}

#[test]
fn a_witness_cosigns_only_what_continues_its_record() {
    let bench = Bench::new(duty_ledger::config::WitnessMode::Open);
    let address = &bench.witnesses[0].address;
    let name = KeyName::new(ORIGIN).expect("a name");
    let key = LogSigner::ed25519(name, &[5; 32]).expect("a key");
    let note = |size: u64, byte: u8| {
        let root = if size == 0 { merkle::EMPTY_ROOT } else { merkle::Hash([byte; 32]) };
        let checkpoint = Checkpoint::new(ORIGIN, size, root).expect("a checkpoint");
        checkpoint.sign([&key]).expect("signed")
    };
    let ask = |old, note: Note| {
        let request = Request::new(old, Vec::new(), note).expect("a request");
        post(address, "/add-checkpoint", &request.to_string())
    };
    assert_eq!(post(address, "/add-checkpoint", "?").status, 400);
    assert_eq!(ask(0, note(1, 1)).status, 200);
    assert_eq!(ask(1, note(1, 1)).status, 200);
    // Another tree of the same size, another size, a proof that is none.
    assert_eq!(ask(1, note(1, 2)).status, 422);
    let conflict = ask(0, note(1, 1));
    assert_eq!((conflict.status, conflict.text()), (409, "1\n".to_owned()));
    assert!(conflict.has("content-type: text/x.tlog.size"), "{}", conflict.head);
    assert_eq!(ask(1, note(2, 2)).status, 422);
    // Somebody else's signature, somebody else's log.
    let other = LogSigner::ed25519(KeyName::new(ORIGIN).expect("a name"), &[6; 32]).expect("a key");
    let checkpoint = Checkpoint::new(ORIGIN, 2, merkle::Hash([1; 32])).expect("a checkpoint");
    assert_eq!(ask(1, checkpoint.sign([&other]).expect("signed")).status, 403);
    let name = KeyName::new("other.example").expect("a name");
    let other = LogSigner::ed25519(name, &[6; 32]).expect("a key");
    let checkpoint = Checkpoint::new("other.example", 1, merkle::Hash([1; 32])).expect("one");
    assert_eq!(ask(0, checkpoint.sign([&other]).expect("signed")).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_may_bring_its_cosignature() {
    let place = directory();
    let name = KeyName::new("w.example").expect("a name");
    let witness = Cosigner::new(name, &[3; 32]).expect("a key");
    let policy = format!("witness w {}\nquorum w\n", witness.verifier());
    std::fs::write(place.path().join("policy"), policy).expect("written");
    let config = Config {
        witness_policy_file: place.path().join("policy"),
        witness_mode: duty_ledger::config::WitnessMode::Required,
        checkpoint_interval_ms: 600_000,
        ..config()
    };
    let data = place.path().join("data");
    let service = Service::configured(&config, &data, Arc::new(SystemClock)).await;
    let mut ledger = service.clients.ledger.clone();
    let signed = async {
        loop {
            let request = pb::GetCheckpointRequest { signed: true };
            if let Ok(signed) = ledger.get_checkpoint(request).await {
                return signed.into_inner();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let signed = within("a signed checkpoint", signed).await;
    let note = Note::parse(signed.note.as_bytes()).expect("a note");
    let add = |tree_size, cosignature: String| {
        let mut ledger = service.clients.ledger.clone();
        let request = pb::AddCosignatureRequest { tree_size, cosignature };
        async move { ledger.add_cosignature(request).await }
    };
    let size = signed.tree_size;
    let good = witness.cosign(note.text(), 1_700_000_000).to_string();
    let wrong = witness.cosign("another text\n", 1_700_000_000).to_string();
    let stranger = Cosigner::new(KeyName::new("w.example").expect("a name"), &[4; 32]);
    let stranger = stranger.expect("a key").cosign(note.text(), 1_700_000_000).to_string();
    for (size, line, code) in [
        (size, "?".to_owned(), Code::InvalidArgument),
        (size, wrong, Code::InvalidArgument),
        (size, stranger, Code::PermissionDenied),
        (size + 1, good.clone(), Code::FailedPrecondition),
    ] {
        assert_eq!(add(size, line.clone()).await.expect_err("refused").code(), code, "{line}");
    }
    assert!(add(size, good).await.expect("taken").into_inner().quorum_met);
    let mut ledger = service.clients.ledger.clone();
    let published = ledger.get_checkpoint(pb::GetCheckpointRequest::default()).await;
    assert!(published.expect("published").into_inner().quorum_met);
    service.stop().await;
}

#[test]
fn a_policy_that_cannot_be_used_is_a_fault_of_the_configuration() {
    let place = directory();
    let path = |name: &str| place.path().join(name).to_str().expect("UTF-8").to_owned();
    let name = KeyName::new("w.example").expect("a name");
    let witness = Cosigner::new(name, &[3; 32]).expect("a key");
    let vkey = witness.verifier();
    let policies = [
        ("https", format!("witness w {vkey} https://w.example\nquorum w\n"), "only http://"),
        ("text", "witness\n".to_owned(), "not a line of a policy"),
        ("none", format!("witness w {vkey}\nquorum none\n"), "asks for no witness"),
    ];
    let check = |policy: &str| {
        let config = format!("witness_mode = \"required\"\nwitness_policy_file = \"{policy}\"\n");
        std::fs::write(path("config.toml"), config).expect("written");
        crate::support::child::run(["serve", "--check-config", "--config", &path("config.toml")])
    };
    for (file, policy, expected) in policies {
        std::fs::write(path(file), policy).expect("written");
        let ran = check(&path(file)).exits(64);
        assert!(ran.err.contains("witness_policy_file"), "{}", ran.err);
        assert!(ran.err.contains(expected), "{}", ran.err);
    }
    let ran = check(&path("missing")).exits(64);
    assert!(ran.err.contains("there is no"), "{}", ran.err);
    let ran = check("").exits(64);
    assert!(ran.err.contains("is needed when witness_mode is required"), "{}", ran.err);
}
