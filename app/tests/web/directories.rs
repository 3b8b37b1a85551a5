//! Settings → Security → Directory Sync: making a directory, its token, its removal.

use std::time::Duration;

use rollcall::{
    directory::{extension, kinds::Extended},
    journal,
    model::{DirectoryId, Provider},
    scim_api, store,
};

use crate::{
    browser::Browser,
    company::Company,
    requests::{Answer, Ask},
    support::{BASE_URL, each_engine},
};

const DIALOG: &str = "/w/acme/settings/security?dialog=directory-sync";
const CREATE: &str = "/w/acme/settings/security/directories";

/// The token on a page, if there is one. A hint such as `scim_…3UaC` is none.
fn token_on(page: &Answer) -> Option<String> {
    let text = page.text();
    text.split("scim_").skip(1).find_map(|rest| {
        let token: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        (token.len() > 30).then(|| format!("scim_{token}"))
    })
}

/// The live directories of Acme.
async fn directories(company: &Company) -> Vec<DirectoryId> {
    let mut conn = company.rollcall.db.read().await.unwrap();
    let all = store::directories::list(&mut conn, &company.workspace.id).await.unwrap();
    all.into_iter().map(|directory| directory.id).collect()
}

/// Whether the SCIM API opens to this token.
async fn opens(company: &Company, directory: &DirectoryId, token: &str) -> bool {
    let ask = Ask::new("GET", &format!("/scim/v2/{directory}/Users"))
        .header("authorization", &format!("Bearer {token}"));
    let answer = ask.to(&scim_api::router(&company.rollcall)).await;
    // The journal notes the use of the token.
    journal::write_out(&company.rollcall).await;
    answer.status.is_success()
}

/// Fills in the form; gives the page that it leads to.
async fn makes(browser: &Browser, provider: &str, name: &str) -> Answer {
    let key = browser.get(DIALOG).await.hidden("key");
    let fields = [("key", key.as_str()), ("provider", provider), ("name", name), ("default_role", "member")];
    let answer = browser.post(CREATE, &fields).await;
    answer.has_status(303);
    browser.get(&answer.header("location")).await
}

#[tokio::test]
async fn the_two_values_stand_under_the_providers_own_labels_and_the_token_once() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        for (provider, url_label, token_label) in [
            (Provider::Okta, "SCIM 2.0 Base URL", "OAuth Bearer Token"),
            (Provider::Entra, "Tenant URL", "Secret Token"),
        ] {
            let page = makes(&ada, provider.as_str(), "").await;
            page.shows(200, url_label).shows(200, token_label);
            let id = directories(&company).await.pop().unwrap();
            assert!(page.text().contains(&format!("{BASE_URL}/scim/v2/{id}")));
            let token = token_on(&page).expect("the token is shown");
            assert!(opens(&company, &id, &token).await);

            let again = ada.get(&format!("{DIALOG}&directory={id}")).await;
            again.shows(200, url_label);
            assert_eq!(token_on(&again), None, "on reload it is gone");
            assert!(!ada.get(&format!("{CREATE}/{id}")).await.text().contains(&token));
            let stored = company
                .look("SELECT token_hash FROM directory_tokens WHERE directory_id = $1", id.as_str())
                .await;
            assert!(!stored.contains(&token), "only a hash is kept");
        }
    })
    .await;
}

#[tokio::test]
async fn one_form_makes_one_directory_however_often_it_is_sent() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let key = ada.get(DIALOG).await.hidden("key");
        let fields = [("key", key.as_str()), ("provider", "okta"), ("name", ""), ("default_role", "member")];
        let (one, two) = futures::join!(ada.post(CREATE, &fields), ada.post(CREATE, &fields));
        assert_eq!(directories(&company).await.len(), 1, "{} {}", one.words(), two.words());
        for answer in [&one, &two] {
            answer.has_status(303);
        }
        let again = ada.post(CREATE, &fields).await;
        assert_eq!(again.header("location"), one.header("location"));
        let token =
            token_on(&ada.get(&again.header("location")).await).expect("whoever sees the page has a token");
        let id = directories(&company).await.remove(0);
        assert!(opens(&company, &id, &token).await, "the token on the last page works");
        let live = "SELECT id FROM directory_tokens WHERE directory_id = $1 AND revoked_at IS NULL";
        assert_eq!(company.look(live, id.as_str()).await.len(), 1);

        let late = ada.post(CREATE, &fields).await;
        assert_eq!(
            token_on(&ada.get(&late.header("location")).await),
            None,
            "a token in use is not replaced"
        );
        assert!(opens(&company, &id, &token).await);
    })
    .await;
}

