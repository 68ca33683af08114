//! `duty-ledger backup`: saves a ledger into one file.
//!
//! The file gets its name only when it is whole and on the device; `<file>.sha256` beside it is for
//! `sha256sum -c`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::client::{self, Failure};
use super::{FAILED, Output, OutputArgs, beside, output, shown, verify};
use crate::ops::backup::Manifest;
use crate::ops::backup::read::{BadBackup, Part, Reader};
use crate::ops::{offline, verify::Pace};
use crate::pb;
use crate::pb::admin_service_client::AdminServiceClient;

/// What to save, and where to.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write, by custom with the ending .dlbackup. It must not be there yet.
    file: PathBuf,
    /// Data directory of a ledger that no service has open.
    #[arg(long, required_unless_present = "server", conflicts_with = "server")]
    data_dir: Option<PathBuf>,
    /// Admin address of a running service, such as http://127.0.0.1:50052. It goes on serving.
    #[arg(long)]
    server: Option<String>,
    /// Puts the private keys of the log into the backup. Whoever has such a backup can sign
    /// checkpoints in the name of this ledger: keep it like the keys themselves. Without them, a
    /// restored ledger signs again only when its keys are put back into keys/.
    #[arg(long)]
    include_signing_keys: bool,
    /// Origin of the log, when it is configured and not the default.
    #[arg(long, default_value = "")]
    origin: String,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: BackupArgs) -> Result<(), Failure> {
    if args.file.exists() {
        let file = shown(&args.file);
        return Err(Failure::new(
            FAILED,
            format!(
                "{file} 已存在，不会覆盖；请另取文件名 / {file} exists and is not overwritten: choose another name"
            ),
        ));
    }
    let part = beside(&args.file, ".part");
    let done = write(&args, &part).await;
    if done.is_err() {
        // Half a backup is of no use to anybody.
        let _ = fs::remove_file(&part);
    }
    let (manifest, sha256, bytes) = done?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    publish(&args.file, &part, &format!("{sha256}  {name}\n"))
        .map_err(|error| unwritten(&args.file, &error))?;
    let checkpoint = manifest.signed().map(|signed| signed.size());
    if args.output.output == Output::Json {
        let answer = json!({
            "file": shown(&args.file), "sha256": sha256, "bytes": bytes, "ledger": manifest.ledger,
            "size": manifest.size, "root": manifest.root, "checkpoint_size": checkpoint,
        });
        output::say(&format!("{answer:#}"));
        return Ok(());
    }
    let language = args.output.lang;
    for (zh, en, value) in [
        ("台账", "ledger", manifest.ledger.clone()),
        ("条数", "entries", manifest.size.to_string()),
        ("根散列", "root", manifest.root.clone()),
        ("签名检查点至", "under a signed checkpoint", checkpoint.unwrap_or(0).to_string()),
        ("sha256", "sha256", sha256),
        ("文件", "file", format!("{} ({bytes} B)", shown(&args.file))),
    ] {
        output::say(&format!("{}: {value}", language.pick(zh, en)));
    }
    Ok(())
}

/// Writes the backup under its temporary name, reads it again, and says what is in it.
async fn write(args: &BackupArgs, part: &Path) -> Result<(Manifest, String, u64), Failure> {
    let bar = verify::progress_bar();
    // A backup holds wrapped keys of persons, and the log's own when asked: nobody else reads it.
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part);
    let file = file.map_err(|error| unwritten(part, &error))?;
    let mut out = BufWriter::new(file);
    match (&args.data_dir, &args.server) {
        (Some(dir), _) => {
            let with_keys = args.include_signing_keys;
            let mut progress = |done: u64, total: u64| {
                bar.set_length(total);
                bar.set_position(done);
                ControlFlow::Continue(())
            };
            let pace = Pace::default();
            offline::backup(dir, &args.origin, with_keys, pace, &mut out, &mut progress)
                .map_err(|(zh, en)| Failure::new(FAILED, format!("{zh}\n{en}")))?;
        }
        (None, server) => {
            let server = server.as_deref().unwrap_or_default();
            let mut client = AdminServiceClient::new(client::connect(server).await?);
            let request = pb::BackupRequest { include_signing_keys: args.include_signing_keys };
            let mut stream = client.backup(request).await?.into_inner();
            while let Some(message) = stream.message().await? {
                bar.set_length(message.entries_total);
                bar.set_position(message.entries_done);
                out.write_all(&message.data).map_err(|error| unwritten(part, &error))?;
            }
        }
    }
    let synced = out.flush().and_then(|()| out.get_ref().sync_all());
    synced.map_err(|error| unwritten(part, &error))?;
    bar.finish_and_clear();
    read_again(part)
}

/// Reads what was written as a restore would.
fn read_again(part: &Path) -> Result<(Manifest, String, u64), Failure> {
    let file = File::open(part).map_err(|error| unwritten(part, &error))?;
    let bad = |error: BadBackup| Failure::new(FAILED, format!("{}\n{error}", error.zh()));
    let mut reader = Reader::new(BufReader::new(file)).map_err(bad)?;
    while !matches!(reader.next_part().map_err(bad)?, Part::End) {}
    Ok((reader.manifest().clone(), reader.sha256(), reader.read_so_far()))
}

/// Gives the backup its name, durably.
fn publish(file: &Path, part: &Path, sum: &str) -> io::Result<()> {
    let mut beside = File::create(beside(file, ".sha256"))?;
    beside.write_all(sum.as_bytes())?;
    beside.sync_all()?;
    fs::rename(part, file)?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn unwritten(file: &Path, error: &io::Error) -> Failure {
    let file = shown(file);
    Failure::new(FAILED, format!("无法写入 {file} / cannot write {file}: {error}"))
}
