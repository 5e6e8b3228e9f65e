//! The receiving end: takes requests of other nodes.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::message::VERSION;
use super::{Answer, Hello, Request, frame};
use crate::net::{Network, Port, Stream};

/// Pause after a connection could not be taken, so that a lack of descriptors does not become a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Does what another node asks.
pub trait Handle: Send + Sync + 'static {
    /// Answers one request; a refusal is an answer too.
    fn handle(&self, request: Request) -> impl Future<Output = Answer> + Send;
}

/// Takes connections for as long as the future is polled.
pub async fn serve<H: Handle>(listener: TcpListener, network: Network, cluster: u64, handler: Arc<H>) {
    let mut listener = network.listen(listener, Port::Peer);
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                // Out of descriptors, or a connection that was gone before it was taken: neither ends the node.
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let handler = handler.clone();
        tokio::spawn(async move {
            if let Err(error) = converse(stream, cluster, &*handler).await
                && error.kind() != io::ErrorKind::UnexpectedEof
            {
                tracing::debug!(%error, "a node's connection ended");
            }
        });
    }
}

async fn converse(mut stream: Stream, cluster: u64, handler: &impl Handle) -> io::Result<()> {
    let hello: Hello = frame::receive(&mut stream).await?;
    if hello.version != VERSION || hello.cluster != cluster {
        tracing::warn!(?hello, cluster, "refused a node of another cluster or version");
        let why = "this node belongs to another cluster, or speaks another version".to_owned();
        return frame::send(&mut stream, &Answer::Refused(why)).await;
    }
    loop {
        let request: Request = frame::receive(&mut stream).await?;
        let answer = handler.handle(request).await;
        frame::send(&mut stream, &answer).await?;
    }
}
