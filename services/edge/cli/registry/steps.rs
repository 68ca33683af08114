//! `duty-ledger organization` as registrars use it: registered, renamed, moved, merged, split,
//! dissolved, and a change taken back.
//!
//! A change has an id of its own. Where none is given it follows from organization, day and kind,
//! so that the step taken again is the same step.

use clap::Args;

use super::super::client::Failure;
use super::{Registrar, choice, none, record};
use crate::pb;
use crate::pb::organization_change::Change;
use crate::pb::registration::Registered;

#[derive(Debug, Args)]
pub(super) struct RegisterArgs {
    /// Id of the organization; names change, ids do not.
    organization: String,
    /// The organization above it by territory (块); left out for the top of a tree.
    #[arg(long, default_value = "")]
    parent: String,
    /// Chinese name.
    #[arg(long)]
    name_zh: String,
    /// English name.
    #[arg(long, default_value = "")]
    name_en: String,
    /// Level: province, city, county, functional-area, department, section, second-tier-unit,
    /// township, or in Chinese.
    #[arg(long, value_parser = choice("OrganizationLevel"))]
    level: i32,
    /// Class: party-organ, government-organ, civil-service-managed, public-institution,
    /// functional-area, or in Chinese.
    #[arg(long, value_parser = choice("OrganizationClass"))]
    class: i32,
    /// 行政区划代码, six digits.
    #[arg(long)]
    division: String,
    /// 统一社会信用代码, 18 characters.
    #[arg(long, default_value = "")]
    credit_code: String,
    /// Why a credit code that fails its check digit is kept, at least 10 characters.
    #[arg(long, default_value = "")]
    credit_code_override_reason: String,
    /// Line of work, as rule sets name it.
    #[arg(long, default_value = "")]
    sector: String,
    /// It has the power to enforce (有行政执法权).
    #[arg(long)]
    enforcement: bool,
    /// First day it exists, YYYY-MM-DD.
    #[arg(long, default_value = "")]
    from: String,
    /// Last day it existed, YYYY-MM-DD.
    #[arg(long, default_value = "")]
    until: String,
    /// Registers a new version of an organization that is registered otherwise.
    #[arg(long)]
    amend: bool,
    #[command(flatten)]
    registrar: Registrar,
}

/// From when, by which document.
#[derive(Debug, Args)]
struct Decision {
    /// First day it holds, YYYY-MM-DD; what ends has its last day the day before.
    #[arg(long)]
    from: String,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
    /// Id of the change; by default from organization, day and kind.
    #[arg(long)]
    change: Option<String>,
    /// Registers a new version of a change that is registered otherwise.
    #[arg(long)]
    amend: bool,
}

