//! `duty-ledger replay`: recomputes a view from exported entries alone and compares.

mod saved;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use self::saved::{Kind, Saved};
use super::client::{self, Failure};
use super::{BAD_DATA, FAILED, Output, OutputArgs, output, shown};
use crate::ops::replay::{self, Asked, Difference, Subject};
use crate::ops::restore::RestoreError;
use crate::ops::verify::hex;
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;

/// What to recompute, and what to compare it with.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Exported tiles with entries: the directory of `export-tiles`, or the http:// address of a
    /// static log with entries.
    #[arg(
        long,
        value_name = "DIR|URL",
        required_unless_present = "backup",
        conflicts_with = "backup"
    )]
    tiles: Option<PathBuf>,
    /// A backup.
    #[arg(long)]
    backup: Option<PathBuf>,
    /// The organization; by default the one of the answer compared with. An answer of `explain`
    /// does not name it.
    #[arg(long, required_unless_present_any = ["compare_with", "person"])]
    organization: Option<String>,
    /// The leader; by default the one of the answer. With an answer of `explain`: the person it was
    /// asked about.
    #[arg(long)]
    person: Option<String>,
    /// With an answer of `explain`: the period it was asked about.
    #[arg(long, requires = "compare_with")]
    period: Option<String>,
    /// With a page of the matrix: the organization it was asked within.
    #[arg(long, requires = "compare_with")]
    within: Option<String>,
    /// With a page of the matrix: the filter it was asked with.
    #[arg(long, requires = "compare_with")]
    filter: Option<String>,
    /// With a page of the matrix: the order it was asked in.
    #[arg(long, requires = "compare_with")]
    order_by: Option<String>,
    /// With a page of the matrix that is not the first: the token it was asked with.
    #[arg(long, requires = "compare_with")]
    page_token: Option<String>,
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
    /// An answer somebody got: the file of `compliance`, `compliance --person`, `sheet` or
    /// `explain` with `--output json`, or the answer of QueryCompliance in JSON.
    #[arg(long, required_unless_present = "server", conflicts_with = "server")]
    compare_with: Option<PathBuf>,
    /// Asks this service for the view of the organization, or the card of the person.
    #[arg(long)]
    server: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let bad = |error: RestoreError| {
        Failure::new(FAILED, format!("{}\n{}", error.zh(), crate::chain(&error)))
    };
    args.backup.iter().try_for_each(|file| super::readable(file))?;
    let mut saved = match (&args.compare_with, &args.server) {
        (Some(file), _) => Saved::of(&shown(file), read(file)?)?,
        (None, server) => {
            let server = server.as_deref().unwrap_or_default();
            // The service may know more by now.
            let known = match args.known {
                Some(known) => known,
                None => fold(args, 0).map_err(bad)?.size,
            };
            super::block_on(ask(server, args, known))??
        }
    };
    let mut asked = Asked {
        subject: saved.subject(args)?,
        year: year(args, &saved)?,
        as_of: args.as_of,
        known: args.known.unwrap_or(0),
    };
    if asked.known == 0 {
        let known = saved.text("/basis/knownPosition").and_then(|known| known.parse().ok());
        asked.known = known.unwrap_or(0);
    }
    let replayed = fold(args, asked.known).map_err(bad)?;
    if asked.as_of.is_none() {
        asked.as_of = saved.text("/basis/asOfDate").and_then(|day| day.parse().ok());
    }
    let view = replay::recompute(&replayed, &asked)
        .map_err(|(zh, en)| Failure::new(FAILED, format!("{zh}\n{en}")))?;
    let not_compared = saved.without_names();
    let differences = replay::compare(&saved::to_json(&view)?, &saved.answer);
    for tile in &replayed.damaged {
        output::complain(&format!(
            "{tile} 已损坏，条目与签名的检查点相符，未采用该文件 / is damaged; the entries are what was signed, nothing was taken from it"
        ));
    }
    let root = hex(replayed.root_at_known);
    tell(args, (saved.kind, &asked), &root, (&differences, &not_compared));
    let Some(Difference { field: first, .. }) = differences.first() else { return Ok(()) };
    let count = differences.len();
    Err(Failure::new(
        FAILED,
        format!("{count} 处不同，首先是 {first} / {count} fields differ, first {first}"),
    ))
}

fn tell(
    args: &ReplayArgs,
    (kind, asked): (Kind, &Asked),
    root: &str,
    (differences, not_compared): (&[Difference], &[&str]),
) {
    if args.output.output == Output::Json {
        let mut answer = json!({
            "same": differences.is_empty(), "view": kind.word(), "year": asked.year,
            "known": asked.known, "root": root, "differences": differences,
            "not_compared": not_compared,
        });
        match &asked.subject {
            Subject::Organization(id)
            | Subject::Sheet(id)
            | Subject::Explanation { organization: id, .. } => answer["organization"] = json!(id),
            Subject::Leader(id) => answer["person"] = json!(id),
            Subject::Matrix { .. } => {}
        }
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
    for field in not_compared {
        output::say(&format!(
            "{field}: {}",
            language.pick("未比对：条目中为密文", "not compared: it is sealed in the entries"),
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

/// 考核年度, by the argument or the answer.
fn year(args: &ReplayArgs, saved: &Saved) -> Result<i16, Failure> {
    let answered = || i16::try_from(saved.answer.pointer("/basis/year")?.as_i64()?).ok();
    args.year.or_else(answered).ok_or_else(|| {
        Failure::new(
            BAD_DATA,
            "答复中没有年度；请用 --year 指出\nthere is no year in the answer: pass --year",
        )
    })
}

/// Asks the service for the same view.
async fn ask(server: &str, args: &ReplayArgs, known: u64) -> Result<Saved, Failure> {
    let channel = client::connect(server).await?;
    let mut client = ComplianceServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let selector = Some(pb::ViewSelector {
        year: args.year.unwrap_or_default().into(),
        as_of_date: args.as_of.map_or_else(String::new, |day| day.to_string()),
        known_position: known,
        ..Default::default()
    });
    let text = if let Some(organization) = &args.organization {
        let organization_id = organization.clone();
        let request = pb::GetOrganizationComplianceRequest { organization_id, selector };
        let answer = client.get_organization_compliance(request).await?.into_inner();
        output::to_json(saved::ORGANIZATION, &answer)
    } else {
        let person_id = args.person.clone().unwrap_or_default();
        let request = pb::GetLeaderComplianceRequest { person_id, selector };
        let answer = client.get_leader_compliance(request).await?.into_inner();
        output::to_json(saved::LEADER, &answer)
    };
    let text = text.map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    let answer = serde_json::from_str(&text);
    let answer = answer.map_err(|error| Failure::new(FAILED, error.to_string()))?;
    Saved::of(server, answer)
}

fn read(file: &Path) -> Result<Value, Failure> {
    let name = shown(file);
    let text = super::read_text(file)?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(BAD_DATA, format!("{name} 不是 JSON / is no JSON: {error}")))
}
