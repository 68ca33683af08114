//! The views of supervisors through the real port, on the demo's real report and on a year that a
//! test tells; and the commands over them.

mod coverage;
mod deadlines;
mod exceptions;
mod forever;
mod pages;
mod profile;
mod ranking;
mod steps;

use duty_ledger::pb;
use pb::supervision_service_client::SupervisionServiceClient;
use tonic::transport::Channel;

use crate::support::child::{Server, run};
use crate::support::directory;
use crate::support::service::{Service, channel};

/// A client of the service at an address.
async fn client(address: &str) -> SupervisionServiceClient<Channel> {
    SupervisionServiceClient::new(channel(address).await).max_decoding_message_size(usize::MAX)
}

/// The ledger of the demo, served: the report of 2022 and two organizations.
fn demo(directory: &tempfile::TempDir) -> Server {
    let any = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let dir = directory.path().to_str().expect("UTF-8");
    let more = ["--http-listen", "127.0.0.1:0", "--data-dir", dir];
    run(["demo", "--exit"].into_iter().chain(any).chain(more)).exits(0);
    Server::start(directory.path())
}

/// Arguments of a command on 2022, on a day when everything of that year is due.
fn on_the_demo<'a>(server: &'a str, command: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec![command, "--server", server, "--year", "2022", "--as-of", "2023-12-31"];
    args.extend_from_slice(rest);
    args
}
