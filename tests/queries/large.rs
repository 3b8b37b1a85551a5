//! A directory large enough that an index matters to the planner.

use axum::Router;
use http::StatusCode;
use rollcall::{
    model::{DirectoryGroupId, Provider},
    scim_api,
    store::{
        self, DatabaseUrl, Tx,
        directories::Directory,
        directory_group_members::Newcomer,
        directory_groups::DirectoryGroup,
        directory_users::{DirectoryUser, EmailKey},
    },
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use crate::{
    company::Company,
    requests::{Answer, Ask},
    support::TestStore,
};

/// The identity provider of a directory with many people and groups.
pub struct Large {
    pub company: Company,
    pub directory: Directory,
    pub people: Vec<String>,
    router: Router,
    token: String,
}

impl Large {
    /// So many people straight into the mirror, and a group of five for every five of them.
    pub async fn new(store: &TestStore, people: usize) -> Self {
        let company = Company::new(store).await;
        let (directory, token) = company.directory(Provider::Entra).await;
        let router = scim_api::router(&company.rollcall);
        let token = token.reveal().to_owned();
        let mut large = Self { company, directory, people: Vec::new(), router, token };
        large.grow(people).await;
        large
    }

    /// Adds so many people, and a group of five for every five of them, to an empty directory.
    pub async fn grow(&mut self, people: usize) {
        self.people = self.fill(people).await;
        let mut tx = self.company.rollcall.db.write().await.unwrap();
        for number in 0..people / 5 {
            let members = &self.people[number..number + 5];
            self.insert_group(&mut tx, &format!("Group {number}"), members).await;
        }
        tx.commit().await.unwrap();
    }

    async fn fill(&self, number: usize) -> Vec<String> {
        let rollcall = &self.company.rollcall;
        let mut ids = Vec::with_capacity(number);
        let mut tx = rollcall.db.write().await.unwrap();
        for index in 0..number {
            let name = format!("person{index}@acme.test");
            let user = DirectoryUser {
                id: rollcall.clock.new_id(),
                directory_id: self.directory.id.clone(),
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
                created_at: rollcall.clock.now(),
                updated_at: rollcall.clock.now(),
                deleted: false,
            };
            let email = EmailKey { value: name, kind: Some("work".to_owned()) };
            store::directory_users::insert(&mut tx, &user, &[email]).await.unwrap();
            ids.push(user.id.0);
        }
        tx.commit().await.unwrap();
        ids
    }

    /// A group of these people, straight into the mirror.
    pub async fn group(&self, name: &str, members: &[String]) -> DirectoryGroupId {
        let mut tx = self.company.rollcall.db.write().await.unwrap();
        let id = self.insert_group(&mut tx, name, members).await;
        tx.commit().await.unwrap();
        id
    }

    async fn insert_group(&self, tx: &mut Tx, name: &str, members: &[String]) -> DirectoryGroupId {
        let clock = &self.company.clock;
        let group = DirectoryGroup {
            id: clock.new_id(),
            directory_id: self.directory.id.clone(),
            display_name: name.to_owned(),
            external_id: Some(format!("of {name}")),
            document: json!({ "displayName": name }).to_string(),
            version: 1,
            created_at: clock.now(),
            updated_at: clock.now(),
        };
        let members: Vec<Newcomer> = members
            .iter()
            .map(|id| Newcomer { id: id.clone(), kind: "User".to_owned(), display: None })
            .collect();
        store::directory_groups::insert(tx, &group).await.unwrap();
        store::directory_group_members::insert(tx, &group.id, &members).await.unwrap();
        group.id
    }

    fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(method, &format!("/scim/v2/{}{path}", self.directory.id))
            .header("authorization", &format!("Bearer {}", self.token))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).to(&self.router).await
    }

    /// Creates a person.
    pub async fn creates(&self, user_name: &str) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user_name,
            "emails": [{ "value": user_name, "type": "work" }],
        });
        self.ask("POST", "/Users").scim(&body).to(&self.router).await
    }

    /// A PATCH of a person.
    pub async fn change_user(&self, id: &str, operations: &Value) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        self.ask("PATCH", &format!("/Users/{id}")).scim(&body).to(&self.router).await
    }

    /// A PATCH with one operation on the members of a group.
    pub async fn change_members(&self, group: &DirectoryGroupId, op: &str, members: &[String]) {
        let value: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        self.change_group(group, &json!([{ "op": op, "path": "members", "value": value }])).await;
    }

    /// A PATCH of a group.
    pub async fn change_group(&self, group: &DirectoryGroupId, operations: &Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        let path = format!("/Groups/{}?excludedAttributes=members", group.0);
        let answer = self.ask("PATCH", &path).scim(&body).to(&self.router).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::NO_CONTENT), "{}", answer.text());
    }
}

/// Runs statements; gives the last column of all rows.
pub async fn run(url: &DatabaseUrl, sql: &str) -> Vec<String> {
    let sql = AssertSqlSafe(sql.to_owned());
    match url {
        DatabaseUrl::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut conn = options.connect().await.unwrap();
            let rows = sqlx::raw_sql(sql).fetch_all(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(row.len() - 1)).collect()
        }
        DatabaseUrl::Postgres(url) => {
            let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            let mut conn = options.connect().await.unwrap();
            let rows = sqlx::raw_sql(sql).fetch_all(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(row.len() - 1)).collect()
        }
    }
}
