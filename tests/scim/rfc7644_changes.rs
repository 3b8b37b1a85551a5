//! RFC 7644's own examples of PATCH (section 3.5.2) and Bulk (section 3.7) over HTTP. Ids are made by the server, so each
//! example's ids stand for those of people made before.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, id_of, sorted},
    company::Company,
    support::{BASE_URL, TestStore, each_engine},
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// Babs, Mandy and James, and the group that Babs and Mandy are in.
struct Team {
    _company: Company,
    idp: Caller,
    babs: String,
    mandy: String,
    james: String,
    group: String,
}

impl Team {
    async fn new(store: &TestStore) -> Self {
        let company = Company::new(store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let babs = idp.creates("bjensen@example.com").await;
        let mandy = idp.creates("mpepperidge@example.com").await;
        let james = idp.creates("jsmith@example.com").await;
        let group = idp.creates_group("Tour Guides", &[&babs, &mandy]).await;
        Self { _company: company, idp, babs, mandy, james, group }
    }

    fn reference(&self, id: &str) -> String {
        format!("{BASE_URL}/scim/v2/{}/Users/{id}", self.idp.directory)
    }

    fn member(&self, display: &str, id: &str) -> Value {
        json!({ "display": display, "$ref": self.reference(id), "value": id })
    }

    /// Patches the group; gives its members afterwards.
    async fn members_after(&self, operations: Value) -> Vec<String> {
        let answer = self.idp.change(&format!("/Groups/{}", self.group), &operations).await;
        callers::member_ids(&answer.shows(200))
    }

    async fn babs_after(&self, operations: Value) -> Value {
        self.idp.change(&format!("/Users/{}", self.babs), &operations).await.shows(200)
    }
}

#[tokio::test]
async fn section_3_5_2_1_add() {
    each_engine(async |store| {
        let team = Team::new(&store).await;
        let everyone = sorted(&[&team.babs, &team.mandy, &team.james]);
        let add =
            json!([{ "op": "add", "path": "members", "value": [team.member("James Smith", &team.james)] }]);
        assert_eq!(team.members_after(add.clone()).await, everyone);
        // What is there already changes nothing, the version neither.
        let version = team.idp.get(&format!("/Groups/{}", team.group)).await.header("etag");
        assert_eq!(team.members_after(add).await, everyone);
        assert_eq!(team.idp.get(&format!("/Groups/{}", team.group)).await.header("etag"), version);

        let home = json!({ "value": "babs@jensen.org", "type": "home" });
        let babs = team
            .babs_after(json!([{ "op": "add", "value": { "emails": [home], "nickname": "Babs" } }]))
            .await;
        assert_eq!(babs["nickName"], "Babs");
        assert_eq!(babs["emails"].as_array().unwrap().len(), 2, "{babs}");
        assert_eq!(babs["emails"][1], home);
    })
    .await;
}

#[tokio::test]
async fn section_3_5_2_2_remove() {
    each_engine(async |store| {
        let team = Team::new(&store).await;
        let only_babs = format!("members[value eq \"{}\"]", team.babs);
        // "… how to remove a single member from a group."
        let one = json!([{ "op": "remove", "path": only_babs }]);
        assert_eq!(team.members_after(one).await, sorted(&[&team.mandy]));
        // "… how to remove all members of a group."
        let all = json!([{ "op": "remove", "path": "members" }]);
        assert!(team.members_after(all).await.is_empty());
        // "Example request to remove and add a member."
        let back = json!([{ "op": "add", "path": "members", "value": [{ "value": team.babs }, { "value": team.mandy }] }]);
        team.members_after(back).await;
        let swap = json!([
            { "op": "remove", "path": only_babs },
            { "op": "add", "path": "members", "value": [team.member("James Smith", &team.james)] },
        ]);
        assert_eq!(team.members_after(swap).await, sorted(&[&team.mandy, &team.james]));
        // "… how to replace all the members of a group with a different members list."
        let renew = json!([
            { "op": "remove", "path": "members" },
            { "op": "add", "path": "members", "value": [
                team.member("Babs Jensen", &team.babs), team.member("James Smith", &team.james) ] },
        ]);
        assert_eq!(team.members_after(renew).await, sorted(&[&team.babs, &team.james]));

        // "Removal of a value from a complex multi-valued attribute."
        let gone = json!([{ "op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]" }]);
        assert_eq!(team.babs_after(gone).await.get("emails"), None);
        let without = json!([{ "op": "remove" }]);
        team.idp.change(&format!("/Users/{}", team.babs), &without).await.refuses(400, "noTarget");
    })
    .await;
}

#[tokio::test]
async fn section_3_5_2_3_replace() {
    each_engine(async |store| {
        let team = Team::new(&store).await;
        let members = json!([team.member("Babs Jensen", &team.babs), team.member("James Smith", &team.james)]);
        let replace = json!([{ "op": "replace", "path": "members", "value": members }]);
        assert_eq!(team.members_after(replace).await, sorted(&[&team.babs, &team.james]));

        let work = json!({
            "type": "work",
            "streetAddress": "911 Universal City Plaza",
            "locality": "Hollywood",
            "region": "CA",
            "postalCode": "91608",
            "country": "US",
            "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
            "primary": true,
        });
        let old = json!([{ "type": "work", "streetAddress": "1 Old Road" }, { "type": "home", "locality": "Here" }]);
        team.babs_after(json!([{ "op": "add", "path": "addresses", "value": old }])).await;
        let whole = json!([{ "op": "replace", "path": "addresses[type eq \"work\"]", "value": work }]);
        assert_eq!(team.babs_after(whole).await["addresses"], json!([work, old[1]]));

        let street = json!([{
            "op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave",
        }]);
        let babs = team.babs_after(street).await;
        assert_eq!(babs["addresses"][0]["streetAddress"], "1010 Broadway Ave");
        assert_eq!(babs["addresses"][0]["locality"], "Hollywood");

        let emails = json!([
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" },
        ]);
        let several = json!([{ "op": "replace", "value": { "emails": emails, "nickname": "Babs" } }]);
        let babs = team.babs_after(several).await;
        assert_eq!((&babs["emails"], &babs["nickName"]), (&emails, &json!("Babs")));
    })
    .await;
}

async fn bulk(idp: &Caller, fail_on_errors: Option<u64>, operations: Value) -> Vec<Value> {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    });
    if let Some(number) = fail_on_errors {
        body["failOnErrors"] = json!(number);
    }
    let answer = idp.post("/Bulk", &body).await.shows(200);
    assert_eq!(answer["schemas"], json!([BULK_RESPONSE]));
    answer["Operations"].as_array().unwrap().clone()
}