#[tokio::test]
async fn another_form_of_the_same_name_is_refused_with_what_was_typed() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        makes(&ada, "okta", "Staff").await.has_status(200);
        for (provider, name, role, words) in [
            ("okta", "STAFF", "member", "A directory named “STAFF” exists."),
            ("", "Other", "member", "Choose the provider that your people sign in with."),
            ("fax", "Other", "member", "Choose the provider that your people sign in with."),
            ("okta", "Other", "owner", "A directory cannot make owners."),
            ("okta", "Other", "emperor", "emperor"),
        ] {
            let fields = [("key", "k-2"), ("provider", provider), ("name", name), ("default_role", role)];
            let page = ada.post(CREATE, &fields).await;
            page.shows(422, words);
            assert_eq!(page.hidden("key"), "k-2");
        }
        assert_eq!(directories(&company).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_token_is_rotated_with_overlap_and_revoked() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let old = token_on(&makes(&ada, "okta", "").await).unwrap();
        let id = directories(&company).await.remove(0);
        let page = format!("{CREATE}/{id}");

        ada.post(&format!("{page}/rotate-token"), &[("life", "a while")]).await.leads_to(&page);
        ada.get(&page).await.shows(200, "is no life of a token");
        ada.post(&format!("{page}/rotate-token"), &[("life", "90d")]).await.leads_to(&page);
        let new = token_on(&ada.get(&page).await).expect("the new token is shown");
        assert_eq!(token_on(&ada.get(&page).await), None, "once");
        assert!(opens(&company, &id, &old).await && opens(&company, &id, &new).await, "both work");

        ada.post(&format!("{page}/rotate-token"), &[]).await.leads_to(&page);
        let refused = ada.get(&page).await;
        refused.shows(200, "Two tokens work already.");
        assert_eq!(token_on(&refused), None);

        let mut conn = company.rollcall.db.read().await.unwrap();
        let tokens = store::directory_tokens::list(&mut conn, &id).await.unwrap();
        drop(conn);
        let first = tokens.iter().find(|token| token.hint.ends_with(&old[old.len() - 4..])).unwrap();
        ada.post(&format!("{page}/tokens/{}/revoke", first.id), &[]).await.leads_to(&page);
        assert!(!opens(&company, &id, &old).await && opens(&company, &id, &new).await);
        ada.post(&format!("{page}/tokens/{}/revoke", first.id), &[]).await.has_status(404);
        assert!(
            ada.get(&page).await.words().contains(", expires 15 Apr"),
            "{}",
            ada.get(&page).await.words()
        );
        ada.post(&format!("{page}/rotate-token"), &[]).await.leads_to(&page);
        assert!(token_on(&ada.get(&page).await).is_some());
    })
    .await;
}

#[tokio::test]
async fn a_directory_is_connected_only_while_a_token_works() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let (directory, first) = company.directory(Provider::Okta).await;
        let page = format!("/w/acme/settings/security/directories/{}", directory.id);
        let dialog = format!("{DIALOG}&directory={}", directory.id);
        assert!(opens(&company, &directory.id, first.reveal()).await);
        ada.get("/w/acme").await.shows(200, "Connected");

        // Of two tokens each has its own use.
        ada.post(&format!("{page}/rotate-token"), &[("life", "90d")]).await.leads_to(&page);
        let second = token_on(&ada.get(&page).await).unwrap();
        let words = ada.get(&dialog).await.words();
        assert_eq!(words.matches("never used").count(), 1, "{words}");
        assert_eq!(words.matches("last used just now").count(), 1, "{words}");

        let tokens = company
            .look(
                "SELECT id FROM directory_tokens WHERE directory_id = $1 AND last_used_at IS NOT NULL",
                directory.id.as_str(),
            )
            .await;
        let revoke = async |token: &str| {
            ada.post(&format!("{page}/tokens/{token}/revoke"), &[]).await.leads_to(&page);
        };
        revoke(&tokens[0]).await;
        ada.get(&page).await.shows(200, "The token that Okta used works no more.");
        assert!(opens(&company, &directory.id, &second).await);
        ada.get(&page).await.shows(200, "Connected");

        company.clock.advance(Duration::from_hours(61 * 24));
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get("/w/acme").await.shows(200, "The token expires in 29 days");
        company.clock.advance(Duration::from_hours(30 * 24));
        let ada = Browser::of(&company, "ada@acme.test").await;
        for at in ["/w/acme", "/w/acme/settings/security", page.as_str(), dialog.as_str()] {
            ada.get(at).await.shows(200, "No working token");
        }
    })
    .await;
}

