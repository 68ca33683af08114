//! A static log behind an address, read by a program that has no tasks of its own.
//!
//! Believes nothing: what is read is checked by whoever asked for it.

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

use super::RestoreError;
use crate::log::http_client::{Getter, Target};

/// An address with files below it.
pub(super) struct Site {
    prefix: String,
    runtime: Runtime,
    getter: Mutex<Getter>,
}

impl Site {
    pub(super) fn new(url: &str) -> Result<Self, RestoreError> {
        let prefix = url.trim_end_matches('/').to_owned();
        Target::parse(&prefix, "").map_err(|error| both(url.to_owned(), &error.to_string()))?;
        let runtime = runtime().map_err(|error| both(url.to_owned(), &error.to_string()))?;
        Ok(Self { prefix, runtime, getter: Mutex::default() })
    }

    /// The address of a file.
    pub(super) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// A file; `None` when there is none.
    pub(super) fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, RestoreError> {
        let path = self.url(name);
        let target = Target::parse(&self.prefix, name)
            .map_err(|error| both(path.clone(), &error.to_string()))?;
        let answer = self.runtime.block_on(self.getter.lock().get(&target, max));
        let answer = answer.map_err(|error| RestoreError::Tiles {
            path: path.clone(),
            zh: error.zh(),
            en: crate::chain(&error),
        })?;
        match answer.status {
            200 => Ok(Some(answer.body.into())),
            404 => Ok(None),
            403 => Err(RestoreError::Tiles {
                path,
                zh: "对方不提供条目（403）；请由其运维人员设置 serve_entries = true，或改用 export-tiles 导出的目录"
                    .to_owned(),
                en: "it does not give out entries (403): let its operator set serve_entries = \
                     true, or restore from a directory written by export-tiles"
                    .to_owned(),
            }),
            status => Err(RestoreError::Tiles {
                path,
                zh: format!("答复为 HTTP {status}；请稍后再试，或从别处取一份"),
                en: format!("the answer is HTTP {status}: try later, or get another copy"),
            }),
        }
    }
}

/// A runtime for one call after the other.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// An error whose text is in both languages already.
fn both(path: String, text: &str) -> RestoreError {
    RestoreError::Tiles { path, zh: text.to_owned(), en: text.to_owned() }
}
