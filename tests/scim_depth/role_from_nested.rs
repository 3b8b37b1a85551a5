//! Roles of groups that hold groups.

use http::Method;
use rollcall::model::Role;
use serde_json::json;

use crate::{client::Client, support::each_engine};

impl Client {
    async fn roles(&self, people: &[&String]) -> Vec<Role> {
        let mut roles = Vec::new();
        for person in people {
            roles.push(self.role(person).await);
        }
        roles
    }
}

const NO: Role = Role::Member;
const YES: Role = Role::Admin;

#[tokio::test]
async fn who_is_in_a_group_within_the_mapped_group_has_the_role() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        idp.map("Outer", YES).await;
        let (ana, bo, cy) = (idp.user("ana").await, idp.user("bo").await, idp.user("cy").await);
        let people = [&ana, &bo, &cy];
        let inner = idp.group("Inner", &[&ana]).await;
        let middle = idp.group("Middle", &[&inner, &bo]).await;
        assert_eq!(idp.roles(&people).await, [NO, NO, NO]);

        // A group that is created with it, and one that is put in.
        let outer = idp.group("Outer", &[&middle]).await;
        assert_eq!(idp.roles(&people).await, [YES, YES, NO]);
        idp.members(&outer, "remove", &[&middle]).await;
        assert_eq!(idp.roles(&people).await, [NO, NO, NO]);
        idp.members(&outer, "add", &[&inner]).await;
        assert_eq!(idp.roles(&people).await, [YES, NO, NO]);
        idp.members(&outer, "replace", &[&middle]).await;
        assert_eq!(idp.roles(&people).await, [YES, YES, NO]);

        // People come and go at the bottom.
        idp.members(&inner, "add", &[&cy]).await;
        assert_eq!(idp.roles(&people).await, [YES, YES, YES]);
        idp.members(&inner, "remove", &[&ana]).await;
        assert_eq!(idp.roles(&people).await, [NO, YES, YES]);
        idp.members(&inner, "replace", &[&ana]).await;
        assert_eq!(idp.roles(&people).await, [YES, YES, NO]);

        // Groups between lose everyone, are put elsewhere, are deleted.
        idp.patch(&format!("/Groups/{inner}"), json!([{ "op": "remove", "path": "members" }])).await;
        assert_eq!(idp.roles(&people).await, [NO, YES, NO]);
        idp.members(&inner, "add", &[&ana]).await;
        idp.patch(&format!("/Groups/{middle}"), json!([{ "op": "remove", "path": "members" }])).await;
        assert_eq!(idp.roles(&people).await, [NO, NO, NO]);
        idp.members(&middle, "add", &[&inner, &bo]).await;
        assert_eq!(idp.roles(&people).await, [YES, YES, NO]);
        let put = json!({ "displayName": "Middle", "members": [{ "value": bo }] });
        idp.send(Method::PUT, &format!("/Groups/{middle}"), Some(put)).await;
        assert_eq!(idp.roles(&people).await, [NO, YES, NO]);
        idp.members(&middle, "add", &[&inner]).await;
        idp.send(Method::DELETE, &format!("/Groups/{middle}"), None).await;
        assert_eq!(idp.roles(&people).await, [NO, NO, NO]);
    })
    .await;
}

#[tokio::test]
async fn mappings_and_names_reach_through_groups() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let (ana, bo) = (idp.user("ana").await, idp.user("bo").await);
        let people = [&ana, &bo];
        let inner = idp.group("Inner", &[&ana]).await;
        let outer = idp.group("Outer", &[&inner, &bo]).await;
        assert_eq!(idp.map("Outer", YES).await, 2);
        assert_eq!(idp.roles(&people).await, [YES, YES]);
        assert_eq!(idp.unmap("Outer").await, 2);
        assert_eq!(idp.roles(&people).await, [NO, NO]);

        // Of two, the mapping made first counts, wherever the group is.
        idp.map("Inner", Role::Viewer).await;
        idp.map("Outer", YES).await;
        assert_eq!(idp.roles(&people).await, [Role::Viewer, YES]);
        let rename = |name: &str| json!([{ "op": "replace", "path": "displayName", "value": name }]);
        idp.patch(&format!("/Groups/{inner}"), rename("Other")).await;
        assert_eq!(idp.roles(&people).await, [YES, YES]);
        idp.patch(&format!("/Groups/{outer}"), rename("Another")).await;
        assert_eq!(idp.roles(&people).await, [NO, NO]);
        idp.patch(&format!("/Groups/{outer}"), rename("Outer")).await;
        assert_eq!(idp.roles(&people).await, [YES, YES]);
        idp.send(Method::DELETE, &format!("/Groups/{outer}"), None).await;
        assert_eq!(idp.roles(&people).await, [NO, NO]);
    })
    .await;
}

#[tokio::test]
async fn whoever_arrives_below_a_mapped_group_arrives_with_the_role() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        idp.map("Outer", YES).await;
        let inner = idp.group("Inner", &["ana@acme.test", "later"]).await;
        idp.group("Outer", &[&inner]).await;
        let ana = idp.user("ana").await;
        assert_eq!(idp.role(&ana).await, YES);
        // And who gets the name that was waited for.
        let bo = idp.user("bo").await;
        assert_eq!(idp.role(&bo).await, NO);
        idp.patch(
            &format!("/Users/{bo}"),
            json!([{ "op": "replace", "path": "externalId", "value": "later" }]),
        )
        .await;
        assert_eq!(idp.role(&bo).await, YES);
    })
    .await;
}
