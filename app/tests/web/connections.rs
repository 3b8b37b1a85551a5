//! Connections over real sockets: nobody holds one open by saying nothing, and going away ends no change.

use std::{sync::Arc, time::Duration};

use app::connections;
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    routing::{get, post},
};
use rollcall::web;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::support::{each_engine, fixed_clock, rollcall};

const LONGEST_HEAD: Duration = Duration::from_millis(200);

#[tokio::test]
async fn what_is_begun_is_finished_though_its_client_went_away() {
    each_engine(async |store| {
        let rollcall = rollcall(&store, &fixed_clock(), |_| {});
        let [begun, client_gone, go_on, finished] = [(); 4].map(|()| Arc::new(Notify::new()));
        let handler = {
            let (begun, go_on, finished) = (begun.clone(), go_on.clone(), finished.clone());
            async move || {
                begun.notify_one();
                go_on.notified().await;
                finished.notify_one();
            }
        };
        let gone = client_gone.clone();
        let watch = move |request: Request, next: Next| {
            let tell = Tell(gone.clone());
            async move {
                let _dropped_with_the_connection = tell;
                next.run(request).await
            }
        };
        let router = Router::new()
            .route("/", post(handler))
            .layer(from_fn_with_state(rollcall, web::finish))
            .layer(from_fn(watch));
        let listener = connections::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving =
            tokio::spawn(connections::answer(listener, router, LONGEST_HEAD, CancellationToken::new()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        begun.notified().await;
        drop(stream);
        client_gone.notified().await;
        go_on.notify_one();
        timeout(Duration::from_secs(20), finished.notified()).await.expect("it goes on");
        serving.abort();
    })
    .await;
}

/// Tells when it is dropped.
struct Tell(Arc<Notify>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// What comes back until the server closes the connection.
async fn answer_to(request: &str) -> String {
    let listener = connections::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stopping = CancellationToken::new();
    let router = Router::new().route("/", get(async || "here"));
    let serving = tokio::spawn(connections::answer(listener, router, LONGEST_HEAD, stopping.clone()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(Duration::from_secs(20), stream.read_to_string(&mut answer))
        .await
        .expect("it is closed")
        .unwrap();
    stopping.cancel();
    serving.await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_connection_on_which_no_request_comes_is_closed() {
    assert_eq!(answer_to("").await, "");
    assert_eq!(answer_to("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await, "");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let answer = answer_to("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("here"), "{answer}");
}
