//! `duty-ledger organization`: what an organization was on a day, and who answered for it when; the
//! steps that change it are `steps`'.

use clap::{Args, Subcommand};

use super::super::client::Failure;
use super::super::{Language, output, pages};
use super::{Whence, steps};
use crate::pb;
use crate::pb::organization_change::Change;

/// Works with organizations.
#[derive(Debug, Args)]
pub(in crate::cli) struct OrganizationArgs {
    #[command(subcommand)]
    command: OrganizationCommand,
}

#[derive(Debug, Subcommand)]
enum OrganizationCommand {
    /// Shows an organization, its changes, and who held its posts from when to when (责任沿革).
    Show(ShowArgs),
    /// Lists the organizations of a day (列出).
    List(ListArgs),
    /// Registers an organization (登记单位).
    Register(Box<steps::RegisterArgs>),
    /// Gives an organization another name from a day on (更名).
    Rename(steps::RenameArgs),
    /// Puts an organization under another one from a day on, by territory or by line (隶属关系调整).
    Move(steps::MoveArgs),
    /// Ends organizations that go into another one (合并).
    Merge(steps::MergeArgs),
    /// Ends an organization out of which others come (分立).
    Split(steps::SplitArgs),
    /// Ends an organization (撤销).
    Dissolve(steps::DissolveArgs),
    /// Takes back a change that was registered by mistake (撤销登记).
    RevokeChange(steps::RevokeArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Id of the organization.
    organization: String,
    /// Name and parent of this day, YYYY-MM-DD; by default the day now running by the ledger.
    #[arg(long, default_value = "")]
    as_of: String,
    /// Only entries up to this position are known; by default all.
    #[arg(long, default_value_t = 0)]
    known: u64,
    #[command(flatten)]
    whence: Whence,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// This organization and those below it; by default all.
    #[arg(long, default_value = "")]
    within: String,
    /// Names and structure of this day, YYYY-MM-DD; by default the day now running by the ledger.
    #[arg(long, default_value = "")]
    as_of: String,
    /// Only entries up to this position are known; by default all.
    #[arg(long, default_value_t = 0)]
    known: u64,
    #[command(flatten)]
    whence: Whence,
}

pub(in crate::cli) async fn run(args: OrganizationArgs) -> Result<(), Failure> {
    match args.command {
        OrganizationCommand::Show(args) => look(args).await,
        OrganizationCommand::List(args) => list(args).await,
        OrganizationCommand::Register(args) => steps::register(*args).await,
        OrganizationCommand::Rename(args) => steps::rename(args).await,
        OrganizationCommand::Move(args) => steps::moved(args).await,
        OrganizationCommand::Merge(args) => steps::merge(args).await,
        OrganizationCommand::Split(args) => steps::split(args).await,
        OrganizationCommand::Dissolve(args) => steps::dissolve(args).await,
        OrganizationCommand::RevokeChange(args) => steps::revoke(args).await,
    }
}

async fn look(args: ShowArgs) -> Result<(), Failure> {
    let request = pb::GetOrganizationRequest {
        organization_id: args.organization,
        known_position: args.known,
        as_of_date: args.as_of,
        ..Default::default()
    };
    let answer = args.whence.registry().await?.get_organization(request).await?.into_inner();
    args.whence.output.answer("GetOrganizationResponse", &answer, show)
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let mut registry = args.whence.registry().await?;
    let request = pb::ListOrganizationsRequest {
        within_organization_id: args.within,
        as_of_date: args.as_of,
        known_position: args.known,
        page_size: 1_000,
        ..Default::default()
    };
    let ask = async |page_token| {
        registry
            .list_organizations(pb::ListOrganizationsRequest { page_token, ..request.clone() })
            .await
    };
    let all = pages::all(ask).await?;
    args.whence.output.answer("ListOrganizationsResponse", &all, |all, language| {
        for of in &all.organizations {
            let name = language.pick(&of.name_zh, &of.name_en);
            let line = format!("{} {name} {}", of.organization_id, of.parent_organization_id);
            output::say(line.trim_end());
        }
    })
}

fn show(answer: &pb::GetOrganizationResponse, language: Language) {
    let organization = answer.organization.clone().unwrap_or_default();
    let name = language.pick(&organization.name_zh, &organization.name_en);
    output::say(&format!("{name} ({})", organization.organization_id));
    for version in &answer.registrations {
        let told = version.organization.clone().unwrap_or_default();
        let name = language.pick(&told.name_zh, &told.name_en);
        output::say(&format!(
            "  #{} {} {name}",
            version.position,
            language.pick("登记", "registered")
        ));
    }
    for recorded in &answer.changes {
        if let Some(told) = &recorded.change {
            output::say(&format!(
                "  #{} {} {}",
                recorded.position,
                told.change_id,
                change(told, language)
            ));
        }
    }
    for post in &answer.posts {
        let told = post.post.clone().unwrap_or_default();
        output::say(&format!("{} ({})", told.title_zh, told.post_id));
        for holding in &post.holdings {
            for line in self::holding(holding, true, language) {
                output::say(&line);
            }
        }
    }
}

/// A change in one line.
fn change(told: &pb::OrganizationChange, language: Language) -> String {
    let what = match &told.change {
        Some(Change::Renamed(renamed)) => {
            let name = language.pick(&renamed.name_zh, &renamed.name_en);
            format!("{} {name}", language.pick("更名为", "renamed"))
        }
        Some(Change::Moved(moved)) => {
            let axis = match moved.axis() {
                pb::OrganizationAxis::Line => language.pick("条线隶属", "by line under"),
                _ => language.pick("属地隶属", "by territory under"),
            };
            format!("{axis} {}", moved.parent_organization_id)
        }
        Some(Change::Ended(ended)) => {
            let how = match ended.ending() {
                pb::OrganizationEnding::Merged => language.pick("合并", "merged"),
                pb::OrganizationEnding::Split => language.pick("分立", "split"),
                _ => language.pick("撤销", "dissolved"),
            };
            format!("{how} → {}", ended.successor_organization_ids.join(", "))
        }
        None => String::new(),
    };
    let revoked =
        if told.revoked { language.pick("（已撤销登记）", " (revoked)") } else { "" };
    format!("{} {what} {}{revoked}", told.start_date, told.document_number)
}

/// A holding, and what excuses its holder, in a line each; seen from the post or from the person.
pub(in crate::cli) fn holding(
    holding: &pb::Holding,
    of_post: bool,
    language: Language,
) -> Vec<String> {
    let tenure = holding.tenure.clone().unwrap_or_default();
    let pb::Tenure { person_id, post_id, start_date, end_date, acting, .. } = tenure;
    let acting = if acting { language.pick("（主持工作）", " (acting)") } else { "" };
    let which = if of_post { person_id } else { post_id };
    let mut positions = holding.earlier_positions.clone();
    positions.push(holding.position);
    let positions: Vec<String> = positions.iter().map(|at| format!("#{at}")).collect();
    let mut lines =
        vec![format!("  {which}{acting}: {start_date} – {end_date} {}", positions.join(" "))];
    for recorded in &holding.absences {
        let told = recorded.absence.clone().unwrap_or_default();
        let kind = match told.kind() {
            pb::AbsenceKind::Retired => language.pick("退休", "retired"),
            pb::AbsenceKind::Suspended => language.pick("停职", "suspended"),
            pb::AbsenceKind::SickLeave => language.pick("长期病假", "on sick leave"),
            pb::AbsenceKind::UnderInvestigation => {
                language.pick("接受审查调查", "under investigation")
            }
            pb::AbsenceKind::Unspecified => "?",
        };
        let revoked =
            if told.revoked { language.pick("（已撤销登记）", " (revoked)") } else { "" };
        lines.push(format!(
            "    {kind}: {} – {} {}{revoked} #{}",
            told.start_date, told.end_date, told.document_number, recorded.position
        ));
    }
    lines
}
