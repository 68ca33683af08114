//! `duty-ledger demo`: a new ledger, a real report in it, what the ledger makes of it.
//!
//! Everything goes through the gRPC port, as it would for anybody else.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use duty::id::EventId;
use serde::Deserialize;
use tonic::transport::Channel;

use super::client::{self, Failure};
use super::{
    BAD_DATA, FAILED, Language, OutputArgs, compliance, output, persons, serve, shown, table,
};
use crate::config::{Config, Overrides};
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;
use crate::pb::duty_event_service_client::DutyEventServiceClient;
use crate::pb::registry_service_client::RegistryServiceClient;
use crate::persons::{Kek, KekError};
use crate::report::{self, Report};

/// The 2022 report of the science bureau as 39 events.
pub(super) const REPORT: &str = include_str!("../../../data/demo/events-2022.json");
/// Organizations, posts, persons and tenures for it.
pub(super) const REGISTRY: &str = include_str!("../../../data/demo/registry.json");
/// The rule set built from the draft catalogue of duties.
pub(super) const RULES: &str = include_str!("../../../data/rulesets/cn-450200-2022.toml");
/// The working-day calendars.
pub(super) const CALENDARS: &[&str] = &[
    include_str!("../../../data/calendars/2021.toml"),
    include_str!("../../../data/calendars/2022.toml"),
    include_str!("../../../data/calendars/2023.toml"),
    include_str!("../../../data/calendars/2024.toml"),
    include_str!("../../../data/calendars/2025.toml"),
    include_str!("../../../data/calendars/2026.toml"),
];
/// The organization the report is from.
pub(super) const ORGANIZATION: &str = "450200-kjj";
/// The year it reports on.
pub(super) const YEAR: i32 = 2022;
/// Recorder of the demo's entries.
const RECORDER: &str = "demo";

/// The key of keys of a demo, in its directory.
const KEK_FILE: &str = "demo-person-kek";

/// How to run the demo.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Directory of the new ledger; by default a new one among the temporary files.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Address of the API.
    #[arg(long, default_value = "127.0.0.1:50051")]
    listen: String,
    /// Address of the health port.
    #[arg(long, default_value = "127.0.0.1:50052")]
    admin_listen: String,
    /// Address of the HTTP port with checkpoint and tiles.
    #[arg(long, default_value = "127.0.0.1:50053")]
    http_listen: String,
    /// Ends after the table instead of going on serving.
    #[arg(long)]
    exit: bool,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &DemoArgs) -> ExitCode {
    let data_dir = args.data_dir.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("duty-ledger-demo-{}", uuid::Uuid::now_v7().simple()))
    });
    let overrides = Overrides {
        data_dir: Some(data_dir),
        listen: Some(args.listen.clone()),
        admin_listen: Some(args.admin_listen.clone()),
        http_listen: Some(args.http_listen.clone()),
        log: Some("warn".to_owned()),
        log_format: None,
    };
    let mut config = match Config::load(None, &overrides) {
        Ok(config) => config,
        Err(faults) => return serve::bad_config(&faults),
    };
    let is_configured = config.person_kek.is_some();
    // A key of its own, so that names can be tried; with the data only because it is a demo.
    let kek_file = config.data_dir.join(KEK_FILE);
    if !is_configured {
        match own_kek(&kek_file) {
            Ok(kek) => config.person_kek = Some(kek),
            Err(complaint) => {
                output::complain(&complaint);
                return ExitCode::from(FAILED);
            }
        }
    }
    serve::start_log(&config);
    let runtime = match serve::runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    runtime.block_on(async {
        let app = match serve::start(&config).await {
            Ok(app) => app,
            Err(error) => {
                output::complain(&error.words());
                return ExitCode::from(FAILED);
            }
        };
        // Only now: a directory with a file of ours and no journal would not be taken for empty.
        let own = config.person_kek.as_ref().filter(|_| !is_configured && !kek_file.exists());
        if let Some(Err(error)) = own.map(|kek| persons::write_kek(&kek_file, kek)) {
            output::complain(&format!("{}: {error}", shown(&kek_file)));
        }
        let shown = show(&app.api_address.to_string(), args).await;
        let code = match shown {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                output::complain(&failure.text);
                ExitCode::from(failure.code)
            }
        };
        if code == ExitCode::SUCCESS && !args.exit {
            let stop = serve::asked_to_stop();
            try_next(&config, &app);
            stop.await;
        }
        app.stop().await;
        code
    })
}

/// The key of keys an earlier demo left in the directory, or a new one.
fn own_kek(file: &std::path::Path) -> Result<Kek, String> {
    if file.exists() {
        let fault = |error: KekError| format!("{}: {} / {}", shown(file), error.zh, error.en);
        return Kek::read(file).map_err(fault);
    }
    Kek::generate().map_err(|error| crate::chain(&error))
}

