//! A directory's own extensions: advertised, typed, searched and changed as the attributes of the RFCs are.

use rollcall::{
    directory::{extension, kinds::Extended},
    model::Provider,
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, id_of, person},
    company::Company,
    support::{each_engine, fixed_clock, rollcall},
};

/// As Microsoft Learn names it ("Customize user provisioning attribute-mappings", custom extension attributes).
pub const URN: &str = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";
pub const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OF_GROUPS: &str = "urn:acme:scim:Team:1.0:Group";

/// One attribute of each kind that a rule is about.
pub fn custom() -> Value {
    let of = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    json!({ "id": URN, "name": "Custom", "description": "What Acme adds.", "attributes": [
        of("tag", "string"),
        { "name": "code", "type": "string", "caseExact": true },
        of("level", "integer"),
        of("contractor", "boolean"),
        of("since", "dateTime"),
        { "name": "skills", "type": "string", "multiValued": true },
        { "name": "desk", "type": "complex", "subAttributes": [of("floor", "integer"), of("room", "string")] },
        { "name": "badge", "type": "string", "mutability": "immutable" },
        { "name": "origin", "type": "string", "mutability": "readOnly" },
        { "name": "pin", "type": "string", "mutability": "writeOnly", "returned": "never" },
        { "name": "notes", "type": "string", "returned": "request" },
    ] })
}

pub async fn add(company: &Company, idp: &Caller, schema: &Value, of: Extended, required: bool) {
    let text = schema.to_string();
    extension::add(&company.rollcall, &company.admin(), &idp.directory, &text, of, required).await.unwrap();
}

/// A directory with the extension.
pub async fn extended(company: &Company, provider: Provider) -> Caller {
    let idp = callers::directory(company, provider).await;
    add(company, &idp, &custom(), Extended::User, false).await;
    idp
}

/// A person with these values.
pub fn someone(user_name: &str, values: &Value) -> Value {
    let mut person = person(user_name);
    person[URN] = values.clone();
    person["schemas"] = json!([CORE, URN]);
    person
}

fn ids(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_is_advertised_is_what_was_added_in_every_process_from_the_next_request_on() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        // The identity provider talks to another process on the same database.
        let (directory, token) = company.directory(Provider::Entra).await;
        let beside = rollcall(&store, &fixed_clock(), |_| {});
        let idp = Caller::new(&beside, directory.id, Some(token.reveal()));
        let other = callers::directory(&company, Provider::Okta).await;
        let types = |list: &Value| {
            let kinds = list["Resources"].as_array().unwrap();
            kinds.iter().map(|kind| kind["schemaExtensions"].clone()).collect::<Vec<_>>()
        };
        let enterprise = json!({ "schema": ENTERPRISE, "required": false });
        let without = idp.get("/Schemas").await.shows(200);
        let plain = [json!([enterprise]), json!([])];
        assert_eq!(types(&idp.get("/ResourceTypes").await.shows(200)), plain);
        idp.get(&format!("/Schemas/{URN}")).await.refuses(404, "");

        add(&company, &idp, &custom(), Extended::User, true).await;
        let team = json!({ "id": OF_GROUPS, "attributes": [{ "name": "cost" }] });
        add(&company, &idp, &team, Extended::Group, false).await;
        let shown = idp.get("/Schemas").await.shows(200);
        let mut more = ids(&shown);
        more.retain(|id| !ids(&without).contains(id));
        assert_eq!(more, [URN, OF_GROUPS]);
        let own = json!({ "schema": URN, "required": true });
        let teams = json!([{ "schema": OF_GROUPS, "required": false }]);
        let both = [json!([enterprise, own]), teams];
        assert_eq!(types(&idp.get("/ResourceTypes").await.shows(200)), both);
        assert_eq!(idp.get("/ResourceTypes/user").await.shows(200)["schemaExtensions"], both[0]);

        let schema = idp.get(&format!("/Schemas/{}", URN.to_uppercase())).await.shows(200);
        assert_eq!((&schema["id"], &schema["name"]), (&json!(URN), &json!("Custom")));
        assert_eq!(schema["description"], "What Acme adds.");
        let written = custom();
        let named =
            |name: &str| schema["attributes"].as_array().unwrap().iter().find(|it| it["name"] == name);
        for attribute in written["attributes"].as_array().unwrap() {
            let name = attribute["name"].as_str().unwrap();
            let Some(shown) = named(name) else {
                assert_eq!(name, "pin", "what is never kept is not advertised");
                continue;
            };
            for (characteristic, value) in attribute.as_object().unwrap() {
                if characteristic != "subAttributes" {
                    assert_eq!(&shown[characteristic], value, "{name}");
                }
            }
        }
        assert_eq!(named("desk").unwrap()["subAttributes"][0]["type"], "integer");

        // Another directory of the workspace knows nothing of it.
        assert_eq!(ids(&other.get("/Schemas").await.shows(200)), ids(&without));
        assert_eq!(types(&other.get("/ResourceTypes").await.shows(200)), plain);
        let query = filter(&format!("{URN}:tag eq \"x\""));
        other.get(&format!("/Users?{query}")).await.refuses(400, "invalidFilter");
        other.creates("bo@acme.test").await;

        for urn in [URN.to_lowercase(), OF_GROUPS.to_owned()] {
            extension::remove(&company.rollcall, &company.admin(), &idp.directory, &urn).await.unwrap();
        }
        assert_eq!(ids(&idp.get("/Schemas").await.shows(200)), ids(&without));
        assert_eq!(types(&idp.get("/ResourceTypes").await.shows(200)), plain);
        let events = company.events(idp.directory.as_str()).await;
        let ours: Vec<&str> =
            events.iter().map(String::as_str).filter(|action| action.contains("extension")).collect();
        assert_eq!(ours[..2], ["directory_extension.added"; 2]);
        assert_eq!(ours[2..], ["directory_extension.removed"; 2]);
    })
    .await;
}

