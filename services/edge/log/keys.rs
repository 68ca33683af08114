//! The keys of the log: one Ed25519, one SM2, both named after its origin.
//!
//! They come from configured files or, when none is configured, from `keys/` in the data directory.
//! Invariant: a key is made only for a ledger that has signed nothing yet; afterwards a missing key
//! is an error, because a new one would begin another log under the same name.

use std::path::{Path, PathBuf};

use merkle::key::KeyError;
use merkle::{KeyName, LogSigner, VerifierKey};

use super::files::{self, Access, FileError};

/// Directory of the keys below the data directory.
pub(crate) const DIRECTORY: &str = "keys";
pub(crate) const ED25519_FILE: &str = "log.ed25519";
pub(crate) const SM2_FILE: &str = "log.sm2";

/// Why the keys of the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    /// A file could not be read or written.
    #[error("密钥文件无法读写 / a key file could not be read or written")]
    File(#[from] FileError),
    /// A key file is missing although the ledger has signed with that key.
    #[error(
        "密钥文件 {path} 不存在；台账若已用它签署过检查点，请放回原文件 / \
         the key file {path} is missing; if this ledger has signed with it, put the key file back",
        path = .0.display()
    )]
    Missing(PathBuf),
    /// A key file does not hold such a key.
    #[error("{path} 不是可用的密钥：{zh} / is no usable key", path = path.display(), zh = source.zh())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// The key is named after another log.
    #[error(
        "{path} 中的密钥属于 {found}，本台账为 {expected}：请用本台账的密钥，或改正配置项 origin / \
         the key in {path} is that of {found}, this log is {expected}: use its own key, or mend the setting origin",
        path = path.display()
    )]
    OtherLog {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The origin cannot name a key.
    #[error("origin“{0}”不能作为密钥名称 / the origin \"{0}\" cannot name a key")]
    Origin(String),
    /// The system has no randomness to give.
    #[error("系统无法提供随机数 / the system gives no randomness: {0}")]
    Random(String),
}

/// The keys of a log.
#[derive(Debug)]
pub struct Keys {
    /// Signs checkpoints for everybody (C2SP).
    pub ed25519: LogSigner,
    /// Signs the same checkpoints for assessments by GB/T 39786.
    pub sm2: LogSigner,
    /// File of the Ed25519 key, when one is configured.
    pub configured: Option<PathBuf>,
}

/// Where the keys are.
#[derive(Debug, Clone, Default)]
pub struct KeyFiles {
    /// The data directory; `None` makes keys that live as long as the process.
    pub data_dir: Option<PathBuf>,
    /// The configured Ed25519 key.
    pub ed25519: Option<PathBuf>,
    /// The configured SM2 key.
    pub sm2: Option<PathBuf>,
}

impl KeyFiles {
    /// Where the Ed25519 key is; `None` when it lives in the process.
    #[must_use]
    pub fn ed25519_file(&self) -> Option<PathBuf> {
        self.place(&self.ed25519, ED25519_FILE)
    }

    /// Where the SM2 key is; `None` when it lives in the process.
    #[must_use]
    pub fn sm2_file(&self) -> Option<PathBuf> {
        self.place(&self.sm2, SM2_FILE)
    }

    fn place(&self, configured: &Option<PathBuf>, name: &str) -> Option<PathBuf> {
        let in_data = || self.data_dir.as_ref().map(|dir| dir.join(DIRECTORY).join(name));
        configured.clone().or_else(in_data)
    }
}

/// Whether missing keys may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The ledger has signed nothing yet.
    Make,
    /// It has.
    Refuse,
}

