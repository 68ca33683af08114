//! A state as bytes, so that opening a ledger need not fold every entry.
//!
//! Derived data: whoever doubts it throws it away and folds the journal. Not in it is what the
//! journal says in few entries (who is who, rules, calendars): [`Loaded::missing`] names those, and
//! the caller reads them again, so that there is one reading of a registration and not two.
//!
//! Layout, all numbers little-endian. Head: [`MAGIC`], format u32, fold u32, ledger 16 bytes,
//! position u64, binding 32 bytes, CRC-32C u32 of all that. Then blocks: length u32, CRC-32C u32 of
//! the block's number (u32), the length and the content, content. An empty block ends it. So a
//! flipped bit, a block that is missing, doubled or moved, and a file cut short are all noticed.

use std::sync::Arc;

use duty::Position;
use duty::entry::{Entry, Recorded};
use duty::id::OrganizationId;
use duty::recorders::Recorders;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::State;
use crate::chunk::{Chunk, PackedMark};
use crate::ids::{IdIndex, SHARDS, Shard};
use crate::places::Places;
use crate::state::Streams;
use crate::stream::Stream;
use crate::wire::{Reader, put_number, put_signed, put_text};
use crate::words::Words;

/// What a snapshot begins with.
pub const MAGIC: [u8; 8] = *b"DUTYVIEW";
/// Version of the layout above and of the sections below.
pub const FORMAT_VERSION: u32 = 2;
/// Version of what the fold makes of entries: bump it whenever the same journal gives another
/// state, or a packed number another meaning (an event type added in the middle of its list).
pub const FOLD_VERSION: u32 = 3;
/// Length of the head, in bytes.
pub const HEAD_BYTES: usize = 76;

/// A block is closed once it holds this much.
const BLOCK_BYTES: usize = 1 << 20;
/// No block is longer: what cannot be cut is the packed facts of one chunk, 32 entries of at most
/// 64 KiB.
const BLOCK_BYTES_MAX: usize = 16 << 20;

/// What a snapshot is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The id of the ledger.
    pub ledger: [u8; 16],
    /// The last entry folded in.
    pub position: Position,
    /// What the journal is at that position, for the caller to compare: a tree root.
    pub binding: [u8; 32],
}

