//! The service inside the test's own process, and typed clients of it.

use std::path::Path;
use std::sync::Arc;

use duty_ledger::app::{App, Sockets, StartError};
use duty_ledger::clock::{Clock, SystemClock};
use duty_ledger::config::Config;
use duty_ledger::pb;
use duty_ledger::storage::Storage;
use journal::Journal;
use journal_sled::{LedgerId, Options, SledJournal};
use pb::compliance_service_client::ComplianceServiceClient;
use pb::duty_event_service_client::DutyEventServiceClient;
use pb::evaluation_service_client::EvaluationServiceClient;
use pb::ledger_service_client::LedgerServiceClient;
use pb::registry_service_client::RegistryServiceClient;
use pb::review_service_client::ReviewServiceClient;
use tonic::transport::{Channel, Endpoint};

use super::{directory, wait_for, within};

/// A client of every service. Cheap to clone; a clone per task, a `mut` per call.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) events: DutyEventServiceClient<Channel>,
    pub(crate) registry: RegistryServiceClient<Channel>,
    pub(crate) review: ReviewServiceClient<Channel>,
    pub(crate) compliance: ComplianceServiceClient<Channel>,
    pub(crate) evaluation: EvaluationServiceClient<Channel>,
    pub(crate) ledger: LedgerServiceClient<Channel>,
}

impl Clients {
    pub(crate) fn over(channel: Channel) -> Self {
        Self {
            events: DutyEventServiceClient::new(channel.clone())
                .max_decoding_message_size(usize::MAX),
            registry: RegistryServiceClient::new(channel.clone()),
            review: ReviewServiceClient::new(channel.clone()),
            compliance: ComplianceServiceClient::new(channel.clone()),
            evaluation: EvaluationServiceClient::new(channel.clone()),
            ledger: LedgerServiceClient::new(channel),
        }
    }

    /// Connects to `http://address`.
    pub(crate) async fn connect(address: &str) -> Self {
        Self::over(channel(address).await)
    }
}

/// A channel to `http://address`.
pub(crate) async fn channel(address: &str) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    within("the connection", endpoint.connect()).await.expect("the service listens")
}

/// A service that runs in this process, on its own ports.
pub(crate) struct Service {
    app: App,
    pub(crate) clients: Clients,
    /// The directory that goes with the service, unless the test keeps it.
    _directory: Option<tempfile::TempDir>,
}

/// A configuration for tests: any port, short waits.
pub(crate) fn config() -> Config {
    let any = "127.0.0.1:0".parse().expect("an address");
    Config {
        listen: any,
        admin_listen: any,
        http_listen: any,
        checkpoint_interval_ms: 20,
        cache_mib: 8,
        min_position_wait_ms: 50,
        watch_heartbeat_ms: 100,
        shutdown_notice_ms: 0,
        ..Config::default()
    }
}

impl Service {
    /// A service over a new directory.
    pub(crate) async fn new() -> Self {
        let directory = directory();
        let mut service = Self::at(directory.path(), Arc::new(SystemClock)).await;
        service._directory = Some(directory);
        service
    }

    /// A service over a directory that stays with the test.
    pub(crate) async fn at(directory: &Path, clock: Arc<dyn Clock>) -> Self {
        Self::kept(&config(), directory, clock).await
    }

    /// The same with a configuration of its own.
    pub(crate) async fn kept(config: &Config, directory: &Path, clock: Arc<dyn Clock>) -> Self {
        Self::stored(config, storage(directory), clock).await
    }

    /// A service over a journal in memory.
    pub(crate) async fn over(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Self {
        Self::with(&config(), journal, clock).await
    }

    /// A service with a configuration of its own.
    pub(crate) async fn with(
        config: &Config,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::stored(config, journal.into(), clock).await
    }

    /// A service over a journal with a directory for what belongs to it.
    pub(crate) async fn stored(config: &Config, storage: Storage, clock: Arc<dyn Clock>) -> Self {
        let started = Self::start(config, storage, clock).await;
        let app = started.expect("the service starts");
        let clients = Clients::connect(&app.api_address.to_string()).await;
        Self { app, clients, _directory: None }
    }

    /// Starts a service, or says why not.
    pub(crate) async fn start(
        config: &Config,
        storage: Storage,
        clock: Arc<dyn Clock>,
    ) -> Result<App, StartError> {
        let sockets = Sockets::bind(config).await.expect("free ports");
        let open = async || Ok::<_, StartError>(storage);
        App::start(config, sockets, clock, open).await
    }

    /// Where checkpoint and tiles are served.
    pub(crate) fn http(&self) -> String {
        self.app.http_address.to_string()
    }

    /// Where the API listens.
    pub(crate) fn api(&self) -> String {
        self.app.api_address.to_string()
    }

    /// Where health is served.
    pub(crate) fn admin(&self) -> String {
        self.app.admin_address.to_string()
    }

    /// Stops the service in order.
    pub(crate) async fn stop(self) {
        let Self { app, clients, _directory } = self;
        drop(clients);
        within("the service to stop", app.stop()).await;
    }
}

/// The journal in a directory, with what belongs to it.
pub(crate) fn storage(directory: &Path) -> Storage {
    let journal = open(directory);
    let ledger = journal.ledger().to_string();
    Storage { journal: Arc::new(journal), ledger, dir: Some(directory.to_path_buf()) }
}

/// Opens the journal in a directory, once whoever had it open before has let go.
pub(crate) fn open(directory: &Path) -> SledJournal {
    wait_for("the lock on the journal", || {
        let mut options = Options::new(LedgerId::from_bytes([7; 16]));
        options.cache_bytes = 8 << 20;
        match SledJournal::open(directory, options) {
            Ok(journal) => Some(journal),
            Err(journal_sled::OpenError::Locked { .. }) => None,
            Err(error) => panic!("the journal does not open: {error}"),
        }
    })
}
