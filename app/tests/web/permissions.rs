//! Who may do what: each kind of caller on each route. A route that is missing here is a route that nobody checked.

use rollcall::model::{Provider, Role};

use crate::{
    browser::Browser,
    company::{Company, PASSWORD},
    support::each_engine,
};

/// The kinds of callers, in the order of the columns below.
const CALLERS: [&str; 6] = ["anonymous", "stranger", "viewer", "member", "admin", "owner"];

/// What comes back: a page, a redirect back with a message, to sign in, not yours, not there, not understood.
const PAGE: u16 = 200;
const DONE: u16 = 303;
const SIGN_IN: u16 = 1;
const NO: u16 = 403;
const NOT_THERE: u16 = 404;
const WRONG: u16 = 422;

type Row = (&'static str, &'static str, [u16; 6]);

const ROUTES: &[Row] = &[
    ("GET", "/w/acme", [SIGN_IN, NOT_THERE, PAGE, PAGE, PAGE, PAGE]),
    ("GET", "/w/acme/people", [SIGN_IN, NOT_THERE, NO, PAGE, PAGE, PAGE]),
    ("GET", "/w/acme/people?dialog=member&member={bo}", [SIGN_IN, NOT_THERE, NO, PAGE, PAGE, PAGE]),
    ("POST", "/w/acme/people/invite", [SIGN_IN, NOT_THERE, NO, NO, WRONG, WRONG]),
    ("POST", "/w/acme/people/{bo}/role", [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE]),
    ("POST", "/w/acme/people/{bo}/suspend", [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE]),
    ("POST", "/w/acme/people/{bo}/reinstate", [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE]),
    ("POST", "/w/acme/people/{bo}/resend", [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE]),
    ("POST", "/w/acme/people/{bo}/revoke", [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE]),
    ("POST", "/w/acme/people/{nobody}/remove", [SIGN_IN, NOT_THERE, NO, NO, NOT_THERE, NOT_THERE]),
    ("POST", "/w/acme/people/{foreign}/remove", [SIGN_IN, NOT_THERE, NO, NO, NOT_THERE, NOT_THERE]),
    ("POST", "/w/acme/people/{ada}/role", [SIGN_IN, NOT_THERE, NO, NO, NO, DONE]),
    ("POST", "/w/acme/people/{ada}/suspend", [SIGN_IN, NOT_THERE, NO, NO, NO, DONE]),
    ("POST", "/w/acme/people/{ada}/remove", [SIGN_IN, NOT_THERE, NO, NO, NO, DONE]),
    ("GET", "/w/acme/settings/security/directories/{okta}", [SIGN_IN, NOT_THERE, NO, NO, PAGE, PAGE]),
    (
        "GET",
        "/w/acme/settings/security/directories/{okta}/activity",
        [SIGN_IN, NOT_THERE, NO, NO, PAGE, PAGE],
    ),
    (
        "GET",
        "/w/acme/settings/security/directories/{okta}/activity/act_00000000",
        [SIGN_IN, NOT_THERE, NO, NO, NOT_THERE, NOT_THERE],
    ),
    (
        "GET",
        "/w/acme/settings/security/directories/{okta}?dialog=remove",
        [SIGN_IN, NOT_THERE, NO, NO, PAGE, PAGE],
    ),
    ("POST", "/w/acme/settings/security/directories", [SIGN_IN, NOT_THERE, NO, NO, WRONG, WRONG]),
    ("POST", "/w/acme/settings/security/directories/{okta}", [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE]),
    (
        "POST",
        "/w/acme/settings/security/directories/{okta}/held/approve",
        [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE],
    ),
    (
        "POST",
        "/w/acme/settings/security/directories/{okta}/held/{nobody}/approve",
        [SIGN_IN, NOT_THERE, NO, NO, NOT_THERE, NOT_THERE],
    ),
    (
        "POST",
        "/w/acme/settings/security/directories/{okta}/held/{nobody}/link",
        [SIGN_IN, NOT_THERE, NO, NO, NOT_THERE, NOT_THERE],
    ),
    ("GET", "/w/acme/settings/general", [SIGN_IN, NOT_THERE, NO, PAGE, PAGE, PAGE]),
    ("POST", "/w/acme/settings/general", [SIGN_IN, NOT_THERE, NO, NO, WRONG, WRONG]),
    (
        "POST",
        "/w/acme/settings/security/directories/{okta}/rotate-token",
        [SIGN_IN, NOT_THERE, NO, NO, DONE, DONE],
    ),
    (
        "POST",
        "/w/acme/settings/security/directories/{okta}/tokens/{nobody}/revoke",
        [SIGN_IN, NOT_THERE, NO, NO, NOT_THERE, NOT_THERE],
    ),
    (
        "POST",
        "/w/acme/settings/security/directories/{okta}/remove",
        [SIGN_IN, NOT_THERE, NO, NO, WRONG, WRONG],
    ),
];

