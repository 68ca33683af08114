//! The words of the registry in a told ledger: organizations, posts, tenures, absences, ends.

use std::str::SplitWhitespace;

use jiff::civil::Date;

use super::{day, next, organization_id, person, post_id};
use crate::division::DivisionCode;
use crate::docno::DocumentNumber;
use crate::id::{AbsenceId, ChangeId, TenureId};
use crate::registry::{
    Absence, AbsenceKind, Change, Class, Ending, Level, Organization, OrganizationChange, Post,
    PostKind, Tenure,
};

/// `organization id [sector s] [class c] [unarmed]`.
pub(in crate::evaluate::tests) fn organization(words: &mut SplitWhitespace<'_>) -> Organization {
    let mut organization = Organization {
        id: organization_id(next(words)),
        parent: None,
        name_zh: "单位".into(),
        name_en: "".into(),
        level: Level::Department,
        class: Class::GovernmentOrgan,
        division: DivisionCode::parse("450200").unwrap(),
        credit_code: None,
        sector: "science_technology_bureau".into(),
        has_enforcement_power: true,
        valid_from: None,
        valid_to: None,
    };
    while let Some(word) = words.next() {
        match word {
            "sector" => organization.sector = next(words).into(),
            "party_organ" => organization.class = Class::PartyOrgan,
            "unarmed" => organization.has_enforcement_power = false,
            word => panic!("an organization has no {word}"),
        }
    }
    organization
}

/// `post id kind [at organization]`.
pub(in crate::evaluate::tests) fn post(words: &mut SplitWhitespace<'_>) -> Post {
    let id = post_id(next(words));
    let kind = match next(words) {
        "party_head" => PostKind::PartyHead,
        "government_head" => PostKind::GovernmentHead,
        "deputy" => PostKind::Deputy,
        word => panic!("no post is a {word}"),
    };
    let organization = match words.next() {
        Some("at") => organization_id(next(words)),
        Some(word) => panic!("a post has no {word}"),
        None => organization_id("kjj"),
    };
    Post { id, organization, kind, title_zh: "职务".into() }
}

/// `tenure id person post from day [to day] [acting]`.
pub(in crate::evaluate::tests) fn tenure(words: &mut SplitWhitespace<'_>) -> Tenure {
    let mut tenure = Tenure {
        id: TenureId::parse(next(words)).unwrap(),
        person: person(next(words)),
        post: post_id(next(words)),
        from: Date::MIN,
        to: None,
        acting: false,
        appointment_document: "".into(),
    };
    while let Some(word) = words.next() {
        match word {
            "from" => tenure.from = day(next(words)),
            "to" => tenure.to = Some(day(next(words))),
            "acting" => tenure.acting = true,
            word => panic!("a tenure has no {word}"),
        }
    }
    tenure
}

/// `absence id tenure kind from day [to day] [revoked]`.
pub(super) fn absence(words: &mut SplitWhitespace<'_>) -> Absence {
    let mut absence = Absence {
        id: AbsenceId::parse(next(words)).unwrap(),
        tenure: TenureId::parse(next(words)).unwrap(),
        kind: match next(words) {
            "retired" => AbsenceKind::Retired,
            "suspended" => AbsenceKind::Suspended,
            "sick" => AbsenceKind::SickLeave,
            "investigated" => AbsenceKind::UnderInvestigation,
            word => panic!("nobody is {word}"),
        },
        from: Date::MIN,
        to: None,
        document: DocumentNumber::parse("柳组干〔2022〕8号").unwrap(),
        revoked: false,
    };
    while let Some(word) = words.next() {
        match word {
            "from" => absence.from = day(next(words)),
            "to" => absence.to = Some(day(next(words))),
            "revoked" => absence.revoked = true,
            word => panic!("an absence has no {word}"),
        }
    }
    absence
}

/// `ends organization first-day-without-it successor… [to taker]`.
pub(super) fn end(words: &mut SplitWhitespace<'_>) -> OrganizationChange {
    let organization = next(words);
    let from = day(next(words));
    let (mut successors, mut taker) = (Vec::new(), None);
    while let Some(word) = words.next() {
        match word {
            "to" => taker = Some(organization_id(next(words))),
            successor => successors.push(organization_id(successor)),
        }
    }
    OrganizationChange {
        id: ChangeId::parse(&format!("end.{organization}")).unwrap(),
        organization: organization_id(organization),
        from,
        change: Change::Ended { ending: Ending::Merged, successors, taker },
        document: DocumentNumber::parse("柳编〔2022〕8号").unwrap(),
        revoked: false,
    }
}
