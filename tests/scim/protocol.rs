//! What holds for every request: who may, in which form, how large.

use rollcall::{
    directory::token::{self, Others},
    model::{DirectoryId, Provider, TokenLife},
    secret::Secret,
    store,
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, id_of, person},
    company::Company,
    requests::{Answer, Ask},
    support::each_engine,
};

/// Everything that a client can tell one answer from another by, but for the reference, which is new each time.
fn told(answer: &Answer) -> String {
    let body = answer.text();
    let (words, reference) = body.split_once(" Ref act_").expect("a reference");
    let behind: String = reference.chars().skip(8).collect();
    format!("{} {:?} {words}{behind}", answer.status, answer.headers)
}

#[tokio::test]
async fn every_token_that_opens_nothing_is_answered_alike() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, revoked) = company.directory(Provider::Okta).await;
        let mut conn = company.rollcall.db.read().await.unwrap();
        let tokens = store::directory_tokens::list(&mut conn, &directory.id).await.unwrap();
        drop(conn);
        token::revoke(&company.rollcall, &company.admin(), &directory.id, &tokens[0].id).await.unwrap();
        let expired = token::rotate(
            &company.rollcall,
            &company.admin(),
            &directory.id,
            TokenLife::NinetyDays,
            Others::Keep,
        )
        .await
        .unwrap();
        company.clock.advance(TokenLife::NinetyDays.lasts().unwrap());
        let (other, others_token) = company.directory(Provider::Entra).await;
        let (removed, removed_token) = company.directory(Provider::Generic).await;
        company.remove_directory(&removed.id, rollcall::model::OnRemoval::Keep).await;
        let unknown = DirectoryId("01900000-0000-7000-8000-000000000000".to_owned());
        let strange = DirectoryId("nowhere".to_owned());

        for path in ["/Users", "/Users/x", "/ServiceProviderConfig", "/nowhere"] {
            let mut answers = Vec::new();
            for (what, id, token) in [
                ("wrong", &directory.id, "scim_wrong"),
                ("revoked", &directory.id, revoked.reveal()),
                ("expired", &directory.id, expired.reveal()),
                ("of another directory", &directory.id, others_token.reveal()),
                ("unknown directory", &unknown, others_token.reveal()),
                ("no directory id", &strange, others_token.reveal()),
                ("removed directory", &removed.id, removed_token.reveal()),
                ("another scheme", &directory.id, "scim_wrong again"),
            ] {
                let answer = Caller::new(&company.rollcall, id.clone(), Some(token)).get(path).await;
                answer.refuses(401, "");
                assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}");
                answers.push((what, told(&answer)));
            }
            for (what, answer) in &answers {
                assert_eq!(answer, &answers[0].1, "{what} on {path}");
            }
        }
        Caller::new(&company.rollcall, other.id, Some(others_token.reveal())).get("/Users").await.shows(200);
    })
    .await;
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, _) = company.directory(Provider::Okta).await;
        let unknown = DirectoryId("01900000-0000-7000-8000-000000000000".to_owned());
        for (method, path) in [
            ("GET", "/Users"),
            ("POST", "/Users"),
            ("PATCH", "/Users/x"),
            ("DELETE", "/Groups/x"),
            ("GET", "/Schemas"),
            ("GET", "/nowhere"),
            ("POST", ""),
            ("PUT", "/"),
            ("PUT", "/Users"),
            ("GET", "/Me"),
            ("GET", ""),
        ] {
            let known = callers::anonymous(&company, &directory.id);
            let known = known.send(known.ask(method, path)).await;
            known.refuses(401, "");
            let other = callers::anonymous(&company, &unknown);
            let other = other.send(other.ask(method, path)).await;
            assert_eq!(told(&known), told(&other), "{method} {path}");
        }
        for value in ["", "Bearer", "Bearer ", "Basic YTpi"] {
            let caller = callers::anonymous(&company, &directory.id).sending("authorization", value);
            caller.get("/Users").await.refuses(401, "");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_rotated_in_the_middle_of_a_cycle_keeps_working_until_it_is_revoked() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, old) = company.directory(Provider::Okta).await;
        let caller =
            |token: &Secret| Caller::new(&company.rollcall, directory.id.clone(), Some(token.reveal()));
        let new = token::rotate(
            &company.rollcall,
            &company.admin(),
            &directory.id,
            TokenLife::Forever,
            Others::Keep,
        )
        .await
        .unwrap();
        caller(&old).creates("ana@acme.test").await;
        caller(&new).creates("bo@acme.test").await;
        assert!(
            token::rotate(
                &company.rollcall,
                &company.admin(),
                &directory.id,
                TokenLife::Forever,
                Others::Keep
            )
            .await
            .is_err(),
            "a third is refused"
        );

        let mut conn = company.rollcall.db.read().await.unwrap();
        let tokens = store::directory_tokens::list(&mut conn, &directory.id).await.unwrap();
        drop(conn);
        let first = tokens.iter().find(|token| token.hint == old.hint()).unwrap();
        token::revoke(&company.rollcall, &company.admin(), &directory.id, &first.id).await.unwrap();
        caller(&old).get("/Users").await.refuses(401, "");
        assert_eq!(caller(&new).total("/Users").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_token_may_take_the_place_of_all_others_at_once() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, first) = company.directory(Provider::Okta).await;
        let rotate = async |others| {
            let (rollcall, admin) = (&company.rollcall, company.admin());
            token::rotate(rollcall, &admin, &directory.id, TokenLife::Forever, others).await.unwrap()
        };
        let second = rotate(Others::Keep).await;
        let third = rotate(Others::Revoke).await;
        for (token, status) in [(&first, 401), (&second, 401), (&third, 200)] {
            let caller = Caller::new(&company.rollcall, directory.id.clone(), Some(token.reveal()));
            caller.get("/Users").await.has_status(status);
        }
        let events = company.events(directory.id.as_str()).await;
        let revoked = events.iter().filter(|action| *action == "directory_token.revoked").count();
        assert_eq!(revoked, 2, "{events:?}");
        assert_eq!(events.last().unwrap(), "directory_token.created");
    })
    .await;
}

