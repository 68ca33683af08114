//! What the service should have answered, from entries that were folded.

use duty::Position;
use duty::evaluate::Question;
use duty::id::{OrganizationId, PersonId};
use jiff::civil::Date;
use projection::filter::order::OrderBy;
use projection::filter::{Filter, FilterError};
use projection::view::NoView;
use projection::{Snapshot, matrix, view};

use super::Replayed;
use crate::grpc::answer::{self, Unexplained, Which};
use crate::grpc::convert::view as convert;
use crate::grpc::page::{self, Start};
use crate::ops::verify::hex;
use crate::pb;

/// What to ask.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which view, and of whom.
    pub subject: Subject,
    /// 考核年度.
    pub year: i16,
    /// The day whose deadlines count; `None` for the day running then.
    pub as_of: Option<Date>,
    /// The last entry known; 0 for all.
    pub known: u64,
}

/// Which view, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Every duty of an organization.
    Organization(String),
    /// The card of a leader.
    Leader(String),
    /// The score sheet of an organization.
    Sheet(String),
    /// Why obligations stand as they do.
    Explanation {
        /// The organization.
        organization: String,
        /// The duty.
        duty: String,
        /// Only obligations of this person; empty for all.
        person: String,
        /// Only this period; empty for all.
        period: String,
    },
    /// A page of the matrix.
    Matrix {
        /// Only this organization and those below it; empty for all.
        within: String,
        /// AIP-160; empty for all.
        filter: String,
        /// AIP-132; empty for the usual order.
        order_by: String,
        /// The token the page was asked with; empty for the first one.
        token: String,
        /// The token of the next page, as it was answered. It says how long the page is; that it
        /// says where the next one begins is checked, its digest of the question is not.
        next: String,
    },
}

/// An answer, as the service should have given it.
#[derive(Debug, Clone)]
pub enum Recomputed {
    /// Of `GetOrganizationCompliance`.
    Organization(pb::GetOrganizationComplianceResponse),
    /// Of `GetLeaderCompliance`, without the name: it is sealed in the entries.
    Leader(pb::GetLeaderComplianceResponse),
    /// Of `GetScoreSheet`.
    Sheet(pb::GetScoreSheetResponse),
    /// Of `ExplainObligation`.
    Explanation(pb::ExplainObligationResponse),
    /// Of `QueryCompliance`.
    Matrix(pb::QueryComplianceResponse),
}

/// In Chinese and English.
type Why = (String, String);

