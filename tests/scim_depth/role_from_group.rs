//! Roles that groups give.

use http::Method;
use rollcall::{
    directory::{administration, role_mapping},
    error::Error,
    model::{DirectoryUserId, OnRemoval, Role},
    people::membership,
    store::{self, memberships::Membership},
};
use serde_json::{Value, json};

use crate::{client::Client, support::each_engine};

impl Client {
    pub async fn map(&self, group: &str, role: Role) -> usize {
        role_mapping::map(&self.acme.rollcall, &self.acme.admin(), &self.directory.id, group, role)
            .await
            .unwrap()
    }

    pub async fn unmap(&self, group: &str) -> usize {
        role_mapping::unmap(&self.acme.rollcall, &self.acme.admin(), &self.directory.id, group).await.unwrap()
    }

    async fn membership(&self, user: &str) -> Membership {
        let mut conn = self.acme.rollcall.db.read().await.unwrap();
        let user =
            store::directory_users::get(&mut conn, &self.directory.id, &DirectoryUserId(user.to_owned()))
                .await;
        let id = user.unwrap().unwrap().membership_id.unwrap();
        store::memberships::get(&mut conn, &self.acme.workspace.id, &id).await.unwrap().unwrap()
    }

    pub async fn role(&self, user: &str) -> Role {
        self.membership(user).await.role
    }

    pub async fn members(&self, group: &str, op: &str, users: &[&str]) {
        let value: Vec<Value> = users.iter().map(|id| json!({ "value": id })).collect();
        self.patch(&format!("/Groups/{group}"), json!([{ "op": op, "path": "members", "value": value }]))
            .await;
    }
}

#[tokio::test]
async fn every_way_into_and_out_of_a_group() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        assert_eq!(idp.map("Admins", Role::Admin).await, 0);
        let (ada, bob) = (idp.user("a1").await, idp.user("b1").await);
        let admins = idp.group("Admins", &[&ada]).await;
        assert_eq!((idp.role(&ada).await, idp.role(&bob).await), (Role::Admin, Role::Member));
        idp.members(&admins, "add", &[&bob]).await;
        assert_eq!(idp.role(&bob).await, Role::Admin);
        idp.members(&admins, "remove", &[&ada]).await;
        assert_eq!((idp.role(&ada).await, idp.role(&bob).await), (Role::Member, Role::Admin));
        idp.members(&admins, "replace", &[&ada]).await;
        assert_eq!((idp.role(&ada).await, idp.role(&bob).await), (Role::Admin, Role::Member));
        idp.patch(&format!("/Groups/{admins}"), json!([{ "op": "remove", "path": "members" }])).await;
        assert_eq!(idp.role(&ada).await, Role::Member);

        // By PUT, and by the group's new name.
        let put = json!({ "displayName": "Others", "members": [{ "value": ada }] });
        idp.send(Method::PUT, &format!("/Groups/{admins}"), Some(put)).await;
        assert_eq!(idp.role(&ada).await, Role::Member);
        let rename =
            |name: &str| json!([{ "op": "replace", "value": { "id": admins, "displayName": name } }]);
        idp.patch(&format!("/Groups/{admins}"), rename("ADMINS")).await;
        assert_eq!(idp.role(&ada).await, Role::Admin);
        idp.patch(&format!("/Groups/{admins}"), rename("Others")).await;
        assert_eq!(idp.role(&ada).await, Role::Member);
        idp.patch(&format!("/Groups/{admins}"), rename("Admins")).await;
        idp.send(Method::DELETE, &format!("/Groups/{admins}"), None).await;
        assert_eq!(idp.role(&ada).await, Role::Member);
    })
    .await;
}

#[tokio::test]
async fn a_pending_member_arrives_with_the_role() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        idp.map("Admins", Role::Admin).await;
        idp.group("Admins", &["carol@acme.test"]).await;
        let carol = idp.user("carol").await;
        assert_eq!(idp.role(&carol).await, Role::Admin);
        idp.send(Method::DELETE, &format!("/Users/{carol}"), None).await;
        let again = idp.user("carol").await;
        assert_eq!(idp.role(&again).await, Role::Member);
    })
    .await;
}

