//! Each deviation of real identity providers: understood and reported by a directory, refused by a strict one.

use std::collections::BTreeMap;

use rollcall::{
    directory::settings::{self, Settings, Wanted},
    journal,
    model::{DirectoryId, Provider},
    store,
};
use scim::Deviation;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, patch_op, person},
    company::Company,
    support::each_engine,
};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

/// A request that deviates in one way, as a provider sends it.
struct Case {
    deviation: Deviation,
    method: &'static str,
    path: String,
    body: Option<Value>,
    /// The `scimType` of the refusal in strict mode; `None` when it is only reported there too.
    refused: Option<&'static str>,
}

/// The person and the group that the requests are about.
struct Targets {
    user: String,
    group: String,
}

impl Targets {
    async fn of(caller: &Caller) -> Self {
        let user = caller.creates("ana@acme.test").await;
        let group = caller.creates_group("Engineering", &[&user]).await;
        Self { user, group }
    }

    fn patch(&self, deviation: Deviation, operation: &Value, refused: Option<&'static str>) -> Case {
        let path = format!("/Users/{}", self.user);
        Case { deviation, method: "PATCH", path, body: Some(patch_op(&json!([operation]))), refused }
    }

    fn patch_group(&self, deviation: Deviation, operation: &Value, refused: &'static str) -> Case {
        let path = format!("/Groups/{}", self.group);
        let body = Some(patch_op(&json!([operation])));
        Case { deviation, method: "PATCH", path, body, refused: Some(refused) }
    }

    /// A PUT of the person with some attributes in the place of others.
    fn put(&self, deviation: Deviation, changes: &Value, refused: &'static str) -> Case {
        let mut body = person("ana@acme.test");
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let path = format!("/Users/{}", self.user);
        Case { deviation, method: "PUT", path, body: Some(body), refused: Some(refused) }
    }

    fn find(deviation: Deviation, query: &str, refused: Option<&'static str>) -> Case {
        Case { deviation, method: "GET", path: format!("/Users?{query}"), body: None, refused }
    }

