//! Who is who: organizations as a tree, posts, persons as opaque ids, tenures, and what a
//! supervisor decided about them.
//!
//! Every record keeps all its versions with the position at which each became known, so that any
//! question can be answered as it would have been answered then ([`Registry`] takes `known` on
//! every look-up). Nothing is deleted. A person carries no name: what is personal is sealed in the
//! journal, and the registry knows only where, and whether its key was destroyed.

mod absence;
mod change;
mod group;
pub(crate) mod shared;

use std::sync::Arc;

use jiff::civil::Date;

pub use absence::{Absence, AbsenceKind};
pub use change::{Axis, Change, End, Ending, OrganizationChange};
pub use group::{GroupAlias, LeadingGroup};

use crate::division::DivisionCode;
use crate::exemption::Exemptions;
use crate::id::{AbsenceId, ChangeId, LeadingGroupId, OrganizationId, PersonId, PostId, TenureId};
use crate::position::Position;
use crate::rectification::Rectifications;
use crate::registry::shared::SharedMap;
use crate::uscc::SocialCreditCode;
use crate::year::{YearStep, Years};

/// Level of an organization in the tree (DOMAIN §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 自治区/省.
    Province,
    /// 市.
    City,
    /// 县区.
    County,
    /// 新区/开发区.
    FunctionalArea,
    /// 部门.
    Department,
    /// 科室.
    Section,
    /// 二层单位（事业单位）.
    SecondTierUnit,
    /// 乡镇/街道.
    Township,
}

/// Class of an organization, inside which alone a ranking makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 党的机关.
    PartyOrgan,
    /// 政府机关.
    GovernmentOrgan,
    /// 参照公务员法管理单位.
    CivilServiceManaged,
    /// 事业单位.
    PublicInstitution,
    /// 功能区.
    FunctionalArea,
}

impl Class {
    /// Stable text for conditions and filters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PartyOrgan => "party_organ",
            Self::GovernmentOrgan => "government_organ",
            Self::CivilServiceManaged => "civil_service_managed",
            Self::PublicInstitution => "public_institution",
            Self::FunctionalArea => "functional_area",
        }
    }
}

/// A credit code as registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreditCode {
    /// One that passes its check digits.
    Valid(SocialCreditCode),
    /// One that does not, kept because official papers print it, with the reason given.
    Overridden {
        /// The code as printed.
        code: Box<str>,
        /// Why it is kept.
        reason: Box<str>,
    },
}

/// An organization (责任单位).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// The organization above it, if any.
    pub parent: Option<OrganizationId>,
    /// Chinese name at this version.
    pub name_zh: Box<str>,
    /// English name, may be empty.
    pub name_en: Box<str>,
    /// Level in the tree.
    pub level: Level,
    /// Class for comparison.
    pub class: Class,
    /// 行政区划代码.
    pub division: DivisionCode,
    /// 统一社会信用代码, when known.
    pub credit_code: Option<CreditCode>,
    /// Line of work, such as `science_technology_bureau`; rule sets use it in `applies_to`.
    pub sector: Box<str>,
    /// 是否有行政执法权.
    pub has_enforcement_power: bool,
    /// First day it exists, when known.
    pub valid_from: Option<Date>,
    /// Last day it exists, when it was dissolved.
    pub valid_to: Option<Date>,
}

/// Kind of a post (职务类别).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PostKind {
    /// 党委（党组）书记.
    PartyHead,
    /// 政府（部门）主要负责人.
    GovernmentHead,
    /// 副职.
    Deputy,
    /// 领导小组组长.
    GroupHead,
    /// 其他.
    Other,
}

impl PostKind {
    /// Whether the post makes its holder a first responsible person (党政主要负责人).
    #[must_use]
    pub const fn is_main_leader(self) -> bool {
        matches!(self, Self::PartyHead | Self::GovernmentHead)
    }

    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PartyHead => "party_head",
            Self::GovernmentHead => "government_head",
            Self::Deputy => "deputy",
            Self::GroupHead => "group_head",
            Self::Other => "other",
        }
    }
}

/// A post (职务) of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// The organization it belongs to.
    pub organization: OrganizationId,
    /// What it is.
    pub kind: PostKind,
    /// Title as used, such as 党组书记.
    pub title_zh: Box<str>,
}

/// A person as recorded: an opaque id and, sealed, what is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What is personal, for whoever has the person's key; none when nothing was given.
    pub sealed: Option<Sealed>,
}

impl From<PersonId> for Person {
    /// A person of whom nothing personal is recorded.
    fn from(id: PersonId) -> Self {
        Self { id, sealed: None }
    }
}

/// Text sealed under a person's own key by AES-256-GCM. How it is sealed is the edge's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Id of the key, hex.
    pub key: Box<str>,
    /// The nonce: never twice under one key.
    pub nonce: [u8; NONCE_BYTES],
    /// Ciphertext and tag.
    pub ciphertext: Box<[u8]>,
}

/// Length of the nonce of a sealed text, in bytes (NIST SP 800-38D, 8.2: 96 bits).
pub const NONCE_BYTES: usize = 12;