#[tokio::test]
async fn both_media_types_and_none_are_taken() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let taken = ["application/scim+json", "application/json; charset=utf-8", "APPLICATION/SCIM+JSON", ""];
        for (n, media_type) in taken.into_iter().enumerate() {
            let body = person(&format!("p{n}@acme.test")).to_string();
            idp.send(idp.ask("POST", "/Users").header("content-type", media_type).bytes(body))
                .await
                .shows(201);
        }
        let body = person("none@acme.test").to_string();
        idp.send(idp.ask("POST", "/Users").bytes(body)).await.shows(201);
        for media_type in
            ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"]
        {
            let body = person("never@acme.test").to_string();
            let ask = idp.ask("POST", "/Users").header("content-type", media_type).bytes(body);
            idp.send(ask).await.refuses(415, "");
        }
        assert_eq!(idp.total("/Users").await, 5);
    })
    .await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_scim_errors() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        for path in ["/users", "/Users/x/y", "/Users/", "/v2/Users", "/Printers", "//Users", "/%2e%2e/Users"]
        {
            idp.get(path).await.refuses(404, "");
        }
        for (method, path) in [
            ("PUT", "/Users"),
            ("DELETE", "/Users"),
            ("PATCH", "/Groups"),
            ("POST", "/Users/x"),
            ("GET", "/.search"),
            ("GET", "/Users/.search"),
            ("POST", "/Schemas"),
            ("DELETE", "/ServiceProviderConfig"),
            ("OPTIONS", "/Users"),
            ("FROB", "/Users"),
        ] {
            let status = idp.send(idp.ask(method, path)).await.status.as_u16();
            // `/Users/.search` is also the address of a user with the id `.search`.
            let expected = if (method, path) == ("GET", "/Users/.search") { [405, 404] } else { [405, 405] };
            assert!(expected.contains(&status), "{method} {path}: {status}");
            idp.send(idp.ask(method, path)).await.refuses(status, "");
        }
        for kind in ["Users", "Groups"] {
            let path = format!("/{kind}/01900000-0000-7000-8000-000000000000");
            idp.get(&path).await.refuses(404, "");
            idp.delete(&path).await.refuses(404, "");
            idp.put(&path, &json!({ "userName": "x", "displayName": "x" })).await.refuses(404, "");
            idp.change(&path, &json!([{ "op": "replace", "path": "displayName", "value": "x" }]))
                .await
                .refuses(404, "");
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_above_one_megabyte_is_refused() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let large = json!({ "userName": "big@acme.test", "nickName": "x".repeat(1024 * 1024) });
        for (method, path) in
            [("POST", "/Users"), ("PUT", "/Users/x"), ("PATCH", "/Groups/x"), ("POST", "/.search")]
        {
            let ask = idp.ask(method, path).scim(&large);
            idp.send(ask.clone()).await.refuses(413, "");
            let length = large.to_string().len().to_string();
            idp.send(ask.header("content-length", &length)).await.refuses(413, "");
        }
        assert_eq!(idp.total("/Users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn bodies_that_are_no_scim_are_refused() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let ana = idp.creates("ana@acme.test").await;
        let before = idp.get(&format!("/Users/{ana}")).await.shows(200);
        let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        let deep_object = format!("{}1{}", "{\"a\":".repeat(60), "}".repeat(60));
        let long = json!({ "userName": "x".repeat(1025), "displayName": "x".repeat(1025) });
        let longer = json!({ "userName": "a", "displayName": "a", "title": "x".repeat(64 * 1024 + 1) });
        let bodies: [(&str, Vec<u8>); 14] = [
            ("empty", Vec::new()),
            ("not JSON", b"userName=ana".to_vec()),
            ("half", b"{\"userName\":".to_vec()),
            ("two", b"{}{}".to_vec()),
            ("not UTF-8", b"{\"userName\":\"\xff\xfe\"}".to_vec()),
            ("lone surrogate", br#"{"userName":"\ud800"}"#.to_vec()),
            ("NUL", br#"{"userName":"a\u0000b","displayName":"a\u0000b"}"#.to_vec()),
            ("array", b"[]".to_vec()),
            ("number", b"12".to_vec()),
            ("null", b"null".to_vec()),
            ("a long name", long.to_string().into_bytes()),
            ("a long text", longer.to_string().into_bytes()),
            ("deep", deep.into_bytes()),
            ("deep object", deep_object.into_bytes()),
        ];
        for (what, body) in &bodies {
            for (method, path) in [
                ("POST", "/Users".to_owned()),
                ("PUT", format!("/Users/{ana}")),
                ("PATCH", format!("/Users/{ana}")),
                ("POST", "/Groups".to_owned()),
            ] {
                let answer = idp
                    .send(
                        idp.ask(method, &path).header("content-type", "application/json").bytes(body.clone()),
                    )
                    .await;
                assert_eq!(answer.status.as_u16(), 400, "{what}: {method} {path}: {}", answer.text());
                answer.refuses(400, answer.json()["scimType"].as_str().unwrap_or_default());
            }
        }
        assert_eq!(idp.get(&format!("/Users/{ana}")).await.shows(200), before);
        assert_eq!(idp.total("/Users").await, 1);
        assert_eq!(idp.total("/Groups").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_patch_is_all_or_nothing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let user = format!("/Users/{}", idp.creates("ana@acme.test").await);
        let before = idp.get(&user).await.shows(200);
        let good = json!({ "op": "replace", "path": "active", "value": false });
        for (bad, scim_type) in [
            (json!({ "op": "replace", "path": "emails[", "value": "x" }), "invalidFilter"),
            (json!({ "op": "replace", "path": "emails..value", "value": "x" }), "invalidPath"),
            (json!({ "op": "jump", "path": "title", "value": "x" }), "invalidSyntax"),
            (json!({ "op": "remove" }), "noTarget"),
            (json!({ "op": "replace", "path": "active", "value": "perhaps" }), "invalidValue"),
            (json!({ "op": "remove", "path": "userName" }), "mutability"),
            (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        ] {
            let answer = idp.change(&user, &json!([good, bad])).await;
            let found = answer.shows(400)["scimType"].as_str().unwrap_or_default().to_owned();
            assert_eq!(found, scim_type, "{bad}");
            assert_eq!(idp.get(&user).await.shows(200), before, "{bad}");
        }
        assert!(company.standing("ana@acme.test").await.starts_with("invited"));
    })
    .await;
}

#[tokio::test]
async fn beyond_the_rate_a_client_is_told_how_long_to_wait() {
    each_engine(async |store| {
        let company = Company::with(&store, |config| config.rate_limit = Some(5)).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let mut refused = 0;
        for _ in 0..20 {
            let answer = idp.get("/ServiceProviderConfig").await;
            if answer.status.as_u16() == 429 {
                answer.refuses(429, "");
                assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
                refused += 1;
            }
        }
        assert!(refused > 0);
    })
    .await;
}

#[tokio::test]
async fn strange_ids_in_a_path_do_not_exist() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        for id in [
            "%00",
            "a%00b",
            "%ff",
            "%F0%9F%92%A9",
            "..",
            "%2e%2e%2f",
            "'%20OR%201=1",
            &"x".repeat(4000),
            "*",
            "%25",
        ] {
            for kind in ["Users", "Groups"] {
                for method in ["GET", "DELETE", "PUT", "PATCH"] {
                    let body: Value = match method {
                        "PATCH" => callers::patch_op(
                            &json!([{ "op": "replace", "path": "displayName", "value": "x" }]),
                        ),
                        _ => json!({ "userName": "x", "displayName": "x" }),
                    };
                    let ask: Ask = idp.ask(method, &format!("/{kind}/{id}")).scim(&body);
                    idp.send(ask).await.refuses(404, "");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_read_back_is_the_one_that_was_given() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let mut body = person("ana@acme.test");
        body["id"] = json!("mine");
        let created = idp.post("/Users", &body).await.shows(201);
        assert_ne!(id_of(&created), "mine", "ids are the server's");
        idp.get("/Users/mine").await.refuses(404, "");
    })
    .await;
}
