//! The texts that the facts of one stream share: persons, posts, metrics, units.
//!
//! A few dozen in a stream, however long it grows. Numbers are given in order and never change.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Texts by number, and numbers by text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    words: Vec<Arc<str>>,
    numbers: BTreeMap<Arc<str>, u64>,
}

impl Words {
    /// The number of a text, a new one for a new text.
    pub(crate) fn number(&mut self, text: &str) -> u64 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.words.len() as u64;
        let word: Arc<str> = text.into();
        self.words.push(Arc::clone(&word));
        self.numbers.insert(word, number);
        number
    }

    /// The text with a number.
    pub(crate) fn word(&self, number: u64) -> Option<&Arc<str>> {
        self.words.get(usize::try_from(number).ok()?)
    }

    /// Every text, by number.
    pub(crate) fn all(&self) -> &[Arc<str>] {
        &self.words
    }
}