#[tokio::test]
async fn each_dialect_changes_it_and_reads_back_what_it_sent() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = extended(&company, Provider::Entra).await;
        // Okta's create: the URN is in `schemas`. Values in the wrong type are read as those of the RFCs are.
        let sent = json!({
            "TAG": "blue", "level": "7", "contractor": "True", "since": "2026-01-01T00:00:00Z",
            "skills": ["rust", "sql"], "desk": { "floor": 3, "room": "B" }
        });
        let kept = json!({
            "tag": "blue", "level": 7, "contractor": true, "since": "2026-01-01T00:00:00Z",
            "skills": ["rust", "sql"], "desk": { "floor": 3, "room": "B" }
        });
        let created = idp.post("/Users", &someone("ana@acme.test", &sent)).await.shows(201);
        assert_eq!(created[URN], kept);
        assert_eq!(created["schemas"], json!([CORE, URN]));
        let path = format!("/Users/{}", id_of(&created));

        let steps = [
            // Entra's default dialect, by the full path.
            (json!({ "op": "Add", "path": format!("{URN}:tag"), "value": "red" }), "tag", json!("red")),
            (json!({ "op": "Replace", "path": format!("{URN}:level"), "value": "8" }), "level", json!(8)),
            (json!({ "op": "Replace", "path": format!("{URN}:contractor"), "value": "False" }), "contractor", json!(false)),
            // Entra with aadOptscim062020: names with their URN as keys.
            (json!({ "op": "replace", "value": { format!("{URN}:tag"): "green", "title": "CTO" } }), "tag", json!("green")),
            (
                json!({ "op": "replace", "value": { format!("{URN}:desk.room"): "C" } }),
                "desk",
                json!({ "floor": 3, "room": "C" }),
            ),
            // Path-less, with an object under the URN, and the URN as the path.
            (json!({ "op": "replace", "value": { URN: { "level": 9 } } }), "level", json!(9)),
            (
                json!({ "op": "add", "path": URN, "value": { "desk": { "room": "D" } } }),
                "desk",
                json!({ "floor": 3, "room": "D" }),
            ),
            (
                json!({ "op": "replace", "path": format!("{}:Desk.FLOOR", URN.to_uppercase().replace("URN:", "urn:")), "value": 4 }),
                "desk",
                json!({ "floor": 4, "room": "D" }),
            ),
            (json!({ "op": "add", "path": format!("{URN}:skills"), "value": ["go"] }), "skills", json!(["rust", "sql", "go"])),
            (
                json!({ "op": "remove", "path": format!("{URN}:skills[value eq \"SQL\"]") }),
                "skills",
                json!(["rust", "go"]),
            ),
            (json!({ "op": "remove", "path": format!("{URN}:desk") }), "desk", Value::Null),
        ];
        for (operation, name, value) in steps {
            idp.change(&path, &json!([operation])).await.shows(200);
            assert_eq!(idp.get(&path).await.shows(200)[URN][name], value, "{operation}");
        }
        for (name, value) in [
            ("level", json!("many")),
            ("level", json!(1.5)),
            ("contractor", json!("perhaps")),
            ("since", json!("yesterday")),
            ("tag", json!({ "a": 1 })),
            ("desk", json!("D")),
            ("desk.floor", json!("ground")),
        ] {
            let operation = json!([{ "op": "replace", "path": format!("{URN}:{name}"), "value": value }]);
            idp.change(&path, &operation).await.refuses(400, "invalidValue");
        }
        idp.put(&path, &someone("ana@acme.test", &json!({ "level": "many" }))).await.refuses(400, "invalidValue");

        // A PUT replaces; the extension goes with the last of its attributes.
        let replaced = idp.put(&path, &someone("ana@acme.test", &json!({ "level": 1 }))).await.shows(200);
        assert_eq!(replaced[URN], json!({ "level": 1 }));
        let bare = idp.change(&path, &json!([{ "op": "remove", "path": URN }])).await.shows(200);
        assert_eq!((&bare.get(URN), &bare["schemas"]), (&None, &json!([CORE])));

        // Bulk is the same handlers.
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "POST", "path": "/Users", "bulkId": "1", "data": someone("bo@acme.test", &json!({ "level": "x" })) },
                { "method": "POST", "path": "/Users", "bulkId": "2", "data": someone("cy@acme.test", &json!({ "level": "2" })) },
            ]
        });
        let done = idp.post("/Bulk", &bulk).await.shows(200);
        let statuses: Vec<&Value> = done["Operations"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
        assert_eq!(statuses, ["400", "201"]);
        assert_eq!(idp.total(&format!("/Users?{}", filter(&format!("{URN}:level eq 2")))).await, 1);
    })
    .await;
}

