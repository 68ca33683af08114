//! An answer somebody saved: which view it is of, and what was asked.
//!
//! What the answer does not say itself must be told: a page of the matrix does not name its filter,
//! an explanation of an earlier version not its organization. Nothing in it is believed; it is only
//! compared.

use serde_json::{Map, Value};

use super::ReplayArgs;
use crate::cli::client::Failure;
use crate::cli::{BAD_DATA, USAGE, output};
use crate::ops::replay::{Recomputed, Subject};
use crate::pb;

/// Which view an answer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Organization,
    Leader,
    Sheet,
    Explanation,
    Matrix,
}

impl Kind {
    /// What an answer is, told by the fields only that one has.
    fn of(answer: &Map<String, Value>) -> Option<Self> {
        let has = |names: &[&str]| names.iter().any(|name| answer.contains_key(*name));
        if !has(&["basis"]) {
            return None;
        }
        Some(match () {
            () if has(&["organization"]) => Self::Organization,
            () if has(&["dutyId", "duty_id"]) => Self::Explanation,
            () if has(&["personId", "person_id"]) => Self::Leader,
            () if has(&["organizationId", "organization_id"]) => Self::Sheet,
            () if has(&["cells", "totalSize", "total_size"]) => Self::Matrix,
            () if has(&["organizationsWithoutRules", "organizations_without_rules"]) => {
                Self::Matrix
            }
            // A matrix without a cell.
            () if answer.len() == 1 => Self::Matrix,
            () => return None,
        })
    }

    /// One word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Leader => "leader",
            Self::Sheet => "sheet",
            Self::Explanation => "explanation",
            Self::Matrix => "matrix",
        }
    }

    /// The answer in one spelling: other programs print default values, or other names of fields.
    fn spelled(self, answer: &Value) -> Option<Value> {
        fn again<M: prost::Message + Default>(name: &str, answer: &Value) -> Option<Value> {
            let message: M = output::from_json(name, answer.clone()).ok()?;
            serde_json::from_str(&output::to_json(name, &message).ok()?).ok()
        }
        match self {
            Self::Organization => {
                again::<pb::GetOrganizationComplianceResponse>(ORGANIZATION, answer)
            }
            Self::Leader => again::<pb::GetLeaderComplianceResponse>(LEADER, answer),
            Self::Sheet => {
                let sheet: pb::GetScoreSheetResponse =
                    output::from_json(SHEET, answer.clone()).ok()?;
                serde_json::from_str(&output::to_json(SHEET, &bare(sheet)).ok()?).ok()
            }
            Self::Explanation => again::<pb::ExplainObligationResponse>(EXPLANATION, answer),
            Self::Matrix => again::<pb::QueryComplianceResponse>(MATRIX, answer),
        }
    }
}

pub(super) const ORGANIZATION: &str = "GetOrganizationComplianceResponse";
pub(super) const LEADER: &str = "GetLeaderComplianceResponse";
const SHEET: &str = "GetScoreSheetResponse";
const EXPLANATION: &str = "ExplainObligationResponse";
const MATRIX: &str = "QueryComplianceResponse";

/// An answer, and which view it is of.
#[derive(Debug)]
pub(super) struct Saved {
    pub(super) kind: Kind,
    pub(super) answer: Value,
}

impl Saved {
    /// Tells what an answer is.
    pub(super) fn of(name: &str, answer: Value) -> Result<Self, Failure> {
        let kind = answer.as_object().and_then(Kind::of).ok_or_else(|| {
            Failure::new(
                BAD_DATA,
                format!(
                    "{name} 不是可重算的视图答复：可重算的是 compliance、compliance --person、sheet 与 explain 的 --output json，以及 QueryCompliance 的答复\n\
                     {name} is no answer of a view that can be recomputed: those are the --output json of compliance, compliance --person, sheet and explain, and the answer of QueryCompliance"
                ),
            )
        })?;
        let answer = kind.spelled(&answer).unwrap_or(answer);
        Ok(Self { kind, answer })
    }

    /// A text in the answer.
    pub(super) fn text(&self, pointer: &str) -> Option<String> {
        self.answer.pointer(pointer)?.as_str().map(str::to_owned)
    }

