//! `duty-ledger person`: registers a person, shows one, has their name erased.
//!
//! A name is never an argument: arguments stand in the history of the shell and in the list of
//! processes. It is read from a file or standard input.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::client::{self, Failure};
use super::compliance::json;
use super::{BAD_DATA, FAILED, Language, Output, OutputArgs, ServerArg, output, shown};
use crate::pb;
use crate::pb::registry_service_client::RegistryServiceClient;

/// Longest file of a personal text, in bytes: the limits of its fields, in UTF-8 and JSON.
const TEXT_BYTES_MAX: u64 = 8_192;

/// Works with persons.
#[derive(Debug, Args)]
pub(super) struct PersonArgs {
    #[command(subcommand)]
    command: PersonCommand,
}

#[derive(Debug, Subcommand)]
enum PersonCommand {
    /// Shows a person: the name, as long as it may be shown, and the tenures (查看).
    Show(ShowArgs),
    /// Registers a person, or gives one a new name (登记).
    Register(RegisterArgs),
    /// Has a person's name made unreadable, for good (删除个人信息).
    Erase(EraseArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Id of the person.
    person: String,
    /// Only entries up to this position are known; by default all.
    #[arg(long, default_value_t = 0)]
    known: u64,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
struct RegisterArgs {
    /// Id of the person: opaque, no name, no number of a card or telephone.
    person: String,
    /// File with {"nameZh": "…", "nameOther": "…", "note": "…"}, or - for standard input; left out,
    /// nothing personal is recorded.
    #[arg(long)]
    text: Option<PathBuf>,
    /// Gives somebody who is registered a new text.
    #[arg(long, requires = "text")]
    amend: bool,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
struct EraseArgs {
    /// Id of the person.
    person: String,
    /// 文号 of the decision.
    #[arg(long)]
    document: String,
    /// Why, at least 10 characters, without the name.
    #[arg(long)]
    reason: String,
    /// Id of whoever approved it, other than the recorder.
    #[arg(long)]
    approver: String,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    server: ServerArg,
    #[command(flatten)]
    output: OutputArgs,
}

/// Who asks, and under which key.
#[derive(Debug, Args)]
struct ByArgs {
    /// Id of the recorder.
    #[arg(long)]
    recorder: String,
    /// Idempotency key, a UUID; by default a new one, and then a repeated call is another call.
    #[arg(long)]
    event_id: Option<String>,
}

impl ByArgs {
    fn event_id(&self) -> String {
        self.event_id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string())
    }
}

pub(super) async fn run(args: PersonArgs) -> Result<(), Failure> {
    match args.command {
        PersonCommand::Show(args) => show(args).await,
        PersonCommand::Register(args) => register(args).await,
        PersonCommand::Erase(args) => erase(args).await,
    }
}

async fn show(args: ShowArgs) -> Result<(), Failure> {
    let mut client = RegistryServiceClient::new(client::connect(&args.server.server).await?);
    let request = pb::GetPersonRequest { person_id: args.person, known_position: args.known };
    let answer = client.get_person(request).await?.into_inner();
    args.output.answer("GetPersonResponse", &answer, |answer, language| {
        let person_id = answer.person.clone().unwrap_or_default().person_id;
        output::say(&format!("{person_id}  {}", name(answer, language)));
        for holding in &answer.holdings {
            for line in super::registry::organization::holding(holding, false, language) {
                output::say(&line);
            }
        }
    })
}

fn name(answer: &pb::GetPersonResponse, language: Language) -> String {
    match answer.text_state() {
        pb::PersonTextState::Shown => {
            let pb::PersonalText { name_zh, name_other, note } =
                answer.text.clone().unwrap_or_default();
            let parts = [name_zh, name_other, note];
            parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
        }
        pb::PersonTextState::Erased => {
            let pb::PersonErasure { document_number, approver, .. } =
                answer.erasure.clone().unwrap_or_default();
            let at = answer.erasure_position;
            match language {
                Language::Zh => {
                    format!("个人信息已删除：第 {at} 条，{document_number}，批准人 {approver}")
                }
                Language::En => {
                    format!("erased by entry {at}: {document_number}, approved by {approver}")
                }
            }
        }
        pb::PersonTextState::Unavailable => language
            .pick(
                "个人信息暂不可读（主密钥未配置或密钥缺失）",
                "the name cannot be read now (no key of keys, or a key is missing)",
            )
            .to_owned(),
        pb::PersonTextState::None | pb::PersonTextState::Unspecified => {
            language.pick("未登记个人信息", "nothing personal is recorded").to_owned()
        }
    }
}

async fn register(args: RegisterArgs) -> Result<(), Failure> {
    let text = args.text.as_deref().map(personal_text).transpose()?;
    let mut client = RegistryServiceClient::new(client::connect(&args.server.server).await?);
    let request = pb::RegisterPersonRequest {
        event_id: args.by.event_id(),
        recorder: args.by.recorder,
        person: Some(pb::Person { person_id: args.person, sealed: None }),
        text,
        amend: args.amend,
    };
    let answer = client.register_person(request).await?.into_inner();
    args.output.answer("RegisterPersonResponse", &answer, |answer, language| {
        say_receipt(answer.receipt.as_ref(), language);
    })
}

async fn erase(args: EraseArgs) -> Result<(), Failure> {
    let mut client = RegistryServiceClient::new(client::connect(&args.server.server).await?);
    let request = pb::ErasePersonRequest {
        event_id: args.by.event_id(),
        recorder: args.by.recorder,
        person_id: args.person,
        document_number: args.document,
        reason: args.reason,
        approver: args.approver,
    };
    let answer = client.erase_person(request).await?.into_inner();
    if args.output.output == Output::Json {
        json("ErasePersonResponse", &answer)?;
    } else {
        say_receipt(answer.receipt.as_ref(), args.output.lang);
        let gone = args.output.lang.pick("密钥已销毁", "the key is destroyed");
        if answer.key_destroyed {
            output::say(gone);
        }
    }
    if answer.key_destroyed {
        return Ok(());
    }
    Err(Failure::new(
        FAILED,
        "删除已记录，但密钥文件未能销毁：请运维人员查看日志；服务将继续重试 / the erasure is recorded \
         and the key could not be destroyed: have the log looked at; the service goes on trying",
    ))
}

fn say_receipt(receipt: Option<&pb::AppendReceipt>, language: Language) {
    let Some(receipt) = receipt else { return };
    let again = if receipt.duplicate { language.pick("（重复）", " (again)") } else { "" };
    let at = language.pick("已记录，位置", "recorded at position");
    output::say(&format!("{at} {}{again} {}", receipt.position, receipt.event_id));
}

/// Reads a personal text. No error repeats what was read.
fn personal_text(path: &std::path::Path) -> Result<pb::PersonalText, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(TEXT_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(TEXT_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| super::unreadable(path, &error))?;
    let file = shown(path);
    let value = serde_json::from_str(&text).ok();
    value.and_then(|value| output::from_json("PersonalText", value).ok()).ok_or_else(|| {
        Failure::new(
            BAD_DATA,
            format!(
                "{file} 应为 JSON：{{\"nameZh\": \"…\", \"nameOther\": \"…\", \"note\": \"…\"}} / \
                 must be JSON of that form"
            ),
        )
    })
}
