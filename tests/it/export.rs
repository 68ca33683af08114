//! Exporting score sheets: all of them, in order, of one moment, and resumed where it was cut.

use duty_ledger::pb;
use tonic::Code;

use crate::support::events::{batch, meeting};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, CITY, OTHER_BUREAU};
use crate::support::service::{Clients, Service};
use crate::support::within;

fn request(scope: &str, token: &str) -> pb::ExportScoreSheetsRequest {
    pb::ExportScoreSheetsRequest {
        selector: Some(pb::ViewSelector { year: 2022, ..Default::default() }),
        within_organization_id: scope.to_owned(),
        organization_class: 0,
        resume_token: token.to_owned(),
    }
}

async fn export(
    clients: &Clients,
    request: pb::ExportScoreSheetsRequest,
) -> Vec<pb::ExportScoreSheetsResponse> {
    let answer = clients.evaluation.clone().export_score_sheets(request).await;
    let mut stream = answer.expect("a stream").into_inner();
    let mut messages = Vec::new();
    while let Some(message) = within("a message", stream.message()).await.expect("no error") {
        messages.push(message);
    }
    messages
}

fn whose(messages: &[pb::ExportScoreSheetsResponse]) -> Vec<&str> {
    let sheets = messages.iter().filter_map(|message| message.sheet.as_ref());
    sheets.map(|sheet| sheet.organization_id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_whole_ordered_and_of_one_moment_even_when_resumed() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    let mut abroad = seed::bureau("450100-kjj");
    abroad.division_code = "450100".to_owned();
    let mut registry = service.clients.registry.clone();
    registry.register_organization(seed::register(abroad)).await.expect("registered");
    let whole = export(&service.clients, request("", "")).await;
    assert_eq!(whose(&whole), [CITY, OTHER_BUREAU, BUREAU]);
    let end = whole.last().and_then(|message| message.end.as_ref()).expect("an end");
    assert_eq!((end.sheet_count, whole[0].total_size), (3, 4));
    assert_eq!(end.organizations_without_rules, ["450100-kjj"], "named, not left out");

    // Entries come, and the consumer was cut off after the first sheet.
    let more = service.clients.events.clone().append_events(batch(vec![meeting(1)])).await;
    more.expect("accepted");
    let rest = export(&service.clients, request("", &whole[0].resume_token)).await;
    assert!(rest == whole[1..], "the same sheets of the same moment, and the same end");
    let anew = export(&service.clients, request("", "")).await;
    let digest = |messages: &[pb::ExportScoreSheetsResponse]| {
        messages.last().and_then(|message| message.end.clone()).expect("an end").digest
    };
    assert_ne!(digest(&anew), digest(&whole));
    let alone = seed_sheet(&service.clients).await;
    assert!(anew[2].sheet.as_ref() == Some(&alone), "the sheet GetScoreSheet answers");

    let own = export(&service.clients, request(BUREAU, "")).await;
    assert_eq!(whose(&own), [BUREAU]);
    let mut client = service.clients.evaluation.clone();
    let other = client.export_score_sheets(request(BUREAU, &whole[0].resume_token)).await;
    check("other", other, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "resume_token");
    let unknown = client.export_score_sheets(request("nobody", "")).await;
    assert_eq!(unknown.expect_err("refused").code(), Code::NotFound);
}

async fn seed_sheet(clients: &Clients) -> pb::GetScoreSheetResponse {
    let selector = Some(pb::ViewSelector { year: 2022, ..Default::default() });
    let organization_id = BUREAU.to_owned();
    let request = pb::GetScoreSheetRequest { organization_id, selector };
    clients.evaluation.clone().get_score_sheet(request).await.expect("a sheet").into_inner()
}
