//! `duty-ledger post`: registers a post of an organization, which it never leaves.

use clap::{Args, Subcommand};

use super::super::client::Failure;
use super::{Registrar, choice, record};
use crate::pb;
use crate::pb::registration::Registered;

/// Works with posts.
#[derive(Debug, Args)]
pub(in crate::cli) struct PostArgs {
    #[command(subcommand)]
    command: PostCommand,
}

#[derive(Debug, Subcommand)]
enum PostCommand {
    /// Registers a post, or gives one a new title (登记职务).
    Register(RegisterArgs),
}

#[derive(Debug, Args)]
struct RegisterArgs {
    /// Id of the post.
    post: String,
    /// The organization it belongs to.
    #[arg(long)]
    organization: String,
    /// What it is: party-head, government-head, deputy, group-head, other, or in Chinese.
    #[arg(long, value_parser = choice("PostKind"))]
    kind: i32,
    /// Title as used, such as 党组书记.
    #[arg(long)]
    title: String,
    /// Gives a post that is registered a new title.
    #[arg(long)]
    amend: bool,
    #[command(flatten)]
    registrar: Registrar,
}

pub(in crate::cli) async fn run(args: PostArgs) -> Result<(), Failure> {
    let PostCommand::Register(args) = args.command;
    let post = pb::Post {
        post_id: args.post,
        organization_id: args.organization,
        kind: args.kind,
        title_zh: args.title,
    };
    record(&args.registrar, args.amend, vec![Registered::Post(post)]).await
}
