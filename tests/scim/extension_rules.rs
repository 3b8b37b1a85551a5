//! What the schema of a directory's own extension forbids: what is kept, what may be written, what must be there.

use rollcall::{
    Error,
    directory::{extension, kinds::Extended},
    journal,
    model::{OnRemoval, Provider},
    people, store,
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, id_of, person},
    company::Company,
    extensions::{CORE, URN, add, custom, extended, someone},
    support::each_engine,
};

async fn set_strict(company: &Company, idp: &Caller) {
    let mut conn = company.rollcall.db.read().await.unwrap();
    let found =
        store::directories::get(&mut conn, &company.workspace.id, &idp.directory).await.unwrap().unwrap();
    drop(conn);
    let mut tx = company.rollcall.db.write().await.unwrap();
    let strict = store::directories::Settings { strict: true, ..found.settings };
    store::directories::update(&mut tx, &found.id, &found.name, found.provider, &strict).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_never_returned_is_never_kept_or_shown_anywhere() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        // Kept before it had a schema that forbids it.
        let early = idp.post("/Users", &someone("bo@acme.test", &json!({ "pin": "secret-0", "tag": "x" }))).await;
        let bo = format!("/Users/{}", id_of(&early.shows(201)));
        journal::write_out(&company.rollcall).await;
        add(&company, &idp, &custom(), Extended::User, false).await;
        assert_eq!(idp.get(&bo).await.shows(200)[URN], json!({ "tag": "x" }));
        assert_eq!(idp.get(&format!("{bo}?attributes={URN}:pin")).await.shows(200).get(URN), None);

        let created = idp.post("/Users", &someone("ana@acme.test", &json!({ "pin": "secret-1", "tag": "x" }))).await;
        let created = created.shows(201);
        assert_eq!(created[URN], json!({ "tag": "x" }));
        let path = format!("/Users/{}", id_of(&created));
        for operation in [
            json!({ "op": "replace", "path": format!("{URN}:pin"), "value": "secret-2" }),
            json!({ "op": "replace", "value": { format!("{URN}:pin"): "secret-3" } }),
            json!({ "op": "replace", "value": { URN: { "pin": "secret-4" } } }),
        ] {
            idp.change(&path, &json!([operation])).await.shows(200);
        }
        let asked = format!("{URN}:pin eq \"secret-5\"");
        idp.get(&format!("/Users?{}", filter(&asked))).await.refuses(400, "invalidFilter");
        idp.post("/Users/.search", &json!({ "filter": asked })).await.refuses(400, "invalidFilter");
        idp.get(&format!("/Users?sortBy={URN}:pin")).await.refuses(400, "invalidValue");

        let documents = company
            .look("SELECT document FROM directory_users WHERE id = $1", path.strip_prefix("/Users/").unwrap())
            .await;
        assert!(!documents[0].contains("secret"), "{documents:?}");
        journal::write_out(&company.rollcall).await;
        let sql = "SELECT target || COALESCE(request_body, '') || COALESCE(response_body, '') || COALESCE(detail, '') \
                   || summary || search_key FROM scim_requests WHERE directory_id = $1";
        let journal = company.look(sql, idp.directory.as_str()).await.join("\n");
        for number in 1..=5 {
            assert!(!journal.contains(&format!("secret-{number}")), "{number}: {journal}");
        }
        assert!(journal.contains("•••") && journal.contains("ana@acme.test"), "{journal}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_written_stays_as_it_is() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = extended(&company, Provider::Okta).await;
        let ana = |values: Value| someone("ana@acme.test", &values);
        let created = idp.post("/Users", &ana(json!({ "origin": "hr", "tag": "x" }))).await.shows(201);
        assert_eq!(created[URN], json!({ "tag": "x" }), "read-only attributes are passed over (RFC 7644 section 3.3)");
        let path = format!("/Users/{}", id_of(&created));
        let set = |name: &str, value: Value| json!([{ "op": "replace", "path": format!("{URN}:{name}"), "value": value }]);

        idp.change(&path, &set("origin", json!("hr"))).await.refuses(400, "mutability");
        idp.change(&path, &set("badge", json!("1"))).await.shows(200);
        idp.change(&path, &set("badge", json!("1"))).await.shows(200);
        idp.change(&path, &set("badge", json!("2"))).await.refuses(400, "mutability");
        let remove = json!([{ "op": "remove", "path": format!("{URN}:badge") }]);
        idp.change(&path, &remove).await.refuses(400, "mutability");
        let remove = json!([{ "op": "remove", "path": URN }]);
        idp.change(&path, &remove).await.refuses(400, "mutability");

        // RFC 7644 section 3.5.1.
        let detail = idp.put(&path, &ana(json!({ "badge": "2" }))).await.refuses(400, "mutability");
        assert!(detail.contains(&format!("{URN}:badge cannot be changed")), "{detail}");
        let replaced = idp.put(&path, &ana(json!({ "tag": "y" }))).await.shows(200);
        assert_eq!(replaced[URN], json!({ "tag": "y", "badge": "1" }));
        let replaced = idp.put(&path, &person("ana@acme.test")).await.shows(200);
        assert_eq!(replaced[URN], json!({ "badge": "1" }));
    })
    .await;
}

