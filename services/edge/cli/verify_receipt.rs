//! `duty-ledger verify-receipt`: checks a receipt offline.
//!
//! Needs the receipt, the entry and a key or policy that was got on another way; no service, no
//! network, no data directory.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use merkle::policy::{NotAccepted, Policy};
use merkle::receipt::{Receipt, ReceiptError};
use merkle::{VerifierKey, hash};

use super::client::Failure;
use super::{BAD_DATA, FAILED, output, read, shown};

/// What to check, and whom to trust.
#[derive(Debug, Args)]
pub(super) struct VerifyReceiptArgs {
    /// The receipt (C2SP tlog-proof).
    receipt: PathBuf,
    /// The entry as it is stored.
    #[arg(long)]
    entry: PathBuf,
    /// File with the public keys of the log, a line each: any of them will do.
    #[arg(long, conflicts_with = "policy_file", required_unless_present = "policy_file")]
    vkey_file: Option<PathBuf>,
    /// Policy (C2SP tlog-policy): the log, its witnesses, and how many of them are needed.
    #[arg(long)]
    policy_file: Option<PathBuf>,
}

pub(super) fn run(args: &VerifyReceiptArgs) -> Result<(), Failure> {
    let policy = policy(args)?;
    let entry = read(&args.entry)?;
    let receipt = read(&args.receipt)?;
    let receipt = Receipt::parse(&receipt).map_err(|error| refused(args, &policy, &error))?;
    let accepted =
        receipt.verify(&entry, &policy).map_err(|error| refused(args, &policy, &error))?;
    let checkpoint = &accepted.checkpoint;
    let (position, size) = (receipt.index() + 1, checkpoint.size());
    output::say(&format!(
        "凭证有效：该条目是 {origin} 的第 {position} 条，在其签署的 {size} 条之中，内容自签署后未变\n\
         the receipt is valid: the entry is number {position} of {origin}, among the {size} entries \
         it has signed, and unchanged since\n  \
         leaf {leaf}\n  root {root}",
        origin = checkpoint.origin(),
        leaf = hash::leaf(&entry),
        root = checkpoint.root()
    ));
    for key in &accepted.logs {
        output::say(&format!("  signed by {key}"));
    }
    for (witness, seconds) in &accepted.witnesses {
        let time = i64::try_from(*seconds).ok().and_then(|it| Timestamp::from_second(it).ok());
        let time = time.map_or_else(|| seconds.to_string(), |time| time.to_string());
        let name = String::from_utf8_lossy(&witness.name);
        output::say(&format!("  见证 cosigned by {name} {time}"));
    }
    if accepted.witnesses.is_empty() {
        output::say(
            "  没有见证方：只说明台账签署过，不能排除它另有一份不同的账 / no witness: the ledger \
             has signed this; that it shows everybody the same is not proved",
        );
    }
    Ok(())
}

fn refused(args: &VerifyReceiptArgs, policy: &Policy, error: &ReceiptError) -> Failure {
    let file = shown(&args.receipt);
    let mut text =
        format!("凭证无效：{file}：{}\nthe receipt is not valid: {file}: {error}", error.zh());
    if let ReceiptError::NotAccepted(NotAccepted::UnknownLog { origin }) = error {
        let known: Vec<_> =
            policy.logs().iter().map(|log| log.key.name().as_str().to_owned()).collect();
        let known = known.join(", ");
        text.push_str(&format!(
            "\n这是另一台账 {origin} 的凭证，所给公钥属于 {known}\n\
             this is a receipt of another ledger, {origin}; the keys given are of {known}"
        ));
    }
    Failure::new(FAILED, text)
}

fn policy(args: &VerifyReceiptArgs) -> Result<Policy, Failure> {
    if let Some(file) = &args.policy_file {
        return policy_file(file);
    }
    let file = args.vkey_file.clone().unwrap_or_default();
    let keys = keys(&file)?;
    let Some(first) = keys.first().cloned() else {
        let (zh, en) = ("没有公钥", "there is no key in it");
        return Err(bad(&file, zh.to_owned(), en.to_owned()));
    };
    let policy = Policy::log_only(first).with_logs(keys);
    policy.map_err(|error| bad(&file, error.zh(), error.to_string()))
}

/// The policy in a file.
pub(super) fn policy_file(file: &Path) -> Result<Policy, Failure> {
    let text = read(file)?;
    Policy::parse(&text).map_err(|error| bad(file, error.zh(), error.to_string()))
}

fn bad(file: &Path, zh: String, en: String) -> Failure {
    let file = shown(file);
    Failure::new(BAD_DATA, format!("{file}：{zh}\n{file}: {en}"))
}

/// The public keys in a file, a line each.
pub(super) fn keys(file: &Path) -> Result<Vec<VerifierKey>, Failure> {
    let text = read(file)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let key = |line: &str| {
        line.parse::<VerifierKey>().map_err(|error| {
            let (file, zh) = (shown(file), error.zh());
            Failure::new(BAD_DATA, format!("{file}：{zh}\n{file}: {error}"))
        })
    };
    lines.map(key).collect()
}
