//! The entries one by one: decoded, in order of time, none twice, folded into the state.

use bytes::Bytes;
use duty::id::EventId;
use jiff::Timestamp;
use projection::State;

use super::{Finding, Findings};
use crate::codec::{self, CodecError};

/// What the entries so far come to.
#[derive(Default)]
pub(super) struct Entries {
    state: State,
    /// The last position that is not folded in; nothing behind it can be.
    broken_at: Option<u64>,
    last_recorded_at: Option<Timestamp>,
    /// Every event id with its position: 24 bytes an entry, looked through at the end.
    ids: Vec<(EventId, u64)>,
}

impl Entries {
    /// Takes in the next entry.
    pub(super) fn entry(&mut self, position: u64, stored: &Bytes, findings: &mut Findings<'_>) {
        let recorded = match codec::decode(stored) {
            Ok(recorded) => recorded,
            Err(error) => {
                findings.add(undecodable(position, &error));
                self.damaged(position);
                return;
            }
        };
        if let Some(last) = self.last_recorded_at
            && recorded.recorded_at < last
        {
            let now = recorded.recorded_at;
            findings.add(Finding::at(
                position,
                "TIME_BACKWARDS",
                format!(
                    "第 {position} 条记录时间 {now} 早于前一条 {last}：内容被改动，请从备份恢复"
                ),
                format!(
                    "position {position} is recorded at {now}, before the entry before it \
                     ({last}): it was altered, restore a backup"
                ),
            ));
        }
        self.last_recorded_at = Some(recorded.recorded_at);
        self.ids.push((recorded.event_id, position));
        if self.broken_at.is_none() {
            self.state.apply(&recorded);
        }
    }

    /// What is to be said when all is read.
    pub(super) fn finish(&mut self, findings: &mut Findings<'_>) {
        let mut ids = std::mem::take(&mut self.ids);
        ids.sort_unstable();
        for pair in ids.windows(2) {
            let [(id, first), (next, position)] = pair else { continue };
            if id == next {
                findings.add(repeated(*position, *id, *first));
            }
        }
    }

    /// The state so far; `None` when an entry could not be folded in.
    pub(super) fn state(&self) -> Option<&State> {
        self.broken_at.is_none().then_some(&self.state)
    }

    /// The state after every entry; `None` when one of them could not be folded in.
    pub(super) fn into_state(self) -> Option<State> {
        self.broken_at.is_none().then_some(self.state)
    }

    /// Notes that positions up to `last` could not be read.
    pub(super) fn damaged(&mut self, last: u64) {
        self.broken_at = Some(last);
    }
}

fn repeated(position: u64, id: EventId, first: u64) -> Finding {
    Finding::at(
        position,
        "EVENT_ID_REPEATED",
        format!("第 {position} 条的事件编号 {id} 已见于第 {first} 条：内容被改动，请从备份恢复"),
        format!(
            "position {position} has the event id {id} of position {first}: it was altered, \
             restore a backup"
        ),
    )
}

fn undecodable(position: u64, error: &CodecError) -> Finding {
    let why = crate::chain(error);
    Finding::at(
        position,
        "ENTRY_SENSELESS",
        format!(
            "第 {position} 条不是本程序能理解的记录（{why}）：由更新的版本写入，或内容被改动；请用新版本检查，或从备份恢复"
        ),
        format!(
            "position {position} is no entry this program understands ({why}): a later version \
             wrote it, or it was altered; check with the later version, or restore a backup"
        ),
    )
}
