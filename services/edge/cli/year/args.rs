//! The arguments of `duty-ledger year`: one struct for each step.

use clap::{Args, Subcommand, ValueEnum};

use super::list::ListArgs;
use crate::cli::step::ByArgs;
use crate::cli::{OutputArgs, ServerArg};
use crate::pb;

/// Works with an evaluated year.
#[derive(Debug, Args)]
pub(in crate::cli) struct YearArgs {
    #[command(subcommand)]
    pub(super) command: YearCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum YearCommand {
    #[command(flatten)]
    Step(StepCommand),
    /// Lists how far the year of every organization is, and what waits (考核进度).
    List(ListArgs),
}

/// One step of one year, or how far it is.
#[derive(Debug, Subcommand)]
pub(super) enum StepCommand {
    /// Publishes the result for notice (公示).
    Publish(StepArgs),
    /// Appeals against what was published (申诉).
    Appeal(AppealArgs),
    /// Extends the term for deciding an appeal, once (延长办理期限).
    Extend(ExtendArgs),
    /// Decides an appeal (申诉决定).
    Decide(DecideArgs),
    /// Asks for a further review of the decision on an appeal, once (复核申请).
    RequestReview(RequestReviewArgs),
    /// Decides a further review, finally (复核决定).
    DecideReview(DecideReviewArgs),
    /// Adds a bonus, a penalty or a veto (加分、扣分、一票否决).
    Adjust(AdjustArgs),
    /// Seals the year (封存).
    Seal(StepArgs),
    /// Opens a sealed year again by decision (启封).
    Reopen(ReopenArgs),
    /// Shows how far the year is (进度).
    Status(AboutArgs),
}

/// Which year, and where.
#[derive(Debug, Args)]
pub(super) struct AboutArgs {
    /// Id of the organization.
    pub(super) organization: String,
    /// Accounting year (考核年度).
    #[arg(long)]
    pub(super) year: i32,
    #[command(flatten)]
    pub(super) server: ServerArg,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct StepArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    /// 文号 of the notice.
    #[arg(long)]
    pub(super) document: String,
    /// The day whose deadlines count, YYYY-MM-DD; by default the day now running, and of a seal the
    /// day published, which is the only one.
    #[arg(long, default_value = "")]
    pub(super) as_of: String,
}

#[derive(Debug, Args)]
pub(super) struct AppealArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    /// Why the result is wrong.
    #[arg(long)]
    pub(super) arguments: String,
    /// What shows it: ids of events, numbers of documents.
    #[arg(long, default_value = "")]
    pub(super) evidence: String,
}

#[derive(Debug, Args)]
pub(super) struct ExtendArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    /// Position of the appeal.
    #[arg(long)]
    pub(super) appeal: u64,
    /// Why.
    #[arg(long)]
    pub(super) reason: String,
}

#[derive(Debug, Args)]
pub(super) struct DecideArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    #[command(flatten)]
    pub(super) decision: DecisionArgs,
    /// Id of the organization whose office decides (决定机关), if it is to be told.
    #[arg(long, default_value = "")]
    pub(super) office: String,
}

#[derive(Debug, Args)]
pub(super) struct RequestReviewArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    /// Position of the appeal whose decision is to be reviewed.
    #[arg(long)]
    pub(super) appeal: u64,
    /// Why the decision is wrong.
    #[arg(long)]
    pub(super) arguments: String,
    /// What shows it: ids of events, numbers of documents.
    #[arg(long, default_value = "")]
    pub(super) evidence: String,
}

#[derive(Debug, Args)]
pub(super) struct DecideReviewArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    #[command(flatten)]
    pub(super) decision: DecisionArgs,
    /// Id of the organization whose office decides (复核机关): not the one that decided the appeal.
    #[arg(long)]
    pub(super) office: String,
}

/// What a decision on an appeal or on its further review says.
#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// Position of the appeal.
    #[arg(long)]
    pub(super) appeal: u64,
    /// Upholds it (支持), in part at least.
    #[arg(long)]
    pub(super) upheld: bool,
    /// 文号 of the decision.
    #[arg(long)]
    pub(super) document: String,
    /// Why.
    #[arg(long)]
    pub(super) reason: String,
    /// Points of bonus that a decision upholding gives; there is nothing else a decision may add.
    #[arg(long, default_value = "", requires = "upheld")]
    pub(super) bonus: String,
}

impl DecisionArgs {
    /// The adjustment the decision makes; document and approver are its own.
    pub(super) fn adjustment(&self) -> Option<pb::ScoreAdjustment> {
        (!self.bonus.is_empty()).then(|| pb::ScoreAdjustment {
            kind: pb::AdjustmentKind::Bonus.into(),
            points: self.bonus.clone(),
            reason: self.reason.clone(),
            ..Default::default()
        })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// 加分.
    Bonus,
    /// 扣分.
    Penalty,
    /// 一票否决.
    Veto,
}

#[derive(Debug, Args)]
pub(super) struct AdjustArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    /// Which.
    #[arg(long, value_enum)]
    pub(super) kind: Kind,
    /// Points; none for a veto.
    #[arg(long, default_value = "")]
    pub(super) points: String,
    /// 文号 of the document it rests on.
    #[arg(long)]
    pub(super) document: String,
    /// Id of who approved it.
    #[arg(long)]
    pub(super) approver: String,
    /// Why.
    #[arg(long)]
    pub(super) reason: String,
}

#[derive(Debug, Args)]
pub(super) struct ReopenArgs {
    #[command(flatten)]
    pub(super) about: AboutArgs,
    #[command(flatten)]
    pub(super) by: ByArgs,
    /// Id of who approved it.
    #[arg(long)]
    pub(super) approver: String,
    /// 文号 of the decision.
    #[arg(long)]
    pub(super) document: String,
    /// Why.
    #[arg(long)]
    pub(super) reason: String,
}
