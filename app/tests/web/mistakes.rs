//! A form tells all its mistakes at once, each at its field, and the focus goes to the first.

use rollcall::{
    model::{Provider, Role},
    people::{account, workspace},
};

use crate::{
    browser::Browser,
    company::{Company, PASSWORD},
    requests::Answer,
    support::{each_engine, fixed_clock, rollcall},
};

/// The fields of a page that are marked as wrong, in its order.
fn wrong_fields(page: &Answer) -> Vec<String> {
    let text = page.text();
    let tags = text.split('<').filter_map(|rest| rest.split('>').next());
    let fields = tags.filter(|tag| ["input", "select", "textarea"].iter().any(|name| tag.starts_with(name)));
    let id =
        |tag: &str| tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let (mut wrong, mut focused) = (Vec::new(), Vec::new());
    for field in fields {
        if field.contains("aria-invalid=\"true\"") {
            wrong.extend(id(field));
        }
        if field.contains(" autofocus") {
            focused.extend(id(field));
        }
    }
    // Of several fields that ask for it, browsers give the focus to the first.
    assert_eq!(focused.first(), wrong.first(), "{}: the focus is elsewhere", page.asked);
    wrong
}

#[track_caller]
fn tells(page: &Answer, fields: &[&str], words: &[&str]) {
    for words in words {
        page.shows(422, words);
    }
    assert_eq!(wrong_fields(page), fields, "{}", page.words());
}

#[tokio::test]
async fn of_the_first_set_up() {
    each_engine(async |store| {
        let rollcall = rollcall(&store, &fixed_clock(), |_| {});
        let token = workspace::new_claim_link(&rollcall).await.unwrap().unwrap();
        let fields = [
            ("name", " "),
            ("email", "ada"),
            ("password", "short"),
            ("workspace", ""),
            ("token", token.reveal()),
        ];
        let page = Browser::new(&rollcall).post("/setup", &fields).await;
        let words = ["Enter a name.", "is not an e-mail address", "Use at least 12 characters."];
        tells(&page, &["name", "email", "password", "workspace"], &words);
    })
    .await;
}

#[tokio::test]
async fn of_the_settings_of_a_workspace_and_a_directory() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (okta, _) = company.directory(Provider::Okta).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let general = [("name", ""), ("seat_limit", "abc"), ("language", "en")];
        let page = ada.post("/w/acme/settings/general", &general).await;
        tells(&page, &["name", "seat_limit"], &["Enter a name.", "Use a whole number such as 50"]);
        let general = [("name", "Acme"), ("seat_limit", "0"), ("language", "tlh")];
        let page = ada.post("/w/acme/settings/general", &general).await;
        tells(&page, &["seat_limit", "language"], &["from 1 to", "no mails in the language"]);

        let settings = [("name", ""), ("allowed_domains", "not a domain"), ("email_sources", "fax")];
        let at = format!("/w/acme/settings/security/directories/{}", okta.id);
        let page = ada.post(&at, &settings).await;
        tells(&page, &["name", "allowed_domains", "email_sources"], &["Enter a name.", "fax"]);

        let long = "x".repeat(300);
        let made = ada
            .post(
                "/w/acme/settings/security/directories",
                &[("provider", "fax"), ("name", &long), ("key", "k")],
            )
            .await;
        made.shows(422, "Choose the provider").shows(422, "Use at most 200 characters");
    })
    .await;
}

#[tokio::test]
async fn of_whoever_joins_or_sets_a_password() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let fields = [("name", " "), ("password", "short")];
        let words = ["Enter a name.", "Use at least 12 characters."];
        company.invites("ana@acme.test", Role::Member).await;
        let link = format!("/invite/{}", company.invitation_link("ana@acme.test").await);
        let page = Browser::new(&company.rollcall).post(&link, &fields).await;
        tells(&page, &["name", "password"], &words);

        let context = company.rollcall.context(rollcall::audit::Actor::CommandLine);
        let mut tx = company.rollcall.db.write().await.unwrap();
        let secret = account::new_password_link(&mut tx, &context, &company.owner.id).await.unwrap();
        tx.commit().await.unwrap();
        let link = format!("/password/{}", secret.reveal());
        let page = Browser::new(&company.rollcall).post(&link, &fields).await;
        tells(&page, &["name", "password"], &words);
    })
    .await;
}

#[tokio::test]
async fn of_ones_own_account() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let page = ada.post("/account/email", &[("email", "ada"), ("current", "wrong")]).await;
        tells(
            &page,
            &["email", "email-current"],
            &["is not an e-mail address", "This is not your password."],
        );
        let page = ada.post("/account/password", &[("current", "wrong"), ("password", "short")]).await;
        let words = ["This is not your password.", "Use at least 12 characters."];
        tells(&page, &["current", "password"], &words);
        // The password is right, so only the other field is wrong.
        let page = ada.post("/account/password", &[("current", PASSWORD), ("password", "short")]).await;
        tells(&page, &["password"], &["Use at least 12 characters."]);
    })
    .await;
}
