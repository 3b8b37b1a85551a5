//! Connections over real sockets: nobody holds one open by saying nothing, or too little.

use std::time::Duration;

use app::connections;
use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

const LONGEST_HEAD: Duration = Duration::from_millis(200);

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
