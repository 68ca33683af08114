//! The commands of supervisors: thin clients of `SupervisionService`.

mod coverage;
mod deadlines;
mod exceptions;
mod profile;
mod ranking;
mod rollup;

use clap::Args;
use tonic::transport::Channel;

use super::client::{self, Failure};
use super::{Language, OutputArgs, SelectorArgs, ServerArg, output, table};
use crate::pb;
use crate::pb::supervision_service_client::SupervisionServiceClient;

pub(super) use coverage::{CoverageArgs, run as coverage};
pub(super) use deadlines::{DeadlinesArgs, run as deadlines};
pub(super) use exceptions::{ExceptionsArgs, run as exceptions};
pub(super) use profile::{ProfileArgs, run as profile};
pub(super) use ranking::{RankArgs, run as rank};
pub(super) use rollup::{RollUpArgs, TrendArgs, run as rollup, trend};

/// Rows asked for at a time: the most there may be, since the service finds the whole answer anew
/// for every page of it.
const PAGE: i32 = 10_000;

/// What every command of a supervisor takes.
#[derive(Debug, Args)]
struct Common {
    /// Only this organization and those below it; by default all.
    #[arg(long, default_value = "")]
    within: String,
    #[command(flatten)]
    selector: SelectorArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

impl Common {
    /// A client of the service.
    async fn client(&self) -> Result<SupervisionServiceClient<Channel>, Failure> {
        let channel = client::connect(&self.server.server).await?;
        Ok(SupervisionServiceClient::new(channel).max_decoding_message_size(usize::MAX))
    }
}

/// What an answer reflects.
fn footer(basis: Option<&pb::ViewBasis>, language: Language) {
    if let Some(basis) = basis {
        output::say(&table::basis(basis, language));
    }
}

/// A text, or a dash for none.
fn dash(text: &str) -> String {
    if text.is_empty() { "—".to_owned() } else { text.to_owned() }
}

/// Why an organization has no figure.
fn no_figure(reason: i32, language: Language) -> &'static str {
    use pb::NoFigureReason as R;
    match R::try_from(reason).unwrap_or(R::Unspecified) {
        R::NoRuleSet => language.pick("没有有效的规则集", "no valid rule set"),
        R::NothingScored => language.pick("没有计分的事项", "nothing is scored"),
        R::Unspecified => "?",
    }
}
