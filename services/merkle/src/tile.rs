//! Where a tiled log keeps what: paths of tiles and entry bundles, and the form of a bundle
//! (C2SP tlog-tiles).
//!
//! Names and encodes, reads and writes nothing. Invariants: a tile has exactly one path; a path
//! that is not the one of a tile is refused.

use std::fmt;

/// The hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;
/// The levels of the binary tree in a tile: 2^8 = 256.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// The longest entry that a bundle holds: its length is written in 16 bits.
pub const ENTRY_LENGTH_MAX: usize = u16::MAX as usize;
/// The highest level a path may name (tlog-tiles, "Merkle Tree").
const LEVEL_MAX: u8 = 63;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The entries themselves.
    Entries,
    /// Hashes of subtrees of 256^level leaves.
    Hashes {
        /// 0 for the leaves.
        level: u8,
    },
}

/// A tile of hashes or a bundle of entries, full or partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    kind: Kind,
    index: u64,
    width: u16,
}

/// The text is not the path of a tile or of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a path of a tile: tile/<level>/<index>[.p/<width>] or tile/entries/<index>[.p/<width>]"
)]
pub struct NotATile;

impl NotATile {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        "不是瓦片路径：应为 tile/<层>/<序号>[.p/<宽度>] 或 tile/entries/<序号>[.p/<宽度>]"
            .to_owned()
    }
}

impl Tile {
    /// The tile of `width` hashes or entries at `index` among those of its kind; `None` when
    /// the level is above 63 or the width not between 1 and 256.
    #[must_use]
    pub fn new(kind: Kind, index: u64, width: u16) -> Option<Self> {
        let is_level = !matches!(kind, Kind::Hashes { level } if LEVEL_MAX < level);
        let is_width = (1..=TILE_WIDTH).contains(&u64::from(width));
        (is_level && is_width).then_some(Self { kind, index, width })
    }

    /// The tile at `index` in a tree of `size` leaves, as wide as it is then; `None` when there
    /// is none.
    #[must_use]
    pub fn at_size(kind: Kind, index: u64, size: u64) -> Option<Self> {
        let stored = stored(kind, size);
        let width = stored.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        Self::new(kind, index, u16::try_from(width).ok()?)
    }

    /// Hashes of which level, or entries.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// The number of the tile among those of its kind, from 0.
    #[must_use]
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, from 1 to 256.
    #[must_use]
    pub fn width(self) -> u16 {
        self.width
    }

    /// Holds fewer than 256.
    #[must_use]
    pub fn is_partial(self) -> bool {
        u64::from(self.width) < TILE_WIDTH
    }

    /// The index of its first hash at its level, or of its first entry; `None` when that is
    /// more than any tree has.
    #[must_use]
    pub fn first(self) -> Option<u64> {
        self.index.checked_mul(TILE_WIDTH)
    }

    /// Whether a tree of `size` leaves has all that the tile holds.
    #[must_use]
    pub fn is_in(self, size: u64) -> bool {
        let end = self.first().and_then(|first| first.checked_add(u64::from(self.width)));
        end.is_some_and(|end| end <= stored(self.kind, size))
    }

    /// Reads a path, with or without the leading slash.
    ///
    /// # Errors
    /// When it is not exactly the path of a tile.
    pub fn parse(path: &str) -> Result<Self, NotATile> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let rest = path.strip_prefix("tile/").ok_or(NotATile)?;
        let (kind, rest) = rest.split_once('/').ok_or(NotATile)?;
        let kind = match kind {
            "entries" => Kind::Entries,
            level => Kind::Hashes { level: decimal(level).ok_or(NotATile)? },
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, decimal(width).ok_or(NotATile)?),
            None => (rest, TILE_WIDTH as u16),
        };
        let mut number = 0_u64;
        for group in index.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let group = three_digits(digits).ok_or(NotATile)?;
            number = number.checked_mul(1000).ok_or(NotATile)?;
            number = number.checked_add(group).ok_or(NotATile)?;
        }
        let tile = Self::new(kind, number, width).ok_or(NotATile)?;
        // What is read leniently above, such as zeros in front, is written differently.
        if tile.to_string() == path { Ok(tile) } else { Err(NotATile) }
    }
}

/// How many hashes of a kind a tree of `size` leaves has.
fn stored(kind: Kind, size: u64) -> u64 {
    let level = match kind {
        Kind::Entries => 0,
        Kind::Hashes { level } => u32::from(level),
    };
    size.checked_shr(level * TILE_HEIGHT).unwrap_or(0)
}

/// A decimal number without zeros in front.
fn decimal<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

fn three_digits(text: &str) -> Option<u64> {
    if text.len() == 3 { decimal(text) } else { None }
}

/// The path below the prefix of the log, without a leading slash: `tile/0/x001/x234/067.p/12`.
impl fmt::Display for Tile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Entries => out.write_str("tile/entries/")?,
            Kind::Hashes { level } => write!(out, "tile/{level}/")?,
        }
        // 2^64 has 20 digits: seven groups of three.
        for power in (1..7).rev() {
            let above = self.index / 1000_u64.pow(power);
            if above != 0 {
                write!(out, "x{:03}/", above % 1000)?;
            }
        }
        write!(out, "{:03}", self.index % 1000)?;
        if self.is_partial() { write!(out, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// An entry does not fit into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {length} bytes does not fit into a bundle, which takes {ENTRY_LENGTH_MAX}")]
pub struct EntryTooLong {
    /// Its length in bytes.
    pub length: usize,
}

impl EntryTooLong {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        format!("条目长 {} 字节，条目包每条至多 {ENTRY_LENGTH_MAX} 字节", self.length)
    }
}

/// Writes a bundle: each entry behind its length in two bytes, the higher first.
///
/// # Errors
/// When an entry is longer than 65,535 bytes.
pub fn encode_bundle<E: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = E>,
) -> Result<Vec<u8>, EntryTooLong> {
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length =
            u16::try_from(entry.len()).map_err(|_| EntryTooLong { length: entry.len() })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Why bytes are no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The bytes end within an entry.
    #[error("the bundle ends within entry {entry}")]
    Cut {
        /// The number of the entry in the bundle, from 0.
        entry: usize,
    },
    /// It does not hold as many entries as it should.
    #[error("the bundle does not hold exactly {expected} entries")]
    Count {
        /// How many it should hold.
        expected: u16,
    },
}

impl BundleError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Cut { entry } => format!("条目包在第 {} 个条目处中断", entry + 1),
            Self::Count { expected } => format!("条目包不是恰好 {expected} 个条目"),
        }
    }
}

/// Reads a bundle of exactly `width` entries.
///
/// # Errors
/// When the bytes are not that.
pub fn decode_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let count = BundleError::Count { expected: width };
    let mut entries = Vec::with_capacity(usize::from(width).min(TILE_WIDTH as usize));
    let mut rest = bundle;
    while !rest.is_empty() {
        if usize::from(width) <= entries.len() {
            return Err(count);
        }
        let cut = BundleError::Cut { entry: entries.len() };
        let (length, behind) = rest.split_first_chunk::<2>().ok_or(cut)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, behind) = behind.split_at_checked(length).ok_or(cut)?;
        entries.push(entry);
        rest = behind;
    }
    if entries.len() == usize::from(width) { Ok(entries) } else { Err(count) }
}
