//! Writing a backup, into a file or into a call.

use std::io::{self, Write};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{
    CHUNK_BYTES, FORMAT, KIND_ENTRIES, KIND_FILE, KIND_MANIFEST, KIND_TRAILER, Kept, MAGIC,
    Manifest,
};

/// Writes the records of a backup in their order. What is written becomes a backup only with
/// [`Writer::finish`]: before that it has no trailer and no reader accepts it.
pub struct Writer<W> {
    out: W,
    hash: Sha256,
    chunk: Vec<u8>,
    first: u64,
    count: u32,
    next: u64,
    written: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the head and the manifest.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(out: W, manifest: &Manifest) -> io::Result<Self> {
        let hash = Sha256::new();
        let chunk = Vec::with_capacity(CHUNK_BYTES);
        let mut writer = Self { out, hash, chunk, first: 1, count: 0, next: 1, written: 0 };
        writer.put(MAGIC)?;
        writer.put(&FORMAT.to_be_bytes())?;
        let manifest = serde_json::to_vec(manifest).map_err(io::Error::other)?;
        writer.record(KIND_MANIFEST, &manifest)?;
        Ok(writer)
    }

    /// Adds the next entry.
    ///
    /// # Errors
    /// What `out` says.
    pub fn entry(&mut self, stored: &Bytes) -> io::Result<()> {
        let length = u32::try_from(stored.len()).map_err(io::Error::other)?;
        self.chunk.extend_from_slice(&length.to_be_bytes());
        self.chunk.extend_from_slice(stored);
        self.count += 1;
        self.next += 1;
        if CHUNK_BYTES <= self.chunk.len() { self.close_chunk() } else { Ok(()) }
    }

    /// Adds a file, behind all entries.
    ///
    /// # Errors
    /// What `out` says, and a name or content that is too long.
    pub fn file(&mut self, kept: &Kept) -> io::Result<()> {
        self.close_chunk()?;
        let length = u16::try_from(kept.name.len()).map_err(io::Error::other)?;
        let payload = [&length.to_be_bytes()[..], kept.name.as_bytes(), &kept.content].concat();
        self.record(KIND_FILE, &payload)
    }

    /// Writes the trailer; the SHA-256 of the whole file, its length, and what it was written to.
    ///
    /// # Errors
    /// What `out` says.
    pub fn finish(mut self) -> io::Result<(Finished, W)> {
        self.close_chunk()?;
        let digest = self.hash.clone().finalize();
        self.record(KIND_TRAILER, &digest)?;
        self.out.flush()?;
        let sha256 = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((Finished { sha256, bytes: self.written }, self.out))
    }

    fn close_chunk(&mut self) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let head = [&self.first.to_be_bytes()[..], &self.count.to_be_bytes()].concat();
        let length = u32::try_from(head.len() + self.chunk.len()).map_err(io::Error::other)?;
        self.put(&[KIND_ENTRIES])?;
        self.put(&length.to_be_bytes())?;
        self.put(&head)?;
        let chunk = std::mem::take(&mut self.chunk);
        self.put(&chunk)?;
        self.chunk = chunk;
        self.chunk.clear();
        (self.first, self.count) = (self.next, 0);
        Ok(())
    }

    fn record(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        self.put(&[kind])?;
        self.put(&length.to_be_bytes())?;
        self.put(payload)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// What a finished backup comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// SHA-256 of the whole file, in hex: what `sha256sum` prints.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}