#[tokio::test]
async fn settings_are_changed_and_the_token_stays() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let token = token_on(&makes(&ada, "okta", "").await).unwrap();
        let id = directories(&company).await.remove(0);
        let page = format!("{CREATE}/{id}");
        let fields = [("name", "Staff"), ("provider", "entra"), ("default_role", "viewer")];
        ada.post(&page, &fields).await.leads_to(&page);
        ada.get(&page).await.shows(200, "Staff").shows(200, "Tenant URL");
        assert!(opens(&company, &id, &token).await);
        for fields in [
            [("name", "Staff"), ("provider", "entra"), ("default_role", "owner")],
            [("name", "a\nb"), ("provider", "entra"), ("default_role", "member")],
            [("name", "Staff"), ("provider", "fax"), ("default_role", "member")],
        ] {
            ada.post(&page, &fields).await.has_status(422);
        }
    })
    .await;
}

#[tokio::test]
async fn a_directory_is_removed_only_by_its_name() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let token = token_on(&makes(&ada, "okta", "Staff").await).unwrap();
        let id = directories(&company).await.remove(0);
        let body = serde_json::json!({ "userName": "ana@acme.test" });
        let ask = Ask::new("POST", &format!("/scim/v2/{id}/Users"))
            .header("authorization", &format!("Bearer {token}"));
        ask.scim(&body).to(&scim_api::router(&company.rollcall)).await.has_status(201);
        company.accepts("ana@acme.test").await;
        // Someone in the directory who is no member.
        let held = serde_json::json!({ "userName": "no address" });
        let ask = Ask::new("POST", &format!("/scim/v2/{id}/Users"))
            .header("authorization", &format!("Bearer {token}"));
        ask.scim(&held).to(&scim_api::router(&company.rollcall)).await.has_status(201);

        let page = format!("{CREATE}/{id}");
        let question = "What happens to its 1 member?";
        ada.get(&format!("{page}?dialog=remove")).await.shows(200, "Staff").shows(200, question);
        for confirm in ["", "staff", "Other"] {
            let fields = [("members", "suspend"), ("confirm", confirm)];
            ada.post(&format!("{page}/remove"), &fields)
                .await
                .shows(422, "Type Staff to confirm.")
                .shows(422, question);
        }
        assert!(opens(&company, &id, &token).await);

        let fields = [("members", "suspend"), ("confirm", " Staff ")];
        ada.post(&format!("{page}/remove"), &fields).await.leads_to("/w/acme/settings/security");
        ada.get("/w/acme/settings/security").await.shows(200, "Staff was removed, 1 person suspended");
        assert!(!opens(&company, &id, &token).await);
        assert!(company.standing("ana@acme.test").await.starts_with("suspended manual"));
        ada.get(&page).await.has_status(404);
        ada.post(&format!("{page}/remove"), &fields).await.has_status(404);

        makes(&ada, "okta", "Staff").await.has_status(200);
        assert_eq!(directories(&company).await.len(), 1, "its name is free again");
    })
    .await;
}

#[tokio::test]
async fn a_directory_of_another_workspace_does_not_exist_here() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let (directory, token) =
            company.directory_in(&beta, Provider::Okta, rollcall::model::Role::Member).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let page = format!("{CREATE}/{}", directory.id);
        ada.get(&page).await.has_status(404);
        ada.get(&format!("{page}/progress")).await.has_status(404);
        ada.get(&format!("{DIALOG}&directory={}", directory.id)).await.has_status(404);
        ada.post(&page, &[("name", "Mine"), ("provider", "okta"), ("default_role", "admin")])
            .await
            .has_status(404);
        ada.post(&format!("{page}/rotate-token"), &[]).await.has_status(404);
        ada.post(&format!("{page}/remove"), &[("members", "remove"), ("confirm", "Okta")])
            .await
            .has_status(404);
        assert!(opens(&company, &directory.id, token.reveal()).await);
    })
    .await;
}

#[tokio::test]
async fn the_directorys_page_lists_its_extensions() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let (directory, _) = company.directory(Provider::Okta).await;
        let page = format!("/w/acme/settings/security/directories/{}", directory.id);
        assert!(!ada.get(&page).await.shows(200, "Connection").text().contains("Extensions"));
        let schema =
            r#"{"id": "urn:acme:scim:Badge:1.0:User", "name": "Badge", "attributes": [{"name": "number"}]}"#;
        let (rollcall, admin) = (&company.rollcall, company.admin());
        extension::add(rollcall, &admin, &directory.id, schema, Extended::User, true).await.unwrap();
        ada.get(&page)
            .await
            .shows(200, "Extensions")
            .shows(200, "Badge")
            .shows(200, "urn:acme:scim:Badge:1.0:User")
            .shows(200, "People · 1 attribute · required");
    })
    .await;
}
