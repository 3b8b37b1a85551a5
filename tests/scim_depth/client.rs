//! An identity provider: it speaks to the router with its directory's token.

use axum::{Router, body::Body};
use http::{Method, Request, StatusCode};
use rollcall::{
    directory::administration::{self, Choice},
    model::{Provider, Role},
    scim_api,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Acme, TestStore, fixed_clock, rollcall};

/// An identity provider with a directory of its own in Acme.
pub struct Client {
    pub acme: Acme,
    pub directory: rollcall::store::directories::Directory,
    router: Router,
    token: String,
}

impl Client {
    /// Makes Acme with a directory for this identity provider.
    pub async fn new(store: &TestStore) -> Self {
        Self::of(Acme::new(rollcall(store, &fixed_clock(), |_| {})).await, "Depth").await
    }

    /// Another identity provider in the same workspace.
    pub async fn beside(&self, name: &str) -> Self {
        Self::of(self.acme.clone(), name).await
    }

    async fn of(acme: Acme, name: &str) -> Self {
        let choice =
            Choice { provider: Provider::Generic, name: name.to_owned(), default_role: Role::Member };
        let (directory, secret) =
            administration::create(&acme.rollcall, &acme.admin(), &choice, None).await.unwrap();
        let router = scim_api::router(&acme.rollcall);
        Self { router, token: secret.unwrap().reveal().to_owned(), acme, directory }
    }

    /// Sends a request; gives status and body.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{}{path}", self.directory.id))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/scim+json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {answer}");
        answer
    }

    /// Makes a person; gives the id.
    pub async fn user(&self, name: &str) -> String {
        self.person(json!({ "userName": format!("{name}@acme.test") })).await
    }

    /// Makes a person from a whole document; gives the id.
    pub async fn person(&self, document: Value) -> String {
        id(&self.post("/Users", document).await)
    }

    /// Makes a group of these people; gives the id.
    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        id(&self.post("/Groups", json!({ "displayName": name, "members": members })).await)
    }

    /// Patches a resource with these operations.
    pub async fn patch(&self, path: &str, operations: Value) -> Value {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        let (status, answer) = self.send(Method::PATCH, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {answer}");
        answer
    }
}

/// The id of a resource.
pub fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

/// One attribute of each resource of a list.
pub fn column(list: &Value, name: &str) -> Vec<String> {
    let resources = list["Resources"].as_array().unwrap();
    resources.iter().map(|resource| resource[name].as_str().unwrap_or("-").to_owned()).collect()
}
