//! How many statements a request makes, and about what.

use crate::{
    large::Large,
    recorder::{alone, statements_of},
    support::each_engine,
};

#[tokio::test]
async fn a_list_of_groups_without_members_never_touches_the_members() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 200).await;
        let about_members = |statements: &[String]| {
            statements.iter().filter(|sql| sql.contains("directory_group_members")).count()
        };
        for path in [
            "/Groups?excludedAttributes=members",
            "/Groups?attributes=displayName",
            "/Groups?excludedAttributes=members&filter=displayName+eq+%22Group+1%22",
            // Answered by evaluation, and by sorting.
            "/Groups?excludedAttributes=members&filter=displayName+sw+%22G%22",
            "/Groups?excludedAttributes=members&filter=displayName+sw+%22G%22&sortBy=displayName",
        ] {
            let (answer, statements) = statements_of(&store.db, idp.get(path)).await;
            answer.has_status(200);
            assert_eq!(about_members(&statements), 0, "{path}: {statements:#?}");
        }
        let (_, statements) = statements_of(&store.db, idp.get("/Groups")).await;
        assert!(about_members(&statements) > 0, "the test would not see them");
    })
    .await;
}

#[tokio::test]
async fn a_patch_of_a_thousand_members_takes_the_statements_of_a_patch_of_one() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 1_100).await;
        let group = idp.group("Everyone", &idp.people[..50]).await;
        let (one, thousand) = (&idp.people[50..51], &idp.people[51..1_051]);
        // The first request of a token also notes that it was used.
        idp.get("/ServiceProviderConfig").await.has_status(200);
        for op in ["add", "remove"] {
            let (_, few) = statements_of(&store.db, idp.change_members(&group, op, one)).await;
            let (_, many) = statements_of(&store.db, idp.change_members(&group, op, thousand)).await;
            assert!(few.iter().any(|sql| sql.contains("directory_group_members")), "{few:#?}");
            assert_eq!(few.len(), many.len(), "{op}");
        }
    })
    .await;
}
