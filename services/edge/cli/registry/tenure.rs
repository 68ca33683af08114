//! `duty-ledger tenure`: who holds a post, from when to when, acting or not; the handover.

use clap::{Args, Subcommand};

use super::super::client::Failure;
use super::{Registrar, Whence, day_before, none, record};
use crate::pb;
use crate::pb::registration::Registered;

/// Works with tenures.
#[derive(Debug, Args)]
pub(in crate::cli) struct TenureArgs {
    #[command(subcommand)]
    command: TenureCommand,
}

#[derive(Debug, Subcommand)]
enum TenureCommand {
    /// Registers that a person holds a post, or acts in it (任职、主持工作).
    Begin(BeginArgs),
    /// Registers the last day of a tenure (免职).
    End(EndArgs),
    /// Ends whatever tenure of a post lasts, acting ones too, and begins the next, at once (交接).
    Handover(HandoverArgs),
}

#[derive(Debug, Args)]
struct BeginArgs {
    /// Id of the tenure.
    tenure: String,
    /// Who.
    #[arg(long)]
    person: String,
    /// Which post.
    #[arg(long)]
    post: String,
    /// First day, YYYY-MM-DD.
    #[arg(long)]
    from: String,
    /// Last day, YYYY-MM-DD; left out while it lasts.
    #[arg(long, default_value = "")]
    until: String,
    /// Acting (主持工作): may overlap the tenure of whoever holds the post.
    #[arg(long)]
    acting: bool,
    /// 任免文号, as printed.
    #[arg(long, default_value = "")]
    document: String,
    /// Registers a new version of a tenure that is registered otherwise.
    #[arg(long)]
    amend: bool,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
struct EndArgs {
    /// Id of the tenure.
    tenure: String,
    /// Whose it is.
    #[arg(long)]
    person: String,
    /// Last day, YYYY-MM-DD.
    #[arg(long)]
    until: String,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
struct HandoverArgs {
    /// The organization.
    organization: String,
    /// The post.
    post: String,
    /// Who holds it from then on; left out, the post falls vacant.
    #[arg(long, requires = "tenure")]
    to: Option<String>,
    /// First day of the next, YYYY-MM-DD; the last day of those before is the day before.
    #[arg(long)]
    from: String,
    /// Id of the next tenure.
    #[arg(long, requires = "to")]
    tenure: Option<String>,
    /// 任免文号 of the next, as printed.
    #[arg(long, default_value = "", requires = "to")]
    document: String,
    #[command(flatten)]
    registrar: Registrar,
}

pub(in crate::cli) async fn run(args: TenureArgs) -> Result<(), Failure> {
    match args.command {
        TenureCommand::Begin(args) => {
            let tenure = pb::Tenure {
                tenure_id: args.tenure,
                person_id: args.person,
                post_id: args.post,
                start_date: args.from,
                end_date: args.until,
                acting: args.acting,
                appointment_document: args.document,
            };
            record(&args.registrar, args.amend, vec![Registered::Tenure(tenure)]).await
        }
        TenureCommand::End(args) => {
            let held = of_person(&args.registrar.whence, &args.person).await?;
            let mut held = held.into_iter().filter_map(|holding| holding.tenure);
            let found = held.find(|tenure| tenure.tenure_id == args.tenure);
            let Some(tenure) = found else { return Err(no_tenure(&args.tenure, &args.person)) };
            let ended = pb::Tenure { end_date: args.until, ..tenure };
            record(&args.registrar, true, vec![Registered::Tenure(ended)]).await
        }
        TenureCommand::Handover(args) => handover(args).await,
    }
}

async fn handover(args: HandoverArgs) -> Result<(), Failure> {
    let last_day = day_before(&args.from)?;
    let organization_id = args.organization.clone();
    let request = pb::GetOrganizationRequest { organization_id, ..Default::default() };
    let mut registry = args.registrar.whence.registry().await?;
    let answer = registry.get_organization(request).await?.into_inner();
    let is_it =
        |of: &&pb::PostWithTenures| of.post.as_ref().is_some_and(|p| p.post_id == args.post);
    let Some(post) = answer.posts.iter().find(is_it) else {
        let (organization, post) = (&args.organization, &args.post);
        return Err(none(
            &format!("{organization} 没有职务 {post}"),
            &format!("{organization} has no post {post}"),
        ));
    };
    // A step that is repeated finds those before ended already and the next one there.
    let is_next = |tenure: &pb::Tenure| Some(&tenure.tenure_id) == args.tenure.as_ref();
    let lasts = |tenure: &&pb::Tenure| {
        let begun = tenure.start_date < args.from;
        let ended = !tenure.end_date.is_empty() && tenure.end_date < args.from;
        begun && !ended && !is_next(tenure)
    };
    let ended = post
        .tenures
        .iter()
        .filter(lasts)
        .map(|tenure| pb::Tenure { end_date: last_day.clone(), ..tenure.clone() });
    let mut tenures: Vec<_> = ended.collect();
    if let (Some(person_id), Some(tenure_id)) = (args.to, args.tenure) {
        tenures.push(pb::Tenure {
            tenure_id,
            person_id,
            post_id: args.post.clone(),
            start_date: args.from,
            appointment_document: args.document,
            ..Default::default()
        });
    }
    if tenures.is_empty() {
        let post = &args.post;
        return Err(none(
            &format!("{last_day} 没有人任职务 {post}，没有可交接的任期"),
            &format!("nobody holds {post} on {last_day}: there is nothing to hand over"),
        ));
    }
    let things = tenures.into_iter().map(Registered::Tenure).collect();
    record(&args.registrar, true, things).await
}

/// What a person holds and held.
pub(super) async fn of_person(whence: &Whence, person: &str) -> Result<Vec<pb::Holding>, Failure> {
    let request = pb::GetPersonRequest { person_id: person.to_owned(), known_position: 0 };
    Ok(whence.registry().await?.get_person(request).await?.into_inner().holdings)
}

/// A person holds no such tenure.
pub(super) fn no_tenure(tenure: &str, person: &str) -> Failure {
    none(
        &format!("{person} 没有任期 {tenure}；请用 duty-ledger person show {person} 查看"),
        &format!("{person} has no tenure {tenure}; see duty-ledger person show {person}"),
    )
}