/// What the registry keeps of a person: where things stand in the journal, and nothing personal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonRecord {
    /// The entry that registered them.
    pub since: Position,
    /// The entries that hold a sealed text, oldest first.
    pub texts: Vec<Position>,
    /// The entry that had the key destroyed.
    pub erased_at: Option<Position>,
}

/// One person's holding of one post (任期). The duty attaches to the post, the debt to the tenure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// Its id.
    pub id: TenureId,
    /// Who.
    pub person: PersonId,
    /// Which post.
    pub post: PostId,
    /// First day.
    pub from: Date,
    /// Last day, when it has ended or its end is known.
    pub to: Option<Date>,
    /// 主持工作: acting.
    pub acting: bool,
    /// 任免文号, as printed, may be empty.
    pub appointment_document: Box<str>,
}

impl Tenure {
    /// Whether the tenure includes `day`.
    #[must_use]
    pub fn includes(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether the tenure shares a day with `first..=last`.
    #[must_use]
    pub fn overlaps(&self, first: Date, last: Date) -> bool {
        self.from <= last && self.to.is_none_or(|to| first <= to)
    }
}

/// All versions of one record, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions<T>(Vec<(Position, T)>);

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Versions<T> {
    /// The newest version known at `known`, with the position that brought it.
    #[must_use]
    pub fn at(&self, known: Position) -> Option<(Position, &T)> {
        self.0.iter().rev().find(|(since, _)| *since <= known).map(|(since, value)| (*since, value))
    }

    /// Adds a version; positions only grow.
    pub fn push(&mut self, since: Position, value: T) {
        debug_assert!(self.0.last().is_none_or(|(last, _)| *last < since));
        self.0.push((since, value));
    }

    /// Every version, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &(Position, T)> {
        self.0.iter()
    }
}

/// The registry: all versions of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    organizations: SharedMap<OrganizationId, Versions<Organization>>,
    posts: SharedMap<PostId, Versions<Post>>,
    persons: SharedMap<PersonId, PersonRecord>,
    /// Whose text was erased, apart: it is asked after every commit.
    erased: SharedMap<PersonId, ()>,
    tenures: SharedMap<TenureId, Versions<Tenure>>,
    /// Posts of each organization; a post never changes its organization.
    posts_of: SharedMap<OrganizationId, Vec<PostId>>,
    /// Tenures of each post; a tenure never changes its post or person.
    tenures_of: SharedMap<PostId, Vec<TenureId>>,
    tenures_by_person: SharedMap<PersonId, Vec<TenureId>>,
    absences: SharedMap<AbsenceId, Versions<Absence>>,
    /// Absences of each tenure; an absence never changes its tenure.
    absences_of: SharedMap<TenureId, Vec<AbsenceId>>,
    groups: SharedMap<LeadingGroupId, group::GroupVersions>,
    changes: SharedMap<ChangeId, Versions<OrganizationChange>>,
    /// Changes of each organization; a change never changes its organization.
    changes_of: SharedMap<OrganizationId, Vec<ChangeId>>,
    /// Ends of others that ever named an organization as a successor.
    ends_naming: SharedMap<OrganizationId, Vec<ChangeId>>,
    exemptions: Arc<Exemptions>,
    years: Arc<Years>,
    rectifications: Arc<Rectifications>,
}

impl Registry {
    /// Takes in a new version of an organization.
    pub fn put_organization(&mut self, since: Position, organization: Organization) {
        self.organizations.entry(organization.id.clone()).or_default().push(since, organization);
    }

    /// Takes in a new version of a post.
    pub fn put_post(&mut self, since: Position, post: Post) {
        let versions = self.posts.entry(post.id.clone()).or_default();
        if versions.0.is_empty() {
            self.posts_of.entry(post.organization.clone()).or_default().push(post.id.clone());
        }
        versions.push(since, post);
    }

    /// Takes in a person, or the place of a new sealed text of theirs.
    pub fn put_person(&mut self, since: Position, person: Person) {
        let new = PersonRecord { since, ..PersonRecord::default() };
        let record = self.persons.entry(person.id).or_insert(new);
        if person.sealed.is_some() {
            record.texts.push(since);
        }
    }

    /// Takes in that a person's text was erased.
    pub fn put_erasure(&mut self, since: Position, person: &PersonId) {
        if let Some(record) = self.persons.get_mut(person) {
            record.erased_at.get_or_insert(since);
            self.erased.entry(person.clone()).or_default();
        }
    }

    /// Who is exempted from what.
    #[must_use]
    pub fn exemptions(&self) -> &Exemptions {
        &self.exemptions
    }

    /// Who is exempted from what, to take in more.
    pub fn exemptions_mut(&mut self) -> &mut Exemptions {
        Arc::make_mut(&mut self.exemptions)
    }

    /// What supervisors found, and what became of it.
    #[must_use]
    pub fn rectifications(&self) -> &Rectifications {
        &self.rectifications
    }

    /// What supervisors found, to take in more.
    pub fn rectifications_mut(&mut self) -> &mut Rectifications {
        Arc::make_mut(&mut self.rectifications)
    }

