//! The running service: build, serve, drain.
//!
//! Order of a start: sockets, health port (alive, not ready), journal and replay, API, ready. Order
//! of a stop: not ready, go on for a moment so that callers notice, end the streams, drain with a
//! deadline of our own, write what is queued, close the journal.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::clock::Clock;
use crate::config::Config;
use crate::days;
use crate::grpc::Api;
use crate::grpc::admin::{Admin, Served};
use crate::http;
use crate::ledger::Ledger;
use crate::log::{self, KeyFiles, Log, LogError, LogOptions, Publisher};
use crate::opening::{self, OpenError, Opened};
use crate::pb;
use crate::pb::admin_service_server::AdminServiceServer;
use crate::persons::{self, Persons, PersonsError, Place};
use crate::snapshots::{Keeper, Snapshots};
use crate::storage::Storage;
use crate::wire::Wire;

/// The services of the API, as health names them.
pub const SERVICES: &[&str] = &[
    "dutyledger.v1.DutyEventService",
    "dutyledger.v1.RegistryService",
    "dutyledger.v1.ReviewService",
    "dutyledger.v1.ComplianceService",
    "dutyledger.v1.SupervisionService",
    "dutyledger.v1.EvaluationService",
    "dutyledger.v1.LedgerService",
];
/// Health name of "the process lives": true from the start, also while the journal is replayed.
const LIVENESS: &str = "liveness";
/// Health name of "the service answers and takes writes".
const READINESS: &str = "readiness";

/// Bound sockets, before anything else is touched.
pub struct Sockets {
    api: TcpListener,
    admin: TcpListener,
    http: TcpListener,
}

impl Sockets {
    /// Binds the ports.
    ///
    /// # Errors
    /// The address and what the system said.
    pub async fn bind(config: &Config) -> Result<Self, (SocketAddr, std::io::Error)> {
        let bind = |address: SocketAddr| async move {
            TcpListener::bind(address).await.map_err(|error| (address, error))
        };
        Ok(Self {
            api: bind(config.listen).await?,
            admin: bind(config.admin_listen).await?,
            http: bind(config.http_listen).await?,
        })
    }
}

