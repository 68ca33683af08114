//! `duty-ledger restore`: brings a ledger back.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use journal_sled::LedgerId;
use merkle::VerifierKey;

use super::client::Failure;
use super::{FAILED, Output, OutputArgs, output, shown, verify};
use crate::ops::restore::{self, RestoreError, Restored, StaticLog, Wanted};

/// What to restore, and where to.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup.
    #[arg(required_unless_present = "tiles", conflicts_with = "tiles")]
    backup: Option<PathBuf>,
    /// Restore from exported tiles instead: the directory of `export-tiles`, or the http:// address
    /// of a static log with entries.
    #[arg(long, value_name = "DIR|URL")]
    tiles: Option<PathBuf>,
    /// The new data directory: missing, or empty.
    #[arg(long)]
    data_dir: PathBuf,
    /// Checks everything and keeps nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only this ledger, 32 hex digits; with tiles of a configured origin, which it is.
    #[arg(long, visible_alias = "ledger")]
    expect_ledger: Option<LedgerId>,
    /// A checkpoint somebody has seen: the file CHECKPOINT of the old directory, one kept by an
    /// auditor or a witness. What is older, or another history, is refused. Repeatable.
    #[arg(long)]
    witnessed: Vec<PathBuf>,
    /// File of the signing key (log_key_file): the guard record beside it counts as witnessed.
    #[arg(long)]
    log_key_file: Option<PathBuf>,
    /// Public key of the log (vkey) that must have signed the checkpoint. Repeatable.
    #[arg(long, value_parser = verify::vkey)]
    vkey: Vec<VerifierKey>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &RestoreArgs) -> Result<(), Failure> {
    let restored = restored(args)
        .map_err(|error| Failure::new(FAILED, format!("{}\n{}", error.zh(), chain(&error))))?;
    if args.output.output == Output::Json {
        let value = serde_json::to_value(&restored)
            .map_err(|error| Failure::new(FAILED, error.to_string()))?;
        output::say(&format!("{value:#}"));
        return Ok(());
    }
    let language = args.output.lang;
    let verdict = if restored.dry_run {
        language
            .pick("检查通过，未保留任何内容（--dry-run）", "sound; nothing was kept (--dry-run)")
    } else {
        language.pick("已恢复", "restored")
    };
    output::say(&format!(
        "{verdict}\n{}: {}\n{}: {}\n{}: {}",
        language.pick("台账", "ledger"),
        restored.ledger,
        language.pick("条数", "entries"),
        restored.size,
        language.pick("根散列", "root"),
        restored.root,
    ));
    let has_keys = restored.files.iter().any(|file| file == "keys/log.ed25519");
    if !restored.dry_run && !has_keys && restored.checkpoint_size.is_some() {
        output::say(language.pick(
            "签名密钥不在备份中：启动前请把原密钥放回 keys/ 或配置 log_key_file",
            "the signing keys were not in it: put them back into keys/ or configure log_key_file before the start",
        ));
    }
    Ok(())
}

fn restored(args: &RestoreArgs) -> Result<Restored, RestoreError> {
    let mut witnessed = Vec::new();
    for file in &args.witnessed {
        witnessed.push(restore::witnessed(file)?);
    }
    if let Some(key) = &args.log_key_file {
        let guard = super::beside(key, crate::log::GUARD_ENDING);
        if guard.exists() {
            witnessed.push(restore::witnessed(&guard)?);
        }
    }
    let wanted = Wanted {
        ledger: args.expect_ledger,
        witnessed,
        keys: args.vkey.clone(),
        dry_run: args.dry_run,
    };
    let bar = verify::progress_bar();
    let progress = |done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let restored = match (&args.backup, &args.tiles) {
        (Some(backup), _) => {
            let file = File::open(backup).map_err(|source| RestoreError::Io {
                action: "read",
                path: backup.clone(),
                source,
            })?;
            restore::backup(BufReader::new(file), &args.data_dir, &wanted, progress)
        }
        (None, Some(tiles)) => restore::tiles(&log(tiles)?, &args.data_dir, &wanted, progress),
        (None, None) => Err(RestoreError::Manifest(shown(&args.data_dir))),
    };
    bar.finish_and_clear();
    restored
}

/// The static log in a directory or at an address.
fn log(place: &Path) -> Result<StaticLog, RestoreError> {
    match place.to_str().filter(|text| text.contains("://")) {
        Some(url) => StaticLog::at(url),
        None => StaticLog::open(place),
    }
}

/// The English text with its causes, each once.
fn chain(error: &RestoreError) -> String {
    match error {
        // These print their source.
        RestoreError::Checkpoint(_) | RestoreError::Witnessed { .. } => error.to_string(),
        _ => crate::chain(error),
    }
}
