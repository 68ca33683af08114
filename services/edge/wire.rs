//! A connection that sends what belongs together in one piece.
//!
//! HTTP/2 writes an answer as three frames. Over a socket that says it can gather, each goes out
//! by a call of its own once the answer has more than 256 bytes: measured, 1.75 system calls for
//! each append, and every one of them wakes the caller. Over this one small frames are put together
//! until the protocol flushes, and a small one that goes before a large one leaves with it.
//!
//! A flush waits for its turn once more: the answers of a group are ready together, and the
//! runtime lets a connection run as soon as the first of them is, before the others. Let go to the
//! end of the queue it finds them all, and they leave by one call: measured, 8.5 to 4.2 µs of the
//! kernel's time for each append of 64 callers.
//!
//! Invariants: bytes leave in the order they came; after a flush nothing is held back.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// A write shorter than this is held back until more comes or a flush.
const SMALL: usize = 1_024;
/// Most bytes held back.
const HELD_BYTES_MAX: usize = 16 * 1_024;

/// A connection over `S`.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    socket: S,
    held: BytesMut,
    /// Whether the flush under way has waited for its turn.
    has_waited: bool,
}

impl<S> Wire<S> {
    /// A connection over a socket.
    pub(crate) fn new(socket: S) -> Self {
        Self { socket, held: BytesMut::new(), has_waited: false }
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.held))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.held.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if bytes.len() < SMALL && this.held.len() + bytes.len() <= HELD_BYTES_MAX {
            this.held.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        while !this.held.is_empty() {
            let both = [IoSlice::new(&this.held), IoSlice::new(bytes)];
            let written = ready!(Pin::new(&mut this.socket).poll_write_vectored(cx, &both))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let held = this.held.len();
            this.held.advance(written.min(held));
            if held < written {
                return Poll::Ready(Ok(written - held));
            }
        }
        Pin::new(&mut this.socket).poll_write(cx, bytes)
    }

    /// No: the protocol puts small frames together itself then.
    fn is_write_vectored(&self) -> bool {
        false
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.held.is_empty() && !self.has_waited {
            self.has_waited = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_waited = false;
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl<S: Connected> Connected for Wire<S> {
    type ConnectInfo = S::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.socket.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    proptest! {
        #[test]
        fn bytes_leave_in_order_and_none_stays_behind(
            lengths in proptest::collection::vec(0_usize..5_000, 1..40),
            room in 1_usize..9_000,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let (near, mut far) = tokio::io::duplex(room);
                let mut wire = Wire::new(near);
                let sent: Vec<Vec<u8>> =
                    (0_u8..).zip(&lengths).map(|(byte, length)| vec![byte; *length]).collect();
                let expected = sent.concat();
                let reader = tokio::spawn(async move {
                    let mut received = Vec::new();
                    far.read_to_end(&mut received).await.map(|_| received)
                });
                for (index, bytes) in sent.iter().enumerate() {
                    wire.write_all(bytes).await.expect("a reader");
                    if index % 3 == 0 {
                        wire.flush().await.expect("a reader");
                        assert!(wire.held.is_empty());
                    }
                }
                wire.shutdown().await.expect("a reader");
                drop(wire);
                assert_eq!(reader.await.expect("a task").expect("a stream"), expected);
            });
        }
    }
}
