//! Several workers, workers that die, workers that stop.

use std::{collections::HashMap, time::Duration};

use rollcall::{
    Rollcall,
    clock::Clock,
    jobs,
    mail::Transport,
    model::MailStatus,
    store::{mail_claims, mail_claims::Holder, outbox},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    post_office::{PostOffice, worker},
    smtp_server::SmtpServer,
    support::{Acme, each_engine, mails_of, rollcall},
};

/// Seconds: longer than a lease.
const LEASE_OVER: u32 = 61;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_on_one_database_send_none_twice() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        for number in 0..60 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        // The second one is another process as far as the database can tell.
        let other_store = store.open_again().await;
        let settings = office.server.transport();
        let other = worker(&rollcall(&other_store, &office.clock, |config| config.mail = settings));
        let (one, two) = tokio::join!(drain(&office.worker), drain(&other));
        assert_eq!(one + two, 60);
        assert!(one > 0 && two > 0, "{one} and {two}");
        let received = office.server.wait_for(60).await;
        assert_eq!(received.len(), 60);
        assert!(copies(&received).values().all(|count| *count == 1));
        let mails = office.outbox().await;
        assert!(mails.iter().all(|mail| mail.status == MailStatus::Accepted && mail.attempts == 1));
    })
    .await;
}

/// Runs until there has been nothing to do for a while: a rival may hold what is left.
async fn drain(worker: &jobs::Worker) -> usize {
    let mut sent = 0;
    for _ in 0..5 {
        sent += worker.run_due().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sent
}

fn copies(received: &[crate::smtp_server::Received]) -> HashMap<String, usize> {
    let mut copies = HashMap::new();
    for mail in received {
        *copies.entry(mail.header("Message-ID").to_owned()).or_default() += 1;
    }
    copies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_relays_yes_and_our_note_only_that_one_goes_out_again() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        for number in 0..12 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        // The server takes the mail at once and says so only when the worker is dead.
        office.server.obey(&json!([{"at": "content", "to": "person5@", "delay": 30, "times": 1}]));
        let doomed = worker(office.rollcall());
        let patient = async {
            office.server.wait_for(12).await;
        };
        tokio::select! {
            _ = doomed.run_due() => panic!("the relay has not answered"),
            () = patient => {}
        }
        // The others' outcomes are recorded after the relay's yes; a moment for those still on their way is theirs
        // only while the worker lives, so what they lost they send again as well.
        drop(doomed);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let unrecorded =
            office.outbox().await.iter().filter(|mail| mail.status != MailStatus::Accepted).count();
        assert!((1..=4).contains(&unrecorded), "at most those in flight: {unrecorded}");

        assert_eq!(office.worker.run_due().await, 0, "their leases still hold");
        store.database_clock_advances(LEASE_OVER).await;
        assert_eq!(office.worker.run_due().await, unrecorded);
        let received = office.server.wait_for(12 + unrecorded).await;
        let copies = copies(&received);
        assert_eq!(copies.len(), 12, "each arrived");
        assert_eq!(copies.values().filter(|count| **count == 2).count(), unrecorded);
        assert!(copies.values().all(|count| *count <= 2));
        let person5 = received.iter().filter(|mail| mail.to() == "person5@acme.test");
        assert_eq!(person5.count(), 2, "with the same Message-ID, which tells");
        assert!(office.outbox().await.iter().all(|mail| mail.status == MailStatus::Accepted));
    })
    .await;
}

#[tokio::test]
async fn who_lost_its_lease_may_not_begin_to_send() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        office.acme.directory_adds("grace@acme.test").await;
        let now = office.clock.now();
        let [slow, quick] =
            ["slow", "quick"].map(|name| Holder { name: name.to_owned(), lease: Duration::from_secs(60) });
        let claim = async |holder| {
            let mut tx = office.rollcall().db.write().await.unwrap();
            let mails = mail_claims::claim(&mut tx, holder, &[], 4, now).await.unwrap();
            tx.commit().await.unwrap();
            mails.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
        };
        let starts = async |holder, id| {
            let mut tx = office.rollcall().db.write().await.unwrap();
            let ours = mail_claims::start_attempt(&mut tx, holder, id, "Hello", now).await.unwrap();
            tx.commit().await.unwrap();
            ours
        };
        let [id] = <[_; 1]>::try_from(claim(&slow).await).unwrap();
        assert!(claim(&quick).await.is_empty(), "it is held");
        store.database_clock_advances(LEASE_OVER).await;
        assert!(!starts(&slow, &id).await, "the lease is over: another one may begin at any moment");
        assert_eq!(claim(&quick).await, std::slice::from_ref(&id));
        assert!(!starts(&slow, &id).await, "it is another one's");
        store.database_clock_advances(50).await;
        assert!(starts(&quick, &id).await);
        store.database_clock_advances(50).await;
        assert!(claim(&slow).await.is_empty(), "the lease began anew with the attempt");
        assert_eq!(office.only_mail().await.attempts, 1);
    })
    .await;
}

