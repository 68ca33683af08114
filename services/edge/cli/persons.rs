//! `duty-ledger persons`: makes and changes the key of keys. Offline.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use journal_sled::{Check, LedgerId, Options, SledJournal};

use super::{BAD_CONFIG, FAILED, output, shown};
use crate::persons::{self, Kek, PersonsError};

/// Works with the key of keys.
#[derive(Debug, Args)]
pub(super) struct PersonsArgs {
    #[command(subcommand)]
    command: PersonsCommand,
}

#[derive(Debug, Subcommand)]
enum PersonsCommand {
    /// Makes a key of keys in a new file that only its owner can read (生成主密钥).
    NewKek(NewKekArgs),
    /// Wraps every person's key by another key of keys; the service must be stopped (更换主密钥).
    Rewrap(RewrapArgs),
}

#[derive(Debug, Args)]
struct NewKekArgs {
    /// The file to make; one that is there is left alone.
    file: PathBuf,
}

#[derive(Debug, Args)]
struct RewrapArgs {
    /// Directory of the journal.
    #[arg(long)]
    data_dir: PathBuf,
    /// File of the key of keys so far.
    #[arg(long)]
    old_kek_file: PathBuf,
    /// File of the key of keys from now on.
    #[arg(long)]
    new_kek_file: PathBuf,
}

pub(super) fn run(args: &PersonsArgs) -> ExitCode {
    let done = match &args.command {
        PersonsCommand::NewKek(args) => new_kek(&args.file),
        PersonsCommand::Rewrap(args) => rewrap(args),
    };
    match done {
        Ok(said) => {
            output::say(&said);
            ExitCode::SUCCESS
        }
        Err((code, complaint)) => {
            output::complain(&complaint);
            ExitCode::from(code)
        }
    }
}

type Done = Result<String, (u8, String)>;

fn new_kek(file: &Path) -> Done {
    let kek = Kek::generate().map_err(|error| (FAILED, crate::chain(&error)))?;
    write_kek(file, &kek).map_err(|error| {
        let file = shown(file);
        (FAILED, format!("无法新建 {file} / cannot make {file}: {error}"))
    })?;
    Ok(format!(
        "主密钥已生成，请另行保管一份 / a key of keys was made, keep a copy elsewhere: {}\n\
         person_kek_file = {:?}\n指纹 fingerprint {}",
        shown(file),
        shown(file),
        kek.fingerprint(),
    ))
}

/// Writes a key of keys into a new file, durably.
pub(super) fn write_kek(file: &Path, kek: &Kek) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut opened = options.write(true).create_new(true).mode(0o600).open(file)?;
    opened.write_all(kek.to_file_text().as_bytes())?;
    opened.sync_all()?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    std::fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn rewrap(args: &RewrapArgs) -> Done {
    let read = |file: &Path| {
        super::readable(file).map_err(|failure| (failure.code, failure.text))?;
        Kek::read(file)
            .map_err(|error| (BAD_CONFIG, format!("{}: {} / {}", shown(file), error.zh, error.en)))
    };
    let (old, new) = (read(&args.old_kek_file)?, read(&args.new_kek_file)?);
    let dir = &args.data_dir;
    let failed = |error: &dyn std::error::Error| (FAILED, crate::chain(error));
    let ledger =
        journal_sled::ledger_of(dir).map_err(|error| failed(&error))?.ok_or_else(|| {
            let dir = shown(dir);
            (FAILED, format!("{dir} 中没有台账 / there is no ledger in {dir}"))
        })?;
    // Holding the journal open keeps every service out meanwhile.
    let mut options = Options::new(LedgerId::from_bytes(ledger.to_bytes()));
    options.expected_ledger = Some(ledger);
    options.check = Check::Tail;
    options.cache_bytes = 8 << 20;
    let journal = SledJournal::open(dir, options).map_err(|error| failed(&error))?;
    let done = persons::rewrap(dir, &ledger.to_string(), &old, &new);
    journal::Journal::close(&journal).map_err(|error| failed(&error))?;
    let done = done.map_err(|error: PersonsError| failed(&error))?;
    Ok(format!(
        "已更换主密钥 / the key of keys is changed: {} + {} 个密钥 keys, 指纹 fingerprint {}\n\
         请将 person_kek_file 改为 / set person_kek_file to {:?}；旧主密钥在旧备份失效后销毁 / destroy \
         the old one once no backup needs it",
        done.changed,
        done.done_before,
        new.fingerprint(),
        shown(&args.new_kek_file),
    ))
}