async fn show(address: &str, args: &DemoArgs) -> Result<(), Failure> {
    let channel = client::connect(&format!("http://{address}")).await?;
    let receipts = load(channel.clone()).await?;
    let mut client = ComplianceServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let selector = Some(pb::ViewSelector { year: YEAR, ..Default::default() });
    let request =
        pb::GetOrganizationComplianceRequest { organization_id: ORGANIZATION.to_owned(), selector };
    let view = client.get_organization_compliance(request).await?.into_inner();
    if args.output.output == super::Output::Json {
        return compliance::json("GetOrganizationComplianceResponse", &view);
    }
    compliance::organization(&view, args.output.lang);
    flags(&receipts, args.output.lang);
    Ok(())
}

/// The registrations of the demo.
#[derive(Deserialize)]
struct Registry {
    organizations: Vec<serde_json::Value>,
    posts: Vec<serde_json::Value>,
    persons: Vec<serde_json::Value>,
    tenures: Vec<serde_json::Value>,
}

/// Loads registry, calendars, rules and report through the API; the receipts of the events.
///
/// # Errors
/// What the ledger said.
pub(super) async fn load(channel: Channel) -> Result<Vec<pb::AppendReceipt>, Failure> {
    let mut client = RegistryServiceClient::new(channel.clone());
    register(&mut client).await?;
    for (index, toml) in CALENDARS.iter().enumerate() {
        client
            .publish_work_calendar(pb::PublishWorkCalendarRequest {
                recorder: RECORDER.to_owned(),
                event_id: demo_id(&format!("calendar/{index}")),
                toml: (*toml).to_owned(),
            })
            .await?;
    }
    client
        .publish_rule_set(pb::PublishRuleSetRequest {
            recorder: RECORDER.to_owned(),
            event_id: demo_id("rules/2022"),
            toml: RULES.to_owned(),
        })
        .await?;
    let request = pb::AppendEventsRequest {
        recorder: RECORDER.to_owned(),
        events: events()?,
        expected_revisions: Vec::new(),
        with_flags: true,
        validate_only: false,
    };
    let answer = DutyEventServiceClient::new(channel).append_events(request).await?;
    Ok(answer.into_inner().receipts)
}

/// Registers organizations, posts, persons and tenures, in the order they refer to each other.
async fn register(client: &mut RegistryServiceClient<Channel>) -> Result<(), Failure> {
    let registry: Registry = serde_json::from_str(REGISTRY)
        .map_err(|error| Failure::new(FAILED, format!("registry.json: {error}")))?;
    for organization in messages::<pb::Organization>("Organization", registry.organizations)? {
        client
            .register_organization(pb::RegisterOrganizationRequest {
                recorder: RECORDER.to_owned(),
                event_id: demo_id(&format!("organization/{}", organization.organization_id)),
                organization: Some(organization),
                amend: false,
            })
            .await?;
    }
    for post in messages::<pb::Post>("Post", registry.posts)? {
        client
            .register_post(pb::RegisterPostRequest {
                recorder: RECORDER.to_owned(),
                event_id: demo_id(&format!("post/{}", post.post_id)),
                post: Some(post),
                amend: false,
            })
            .await?;
    }
    for person in messages::<pb::Person>("Person", registry.persons)? {
        client
            .register_person(pb::RegisterPersonRequest {
                recorder: RECORDER.to_owned(),
                event_id: demo_id(&format!("person/{}", person.person_id)),
                person: Some(person),
                text: None,
                amend: false,
            })
            .await?;
    }
    for tenure in messages::<pb::Tenure>("Tenure", registry.tenures)? {
        client
            .register_tenure(pb::RegisterTenureRequest {
                recorder: RECORDER.to_owned(),
                event_id: demo_id(&format!("tenure/{}", tenure.tenure_id)),
                tenure: Some(tenure),
                amend: false,
            })
            .await?;
    }
    Ok(())
}

/// Messages of one kind from canonical protobuf JSON.
fn messages<M: prost::Message + Default>(
    name: &str,
    values: Vec<serde_json::Value>,
) -> Result<Vec<M>, Failure> {
    let read = |value| {
        output::from_json(name, value).map_err(|error| {
            Failure::new(FAILED, format!("registry.json: {}", crate::chain(&error)))
        })
    };
    values.into_iter().map(read).collect()
}

/// The idempotency key of a registration of the demo.
pub(super) fn demo_id(name: &str) -> String {
    EventId::derived(&report::NUMBER_NAMESPACE, &format!("demo/{name}")).to_string()
}