/// Waits until all mails are accepted.
async fn all_accepted(office: &PostOffice) {
    for _ in 0..400 {
        if office.outbox().await.iter().all(|mail| mail.status == MailStatus::Accepted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", office.outbox().await);
}

/// All clocks jump while the relay takes its time: to the worker, its own lease looks as if it were over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_makes_no_worker_send_what_it_is_sending() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(&json!([{"at": "content", "delay": 1.5, "times": 2}]));
        for email in ["ana@acme.test", "bo@acme.test"] {
            office.acme.directory_adds(email).await;
        }
        let stop = CancellationToken::new();
        let jump = async {
            office.server.wait_for(2).await;
            office.clock.advance(Duration::from_secs(61));
            store.database_clock_advances(LEASE_OVER).await;
            office.rollcall().mail_due.notify_one();
            all_accepted(&office).await;
            stop.cancel();
        };
        tokio::join!(office.worker.run(&stop), jump);
        assert_eq!(office.server.received().len(), 2);
        assert!(office.outbox().await.iter().all(|mail| mail.attempts == 1));
    })
    .await;
}

/// Each host has a clock of its own; who holds a mail is measured by the database's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_whose_clocks_differ_do_not_send_what_the_other_is_sending() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let other_store = store.open_again().await;
        let settings = office.server.transport();
        let host = |ahead| {
            let clock = Clock::fixed(office.clock.now().plus(Duration::from_secs(ahead)));
            worker(&rollcall(&other_store, &clock, |config| config.mail = settings.clone()))
        };
        let (minute, day) = (host(61), host(24 * 3600));
        office.server.obey(&json!([{"at": "content", "delay": 1.5}]));
        for number in 0..4 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        let others = async {
            office.server.wait_for(4).await;
            assert!(office.outbox().await.iter().all(|mail| mail.status == MailStatus::Queued), "in flight");
            assert_eq!((minute.run_due().await, day.run_due().await), (0, 0));
        };
        let (sent, ()) = tokio::join!(office.worker.run_due(), others);
        assert_eq!(sent, 4);
        assert_eq!(office.server.received().len(), 4);
        assert!(office.outbox().await.iter().all(|mail| mail.attempts == 1));
    })
    .await;
}

/// A worker that runs by itself on the machine's clock.
struct Running {
    acme: Acme,
    server: SmtpServer,
    shutdown: CancellationToken,
    done: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start(store: &crate::support::TestStore, delay: Duration) -> Self {
        let server = SmtpServer::start();
        let settings = server.transport();
        let rollcall = rollcall(store, &Clock::System, |config| {
            config.mail = settings;
            config.invitation_delay = delay;
        });
        let transport = Transport::new(&rollcall.config.mail, &rollcall.db).unwrap();
        let shutdown = CancellationToken::new();
        let done = tokio::spawn(jobs::run(rollcall.clone(), transport, shutdown.clone()));
        Self { acme: Acme::new(rollcall).await, server, shutdown, done }
    }

    async fn stop(self) -> (Rollcall, SmtpServer) {
        self.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(25), self.done).await.expect("it stops").unwrap();
        (self.acme.rollcall, self.server)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_wakes_when_told_and_when_something_is_due() {
    each_engine(async |store| {
        let running = Running::start(&store, Duration::from_secs(2)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = std::time::Instant::now();
        running.acme.directory_adds("grace@acme.test").await;
        running.server.wait_for(1).await;
        let took = began.elapsed();
        assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&took), "{took:?}");
        running.stop().await;
    })
    .await;
}

