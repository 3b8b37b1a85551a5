//! Who calls the SCIM API, as types.

use axum::Router;
use http::header;
use rollcall::{
    Rollcall,
    model::{DirectoryId, Provider},
    scim_api,
};
use serde_json::{Value, json};

use crate::{
    company::Company,
    requests::{Answer, Ask},
};

/// A caller of the SCIM API of one directory.
#[derive(Clone)]
pub struct Caller {
    router: Router,
    /// The directory in the path.
    pub directory: DirectoryId,
    headers: Vec<(&'static str, String)>,
}

/// The identity provider of a new directory, with its token.
pub async fn directory(company: &Company, provider: Provider) -> Caller {
    let (directory, token) = company.directory(provider).await;
    Caller::new(&company.rollcall, directory.id, Some(token.reveal()))
}

/// Someone without a token at a directory's address.
pub fn anonymous(company: &Company, directory: &DirectoryId) -> Caller {
    Caller::new(&company.rollcall, directory.clone(), None)
}

impl Caller {
    /// Someone with this token at a directory's address.
    pub fn new(rollcall: &Rollcall, directory: DirectoryId, token: Option<&str>) -> Self {
        let headers = token.map(|token| ("authorization", format!("Bearer {token}"))).into_iter().collect();
        Self { router: scim_api::router(rollcall), directory, headers }
    }

    /// The same at another process.
    pub fn at(&self, rollcall: &Rollcall) -> Self {
        Self { router: scim_api::router(rollcall), ..self.clone() }
    }

    /// The same, with the token alone in its header.
    pub fn with_bare_token(&self) -> Self {
        let bare = |value: &str| value.strip_prefix("Bearer ").unwrap_or(value).to_owned();
        let headers = self.headers.iter().map(|(name, value)| (*name, bare(value))).collect();
        Self { headers, ..self.clone() }
    }

    /// Sends this header with every request.
    #[must_use]
    pub fn sending(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// A request to a path of the directory, with the caller's headers.
    pub fn ask(&self, method: &str, path: &str) -> Ask {
        let ask = Ask::new(method, &format!("/scim/v2/{}{path}", self.directory));
        self.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
    }

    /// Sends a request.
    pub async fn send(&self, ask: Ask) -> Answer {
        ask.to(&self.router).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.ask("GET", path)).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.ask("POST", path).scim(body)).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.ask("PUT", path).scim(body)).await
    }

    /// PATCH with any body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.ask("PATCH", path).scim(body)).await
    }

    /// PATCH with these operations.
    pub async fn change(&self, path: &str, operations: &Value) -> Answer {
        self.patch(path, &patch_op(operations)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.ask("DELETE", path)).await
    }

    /// Creates a user with a plain body; gives the id.
    pub async fn creates(&self, user_name: &str) -> String {
        let user = self.post("/Users", &person(user_name)).await.shows(201);
        id_of(&user)
    }

    /// Creates a group; gives the id.
    pub async fn creates_group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": members,
        });
        id_of(&self.post("/Groups", &body).await.shows(201))
    }

    /// The ids of a group's members, sorted.
    pub async fn members_of(&self, group: &str) -> Vec<String> {
        member_ids(&self.get(&format!("/Groups/{group}")).await.shows(200))
    }

    /// The number of resources that a list finds.
    pub async fn total(&self, path: &str) -> u64 {
        self.get(path).await.shows(200)["totalResults"].as_u64().unwrap()
    }
}

/// A PATCH request.
pub fn patch_op(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

/// A user whose `userName` is the address.
pub fn person(user_name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": { "givenName": "Ana", "familyName": "Diaz" },
        "emails": [{ "value": user_name, "type": "work", "primary": true }],
        "active": true,
    })
}

/// The id of a resource.
#[track_caller]
pub fn id_of(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

/// The ids of a group's members, sorted.
pub fn member_ids(group: &Value) -> Vec<String> {
    let members = group["members"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> =
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// The same ids, sorted.
pub fn sorted(ids: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    ids.sort();
    ids
}

/// A filter, encoded for a URL.
pub fn filter(text: &str) -> String {
    let encoded: String = text
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("filter={encoded}")
}

impl Answer {
    /// A SCIM answer with this status: its JSON.
    #[track_caller]
    pub fn shows(&self, status: u16) -> Value {
        self.has_status(status);
        assert_eq!(
            self.header(header::CONTENT_TYPE),
            "application/scim+json; charset=utf-8",
            "{}",
            self.asked
        );
        self.json()
    }

    /// A SCIM error with this status and `scimType` (empty for none): its `detail`.
    #[track_caller]
    pub fn refuses(&self, status: u16, scim_type: &str) -> String {
        let body = self.shows(status);
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{}", self.asked);
        assert_eq!(body["status"], json!(status.to_string()), "{}", self.asked);
        assert_eq!(body["scimType"].as_str().unwrap_or_default(), scim_type, "{}: {body}", self.asked);
        let detail = body["detail"].as_str().unwrap_or_default().to_owned();
        assert!(!detail.is_empty(), "{}: an error without words", self.asked);
        detail
    }

    /// Success without a body.
    #[track_caller]
    pub fn is_empty(&self) {
        self.has_status(204);
        assert!(self.body.is_empty(), "{}: {}", self.asked, self.text());
    }
}