#[tokio::test]
async fn each_caller_on_each_route() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.other_workspace("Beta", "bea@beta.test").await;
        let beta =
            company.look("SELECT id FROM memberships WHERE email_key = $1", "bea@beta.test").await.remove(0);
        let (okta, _) = company.directory(Provider::Okta).await;
        company.adds_by_hand("bo@acme.test", Role::Member).await;
        let ids = [
            ("{bo}", company.id_of("bo@acme.test").await.0),
            ("{ada}", company.id_of("ada@acme.test").await.0),
            ("{okta}", okta.id.0),
            ("{foreign}", beta),
            ("{nobody}", "01900000-0000-7000-8000-000000000000".to_owned()),
        ];
        let mut browsers = vec![Browser::new(&company.rollcall), stranger(&company).await];
        for role in [Role::Viewer, Role::Member, Role::Admin, Role::Owner] {
            browsers.push(Browser::signed_in(&company, role).await);
        }
        let mut wrong = Vec::new();
        for (method, route, expected) in ROUTES {
            let path = ids.iter().fold((*route).to_owned(), |path, (name, id)| path.replace(name, id));
            for ((browser, caller), expected) in browsers.iter().zip(CALLERS).zip(expected) {
                let answer = match *method {
                    "GET" => browser.get(&path).await,
                    _ => browser.post(&path, &[("role", "member"), ("emails", "")]).await,
                };
                let to_sign_in = answer.header("location").starts_with("/login");
                let found = if to_sign_in { SIGN_IN } else { answer.status.as_u16() };
                // What an owner does to the only owner is refused with a message on the next page.
                if found != *expected {
                    wrong.push(format!(
                        "{method} {route} by {caller}: {found} instead of {expected}: {}",
                        answer.words()
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(company.standing("ada@acme.test").await.starts_with("active manual owner"));
    })
    .await;
}

/// Someone with an account and no membership of Acme.
async fn stranger(company: &Company) -> Browser {
    let (_, _, link) =
        rollcall::people::workspace::create(&company.rollcall, "Gamma", "stranger@gamma.test", None)
            .await
            .unwrap();
    rollcall::people::account::set_password(&company.rollcall, link.unwrap().reveal(), "Stranger", PASSWORD)
        .await
        .unwrap();
    Browser::of(company, "stranger@gamma.test").await
}

#[tokio::test]
async fn the_security_page_offers_changes_only_to_those_who_may_make_them() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (okta, _) = company.directory(Provider::Okta).await;
        for (role, may) in [(Role::Member, false), (Role::Admin, true), (Role::Owner, true)] {
            let browser = Browser::signed_in(&company, role).await;
            let dialog = browser.get("/w/acme/settings/security?dialog=directory-sync").await;
            assert_eq!(dialog.text().contains("name=\"key\""), may, "{role}");
            let values = format!("/w/acme/settings/security?dialog=directory-sync&directory={}", okta.id);
            let page = browser.get(&values).await;
            assert_eq!(page.text().contains("/scim/v2/"), may, "{role}");
            for at in ["/w/acme", "/w/acme/settings/security"] {
                assert_eq!(browser.get(at).await.words().contains("Open directory"), may, "{role} {at}");
            }
        }
        let viewer = Browser::signed_in(&company, Role::Viewer).await;
        let home = viewer.get("/w/acme").await.text();
        assert!(!home.contains("/w/acme/people") && !home.contains("/settings/general"), "{home}");
        Browser::new(&company.rollcall).get("/w/acme/settings/security").await.has_status(303);
        stranger(&company).await.get("/w/acme/settings/security").await.has_status(404);
    })
    .await;
}

#[tokio::test]
async fn who_only_looked_is_not_told_of_changing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (okta, _) = company.directory(Provider::Okta).await;
        let bo = Browser::signed_in(&company, Role::Member).await;
        let at = format!("/w/acme/settings/security/directories/{}", okta.id);
        for page in [at.clone(), format!("{at}/activity"), format!("{at}?dialog=remove")] {
            bo.get(&page).await.shows(403, "Only admins and owners see how Directory Sync is set up.");
        }
        for form in [at.clone(), format!("{at}/remove"), format!("{at}/rotate-token")] {
            bo.post(&form, &[("name", "")])
                .await
                .shows(403, "Only admins and owners can change Directory Sync.");
        }
    })
    .await;
}

#[tokio::test]
async fn an_admin_makes_no_owners() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand("bo@acme.test", Role::Member).await;
        let admin = Browser::signed_in(&company, Role::Admin).await;
        let bo = company.id_of("bo@acme.test").await;
        let own = company.id_of("admin@acme.test").await;
        for id in [bo, own] {
            admin.post(&format!("/w/acme/people/{id}/role"), &[("role", "owner")]).await.has_status(403);
        }
        let invite = [("emails", "cy@acme.test"), ("role", "owner")];
        admin.post("/w/acme/people/invite", &invite).await.has_status(403);
        assert_eq!(company.standing("cy@acme.test").await, "nobody");
        assert!(company.standing("bo@acme.test").await.starts_with("active manual member"));
    })
    .await;
}

#[tokio::test]
async fn a_session_of_one_workspace_opens_no_other() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        for path in ["", "/people", "/settings/security"] {
            ada.get(&format!("/w/{}{path}", beta.slug)).await.shows(404, "This page does not exist");
        }
        let unknown = ada.get("/w/nowhere").await;
        let foreign = ada.get(&format!("/w/{}", beta.slug)).await;
        assert_eq!(unknown.words(), foreign.words(), "nothing tells that it is there");
    })
    .await;
}
