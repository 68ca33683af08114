//! `duty-ledger group`: leading groups, a version a document, and who sits in them (领导小组).

use clap::{Args, Subcommand};

use super::super::client::Failure;
use super::super::{Language, output, pages};
use super::{Registrar, Whence, record};
use crate::pb;
use crate::pb::registration::Registered;

/// Works with leading groups.
#[derive(Debug, Args)]
pub(in crate::cli) struct GroupArgs {
    #[command(subcommand)]
    command: GroupCommand,
}

#[derive(Debug, Subcommand)]
enum GroupCommand {
    /// Registers what a document says of a leading group: sets it up, adjusts or ends it (成立、调整).
    Record(Box<RecordArgs>),
    /// Shows a leading group as in force on a day, who sits in it, its versions (查看).
    Show(ShowArgs),
    /// Lists the leading groups in force on a day (列出).
    List(ListArgs),
}

#[derive(Debug, Args)]
struct RecordArgs {
    /// Id of the group.
    group: String,
    /// The organization whose group it is.
    #[arg(long)]
    organization: String,
    /// 文号 of the document.
    #[arg(long)]
    document: String,
    /// First day the document is in force, YYYY-MM-DD.
    #[arg(long)]
    from: String,
    /// Last day of the group, YYYY-MM-DD, when the document ends it.
    #[arg(long, default_value = "")]
    until: String,
    /// Name in the document.
    #[arg(long)]
    name: String,
    /// Another name it goes by; may be given several times.
    #[arg(long)]
    alias: Vec<String>,
    /// 组长, a post.
    #[arg(long)]
    head: String,
    /// 副组长, a post; may be given several times.
    #[arg(long)]
    deputy: Vec<String>,
    /// 成员, a post; may be given several times.
    #[arg(long, required = true)]
    member: Vec<String>,
    /// 办公室设在何处.
    #[arg(long, default_value = "")]
    office: String,
    /// 办公室主任, a post.
    #[arg(long, default_value = "")]
    office_director: String,
    /// 联络员, a post.
    #[arg(long, default_value = "")]
    liaison: String,
    /// Registers anew what a document says that is registered otherwise.
    #[arg(long)]
    amend: bool,
    #[command(flatten)]
    registrar: Registrar,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Id of the group.
    group: String,
    /// As in force on this day, YYYY-MM-DD; by default the day now running by the ledger.
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
    /// Only groups of this organization; by default all.
    #[arg(long, default_value = "")]
    organization: String,
    /// As in force on this day, YYYY-MM-DD; by default the day now running by the ledger.
    #[arg(long, default_value = "")]
    as_of: String,
    /// Only entries up to this position are known; by default all.
    #[arg(long, default_value_t = 0)]
    known: u64,
    #[command(flatten)]
    whence: Whence,
}

pub(in crate::cli) async fn run(args: GroupArgs) -> Result<(), Failure> {
    match args.command {
        GroupCommand::Record(args) => {
            let alias = |name_zh| pb::LeadingGroupAlias { name_zh, ..Default::default() };
            let group = pb::LeadingGroup {
                group_id: args.group,
                organization_id: args.organization,
                document_number: args.document,
                start_date: args.from,
                end_date: args.until,
                name_zh: args.name,
                aliases: args.alias.into_iter().map(alias).collect(),
                head_post_id: args.head,
                deputy_post_ids: args.deputy,
                member_post_ids: args.member,
                office_location: args.office,
                office_director_post_id: args.office_director,
                liaison_post_id: args.liaison,
            };
            record(&args.registrar, args.amend, vec![Registered::Group(group)]).await
        }
        GroupCommand::Show(args) => show(args).await,
        GroupCommand::List(args) => list(args).await,
    }
}

async fn show(args: ShowArgs) -> Result<(), Failure> {
    let request = pb::GetLeadingGroupRequest {
        group_id: args.group,
        as_of_date: args.as_of,
        known_position: args.known,
        min_position: 0,
    };
    let answer = args.whence.registry().await?.get_leading_group(request).await?.into_inner();
    args.whence.output.answer("GetLeadingGroupResponse", &answer, show_one)
}

fn show_one(answer: &pb::GetLeadingGroupResponse, lang: Language) {
    match &answer.group {
        Some(group) => output::say(&line(group)),
        None => output::say(&format!(
            "{} {}",
            answer.as_of_date,
            lang.pick("没有在行文件", "no document is in force")
        )),
    }
    for seat in &answer.seats {
        output::say(&self::seat(seat, lang));
    }
    for version in &answer.versions {
        let pb::LeadingGroupVersion { document_number, start_date, position, name_zh } = version;
        output::say(&format!("  #{position} {start_date} {document_number} {name_zh}"));
    }
    for found in &answer.findings {
        output::say(&format!("  ! {}", lang.pick(&found.text_zh, &found.text_en)));
    }
}

fn line(group: &pb::LeadingGroup) -> String {
    let pb::LeadingGroup { group_id, name_zh, organization_id, start_date, .. } = group;
    format!("{name_zh} ({group_id}) {organization_id} {start_date} {}", group.document_number)
}

fn seat(seat: &pb::LeadingGroupSeat, lang: Language) -> String {
    let name = match seat.seat.split('_').next().unwrap_or_default() {
        "head" => lang.pick("组长", "head"),
        "deputy" => lang.pick("副组长", "deputy head"),
        "member" => lang.pick("成员", "member"),
        "office" => lang.pick("办公室主任", "office director"),
        "liaison" => lang.pick("联络员", "liaison"),
        _ => &seat.seat,
    };
    let who = match seat.person_ids.join(", ") {
        nobody if nobody.is_empty() => lang.pick("空缺", "nobody").to_owned(),
        who => who,
    };
    format!("  {name}: {} ({}) {who}", seat.title_zh, seat.post_id)
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let mut registry = args.whence.registry().await?;
    let request = pb::ListLeadingGroupsRequest {
        organization_id: args.organization,
        as_of_date: args.as_of,
        known_position: args.known,
        page_size: 1_000,
        ..Default::default()
    };
    let ask = async |page_token| {
        registry
            .list_leading_groups(pb::ListLeadingGroupsRequest { page_token, ..request.clone() })
            .await
    };
    let all = pages::all(ask).await?;
    args.whence.output.answer("ListLeadingGroupsResponse", &all, |all, language| {
        all.groups.iter().for_each(|group| output::say(&line(group)));
        if all.groups.is_empty() {
            output::say(language.pick("没有领导小组", "no leading group"));
        }
    })
}
