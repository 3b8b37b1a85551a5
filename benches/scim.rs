//! How fast SCIM requests are: creating people (each with invitation, event and outbox row, durable) and looking them up,
//! over real HTTP on loopback, by 1, 8 and 32 clients, on SQLite and, when `ROLLCALL_TEST_POSTGRES_URL` is set, on
//! PostgreSQL. Prints medians and ratios; asserts nothing about time.

#![expect(clippy::expect_used, reason = "what goes wrong ends the benchmark")]

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rollcall::{
    Rollcall,
    clock::Clock,
    config::Config,
    directory::administration::{self, Choice},
    jobs,
    mail::Transport,
    model::{Provider, Role},
    people::{Caller, workspace},
    scim_api,
    store::{Create, DatabaseUrl, Db},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Barrier,
};
use tokio_util::sync::CancellationToken;

const CLIENTS: [usize; 3] = [1, 8, 32];
const MEASURED: Duration = Duration::from_secs(4);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder for the SQLite file");
    let sqlite: DatabaseUrl =
        format!("sqlite:{}", folder.path().join("bench.db").display()).parse().expect("a database URL");
    println!(
        "{:<11} {:<8} {:>7} {:>10} {:>9} {:>9} {:>7}",
        "engine", "request", "clients", "req/s", "p50 ms", "p99 ms", "ratio"
    );
    measure(&sqlite).await;
    match std::env::var("ROLLCALL_TEST_POSTGRES_URL") {
        Ok(url) => measure(&scratch_database(&url).await).await,
        Err(_) => println!("PostgreSQL: not measured (set ROLLCALL_TEST_POSTGRES_URL)"),
    }
}

async fn scratch_database(url: &str) -> DatabaseUrl {
    use sqlx::Connection;
    let mut admin = sqlx::PgConnection::connect(url).await.expect("PostgreSQL answers");
    for statement in ["DROP DATABASE IF EXISTS rollcall_bench WITH (FORCE)", "CREATE DATABASE rollcall_bench"]
    {
        sqlx::query(statement).execute(&mut admin).await.expect("a scratch database");
    }
    let (server, _) = url.rsplit_once('/').expect("a database in the URL");
    format!("{server}/rollcall_bench").parse().expect("a database URL")
}

async fn measure(database: &DatabaseUrl) {
    let db = Db::open(database, Create::IfMissing).await.expect("the store opens");
    let engine = db.engine_name();
    let target = Arc::new(start(db, database).await);
    for request in [Kind::Create, Kind::LookUp] {
        let mut alone = None;
        for clients in CLIENTS {
            let run = run(&target, request, clients).await;
            let first = *alone.get_or_insert(run.per_second);
            println!(
                "{engine:<11} {:<8} {clients:>7} {:>10.0} {:>9.2} {:>9.2} {:>7.2}",
                request.name(),
                run.per_second,
                run.p50.as_secs_f64() * 1000.0,
                run.p99.as_secs_f64() * 1000.0,
                run.per_second / first,
            );
        }
    }
}

struct Target {
    address: SocketAddr,
    path: String,
    token: String,
}

async fn start(db: Db, database: &DatabaseUrl) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let config =
        Config { invitation_delay: Duration::from_secs(3600), ..Config::local(address, database.clone()) };
    let rollcall = Rollcall::new(db, Clock::System, config);
    let (workspace, _, _) =
        workspace::create(&rollcall, "Acme", "ada@acme.test", None).await.expect("a workspace");
    let choice = Choice { provider: Provider::Okta, name: String::new(), default_role: Role::Member };
    let (directory, token) =
        administration::create(&rollcall, &Caller::CommandLine(&workspace), &choice, None)
            .await
            .expect("a directory");
    // As in the program, where the journal is written and the planner kept up beside the requests; mail comes later.
    let transport = Transport::new(&rollcall.config.mail, &rollcall.db).expect("a mailbox");
    tokio::spawn(jobs::run(rollcall.clone(), transport, CancellationToken::new()));
    let service = scim_api::router(&rollcall).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Target {
        address,
        path: format!("/scim/v2/{}/Users", directory.id),
        token: token.expect("a token").reveal().to_owned(),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Create,
    LookUp,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::LookUp => "look up",
        }
    }

    fn request(self, target: &Target, client: Client, number: usize) -> Request<Full<Bytes>> {
        let (method, path, body) = match self {
            Self::Create => {
                let name = format!("p{}-{}-{number}@acme.test", client.of, client.number);
                let body = serde_json::json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                    "userName": name, "externalId": format!("00u{name}"), "active": true,
                    "name": { "givenName": "Grace", "familyName": "Hopper" },
                    "emails": [{ "value": name, "type": "work", "primary": true }],
                });
                ("POST", target.path.clone(), body.to_string())
            }
            Self::LookUp => {
                let filter = format!("userName%20eq%20%22p1-0-{}@acme.test%22", number % 100);
                ("GET", format!("{}?filter={filter}", target.path), String::new())
            }
        };
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, target.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", target.token))
            .header(header::CONTENT_TYPE, "application/scim+json")
            .body(Full::new(Bytes::from(body)))
            .expect("a request")
    }

    fn expected(self) -> StatusCode {
        match self {
            Self::Create => StatusCode::CREATED,
            Self::LookUp => StatusCode::OK,
        }
    }
}

/// Which client of how many: no two create the same name.
#[derive(Clone, Copy)]
struct Client {
    number: usize,
    of: usize,
}

struct Run {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

/// A closed loop: each client sends its next request when the last one is answered.
async fn run(target: &Arc<Target>, kind: Kind, clients: usize) -> Run {
    let together = Arc::new(Barrier::new(clients));
    let loops: Vec<_> = (0..clients)
        .map(|number| Client { number, of: clients })
        .map(|client| tokio::spawn(one_client(target.clone(), together.clone(), kind, client)))
        .collect();
    let mut times = Vec::new();
    for client in loops {
        times.extend(client.await.expect("a client ends well"));
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    Run { per_second: times.len() as f64 / MEASURED.as_secs_f64(), p50: at(50), p99: at(99) }
}

async fn one_client(
    target: Arc<Target>,
    together: Arc<Barrier>,
    kind: Kind,
    client: Client,
) -> Vec<Duration> {
    let stream = TcpStream::connect(target.address).await.expect("the server listens");
    stream.set_nodelay(true).expect("no delay");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    together.wait().await;
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < MEASURED {
        let request = kind.request(&target, client, times.len());
        let sent = Instant::now();
        let response = sender.send_request(request).await.expect("an answer");
        assert_eq!(response.status(), kind.expected());
        response.into_body().collect().await.expect("a whole answer");
        times.push(sent.elapsed());
    }
    times
}