/// `filter` of a list and of searches, `sortBy`, `attributes`.
#[tokio::test]
async fn it_is_searched_sorted_and_picked() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = extended(&company, Provider::Okta).await;
        for (name, values) in [
            ("ana", json!({ "tag": "Blue", "code": "Ab", "level": 2, "since": "2026-01-01T00:00:00Z", "notes": "n" })),
            ("bo", json!({ "tag": "blueish", "code": "ab", "level": 10, "contractor": true, "skills": ["rust"] })),
            ("cy", json!({ "level": 9, "desk": { "floor": 3, "room": "b" } })),
            ("di", json!({ "since": "2026-01-01T02:00:00+01:00" })),
        ] {
            idp.post("/Users", &someone(name, &values)).await.shows(201);
        }
        let names = |list: &Value| {
            let found = list["Resources"].as_array().unwrap().iter();
            found.map(|it| it["userName"].as_str().unwrap_or("a group").to_owned()).collect::<Vec<_>>().join(" ")
        };
        for (asked, found) in [
            ("tag eq \"BLUE\"", "ana"),
            ("tag co \"lue\"", "ana bo"),
            ("tag sw \"blue\"", "ana bo"),
            ("code eq \"ab\"", "bo"),
            ("code eq \"AB\"", ""),
            ("level gt 2", "bo cy"),
            ("level ge \"9\"", "bo cy"),
            ("level le 2", "ana"),
            ("contractor eq true", "bo"),
            ("skills eq \"RUST\"", "bo"),
            ("desk.floor eq 3", "cy"),
            ("since gt \"2026-01-01T00:30:00Z\"", "di"),
            ("tag pr", "ana bo"),
        ] {
            let asked = format!("{URN}:{asked}");
            let list = idp.get(&format!("/Users?{}", filter(&asked))).await.shows(200);
            assert_eq!(names(&list), found, "{asked}");
            let search = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": asked
            });
            for path in ["/Users/.search", "/.search"] {
                assert_eq!(names(&idp.post(path, &search).await.shows(200)), found, "{path} {asked}");
            }
        }
        let both = filter(&format!("userName eq \"ana\" and {URN}:level lt 5"));
        assert_eq!(idp.total(&format!("/Users?{both}")).await, 1);
        for asked in ["nothing eq 1", "level co \"1\"", "level eq \"many\"", "desk.door eq 1", "contractor gt true"] {
            let asked = filter(&format!("{URN}:{asked}"));
            idp.get(&format!("/Users?{asked}")).await.refuses(400, "invalidFilter");
        }

        let sorted = |order: &'static str| format!("/Users?sortBy={URN}:level&sortOrder={order}");
        assert_eq!(names(&idp.get(&sorted("ascending")).await.shows(200)), "ana cy bo di");
        assert_eq!(names(&idp.get(&sorted("descending")).await.shows(200)), "di bo cy ana");

        let only_ana = filter("userName eq \"ana\"");
        for (wish, kept) in [
            ("", json!({ "tag": "Blue", "code": "Ab", "level": 2, "since": "2026-01-01T00:00:00Z" })),
            (&format!("attributes={URN}:LEVEL"), json!({ "level": 2 })),
            (&format!("attributes={URN}:notes"), json!({ "notes": "n" })),
            (&format!("excludedAttributes={URN}:since,{URN}:code"), json!({ "tag": "Blue", "level": 2 })),
            (&format!("excludedAttributes={URN}"), Value::Null),
            ("attributes=userName", Value::Null),
        ] {
            let list = idp.get(&format!("/Users?{only_ana}&{wish}")).await.shows(200);
            assert_eq!(list["Resources"][0][URN], kept, "{wish}");
        }
        let whole = idp.get(&format!("/Users?{only_ana}&attributes={URN}")).await.shows(200);
        let whole = &whole["Resources"][0];
        assert_eq!((&whole[URN]["tag"], whole.get("userName")), (&json!("Blue"), None));
    })
    .await;
}

