//! The registrars' commands: each is one call, all of it or nothing.
//!
//! `organization`, `post`, `tenure`, `absence` and `group` share how they register
//! ([`record`]): the same again is no change, and what is registered otherwise takes `--amend`.

pub(super) mod absence;
pub(super) mod group;
pub(super) mod organization;
pub(super) mod post;
pub(super) mod steps;
pub(super) mod tenure;

use clap::Args;
use tonic::transport::Channel;

use super::client::{self, Failure};
use super::step::ByArgs;
use super::{BAD_DATA, Output, OutputArgs, ServerArg, compliance, output};
use crate::pb;
use crate::pb::registration::Registered;
use crate::pb::registry_service_client::RegistryServiceClient;
use crate::report::NUMBER_NAMESPACE;

/// Where, and how to answer.
#[derive(Debug, Args)]
pub(super) struct Whence {
    #[command(flatten)]
    pub(super) server: ServerArg,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

impl Whence {
    /// The registry of the service.
    pub(super) async fn registry(&self) -> Result<RegistryServiceClient<Channel>, Failure> {
        let channel = client::connect(&self.server.server).await?;
        Ok(RegistryServiceClient::new(channel).max_decoding_message_size(usize::MAX))
    }
}

/// Who registers, and where.
#[derive(Debug, Args)]
pub(super) struct Registrar {
    #[command(flatten)]
    by: ByArgs,
    /// Only says what would happen.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    pub(super) whence: Whence,
}

/// Reads a word of one of the contract's lists, such as `city` or 市.
pub(super) fn choice(
    list: &'static str,
) -> impl Fn(&str) -> Result<i32, String> + Clone + Send + Sync + 'static {
    move |text| crate::workbook::choice(list, text)
}

/// Registers all of these or nothing, and says where they stand.
pub(super) async fn record(
    registrar: &Registrar,
    amend: bool,
    things: Vec<Registered>,
) -> Result<(), Failure> {
    let mut registry = registrar.whence.registry().await?;
    let first = registrar.by.event_id();
    let registrations = things.into_iter().enumerate().map(|(index, registered)| {
        // One key repeats the whole step: those after the first follow from it.
        let of_step = duty::id::EventId::derived(&NUMBER_NAMESPACE, &format!("{first}/{index}"));
        let event_id = if index == 0 { first.clone() } else { of_step.to_string() };
        pb::Registration { event_id, registered: Some(registered) }
    });
    let request = pb::RegisterBatchRequest {
        recorder: registrar.by.by.clone(),
        registrations: registrations.collect(),
        amend,
        validate_only: registrar.check,
    };
    let answer = registry.register_batch(request).await?.into_inner();
    let OutputArgs { output: how, lang } = registrar.whence.output;
    if how == Output::Json {
        return compliance::json("RegisterBatchResponse", &answer);
    }
    for result in &answer.results {
        let receipt = result.receipt.clone().unwrap_or_default();
        let said = match (result.unchanged, registrar.check) {
            (true, _) => lang.pick("未变，已登记于", "unchanged, registered at"),
            (false, true) => lang.pick("可以登记", "can be registered"),
            (false, false) => lang.pick("已记录于", "recorded at"),
        };
        let at = if receipt.position == 0 {
            String::new()
        } else {
            format!(" {} {}", receipt.position, receipt.event_id)
        };
        output::say(&format!("{said}{at}"));
        for found in &result.findings {
            output::say(&format!("  ! {}", lang.pick(&found.text_zh, &found.text_en)));
        }
    }
    Ok(())
}

/// What a command is about is not there.
pub(super) fn none(zh: &str, en: &str) -> Failure {
    Failure::new(BAD_DATA, format!("{zh} / {en}"))
}

/// The day before, in the form of the contract.
pub(super) fn day_before(day: &str) -> Result<String, Failure> {
    let parsed = day.parse::<jiff::civil::Date>().ok().and_then(|day| day.yesterday().ok());
    parsed.map(|day| day.to_string()).ok_or_else(|| {
        none(
            &format!("“{day}”不是日期，请写成 2022-05-18"),
            &format!("\"{day}\" is no date: write it as 2022-05-18"),
        )
    })
}