impl Keys {
    /// Loads the keys, or makes them.
    ///
    /// # Errors
    /// [`LogKeyError`].
    pub fn load(files: &KeyFiles, origin: &str, missing: Missing) -> Result<Self, LogKeyError> {
        let name = KeyName::new(origin).map_err(|_| LogKeyError::Origin(origin.to_owned()))?;
        let ed25519 = load(
            files.ed25519_file().as_deref(),
            missing,
            |text| LogSigner::from_private_text(text.trim_end()),
            |seed| LogSigner::ed25519(name.clone(), seed),
        )?;
        let sm2 = load(
            files.sm2_file().as_deref(),
            missing,
            |text| LogSigner::sm2_from_pem(name.clone(), text),
            |seed| LogSigner::sm2(name.clone(), seed),
        )?;
        if *ed25519.verifier().name() != name {
            return Err(LogKeyError::OtherLog {
                path: files.ed25519_file().unwrap_or_default(),
                found: ed25519.verifier().name().to_string(),
                expected: origin.to_owned(),
            });
        }
        Ok(Self { ed25519, sm2, configured: files.ed25519.clone() })
    }

    /// The public keys in a pair of key files, Ed25519 first; the name is that of the first.
    ///
    /// # Errors
    /// [`LogKeyError`]; no key is ever made here.
    pub fn public(ed25519: &Path, sm2: &Path) -> Result<[VerifierKey; 2], LogKeyError> {
        let ed25519 = public_ed25519(ed25519)?;
        let sm2 = public_sm2(sm2, ed25519.name())?;
        Ok([ed25519, sm2])
    }

    /// The keys that check what these sign, Ed25519 first.
    #[must_use]
    pub fn verifiers(&self) -> [&VerifierKey; 2] {
        [self.ed25519.verifier(), self.sm2.verifier()]
    }
}

/// The public key to an Ed25519 key file.
///
/// # Errors
/// [`LogKeyError`]; no key is ever made here.
pub(crate) fn public_ed25519(path: &Path) -> Result<VerifierKey, LogKeyError> {
    let parse = |text: &str| LogSigner::from_private_text(text.trim_end());
    load(Some(path), Missing::Refuse, parse, no_making).map(|key| key.verifier().clone())
}

/// The public key to an SM2 key file, which says nothing of its name.
///
/// # Errors
/// [`LogKeyError`]; no key is ever made here.
pub(crate) fn public_sm2(path: &Path, name: &KeyName) -> Result<VerifierKey, LogKeyError> {
    let parse = |text: &str| LogSigner::sm2_from_pem(name.clone(), text);
    load(Some(path), Missing::Refuse, parse, no_making).map(|key| key.verifier().clone())
}

fn no_making(_: &[u8; 32]) -> Result<LogSigner, KeyError> {
    Err(KeyError::PrivateForm)
}

fn load(
    path: Option<&Path>,
    missing: Missing,
    parse: impl Fn(&str) -> Result<LogSigner, KeyError>,
    make: impl Fn(&[u8; 32]) -> Result<LogSigner, KeyError>,
) -> Result<LogSigner, LogKeyError> {
    let Some(path) = path else { return draw(&make) };
    if let Some(bytes) = files::read_bytes(path)? {
        // Bytes that are no text are no key, and parse as such.
        let text = String::from_utf8(bytes).unwrap_or_default();
        return parse(&text).map_err(|source| LogKeyError::Key { path: path.into(), source });
    }
    if missing == Missing::Refuse {
        return Err(LogKeyError::Missing(path.into()));
    }
    let signer = draw(&make)?;
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        files::make_dir(dir)?;
    }
    let mut text = signer.to_private_text();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    files::replace(path, &text, Access::Secret)?;
    tracing::info!(file = %path.display(), key = %signer.verifier(), "made a signing key");
    Ok(signer)
}

/// A key from 32 random bytes. One draw in four thousand million is no SM2 key.
fn draw(make: impl Fn(&[u8; 32]) -> Result<LogSigner, KeyError>) -> Result<LogSigner, LogKeyError> {
    loop {
        if let Ok(signer) = make(&random()?) {
            return Ok(signer);
        }
    }
}

/// 32 bytes from the system's generator.
pub(crate) fn random() -> Result<[u8; 32], LogKeyError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| LogKeyError::Random(error.to_string()))?;
    Ok(seed)
}
