//! Ten thousand mails: how fast they leave, how much memory that takes, and how much slower it makes the directory.
//! `cargo bench --bench mail`; on PostgreSQL too when `ROLLCALL_TEST_POSTGRES_URL` is set.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what goes wrong ends the benchmark")]
#![expect(unreachable_pub, reason = "`pub` in the support module means for its other files")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use rollcall::{
    Rollcall,
    clock::Clock,
    config::MailTransport,
    directory::administration::{self, Choice},
    jobs,
    mail::{Transport, parse_smtp_url},
    model::{Provider, Role},
    people::{Caller, workspace},
    scim_api,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use support::{TestStore, each_engine, rollcall};

const MAILS: usize = 10_000;
/// How often the directory is measured with mail and without; the median counts.
const ROUNDS: usize = 9;

#[tokio::main]
async fn main() {
    ten_thousand_mails_in_flat_memory().await;
    the_directory_is_not_slowed_by_mail().await;
}

async fn ten_thousand_mails_in_flat_memory() {
    engine_by_engine(async |store| {
        let (acme, sink) = acme(&store, None).await;
        add_people(&acme, "queued", MAILS).await;
        let before = resident_kib();
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let began = Instant::now();
        let worker = Work::start(&acme);
        while sink.taken.load(Ordering::SeqCst) < MAILS {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let took = began.elapsed();
        worker.stop().await;
        let grown = peak_kib().saturating_sub(before);
        eprintln!(
            "{}: {MAILS} mails in {:.1} s ({:.0} a second), memory {before} KiB before, at most {grown} KiB more",
            store.db.engine_name(),
            took.as_secs_f64(),
            MAILS as f64 / took.as_secs_f64()
        );
    })
    .await;
}

async fn the_directory_is_not_slowed_by_mail() {
    engine_by_engine(async |store| {
        for mail_rate in [Some(120), Some(600), None] {
            slowed(&store, mail_rate).await;
        }
    })
    .await;
}

/// The engines take turns, so that neither measures the other.
async fn engine_by_engine(measure: impl AsyncFn(TestStore)) {
    let turn = tokio::sync::Mutex::new(());
    each_engine(async |store| {
        let _turn = turn.lock().await;
        measure(store).await;
    })
    .await;
}

async fn slowed(store: &TestStore, mail_rate: Option<u32>) {
    let limit = mail_rate.unwrap_or_default();
    let (acme, _sink) = acme(store, mail_rate).await;
    add_people(&acme, &format!("warm{limit}-"), 200).await;
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let without = async || add_people(&acme, &format!("without{limit}-{round}-"), 1000).await;
        let with = async || {
            let worker = Work::start(&acme);
            let took = add_people(&acme, &format!("with{limit}-{round}-"), 1000).await;
            worker.stop().await;
            took
        };
        // By turns first and second: what a growing store costs falls on both alike.
        let (without, with) = if round % 2 == 0 {
            let without = without().await;
            (without, with().await)
        } else {
            let with = with().await;
            (without().await, with)
        };
        ratios.push(with.as_secs_f64() / without.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    eprintln!(
        "{}: at most {mail_rate:?} mails a minute, the directory takes {:.2} times as long (median of {:.2?})",
        store.db.engine_name(),
        ratios[ROUNDS / 2],
        ratios
    );
}

/// A directory that is provisioned over SCIM.
struct Provisioned {
    rollcall: Rollcall,
    users: String,
    authorization: String,
}

async fn acme(store: &TestStore, mail_rate: Option<u32>) -> (Provisioned, Sink) {
    let sink = Sink::start().await;
    let relay = MailTransport::Smtp(parse_smtp_url(&format!("smtp://127.0.0.1:{}", sink.port)).unwrap());
    let rollcall = rollcall(store, &Clock::System, |config| {
        config.mail = relay;
        config.mail_rate = mail_rate;
    });
    let (workspace, _, _) = workspace::create(&rollcall, "Acme", "ada@acme.test", None).await.unwrap();
    let choice = Choice { provider: Provider::Okta, name: String::new(), default_role: Role::Member };
    let caller = Caller::CommandLine(&workspace);
    let (directory, token) = administration::create(&rollcall, &caller, &choice, None).await.unwrap();
    let users = format!("/scim/v2/{}/Users", directory.id);
    let authorization = format!("Bearer {}", token.unwrap().reveal());
    (Provisioned { rollcall, users, authorization }, sink)
}

/// An identity provider creates people, eight at a time.
async fn add_people(acme: &Provisioned, name: &str, count: usize) -> Duration {
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let scim = scim_api::router(&acme.rollcall);
    let add = async || {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= count {
                break;
            }
            provision(&scim, acme, &format!("{name}{number}@acme.test")).await;
        }
    };
    futures::future::join_all((0..8).map(|_| add())).await;
    began.elapsed()
}

async fn provision(scim: &Router, acme: &Provisioned, email: &str) {
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "active": true,
        "emails": [{ "value": email, "type": "work", "primary": true }],
    });
    let request = Request::post(&acme.users)
        .header(header::AUTHORIZATION, &acme.authorization)
        .header(header::CONTENT_TYPE, "application/scim+json")
        .body(Body::from(person.to_string()))
        .unwrap();
    let response = scim.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
}

struct Work {
    shutdown: CancellationToken,
    done: tokio::task::JoinHandle<()>,
}

impl Work {
    fn start(acme: &Provisioned) -> Self {
        let shutdown = CancellationToken::new();
        let transport = Transport::new(&acme.rollcall.config.mail, &acme.rollcall.db).unwrap();
        let done = tokio::spawn(jobs::run(acme.rollcall.clone(), transport, shutdown.clone()));
        Self { shutdown, done }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.done.await.unwrap();
    }
}

/// An SMTP server that takes everything and keeps nothing.
struct Sink {
    port: u16,
    taken: Arc<AtomicUsize>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                tokio::spawn(take_mails(line, Arc::clone(&counter)));
            }
        });
        Self { port, taken }
    }
}

async fn take_mails(line: TcpStream, taken: Arc<AtomicUsize>) -> std::io::Result<()> {
    line.set_nodelay(true)?;
    let mut line = BufReader::new(line);
    line.write_all(b"220 sink\r\n").await?;
    let mut words = String::new();
    let mut in_mail = false;
    while line.read_line(&mut words).await? > 0 {
        let answer: Option<&[u8]> = match (in_mail, words.trim_end()) {
            (true, ".") => {
                in_mail = false;
                taken.fetch_add(1, Ordering::SeqCst);
                Some(b"250 taken\r\n")
            }
            (true, _) => None,
            (false, "DATA") => {
                in_mail = true;
                Some(b"354 go on\r\n")
            }
            (false, _) => Some(b"250 ok\r\n"),
        };
        if let Some(answer) = answer {
            line.write_all(answer).await?;
        }
        words.clear();
    }
    Ok(())
}

fn resident_kib() -> usize {
    status_kib("VmRSS:")
}

fn peak_kib() -> usize {
    status_kib("VmHWM:")
}

fn status_kib(field: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