#[derive(Debug, Args)]
pub(super) struct RenameArgs {
    /// Id of the organization, which stays.
    organization: String,
    /// Chinese name from then on.
    #[arg(long)]
    name_zh: String,
    /// English name from then on.
    #[arg(long, default_value = "")]
    name_en: String,
    #[command(flatten)]
    decision: Decision,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
pub(super) struct MoveArgs {
    /// Id of the organization.
    organization: String,
    /// The organization above it from then on.
    #[arg(long, required_unless_present = "top")]
    under: Option<String>,
    /// Nothing stands above it from then on.
    #[arg(long, conflicts_with = "under")]
    top: bool,
    /// By what it stands under it: territory (块) or line (条).
    #[arg(long, default_value = "territory", value_parser = choice("OrganizationAxis"))]
    axis: i32,
    #[command(flatten)]
    decision: Decision,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// Ids of the organizations that end.
    #[arg(required = true)]
    organizations: Vec<String>,
    /// The organization they go into, which exists already.
    #[arg(long)]
    into: String,
    #[command(flatten)]
    decision: Decision,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
pub(super) struct SplitArgs {
    /// Id of the organization that ends.
    organization: String,
    /// An organization that comes out of it and is registered already; given twice at least.
    #[arg(long, required = true)]
    into: Vec<String>,
    /// Which of them owes what was owed and not done (承接未履行事项), as the document says.
    #[arg(long)]
    taker: Option<String>,
    #[command(flatten)]
    decision: Decision,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
pub(super) struct DissolveArgs {
    /// Id of the organization that ends.
    organization: String,
    /// Who goes on with its duties (承接单位); may be given several times.
    #[arg(long)]
    successor: Vec<String>,
    /// Which of several owes what was owed and not done (承接未履行事项), as the document says.
    #[arg(long)]
    taker: Option<String>,
    #[command(flatten)]
    decision: Decision,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// Id of the organization.
    organization: String,
    /// Id of the change, as `organization show` lists it.
    change: String,
    #[command(flatten)]
    registrar: Registrar,
}

pub(super) async fn register(args: RegisterArgs) -> Result<(), Failure> {
    let organization = pb::Organization {
        organization_id: args.organization,
        parent_organization_id: args.parent,
        name_zh: args.name_zh,
        name_en: args.name_en,
        level: args.level,
        class: args.class,
        division_code: args.division,
        unified_social_credit_code: args.credit_code,
        credit_code_override_reason: args.credit_code_override_reason,
        sector: args.sector,
        has_enforcement_power: args.enforcement,
        start_date: args.from,
        end_date: args.until,
    };
    record(&args.registrar, args.amend, vec![Registered::Organization(organization)]).await
}

pub(super) async fn rename(args: RenameArgs) -> Result<(), Failure> {
    let RenameArgs { organization, name_zh, name_en, decision, registrar } = args;
    let change = Change::Renamed(pb::OrganizationRenamed { name_zh, name_en });
    changed(&[organization], "renamed", change, &decision, &registrar).await
}

pub(super) async fn moved(args: MoveArgs) -> Result<(), Failure> {
    let MoveArgs { organization, under, axis, decision, registrar, .. } = args;
    let parent_organization_id = under.unwrap_or_default();
    let is_line = axis == i32::from(pb::OrganizationAxis::Line);
    let kind = if is_line { "moved-line" } else { "moved" };
    let change = Change::Moved(pb::OrganizationMoved { axis, parent_organization_id });
    changed(&[organization], kind, change, &decision, &registrar).await
}

pub(super) async fn merge(args: MergeArgs) -> Result<(), Failure> {
    let change = ended(pb::OrganizationEnding::Merged, vec![args.into], None);
    if args.decision.change.is_some() && 1 < args.organizations.len() {
        return Err(none(
            "多个单位合并时，变更编号各自生成，不能用 --change 指定",
            "where several merge each change has its own id: leave --change out",
        ));
    }
    changed(&args.organizations, "ended", change, &args.decision, &args.registrar).await
}

pub(super) async fn split(args: SplitArgs) -> Result<(), Failure> {
    let change = ended(pb::OrganizationEnding::Split, args.into, args.taker);
    changed(&[args.organization], "ended", change, &args.decision, &args.registrar).await
}

pub(super) async fn dissolve(args: DissolveArgs) -> Result<(), Failure> {
    let change = ended(pb::OrganizationEnding::Dissolved, args.successor, args.taker);
    changed(&[args.organization], "ended", change, &args.decision, &args.registrar).await
}

pub(super) async fn revoke(args: RevokeArgs) -> Result<(), Failure> {
    let (organization_id, id) = (args.organization, args.change);
    let request = pb::GetOrganizationRequest {
        organization_id: organization_id.clone(),
        ..Default::default()
    };
    let mut registry = args.registrar.whence.registry().await?;
    let known = registry.get_organization(request).await?.into_inner().changes;
    let mut changes = known.into_iter().filter_map(|recorded| recorded.change);
    let Some(change) = changes.find(|change| change.change_id == id) else {
        return Err(none(
            &format!("{organization_id} 没有变更 {id}；请用 duty-ledger organization show 查看"),
            &format!("{organization_id} has no change {id}; see duty-ledger organization show"),
        ));
    };
    let revoked = pb::OrganizationChange { revoked: true, ..change };
    record(&args.registrar, true, vec![Registered::Change(revoked)]).await
}

fn ended(ending: pb::OrganizationEnding, successors: Vec<String>, taker: Option<String>) -> Change {
    Change::Ended(pb::OrganizationEnded {
        ending: ending.into(),
        successor_organization_ids: successors,
        taker_organization_id: taker.unwrap_or_default(),
    })
}

/// The same change of each of these organizations, all or none.
async fn changed(
    organizations: &[String],
    kind: &str,
    change: Change,
    decision: &Decision,
    registrar: &Registrar,
) -> Result<(), Failure> {
    let things = organizations.iter().map(|organization| {
        let own = || format!("{organization}.{}.{kind}", decision.from);
        Registered::Change(pb::OrganizationChange {
            change_id: decision.change.clone().unwrap_or_else(own),
            organization_id: organization.clone(),
            start_date: decision.from.clone(),
            document_number: decision.document.clone(),
            revoked: false,
            change: Some(change.clone()),
        })
    });
    record(registrar, decision.amend, things.collect()).await
}