/// The events of the report.
pub(super) fn events() -> Result<Vec<pb::DutyEvent>, Failure> {
    let report: Report = serde_json::from_str(REPORT)
        .map_err(|error| Failure::new(FAILED, format!("events-2022.json: {error}")))?;
    report
        .events
        .into_iter()
        .map(|record| {
            record.into_event(ORGANIZATION).map_err(|fault| {
                Failure::new(BAD_DATA, format!("{}: {} / {}", fault.field, fault.zh, fault.en))
            })
        })
        .collect()
}

/// What is worth a look in the report. Two kinds are counted and not listed: the details it does
/// not give are legion, and everything of 2022 that is recorded today comes late.
fn flags(receipts: &[pb::AppendReceipt], language: Language) {
    let mut flagged = table::new(&[
        language.pick("序号", "position"),
        language.pick("提示", "flag"),
        language.pick("说明", "what"),
    ]);
    let (mut missing, mut late) = (0, 0);
    for receipt in receipts {
        for flag in &receipt.flags {
            if flag.reason == duty::Reason::DetailMissing.as_str() {
                missing += 1;
                continue;
            }
            if flag.reason == duty::Reason::LateEntry.as_str() {
                late += 1;
                continue;
            }
            flagged.add_row(vec![
                receipt.position.to_string(),
                flag.reason.clone(),
                language.pick(&flag.text_zh, &flag.text_en).to_owned(),
            ]);
        }
    }
    output::say(&flagged.to_string());
    output::say(&format!(
        "{} {missing} · {} {late}",
        language.pick("另有未填的要素：", "details the events do not give, beside these:"),
        language.pick("补录：", "recorded late, since it is done today:")
    ));
}

/// Where it listens and what to try, as it can be typed.
fn try_next(config: &Config, app: &crate::app::App) {
    let (api, admin) = (app.api_address, app.admin_address);
    let service = "dutyledger.v1.ComplianceService/GetOrganizationCompliance";
    let question =
        format!(r#"{{"organization_id":"{ORGANIZATION}","selector":{{"year":{YEAR}}}}}"#);
    let (event, person) = (event_to_try(), person_to_try());
    // As the user typed it: with `cargo run` that is a path below target/.
    let me = std::env::args().next().unwrap_or_else(|| "duty-ledger".to_owned());
    output::say(&format!(
        "\n台账目录 data: {}\nAPI (gRPC, h2c): {api}\nhealth (grpc.health.v1): {admin}\n\n\
         试一试 try next:\n\
         \x20 {me} explain {ORGANIZATION} rule_of_law_work_meeting --year {YEAR} --server http://{api}\n\
         \x20 {me} compliance {ORGANIZATION} --year {YEAR} --as-of 2023-02-01 --lang en --server http://{api}\n\
         \x20 {me} sheet {ORGANIZATION} --year {YEAR} --server http://{api}\n\
         \x20 grpcurl --plaintext {api} list\n\
         \x20 grpcurl --plaintext -d '{question}' {api} {service}\n\
         \x20 buf curl --protocol grpc --http2-prior-knowledge -d '{question}' http://{api}/{service}\n\
         补一次有文号的专题工作会，再看得分 record a documented work meeting, then look at the score again:\n\
         \x20 grpcurl --plaintext -d '{event}' {api} dutyledger.v1.DutyEventService/AppendEvents\n\
         登记一个姓名（只以密文入账，可由 person erase 删除） record a name, sealed, for person erase to erase:\n\
         \x20 grpcurl --plaintext -d '{person}' {api} dutyledger.v1.RegistryService/RegisterPerson\n\
         \x20 {me} person show p-demo --server http://{api}\n\n\
         Ctrl-C 停止 to stop",
        shown(&config.data_dir),
    ));
}

/// A documented event in JSON, for the shell.
fn event_to_try() -> String {
    let event = serde_json::json!({
        "event_id": "0192f0c4-5b7e-7c31-8f2a-4d6e9b1a7c55",
        "organization_id": ORGANIZATION,
        "kind": "EVENT_KIND_PERFORMED",
        "occurred": { "precision": "DATE_PRECISION_DAY", "start_date": "2022-05-18" },
        "accounting_year": YEAR,
        "title": "法治政府建设专题工作会",
        "evidence": [{ "kind": "meeting_minutes", "document_number": "柳科会〔2022〕7号" }],
        "special_work_meeting": {},
    });
    serde_json::json!({ "recorder": "me", "events": [event] }).to_string()
}

/// A person with a name that is nobody's, in JSON, for the shell.
fn person_to_try() -> String {
    let call = serde_json::json!({
        "recorder": "me",
        "event_id": "0192f0c4-5b7e-7c31-8f2a-4d6e9b1a7c56",
        "person": { "person_id": "p-demo" },
        "text": { "name_zh": "示例人员" },
    });
    call.to_string()
}
