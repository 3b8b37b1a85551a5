//! Any request has a SCIM answer, and never one that says the server is at fault.
//!
//! The input is `METHOD PATH`, a line feed and the body. `{u}` and `{g}` stand for the id of a person and of a group.

use std::cell::RefCell;

use axum::{Router, body::Body};
use http::{Method, Request, StatusCode, Uri};
use rollcall::{
    Rollcall,
    clock::Clock,
    config::Config,
    directory::administration::{self, Choice},
    model::{Provider, Role},
    people::{self, Caller},
    scim_api,
    store::{Create, Db, workspaces::Workspace},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// A directory serves so many inputs; then a new one takes its place, so that none grows without end.
const INPUTS: usize = 2000;

/// A server on a file that goes away with the process.
pub struct Server {
    runtime: Runtime,
    rollcall: Rollcall,
    workspace: Workspace,
    directory: RefCell<(usize, Directory)>,
    _folder: tempfile::TempDir,
}

struct Directory {
    router: Router,
    path: String,
    token: String,
    user: String,
    group: String,
}

impl Server {
    /// Makes it, with one directory.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("fuzz.db").display()).parse().unwrap();
        let (rollcall, workspace, directory) = runtime.block_on(async {
            let db = Db::open(&database, Create::IfMissing).await.unwrap();
            let config = Config::local("127.0.0.1:3000".parse().unwrap(), database);
            let rollcall = Rollcall::new(db, Clock::System, config);
            let (workspace, _, _) =
                people::workspace::create(&rollcall, "Acme", "ada@acme.test", None).await.unwrap();
            let directory = Directory::new(&rollcall, &workspace).await;
            (rollcall, workspace, directory)
        });
        Self { runtime, rollcall, workspace, directory: (0, directory).into(), _folder: folder }
    }

    /// Sends one input, and looks at the answer.
    pub fn answer(&self, input: &str) {
        let mut place = self.directory.borrow_mut();
        self.runtime.block_on(async {
            if place.0 == INPUTS {
                *place = (0, Directory::new(&self.rollcall, &self.workspace).await);
            }
            place.0 += 1;
            place.1.answer(input).await;
        });
    }
}

impl Directory {
    async fn new(rollcall: &Rollcall, workspace: &Workspace) -> Self {
        let name: String = rollcall.clock.new_id();
        let choice = Choice { provider: Provider::Generic, name, default_role: Role::Member };
        let caller = Caller::CommandLine(workspace);
        let (directory, secret) = administration::create(rollcall, &caller, &choice, None).await.unwrap();
        let mut new = Self {
            router: scim_api::router(rollcall),
            path: format!("/scim/v2/{}", directory.id),
            token: secret.unwrap().reveal().to_owned(),
            user: String::new(),
            group: String::new(),
        };
        let id = |made: Value| made["id"].as_str().unwrap().to_owned();
        let person = json!({ "userName": "ana@acme.test", "emails": [{ "value": "ana@acme.test" }] });
        new.user = id(new.post("/Users", &person).await);
        let group = json!({ "displayName": "Ops", "members": [{ "value": new.user }] });
        new.group = id(new.post("/Groups", &group).await);
        new
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let uri = format!("{}{path}", self.path).parse().unwrap();
        let (_, body) = self.send(Method::POST, uri, body.to_string()).await;
        serde_json::from_slice(&body).unwrap()
    }

    async fn send(&self, method: Method, uri: Uri, body: String) -> (StatusCode, Vec<u8>) {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let bearer = format!("Bearer {}", self.token).parse().unwrap();
        request.headers_mut().insert(http::header::AUTHORIZATION, bearer);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    async fn answer(&self, input: &str) {
        let input = input.replace("{u}", &self.user).replace("{g}", &self.group);
        let (line, body) = input.split_once('\n').unwrap_or((&input, ""));
        let (method, path) = line.split_once(' ').unwrap_or(("POST", line));
        let Ok(method) = method.parse::<Method>() else { return };
        let Ok(uri) = format!("{}{path}", self.path).parse::<Uri>() else { return };
        let (status, answer) = self.send(method.clone(), uri, body.to_owned()).await;
        assert!(!status.is_server_error() || status == StatusCode::NOT_IMPLEMENTED, "{status}");
        if answer.is_empty() {
            return;
        }
        let answer: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
        if status.is_client_error() {
            assert_eq!(answer["status"], json!(status.as_u16().to_string()));
        }
    }
}
