//! What a service says about itself: reflection, health, and the examples the demo prints.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use duty_ledger::app::SERVICES;
use duty_ledger::pb;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::support::child::command;
use crate::support::seed::{ladder, selector, view};
use crate::support::service::{Clients, Service, channel};
use crate::support::{directory, within};

fn pool() -> DescriptorPool {
    DescriptorPool::decode(pb::DESCRIPTORS).expect("our own descriptors")
}

/// Asks the reflection service one thing.
async fn reflect(address: &str, question: MessageRequest) -> MessageResponse {
    let mut client = ServerReflectionClient::new(channel(address).await);
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let stream = client.server_reflection_info(tokio_stream::iter([request])).await;
    let mut stream = stream.expect("reflection").into_inner();
    let answer = within("an answer", stream.message()).await.expect("no error").expect("one");
    answer.message_response.expect("a response")
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_every_service_and_gives_its_messages() {
    let service = Service::new().await;
    let all = reflect(&service.api(), MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(all) = all else { panic!("{all:?}") };
    let mut listed: Vec<_> = all.service.into_iter().map(|service| service.name).collect();
    listed.sort();
    let mut expected: Vec<_> =
        pool().services().map(|service| service.full_name().to_owned()).collect();
    expected.sort();
    let mut served: Vec<_> = SERVICES.iter().map(|name| (*name).to_owned()).collect();
    served.sort();
    assert_eq!(served, expected, "every service of proto/ is served");
    for name in &expected {
        assert!(listed.contains(name), "{name} is not in {listed:?}");
    }
    assert!(listed.iter().any(|name| name == "grpc.health.v1.Health"), "{listed:?}");

    for symbol in ["dutyledger.v1.DutyEventService", "dutyledger.v1.GetScoreSheetResponse"] {
        let question = MessageRequest::FileContainingSymbol(symbol.to_owned());
        let found = reflect(&service.api(), question).await;
        assert!(matches!(found, MessageResponse::FileDescriptorResponse(_)), "{symbol}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_for_every_service_on_both_ports() {
    let service = Service::new().await;
    for address in [service.api(), service.admin()] {
        let mut client = HealthClient::new(channel(&address).await);
        for name in SERVICES.iter().chain(&["", "liveness", "readiness"]) {
            let request = HealthCheckRequest { service: (*name).to_owned() };
            let answer = client.check(request).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert_eq!(answer.into_inner().status(), ServingStatus::Serving, "{name}");
        }
        let request = HealthCheckRequest { service: "none".to_owned() };
        let status = client.check(request).await.expect_err("unknown");
        assert_eq!(status.code(), Code::NotFound);
    }
    // The health port serves nothing else.
    let clients = Clients::connect(&service.admin()).await;
    let request = pb::ListRuleSetsRequest::default();
    let status = clients.registry.clone().list_rule_sets(request).await.expect_err("not there");
    assert_eq!(status.code(), Code::Unimplemented);
}

/// The demo, serving until it is dropped.
struct Demo {
    child: Child,
    printed: Vec<String>,
}

impl Demo {
    /// Starts it and reads what it prints up to its last line.
    fn start(directory: &std::path::Path) -> Self {
        let child = command()
            .args(["demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--http-listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut demo = Self { child, printed: Vec::new() };
        let out = BufReader::new(demo.child.stdout.take().expect("piped"));
        for line in out.lines().map_while(Result::ok) {
            let is_last = line.contains("Ctrl-C");
            demo.printed.push(line);
            if is_last {
                return demo;
            }
        }
        panic!("the demo ended: {:#?}", demo.printed);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The method and body of a line such as `grpcurl … -d '{…}' 127.0.0.1:1 package.Service/Method`.
fn example(line: &str) -> Option<(MethodDescriptor, DynamicMessage)> {
    let (_, rest) = line.split_once("-d '")?;
    let (body, target) = rest.rsplit_once("' ")?;
    let (head, method) = target.trim().rsplit_once('/')?;
    let service = head.rsplit([' ', '/']).next()?;
    let found = pool().get_service_by_name(service).expect("a service of ours");
    let method = found.methods().find(|known| known.name() == method).expect("a method of it");
    let mut json = serde_json::Deserializer::from_str(body);
    let message = DynamicMessage::deserialize(method.input(), &mut json)
        .unwrap_or_else(|error| panic!("{error}: {body}"));
    json.end().expect("nothing after it");
    Some((method, message))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_demo_says_to_try_works() {
    let directory = directory();
    let path = directory.path().to_owned();
    let demo = tokio::task::spawn_blocking(move || Demo::start(&path)).await.expect("no panic");
    let address = demo
        .printed
        .iter()
        .find_map(|line| line.strip_prefix("API (gRPC, h2c): "))
        .unwrap_or_else(|| panic!("no address in {:#?}", demo.printed));
    let clients = Clients::connect(address).await;
    let examples: Vec<_> = demo.printed.iter().filter_map(|line| example(line)).collect();
    let names: Vec<_> = examples.iter().map(|(method, _)| method.name().to_owned()).collect();
    let view_twice = ["GetOrganizationCompliance", "GetOrganizationCompliance"];
    assert_eq!(names, [&view_twice[..], &["AppendEvents", "RegisterPerson"]].concat());
    for (method, message) in &examples {
        let bytes = message.encode_to_vec();
        match method.name() {
            "GetOrganizationCompliance" => {
                let request = pb::GetOrganizationComplianceRequest::decode(bytes.as_slice());
                let request = request.expect("the same message");
                let answer = clients.compliance.clone().get_organization_compliance(request).await;
                assert!(!answer.expect("a view").into_inner().duties.is_empty());
            }
            "AppendEvents" => {
                let request = pb::AppendEventsRequest::decode(bytes.as_slice());
                let duty = "rule_of_law_work_meeting";
                let before = ladder(&view(&clients, selector("")).await, duty);
                let answer = clients.events.clone().append_events(request.expect("the same")).await;
                answer.expect("accepted");
                let after = ladder(&view(&clients, selector("")).await, duty);
                assert_eq!(before[4], "needs_verification");
                assert_eq!(after[4], "fulfilled", "as the demo promises, the score rises");
            }
            "RegisterPerson" => {
                let request = pb::RegisterPersonRequest::decode(bytes.as_slice());
                let request = request.expect("the same message");
                clients.registry.clone().register_person(request).await.expect("registered");
            }
            other => panic!("{other} is not tried here"),
        }
    }
    // The other lines are commands of the binary itself.
    let mut commands = 0;
    for line in demo.printed.iter().filter(|line| line.contains("--server http://")) {
        let words: Vec<_> = line.split_whitespace().collect();
        let ran = command().args(&words[1..]).output().expect("the binary starts");
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
        commands += 1;
    }
    assert_eq!(commands, 4);
}