#[tokio::test]
async fn who_lacks_a_required_extension_is_refused_but_can_still_be_disabled() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let early = format!("/Users/{}", idp.creates("bo@acme.test").await);
        let badge =
            json!({ "id": URN, "attributes": [{ "name": "badge", "required": true }, { "name": "tag" }] });
        add(&company, &idp, &badge, Extended::User, true).await;

        let detail = idp.post("/Users", &person("ana@acme.test")).await.refuses(400, "invalidValue");
        assert!(detail.contains(URN), "{detail}");
        let without = someone("ana@acme.test", &json!({ "tag": "x" }));
        let detail = idp.post("/Users", &without).await.refuses(400, "invalidValue");
        assert!(detail.contains(&format!("{URN}:badge is required")), "{detail}");
        let with = someone("ana@acme.test", &json!({ "badge": "1" }));
        let path = format!("/Users/{}", id_of(&idp.post("/Users", &with).await.shows(201)));
        let remove = json!([{ "op": "remove", "path": URN }]);
        idp.change(&path, &remove).await.refuses(400, "mutability");
        idp.put(&path, &person("ana@acme.test")).await.refuses(400, "invalidValue");

        // Who was there before the schema is not locked in.
        idp.put(&early, &person("bo@acme.test")).await.refuses(400, "invalidValue");
        let disabled =
            idp.change(&early, &json!([{ "op": "replace", "path": "active", "value": false }])).await;
        assert_eq!(disabled.shows(200)["active"], false);
    })
    .await;
}

#[tokio::test]
async fn a_strict_directory_takes_what_the_schema_has_and_nothing_else() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        set_strict(&company, &idp).await;
        let ana = |values: &Value| someone("ana@acme.test", values);
        idp.post("/Users", &ana(&json!({ "tag": "x" }))).await.refuses(400, "invalidSyntax");
        add(&company, &idp, &custom(), Extended::User, false).await;
        for (values, scim_type) in [
            (json!({ "level": "7" }), "invalidValue"),
            (json!({ "contractor": "True" }), "invalidValue"),
            (json!({ "unknown": 1 }), "invalidSyntax"),
            (json!({ "desk": { "door": 1 } }), "invalidSyntax"),
        ] {
            idp.post("/Users", &ana(&values)).await.refuses(400, scim_type);
        }
        let created =
            idp.post("/Users", &ana(&json!({ "level": 7, "contractor": true, "pin": "1" }))).await.shows(201);
        assert_eq!(created[URN], json!({ "level": 7, "contractor": true }));
        let path = format!("/Users/{}", id_of(&created));
        let operation =
            |name: &str| json!([{ "op": "replace", "path": format!("{URN}:{name}"), "value": 8 }]);
        idp.change(&path, &operation("level")).await.shows(200);
        idp.change(&path, &operation("unknown")).await.refuses(400, "invalidPath");
    })
    .await;
}

#[tokio::test]
async fn what_can_be_no_extension_is_refused_with_its_reason() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = extended(&company, Provider::Okta).await;
        let (rollcall, admin) = (&company.rollcall, company.admin());
        let tag = json!([{ "name": "tag" }]);
        for (schema, of, words) in [
            (json!({ "id": URN.to_lowercase(), "attributes": tag }), Extended::User, "already"),
            (json!({ "id": URN, "attributes": tag }), Extended::Group, "already"),
            (
                json!({ "id": format!("{URN}:tag"), "attributes": tag }),
                Extended::User,
                "both a schema and an attribute",
            ),
            (json!({ "id": CORE, "attributes": tag }), Extended::Group, "URN of your own"),
            (json!("x"), Extended::User, "RFC 7643 section 7"),
        ] {
            let refusal =
                extension::add(rollcall, &admin, &idp.directory, &schema.to_string(), of, false).await;
            let refusal = refusal.unwrap_err();
            assert_eq!(refusal.field(), Some("file"), "{refusal}");
            assert!(refusal.to_string().contains(words), "{refusal}");
        }
        let refusal =
            extension::remove(rollcall, &admin, &idp.directory, "urn:acme:other").await.unwrap_err();
        assert!(refusal.at("urn").is_some_and(|message| message.contains(URN)), "{refusal}");

        for number in 1..20 {
            let schema = json!({ "id": format!("urn:acme:{number}:User"), "attributes": tag });
            add(&company, &idp, &schema, Extended::User, false).await;
        }
        let one_more = json!({ "id": "urn:acme:20:User", "attributes": tag }).to_string();
        let refusal =
            extension::add(rollcall, &admin, &idp.directory, &one_more, Extended::User, false).await;
        assert!(refusal.unwrap_err().to_string().contains("20 extensions"));

        // Another workspace's admin finds no such directory; and nothing is left of one that was removed.
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let stranger = people::Caller::CommandLine(&beta);
        let refusal = extension::remove(rollcall, &stranger, &idp.directory, URN).await.unwrap_err();
        assert!(matches!(refusal, Error::NotFound { .. }), "{refusal}");
        company.remove_directory(&idp.directory, OnRemoval::Keep).await;
        let left = "SELECT urn_key FROM directory_extensions WHERE directory_id = $1";
        assert_eq!(company.look(left, idp.directory.as_str()).await.len(), 0);
    })
    .await;
}
