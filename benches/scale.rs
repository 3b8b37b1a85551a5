//! What size costs: pages far into a list, and changes of large groups. Reports ratios, on SQLite and, when
//! `ROLLCALL_TEST_POSTGRES_URL` says where one is, on PostgreSQL.
//!
//! `cargo bench --bench scale`, or `-- 20000` for a directory of another size.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench: what goes wrong ends it")]
#![expect(unreachable_pub, reason = "`pub` in the support module means for its other files")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use axum::{Router, body::Body};
use http::{Method, Request};
use rollcall::{
    Rollcall,
    directory::administration::{self, Choice},
    model::{DirectoryId, Provider, Role},
    scim_api,
    store::{
        self,
        directory_group_members::Newcomer,
        directory_groups::DirectoryGroup,
        directory_users::{DirectoryUser, EmailKey},
    },
};
use serde_json::{Value, json};
use tower::ServiceExt;

use support::{Acme, each_engine, fixed_clock, rollcall};

/// How often each request is measured; the median counts.
const ROUNDS: usize = 21;

fn main() {
    let people = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    // The engines take turns, so that neither measures the other.
    let turn = tokio::sync::Mutex::new(());
    tokio::runtime::Runtime::new().unwrap().block_on(each_engine(async |store| {
        let _turn = turn.lock().await;
        let engine = store.db.engine_name().to_owned();
        let bench = Bench::new(rollcall(&store, &fixed_clock(), |_| {}), people).await;
        let report = bench.report().await;
        println!("{engine}, {people} people\n{report}");
    }));
}

struct Bench {
    router: Router,
    token: String,
    directory: DirectoryId,
    rollcall: Rollcall,
    people: Vec<String>,
}

impl Bench {
    async fn new(rollcall: Rollcall, people: usize) -> Self {
        let acme = Acme::new(rollcall).await;
        let choice =
            Choice { provider: Provider::Entra, name: "Large".to_owned(), default_role: Role::Member };
        let (directory, secret) =
            administration::create(&acme.rollcall, &acme.admin(), &choice, None).await.unwrap();
        let people = fill(&acme.rollcall, &directory.id, people).await;
        // As the program does beside an import.
        store::statistics::refresh(&acme.rollcall.db).await.unwrap();
        Self {
            router: scim_api::router(&acme.rollcall),
            token: secret.unwrap().reveal().to_owned(),
            directory: directory.id,
            rollcall: acme.rollcall.clone(),
            people,
        }
    }

    async fn report(&self) -> String {
        let far = self.people.len() * 9 / 10;
        let mut lines = Vec::new();
        for sort in ["", "&sortBy=userName", "&sortBy=displayName", "&sortBy=meta.lastModified"] {
            let first = self.get(&format!("/Users?count=100&startIndex=1{sort}")).await;
            let last = self.get(&format!("/Users?count=100&startIndex={far}{sort}")).await;
            lines.push(line(&format!("page at {far} by index{sort}, against the first"), last, first));
        }
        let cursor = self.cursor_behind(far).await;
        let first = self.get("/Users?count=100&cursor=").await;
        let last = self.get(&format!("/Users?count=100&cursor={cursor}")).await;
        lines.push(line(&format!("page at {far} by cursor, against the first"), last, first));
        let small = self.group("Small", 100).await;
        let large = self.group("Large", self.people.len() / 2).await;
        let (in_small, in_large) = (self.one_member(&small).await, self.one_member(&large).await);
        lines.push(line("one member of a large group, against one of 100", in_large, in_small));
        let thousand = self.thousand_members(&large).await;
        lines.push(format!("  PATCH of 1,000 members: {thousand:.1?}"));
        let listed = self.get("/Groups?excludedAttributes=members").await;
        lines.push(format!("  GET /Groups without members: {listed:.1?}"));
        lines.join("\n")
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{}{path}", self.directory))
            .header("Authorization", format!("Bearer {}", self.token))
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    }

    async fn get(&self, path: &str) -> Duration {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            self.send(Method::GET, path, None).await;
            times.push(start.elapsed());
        }
        median(times)
    }

    async fn cursor_behind(&self, position: usize) -> String {
        let mut cursor = String::new();
        for _ in 0..position / 1000 {
            let path = format!("/Users?count=1000&attributes=id&cursor={cursor}");
            cursor = self.send(Method::GET, &path, None).await["nextCursor"].as_str().unwrap().to_owned();
        }
        cursor
    }

    /// A group of the first so many people; gives its id.
    async fn group(&self, name: &str, size: usize) -> String {
        let now = self.rollcall.clock.now();
        let group = DirectoryGroup {
            id: self.rollcall.clock.new_id(),
            directory_id: self.directory.clone(),
            display_name: name.to_owned(),
            external_id: None,
            document: json!({ "displayName": name }).to_string(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let members: Vec<Newcomer> = self.people[..size]
            .iter()
            .map(|id| Newcomer { id: id.clone(), kind: "User".to_owned(), display: None })
            .collect();
        let mut tx = self.rollcall.db.write().await.unwrap();
        store::directory_groups::insert(&mut tx, &group).await.unwrap();
        store::directory_group_members::insert(&mut tx, &group.id, &members).await.unwrap();
        tx.commit().await.unwrap();
        group.id.0
    }

    async fn patch(&self, group: &str, op: &str, members: &[String]) -> Duration {
        let value: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": op, "path": "members", "value": value }],
        });
        let start = Instant::now();
        self.send(Method::PATCH, &format!("/Groups/{group}"), Some(body)).await;
        start.elapsed()
    }

    /// The median of adding and of removing one member.
    async fn one_member(&self, group: &str) -> Duration {
        let outsider = std::slice::from_ref(self.people.last().unwrap());
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(self.patch(group, "add", outsider).await);
            times.push(self.patch(group, "remove", outsider).await);
        }
        median(times)
    }

    async fn thousand_members(&self, group: &str) -> Duration {
        let outsiders = &self.people[self.people.len() - 1000..];
        let mut times = Vec::new();
        for _ in 0..5 {
            times.push(self.patch(group, "add", outsiders).await);
            times.push(self.patch(group, "remove", outsiders).await);
        }
        median(times)
    }
}

/// People straight into the mirror; gives their ids.
async fn fill(rollcall: &Rollcall, directory: &DirectoryId, number: usize) -> Vec<String> {
    let mut ids = Vec::with_capacity(number);
    let mut tx = rollcall.db.write().await.unwrap();
    for index in 0..number {
        let name = format!("person{:06}@acme.test", (index * 7919) % 1_000_003);
        let now = rollcall.clock.now();
        let user = DirectoryUser {
            id: rollcall.clock.new_id(),
            directory_id: directory.clone(),
            user_name: name.clone(),
            external_id: Some(format!("x{index}")),
            active: true,
            display_name: Some(name.clone()),
            email: Some(name.clone()),
            document: json!({ "userName": name, "displayName": name, "active": true }).to_string(),
            version: 1,
            membership_id: None,
            held_reason: None,
            held_since: None,
            approved_at: None,
            created_at: now,
            updated_at: now,
            deleted: false,
        };
        let email = EmailKey { value: name, kind: Some("work".to_owned()) };
        store::directory_users::insert(&mut tx, &user, &[email]).await.unwrap();
        ids.push(user.id.0);
    }
    tx.commit().await.unwrap();
    ids
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn line(what: &str, time: Duration, against: Duration) -> String {
    let ratio = time.as_secs_f64() / against.as_secs_f64();
    format!("  {what}: {time:.1?} / {against:.1?} = {ratio:.2}")
}
