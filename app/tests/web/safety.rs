//! What holds for every page: its headers, where forms may come from, and that nothing asks for too much.

use rollcall::{
    config::{BaseUrl, Config},
    model::Role,
};

use crate::{
    browser::{Browser, form},
    company::{Company, PASSWORD},
    requests::{Answer, Ask},
    support::each_engine,
};

#[track_caller]
fn is_guarded(answer: &Answer) {
    let header = |name: &str| answer.header(name);
    assert_eq!(header("x-content-type-options"), "nosniff", "{}", answer.asked);
    assert_eq!(header("cache-control"), "no-store", "{}", answer.asked);
    assert_eq!(header("referrer-policy"), "same-origin", "{}", answer.asked);
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{}", answer.asked);
    let policy = header("content-security-policy");
    for part in [
        "default-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{}: {policy}", answer.asked);
    }
    let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
    assert!(!scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'"), "{scripts}");
    let nonce = scripts.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(nonce.len() >= 16, "{scripts}");
}

#[tokio::test]
async fn every_page_carries_the_security_headers() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let stranger = Browser::new(&company.rollcall);
        let mut nonces = Vec::new();
        for path in [
            "/w/acme",
            "/w/acme/people",
            "/w/acme/people?dialog=invite",
            "/w/acme/settings/security",
            "/w/acme/settings/security?dialog=directory-sync",
            "/w/nowhere",
            "/nowhere",
            "/dev/mailbox",
        ] {
            let page = ada.get(path).await;
            is_guarded(&page);
            nonces.push(page.header("content-security-policy"));
        }
        for path in ["/login", "/setup", "/invite/x", "/password/x", "/nowhere"] {
            is_guarded(&stranger.get(path).await);
        }
        is_guarded(&stranger.signs_in("ada@acme.test", "wrong horse battery").await);
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), 8, "a nonce is used once");
    })
    .await;
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_of_plain_http() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let answer = Browser::new(&company.rollcall).signs_in("ada@acme.test", PASSWORD).await;
        let line = answer.header("set-cookie");
        for part in ["rollcall_session=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(line.contains(part), "{line}");
        }
    })
    .await;
}

#[tokio::test]
async fn forms_from_other_sites_are_refused() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let fields = [("emails", "eve@evil.test"), ("role", "owner")];
        let invite = || form("/w/acme/people/invite", &fields);
        for ask in [
            invite().header("sec-fetch-site", "cross-site"),
            invite().header("sec-fetch-site", "same-site"),
            invite().header("origin", "https://evil.test"),
            invite().header("origin", "null"),
            invite().header("origin", "https://rollcall.acme.test.evil.test"),
            invite().header("origin", "https://evil.test").header("sec-fetch-site", "cross-site"),
        ] {
            ada.send(ask).await.shows(403, "This form was sent from another site.");
        }
        let login = form("/login", &[("email", "ada@acme.test"), ("password", PASSWORD)]);
        Browser::new(&company.rollcall)
            .send(login.header("sec-fetch-site", "cross-site"))
            .await
            .has_status(403);
        assert_eq!(company.standing("eve@evil.test").await, "nobody");

        ada.send(invite().header("origin", "https://rollcall.acme.test")).await.has_status(303);
        assert!(company.standing("eve@evil.test").await.starts_with("invited"));
    })
    .await;
}

#[tokio::test]
async fn what_people_type_is_shown_as_text() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let evil = "<script>alert(1)</script>";
        company.invites("ana@acme.test", Role::Member).await;
        let link = company.invitation_link("ana@acme.test").await;
        let ana = Browser::new(&company.rollcall);
        ana.post(&format!("/invite/{link}"), &[("name", evil), ("password", PASSWORD)])
            .await
            .leads_to("/w/acme");
        let ada = Browser::of(&company, "ada@acme.test").await;
        let quoted = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
        for path in [
            "/w/acme/people".to_owned(),
            format!("/w/acme/people?q={quoted}"),
            format!("/w/acme/people?tab={quoted}&role={quoted}&source={quoted}&page={quoted}"),
            format!("/login?next=/{quoted}"),
            format!("/w/acme/settings/security?dialog={quoted}"),
        ] {
            let page = ada.get(&path).await;
            assert!(!page.text().contains("<script>alert"), "{path}");
        }
        let wrong = Browser::new(&company.rollcall).signs_in(&format!("\">{evil}"), PASSWORD).await;
        assert!(!wrong.text().contains("<script>alert"));
    })
    .await;
}