fn location(idp: &Caller, result: &Value) -> String {
    let base = format!("{BASE_URL}/scim/v2/{}", idp.directory);
    result["location"].as_str().unwrap().strip_prefix(&base).unwrap().to_owned()
}

#[tokio::test]
async fn section_3_7_2_bulk_ids() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        // "… a new user named "Alice" and a new group named "Tour Guides" with Alice as a member."
        let results = bulk(
            &idp,
            None,
            json!([
                { "method": "POST", "path": "/Users", "bulkId": "qwerty",
                  "data": { "schemas": [USER], "userName": "Alice" } },
                { "method": "POST", "path": "/Groups", "bulkId": "ytrewq",
                  "data": {
                      "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                      "displayName": "Tour Guides",
                      "members": [{ "type": "User", "value": "bulkId:qwerty" }],
                  } },
            ]),
        )
        .await;
        for (result, (method, bulk_id)) in results.iter().zip([("POST", "qwerty"), ("POST", "ytrewq")]) {
            assert_eq!((&result["method"], &result["bulkId"]), (&json!(method), &json!(bulk_id)));
            assert_eq!((&result["status"], &result["version"]), (&json!("201"), &json!("W/\"1\"")), "{result}");
        }
        let alice = idp.get(&location(&idp, &results[0])).await.shows(200);
        let group = idp.get(&location(&idp, &results[1])).await.shows(200);
        assert_eq!(group["members"][0]["value"], alice["id"]);
        assert_eq!(group["members"][0]["$ref"], results[0]["location"]);

        // "… two new users, "Bob" being the manager of …", and a group within a group, which names what comes later.
        let results = bulk(
            &idp,
            None,
            json!([
                { "method": "POST", "path": "/Users", "bulkId": "ann",
                  "data": { "schemas": [USER, ENTERPRISE], "userName": "Ann",
                            ENTERPRISE: { "employeeNumber": "11250", "manager": { "value": "bulkId:bob" } } } },
                { "method": "POST", "path": "/Groups", "bulkId": "outer",
                  "data": { "displayName": "Outer", "members": [{ "type": "Group", "value": "bulkId:inner" }] } },
                { "method": "POST", "path": "/Users", "bulkId": "bob", "data": { "userName": "Bob" } },
                { "method": "POST", "path": "/Groups", "bulkId": "inner", "data": { "displayName": "Inner" } },
            ]),
        )
        .await;
        let ann = idp.get(&location(&idp, &results[0])).await.shows(200);
        let bob = idp.get(&location(&idp, &results[2])).await.shows(200);
        assert_eq!(ann[ENTERPRISE]["manager"]["value"], bob["id"]);
        let outer = idp.get(&location(&idp, &results[1])).await.shows(200);
        assert_eq!(outer["members"][0]["$ref"], results[3]["location"]);
    })
    .await;
}

