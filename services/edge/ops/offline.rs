//! A backup of a directory that no service has open.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use journal_sled::SledJournal;

use super::backup::Manifest;
use super::backup::make::{self, Source};
use super::backup::write::Finished;
use super::finding::unopened;
use super::live::public_keys;
use super::verify::{self, Given, Pace, SigningKeys, Told};
use crate::log;

/// Cache of the engine: every page is read once.
const CACHE_BYTES: u64 = 64 << 20;

/// Checks the ledger and saves it. An unsound ledger is not saved: its backup would be trusted.
///
/// # Errors
/// What is wrong, in Chinese and English.
pub fn backup(
    dir: &Path,
    origin: &str,
    with_keys: bool,
    pace: Pace,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Finished, (String, String)> {
    let mut told = |told: Told<'_>| match told {
        // The check is one half of the work, writing the other.
        Told::Progress { position, head, .. } => progress(position / 2, head),
        Told::Found(_) => ControlFlow::Continue(()),
    };
    // Signing keys may be kept elsewhere, and concern a backup only when they go into it.
    let signing_keys = if with_keys { SigningKeys::MayLack } else { SigningKeys::Ignored };
    let given = Given { signing_keys, ..Given::default() };
    let (report, state) = verify::directory_and_state(dir, given, None, pace, &mut told)
        .map_err(|finding| (finding.zh, finding.en))?;
    if let Some(first) = report.findings.first() {
        let total = report.findings_total;
        return Err((
            format!(
                "台账不完好（{total} 处），未制作备份；请运行 duty-ledger verify。首处：{}",
                first.zh
            ),
            format!(
                "the ledger is not sound ({total} findings), no backup was made; run duty-ledger \
                 verify. The first: {}",
                first.en
            ),
        ));
    }
    let registry = state.map(|state| state.registry()).unwrap_or_default();
    let inspection = SledJournal::inspect(dir, CACHE_BYTES).map_err(|error| {
        let finding = unopened(&error);
        (finding.zh, finding.en)
    })?;
    let root = report.root.unwrap_or_default();
    let checkpoint = std::fs::read_to_string(dir.join(log::CHECKPOINT)).ok();
    let mut manifest = Manifest::now(report.ledger, String::new(), report.size, root);
    manifest.checkpoint = checkpoint;
    manifest.origin = manifest.signed().map_or_else(
        || log::origin_of(origin, &manifest.ledger),
        |signed| signed.origin().to_owned(),
    );
    manifest.signing_keys = with_keys;
    let failed = |error: make::BackupError| (error.zh(), crate::chain(&error));
    let mut files = public_keys(&verify::keys_in(dir));
    if with_keys {
        files.extend(make::signing_keys(dir).map_err(failed)?);
    }
    let total = manifest.size;
    let persons = Box::new(move || make::person_keys(dir, &registry));
    let source = Source { journal: &inspection.journal, manifest, files, persons };
    let written = |done| {
        let _ = progress(total / 2 + done / 2, total);
    };
    make::make(source, out, written).map(|(finished, _)| finished).map_err(failed)
}
