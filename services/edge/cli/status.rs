//! `duty-ledger status`: how a running service is.

use clap::Args;

use super::client::{self, Failure};
use super::{Output, OutputArgs, compliance, output};
use crate::pb;
use crate::pb::admin_service_client::AdminServiceClient;

/// Whom to ask.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Admin address of the service.
    #[arg(long, default_value = "http://127.0.0.1:50052")]
    server: String,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: StatusArgs) -> Result<(), Failure> {
    let mut client = AdminServiceClient::new(client::connect(&args.server).await?);
    let status = client.get_status(pb::GetStatusRequest {}).await?.into_inner();
    if args.output.output == Output::Json {
        return compliance::json("GetStatusResponse", &status);
    }
    let language = args.output.lang;
    let phase = match status.phase() {
        pb::ServicePhase::Unspecified | pb::ServicePhase::Starting => ("启动中", "starting"),
        pb::ServicePhase::Serving => ("服务中", "serving"),
        pb::ServicePhase::ReadOnly => ("只读", "read only"),
    };
    let mebibytes = |bytes: u64| format!("{} MiB", bytes >> 20);
    for (zh, en, value) in [
        ("状态", "phase", language.pick(phase.0, phase.1).to_owned()),
        ("版本", "version", format!("{} (format {})", status.version, status.format)),
        ("台账", "ledger", status.ledger_id.clone()),
        ("来源", "origin", status.origin.clone()),
        ("已落盘至", "sequenced", status.sequenced_position.to_string()),
        ("已入树", "integrated", status.integrated_size.to_string()),
        ("已公布", "published", status.published_size.to_string()),
        ("公布滞后（秒）", "publish lag (s)", format!("{:.1}", status.publish_lag_seconds)),
        ("根散列", "root", status.root.clone()),
        ("视图快照", "view snapshot", status.snapshot_position.to_string()),
        ("磁盘余量", "disk free", mebibytes(status.disk_free_bytes)),
        ("内存", "memory", mebibytes(status.memory_bytes)),
    ] {
        output::say(&format!("{}: {value}", language.pick(zh, en)));
    }
    let error = language.pick(&status.last_error_zh, &status.last_error_en);
    if !error.is_empty() {
        output::say(error);
    }
    Ok(())
}
