//! Persons: registered with a sealed name, shown while the key exists, erased for good.
//!
//! The part of `RegistryService` that handles personal text. What is personal lives in a request or
//! an answer and nowhere else: it is never logged, cached, or repeated in an error.

use std::sync::Arc;

use duty::decide::{Command, Proposed, Refusal, RefusalKind};
use duty::entry::{Entry, PersonErasure};
use duty::id::{EventId, PersonId};
use duty::registry::{Person, Sealed};
use duty::{Position, Problem, Problems, Reason};
use tonic::{Code, Status};

use super::convert::{history, person as convert, registry};
use super::{Api, event_id, recorder, refuse_if_any, status};
use crate::ledger::{self, Receipt, Submission, SubmitError};
use crate::pb;
use crate::pb::ledger_entry::Payload;
use crate::persons::{self, PersonsError};

/// What can be said of a person's text.
pub(super) enum Text {
    /// None was recorded.
    None,
    /// It is to be shown.
    Shown(pb::PersonalText),
    /// It was erased by the entry at this position.
    Erased(Position),
    /// It is there and cannot be read now.
    Unavailable,
}

/// What an earlier entry with the event id of a registration says.
enum Earlier {
    /// There is none.
    Nothing,
    /// The same text, sealed then.
    Same(Sealed),
    /// Something else; the ledger refuses it.
    Otherwise,
}

const FIELDS: status::Fields = status::Fields { event_id: "event_id", entry: "", whole: "text" };

impl Api {
    pub(super) async fn person_registered(
        &self,
        request: pb::RegisterPersonRequest,
    ) -> Result<pb::AppendReceipt, Status> {
        let pb::RegisterPersonRequest { recorder: by, event_id: id, person, text, amend } = request;
        let mut problems = Problems::new();
        let by = recorder(&by, &mut problems);
        let id = event_id(&id, "event_id", &mut problems);
        let person = problems.at("person", |problems| asked(person.unwrap_or_default(), problems));
        let text = text.map(|text| problems.at("text", |found| convert::text(&text, found)));
        if let (Some(person), Some(text)) = (&person, &text) {
            for (field, clear) in [("person.person_id", person.as_str()), ("recorder", &by)] {
                no_name_in(clear, field, text, &mut problems);
            }
        }
        refuse_if_any(problems)?;
        let (Some(id), Some(person)) = (id, person) else {
            return Err(status::internal("a person without fault did not convert"));
        };
        let taken = self.ledger.registry().has_person(&person, Position::MAX);
        self.allow_amendment(taken, amend, id, "person.person_id").await?;
        match text {
            Some(text) => self.register_sealed(by, id, person, text).await,
            None if amend => Err(text_required()),
            None => {
                let submitted = self.submit_person(by, id, person.into()).await;
                let receipt = submitted.map_err(|error| status::submit_one(error, FIELDS))?;
                Ok(super::receipt(&receipt, Vec::new()))
            }
        }
    }

    /// Seals the text and submits it. The key is durable before the entry is.
    async fn register_sealed(
        &self,
        by: Box<str>,
        id: EventId,
        person: PersonId,
        text: pb::PersonalText,
    ) -> Result<pb::AppendReceipt, Status> {
        // The same call twice at once seals twice, and no two ciphertexts are the same: the one
        // that comes second looks again, and finds what the first wrote.
        let mut tries_left = 3;
        loop {
            tries_left -= 1;
            // Sealing would make a key again for somebody who must not have one.
            if let Some(at) = self.erased_at(&person) {
                let Some(sealed) = self.sealed_with_id(id, &person).await? else {
                    return Err(erased(&person, at));
                };
                // A repeated call gets its first receipt; what it said nobody can compare any more.
                let entry = Person { id: person, sealed: Some(sealed) };
                let submitted = self.submit_person(by, id, entry).await;
                let receipt = submitted.map_err(|error| status::submit_one(error, FIELDS))?;
                return Ok(super::receipt(&receipt, Vec::new()));
            }
            let earlier = match self.earlier_text(id, &person, &text).await {
                // Erased while it was opened: the next try sees that.
                Err(_) if self.erased_at(&person).is_some() => continue,
                earlier => earlier?,
            };
            let is_new = matches!(earlier, Earlier::Nothing);
            let sealed = match earlier {
                Earlier::Same(sealed) => sealed,
                Earlier::Nothing | Earlier::Otherwise => self.seal(&person, &text).await?,
            };
            let entry = Person { id: person.clone(), sealed: Some(sealed) };
            let error = match self.submit_person(by.clone(), id, entry).await {
                Ok(receipt) => return Ok(super::receipt(&receipt, Vec::new())),
                Err(error) => error,
            };
            if self.erased_at(&person).is_some() {
                // Erased meanwhile: the key that sealing made goes too.
                persons::destroy(&self.ledger, &self.persons).await;
            }
            // The only thing a person's entry can collide with is another under its event id.
            let beaten = matches!(&error, SubmitError::Refused(refusal)
                if is_new && refusal.kind() == RefusalKind::AlreadyExists);
            if tries_left == 0 || !beaten {
                return Err(status::submit_one(error, FIELDS));
            }
            self.until_shown(id).await;
        }
    }

