//! Changes of a group's members cost the same statements however many operations they are cut into, and read only as many
//! rows as they are about.

use rollcall::{directory::role_mapping, model::Role};
use serde_json::{Value, json};

use crate::{
    large::Large,
    recorder::{alone, rows_of, statements_of},
    support::each_engine,
};

fn member(id: &str) -> Value {
    json!([{ "value": id }])
}

#[tokio::test]
async fn many_operations_are_one_change() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 600).await;
        let group = idp.group("Everyone", &idp.people[..300]).await;
        idp.get("/ServiceProviderConfig").await.has_status(200);
        // As Okta removes people, by 256, and as others add and remove them one by one.
        let by_filter =
            |id: &String| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
        let by_reference =
            |id: &String| json!({ "op": "remove", "path": format!("members[$ref eq \"../Users/{id}\"]") });
        let by_value = |id: &String| json!({ "op": "remove", "path": "members", "value": member(id) });
        let added = |id: &String| json!({ "op": "add", "path": "members", "value": member(id) });
        let out_and_in = |id: &String| json!([by_value(id), added(id)]);
        for (what, before, operations, left) in [
            ("filters", "add", &by_filter as &dyn Fn(&String) -> Value, 43),
            ("references", "add", &by_reference, 43),
            ("values", "add", &by_value, 43),
            ("additions", "remove", &added, 300),
            ("both", "remove", &out_and_in, 300),
        ] {
            let whole = |people: &[String]| -> Value {
                let operations = people.iter().map(operations);
                operations.flat_map(|it| it.as_array().cloned().unwrap_or_else(|| vec![it])).collect()
            };
            idp.change_members(&group, before, &idp.people[..257]).await;
            let (_, few) = statements_of(&store.db, idp.change_group(&group, &whole(&idp.people[..1]))).await;
            let (_, all) =
                statements_of(&store.db, idp.change_group(&group, &whole(&idp.people[1..257]))).await;
            assert!(few.iter().any(|sql| sql.contains("directory_group_members")), "{few:#?}");
            assert_eq!(few.len(), all.len(), "{what}: {all:#?}");
            let path = format!("/GroupMembers?filter=group.value+eq+%22{}%22&count=0", group.0);
            assert_eq!(idp.get(&path).await.has_status(200).json()["totalResults"], left, "{what}");
        }
    })
    .await;
}

/// A filter that may mean anyone looks at everyone, but once.
#[tokio::test]
async fn a_group_is_loaded_once_for_all_filters_of_a_request() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 300).await;
        let group = idp.group("Everyone", &idp.people).await;
        let filters = Value::Array(vec![json!({ "op": "remove", "path": "members[type eq \"Group\"]" }); 10]);
        let (_, statements) = rows_of(&store.db, idp.change_group(&group, &filters)).await;
        let loads = statements.iter().filter(|(_, rows)| *rows >= 300).count();
        assert_eq!(loads, 1, "{statements:#?}");
    })
    .await;
}

/// One person in a group of five thousand, five deep below the group that gives the role: nothing that is read grows with
/// any of these groups. Nor does a person's deletion.
#[tokio::test]
async fn one_person_costs_the_depth_and_no_more() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10).await;
        let company = &idp.company;
        role_mapping::map(&company.rollcall, &company.admin(), &idp.directory.id, "Top", Role::Admin)
            .await
            .unwrap();
        let everyone: Vec<String> = (0..5_000).map(|_| company.clock.new_id()).collect();
        let bottom = idp.group("Bottom", &everyone).await;
        let mut below = bottom.clone();
        for name in ["A", "B", "C", "Top"] {
            let group = idp.group(name, &everyone).await;
            idp.change_members(&group, "add", std::slice::from_ref(&below.0)).await;
            below = group;
        }
        let answer = idp.creates("ana@acme.test").await.has_status(201).json();
        let ana = answer["id"].as_str().unwrap().to_owned();
        for op in ["add", "remove", "add"] {
            let (_, statements) =
                rows_of(&store.db, idp.change_members(&bottom, op, std::slice::from_ref(&ana))).await;
            assert!(statements.iter().all(|(_, rows)| *rows <= 10), "{op}: {statements:#?}");
            let role = company.membership("ana@acme.test").await.role;
            assert_eq!(role, if op == "add" { Role::Admin } else { Role::Member });
        }
        // No person of the group is written for a push, whatever their own `groups` now say.
        let (_, statements) = statements_of(&store.db, idp.change_members(&bottom, "add", &idp.people)).await;
        assert!(statements.iter().all(|sql| !sql.contains("UPDATE directory_users")), "{statements:#?}");
    })
    .await;
}
