//! `/GroupMembers`: the members of one group, page by page.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, sorted},
    company::Company,
    support::{BASE_URL, TestStore, each_engine},
};

async fn three_and_a_group(store: &TestStore) -> (Company, Caller, String, Vec<String>) {
    let company = Company::new(store).await;
    let idp = callers::directory(&company, Provider::Generic).await;
    let mut members = Vec::new();
    for name in ["ana", "bob", "cyd"] {
        members.push(idp.creates(&format!("{name}@acme.test")).await);
    }
    members.push(idp.creates_group("Inner", &[]).await);
    let ids: Vec<&str> = members.iter().map(String::as_str).collect();
    let group = idp.creates_group("Ops", &ids).await;
    idp.creates_group("Others", &ids[..1]).await;
    (company, idp, group, members)
}

fn members_in(list: &Value) -> Vec<String> {
    let members = list["Resources"].as_array().unwrap();
    members.iter().map(|it| it["member"]["value"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_member_is_a_resource_of_its_own() {
    each_engine(async |store| {
        let (_company, idp, group, members) = three_and_a_group(&store).await;
        let of_group =
            |more: &str| format!("/GroupMembers?{}", filter(&format!("group.value eq \"{group}\"{more}")));
        let all = idp.get(&of_group("")).await.shows(200);
        let ids: Vec<&str> = members.iter().map(String::as_str).collect();
        assert_eq!((members_in(&all), &all["totalResults"]), (sorted(&ids), &json!(4)));

        let base = format!("{BASE_URL}/scim/v2/{}", idp.directory);
        let ana = &members[0];
        let one = idp.get(&format!("/GroupMembers/{group}.{ana}")).await.shows(200);
        assert_eq!(
            one,
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:GroupMember"],
                "id": format!("{group}.{ana}"),
                "group": { "value": group, "$ref": format!("{base}/Groups/{group}"), "display": "Ops" },
                "member": { "value": ana, "$ref": format!("{base}/Users/{ana}"), "type": "User" },
                "meta": {
                    "resourceType": "GroupMember",
                    "location": format!("{base}/GroupMembers/{group}.{ana}"),
                },
            })
        );
        for (more, expected) in [
            (format!(" and member.value eq \"{ana}\""), vec![ana.clone()]),
            (" and member.type eq \"group\"".to_owned(), vec![members[3].clone()]),
            (" and member.value eq \"nobody\"".to_owned(), vec![]),
        ] {
            assert_eq!(members_in(&idp.get(&of_group(&more)).await.shows(200)), expected, "{more}");
        }
        let nowhere = format!("/GroupMembers?{}", filter("group.value eq \"nowhere\""));
        assert_eq!(idp.total(&nowhere).await, 0);
    })
    .await;
}

#[tokio::test]
async fn pages_by_cursor_stay_right_when_members_come_and_go_in_between() {
    each_engine(async |store| {
        let (_company, idp, group, members) = three_and_a_group(&store).await;
        let page = |rest: &str| {
            format!("/GroupMembers?{}&count=2&{rest}", filter(&format!("group.value eq \"{group}\"")))
        };
        let first = idp.get(&page("cursor=")).await.shows(200);
        let ids: Vec<&str> = members.iter().map(String::as_str).collect();
        let order = sorted(&ids);
        assert_eq!(members_in(&first), order[..2]);
        let gone = json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", order[0]) }]);
        idp.change(&format!("/Groups/{group}"), &gone).await;
        let next = first["nextCursor"].as_str().unwrap();
        let second = idp.get(&page(&format!("cursor={next}"))).await.shows(200);
        assert_eq!(members_in(&second), order[2..]);
        assert_eq!(second.get("nextCursor"), None);
        assert_eq!(members_in(&idp.get(&page("startIndex=2")).await.shows(200)), order[2..]);
    })
    .await;
}

#[tokio::test]
async fn the_groups_of_one_member_are_found_in_pages_too() {
    each_engine(async |store| {
        let (_company, idp, group, members) = three_and_a_group(&store).await;
        let of_ana = filter(&format!("member.value eq \"{}\"", members[0]));
        let groups_in = |list: &Value| -> Vec<String> {
            let found = list["Resources"].as_array().unwrap();
            found.iter().map(|it| it["group"]["value"].as_str().unwrap().to_owned()).collect()
        };
        let all = groups_in(&idp.get(&format!("/GroupMembers?{of_ana}")).await.shows(200));
        assert_eq!(all.len(), 2);
        assert!(all.is_sorted() && all.contains(&group), "{all:?}");
        let first = idp.get(&format!("/GroupMembers?{of_ana}&count=1&cursor=")).await.shows(200);
        let next = first["nextCursor"].as_str().unwrap();
        let second = idp.get(&format!("/GroupMembers?{of_ana}&count=1&cursor={next}")).await.shows(200);
        assert_eq!([groups_in(&first), groups_in(&second)].concat(), all);
        assert_eq!(second.get("nextCursor"), None);
    })
    .await;
}

#[tokio::test]
async fn one_group_or_member_is_named_and_nothing_is_written() {
    each_engine(async |store| {
        let (company, idp, group, members) = three_and_a_group(&store).await;
        for wrong in ["", "member.value pr", "group.value sw \"a\"", "not (group.value eq \"a\")"] {
            let path =
                format!("/GroupMembers?{}", if wrong.is_empty() { String::new() } else { filter(wrong) });
            idp.get(&path).await.refuses(400, "invalidFilter");
        }
        let path =
            format!("/GroupMembers?sortBy=member.value&{}", filter(&format!("group.value eq \"{group}\"")));
        idp.get(&path).await.refuses(400, "invalidValue");
        for id in ["", "x", "x.y", &format!("{group}.x"), &group] {
            if !id.is_empty() {
                idp.get(&format!("/GroupMembers/{id}")).await.refuses(404, "");
            }
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let detail = idp.send(idp.ask(method, "/GroupMembers").scim(&json!({}))).await.refuses(405, "");
            assert!(detail.contains("read-only"), "{detail}");
        }
        // Another directory's group does not exist here.
        let other = callers::directory(&company, Provider::Okta).await;
        let of_group = format!("/GroupMembers?{}", filter(&format!("group.value eq \"{group}\"")));
        assert_eq!(other.total(&of_group).await, 0);
        other.get(&format!("/GroupMembers/{group}.{}", members[0])).await.refuses(404, "");
        let kind = idp.get("/ResourceTypes/GroupMember").await.shows(200);
        assert_eq!(kind["endpoint"], "/GroupMembers");
        idp.get(&format!("/Schemas/{}", kind["schema"].as_str().unwrap())).await.shows(200);
    })
    .await;
}