#[tokio::test]
async fn section_3_7_3_results_and_errors() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let mut ids = Vec::new();
        for name in ["Bob", "Dave", "Carol"] {
            ids.push(idp.creates(name).await);
        }
        let patch = callers::patch_op(&json!([
            { "op": "remove", "path": "nickName" },
            { "op": "add", "path": "userName", "value": "Dave" },
        ]));
        // A new Alice, a whole Bob, a changed Dave, and Carol is gone.
        let operations = |version: &str| {
            json!([
                { "method": "POST", "path": "/Users", "bulkId": "qwerty",
                  "data": { "schemas": [USER], "userName": "Alice" } },
                { "method": "PUT", "path": format!("/Users/{}", ids[0]), "version": version,
                  "data": { "schemas": [USER], "id": ids[0], "userName": "Bob" } },
                { "method": "PATCH", "path": format!("/Users/{}", ids[1]), "version": version, "data": patch },
                { "method": "DELETE", "path": format!("/Users/{}", ids[2]), "version": version },
            ])
        };
        let results = bulk(&idp, Some(1), operations("W/\"1\"")).await;
        let statuses: Vec<&Value> = results.iter().map(|result| &result["status"]).collect();
        assert_eq!(statuses, ["201", "200", "200", "204"], "{results:?}");
        for (result, id) in results[1..].iter().zip(&ids) {
            assert_eq!(location(&idp, result), format!("/Users/{id}"));
            assert_eq!(result.get("response"), None);
        }

        // "… one error": the first ends the request.
        let results = bulk(&idp, Some(1), operations("W/\"1\"")).await;
        assert_eq!(results.len(), 1);
        assert_eq!((&results[0]["status"], &results[0]["bulkId"]), (&json!("409"), &json!("qwerty")));
        assert_eq!(results[0]["response"]["scimType"], "uniqueness");
        assert_eq!(results[0].get("location"), None, "what was not made has no place");
        // Without a limit each has its own error.
        let results = bulk(&idp, None, operations("W/\"0\"")).await;
        let statuses: Vec<&Value> = results.iter().map(|result| &result["status"]).collect();
        assert_eq!(statuses, ["409", "412", "412", "404"], "{results:?}");
        for result in &results {
            assert_eq!(result["response"]["status"], result["status"]);
            assert_eq!(
                result["response"]["schemas"],
                json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_bulk_id_never_stands_for_someone_of_another_directory() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let other = callers::directory(&company, Provider::Okta).await;
        let stranger = other.creates("stranger@acme.test").await;
        let before = other.get(&format!("/Users/{stranger}")).await.shows(200);
        let patch = callers::patch_op(&json!([{ "op": "replace", "path": "title", "value": "Boss" }]));
        let results = bulk(
            &idp,
            None,
            json!([
                { "method": "POST", "path": "/Groups", "bulkId": "g",
                  "data": { "displayName": "G", "members": [{ "value": format!("bulkId:{stranger}") }] } },
                { "method": "PATCH", "path": format!("/Users/bulkId:{stranger}"), "data": patch },
                { "method": "PATCH", "path": format!("/Users/{stranger}"), "data": patch },
                { "method": "DELETE", "path": format!("/Users/{stranger}") },
            ]),
        )
        .await;
        let statuses: Vec<&Value> = results.iter().map(|result| &result["status"]).collect();
        assert_eq!(statuses, ["400", "400", "404", "404"], "{results:?}");
        assert_eq!(idp.total("/Groups").await, 0);
        assert_eq!(other.get(&format!("/Users/{stranger}")).await.shows(200), before);
        assert_eq!(id_of(&before), stranger);
    })
    .await;
}