    fn cases(&self) -> Vec<Case> {
        use Deviation as D;
        let replace = |path: &str, value: &Value| json!({"op": "replace", "path": path, "value": value});
        let mut bare = patch_op(&json!([replace("title", &json!("Dr"))]));
        bare.as_object_mut().unwrap().remove("schemas");
        let two = json!([
            {"value": "a@acme.test", "type": "work", "primary": true},
            {"value": "b@acme.test", "type": "home", "primary": true},
        ]);
        vec![
            // Entra, default dialect.
            self.patch(D::CapitalisedOp, &json!({"op": "Replace", "path": "title", "value": "Dr"}), None),
            self.patch(D::StringBoolean, &replace("active", &json!("True")), Some("invalidValue")),
            self.patch(
                D::StringForComplex,
                &replace(&format!("{ENTERPRISE}:manager"), &json!("412")),
                Some("invalidValue"),
            ),
            self.patch(D::ArrayForSingle, &replace("title", &json!(["Dr"])), Some("invalidValue")),
            self.patch(
                D::JsonInString,
                &replace("roles", &json!([{"value": "{\"id\":\"1\",\"value\":\"25\"}"}])),
                Some("invalidValue"),
            ),
            self.patch_group(
                D::RemoveWithValue,
                &json!({"op": "remove", "path": "members", "value": [{"value": self.user}]}),
                "invalidValue",
            ),
            Self::find(
                D::ValuePathFilter,
                &filter("emails[type eq \"work\"].value eq \"x\""),
                Some("invalidFilter"),
            ),
            Self::find(D::UnquotedFilterValue, &filter("externalId eq jyoung"), Some("invalidFilter")),
            Self::find(D::CompatibilityFlag, "aadOptscim062020", None),
            self.put(
                D::UnknownSchema,
                &json!({"schemas": [CORE, "urn:ietf:params:scim:schemas:extension:acme:2.0:User"]}),
                "invalidSyntax",
            ),
            // Entra with the flag, Okta's deactivation and group rename.
            self.patch(
                D::PathlessOperation,
                &json!({"op": "replace", "value": {"active": true}}),
                Some("invalidPath"),
            ),
            self.put(D::DottedKey, &json!({"name.givenName": "Ana"}), "invalidSyntax"),
            self.put(D::UrnKey, &json!({format!("{ENTERPRISE}:employeeNumber"): "E-9"}), "invalidSyntax"),
            self.patch_group(
                D::ReadOnlyInValue,
                &json!({"op": "replace", "path": "schemas", "value": [CORE]}),
                "mutability",
            ),
            Case {
                deviation: D::UnknownMember,
                method: "POST",
                path: "/Groups".to_owned(),
                body: Some(json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                    "displayName": "Sales",
                    "members": [{"value": NOBODY}],
                })),
                refused: Some("invalidValue"),
            },
            // OneLogin, JumpCloud and hand-written clients.
            self.put(D::LegacyUrn, &json!({"schemas": ["urn:scim:schemas:core:2.0"]}), "invalidSyntax"),
            self.put(D::ScalarForString, &json!({"title": 7}), "invalidValue"),
            self.put(D::SingleForArray, &json!({"emails": {"value": "a@acme.test"}}), "invalidValue"),
            self.put(D::ManyPrimaries, &json!({"emails": two}), "invalidValue"),
            self.put(D::UnknownAttribute, &json!({"favouriteColour": "red"}), "invalidSyntax"),
            self.put(D::RepeatedAttribute, &json!({"title": "Dr", "TITLE": "Prof"}), "invalidSyntax"),
            self.patch(D::EmptyString, &replace("title", &json!("")), None),
            Self::find(D::StrayQuery, "&startIndex=1&?", None),
            self.patch(
                D::NotBase64,
                &json!({"op": "add", "path": "x509Certificates", "value": [{"value": "not base64!"}]}),
                Some("invalidValue"),
            ),
            // What is not there: Entra's everyday request, and what is repeated.
            self.patch(
                D::CreatedByFilter,
                &replace("phoneNumbers[type eq \"work\"].value", &json!("+1 555 0100")),
                Some("noTarget"),
            ),
            self.patch(
                D::NothingToRemove,
                &json!({"op": "remove", "path": "emails[type eq \"other\"]"}),
                Some("noTarget"),
            ),
            self.patch_group(
                D::NothingToRemove,
                &json!({"op": "remove", "path": format!("members[value eq \"{NOBODY}\"]")}),
                "noTarget",
            ),
            self.patch_group(
                D::MemberByName,
                &json!({"op": "add", "path": "members", "value": [{"value": "ana@acme.test"}]}),
                "invalidValue",
            ),
            Self::find(
                D::BothAttributeLists,
                "attributes=userName&excludedAttributes=emails",
                Some("invalidValue"),
            ),
            Self::find(D::BareToken, "count=0", None),
            Case {
                deviation: D::MissingSchema,
                method: "PATCH",
                path: format!("/Users/{}", self.user),
                body: Some(bare),
                refused: Some("invalidSyntax"),
            },
        ]
    }
}

async fn send(caller: &Caller, case: &Case) -> crate::requests::Answer {
    let bare = caller.with_bare_token();
    let caller = if case.deviation == Deviation::BareToken { &bare } else { caller };
    let ask = caller.ask(case.method, &case.path);
    caller
        .send(match &case.body {
            Some(body) => ask.scim(body),
            None => ask,
        })
        .await
}