/// A lease that was renewed before the attempt began looked as if another worker had it, and the mail waited it out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_before_the_start_leaves_at_once() {
    each_engine(async |store| {
        let server = SmtpServer::start();
        let settings = server.transport();
        let acme = Acme::new(rollcall(&store, &Clock::System, |config| config.mail = settings)).await;
        for number in 0..20 {
            acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        let transport = Transport::new(&acme.rollcall.config.mail, &acme.rollcall.db).unwrap();
        let shutdown = CancellationToken::new();
        let done = tokio::spawn(jobs::run(acme.rollcall.clone(), transport, shutdown.clone()));
        server.wait_for(20).await;
        shutdown.cancel();
        done.await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_sees_what_another_process_wrote() {
    each_engine(async |store| {
        let running = Running::start(&store, Duration::ZERO).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let other_store = store.open_again().await;
        let other = Acme {
            rollcall: rollcall(&other_store, &Clock::System, |_| {}),
            workspace: running.acme.workspace.clone(),
            owner: running.acme.owner.clone(),
            directory: running.acme.directory.clone(),
        };
        let began = std::time::Instant::now();
        other.directory_adds("grace@acme.test").await;
        running.server.wait_for(1).await;
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        running.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_being_sent_and_leaves_the_rest() {
    each_engine(async |store| {
        let mut running = Running::start(&store, Duration::ZERO).await;
        running.server.obey(&json!([{"at": "content", "delay": 1}]));
        for number in 0..20 {
            running.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        running.server.wait_for(2).await;
        let workspace = running.acme.workspace.id.clone();
        let (rollcall, server) = running.stop().await;
        let mails = mails_of(&rollcall, &workspace).await;
        let accepted = mails.iter().filter(|mail| mail.status == MailStatus::Accepted).count();
        let queued = mails.iter().filter(|mail| mail.status == MailStatus::Queued).count();
        assert_eq!(accepted, server.received().len(), "what the relay took is noted");
        assert_eq!(accepted + queued, 20);
        assert!(accepted < 20, "the rest is left");
        assert!(mails.iter().all(|mail| mail.status == MailStatus::Accepted || mail.lease_until.0 == 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_slow_to_be_taken_stays_ours() {
    each_engine(async |store| {
        // The lease is renewed by the machine's time while the fixed clock shows how far it reaches.
        let mut running = Running::start(&store, Duration::ZERO).await;
        running.server.obey(&json!([{"at": "content", "delay": 18, "times": 1}]));
        running.acme.directory_adds("grace@acme.test").await;
        running.server.wait_for(1).await;
        let lease = |acme: &Acme| {
            let (rollcall, workspace) = (acme.rollcall.clone(), acme.workspace.id.clone());
            async move { mails_of(&rollcall, &workspace).await.remove(0).lease_until }
        };
        let before = lease(&running.acme).await;
        // When the mail is taken, the lease is given up.
        while lease(&running.acme).await == before {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let after = lease(&running.acme).await;
        assert!(after.since(before) > Duration::from_secs(5), "{before:?} {after:?}");
        running.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_template_is_refused_and_ends_no_loop() {
    each_engine(async |store| {
        let running = Running::start(&store, Duration::ZERO).await;
        let now = running.acme.rollcall.clock.now();
        let mut tx = running.acme.rollcall.db.write().await.unwrap();
        let strange = outbox::Mail {
            id: running.acme.rollcall.clock.new_id(),
            workspace_id: Some(running.acme.workspace.id.clone()),
            template: "from_a_newer_version".to_owned(),
            subject_id: "x".to_owned(),
            generation: 1,
            recipient: "grace@acme.test".to_owned(),
            detail: "{}".to_owned(),
            return_key: String::new(),
            bulk: false,
            status: MailStatus::Queued,
            attempts: 0,
            due_at: now,
            lease_until: rollcall::clock::Timestamp::ZERO,
            answer: None,
            created_at: now,
            updated_at: now,
        };
        outbox::insert(&mut tx, &strange).await.unwrap();
        tx.commit().await.unwrap();
        running.acme.directory_adds("grace@acme.test").await;
        running.server.wait_for(1).await;
        let id = strange.id.clone();
        let (rollcall, _) = running.stop().await;
        let mut conn = rollcall.db.read().await.unwrap();
        let mail = outbox::get(&mut conn, &id).await.unwrap().unwrap();
        assert_eq!(mail.status, MailStatus::GaveUp, "nobody refused it");
        assert!(mail.answer.unwrap().contains("from_a_newer_version"));
    })
    .await;
}
