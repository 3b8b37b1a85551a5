//! A worker process killed with SIGKILL in the middle of many mails, and started again.

use std::{
    collections::HashMap,
    env,
    process::{Child, Command, Stdio},
    time::Duration,
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
    support::{TestStore, each_engine, rollcall},
};

/// Where the other process finds database and relay, and what time it is: `DATABASE RELAY MICROSECONDS`.
const ORDERS: &str = "ROLLCALL_TEST_WORKER";
/// How many mails a process may be sending when it dies.
const IN_FLIGHT: usize = 4;

/// Not a test of its own: the process that [`each_mail_arrives_though_the_worker_is_killed`] starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is started by another test"]
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
        .args(["--exact", "killed::worker_process", "--ignored"])
        .env(ORDERS, orders)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mail_arrives_though_the_worker_is_killed() {
    const MAILS: usize = 300;
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        for number in 0..MAILS {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        for kill_at in [100, 200] {
            let mut process = start_worker(&store, &office);
            office.server.wait_for(kill_at).await;
            process.kill().unwrap();
            process.wait().unwrap();
            office.clock.advance(Duration::from_secs(61));
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
        eprintln!("{}: {MAILS} mails, killed twice, {twice} arrived a second time", store.db.engine_name());
        assert!(twice <= 2 * IN_FLIGHT, "{twice} were sent again");
        assert!(copies.values().all(|copies| *copies <= 3));
    })
    .await;
}
