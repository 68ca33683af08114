//! `duty-ledger template`: a workbook to be filled in, for types of events or for the registry.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use duty::event::EventType;
use duty::ruleset::RuleSet;

use super::client::{self, Failure};
use super::{BAD_DATA, FAILED, demo, output, pages, shown};
use crate::pb;
use crate::pb::registry_service_client::RegistryServiceClient;
use crate::workbook::{self, Choices, Place};

/// What to write.
#[derive(Debug, Args)]
pub(super) struct TemplateArgs {
    /// Types of events, in Chinese or as in rule sets, such as 领导述法 or rule_of_law_debrief.
    #[arg(
        long = "type",
        value_name = "TYPE",
        required_unless_present_any = ["all", "registry"]
    )]
    types: Vec<String>,
    /// One sheet for every type.
    #[arg(long, conflicts_with = "types")]
    all: bool,
    /// The registry: organizations and their changes, posts, persons, tenures, absences, leading
    /// groups.
    #[arg(long, conflicts_with_all = ["types", "all"])]
    registry: bool,
    /// Corrections of events of these types, and withdrawals, instead of new events.
    #[arg(long, conflicts_with = "registry")]
    corrections: bool,
    /// The workbook to write.
    #[arg(long)]
    out: PathBuf,
    /// Rows to fill on each sheet.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rows: u16,
    /// A service whose organizations and posts are offered.
    #[arg(long, env = "DUTY_LEDGER_SERVER")]
    server: Option<String>,
    /// Only organizations within this one are offered.
    #[arg(long, requires = "server", default_value = "")]
    within: String,
}

pub(super) async fn run(args: TemplateArgs) -> Result<(), Failure> {
    let types = types(&args)?;
    let choices = match &args.server {
        Some(server) => choices(server, &args.within).await?,
        None => Choices {
            places: Vec::new(),
            evidence_kinds: evidence_kinds([demo::RULES.to_owned()])?,
        },
    };
    let written = if args.registry {
        workbook::registry_template(args.rows.into(), &choices)
    } else if args.corrections {
        workbook::amendment_template(&types, args.rows.into(), &choices)
    } else {
        workbook::template(&types, args.rows.into(), &choices)
    };
    let bytes = written.map_err(|error| Failure::new(FAILED, error))?;
    let file = shown(&args.out);
    std::fs::write(&args.out, &bytes).map_err(|error| {
        Failure::new(FAILED, format!("无法写入 {file} / cannot write {file}: {error}"))
    })?;
    let places = choices.places.len();
    let sheets = if args.registry { workbook::registry_columns().len() } else { types.len() };
    let what = match (args.registry, args.corrections) {
        (true, _) => "登记",
        (_, true) => "事件的更正",
        _ => "事件",
    };
    output::say(&format!(
        "{file}: {sheets} 类{what}，{places} 个单位可选；填好后 duty-ledger import {file}\n\
         {file}: {sheets} types, {places} organizations to choose from; once filled, import it"
    ));
    Ok(())
}

fn types(args: &TemplateArgs) -> Result<Vec<EventType>, Failure> {
    if args.all {
        return Ok(EventType::ALL.to_vec());
    }
    let mut types = Vec::new();
    for name in &args.types {
        let named = |event_type: &&EventType| event_type.name_zh() == name;
        let found = EventType::parse(name).or_else(|| EventType::ALL.iter().find(named).copied());
        let Some(found) = found else {
            let all: Vec<_> =
                EventType::ALL.iter().map(|t| format!("{} {}", t.as_str(), t.name_zh())).collect();
            let all = all.join("\n  ");
            let text = format!(
                "没有事件类型“{name}”；有：/ there is no type \"{name}\"; there are:\n  {all}"
            );
            return Err(Failure::new(BAD_DATA, text));
        };
        if !types.contains(&found) {
            types.push(found);
        }
    }
    Ok(types)
}

/// The kinds of evidence that these rule sets name.
fn evidence_kinds(rules: impl IntoIterator<Item = String>) -> Result<Vec<String>, Failure> {
    let mut kinds = BTreeSet::new();
    for text in rules {
        let (rules, _) = RuleSet::parse(&text).map_err(|errors| {
            let texts: Vec<_> = errors.iter().map(|error| error.problem.to_string()).collect();
            Failure::new(FAILED, texts.join("\n"))
        })?;
        let all = rules.duties.iter().flat_map(|duty| &duty.evidence_customary);
        kinds.extend(all.map(ToString::to_string));
    }
    Ok(kinds.into_iter().collect())
}

/// What the service has: organizations with their posts, and the words of its rule sets.
async fn choices(server: &str, within: &str) -> Result<Choices, Failure> {
    let channel = client::connect(server).await?;
    let mut client = RegistryServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let mut rules = Vec::new();
    let listed = client.list_rule_sets(pb::ListRuleSetsRequest::default()).await?.into_inner();
    for rule_set in listed.rule_sets {
        let rule_set_id = rule_set.rule_set_id;
        let request = pb::GetRuleSetRequest { rule_set_id, ..Default::default() };
        rules.push(client.get_rule_set(request).await?.into_inner().toml);
    }
    let evidence_kinds = evidence_kinds(rules)?;
    let request = pb::ListOrganizationsRequest {
        within_organization_id: within.to_owned(),
        page_size: 1_000,
        ..Default::default()
    };
    let ask = async |page_token| {
        client
            .list_organizations(pb::ListOrganizationsRequest { page_token, ..request.clone() })
            .await
    };
    let listed = pages::all(ask).await?.organizations;
    let mut places = Vec::with_capacity(listed.len());
    for organization in listed {
        let request = pb::GetOrganizationRequest {
            organization_id: organization.organization_id.clone(),
            ..Default::default()
        };
        let posts = client.get_organization(request).await?.into_inner().posts;
        let posts = posts.into_iter().filter_map(|post| post.post);
        places.push(Place {
            organization_id: organization.organization_id,
            name_zh: organization.name_zh,
            posts: posts.map(|post| (post.post_id, post.title_zh)).collect(),
        });
    }
    Ok(Choices { places, evidence_kinds })
}