/// Why bytes are no snapshot to go by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// They do not begin as a snapshot does.
    #[error("it is not a snapshot of views")]
    Foreign,
    /// Another version wrote them, or means something else by them.
    #[error(
        "it has format {format} and fold {fold}, this version reads {FORMAT_VERSION} and {FOLD_VERSION}"
    )]
    OtherVersion {
        /// Its format version.
        format: u32,
        /// Its fold version.
        fold: u32,
    },
    /// A checksum does not fit.
    #[error("its {0} is damaged")]
    Damaged(&'static str),
    /// The checksums fit, yet the content makes no sense.
    #[error("its {0} makes no sense")]
    Senseless(&'static str),
    /// The journal holds something else where the snapshot has a registration.
    #[error("the entry at position {0} is not what the snapshot takes it for")]
    OtherEntry(Position),
}

/// Why a snapshot could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError<E> {
    /// The bytes could not be had.
    #[error("it could not be read")]
    Source(#[source] E),
    /// The bytes are not usable.
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

/// Writes a state, whose parts are given up as they are written.
///
/// # Errors
/// What `sink` said.
pub fn save<E>(
    state: State,
    ledger: [u8; 16],
    binding: [u8; 32],
    sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    sink(&Stamp { ledger, position: state.head, binding }.head())?;
    let mut blocks = Blocks { content: Vec::with_capacity(BLOCK_BYTES), number: 0, sink };
    let State { streams, ids, places, days_closed, last_recorded_at, .. } = state;
    let bytes = &mut blocks.content;
    bytes.push(last_recorded_at.is_some().into());
    let recorded = last_recorded_at.unwrap_or(Timestamp::UNIX_EPOCH);
    put_signed(bytes, recorded.as_second());
    put_signed(bytes, recorded.subsec_nanosecond().into());
    put_number(bytes, days_closed.len() as u64);
    for (position, day) in days_closed.iter() {
        put_number(bytes, position.get());
        put_signed(bytes, day.year().into());
        bytes.extend([day.month().unsigned_abs(), day.day().unsigned_abs()]);
    }
    blocks.cut()?;
    for shard in ids.into_shards() {
        put_number(&mut blocks.content, shard.slots().len() as u64);
        let slots = shard.slots().iter().flat_map(|slot| slot.to_le_bytes());
        blocks.content.extend(slots);
        blocks.cut()?;
    }
    put_number(&mut blocks.content, places.count());
    for page in places.into_pages() {
        put_number(&mut blocks.content, page.len() as u64);
        blocks.content.extend(page.iter().flat_map(|place| place.to_le_bytes()));
        blocks.cut()?;
    }
    put_number(&mut blocks.content, streams.streams.len() as u64);
    for stream in &streams.streams {
        save_stream(stream, &mut blocks)?;
    }
    blocks.end()
}

fn save_stream<E>(stream: &Stream, blocks: &mut Blocks<'_, E>) -> Result<(), E> {
    let (words, open) = stream.open_sealed();
    let bytes = &mut blocks.content;
    put_text(bytes, stream.organization().as_str());
    put_number(bytes, stream.recorders().all().len() as u64);
    for (year, recorders) in stream.recorders().all() {
        put_signed(bytes, year.into());
        put_number(bytes, recorders.len() as u64);
        recorders.iter().for_each(|recorder| put_text(bytes, recorder));
    }
    put_number(bytes, words.all().len() as u64);
    words.all().iter().for_each(|word| put_text(bytes, word));
    put_number(bytes, stream.sealed().len() as u64);
    bytes.push(open.is_some().into());
    blocks.cut()?;
    for chunk in stream.sealed().iter().map(|chunk| &**chunk).chain(&open) {
        let bytes = &mut blocks.content;
        put_number(bytes, chunk.first.get());
        put_number(bytes, chunk.last.get());
        bytes.extend([chunk.count, chunk.tells_of_change.into()]);
        put_signed(bytes, chunk.years.0.into());
        put_signed(bytes, chunk.years.1.into());
        put_number(bytes, chunk.marks.len() as u64);
        bytes.extend(chunk.marks.iter().flat_map(|mark| mark.0.to_le_bytes()));
        put_number(bytes, chunk.bytes.len() as u64);
        bytes.extend_from_slice(&chunk.bytes);
        blocks.cut()?;
    }
    Ok(())
}

/// A state that lacks the entries named in [`Self::missing`].
#[derive(Debug)]
pub struct Loaded {
    /// What it is a snapshot of.
    pub stamp: Stamp,
    state: State,
    missing: Vec<Position>,
    supplied: usize,
}

impl Loaded {
    /// The positions of the entries that the caller must read and [`Self::supply`], in order.
    #[must_use]
    pub fn missing(&self) -> &[Position] {
        &self.missing[self.supplied..]
    }

    /// Takes in the next missing entry.
    ///
    /// # Errors
    /// [`Unusable::OtherEntry`] when it cannot be the one that is missing.
    pub fn supply(&mut self, position: Position, recorded: &Recorded) -> Result<(), Unusable> {
        let expected = self.missing().first() == Some(&position);
        let of_a_stream = matches!(
            recorded.entry,
            Entry::DutyEvent(_) | Entry::Correction(_) | Entry::DayClosed(_)
        );
        if !expected || of_a_stream {
            return Err(Unusable::OtherEntry(position));
        }
        self.supplied += 1;
        let Recorded { event_id, recorded_at, entry, .. } = &recorded;
        self.state.register(position, (*event_id, *recorded_at), entry);
        Ok(())
    }

    /// The state, once nothing is missing.
    ///
    /// # Errors
    /// [`Unusable::OtherEntry`] with the first entry that is.
    pub fn finish(self) -> Result<State, Unusable> {
        match self.missing().first() {
            Some(missing) => Err(Unusable::OtherEntry(*missing)),
            None => Ok(self.state),
        }
    }
}

/// Reads what [`save`] wrote; `source` fills the bytes it is given, or fails.
///
/// # Errors
/// [`LoadError`]; the caller then takes an older snapshot, or folds the journal.
pub fn load<E>(source: &mut dyn FnMut(&mut [u8]) -> Result<(), E>) -> Result<Loaded, LoadError<E>> {
    let mut head = [0; HEAD_BYTES];
    source(&mut head).map_err(LoadError::Source)?;
    let stamp = Stamp::read(&head)?;
    let mut items = Items { content: Vec::new(), at: 0, number: 0, source };
    let mut state = State::new();
    state.head = stamp.position;
    (state.last_recorded_at, state.days_closed) = items
        .next("head", |reader| Some((read_recorded(reader)?, Arc::new(read_days(reader)?))))?;
    let mut shards = Vec::with_capacity(SHARDS);
    for _ in 0..SHARDS {
        let slots = items.next("table of ids", |reader| read_words(reader, u64::from_le_bytes))?;
        let shard = Shard::from_slots(slots).ok_or(Unusable::Senseless("table of ids"))?;
        shards.push(Arc::new(shard));
    }
    state.ids = IdIndex::from_shards(shards).ok_or(Unusable::Senseless("table of ids"))?;
    let places = items.next("list of places", |reader| reader.number())?;
    let (mut pages, mut read) = (Vec::new(), 0);
    while read < places {
        let page = items.next("list of places", |r| read_words(r, u32::from_le_bytes))?;
        read += page.len().max(1) as u64;
        pages.push(page);
    }
    let count = items.next("list of streams", |reader| reader.count())?;
    let mut streams = Streams::default();
    for _ in 0..count {
        let stream = load_stream(&mut items)?;
        streams.number_as_next(stream).ok_or(Unusable::Senseless("list of streams"))?;
    }
    items.end()?;
    let places = Places::from_pages(pages, streams.streams.len());
    state.places = places.ok_or(Unusable::Senseless("list of places"))?;
    state.streams = Arc::new(streams);
    let head = stamp.position.get();
    if state.places.count() != head || state.ids.count() != head {
        return Err(Unusable::Senseless("count of entries").into());
    }
    let days = &state.days_closed;
    let is_day = |at: &Position| days.binary_search_by_key(at, |(position, _)| *position).is_ok();
    let missing = state.places.elsewhere().filter(|at| !is_day(at)).collect();
    Ok(Loaded { stamp, state, missing, supplied: 0 })
}

fn read_recorded(reader: &mut Reader<'_>) -> Option<Option<Timestamp>> {
    let is_there = reader.byte()? == 1;
    let (seconds, nanos) = (reader.signed()?, i32::try_from(reader.signed()?).ok()?);
    let recorded = Timestamp::new(seconds, nanos).ok()?;
    Some(is_there.then_some(recorded))
}

fn read_days(reader: &mut Reader<'_>) -> Option<Vec<(Position, Date)>> {
    let count = reader.count()?;
    let mut days = Vec::with_capacity(count.min(reader.left()));
    for _ in 0..count {
        let position = Position::new(reader.number()?);
        let year = i16::try_from(reader.signed()?).ok()?;
        let (month, day) = (reader.byte()?, reader.byte()?);
        let small = |number| i8::try_from(number).ok();
        days.push((position, Date::new(year, small(month)?, small(day)?).ok()?));
    }
    Some(days)
}

/// Numbers of a fixed width, with their count.
fn read_words<const N: usize, T>(
    reader: &mut Reader<'_>,
    read: fn([u8; N]) -> T,
) -> Option<Vec<T>> {
    let count = reader.count()?;
    let bytes = reader.take(count.checked_mul(N)?)?;
    Some(bytes.as_chunks().0.iter().map(|word| read(*word)).collect())
}

fn load_stream<E>(items: &mut Items<'_, E>) -> Result<Stream, LoadError<E>> {
    let (organization, recorders, words, sealed, open) = items.next("stream", |reader| {
        let organization = OrganizationId::parse(reader.text()?)?;
        let recorders = read_recorders(reader)?;
        let mut words = Words::default();
        for number in 0..reader.number()? {
            // Each stands there once.
            (words.number(reader.text()?) == number).then_some(())?;
        }
        Some((organization, recorders, words, reader.count()?, reader.byte()? == 1))
    })?;
    let mut chunks = Vec::new();
    for _ in 0..sealed {
        chunks.push(items.next("chunk of facts", read_chunk)?);
    }
    let open = if open { vec![items.next("chunk of facts", read_chunk)?] } else { Vec::new() };
    Ok(Stream::from_parts(organization, recorders, words, chunks, &open))
}

fn read_recorders(reader: &mut Reader<'_>) -> Option<Recorders> {
    let mut recorders = Recorders::default();
    for _ in 0..reader.number()? {
        let year = i16::try_from(reader.signed()?).ok()?;
        for _ in 0..reader.number()? {
            recorders.add(year, reader.text()?);
        }
    }
    Some(recorders)
}

fn read_chunk(reader: &mut Reader<'_>) -> Option<Chunk> {
    let (first, last) = (Position::new(reader.number()?), Position::new(reader.number()?));
    let (count, tells_of_change) = (reader.byte()?, reader.byte()? == 1);
    let mut year = || i16::try_from(reader.signed()?).ok();
    let years = (year()?, year()?);
    let marks = read_words(reader, |bytes| PackedMark(u64::from_le_bytes(bytes)))?;
    let length = reader.count()?;
    let bytes = reader.take(length)?.into();
    let in_order = first <= last && years.0 <= years.1 && 0 < count;
    in_order.then_some(Chunk { first, last, count, tells_of_change, years, bytes, marks })
}

impl Stamp {
    fn head(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        bytes.extend(FOLD_VERSION.to_le_bytes());
        bytes.extend(self.ledger);
        bytes.extend(self.position.get().to_le_bytes());
        bytes.extend(self.binding);
        let crc = crc32c::crc32c(&bytes);
        bytes.extend(crc.to_le_bytes());
        bytes
    }

    /// What a snapshot that begins with these bytes is of.
    ///
    /// # Errors
    /// [`Unusable`] when that cannot be said.
    pub fn read(head: &[u8; HEAD_BYTES]) -> Result<Self, Unusable> {
        let damaged = || Unusable::Damaged("head");
        let (said, crc) = head.split_last_chunk::<4>().ok_or_else(damaged)?;
        let mut reader = Reader::new(said);
        if reader.array() != Some(MAGIC) {
            return Err(Unusable::Foreign);
        }
        if crc32c::crc32c(said) != u32::from_le_bytes(*crc) {
            return Err(damaged());
        }
        let mut version = || reader.array().map(u32::from_le_bytes).ok_or_else(damaged);
        let (format, fold) = (version()?, version()?);
        if (format, fold) != (FORMAT_VERSION, FOLD_VERSION) {
            return Err(Unusable::OtherVersion { format, fold });
        }
        let ledger = reader.array().ok_or_else(damaged)?;
        let position = reader.array().map(u64::from_le_bytes).ok_or_else(damaged)?;
        let binding = reader.array().ok_or_else(damaged)?;
        Ok(Self { ledger, position: Position::new(position), binding })
    }
}

/// Content on its way out, in blocks. What is put in between two cuts stays in one block.
struct Blocks<'a, E> {
    content: Vec<u8>,
    number: u32,
    sink: &'a mut dyn FnMut(&[u8]) -> Result<(), E>,
}

impl<E> Blocks<'_, E> {
    fn cut(&mut self) -> Result<(), E> {
        if self.content.len() < BLOCK_BYTES { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> Result<(), E> {
        // Far below 4 GiB: see `BLOCK_BYTES_MAX`.
        let length = u32::try_from(self.content.len()).unwrap_or(u32::MAX);
        (self.sink)(&length.to_le_bytes())?;
        (self.sink)(&checksum(self.number, length, &self.content).to_le_bytes())?;
        (self.sink)(&self.content)?;
        self.number += 1;
        self.content.clear();
        Ok(())
    }

    fn end(mut self) -> Result<(), E> {
        if !self.content.is_empty() {
            self.write()?;
        }
        self.write()
    }
}

fn checksum(number: u32, length: u32, content: &[u8]) -> u32 {
    let mut head = [0; 8];
    head[..4].copy_from_slice(&number.to_le_bytes());
    head[4..].copy_from_slice(&length.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&head), content)
}

/// Content on its way in.
struct Items<'a, E> {
    content: Vec<u8>,
    at: usize,
    number: u32,
    source: &'a mut dyn FnMut(&mut [u8]) -> Result<(), E>,
}