#[tokio::test]
async fn the_mapping_made_first_counts_and_the_role_set_by_hand_comes_back() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let ada = idp.user("a1").await;
        let (rollcall, admin) = (&idp.acme.rollcall, idp.acme.admin());
        let id = idp.membership(&ada).await.id;
        membership::change_role(rollcall, &admin, &id, Role::Viewer).await.unwrap();
        idp.group("Staff", &[&ada]).await;
        idp.group("Admins", &[&ada]).await;

        assert_eq!(idp.map("Staff", Role::Member).await, 1);
        assert_eq!(idp.map("Admins", Role::Admin).await, 0);
        assert_eq!(idp.role(&ada).await, Role::Member);
        let refused = membership::change_role(rollcall, &admin, &id, Role::Admin).await;
        assert!(matches!(refused, Err(Error::Conflict { field: "role", .. })), "{refused:?}");
        assert_eq!(idp.unmap("staff").await, 1);
        assert_eq!(idp.role(&ada).await, Role::Admin);
        assert_eq!(idp.unmap("Admins").await, 1);
        assert_eq!(idp.role(&ada).await, Role::Viewer);
        membership::change_role(rollcall, &admin, &id, Role::Member).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn owners_are_made_and_unmade_by_hand_only() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let (rollcall, admin) = (&idp.acme.rollcall, idp.acme.admin());
        let refused = role_mapping::map(rollcall, &admin, &idp.directory.id, "Owners", Role::Owner).await;
        assert!(refused.as_ref().is_err_and(|refusal| refusal.at("role").is_some()), "{refused:?}");

        let ada = idp.user("a1").await;
        let id = idp.membership(&ada).await.id;
        membership::change_role(rollcall, &admin, &id, Role::Owner).await.unwrap();
        idp.map("Viewers", Role::Viewer).await;
        idp.group("Viewers", &[&ada]).await;
        assert_eq!(idp.role(&ada).await, Role::Owner);
        membership::change_role(rollcall, &admin, &id, Role::Admin).await.unwrap();
        assert_eq!(idp.role(&ada).await, Role::Viewer);
        idp.unmap("Viewers").await;
        assert_eq!(idp.role(&ada).await, Role::Admin);
    })
    .await;
}

#[tokio::test]
async fn a_removed_directory_gives_no_roles() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let ada = idp.user("a1").await;
        idp.map("Admins", Role::Admin).await;
        idp.group("Admins", &[&ada]).await;
        let (rollcall, admin) = (&idp.acme.rollcall, idp.acme.admin());
        administration::remove(rollcall, &admin, &idp.directory.id, OnRemoval::Keep).await.unwrap();
        assert_eq!(idp.role(&ada).await, Role::Member);
    })
    .await;
}

#[tokio::test]
async fn groups_that_change_at_the_same_moment_agree_on_the_role() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        idp.map("Admins", Role::Admin).await;
        idp.map("Viewers", Role::Viewer).await;
        let (admins, viewers) = (idp.group("Admins", &[]).await, idp.group("Viewers", &[]).await);
        let mut people = Vec::new();
        for index in 0..10 {
            people.push(idp.user(&format!("person{index}")).await);
        }
        let joining = people.iter().flat_map(|person| [(&admins, person), (&viewers, person)]);
        futures::future::join_all(joining.map(async |(group, person)| {
            idp.members(group, "add", &[person]).await;
        }))
        .await;
        for person in &people {
            assert_eq!(idp.role(person).await, Role::Admin);
        }
        let leaving = people.iter().flat_map(|person| [(&admins, person), (&viewers, person)]);
        futures::future::join_all(leaving.map(async |(group, person)| {
            idp.members(group, "remove", &[person]).await;
        }))
        .await;
        for person in &people {
            assert_eq!(idp.role(person).await, Role::Member);
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_push_gives_everyone_the_role_and_tells_of_each() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        idp.map("Admins", Role::Admin).await;
        let users: Vec<Value> = (0..120)
            .map(|index| {
                json!({ "method": "POST", "path": "/Users", "bulkId": format!("{index}"),
                        "data": { "userName": format!("person{index}@acme.test") } })
            })
            .collect();
        let members: Vec<Value> =
            (0..120).map(|index| json!({ "value": format!("bulkId:{index}") })).collect();
        let group = json!({ "method": "POST", "path": "/Groups", "bulkId": "g",
                            "data": { "displayName": "Admins", "members": members } });
        let operations: Vec<Value> = [group].into_iter().chain(users).collect();
        let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
        idp.post("/Bulk", json!({ "schemas": [schema], "Operations": operations })).await;

        let mut conn = idp.acme.rollcall.db.read().await.unwrap();
        let people = store::memberships::list_of_directory(&mut conn, &idp.directory.id).await.unwrap();
        assert_eq!(people.len(), 120);
        for person in people {
            assert_eq!(person.role, Role::Admin);
            let event =
                store::events::find_latest(&mut conn, person.id.as_str(), "membership.role_changed").await;
            assert!(event.unwrap().is_some());
        }
    })
    .await;
}