    /// Waits until the entry with this id, which the writer has already decided on, is shown. It is
    /// not if its write failed; the next try finds out.
    async fn until_shown(&self, id: EventId) {
        let mut head = self.ledger.watch_head();
        let shown = async {
            while matches!(self.with_id(id).await, Ok(None)) {
                if head.changed().await.is_err() {
                    break;
                }
            }
        };
        // In vain or not, the next try looks.
        let _ = tokio::time::timeout(self.min_position_wait, shown).await;
    }

    /// The entry with an event id.
    async fn with_id(&self, id: EventId) -> Result<Option<Entry>, Status> {
        let found = self.ledger.find(id).await.map_err(|error| status::read(&error))?;
        Ok(found.map(|(_, recorded)| recorded.entry))
    }

    async fn submit_person(
        &self,
        recorder: Box<str>,
        event_id: EventId,
        person: Person,
    ) -> Result<Receipt, SubmitError> {
        let payload = Payload::Person(pb::Person {
            person_id: person.id.to_string(),
            sealed: person.sealed.as_ref().map(convert::sealed_message),
        });
        let proposed = Proposed::new(0, event_id, Entry::Person(person));
        let command = Command { recorder, entries: vec![proposed], expectations: Vec::new() };
        let submission = Submission::new(command, vec![payload], Vec::new());
        let receipts = self.ledger.submit(submission).await?;
        // One entry has one receipt; a writer that gave none is no writer any more.
        receipts.into_iter().next().ok_or(SubmitError::Stopping)
    }

    /// The sealed text in the entry with this id, when that registered this person with one.
    async fn sealed_with_id(
        &self,
        id: EventId,
        person: &PersonId,
    ) -> Result<Option<Sealed>, Status> {
        Ok(match self.with_id(id).await? {
            Some(Entry::Person(Person { id, sealed })) if id == *person => sealed,
            _ => None,
        })
    }

