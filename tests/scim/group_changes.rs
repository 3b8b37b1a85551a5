//! Changes of a group's members: many in one request, by names that are no ids, by filters, and what their tags say.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, patch_op, person, sorted},
    company::Company,
    strict::strict,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";
const BO: &str = "bo@acme.test";

fn op(op: &str, ids: &[&str]) -> Value {
    let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    json!({ "op": op, "path": "members", "value": members })
}

fn remove_where(filter: &str) -> Value {
    json!({ "op": "remove", "path": format!("members[{filter}]") })
}

fn known_as(user_name: &str, external_id: &str) -> Value {
    let mut body = person(user_name);
    body["externalId"] = json!(external_id);
    body
}

impl Caller {
    async fn creates_known_as(&self, user_name: &str, external_id: &str) -> String {
        callers::id_of(&self.post("/Users", &known_as(user_name, external_id)).await.shows(201))
    }

    /// The tag by which a client asks whether something changed.
    async fn tag(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.shows(200)["meta"]["version"], answer.header("etag"), "{path}");
        answer.header("etag")
    }

    async fn has_changed(&self, path: &str, tag: &str) -> bool {
        self.send(self.ask("GET", path).header("if-none-match", tag)).await.status != 304
    }
}

#[tokio::test]
async fn operations_of_one_request_are_applied_in_order() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let (ana, bo) = (idp.creates_known_as(ANA, "x-ana").await, idp.creates_known_as(BO, "x-bo").await);
        let inner = idp.creates_group("Inner", &[]).await;
        for (operations, expected) in [
            (json!([op("add", &[&ana]), op("add", &[&bo])]), vec![&ana, &bo]),
            (json!([op("add", &[&ana]), op("remove", &[&ana]), op("add", &[&bo])]), vec![&bo]),
            (json!([op("add", &[&ana]), op("remove", &["x-ana"])]), vec![]),
            (json!([op("remove", &["x-ana"]), op("add", &[&ana])]), vec![&ana]),
            (
                json!([op("add", &[&ana]), { "op": "remove", "path": "members" }, op("add", &[&bo])]),
                vec![&bo],
            ),
            (json!([op("add", &[&ana, &inner]), remove_where("type eq \"User\"")]), vec![&inner]),
            (json!([remove_where("type eq \"User\""), op("add", &[&ana])]), vec![&ana]),
            (json!([op("replace", &[&ana, &bo]), remove_where(&format!("value eq \"{bo}\""))]), vec![&ana]),
        ] {
            // The group has Bo already, and is told of nobody else.
            let group = idp.creates_group("Sales", &[&bo]).await;
            let path = format!("/Groups/{group}");
            idp.change(&path, &json!([op("remove", &["x-bo"])])).await.shows(200);
            assert!(idp.members_of(&group).await.is_empty());
            idp.change(&path, &operations).await.shows(200);
            let expected: Vec<&str> = expected.into_iter().map(String::as_str).collect();
            assert_eq!(idp.members_of(&group).await, sorted(&expected), "{operations}");
            idp.delete(&path).await.is_empty();
        }
    })
    .await;
}

#[tokio::test]
async fn a_thousand_unknown_members_are_the_limit_of_a_request_not_of_an_operation() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let ana = idp.creates(ANA).await;
        let path = format!("/Groups/{}", idp.creates_group("Sales", &[&ana]).await);
        let unknown = |from: usize, number: usize| {
            let members: Vec<Value> =
                (from..from + number).map(|n| json!({ "value": format!("unknown-{n}") })).collect();
            json!({ "op": "add", "path": "members", "value": members })
        };
        let before = idp.get(&path).await.shows(200);
        let both = json!([unknown(0, 900), unknown(900, 900), op("remove", &[&ana])]);
        idp.change(&path, &both).await.refuses(400, "invalidValue");
        assert_eq!(idp.get(&path).await.shows(200), before);
        // The same people twice are no more people.
        idp.change(&path, &json!([unknown(0, 900), unknown(0, 900)])).await.shows(200);
    })
    .await;
}