/// The view that is asked for.
///
/// # Errors
/// Why there is none, in Chinese and English.
pub fn recompute(replayed: &Replayed, asked: &Asked) -> Result<Recomputed, Why> {
    let Asked { subject, year, as_of, known } = asked;
    if replayed.size < *known {
        let size = replayed.size;
        return Err((
            format!("所给条目只到第 {size} 条，没有第 {known} 条；请导出更新的条目"),
            format!("the entries reach {size}, there is no {known}: export newer ones"),
        ));
    }
    let snapshot = replayed.state.snapshot();
    let known = if *known == 0 { snapshot.head() } else { Position::new(*known) };
    let as_of = as_of.unwrap_or_else(|| snapshot.current_day(known));
    let question = Question { year: *year, as_of, known };
    let root = hex(replayed.root_at_known);
    match subject {
        Subject::Organization(id) => {
            let found = answer::organization(&snapshot, &organization(id)?, question, root);
            found.map(Recomputed::Organization).map_err(no_view)
        }
        Subject::Leader(id) => {
            let person = PersonId::parse(id).ok_or_else(|| unknown("人员", "person", id))?;
            let found = answer::leader(&snapshot, &person, question, root);
            found.map(Recomputed::Leader).map_err(no_view)
        }
        Subject::Sheet(id) => {
            let found = answer::sheet(&snapshot, &organization(id)?, question, root);
            found.map(Recomputed::Sheet).map_err(no_view)
        }
        Subject::Explanation { organization: id, duty, person, period } => {
            let found = view::organization(&snapshot, &organization(id)?, question);
            let which = Which { duty, person, period };
            let explained = answer::explanation(&snapshot, &found.map_err(no_view)?, which, root);
            explained.map(Recomputed::Explanation).map_err(|why| match why {
                Unexplained::Duty => unknown("事项", "duty", duty),
                Unexplained::Obligation => {
                    let what = format!("{duty}/{person}/{period}");
                    unknown("应履行事项", "obligation", &what)
                }
            })
        }
        Subject::Matrix { within, filter, order_by, token, next } => {
            let scope = (within.as_str(), filter.as_str(), order_by.as_str());
            let top = (!within.is_empty()).then(|| organization(within)).transpose()?;
            let found = cells(&snapshot, scope, question)?;
            let offset = start(token)?;
            let next = page::place(next);
            let size = next.and_then(|next| next.offset.checked_sub(offset));
            let used = answer::rules_used(&snapshot, top.as_ref(), &[question]);
            let basis = convert::basis(question, used, root);
            let part = (offset, size.unwrap_or(usize::MAX));
            let mut page = answer::matrix(&snapshot, &found, part, (question, basis));
            let end = offset.saturating_add(page.cells.len());
            page.next_page_token = following(subject, Start { position: known, offset: end });
            if found.cells.len() <= end {
                page.next_page_token.clear();
            }
            Ok(Recomputed::Matrix(page))
        }
    }
}

/// The token of the next page: the one answered, if it points there.
fn following(subject: &Subject, place: Start) -> String {
    match subject {
        Subject::Matrix { next, .. } if page::place(next) == Some(place) => next.clone(),
        _ => page::next(place, place.offset, usize::MAX, [0; 8]),
    }
}

fn cells(
    snapshot: &Snapshot,
    (within, filter, order_by): (&str, &str, &str),
    question: Question,
) -> Result<matrix::Matrix, Why> {
    let bad = |error: FilterError| {
        let column = error.column();
        let FilterError { zh, en, .. } = error;
        (format!("第 {column} 个字符处：{zh}"), format!("at character {column}: {en}"))
    };
    let filter = Filter::parse(filter, matrix::FIELDS).map_err(bad)?;
    let order = OrderBy::parse(order_by, matrix::FIELDS).map_err(bad)?;
    let within = (!within.is_empty()).then(|| organization(within)).transpose()?;
    if let Some(within) = &within
        && snapshot.registry().organization(within, question.known).is_none()
    {
        return Err(unknown("单位", "organization", within.as_str()));
    }
    Ok(matrix::query(snapshot, within.as_ref(), &filter, &order, question))
}

/// Where the page begins that was asked for with a token.
fn start(token: &str) -> Result<usize, Why> {
    if token.is_empty() {
        return Ok(0);
    }
    page::place(token).map(|start| start.offset).ok_or_else(|| {
        (
            format!("“{token}”不是分页标记；请给出查询该页时所用的标记"),
            format!("\"{token}\" is no page token: pass the one that page was asked for with"),
        )
    })
}

fn organization(id: &str) -> Result<OrganizationId, Why> {
    OrganizationId::parse(id).ok_or_else(|| unknown("单位", "organization", id))
}

fn unknown(zh: &str, en: &str, id: &str) -> Why {
    (format!("条目中没有{zh} {id}"), format!("the entries have no {en} {id}"))
}

fn no_view(no: NoView) -> Why {
    match no {
        NoView::UnknownOrganization(id) => unknown("单位", "organization", id.as_str()),
        NoView::UnknownPerson(id) => unknown("人员", "person", id.as_str()),
        NoView::NoRuleSet { organization, year } => (
            format!("条目中没有对 {organization} 在 {year} 年度有效的规则集"),
            format!("the entries have no rules for {organization} in {year}"),
        ),
    }
}
