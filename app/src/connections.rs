//! Connections: where they are listened for, and how long they may take.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use axum_server::{Handle, Server, accept::NoDelayAcceptor};
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long the head of a request may take to come, and so how long a connection may be idle.
pub const LONGEST_HEAD: Duration = Duration::from_secs(60);
/// How long the body of a request may pause.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// Requests that are under way when the process is told to stop have this long.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Listens on `address`.
///
/// # Errors
/// One sentence for the person who started it.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        io::ErrorKind::AddrInUse => format!(
            "Port {} of {} is in use, perhaps by another Rollcall. Stop that one, or choose another port with ROLLCALL_LISTEN={}:{}.",
            address.port(),
            address.ip(),
            address.ip(),
            address.port().wrapping_add(1)
        ),
        io::ErrorKind::PermissionDenied => format!(
            "This user may not listen on port {}. Ports below 1024 need rights; 127.0.0.1:3000 needs none.",
            address.port()
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("This host has no address {}. Use 127.0.0.1 or 0.0.0.0.", address.ip())
        }
        _ => format!("Listening on {address} failed: {cause}."),
    })
}

/// Answers every connection until `stopping`, then lets what is under way come to its end, within reason. A connection
/// on which no request has come for `longest_head`, whole up to its body, is closed.
///
/// # Errors
/// When nothing can be served any more.
pub async fn answer(
    listener: TcpListener,
    router: Router,
    longest_head: Duration,
    stopping: CancellationToken,
) -> io::Result<()> {
    let handle = Handle::new();
    let stop = handle.clone();
    tokio::spawn(async move {
        stopping.cancelled().await;
        stop.graceful_shutdown(Some(PATIENCE));
    });
    let mut server = Server::<SocketAddr>::from_listener(listener)
        .acceptor(NoDelayAcceptor::new())
        .handle(handle)
        .http1_only();
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(longest_head);
    server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
}
