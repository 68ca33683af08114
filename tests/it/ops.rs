//! Operation from outside: check, backup, restore, export, replay, upgrade, by the real binary.

mod addresses;
mod compared;
mod drill;
mod erased;
mod fixtures;
mod needs;
mod refusals;
mod replace;
mod replayed;
mod unopened;
mod verify;
mod witnessed;

use std::path::Path;
use std::sync::Arc;

use crate::support::child::{Ran, run};
use crate::support::clock::TestClock;
use crate::support::events::{batch, meeting};
use crate::support::seed::{self, selector, view};
use crate::support::service::{Clients, Service};
use crate::support::wait_for;
use duty_ledger::pb;
use prost::Message as _;

/// The day of all these tests.
const TODAY: &str = "2023-04-01T04:00:00Z";

/// A service over a directory, at a standing clock.
async fn serve(directory: &Path) -> Service {
    Service::at(directory, Arc::new(TestClock::at(TODAY))).await
}

/// Stops a service, and waits until it has let go of its directory.
async fn stop(service: Service, directory: &Path) {
    service.stop().await;
    tokio::task::block_in_place(|| drop(crate::support::service::open(directory)));
}

/// A service with a department and some meetings: more entries than a tile holds.
async fn filled(directory: &Path) -> Service {
    let service = serve(directory).await;
    seed::all(&service.clients).await;
    let events = (1..=300).map(meeting).collect();
    service.clients.events.clone().append_events(batch(events)).await.expect("accepted");
    service
}

/// Runs a command beside a service of this process.
fn command(args: &[&str]) -> Ran {
    tokio::task::block_in_place(|| run(args))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// What the service shows, byte for byte, of everything it was told.
async fn shown(clients: &Clients) -> Vec<Vec<u8>> {
    let request = pb::QueryComplianceRequest { selector: Some(selector("")), ..Default::default() };
    let matrix = clients.compliance.clone().query_compliance(request).await.expect("a page");
    let request = pb::GetScoreSheetRequest {
        organization_id: seed::BUREAU.to_owned(),
        selector: Some(selector("")),
    };
    let sheet = clients.evaluation.clone().get_score_sheet(request).await.expect("a sheet");
    vec![
        view(clients, selector("")).await.encode_to_vec(),
        view(clients, selector("2022-10-01")).await.encode_to_vec(),
        matrix.into_inner().encode_to_vec(),
        sheet.into_inner().encode_to_vec(),
    ]
}

/// Waits until the service has published everything.
async fn published(directory: &Path, clients: &Clients) -> u64 {
    let head = view(clients, selector("")).await.basis.expect("a basis").known_position;
    tokio::task::block_in_place(|| {
        wait_for("the checkpoint", || {
            let note = std::fs::read_to_string(directory.join("CHECKPOINT")).ok()?;
            let size: u64 = note.lines().nth(1)?.parse().ok()?;
            (size == head).then_some(size)
        })
    })
}
