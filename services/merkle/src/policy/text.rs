//! The text of a policy: its lines, read and written (C2SP tlog-policy, "Policy file syntax").
//!
//! Works on bytes, since names need not be UTF-8. Invariant: what it writes, it reads as the
//! same policy.

use std::collections::BTreeSet;

use super::{
    Log, Named, POLICY_LENGTH_MAX, POLICY_LINES_MAX, Policy, PolicyError, PolicyFault, Role,
    Witness, shown,
};
use crate::key::{KeyError, VerifierKey};

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// When it breaks a rule of tlog-policy, or lets a log vouch for itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let at = |line, fault| PolicyError { line, fault };
        if POLICY_LENGTH_MAX < bytes.len() {
            return Err(at(1, PolicyFault::Limit));
        }
        let mut policy = Self { logs: vec![], named: vec![], quorum: None };
        let mut grouped = BTreeSet::new();
        let mut has_quorum = false;
        let mut count = 0;
        for line in bytes.split(|byte| *byte == b'\n') {
            count += 1;
            let taken = policy.take_line(line, &mut grouped, &mut has_quorum);
            taken.map_err(|fault| at(count, fault))?;
        }
        if has_quorum { Ok(policy) } else { Err(at(count, PolicyFault::Quorum)) }
    }

    fn take_line(
        &mut self,
        line: &[u8],
        grouped: &mut BTreeSet<usize>,
        has_quorum: &mut bool,
    ) -> Result<(), PolicyFault> {
        let is_control = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
        if line.iter().any(is_control) {
            return Err(PolicyFault::Control);
        }
        let is_space = |byte: &u8| *byte == b' ' || *byte == b'\t';
        let words: Vec<_> = line.split(is_space).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key, url @ ..] if url.len() < 2 => self.take_log(key, url.first()),
            [b"witness", name, key, url @ ..] if url.len() < 2 => {
                self.take_witness(name, key, url.first())
            }
            [b"group", name, threshold, members @ ..] => {
                self.take_group(name, threshold, members, grouped)
            }
            [b"quorum", name] => {
                if std::mem::replace(has_quorum, true) {
                    return Err(PolicyFault::Quorum);
                }
                self.quorum = if *name == b"none" { None } else { Some(self.find(name)?) };
                Ok(())
            }
            _ => Err(PolicyFault::Line),
        }
    }

    fn take_log(&mut self, key: &[u8], url: Option<&&[u8]>) -> Result<(), PolicyFault> {
        let key = read_key(key)?;
        self.take_key(&key, Role::Log)?;
        if POLICY_LINES_MAX <= self.logs.len() {
            return Err(PolicyFault::Limit);
        }
        self.logs.push(Log { key, url: read_url(url)? });
        Ok(())
    }

    fn take_witness(
        &mut self,
        name: &[u8],
        key: &[u8],
        url: Option<&&[u8]>,
    ) -> Result<(), PolicyFault> {
        let key = read_key(key)?;
        if !key.algorithm().is_cosignature() {
            return Err(PolicyFault::NotAWitness);
        }
        self.take_key(&key, Role::Witness)?;
        let witness = Witness { name: name.to_owned(), key, url: read_url(url)? };
        self.take_name(Named::Witness(Box::new(witness)))
    }

    fn take_group(
        &mut self,
        name: &[u8],
        threshold: &[u8],
        words: &[&[u8]],
        grouped: &mut BTreeSet<usize>,
    ) -> Result<(), PolicyFault> {
        let mut members = Vec::with_capacity(words.len());
        for word in words {
            let member = self.find(word)?;
            if !grouped.insert(member) {
                return Err(PolicyFault::MemberTwice(shown(word)));
            }
            members.push(member);
        }
        let threshold = match threshold {
            b"all" => members.len(),
            b"any" => 1,
            number => {
                let number = str::from_utf8(number).ok().and_then(crate::checkpoint::decimal);
                number.and_then(|it| it.try_into().ok()).ok_or(PolicyFault::Threshold)?
            }
        };
        if !(1..=members.len()).contains(&threshold) {
            return Err(PolicyFault::Threshold);
        }
        self.take_name(Named::Group { name: name.to_owned(), threshold, members })
    }

    fn take_name(&mut self, named: Named) -> Result<(), PolicyFault> {
        let name = named.name();
        if name == b"none" || self.find(name).is_ok() {
            return Err(PolicyFault::Taken(shown(name)));
        }
        if 2 * POLICY_LINES_MAX <= self.named.len() {
            return Err(PolicyFault::Limit);
        }
        self.named.push(named);
        Ok(())
    }

    fn find(&self, name: &[u8]) -> Result<usize, PolicyFault> {
        let found = self.named.iter().position(|named| named.name() == name);
        found.ok_or_else(|| PolicyFault::Undefined(shown(name)))
    }

    /// Refuses a key that is there, or cannot be told from one that is.
    pub(super) fn take_key(&self, key: &VerifierKey, role: Role) -> Result<(), PolicyFault> {
        let logs = self.logs.iter().map(|log| (&log.key, Role::Log));
        let witnesses = self.witnesses().map(|witness| (&witness.key, Role::Witness));
        for (known, known_role) in logs.chain(witnesses) {
            match (known.material() == key.material(), known_role == role) {
                (true, true) => return Err(PolicyFault::DuplicateKey),
                (true, false) => return Err(PolicyFault::WitnessIsLog),
                (false, _) if (known.name(), known.id()) == (key.name(), key.id()) => {
                    return Err(PolicyFault::AmbiguousKey);
                }
                (false, _) => {}
            }
        }
        Ok(())
    }

    /// The policy without comments: logs, witnesses, groups, quorum.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let url = |url: &Option<String>| url.as_ref().map_or(String::new(), |it| format!(" {it}"));
        for log in &self.logs {
            text.extend_from_slice(format!("log {}{}\n", log.key, url(&log.url)).as_bytes());
        }
        for witness in self.witnesses() {
            text.extend_from_slice(b"witness ");
            text.extend_from_slice(&witness.name);
            let rest = format!(" {}{}\n", witness.key, url(&witness.url));
            text.extend_from_slice(rest.as_bytes());
        }
        for named in &self.named {
            let Named::Group { name, threshold, members } = named else { continue };
            text.extend_from_slice(b"group ");
            text.extend_from_slice(name);
            text.extend_from_slice(format!(" {threshold}").as_bytes());
            for member in members {
                text.push(b' ');
                text.extend_from_slice(self.named[*member].name());
            }
            text.push(b'\n');
        }
        text.extend_from_slice(b"quorum ");
        text.extend_from_slice(self.quorum.map_or(b"none", |at| self.named[at].name()));
        text.push(b'\n');
        text
    }
}

fn read_key(word: &[u8]) -> Result<VerifierKey, PolicyFault> {
    let word = str::from_utf8(word).map_err(|_| KeyError::Form)?;
    Ok(word.parse()?)
}

fn read_url(word: Option<&&[u8]>) -> Result<Option<String>, PolicyFault> {
    let text = word.map(|word| str::from_utf8(word).map(str::to_owned));
    text.transpose().map_err(|_| PolicyFault::Line)
}