impl<E> Items<'_, E> {
    /// Reads the next item, which lies in one block.
    fn next<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Result<T, LoadError<E>> {
        if self.at == self.content.len() {
            self.fetch()?;
        }
        let mut reader = Reader::new(&self.content[self.at..]);
        let item = read(&mut reader).ok_or(Unusable::Senseless(what))?;
        self.at = self.content.len() - reader.left();
        Ok(item)
    }

    fn fetch(&mut self) -> Result<(), LoadError<E>> {
        let mut head = [0; 8];
        (self.source)(&mut head).map_err(LoadError::Source)?;
        let (length, crc) =
            (u64::from_le_bytes(head) & 0xffff_ffff, u64::from_le_bytes(head) >> 32);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if BLOCK_BYTES_MAX < length {
            return Err(Unusable::Damaged("block").into());
        }
        self.content.resize(length, 0);
        self.at = 0;
        (self.source)(&mut self.content).map_err(LoadError::Source)?;
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        if u64::from(checksum(self.number, length, &self.content)) != crc {
            return Err(Unusable::Damaged("block").into());
        }
        self.number += 1;
        Ok(())
    }

    /// Nothing but the empty block is left.
    fn end(mut self) -> Result<(), LoadError<E>> {
        if self.at == self.content.len() {
            self.fetch()?;
            if self.content.is_empty() {
                return Ok(());
            }
        }
        Err(Unusable::Senseless("end").into())
    }
}