#[tokio::test]
async fn values_stay_when_a_schema_comes_and_goes() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        // In the letters of the identity provider, and in a shape that the schema will not have.
        let shouted = URN.replace("urn:ietf", "urn:IETF");
        let mut ana = person("ana@acme.test");
        ana[&shouted] = json!({ "tag": "blue", "level": "7", "desk": "B", "unknown": { "deep": [1] } });
        let created = idp.post("/Users", &ana).await.shows(201);
        let path = format!("/Users/{}", id_of(&created));
        let query = format!("/Users?{}", filter(&format!("{URN}:tag eq \"BLUE\"")));
        idp.get(&query).await.refuses(400, "invalidFilter");

        add(&company, &idp, &custom(), Extended::User, false).await;
        assert_eq!(idp.get(&path).await.shows(200), created, "adding a schema changes nobody");
        assert_eq!(idp.total(&query).await, 1);
        let level =
            |value: Value| json!([{ "op": "replace", "path": format!("{URN}:level"), "value": value }]);
        assert_eq!(idp.total(&format!("/Users?{}", filter(&format!("{URN}:level gt 1")))).await, 0);
        idp.change(&path, &level(json!("8"))).await.shows(200);
        assert_eq!(idp.total(&format!("/Users?{}", filter(&format!("{URN}:level gt 1")))).await, 1);
        let room = json!([{ "op": "replace", "path": format!("{URN}:desk.room"), "value": "C" }]);
        idp.change(&path, &room).await.shows(200);
        let now = idp.get(&path).await.shows(200);
        assert_eq!((&now[&shouted]["level"], &now[&shouted]["desk"]), (&json!(8), &json!({ "room": "C" })));
        assert_eq!(now[&shouted]["unknown"], json!({ "deep": [1] }));

        extension::remove(&company.rollcall, &company.admin(), &idp.directory, URN).await.unwrap();
        assert_eq!(idp.get(&path).await.shows(200)[&shouted], now[&shouted], "removing it neither");
        idp.get(&query).await.refuses(400, "invalidFilter");
        idp.change(&path, &level(json!("as sent"))).await.shows(200);
        assert_eq!(idp.get(&path).await.shows(200)[&shouted]["level"], "as sent");
    })
    .await;
}

#[tokio::test]
async fn groups_have_extensions_too() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let team = json!({ "id": OF_GROUPS, "attributes": [
            { "name": "cost", "type": "integer" }, { "name": "code", "mutability": "immutable" }
        ] });
        add(&company, &idp, &team, Extended::Group, false).await;
        let sales = |values: Value| json!({ "displayName": "Sales", OF_GROUPS: values });
        let created = idp.post("/Groups", &sales(json!({ "cost": "4", "code": "S" }))).await.shows(201);
        assert_eq!(created[OF_GROUPS], json!({ "cost": 4, "code": "S" }));
        let path = format!("/Groups/{}", id_of(&created));
        idp.change(&path, &json!([{ "op": "replace", "path": format!("{OF_GROUPS}:cost"), "value": 5 }]))
            .await
            .shows(200);
        let found =
            idp.get(&format!("/Groups?{}", filter(&format!("{OF_GROUPS}:cost eq 5")))).await.shows(200);
        assert_eq!(ids(&found), [id_of(&created)]);
        idp.put(&path, &sales(json!({ "code": "T" }))).await.refuses(400, "mutability");
        let replaced = idp.put(&path, &sales(json!({ "cost": 6 }))).await.shows(200);
        assert_eq!(replaced[OF_GROUPS], json!({ "cost": 6, "code": "S" }));
        // A person has no such attributes.
        idp.get(&format!("/Users?{}", filter(&format!("{OF_GROUPS}:cost eq 5"))))
            .await
            .refuses(400, "invalidFilter");
    })
    .await;
}