#[tokio::test]
async fn who_is_known_by_another_name_becomes_a_member_whatever_came_first() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let ana = idp.creates_known_as(ANA, "x-ana").await;
        let group = idp.creates_group("Sales", &[]).await;
        let path = format!("/Groups/{group}");

        // Who is there is a member at once, and goes by the same name.
        for name in ["x-ana", ANA, "ANA@Acme.Test"] {
            idp.change(&path, &json!([op("add", &[name])])).await.shows(200);
            assert_eq!(idp.members_of(&group).await, sorted(&[&ana]), "{name}");
            idp.change(&path, &json!([op("remove", &[name])])).await.shows(200);
            assert!(idp.members_of(&group).await.is_empty(), "{name}");
        }

        // Who gets the name later is one from then on: by PATCH, by PUT, in any case of a userName.
        idp.change(&path, &json!([op("add", &["x-new", "Bo@ACME.test"])])).await.shows(200);
        let rename = json!([{ "op": "replace", "path": "externalId", "value": "x-new" }]);
        idp.change(&format!("/Users/{ana}"), &rename).await.shows(200);
        assert_eq!(idp.members_of(&group).await, sorted(&[&ana]));
        let bo = idp.creates("bert@acme.test").await;
        idp.put(&format!("/Users/{bo}"), &person(BO)).await.shows(200);
        assert_eq!(idp.members_of(&group).await, sorted(&[&ana, &bo]));

        // An externalId is case-exact.
        idp.change(&path, &json!([op("remove", &[&ana]), op("add", &["X-NEW"])])).await.shows(200);
        assert_eq!(idp.members_of(&group).await, [bo]);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_means_two_people_is_nobodys_until_it_means_one() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let (ana, bo) = (idp.creates_known_as(ANA, "x").await, idp.creates_known_as(BO, "x").await);
        let group = idp.creates_group("Sales", &["x"]).await;
        let path = format!("/Groups/{group}");
        assert!(idp.members_of(&group).await.is_empty());
        // Okta renames by making one record inactive and another one of the same externalId.
        let off = json!([{ "op": "replace", "value": { "active": false } }]);
        idp.change(&format!("/Users/{ana}"), &off).await.shows(200);
        assert_eq!(idp.members_of(&group).await, sorted(&[&bo]));

        let (cy, di) = (
            idp.creates_known_as("cy@acme.test", "y").await,
            idp.creates_known_as("di@acme.test", "y").await,
        );
        idp.change(&path, &json!([op("replace", &["y"])])).await.shows(200);
        assert!(idp.members_of(&group).await.is_empty());
        idp.delete(&format!("/Users/{cy}")).await.is_empty();
        assert_eq!(idp.members_of(&group).await, [di]);
    })
    .await;
}

#[tokio::test]
async fn members_go_by_reference() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let (ana, bo) = (idp.creates(ANA).await, idp.creates(BO).await);
        let inner = idp.creates_group("Inner", &[]).await;
        let group = idp.creates_group("Sales", &[&ana, &bo, &inner]).await;
        let path = format!("/Groups/{group}");
        let shown = idp.get(&path).await.shows(200);
        let members = shown["members"].as_array().unwrap();
        let reference = |id: &str| members.iter().find(|it| it["value"] == id).unwrap()["$ref"].clone();
        for (filter, expected) in [
            (format!("$ref eq {}", reference(&ana)), sorted(&[&bo, &inner])),
            (format!("$ref eq \"../Groups/{inner}\""), sorted(&[&bo])),
            (format!("$ref eq \"../Groups/{bo}\""), sorted(&[&bo])),
            ("$ref co \"/Users/\"".to_owned(), sorted(&[])),
        ] {
            idp.change(&path, &json!([remove_where(&filter)])).await.shows(200);
            assert_eq!(idp.members_of(&group).await, expected, "{filter}");
        }
    })
    .await;
}