#[tokio::test]
async fn strange_requests_find_no_fault_of_ours() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let long = "x".repeat(5000);
        let strange = ["%00", "%ff", "..%2f..", "%F0%9F%92%A9", "%27%20OR%201=1", "18446744073709551616", "-1", &long];
        for value in strange {
            for path in [
                format!("/w/{value}"),
                format!("/w/{value}/people"),
                format!("/w/acme/people?q={value}&page={value}&tab={value}&role={value}&dialog=member&member={value}"),
                format!("/w/acme/people?dialog=remove&member={value}"),
                format!("/w/acme/settings/security?dialog=directory-sync&directory={value}"),
                format!("/w/acme/settings/security/directories/{value}"),
                format!("/invite/{value}"),
                format!("/password/{value}"),
                format!("/setup?token={value}"),
                format!("/login?next={value}"),
                format!("/dev/mailbox/{value}"),
                format!("/assets/{value}/app.css"),
            ] {
                let status = ada.get(&path).await.status.as_u16();
                assert!(status < 500, "GET {} answers {status}", &path[..path.len().min(120)]);
            }
            for path in [
                format!("/w/acme/people/{value}/remove"),
                format!("/w/acme/people/{value}/role"),
                format!("/w/acme/settings/security/directories/{value}/remove"),
                format!("/w/acme/settings/security/directories/{value}/tokens/{value}/revoke"),
                format!("/invite/{value}/decline"),
                format!("/password/{value}"),
            ] {
                let answer = ada.post(&path, &[("role", "member"), ("confirm", "x"), ("password", PASSWORD), ("name", "x")]).await;
                let status = answer.status.as_u16();
                assert!(status < 500, "POST {} answers {status}", &path[..path.len().min(120)]);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn strange_forms_find_no_fault_of_ours() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let id = company.id_of("ada@acme.test").await;
        let long = "x".repeat(50_000);
        let strange = ["", "\u{0}", "a\u{0}b", "💩", "'; --", "\r\n", "\u{202e}x", &long];
        for value in strange {
            let fields = [
                ("emails", value),
                ("role", value),
                ("name", value),
                ("provider", value),
                ("default_role", value),
                ("key", value),
                ("confirm", value),
                ("members", value),
                ("email", value),
                ("password", value),
                ("token", value),
                ("workspace", value),
                ("next", value),
            ];
            for known in [
                vec![("role", "member")],
                vec![("provider", "okta"), ("default_role", "member")],
                vec![("provider", "okta"), ("default_role", "member"), ("name", "Okta")],
                vec![],
            ] {
                let mut fields = fields.to_vec();
                fields.retain(|(name, _)| known.iter().all(|(other, _)| name != other));
                fields.extend(known);
                for path in [
                    "/w/acme/people/invite".to_owned(),
                    format!("/w/acme/people/{id}/role"),
                    "/w/acme/settings/security/directories".to_owned(),
                    "/login".to_owned(),
                    "/setup".to_owned(),
                    "/invite".to_owned(),
                ] {
                    let status = ada.post(&path, &fields).await.status.as_u16();
                    assert!(
                        status < 500,
                        "{path} with {:?} answers {status}",
                        value.chars().take(20).collect::<String>()
                    );
                }
            }
        }
        for (media_type, body) in [
            ("application/json", &b"{}"[..]),
            ("application/x-www-form-urlencoded", &b"\xff=\xfe&%zz=%"[..]),
            ("application/x-www-form-urlencoded", &[b'a'; 3 * 1024 * 1024][..]),
            ("multipart/form-data", &b"--x"[..]),
            ("", &b""[..]),
        ] {
            let ask =
                Ask::new("POST", "/w/acme/people/invite").header("content-type", media_type).bytes(body);
            let answer = ada.send(ask.header("sec-fetch-site", "same-origin")).await;
            assert!(answer.status.is_client_error(), "{media_type}: {}", answer.status);
        }
    })
    .await;
}

#[tokio::test]
async fn health_needs_nobody_signed_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let anyone = Browser::new(&company.rollcall);
        assert_eq!(anyone.get("/healthz").await.has_status(200).json()["status"], "ok");
        let ready = anyone.get("/readyz").await;
        assert_eq!(ready.has_status(200).json()["database"], company.rollcall.db.engine_name());
    })
    .await;
}

fn on_loopback(config: &mut Config) {
    config.base_url = BaseUrl::parse("http://localhost:3000").unwrap();
}

#[tokio::test]
async fn the_mailbox_is_only_there_when_it_is_in_use_and_nobody_else_reaches_it() {
    each_engine(async |store| {
        let open = Company::with(&store, on_loopback).await;
        Browser::new(&open.rollcall).get("/dev/mailbox.json").await.has_status(200);
        let public = crate::support::rollcall(&store, &open.clock, |config| {
            on_loopback(config);
            config.listen = "0.0.0.0:3000".parse().unwrap();
        });
        let proxied = crate::support::rollcall(&store, &open.clock, |config| {
            config.listen = "127.0.0.1:3000".parse().unwrap();
            config.mailbox_will_do = true;
        });
        let smtp = crate::support::rollcall(&store, &open.clock, |config| {
            on_loopback(config);
            config.mail = rollcall::config::MailTransport::Smtp(
                rollcall::mail::parse_smtp_url("smtp://127.0.0.1:2525").unwrap(),
            );
        });
        for closed in [public, proxied, smtp] {
            for path in ["/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/x", "/dev/mailbox/x/html"] {
                Browser::new(&closed).get(path).await.has_status(404);
            }
            Browser::new(&closed).post("/dev/mailbox/clear", &[]).await.has_status(404);
        }
    })
    .await;
}
