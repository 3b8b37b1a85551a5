//! Any request has a SCIM answer, never one that says the server is at fault, and what is refused changed nothing.
//!
//! The input is `METHOD PATH`, lines of headers, an empty line, and the bytes of the body. `{u}` and `{g}` stand for the
//! id of a person and of a group. It is sent to a directory that tolerates deviations and to one that does not; both
//! have an extension.

use std::{
    cell::RefCell,
    collections::HashMap,
    str::{self, FromStr},
};

use axum::{Router, body::Body};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use rollcall::{
    Rollcall,
    clock::Clock,
    config::Config,
    directory::{
        administration::{self, Choice},
        extension,
        kinds::Extended,
        settings::{self, Wanted},
    },
    model::{Provider, Role},
    people::{self, Caller},
    scim_api,
    store::{Create, Db, workspaces::Workspace},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use super::kinds;

/// Directories serve so many inputs; then new ones take their place, so that none grows without end.
const INPUTS: usize = 2000;

/// A server on a file that goes away with the process.
pub struct Server {
    runtime: Runtime,
    rollcall: Rollcall,
    workspace: Workspace,
    directories: RefCell<(usize, [Directory; 2])>,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Makes it, with its directories.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("fuzz.db").display()).parse().unwrap();
        let (rollcall, workspace, directories) = runtime.block_on(async {
            let db = Db::open(&database, Create::IfMissing).await.unwrap();
            let config = Config::local("127.0.0.1:3000".parse().unwrap(), database);
            let rollcall = Rollcall::new(db, Clock::System, config);
            let (workspace, _, _) =
                people::workspace::create(&rollcall, "Acme", "ada@acme.test", None).await.unwrap();
            let directories = both(&rollcall, &workspace).await;
            (rollcall, workspace, directories)
        });
        Self { runtime, rollcall, workspace, directories: (0, directories).into(), _folder: folder }
    }

    /// Sends one input, and looks at the answers.
    pub fn answer(&self, input: &[u8]) {
        let mut place = self.directories.borrow_mut();
        self.runtime.block_on(async {
            if place.0 == INPUTS {
                *place = (0, both(&self.rollcall, &self.workspace).await);
            }
            place.0 += 1;
            for directory in &mut place.1 {
                directory.answer(input).await;
            }
        });
    }
}

async fn both(rollcall: &Rollcall, workspace: &Workspace) -> [Directory; 2] {
    [Directory::new(rollcall, workspace, false).await, Directory::new(rollcall, workspace, true).await]
}

struct Directory {
    router: Router,
    path: String,
    token: String,
    user: String,
    group: String,
    /// The person and the group as they were last read; `None` for what is deleted.
    read: HashMap<String, Option<Vec<u8>>>,
}

struct Answer {
    status: StatusCode,
    content_type: Option<HeaderValue>,
    body: Vec<u8>,
}

impl Directory {
    async fn new(rollcall: &Rollcall, workspace: &Workspace, strict: bool) -> Self {
        let name: String = rollcall.clock.new_id();
        let choice = Choice { provider: Provider::Generic, name, default_role: Role::Member };
        let caller = Caller::CommandLine(workspace);
        let (directory, secret) = administration::create(rollcall, &caller, &choice, None).await.unwrap();
        let mut settings = directory.settings;
        settings.strict = strict;
        let wanted = Wanted { provider: choice.provider, name: choice.name, settings };
        settings::update(rollcall, &caller, &directory.id, &wanted).await.unwrap();
        extension::add(rollcall, &caller, &directory.id, kinds::EACH_KIND, Extended::User, false)
            .await
            .unwrap();
        let mut new = Self {
            router: scim_api::router(rollcall),
            path: format!("/scim/v2/{}", directory.id),
            token: secret.unwrap().reveal().to_owned(),
            user: String::new(),
            group: String::new(),
            read: HashMap::new(),
        };
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:acme:scim:Each:1.0:User"],
            "userName": "ana@acme.test", "emails": [{ "value": "ana@acme.test", "type": "work" }],
            "urn:acme:scim:Each:1.0:User": { "tag": "a", "badge": "7", "skills": ["a", "B"] },
        });
        new.user = new.create("/Users", &user).await;
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Ops", "members": [{ "value": new.user }],
        });
        new.group = new.create("/Groups", &group).await;
        new.read_again().await;
        new
    }

    async fn create(&self, path: &str, resource: &Value) -> String {
        let mut request = Request::new(Body::from(resource.to_string()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{}{path}", self.path).parse().unwrap();
        let created = self.send(request).await;
        let body: Value = serde_json::from_slice(&created.body).unwrap();
        body["id"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        let bearer = format!("Bearer {}", self.token).parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Answer { status, content_type, body }
    }

    async fn answer(&mut self, input: &[u8]) {
        let Some(request) = self.request(input) else { return };
        let method = request.method().clone();
        let answer = self.send(request).await;
        check(&method, &answer);
        if method == Method::GET || method == Method::HEAD {
            return;
        }
        let before = self.read.clone();
        self.read_again().await;
        if answer.status.is_client_error() {
            assert!(before == self.read, "refused with {}, and something changed", answer.status);
        }
    }

    /// The request of an input, if it is one at all.
    fn request(&self, input: &[u8]) -> Option<Request<Body>> {
        let end = input.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 2..]));
        let named = |text: &str| text.replace("{u}", &self.user).replace("{g}", &self.group);
        let head = named(str::from_utf8(head).ok()?);
        let body = str::from_utf8(body).map_or_else(|_| body.to_vec(), |body| named(body).into_bytes());
        let mut lines = head.split('\n');
        let (method, path) = lines.next()?.split_once(' ')?;
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method.parse().ok()?;
        *request.uri_mut() = Uri::from_str(&format!("{}{path}", self.path)).ok()?;
        for line in lines {
            let (name, value) = line.split_once(": ")?;
            request.headers_mut().append(HeaderName::from_str(name).ok()?, value.parse().ok()?);
        }
        Some(request)
    }

    async fn read_again(&mut self) {
        for path in [format!("/Users/{}", self.user), format!("/Groups/{}", self.group)] {
            let mut request = Request::default();
            *request.uri_mut() = format!("{}{path}", self.path).parse().unwrap();
            let answer = self.send(request).await;
            self.read.insert(path, answer.status.is_success().then_some(answer.body));
        }
    }
}

fn check(method: &Method, answer: &Answer) {
    let status = answer.status;
    assert!(!status.is_server_error() || status == StatusCode::NOT_IMPLEMENTED, "{status}");
    if answer.body.is_empty() {
        let may_be_empty =
            method == Method::HEAD || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status);
        assert!(may_be_empty, "{status} without a body");
        return;
    }
    assert_eq!(answer.content_type.as_ref().unwrap(), "application/scim+json; charset=utf-8");
    let body: Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
    if status.is_client_error() {
        assert_eq!(body["status"], json!(status.as_u16().to_string()));
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert!(body["detail"].is_string());
    }
}
