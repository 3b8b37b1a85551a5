//! Groups in groups: what a person's `groups` say (RFC 7643 section 4.1.2).

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter},
    company::Company,
    support::each_engine,
};

fn members(op: &str, ids: &[&str]) -> Value {
    let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    json!([{ "op": op, "path": "members", "value": members }])
}

impl Caller {
    /// The groups of a person as `name type`, sorted.
    async fn groups_of(&self, user: &str) -> Vec<String> {
        let user = self.get(&format!("/Users/{user}")).await.shows(200);
        let groups = user["groups"].as_array().cloned().unwrap_or_default();
        let text = |group: &Value, name: &str| group[name].as_str().unwrap().to_owned();
        let mut groups: Vec<String> =
            groups.iter().map(|it| format!("{} {}", text(it, "display"), text(it, "type"))).collect();
        groups.sort();
        groups
    }

    /// The names of the people whom a filter finds.
    async fn found(&self, expression: &str) -> Vec<String> {
        let list = self.get(&format!("/Users?{}&attributes=userName", filter(expression))).await.shows(200);
        let found = list["Resources"].as_array().unwrap();
        assert_eq!(list["totalResults"], found.len());
        let mut names: Vec<String> =
            found.iter().map(|it| it["userName"].as_str().unwrap().replace("@acme.test", "")).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_person_is_in_the_groups_that_hold_their_groups() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let (ana, bo) = (idp.creates("ana@acme.test").await, idp.creates("bo@acme.test").await);
        let inner = idp.creates_group("Inner", &[&ana]).await;
        let middle = idp.creates_group("Middle", &[&inner]).await;
        let outer = idp.creates_group("Outer", &[&middle, &bo]).await;
        assert_eq!(idp.groups_of(&ana).await, ["Inner direct", "Middle indirect", "Outer indirect"]);
        assert_eq!(idp.groups_of(&bo).await, ["Outer direct"]);

        // The filters say the same.
        for (expression, expected) in [
            (format!("groups.value eq \"{outer}\""), &["ana", "bo"][..]),
            (format!("groups.value eq \"{middle}\""), &["ana"]),
            (format!("groups[value eq \"{outer}\" and type eq \"direct\"]"), &["bo"]),
            ("groups.type eq \"indirect\"".to_owned(), &["ana"]),
            ("groups.display eq \"middle\"".to_owned(), &["ana"]),
        ] {
            assert_eq!(idp.found(&expression).await, expected, "{expression}");
        }

        // Two ways into one group, and a direct one.
        idp.change(&format!("/Groups/{outer}"), &members("add", &[&inner])).await.shows(200);
        assert_eq!(idp.groups_of(&ana).await, ["Inner direct", "Middle indirect", "Outer indirect"]);
        idp.change(&format!("/Groups/{outer}"), &members("add", &[&ana])).await.shows(200);
        assert_eq!(idp.groups_of(&ana).await, ["Inner direct", "Middle indirect", "Outer direct"]);
        idp.change(&format!("/Groups/{outer}"), &members("remove", &[&ana, &inner])).await.shows(200);
        assert_eq!(idp.groups_of(&ana).await, ["Inner direct", "Middle indirect", "Outer indirect"]);

        // The list shows what the resource shows.
        let list = idp.get(&format!("/Users?{}", filter("userName eq \"ana@acme.test\""))).await.shows(200);
        assert_eq!(list["Resources"][0], idp.get(&format!("/Users/{ana}")).await.shows(200));

        idp.delete(&format!("/Groups/{middle}")).await.is_empty();
        assert_eq!(idp.groups_of(&ana).await, ["Inner direct"]);
        assert_eq!(idp.found(&format!("groups.value eq \"{outer}\"")).await, ["bo"]);
    })
    .await;
}

/// No request can make one; a hand in the database could.
#[tokio::test]
async fn a_cycle_in_the_database_is_walked_once() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let ana = idp.creates("ana@acme.test").await;
        let inner = idp.creates_group("Inner", &[&ana]).await;
        let outer = idp.creates_group("Outer", &[&inner]).await;
        company
            .look(
                "INSERT INTO directory_group_members (group_id, member_id, member_kind) \
                 SELECT member_id, group_id, 'Group' FROM directory_group_members WHERE group_id = $1 \
                 RETURNING group_id",
                &outer,
            )
            .await;
        assert_eq!(idp.groups_of(&ana).await, ["Inner direct", "Outer indirect"]);
        let bo = idp.creates("bo@acme.test").await;
        idp.change(&format!("/Groups/{outer}"), &members("add", &[&bo])).await.shows(200);
        assert_eq!(idp.groups_of(&bo).await, ["Inner indirect", "Outer direct"]);
        let third = idp.creates_group("Third", &[]).await;
        idp.change(&format!("/Groups/{inner}"), &members("add", &[&third])).await.shows(200);
        idp.delete(&format!("/Groups/{outer}")).await.is_empty();
        assert_eq!(idp.groups_of(&ana).await, ["Inner direct"]);
    })
    .await;
}
