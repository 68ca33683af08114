//! The calls that appends are compared with, served by tonic as it is, without this service's own
//! connection: the empty unary call, and one that carries what an append carries and does nothing.
//!
//! The first is the limit of the design. The second says how much of the way to it is open to any
//! service with these messages: what lies between it and an append is what the ledger costs.
//!
//! Not part of the public contract: only the child of `bench` serves them, on a port of their own.

use std::convert::Infallible;
use std::future::{Ready, ready};

use prost::Message;
use tonic::codegen::{Body, BoxFuture, Context, Poll, Service, StdError, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use super::bare::Bare;
use crate::pb;

/// Where the empty call is served.
const EMPTY: &str = "/dutyledger.bench.EmptyService/Call";
/// Where the call that carries an append is served.
const CARRY: &str = "/dutyledger.bench.EmptyService/Carry";
/// Where the append without a ledger is served.
const BARE: &str = "/dutyledger.bench.EmptyService/Bare";

/// The service.
#[derive(Debug, Clone)]
pub(super) struct EmptyService(pub(super) Bare);

impl NamedService for EmptyService {
    const NAME: &'static str = "dutyledger.bench.EmptyService";
}

impl<B> Service<http::Request<B>> for EmptyService
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        if request.uri().path() == CARRY {
            return Box::pin(async move {
                let codec =
                    ProstCodec::<pb::AppendEventsResponse, pb::AppendEventsRequest>::default();
                Ok(Grpc::new(codec).unary(Carry, request).await)
            });
        }
        if request.uri().path() == BARE {
            let bare = self.0.clone();
            return Box::pin(async move {
                let codec =
                    ProstCodec::<pb::AppendEventsResponse, pb::AppendEventsRequest>::default();
                Ok(Grpc::new(codec).unary(bare, request).await)
            });
        }
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<(), ()>::default());
            Ok(grpc.unary(Nothing, request).await)
        })
    }
}

struct Nothing;

impl UnaryService<()> for Nothing {
    type Response = ();
    type Future = Ready<Result<Response<()>, Status>>;

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

struct Carry;

impl UnaryService<pb::AppendEventsRequest> for Carry {
    type Response = pb::AppendEventsResponse;
    type Future = Ready<Result<Response<pb::AppendEventsResponse>, Status>>;

    fn call(&mut self, request: Request<pb::AppendEventsRequest>) -> Self::Future {
        let recorded_time = Some(prost_types::Timestamp { seconds: 1 << 30, nanos: 1 << 29 });
        let receipt = |event: pb::DutyEvent| pb::AppendReceipt {
            event_id: event.event_id,
            position: 1 << 20,
            recorded_time,
            ..Default::default()
        };
        let receipts = request.into_inner().events.into_iter().map(receipt).collect();
        ready(Ok(Response::new(pb::AppendEventsResponse { receipts, position: 1 << 20 })))
    }
}

/// The client side, as tonic generates it for any other call.
#[derive(Debug, Clone)]
pub(super) struct EmptyClient(tonic::client::Grpc<Channel>);

impl EmptyClient {
    pub(super) fn new(channel: Channel) -> Self {
        Self(tonic::client::Grpc::new(channel))
    }

    /// Calls, and waits for the answer.
    ///
    /// # Errors
    /// What the transport said.
    pub(super) async fn call(&mut self) -> Result<(), Status> {
        self.unary(EMPTY, ()).await
    }

    /// Sends what an append sends, and waits for what it is answered.
    ///
    /// # Errors
    /// What the transport said.
    pub(super) async fn carry(
        &mut self,
        request: pb::AppendEventsRequest,
    ) -> Result<pb::AppendEventsResponse, Status> {
        self.unary(CARRY, request).await
    }

    /// Appends without a ledger, and waits until it is durable.
    ///
    /// # Errors
    /// What the transport said.
    pub(super) async fn bare(
        &mut self,
        request: pb::AppendEventsRequest,
    ) -> Result<pb::AppendEventsResponse, Status> {
        self.unary(BARE, request).await
    }

    async fn unary<Q, A>(&mut self, path: &'static str, request: Q) -> Result<A, Status>
    where
        Q: Message + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(path);
        let codec = ProstCodec::<Q, A>::default();
        self.0.unary(Request::new(request), path, codec).await.map(Response::into_inner)
    }
}
