//! `duty-ledger replay`: recomputes a view from exported entries alone and compares.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::client::{self, Failure};
use super::{BAD_DATA, FAILED, Output, OutputArgs, output, shown};
use crate::ops::replay::{self, Asked, Difference};
use crate::ops::restore::RestoreError;
use crate::ops::verify::hex;
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;

/// What to recompute, and what to compare it with.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Exported tiles with entries.
    #[arg(long, required_unless_present = "backup", conflicts_with = "backup")]
    tiles: Option<PathBuf>,
    /// A backup.
    #[arg(long)]
    backup: Option<PathBuf>,
    /// The organization; by default the one of the answer compared with.
    #[arg(long, required_unless_present = "compare_with")]
    organization: Option<String>,
    /// 考核年度; by default that of the answer.
    #[arg(long, required_unless_present = "compare_with")]
    year: Option<i16>,
    /// The day whose deadlines count, YYYY-MM-DD; by default that of the answer, else the day
    /// running by the entries.
    #[arg(long)]
    as_of: Option<Date>,
    /// The last entry known; by default that of the answer, else all.
    #[arg(long)]
    known: Option<u64>,
    /// An answer somebody got: the file of `compliance --output json`.
    #[arg(long, required_unless_present = "server", conflicts_with = "server")]
    compare_with: Option<PathBuf>,
    /// Asks this service the same question.
    #[arg(long)]
    server: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(args: ReplayArgs) -> Result<(), Failure> {
    let answer = match &args.compare_with {
        Some(file) => Some(read(file)?),
        None => None,
    };
    let mut asked = asked(&args, answer.as_ref())?;
    let bad = |error: RestoreError| {
        Failure::new(FAILED, format!("{}\n{}", error.zh(), crate::chain(&error)))
    };
    let answer = match (answer, &args.server) {
        (Some(answer), _) => answer,
        (None, server) => {
            let size = sized(&args).map_err(bad)?;
            if asked.known == 0 {
                // The service may know more by now.
                asked.known = size;
            }
            ask(server.as_deref().unwrap_or_default(), &asked).await?
        }
    };
    if asked.known == 0 {
        asked.known = number(&answer, "/basis/knownPosition").unwrap_or(0);
    }
    let replayed = fold(&args, asked.known).map_err(bad)?;
    if asked.as_of.is_none() {
        asked.as_of = text(&answer, "/basis/asOfDate").and_then(|day| day.parse().ok());
    }
    let view = replay::compliance(&replayed, &asked)
        .map_err(|(zh, en)| Failure::new(FAILED, format!("{zh}\n{en}")))?;
    let view = output::to_json("GetOrganizationComplianceResponse", &view)
        .map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    let view: Value =
        serde_json::from_str(&view).map_err(|error| Failure::new(FAILED, error.to_string()))?;
    let differences = replay::compare(&view, &answer);
    tell(&args, &asked, &hex(replayed.root_at_known), &differences);
    if differences.is_empty() {
        return Ok(());
    }
    let count = differences.len();
    Err(Failure::new(FAILED, format!("{count} 处不同 / {count} fields differ")))
}

fn tell(args: &ReplayArgs, asked: &Asked, root: &str, differences: &[Difference]) {
    if args.output.output == Output::Json {
        let answer = json!({
            "same": differences.is_empty(), "organization": asked.organization,
            "year": asked.year, "known": asked.known, "root": root, "differences": differences,
        });
        output::say(&format!("{answer:#}"));
        return;
    }
    let language = args.output.lang;
    for Difference { field, replayed, answered } in differences {
        output::say(&format!(
            "{field}: {} {replayed}, {} {answered}",
            language.pick("重算为", "replayed"),
            language.pick("答复为", "answered"),
        ));
    }
    if differences.is_empty() {
        output::say(&format!("{} · {root}", language.pick("相同", "same")));
    }
}

fn fold(args: &ReplayArgs, known: u64) -> Result<replay::Replayed, RestoreError> {
    match (&args.tiles, &args.backup) {
        (Some(tiles), _) => replay::tiles(tiles, known),
        (None, backup) => {
            let path = backup.clone().unwrap_or_default();
            let file = File::open(&path).map_err(|source| RestoreError::Io {
                action: "read",
                path,
                source,
            })?;
            replay::backup(BufReader::new(file), known)
        }
    }
}

/// How many entries there are.
fn sized(args: &ReplayArgs) -> Result<u64, RestoreError> {
    fold(args, 0).map(|replayed| replayed.size)
}

fn asked(args: &ReplayArgs, answer: Option<&Value>) -> Result<Asked, Failure> {
    let from = |pointer: &str| answer.and_then(|answer| text(answer, pointer));
    let organization = args.organization.clone();
    let organization = organization.or_else(|| from("/organization/organizationId"));
    let year = answer.and_then(|answer| answer.pointer("/basis/year")?.as_i64());
    let year = args.year.or_else(|| i16::try_from(year?).ok());
    let (Some(organization), Some(year)) = (organization, year) else {
        return Err(Failure::new(
            BAD_DATA,
            "答复不是 compliance --output json 的输出：没有单位或年度 / the answer is no output of compliance --output json: it has no organization or year",
        ));
    };
    Ok(Asked { organization, year, as_of: args.as_of, known: args.known.unwrap_or(0) })
}

async fn ask(server: &str, asked: &Asked) -> Result<Value, Failure> {
    let channel = client::connect(server).await?;
    let mut client = ComplianceServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let request = pb::GetOrganizationComplianceRequest {
        organization_id: asked.organization.clone(),
        selector: Some(pb::ViewSelector {
            year: asked.year.into(),
            as_of_date: asked.as_of.map_or_else(String::new, |day| day.to_string()),
            known_position: asked.known,
            ..Default::default()
        }),
    };
    let answer = client.get_organization_compliance(request).await?.into_inner();
    let text = output::to_json("GetOrganizationComplianceResponse", &answer)
        .map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(FAILED, error.to_string()))
}

fn read(file: &std::path::Path) -> Result<Value, Failure> {
    let name = shown(file);
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(FAILED, format!("无法读取 {name} / cannot read {name}: {error}"))
    })?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(BAD_DATA, format!("{name} 不是 JSON / is no JSON: {error}")))
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn number(value: &Value, pointer: &str) -> Option<u64> {
    text(value, pointer)?.parse().ok()
}
