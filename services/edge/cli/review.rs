//! `duty-ledger review`: a supervisor accepts, returns, or takes an acceptance back (审核).

use clap::{Args, Subcommand, ValueEnum};

use super::client::{self, Failure};
use super::step::{ByArgs, recorded};
use super::{Language, OutputArgs, ServerArg, output};
use crate::pb;
use crate::pb::review_service_client::ReviewServiceClient;

/// Decides on a duty event.
#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    #[command(subcommand)]
    command: ReviewCommand,
}

#[derive(Debug, Subcommand)]
enum ReviewCommand {
    /// Accepts an event: the evidence was seen and holds (核定).
    Accept(AcceptArgs),
    /// Returns an event to be completed (退回).
    Return(ReturnArgs),
    /// Takes an acceptance back, by a document (撤销核定).
    Withdraw(WithdrawArgs),
    /// Lists every decision on an event, oldest first.
    List(AboutArgs),
}

/// Which event, and where.
#[derive(Debug, Args)]
struct AboutArgs {
    /// Id of the version of the event (event_id).
    event: String,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Quality {
    /// Original documents seen, complete.
    A,
    /// Sufficient, with gaps that do not matter.
    B,
    /// With a reservation, which the remark gives; counts 0.6 on the rung verified.
    C,
}

#[derive(Debug, Args)]
struct AcceptArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// Quality of the evidence; not graded by default.
    #[arg(long, value_enum)]
    quality: Option<Quality>,
    /// Remark; needed with quality C.
    #[arg(long, default_value = "")]
    remark: String,
}

#[derive(Debug, Args)]
struct ReturnArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// Why, at least 10 characters.
    #[arg(long)]
    reason: String,
    /// Working days to complete it; by default 5.
    #[arg(long, default_value_t = 0)]
    cure_days: i32,
}

#[derive(Debug, Args)]
struct WithdrawArgs {
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    by: ByArgs,
    /// Why, at least 10 characters.
    #[arg(long)]
    reason: String,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
}

pub(super) async fn run(args: ReviewArgs) -> Result<(), Failure> {
    let (about, by, review) = match args.command {
        ReviewCommand::List(about) => return list(about).await,
        ReviewCommand::Accept(AcceptArgs { about, by, quality, remark }) => {
            let quality = match quality {
                None => pb::EvidenceQuality::Unspecified,
                Some(Quality::A) => pb::EvidenceQuality::A,
                Some(Quality::B) => pb::EvidenceQuality::B,
                Some(Quality::C) => pb::EvidenceQuality::C,
            };
            let verdict = pb::ReviewVerdict::Accepted.into();
            let review = pb::Review { verdict, quality: quality.into(), remark, ..blank(&about) };
            (about, by, review)
        }
        ReviewCommand::Return(ReturnArgs { about, by, reason, cure_days }) => {
            let verdict = pb::ReviewVerdict::Returned.into();
            let remark = reason;
            let review =
                pb::Review { verdict, remark, cure_working_days: cure_days, ..blank(&about) };
            (about, by, review)
        }
        ReviewCommand::Withdraw(WithdrawArgs { about, by, reason, document }) => {
            let verdict = pb::ReviewVerdict::AcceptanceWithdrawn.into();
            let remark = reason;
            let review = pb::Review { verdict, remark, document_number: document, ..blank(&about) };
            (about, by, review)
        }
    };
    let event_id = by.event_id();
    let review = pb::Review { verifier: by.by, ..review };
    let request = pb::ReviewEventRequest { event_id, review: Some(review) };
    let channel = client::connect(&about.server.server).await?;
    let answer = ReviewServiceClient::new(channel).review_event(request).await?.into_inner();
    recorded(answer.receipt, &about.output)
}

fn blank(about: &AboutArgs) -> pb::Review {
    pb::Review { target_event_id: about.event.clone(), ..Default::default() }
}

async fn list(about: AboutArgs) -> Result<(), Failure> {
    let request = pb::ListEventReviewsRequest { event_id: about.event, ..Default::default() };
    let channel = client::connect(&about.server.server).await?;
    let answer = ReviewServiceClient::new(channel).list_event_reviews(request).await?.into_inner();
    about.output.answer("ListEventReviewsResponse", &answer, |answer, language| {
        answer.reviews.iter().for_each(|review| show(review, language));
        if answer.reviews.is_empty() {
            output::say(language.pick("尚未审核", "no decision yet"));
        }
    })
}

fn show(found: &pb::EventReview, language: Language) {
    let (standing, review) = (found.standing.clone().unwrap_or_default(), &found.review);
    let review = review.clone().unwrap_or_default();
    let verdict = match review.verdict() {
        pb::ReviewVerdict::Accepted => language.pick("核定", "accepted"),
        pb::ReviewVerdict::Returned => language.pick("退回", "returned"),
        pb::ReviewVerdict::AcceptanceWithdrawn => language.pick("撤销核定", "acceptance withdrawn"),
        pb::ReviewVerdict::Unspecified => "?",
    };
    let cure = match standing.cure_date.as_str() {
        "" => String::new(),
        day => format!("{} {day}", language.pick("补正期限", "to be mended by")),
    };
    let (position, day) = (standing.position, &standing.reviewed_date);
    let line = format!("#{position} {day} {verdict} {} {} {cure}", review.verifier, review.remark);
    output::say(line.trim_end());
}
