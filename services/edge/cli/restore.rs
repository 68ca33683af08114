//! `duty-ledger restore`: brings a ledger back.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use journal_sled::LedgerId;
use merkle::VerifierKey;

use super::client::Failure;
use super::{FAILED, Language, Output, OutputArgs, output, verify, verify_receipt};
use crate::ops::restore::{self, Heard, RestoreError, Restored, StaticLog, Wanted};

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
    /// The new data directory: missing, or empty, or with --replace that of the same ledger.
    #[arg(long)]
    data_dir: PathBuf,
    /// Moves the ledger in --data-dir aside, to <DIR>.replaced-<time>, once the new one is
    /// complete. Nothing older than what it has signed is restored; its signing keys come along.
    #[arg(long)]
    replace: bool,
    /// Gives up entries in --data-dir that came after everything it has signed and are not in what
    /// is restored: they were acknowledged, and their positions are given out anew.
    #[arg(long, requires = "replace")]
    lose_unsigned: bool,
    /// Checks everything and keeps nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only this ledger, 32 hex digits; with tiles of a configured origin, which it is.
    #[arg(long, visible_alias = "ledger")]
    expect_ledger: Option<LedgerId>,
    /// A checkpoint somebody has seen: the file CHECKPOINT of the old directory, one kept by an
    /// auditor or a witness. What is older, or another history, is refused. Without --vkey it must
    /// be signed by a public key of the log that is in the backup, where there is one. Repeatable.
    #[arg(long)]
    witnessed: Vec<PathBuf>,
    /// File of the signing key (log_key_file): the guard record beside it counts as witnessed.
    #[arg(long)]
    log_key_file: Option<PathBuf>,
    /// Address of a witness to ask what it has cosigned of the log; what is older, or another
    /// history, is refused. One that is behind is proven last of all that this continues what it
    /// holds, and cosigns it; with --dry-run it is not. Repeatable.
    #[arg(long, value_name = "URL", conflicts_with = "new_origin")]
    witness_url: Vec<String>,
    /// Public key (vkey) of the log that must have signed the checkpoint, or of a witness that must
    /// have cosigned what it answers. Repeatable.
    #[arg(long, value_parser = verify::vkey)]
    vkey: Vec<VerifierKey>,
    /// Policy (C2SP tlog-policy) with these keys.
    #[arg(long)]
    policy_file: Option<PathBuf>,
    /// Gives up what is lost for good and goes on as another log of this name, with new keys: as
    /// the old one nothing may be signed that contradicts what others hold. The service then needs
    /// the setting origin.
    #[arg(long, value_name = "ORIGIN")]
    new_origin: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &RestoreArgs) -> Result<(), Failure> {
    args.backup.iter().chain(&args.witnessed).try_for_each(|file| super::readable(file))?;
    let mut keys = args.vkey.clone();
    if let Some(file) = &args.policy_file {
        let policy = verify_receipt::policy_file(file)?;
        keys.extend(policy.logs().iter().map(|log| log.key.clone()));
        keys.extend(policy.witnesses().map(|witness| witness.key.clone()));
    }
    let restored = restored(args, keys)
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
    if let Some(replaced) = &restored.replaced {
        let label = language.pick("原目录已移至", "the directory before is now");
        output::say(&format!("{label}: {replaced}"));
    }
    for heard in &restored.witnesses {
        output::say(&told_witness(heard, language));
    }
    for tile in &restored.damaged {
        let label = language.pick(
            "散列瓦片已损坏（条目与签名的检查点相符，未采用该文件），请从别处另取",
            "a damaged hash tile (the entries are what was signed, nothing was taken from it), get \
             another copy",
        );
        output::say(&format!("{label}: {tile}"));
    }
    for lost in &restored.lost {
        output::say(&format!("{}: {lost}", language.pick("已放弃", "given up")));
    }
    if let Some(origin) = &restored.new_origin {
        told_new_origin(origin, language);
        return Ok(());
    }
    let has_keys = restored.files.iter().any(|file| file == "keys/log.ed25519");
    if !restored.dry_run && !has_keys && restored.checkpoint_size.is_some() {
        output::say(language.pick(
            "签名密钥不在备份中：启动前请把原密钥放回 keys/ 或配置 log_key_file",
            "the signing keys were not in it: put them back into keys/ or configure log_key_file before the start",
        ));
    }
    Ok(())
}

/// What a witness said.
fn told_witness(heard: &Heard, language: Language) -> String {
    let Heard { url, size, age_seconds, checked } = heard;
    let age = match (language, age_seconds) {
        (Language::Zh, Some(age)) => format!("，{age} 秒前联署"),
        (Language::En, Some(age)) => format!(", cosigned {age} s ago"),
        (Language::Zh, None) if 0 < *size => "（未核对其联署）".to_owned(),
        (Language::En, None) if 0 < *size => " (by no cosignature that was checked)".to_owned(),
        (_, None) => String::new(),
    };
    let open = match (language, checked) {
        (_, true) => "",
        (Language::Zh, false) => "；是否一致要到恢复时才问（届时它会联署），演练中未问",
        (Language::En, false) => {
            "; whether this continues that is asked when it is restored (it cosigns then), not in \
             a dry run"
        }
    };
    let seen = language.pick("已见条数", "has seen");
    format!("{} {url}: {seen} {size}{age}{open}", language.pick("见证方", "witness"))
}

/// What going on as another log means.
fn told_new_origin(origin: &str, language: Language) {
    output::say(&match language {
        Language::Zh => format!(
            "这是另一日志，密钥为新：启动前请设置 origin = \"{origin}\"，去掉指向旧密钥的 log_key_file 与 sm2_key_file，并把新公钥告知见证方与核验者"
        ),
        Language::En => format!(
            "this is another log with new keys: before the start set origin = \"{origin}\", take \
             out log_key_file and sm2_key_file of the old keys, and tell witnesses and auditors \
             the new key"
        ),
    });
}

fn restored(args: &RestoreArgs, keys: Vec<VerifierKey>) -> Result<Restored, RestoreError> {
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
    let of_witness = |key: &VerifierKey| key.algorithm().is_cosignature();
    let (witness_keys, keys) = keys.into_iter().partition(of_witness);
    let wanted = Wanted {
        ledger: args.expect_ledger,
        witnessed,
        keys,
        witnesses: args.witness_url.clone(),
        witness_keys,
        replace: args.replace,
        lose_unsigned: args.lose_unsigned,
        new_origin: args.new_origin.clone(),
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
        (None, Some(tiles)) => {
            restore::tiles(&StaticLog::open(tiles)?, &args.data_dir, &wanted, progress)
        }
        (None, None) => Err(RestoreError::Manifest("没有备份", "there is none")),
    };
    bar.finish_and_clear();
    restored
}

/// The English text with its causes, each once.
fn chain(error: &RestoreError) -> String {
    match error {
        // These print their source.
        RestoreError::Checkpoint(_)
        | RestoreError::Witnessed { .. }
        | RestoreError::NotByItsKeys { .. } => error.to_string(),
        _ => crate::chain(error),
    }
}
