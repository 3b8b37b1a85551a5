//! What every test suite needs: a scratch store on each engine, a clock that stands still, a workspace to work in.
#![allow(dead_code, unused_imports, reason = "each suite uses some of them")]

mod acme;
mod engines;

use rollcall::{
    Rollcall,
    clock::{Clock, Timestamp},
    config::{BaseUrl, Config},
    model::WorkspaceId,
    store::{
        mail_log::{self, Place, Search},
        outbox::{self, Mail},
    },
};

pub use acme::Acme;
pub use engines::{TestStore, each_engine};

/// The base URL of [`rollcall`].
pub const BASE_URL: &str = "https://rollcall.acme.test";

/// A clock that stands still at 2026-01-15 09:00 UTC.
pub fn fixed_clock() -> Clock {
    Clock::fixed(Timestamp(1_768_467_600_000_000))
}

/// A Rollcall on this store with the built-in mailbox and no limits; `change` sets what the test is about.
pub fn rollcall(store: &TestStore, clock: &Clock, change: impl FnOnce(&mut Config)) -> Rollcall {
    let mut config = Config {
        base_url: BaseUrl::parse(BASE_URL).unwrap(),
        ..Config::local("127.0.0.1:3000".parse().unwrap(), store.url.clone())
    };
    change(&mut config);
    Rollcall::new(store.db.clone(), clock.clone(), config)
}

/// The mails that speak for a workspace, newest first.
pub async fn mails_of(rollcall: &Rollcall, workspace: &WorkspaceId) -> Vec<Mail> {
    let mut conn = rollcall.db.read().await.unwrap();
    let all = Search::default();
    let listed = mail_log::page(&mut conn, Some(workspace), &all, &Place::Newest, 100_000).await.unwrap();
    let mut mails = Vec::new();
    for entry in listed {
        mails.push(outbox::get(&mut conn, &entry.id).await.unwrap().unwrap());
    }
    mails
}
