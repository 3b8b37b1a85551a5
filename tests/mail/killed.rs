//! A worker process killed with SIGKILL in the middle of many mails, and started again.

use std::{
    collections::HashMap,
    env,
    process::{Child, Command, Stdio},
};

use rollcall::{
    clock::{Clock, Timestamp},
    config::MailTransport,
    mail::parse_smtp_url,
    model::MailStatus,
    store::{Create, DatabaseUrl, Db},
};

use crate::{
    post_office::{PostOffice, worker},
    smtp_server::Received,
    support::{TestStore, each_engine, rollcall},
};

/// Where the other process finds database and relay, and what time it is: `DATABASE RELAY MICROSECONDS`.
const ORDERS: &str = "ROLLCALL_TEST_WORKER";
/// How many mails a process may be sending when it dies.
const IN_FLIGHT: usize = 4;

/// The process that [`each_mail_arrives_though_the_worker_is_killed`] starts and kills; without orders there is
/// nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker_process() {
    let Ok(orders) = env::var(ORDERS) else { return };
    let [database, relay, now] = <[&str; 3]>::try_from(orders.split(' ').collect::<Vec<_>>()).unwrap();
    let url: DatabaseUrl = database.parse().unwrap();
    let store = TestStore { db: Db::open(&url, Create::Never).await.unwrap(), url };
    let clock = Clock::fixed(Timestamp(now.parse().unwrap()));
    let relay = MailTransport::Smtp(parse_smtp_url(relay).unwrap());
    worker(&rollcall(&store, &clock, |config| config.mail = relay)).run_due().await;
}

fn start_worker(store: &TestStore, office: &PostOffice) -> Child {
    let database = match &store.url {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let orders = format!("{database} {} {}", office.server.url(), office.clock.now().0);
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::worker_process"])
        .env(ORDERS, orders)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mail_arrives_though_the_worker_is_killed() {
    const MAILS: usize = 1000;
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        for number in 0..MAILS {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        for kill_at in [333, 667] {
            let mut process = start_worker(&store, &office);
            office.server.wait_for(kill_at).await;
            process.kill().unwrap();
            process.wait().unwrap();
            store.database_clock_advances(61).await;
        }
        let mut process = start_worker(&store, &office);
        tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();

        let mails = office.outbox().await;
        assert_eq!(mails.len(), MAILS);
        assert!(mails.iter().all(|mail| mail.status == MailStatus::Accepted));
        let received = office.server.received();
        let mut copies: HashMap<&str, usize> = HashMap::new();
        for mail in &received {
            *copies.entry(mail.header("Message-ID")).or_default() += 1;
        }
        assert_eq!(copies.len(), MAILS, "each arrived");
        let twice = received.len() - MAILS;
        eprintln!("{}: {MAILS} mails, killed twice, {twice} arrived a second time:", store.db.engine_name());
        for (id, copies) in copies.iter().filter(|(_, copies)| **copies > 1) {
            let of = received.iter().find(|mail| mail.header("Message-ID") == *id).map(Received::to);
            eprintln!("  {copies} × {id} to {}", of.unwrap_or_default());
            let tried = mails.iter().find(|mail| id.contains(mail.id.as_str())).map(|mail| mail.attempts);
            assert!(tried.is_some_and(|tried| tried > 1), "only what was in flight when the process died");
        }
        assert!(twice <= 2 * IN_FLIGHT, "{twice} were sent again");
        assert!(copies.values().all(|copies| *copies <= 3));
    })
    .await;
}
