//! The empty unary call: what appends are compared with. An empty message in, an empty message out,
//! through the same HTTP/2, the same codec and the same runtime as every call of the API.
//!
//! Not part of the public contract: only the child of `bench` serves it, on a port of its own.

use std::convert::Infallible;
use std::future::{Ready, ready};

use tonic::codegen::{Body, BoxFuture, Context, Poll, Service, StdError, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// Where the call is served.
const PATH: &str = "/dutyledger.bench.EmptyService/Call";

/// The service.
#[derive(Debug, Clone, Copy)]
pub(super) struct EmptyService;

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
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(PATH);
        let codec = ProstCodec::<(), ()>::default();
        self.0.unary(Request::new(()), path, codec).await.map(Response::into_inner)
    }
}