    /// What the entry with this id, if there is one, says of the person's text.
    async fn earlier_text(
        &self,
        id: EventId,
        person: &PersonId,
        text: &pb::PersonalText,
    ) -> Result<Earlier, Status> {
        let sealed = match self.with_id(id).await? {
            None => return Ok(Earlier::Nothing),
            Some(Entry::Person(Person { id, sealed: Some(sealed) })) if id == *person => sealed,
            Some(_) => return Ok(Earlier::Otherwise),
        };
        match self.open_text(person, sealed.clone()).await? {
            Ok(first) if first == *text => Ok(Earlier::Same(sealed)),
            Ok(_) => Ok(Earlier::Otherwise),
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn seal(&self, person: &PersonId, text: &pb::PersonalText) -> Result<Sealed, Status> {
        let (keys, person, text) = (Arc::clone(&self.persons), person.clone(), text.clone());
        let sealed = tokio::task::spawn_blocking(move || keys.seal(&person, &text)).await;
        sealed.map_err(|_| status::internal("sealing was cut short"))?.map_err(|e| unavailable(&e))
    }

    async fn open_text(
        &self,
        person: &PersonId,
        sealed: Sealed,
    ) -> Result<Result<pb::PersonalText, PersonsError>, Status> {
        let (keys, person) = (Arc::clone(&self.persons), person.clone());
        let opened = tokio::task::spawn_blocking(move || keys.open_text(&person, &sealed)).await;
        opened.map_err(|_| status::internal("opening was cut short"))
    }

    /// The entry at a position.
    async fn entry_at(&self, position: Position) -> Result<Option<Entry>, Status> {
        let read = self.ledger.read_one(position).await.map_err(|error| status::read(&error))?;
        let Some(stored) = read else { return Ok(None) };
        let recorded = ledger::decode(&stored).map_err(|error| status::read(&error))?;
        Ok(Some(recorded.entry))
    }

    /// Which entry erased the person's text, as of now.
    fn erased_at(&self, person: &PersonId) -> Option<Position> {
        let registry = self.ledger.registry();
        registry.person(person).and_then(|record| record.erased_at)
    }

    /// The person's text in the newest version known at a position, unless it was erased, whenever.
    pub(super) async fn text_of(&self, person: &PersonId, known: Position) -> Result<Text, Status> {
        let registry = self.ledger.registry();
        let Some(record) = registry.person(person) else { return Ok(Text::None) };
        if let Some(at) = record.erased_at {
            return Ok(Text::Erased(at));
        }
        let Some(at) = record.texts.iter().rfind(|at| **at <= known).copied() else {
            return Ok(Text::None);
        };
        let sealed = match self.entry_at(at).await? {
            Some(Entry::Person(Person { sealed: Some(sealed), .. })) => sealed,
            _ => return Err(status::internal("a sealed text is not where the registry says")),
        };
        let error = match self.open_text(person, sealed).await? {
            Ok(text) => return Ok(Text::Shown(text)),
            Err(error) => error,
        };
        // The key may have been destroyed since the registry was looked at.
        if let Some(at) = self.erased_at(person) {
            return Ok(Text::Erased(at));
        }
        if !matches!(error, PersonsError::NoKek) {
            tracing::error!(error = %crate::chain(&error), "a name cannot be shown");
        }
        Ok(Text::Unavailable)
    }

    /// The person's Chinese name for the head of a view; empty when it must or can not be shown.
    pub(super) async fn name_of(
        &self,
        person: &PersonId,
        known: Position,
    ) -> Result<String, Status> {
        match self.text_of(person, known).await? {
            Text::Shown(text) => Ok(text.name_zh),
            Text::None | Text::Erased(_) | Text::Unavailable => Ok(String::new()),
        }
    }

    pub(super) async fn person_answer(
        &self,
        request: pb::GetPersonRequest,
    ) -> Result<pb::GetPersonResponse, Status> {
        let known = self.known(request.known_position)?;
        let snapshot = self.ledger.snapshot();
        let of = snapshot.registry();
        let person = PersonId::parse(&request.person_id)
            .filter(|person| of.has_person(person, known))
            .ok_or_else(|| status::not_found("person_id", "人员", &request.person_id))?;
        let tenures = of.tenures_by_person(&person, known);
        let mut answer = pb::GetPersonResponse {
            person: Some(pb::Person { person_id: person.to_string(), sealed: None }),
            holdings: tenures.iter().map(|held| history::holding(of, *held, known)).collect(),
            tenures: tenures.into_iter().map(|(_, t)| registry::tenure_message(t)).collect(),
            position: known.get(),
            ..Default::default()
        };
        let state = match self.text_of(&person, known).await? {
            Text::None => pb::PersonTextState::None,
            Text::Shown(text) => {
                answer.text = Some(text);
                pb::PersonTextState::Shown
            }
            Text::Unavailable => pb::PersonTextState::Unavailable,
            Text::Erased(at) => {
                if let Some(Entry::PersonErased(erasure)) = self.entry_at(at).await? {
                    answer.erasure = Some(convert::erasure_message(&erasure));
                }
                answer.erasure_position = at.get();
                pb::PersonTextState::Erased
            }
        };
        answer.text_state = state.into();
        Ok(answer)
    }

    pub(super) async fn person_erased(
        &self,
        request: pb::ErasePersonRequest,
    ) -> Result<pb::ErasePersonResponse, Status> {
        let pb::ErasePersonRequest {
            recorder: by,
            event_id: id,
            person_id,
            document_number,
            reason,
            approver,
        } = request;
        let mut problems = Problems::new();
        let by = recorder(&by, &mut problems);
        let id = event_id(&id, "event_id", &mut problems);
        let message = pb::PersonErasure { person_id, document_number, reason, approver };
        let erasure = convert::erasure(&message, &mut problems);
        refuse_if_any(problems)?;
        let (Some(id), Some(erasure)) = (id, erasure) else {
            return Err(status::internal("an erasure without fault did not convert"));
        };
        self.no_name_in_erasure(&erasure).await?;
        let payload = Payload::PersonErasure(convert::erasure_message(&erasure));
        let entry = Entry::PersonErased(erasure);
        let fields = status::Fields { whole: "reason", ..FIELDS };
        let receipt = self.submit_one(fields, by, id, entry, payload, Vec::new()).await?;
        // The reconciler does the same: a caller who hangs up here changes nothing.
        let key_destroyed = persons::destroy(&self.ledger, &self.persons).await;
        Ok(pb::ErasePersonResponse { receipt: Some(receipt), key_destroyed })
    }

    /// The order itself stays readable for ever: as far as the names can still be read, it is
    /// refused when it has one in it.
    async fn no_name_in_erasure(&self, erasure: &PersonErasure) -> Result<(), Status> {
        let registry = self.ledger.registry();
        let record = registry.person(&erasure.person);
        let Some(record) = record.filter(|record| record.erased_at.is_none()) else {
            return Ok(());
        };
        let mut problems = Problems::new();
        for at in &record.texts {
            let known = self.entry_at(*at).await?;
            let Some(Entry::Person(Person { sealed: Some(sealed), .. })) = known else { continue };
            // What cannot be read cannot be compared; that must not stand in the way of erasing it.
            if let Ok(text) = self.open_text(&erasure.person, sealed).await? {
                no_name_in(&erasure.reason, "reason", &text, &mut problems);
            }
            if !problems.is_empty() {
                break;
            }
        }
        refuse_if_any(problems)
    }
}

/// The person of a request: an id, and nothing sealed by the caller.
pub(super) fn asked(message: pb::Person, problems: &mut Problems) -> Option<PersonId> {
    if message.sealed.is_some() {
        problems.add(
            Reason::FieldMalformed,
            "sealed",
            "密文由台账生成，请求中不得填写；个人信息请填入 text",
            "the ledger seals, not the caller: give what is personal in text",
        );
    }
    convert::person_id(&message.person_id, problems)
}

fn no_name_in(clear: &str, field: &str, text: &pb::PersonalText, problems: &mut Problems) {
    if convert::names(clear, text) {
        problems.add(
            Reason::NameInClear,
            field,
            "含有该人员的姓名，而此项以明文永久保存：请改用无含义的编号或不含姓名的表述",
            "has the person's name in it and is stored in the clear for ever: use an opaque id, or \
             words without the name",
        );
    }
}

fn text_required() -> Status {
    status::invalid(vec![Problem::new(
        Reason::FieldRequired,
        "text",
        "变更登记时必须填写新的个人信息；要删除请用 ErasePerson",
        "a new version needs its text; to remove one, use ErasePerson",
    )])
}

fn erased(person: &PersonId, at: Position) -> Status {
    let problem = duty::decide::person_erased(person, at, "text");
    status::refused(Refusal::new(RefusalKind::FailedPrecondition, vec![problem]))
}

/// Why a text could not be sealed or read, for a caller. What exactly goes to the log.
fn unavailable(error: &PersonsError) -> Status {
    if matches!(error, PersonsError::NoKek) {
        return status::one(
            Code::FailedPrecondition,
            Reason::PersonKeyUnavailable,
            "未配置主密钥，不能录入或核对个人信息：请运维人员设置 person_kek_file 或 DUTY_LEDGER_PERSON_KEK 后重启；不含个人信息的登记不受影响",
            "no key of keys is configured, so nothing personal can be recorded or compared: have \
             person_kek_file or DUTY_LEDGER_PERSON_KEK set and the service restarted; persons can \
             be registered without text",
        );
    }
    if error.is_storage_full() {
        return status::submit(SubmitError::StorageFull);
    }
    tracing::error!(error = %crate::chain(error), "the key of a person cannot be used");
    status::one(
        Code::FailedPrecondition,
        Reason::PersonKeyUnavailable,
        "该人员的密钥不可用，请运维人员查看日志并从备份恢复 persons/",
        "the person's key cannot be used: have the log looked at and persons/ restored from a backup",
    )
}