/// The deviations that a directory was seen with, and in how many requests.
async fn reported(company: &Company, directory: &DirectoryId) -> BTreeMap<String, i64> {
    journal::write_out(&company.rollcall).await;
    let mut conn = company.rollcall.db.read().await.unwrap();
    let report = store::directory_deviations::list(&mut conn, directory).await.unwrap();
    report.into_iter().map(|line| (line.seen.deviation, line.seen.seen)).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

/// The identity provider of a new directory that takes nothing but what the standard says.
pub async fn strict(company: &Company, provider: Provider) -> Caller {
    let (directory, token) = company.directory(provider).await;
    let wanted = Wanted {
        provider,
        name: directory.name.clone(),
        settings: Settings { strict: true, ..directory.settings.clone() },
    };
    settings::update(&company.rollcall, &company.admin(), &directory.id, &wanted).await.unwrap();
    Caller::new(&company.rollcall, directory.id, Some(token.reveal()))
}

#[tokio::test]
async fn each_deviation_is_understood_and_reported() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Generic).await;
        let targets = Targets::of(&caller).await;
        let mut before = reported(&company, &caller.directory).await;
        for case in targets.cases() {
            let answer = send(&caller, &case).await;
            assert!(answer.status.is_success(), "{:?}: {}", case.deviation, answer.text());
            let after = reported(&company, &caller.directory).await;
            let name = case.deviation.id();
            let count = |report: &BTreeMap<String, i64>| report.get(name).copied().unwrap_or_default();
            assert_eq!(count(&after), count(&before) + 1, "{name}: {after:?}");
            before = after;
        }
        // No schema of this server has a number that a client writes.
        let all: Vec<String> = Deviation::ALL.iter().map(|deviation| deviation.id().to_owned()).collect();
        let all = sorted(all.into_iter().filter(|name| name != Deviation::StringNumber.id()).collect());
        let seen: Vec<String> = before.into_keys().collect();
        assert_eq!(seen, all, "each deviation has a request here");
    })
    .await;
}

#[tokio::test]
async fn a_strict_directory_refuses_each_deviation_and_changes_nothing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = strict(&company, Provider::Generic).await;
        let targets = Targets::of(&caller).await;
        let mut accepted = Vec::new();
        for case in targets.cases() {
            let before = caller.get(&format!("/Users/{}", targets.user)).await.shows(200);
            let group_before = caller.get(&format!("/Groups/{}", targets.group)).await.shows(200);
            let groups = caller.total("/Groups").await;
            let answer = send(&caller, &case).await;
            let explained = case.deviation.explanation().is_refused_when_strict;
            assert_eq!(explained, case.refused.is_some(), "{:?}", case.deviation);
            let Some(scim_type) = case.refused else {
                assert!(answer.status.is_success(), "{:?}: {}", case.deviation, answer.text());
                accepted.push(case.deviation.id().to_owned());
                continue;
            };
            answer.refuses(400, scim_type);
            assert_eq!(caller.get(&format!("/Users/{}", targets.user)).await.shows(200), before);
            assert_eq!(caller.get(&format!("/Groups/{}", targets.group)).await.shows(200), group_before);
            assert_eq!(caller.total("/Groups").await, groups);
        }
        let seen: Vec<String> = reported(&company, &caller.directory).await.into_keys().collect();
        assert_eq!(seen, sorted(accepted));
    })
    .await;
}

#[tokio::test]
async fn a_strict_directory_obeys_a_client_that_speaks_by_the_book() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = strict(&company, Provider::Entra).await;
        let targets = Targets::of(&caller).await;
        let user = format!("/Users/{}", targets.user);
        let group = format!("/Groups/{}", targets.group);
        caller
            .change(
                &user,
                &json!([
                    {"op": "replace", "path": "active", "value": false},
                    {"op": "add", "path": "emails", "value": [{"value": "a@home.test", "type": "home"}]},
                    {"op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "Sales"},
                ]),
            )
            .await
            .shows(200);
        let by_the_book = format!("members[value eq \"{}\"]", targets.user);
        caller.change(&group, &json!([{"op": "remove", "path": by_the_book}])).await.is_empty();
        assert_eq!(caller.members_of(&targets.group).await, Vec::<String>::new());
        let work = filter("emails[type eq \"work\" and value eq \"ana@acme.test\"]");
        assert_eq!(caller.total(&format!("/Users?{work}")).await, 1);
        assert_eq!(reported(&company, &caller.directory).await, BTreeMap::new());
    })
    .await;
}
