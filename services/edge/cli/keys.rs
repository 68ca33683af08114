//! `duty-ledger keys`: the public keys of a ledger's log, for those who verify.

use std::path::PathBuf;

use clap::Args;

use super::client::Failure;
use super::{FAILED, output};
use crate::log::Keys;
use crate::log::keys::{DIRECTORY, ED25519_FILE, SM2_FILE};

/// Whose keys.
#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    /// Directory of the journal; the service may be running.
    #[arg(long, default_value = "ledger-data")]
    data_dir: PathBuf,
    /// The configured Ed25519 key file, when it is not in the data directory.
    #[arg(long)]
    log_key_file: Option<PathBuf>,
    /// The configured SM2 key file, when it is not in the data directory.
    #[arg(long)]
    sm2_key_file: Option<PathBuf>,
}

pub(super) fn run(args: &KeysArgs) -> Result<(), Failure> {
    let named = args.log_key_file.iter().chain(&args.sm2_key_file);
    named.into_iter().try_for_each(|file| super::readable(file))?;
    let place = |given: &Option<PathBuf>, name: &str| {
        given.clone().unwrap_or_else(|| args.data_dir.join(DIRECTORY).join(name))
    };
    let ed25519 = place(&args.log_key_file, ED25519_FILE);
    let keys = Keys::public(&ed25519, &place(&args.sm2_key_file, SM2_FILE));
    let [ed25519, sm2] = keys.map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    output::say(&format!("{ed25519}\n{sm2}"));
    output::say(sm2.sm2_to_pem().unwrap_or_default().trim_end());
    Ok(())
}
