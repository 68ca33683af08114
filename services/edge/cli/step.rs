//! What commands that take a step have in common: who takes it, and where it stands then.

use clap::Args;

use super::client::Failure;
use super::{OutputArgs, output};
use crate::pb;

/// Who takes a step.
#[derive(Debug, Args)]
pub(super) struct ByArgs {
    /// Id of who takes the step; never a name.
    #[arg(long)]
    pub(super) by: String,
    /// Idempotency key, a UUID; by default a new one. Give it when a call is repeated.
    #[arg(long)]
    event_id: Option<String>,
}

impl ByArgs {
    /// The idempotency key of the call.
    pub(super) fn event_id(&self) -> String {
        self.event_id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string())
    }
}

/// Says where a step stands.
pub(super) fn recorded(
    receipt: Option<pb::AppendReceipt>,
    how: &OutputArgs,
) -> Result<(), Failure> {
    let receipt = receipt.unwrap_or_default();
    how.answer("AppendReceipt", &receipt, |receipt, language| {
        let said = language.pick("已记录于", "recorded at");
        output::say(&format!("{said} {} {}", receipt.position, receipt.event_id));
    })
}
