//! A directory's Activity: its requests, and the entry that a refusal's reference opens.

use http::header;
use rollcall::{
    model::{DirectoryId, Provider},
    scim_api,
};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    company::Company,
    requests::{Answer, Ask},
    support::each_engine,
};

/// An identity provider that writes to a directory.
struct Okta {
    router: axum::Router,
    directory: DirectoryId,
    token: String,
}

impl Okta {
    async fn of(company: &Company) -> Self {
        let (directory, token) = company.directory(Provider::Okta).await;
        Self {
            router: scim_api::router(&company.rollcall),
            directory: directory.id,
            token: token.reveal().to_owned(),
        }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        Ask::new(method, &format!("/scim/v2/{}{path}", self.directory))
            .header("authorization", &format!("Bearer {}", self.token))
            .header(header::USER_AGENT.as_str(), "Okta SCIM Client 1.0.0")
            .scim(body)
            .to(&self.router)
            .await
    }

    async fn creates(&self, user_name: &str) -> String {
        let answer = self
            .send("POST", "/Users", &json!({ "userName": user_name, "emails": [{"value": user_name}] }))
            .await;
        answer.has_status(201);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    fn page(&self, path: &str) -> String {
        format!("/w/acme/settings/security/directories/{}/activity{path}", self.directory)
    }
}

/// Whether a page shows a text anywhere.
fn has(page: &Answer, text: &str) -> bool {
    page.words().contains(text)
}

#[tokio::test]
async fn the_list_is_filtered_by_kind_and_searched_by_person_group_and_reference() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let okta = Okta::of(&company).await;
        ada.get(&okta.page("")).await.shows(200, "No request yet");
        okta.creates("grace@acme.test").await;
        okta.send("POST", "/Groups", &json!({ "displayName": "Engineering" })).await.has_status(201);
        let refusal = okta.send("POST", "/Users", &json!({ "userName": "grace@acme.test" })).await;
        let detail = refusal.json()["detail"].as_str().unwrap().to_owned();
        let (_, reference) = detail.rsplit_once(" Ref ").unwrap();

        let added = "Added and invited grace@acme.test";
        let group = "Created the group Engineering";
        let refused = "Refused: A User with the userName";
        for (query, shown) in [
            ("", vec![added, group, refused]),
            ("?kind=change", vec![added, group]),
            ("?kind=error", vec![refused]),
            ("?q=GRACE", vec![added, refused]),
            ("?q=engineering", vec![group]),
            (&format!("?q={reference}"), vec![refused]),
            ("?kind=change&q=grace", vec![added]),
        ] {
            let page = ada.get(&okta.page(query)).await;
            page.has_status(200);
            for line in [added, group, refused] {
                assert_eq!(has(&page, line), shown.contains(&line), "{line} on {query}: {}", page.words());
            }
        }
        ada.get(&okta.page("?kind=rejected")).await.shows(200, "No sign-in was rejected");
        ada.get(&okta.page("?q=nobody")).await.shows(200, "No request matches “nobody”");
        ada.get(&okta.page("?q=100%25_")).await.shows(200, "No request matches “100%_”");
    })
    .await;
}

#[tokio::test]
async fn the_list_goes_on_page_after_page_without_a_gap() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let okta = Okta::of(&company).await;
        for n in 0..120 {
            okta.send("DELETE", &format!("/Users/number-{n}-"), &json!({})).await.has_status(404);
        }
        let mut seen = Vec::new();
        let mut url = okta.page("");
        let mut pages = 0;
        loop {
            let page = ada.get(&url).await;
            seen.extend((0..120).rev().filter(|n| page.text().contains(&format!("/Users/number-{n}-"))));
            pages += 1;
            let text = page.text();
            let links = text.split("<a ").filter_map(|rest| rest.split('>').next());
            let Some(link) = links.into_iter().find(|link| link.contains("rel=\"next\"")) else { break };
            url = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
            // What arrives meanwhile moves nothing.
            okta.send("DELETE", "/Users/later", &json!({})).await.has_status(404);
        }
        assert_eq!((pages, seen), (3, (0..120).rev().collect::<Vec<_>>()));
    })
    .await;
}

#[tokio::test]
async fn a_reference_opens_what_came_what_was_answered_and_what_it_changed() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let okta = Okta::of(&company).await;
        let grace = okta.creates("grace@acme.test").await;
        company.accepts("grace@acme.test").await;
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "value": {"active": false, "title": "O'Hara <b>"}}],
        });
        okta.send("PATCH", &format!("/Users/{grace}"), &body).await.has_status(200);
        let list = ada.get(&okta.page("")).await.text();
        let reference = list.split("/activity/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let page = ada.get(&okta.page(&format!("/{reference}"))).await;
        for text in [
            "Deactivated grace@acme.test",
            "Suspended, 1 session ended",
            "Okta SCIM Client 1.0.0",
            "Authorization: Bearer TOKEN",
            "O'\\''Hara <b>",
            "strays from the standard",
        ] {
            assert!(has(&page, text) || html_has(&page, text), "{text}: {}", page.text());
        }
        assert!(!page.text().contains(&okta.token) && !page.text().contains("<b>"));

        let refusal = okta.send("POST", "/Users", &json!({ "userName": "grace@acme.test" })).await;
        let detail = refusal.json()["detail"].as_str().unwrap().to_owned();
        let (told, reference) = detail.rsplit_once(" Ref ").unwrap();
        let page = ada.get(&okta.page(&format!("/{reference}"))).await;
        page.shows(200, "It was refused").shows(200, told).shows(200, "Two records claim the same name");

        ada.get(&okta.page("/act_00000000")).await.shows(404, "This reference opens no entry");
        let other = Okta { directory: company.directory(Provider::Entra).await.0.id, ..okta };
        ada.get(&other.page(&format!("/{reference}"))).await.has_status(404);
    })
    .await;
}

#[tokio::test]
async fn the_directorys_page_reports_deviations_with_an_example() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let okta = Okta::of(&company).await;
        let directory = okta.page("").replace("/activity", "");
        okta.send("GET", "/Users", &json!({})).await.has_status(200);
        ada.get(&directory).await.shows(200, "Every request of Okta so far followed the standard.");
        okta.send("GET", "/Users?aadOptscim062020", &json!({})).await.has_status(200);
        let page = ada.get(&directory).await;
        page.shows(200, "The URL carries a compatibility flag of Entra ID").shows(200, "1 request, just now");
        let text = page.text();
        let example = text.split("/activity/").nth(1).unwrap().split('"').next().unwrap();
        ada.get(&okta.page(&format!("/{example}"))).await.shows(200, "Listed people");
    })
    .await;
}

/// Whether a page has a text in an attribute, as HTML writes it.
fn html_has(page: &Answer, text: &str) -> bool {
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    page.text().contains(&html) || page.text().replace("&#39;", "'").replace("&#x27;", "'").contains(&html)
}