/// Identity providers repeat what they sent, so a tolerant directory takes what is done for done.
#[tokio::test]
async fn a_filter_that_finds_nobody_is_no_target_where_the_directory_is_strict() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        for (idp, is_strict) in [
            (strict(&company, Provider::Generic).await, true),
            (callers::directory(&company, Provider::Okta).await, false),
        ] {
            let (ana, bo) = (idp.creates(ANA).await, idp.creates(BO).await);
            let path = format!("/Groups/{}", idp.creates_group("Sales", &[&ana]).await);
            let nobody = [
                remove_where(&format!("value eq \"{bo}\"")),
                remove_where(&format!("$ref eq \"../Users/{bo}\"")),
                remove_where("type eq \"Group\""),
            ];
            for operation in nobody {
                let answer = idp.change(&path, &json!([operation])).await;
                if is_strict {
                    answer.refuses(400, "noTarget");
                } else {
                    answer.shows(200);
                }
            }
            let found = json!([remove_where(&format!("value eq \"{ana}\""))]);
            idp.change(&path, &found).await.shows(200);
        }
    })
    .await;
}

#[tokio::test]
async fn filters_that_compare_too_much_are_refused() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let ana = idp.creates(ANA).await;
        let group = idp.creates_group("Sales", &[&ana]).await;
        let path = format!("/Groups/{group}");
        let named = json!([{ "value": ana, "display": "é".repeat(500) }]);
        idp.change(&path, &json!([{ "op": "add", "path": "members", "value": named }])).await.shows(200);
        let many = |filter: &str, number: usize| Value::Array(vec![remove_where(filter); number]);
        let long = vec!["display co \"q\""; 200].join(" or ");
        let refused = idp.change(&path, &many(&long, 200)).await.refuses(400, "tooMany");
        assert!(refused.contains("members[value eq"), "{refused}");
        idp.change(&path, &many(&long, 10)).await.shows(200);
        idp.change(&path, &many("value eq \"x\" and type eq \"User\"", 200)).await.shows(200);
        assert_eq!(idp.members_of(&group).await, [ana]);
    })
    .await;
}

#[tokio::test]
async fn a_group_that_lost_a_member_is_another_version() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let ana = idp.creates(ANA).await;
        let inner = idp.creates_group("Inner", &[]).await;
        let group = idp.creates_group("Sales", &[&ana, &inner]).await;
        let other = format!("/Groups/{}", idp.creates_group("Other", &[]).await);
        let path = format!("/Groups/{group}");
        let untouched = idp.tag(&other).await;
        for gone in [format!("/Users/{ana}"), format!("/Groups/{inner}")] {
            let (before, tag) = (idp.get(&path).await.shows(200), idp.tag(&path).await);
            assert!(!idp.has_changed(&path, &tag).await);
            company.clock.advance(std::time::Duration::from_secs(60));
            idp.delete(&gone).await.is_empty();
            assert!(idp.has_changed(&path, &tag).await, "{gone}");
            let after = idp.get(&path).await.shows(200);
            assert_ne!(after["meta"]["lastModified"], before["meta"]["lastModified"], "{gone}");
            let put = idp.ask("PATCH", &path).scim(&patch_op(&json!([op("add", &[])])));
            idp.send(put.header("if-match", &tag)).await.refuses(412, "");
        }
        assert!(!idp.has_changed(&other, &untouched).await);
    })
    .await;
}

#[tokio::test]
async fn a_persons_tag_tells_of_their_groups_and_guards_their_attributes() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let path = format!("/Users/{}", idp.creates(ANA).await);
        let ana = path.rsplit('/').next().unwrap();
        let without = format!("{path}?excludedAttributes=groups");
        let read = idp.tag(&path).await;
        let read_without = idp.tag(&without).await;

        let group = idp.creates_group("Sales", &[ana]).await;
        assert!(idp.has_changed(&path, &read).await, "the groups are another");
        assert!(!idp.has_changed(&without, &read_without).await, "who does not see them sees nothing new");
        let now = idp.tag(&path).await;
        assert!(!idp.has_changed(&path, &now).await);
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Support" }]);
        idp.change(&format!("/Groups/{group}"), &rename).await.shows(200);
        assert!(idp.has_changed(&path, &now).await, "the group has another name");

        // A group push between the reading and the writing takes nothing from the writer.
        let change = patch_op(&json!([{ "op": "replace", "path": "title", "value": "Tourist" }]));
        let guarded = |tag: &str| idp.send(idp.ask("PATCH", &path).scim(&change).header("if-match", tag));
        guarded(&now).await.shows(200);
        for stale in [&now, &read] {
            guarded(stale).await.refuses(412, "");
        }
        guarded(&idp.tag(&path).await).await.shows(200);
    })
    .await;
}