    /// The same question, as far as the answer tells it and the arguments do the rest.
    pub(super) fn subject(&self, args: &ReplayArgs) -> Result<Subject, Failure> {
        let ReplayArgs { person, period, within, filter, order_by, page_token, .. } = args;
        let refuse = |flags: &[(&str, &Option<String>)]| {
            let given = flags.iter().find(|(_, value)| value.is_some());
            given.map_or(Ok(()), |(flag, _)| Err(out_of_place(flag, self.kind)))
        };
        if self.kind != Kind::Matrix {
            refuse(&[
                ("--within", within),
                ("--filter", filter),
                ("--order-by", order_by),
                ("--page-token", page_token),
            ])?;
        }
        if self.kind != Kind::Explanation {
            refuse(&[("--period", period)])?;
        }
        let given = |one: &Option<String>| one.clone().unwrap_or_default();
        let found = |one: &Option<String>, at: &str| {
            one.clone().or_else(|| self.text(at)).unwrap_or_default()
        };
        let organization = &args.organization;
        Ok(match self.kind {
            Kind::Organization | Kind::Sheet => {
                refuse(&[("--person", person)])?;
                match self.kind {
                    Kind::Sheet => Subject::Sheet(found(organization, "/organizationId")),
                    _ => Subject::Organization(found(organization, "/organization/organizationId")),
                }
            }
            Kind::Leader => {
                refuse(&[("--organization", organization)])?;
                Subject::Leader(found(person, "/personId"))
            }
            Kind::Explanation => Subject::Explanation {
                organization: Some(found(organization, "/organizationId"))
                    .filter(|id| !id.is_empty())
                    .ok_or_else(unnamed)?,
                duty: found(&None, "/dutyId"),
                person: found(person, "/personId"),
                period: found(period, "/period"),
            },
            Kind::Matrix => {
                refuse(&[("--person", person), ("--organization", organization)])?;
                Subject::Matrix {
                    within: given(within),
                    filter: given(filter),
                    order_by: given(order_by),
                    token: given(page_token),
                    next: found(&None, "/nextPageToken"),
                }
            }
        })
    }

    /// Takes out what entries alone cannot tell, and says what that is.
    pub(super) fn without_names(&mut self) -> Vec<&'static str> {
        let name = match (self.kind, self.answer.as_object_mut()) {
            (Kind::Leader, Some(answer)) => answer.remove("personName"),
            _ => None,
        };
        name.into_iter().map(|_| "personName").collect()
    }
}

/// The JSON of what was recomputed.
pub(super) fn to_json(view: &Recomputed) -> Result<Value, Failure> {
    let text = match view {
        Recomputed::Organization(view) => output::to_json(ORGANIZATION, view),
        Recomputed::Leader(view) => output::to_json(LEADER, view),
        Recomputed::Sheet(view) => output::to_json(SHEET, &bare(view.clone())),
        Recomputed::Explanation(view) => output::to_json(EXPLANATION, view),
        Recomputed::Matrix(view) => output::to_json(MATRIX, view),
    };
    let text = text.map_err(|error| Failure::new(super::FAILED, crate::chain(&error)))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(super::FAILED, error.to_string()))
}

/// A sheet without what only stands beside it: a sealed one is recomputed from the entries it
/// rests on, and they do not know of the seal.
fn bare(sheet: pb::GetScoreSheetResponse) -> pb::GetScoreSheetResponse {
    let (standing, is_sealed, differences) = (None, false, Vec::new());
    pb::GetScoreSheetResponse { standing, is_sealed, differences, ..sheet }
}

fn out_of_place(flag: &str, kind: Kind) -> Failure {
    let kind = kind.word();
    Failure::new(
        USAGE,
        format!(
            "{flag} 不适用于此类答复（{kind}）；请去掉\n\
             {flag} does not belong to an answer of this kind ({kind}): leave it out"
        ),
    )
}

fn unnamed() -> Failure {
    Failure::new(
        USAGE,
        "说明（explain）的答复不含单位编号；请用 --organization 指出所问的单位\n\
         the answer of explain does not name the organization: pass --organization, the one that \
         was asked about",
    )
}