    /// Takes in a new version of a tenure.
    pub fn put_tenure(&mut self, since: Position, tenure: Tenure) {
        let versions = self.tenures.entry(tenure.id.clone()).or_default();
        if versions.0.is_empty() {
            self.tenures_of.entry(tenure.post.clone()).or_default().push(tenure.id.clone());
            self.tenures_by_person
                .entry(tenure.person.clone())
                .or_default()
                .push(tenure.id.clone());
        }
        versions.push(since, tenure);
    }

    /// Takes in a step in the life of an evaluated year, recorded on a civil day.
    pub fn put_year(&mut self, since: Position, on: Date, step: YearStep) {
        Arc::make_mut(&mut self.years).put(since, on, step);
    }

    /// How far the evaluation of each year is.
    #[must_use]
    pub fn years(&self) -> &Years {
        &self.years
    }

    /// The organization as known at `known`.
    #[must_use]
    pub fn organization(&self, id: &OrganizationId, known: Position) -> Option<&Organization> {
        self.organizations.get(id)?.at(known).map(|(_, organization)| organization)
    }

    /// Every organization known at `known`, by id.
    pub fn organizations(&self, known: Position) -> impl Iterator<Item = &Organization> {
        self.organizations.values().filter_map(move |versions| Some(versions.at(known)?.1))
    }

    /// The post as known at `known`.
    #[must_use]
    pub fn post(&self, id: &PostId, known: Position) -> Option<&Post> {
        self.posts.get(id)?.at(known).map(|(_, post)| post)
    }

    /// The entry that brought the newest version of a post.
    #[must_use]
    pub fn post_since(&self, id: &PostId) -> Option<Position> {
        Some(self.posts.get(id)?.at(Position::MAX)?.0)
    }

    /// The posts of an organization, in the order they became known.
    pub fn posts_of<'a>(
        &'a self,
        organization: &OrganizationId,
        known: Position,
    ) -> impl Iterator<Item = &'a Post> {
        let ids = self.posts_of.get(organization).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(move |id| self.post(id, known))
    }

    /// Whether the person is registered at `known`.
    #[must_use]
    pub fn has_person(&self, person: &PersonId, known: Position) -> bool {
        self.persons.get(person).is_some_and(|record| record.since <= known)
    }

    /// Every person registered at `known`, by id.
    pub fn persons(&self, known: Position) -> impl Iterator<Item = &PersonId> {
        let known_then = move |(_, record): &(&PersonId, &PersonRecord)| record.since <= known;
        self.persons.iter().filter(known_then).map(|(person, _)| person)
    }

    /// Where a person's entries stand, as far as the registry goes.
    #[must_use]
    pub fn person(&self, person: &PersonId) -> Option<&PersonRecord> {
        self.persons.get(person)
    }

    /// Everybody whose text was erased, by id.
    pub fn erased_persons(&self) -> impl Iterator<Item = &PersonId> {
        self.erased.keys()
    }

    /// How many persons' texts were erased.
    #[must_use]
    pub fn erased_count(&self) -> usize {
        self.erased.len()
    }

    /// The tenure as known at `known`, with the position of that version.
    #[must_use]
    pub fn tenure(&self, id: &TenureId, known: Position) -> Option<(Position, &Tenure)> {
        self.tenures.get(id)?.at(known)
    }

    /// Every version of a tenure known at `known`, oldest first.
    pub fn tenure_versions(
        &self,
        id: &TenureId,
        known: Position,
    ) -> impl Iterator<Item = &(Position, Tenure)> {
        let versions = self.tenures.get(id).into_iter().flat_map(Versions::all);
        versions.filter(move |(since, _)| *since <= known)
    }

    /// Every version of the registration of an organization known at `known`, oldest first.
    pub fn organization_versions(
        &self,
        id: &OrganizationId,
        known: Position,
    ) -> impl Iterator<Item = &(Position, Organization)> {
        let versions = self.organizations.get(id).into_iter().flat_map(Versions::all);
        versions.filter(move |(since, _)| *since <= known)
    }

    /// The tenures of a post, by first day.
    #[must_use]
    pub fn tenures_of(&self, post: &PostId, known: Position) -> Vec<(Position, &Tenure)> {
        self.by_first_day(self.tenures_of.get(post), known)
    }

    /// The tenures of a person, by first day.
    #[must_use]
    pub fn tenures_by_person(
        &self,
        person: &PersonId,
        known: Position,
    ) -> Vec<(Position, &Tenure)> {
        self.by_first_day(self.tenures_by_person.get(person), known)
    }

    fn by_first_day(
        &self,
        ids: Option<&Vec<TenureId>>,
        known: Position,
    ) -> Vec<(Position, &Tenure)> {
        let mut tenures: Vec<_> =
            ids.into_iter().flatten().filter_map(|id| self.tenure(id, known)).collect();
        tenures.sort_by(|(_, a), (_, b)| (a.from, &a.id).cmp(&(b.from, &b.id)));
        tenures
    }
}