/// A service that runs.
pub struct App {
    /// Where the API listens.
    pub api_address: SocketAddr,
    /// Where the health port listens.
    pub admin_address: SocketAddr,
    /// Where checkpoint and tiles are served.
    pub http_address: SocketAddr,
    opened: Opened,
    keeper: Option<Keeper>,
    publisher: Publisher,
    health: HealthReporter,
    stopping: watch::Sender<bool>,
    api: JoinHandle<Result<(), tonic::transport::Error>>,
    admin: JoinHandle<Result<(), tonic::transport::Error>>,
    http: JoinHandle<std::io::Result<()>>,
    days: JoinHandle<()>,
    erasures: JoinHandle<()>,
    poison: JoinHandle<()>,
    notice: Duration,
    drain: Duration,
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A bound socket has no address.
    #[error("a socket has no address")]
    Socket(#[source] std::io::Error),
    /// The ledger could not be opened.
    #[error("the ledger could not be opened")]
    Open(#[source] OpenError),
    /// The transparency log could not be opened.
    #[error("the transparency log could not be opened")]
    Log(#[source] LogError),
    /// The task that opened the log did not finish.
    #[error("opening was cut short")]
    CutShort,
    /// The keys of persons could not be opened, or those of erased persons not destroyed.
    #[error("人员密钥不可用 / the keys of persons cannot be used")]
    Persons(#[source] PersonsError),
    /// The thread that writes snapshots of the views could not be started.
    #[error("the writer of view snapshots could not be started")]
    Keeper(#[source] std::io::Error),
    /// Reflection could not be built from our own descriptors.
    #[error("reflection could not be built")]
    Reflection(#[source] tonic_reflection::server::Error),
}

impl App {
    /// Starts the service over a journal: `open_journal` runs once the health port answers.
    ///
    /// # Errors
    /// [`StartError`], or what `open_journal` said.
    pub async fn start<E: From<StartError>, S: Into<Storage>>(
        config: &Config,
        sockets: Sockets,
        clock: Arc<dyn Clock>,
        open_journal: impl AsyncFnOnce() -> Result<S, E>,
    ) -> Result<Self, E> {
        let api_address = sockets.api.local_addr().map_err(StartError::Socket)?;
        let admin_address = sockets.admin.local_addr().map_err(StartError::Socket)?;
        let http_address = sockets.http.local_addr().map_err(StartError::Socket)?;
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_service_status(LIVENESS, ServingStatus::Serving).await;
        ready(&health, false).await;
        let (stopping, stop) = watch::channel(false);

        let (served, admin_served) = watch::channel(None);
        let (measured, measures) = watch::channel(None);
        let admin_routes = Routes::new(health_service.clone())
            .add_service(AdminServiceServer::new(Admin::new(admin_served)))
            .into_axum_router();
        let admin_routes = Routes::from(admin_routes.merge(http::metrics::router(measures)));
        let admin = spawn_server(admin_routes, sockets.admin, stop.clone(), None);
        let storage: Storage = open_journal().await?.into();
        let (id, dir) = (storage.ledger.clone(), storage.dir.clone());
        let place = Place {
            data_dir: storage.dir.clone(),
            ledger: storage.ledger.clone(),
            kek: config.person_kek.clone(),
        };
        let log = open_log(config, &storage, Arc::clone(&clock)).await?;
        let snapshots = snapshots(config, &storage);
        let kept = snapshots.clone();
        let opening =
            opening::open(storage.journal, log, kept, Arc::clone(&clock), report_progress);
        let opened = opening.await.map_err(StartError::Open)?;
        let persons = match open_persons(place, &opened.ledger).await {
            Ok(persons) => Arc::new(persons),
            Err(error) => {
                opening::close(opened).await;
                return Err(error.into());
            }
        };
        let keeper = match snapshots {
            Some(kept) => Some(Keeper::start(kept, opened.ledger.clone(), opened.kept)),
            None => None,
        };
        let keeper = keeper.transpose().map_err(StartError::Keeper)?;
        let publisher = Publisher::start(
            opened.ledger.log().clone(),
            Duration::from_millis(config.checkpoint_interval_ms.into()),
        );

        let ledger = opened.ledger.clone();
        let (key_files, kek) = (key_files(config, None), config.person_kek.clone());
        served.send_replace(Some(Arc::new(Served { ledger, id, dir, key_files, kek })));
        measured.send_replace(Some(opened.ledger.clone()));
        let pages = http::router(opened.ledger.clone(), config.serve_entries);
        let http = http::spawn(pages, sockets.http, stop.clone());
        let routes = routes(config, opened.ledger.clone(), Arc::clone(&persons), stop.clone())
            .map_err(StartError::Reflection)?
            .add_service(health_service);
        let api = spawn_server(routes, sockets.api, stop, Some(config.calls_per_connection_max));
        let days = tokio::spawn(days::keep_closing(opened.ledger.clone(), clock));
        let erasures = tokio::spawn(persons::keep_erased_gone(opened.ledger.clone(), persons));
        let poison = tokio::spawn(drop_readiness_when_poisoned(
            opened.ledger.health().watch(),
            health.clone(),
        ));
        ready(&health, true).await;
        Ok(Self {
            api_address,
            admin_address,
            http_address,
            opened,
            keeper,
            publisher,
            health,
            stopping,
            api,
            admin,
            http,
            days,
            erasures,
            poison,
            notice: Duration::from_millis(config.shutdown_notice_ms.into()),
            drain: Duration::from_millis(config.shutdown_drain_ms.into()),
        })
    }

    /// Stops in order; whether every call ended by itself.
    pub async fn stop(self) -> bool {
        ready(&self.health, false).await;
        tokio::time::sleep(self.notice).await;
        self.days.abort();
        self.erasures.abort();
        self.poison.abort();
        self.stopping.send_replace(true);
        let (mut api, mut admin, mut http) = (self.api, self.admin, self.http);
        let servers = async {
            (&mut api).await.is_ok() & (&mut admin).await.is_ok() & (&mut http).await.is_ok()
        };
        // tonic waits for open connections without end; the deadline is ours.
        let drained = tokio::time::timeout(self.drain, servers).await.unwrap_or(false);
        if !drained {
            tracing::warn!("open calls did not end in time and are cut off");
            api.abort();
            admin.abort();
            http.abort();
        }
        opening::close(self.opened).await;
        // After the writer as well: the last snapshot of the views is of all of it.
        if let Some(keeper) = self.keeper {
            keeper.stop().await;
        }
        // After the writer: the last checkpoint covers everything it wrote.
        self.publisher.stop().await;
        drained
    }
}

/// Where snapshots of the views are, for a ledger that has a directory.
fn snapshots(config: &Config, storage: &Storage) -> Option<Snapshots> {
    let dir = storage.dir.as_ref()?;
    let reserve = u64::from(config.disk_reserve_mib) * 1024 * 1024;
    Some(Snapshots::new(dir, &storage.ledger, config.snapshot_every.into(), reserve))
}

/// A path of the configuration, where one is given.
fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

/// Where the signing keys are, by the configuration.
pub(crate) fn key_files(config: &Config, data_dir: Option<PathBuf>) -> KeyFiles {
    let (ed25519, sm2) = (given(&config.log_key_file), given(&config.sm2_key_file));
    KeyFiles { data_dir, ed25519, sm2 }
}

/// Opens the transparency log over a journal.
async fn open_log(
    config: &Config,
    storage: &Storage,
    clock: Arc<dyn Clock>,
) -> Result<Log, StartError> {
    let options = LogOptions {
        origin: log::origin_of(&config.origin, &storage.ledger),
        keys: key_files(config, storage.dir.clone()),
        witness_policy: given(&config.witness_policy_file),
        witness_mode: config.witness_mode,
        clock,
    };
    let journal = Arc::clone(&storage.journal);
    let open = move || {
        log::open(&*journal, &options, |progress| {
            let crate::tree::Rebuilding { position, head } = progress;
            tracing::info!(position, head, "hashing the journal");
        })
    };
    let opened = tokio::task::spawn_blocking(open).await.map_err(|_| StartError::CutShort)?;
    opened.map_err(StartError::Log)
}

/// Opens the keys of persons; what was erased is gone before anything is served.
async fn open_persons(place: Place, ledger: &Ledger) -> Result<Persons, StartError> {
    let registry = ledger.registry();
    let open = move || {
        let persons = Persons::open(place)?;
        let destroyed = persons.destroy_erased(&registry)?;
        if 0 < destroyed {
            tracing::warn!(destroyed, "keys of erased persons were still there and are destroyed");
        }
        Ok(persons)
    };
    let opened = tokio::task::spawn_blocking(open).await.map_err(|_| StartError::CutShort)?;
    opened.map_err(StartError::Persons)
}

/// The services of the API over a ledger, with their limits, and reflection. Whoever serves them
/// brings the connections; `stopping` ends the endless streams.
///
/// # Errors
/// When our own descriptors cannot be read, which a test rules out.
pub fn routes(
    config: &Config,
    ledger: Ledger,
    persons: Arc<Persons>,
    stopping: watch::Receiver<bool>,
) -> Result<Routes, tonic_reflection::server::Error> {
    use pb::compliance_service_server::ComplianceServiceServer;
    use pb::duty_event_service_server::DutyEventServiceServer;
    use pb::evaluation_service_server::EvaluationServiceServer;
    use pb::ledger_service_server::LedgerServiceServer;
    use pb::registry_service_server::RegistryServiceServer;
    use pb::review_service_server::ReviewServiceServer;
    use pb::supervision_service_server::SupervisionServiceServer;
    let api = Api {
        ledger,
        persons,
        changes: Arc::default(),
        min_position_wait: config.min_position_wait(),
        watch_heartbeat: config.watch_heartbeat(),
        stopping,
    };
    let limit = usize::try_from(config.request_mib_max).unwrap_or(4) * 1024 * 1024;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    // Answers may be larger than requests: a page of the matrix is.
    let most = usize::MAX;
    Ok(Routes::new(reflection)
        .add_service(
            DutyEventServiceServer::new(api.clone())
                .max_decoding_message_size(limit)
                .max_encoding_message_size(most),
        )
        .add_service(RegistryServiceServer::new(api.clone()).max_decoding_message_size(limit))
        .add_service(ReviewServiceServer::new(api.clone()).max_decoding_message_size(limit))
        .add_service(
            ComplianceServiceServer::new(api.clone())
                .max_decoding_message_size(limit)
                .max_encoding_message_size(most),
        )
        .add_service(
            SupervisionServiceServer::new(api.clone())
                .max_decoding_message_size(limit)
                .max_encoding_message_size(most),
        )
        .add_service(
            EvaluationServiceServer::new(api.clone())
                .max_decoding_message_size(limit)
                .max_encoding_message_size(most),
        )
        .add_service(LedgerServiceServer::new(api).max_decoding_message_size(limit)))
}

/// Serves routes on a bound socket until `stop` says so.
pub(crate) fn spawn_server(
    routes: Routes,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
    calls: Option<u32>,
) -> JoinHandle<Result<(), tonic::transport::Error>> {
    let mut server = Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)));
    server = match calls {
        Some(calls) => server.max_concurrent_streams(calls),
        // The admin port has `/metrics`, which nobody reads over HTTP/2.
        None => server.accept_http1(true),
    };
    // Without this the kernel holds the second packet of an answer back for 40 ms. The builder's
    // own switch does not reach sockets bound by us.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let incoming = incoming.map(|socket| socket.map(Wire::new));
    tokio::spawn(async move {
        let stopped = async move {
            // A sender that is gone means the same.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        server.add_routes(routes).serve_with_incoming_shutdown(incoming, stopped).await
    })
}

async fn ready(health: &HealthReporter, is_ready: bool) {
    let status = if is_ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for service in [READINESS, ""].iter().chain(SERVICES) {
        health.set_service_status(*service, status).await;
    }
}

/// Readiness drops when a write failed; reads go on for whoever is connected.
async fn drop_readiness_when_poisoned(mut poisoned: watch::Receiver<bool>, health: HealthReporter) {
    if poisoned.wait_for(|poisoned| *poisoned).await.is_ok() {
        ready(&health, false).await;
    }
}

fn report_progress(progress: crate::replay::Progress) {
    let crate::replay::Progress { position, head, per_second } = progress;
    #[expect(clippy::cast_precision_loss, reason = "a forecast for people")]
    let seconds_left = (head - position) as f64 / per_second.max(1.0);
    tracing::info!(
        position,
        head,
        per_second = format!("{per_second:.0}"),
        seconds_left = format!("{seconds_left:.0}"),
        "replaying the journal"
    );
}
