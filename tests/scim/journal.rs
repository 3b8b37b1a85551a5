//! The journal: what is kept of each request, and the reference by which a refusal finds it.

use std::time::Duration;

use rollcall::{
    jobs, journal,
    model::{Provider, RequestKind},
    store::{
        self,
        scim_requests::{ScimRequest, Search},
    },
};
use serde_json::json;

use crate::{
    callers::{self, Caller, filter, person},
    company::Company,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

/// The journal of a directory, newest first, with all that waits for it.
async fn read(company: &Company, caller: &Caller) -> Vec<ScimRequest> {
    journal::write_out(&company.rollcall).await;
    let mut conn = company.rollcall.db.read().await.unwrap();
    store::scim_requests::list(&mut conn, &caller.directory, &Default::default(), 10_000).await.unwrap()
}

/// The reference at the end of a refusal.
#[track_caller]
fn reference(detail: &str) -> &str {
    let (_, reference) = detail.rsplit_once(" Ref ").unwrap_or_else(|| panic!("no reference in {detail:?}"));
    reference
}

#[tokio::test]
async fn a_change_is_kept_with_what_it_changed() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta)
            .await
            .sending("user-agent", "Okta SCIM Client 1.0.0");
        let id = okta.creates(ANA).await;
        company.accepts(ANA).await;
        okta.change(&format!("/Users/{id}"), &json!([{"op": "replace", "value": {"active": false}}]))
            .await
            .shows(200);
        let entries = read(&company, &okta).await;
        let told: Vec<(&str, i64, &str)> = entries
            .iter()
            .map(|entry| (entry.method.as_str(), entry.status, entry.summary.as_str()))
            .collect();
        assert_eq!(
            told,
            [("PATCH", 200, "Deactivated ana@acme.test"), ("POST", 201, "Added and invited ana@acme.test")]
        );
        let patch = &entries[0];
        assert_eq!(patch.kind, RequestKind::Change);
        assert_eq!(patch.target, format!("/Users/{id}"));
        assert_eq!(patch.user_agent.as_deref(), Some("Okta SCIM Client 1.0.0"));
        assert_eq!(patch.deviations, "pathless_operation");
        assert!(patch.token_hint.as_ref().unwrap().starts_with("scim_…"), "{:?}", patch.token_hint);
        assert!(patch.request_body.as_ref().unwrap().contains("\"active\":false"));
        assert!(patch.response_body.as_ref().unwrap().contains(ANA));
        let mut conn = company.rollcall.db.read().await.unwrap();
        let events = store::events::list_of_requests(&mut conn, &[patch.id.as_str()], 100).await.unwrap();
        let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
        assert_eq!(actions, ["membership.suspended", "directory_user.deactivated"]);
        assert_eq!(journal::consequence(&events[0]).sentence, "Suspended, 1 session ended");
    })
    .await;
}

#[tokio::test]
async fn a_group_says_how_many_came_and_went() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let (ana, bo) = (okta.creates(ANA).await, okta.creates("bo@acme.test").await);
        let group = okta.creates_group("Engineering", &[&ana]).await;
        let path = format!("/Groups/{group}");
        okta.change(&path, &json!([{"op": "add", "path": "members", "value": [{"value": bo}]}])).await;
        okta.change(&path, &json!([{"op": "remove", "path": format!("members[value eq \"{ana}\"]")}])).await;
        okta.delete(&path).await.is_empty();
        let entries = read(&company, &okta).await;
        let told: Vec<&str> = entries.iter().take(4).map(|entry| entry.summary.as_str()).collect();
        assert_eq!(
            told,
            [
                "Deleted the group Engineering",
                "Removed 1 member from Engineering",
                "Added 1 member to Engineering",
                "Created the group Engineering with 1 member",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_refusal_ends_with_the_reference_that_finds_it() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        okta.creates(ANA).await;
        let detail = okta.post("/Users", &person(ANA)).await.refuses(409, "uniqueness");
        journal::write_out(&company.rollcall).await;
        let mut conn = company.rollcall.db.read().await.unwrap();
        let found =
            store::scim_requests::find_by_reference(&mut conn, &okta.directory, reference(&detail)).await;
        let entry = found.unwrap().expect("the entry of the reference");
        assert_eq!((entry.kind, entry.status), (RequestKind::Error, 409));
        assert_eq!(entry.scim_type.as_deref(), Some("uniqueness"));
        assert_eq!(
            entry.summary,
            "Refused: A User with the userName “ana@acme.test” exists in this directory"
        );
        // What was told ends where the reference begins.
        assert_eq!(Some(detail.split(" Ref ").next().unwrap()), entry.detail.as_deref());
        assert!(entry.search_key.contains(ANA));
    })
    .await;
}

#[tokio::test]
async fn each_refused_operation_of_a_bulk_request_has_the_reference() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "a", "data": person(ANA)},
                {"method": "POST", "path": "/Users", "bulkId": "b", "data": person("bo@acme.test")},
                {"method": "POST", "path": "/Users", "bulkId": "c", "data": person(ANA)},
            ],
        });
        let answer = okta.post("/Bulk", &body).await.shows(200);
        let detail = answer["Operations"][2]["response"]["detail"].as_str().unwrap();
        let entries = read(&company, &okta).await;
        let taken = "A User with the userName “ana@acme.test” exists in this directory";
        assert_eq!(entries[0].reference, reference(detail));
        assert_eq!((entries[0].kind, entries[0].status), (RequestKind::Error, 200));
        assert_eq!(entries[0].summary, format!("Refused 1 of 3 operations: {taken}"));
        assert_eq!(entries[0].scim_type.as_deref(), Some("uniqueness"));
        assert_eq!(entries[0].detail.as_deref(), detail.split(" Ref ").next());
        // Those of one that changed nothing are found too.
        let operation = json!({"method": "DELETE", "path": "/Users/nobody"});
        let body = json!({"schemas": body["schemas"], "Operations": [operation]});
        okta.post("/Bulk", &body).await.shows(200);
        let entries = read(&company, &okta).await;
        assert!(entries[0].summary.starts_with("Refused 1 of 1 operation: "), "{}", entries[0].summary);
        let errors = Search { kind: Some(RequestKind::Error), ..Search::default() };
        let mut conn = company.rollcall.db.read().await.unwrap();
        let errors = store::scim_requests::list(&mut conn, &okta.directory, &errors, 10).await.unwrap();
        assert_eq!(errors.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn secrets_are_not_kept() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, token) = company.directory(Provider::Okta).await;
        let okta = Caller::new(&company.rollcall, directory.id, Some(token.reveal()));
        let mut body = person(ANA);
        body["password"] = json!("pl4ceholder");
        okta.post("/Users", &body).await.shows(201);
        okta.get(&format!("/Users?{}", filter("password eq \"pl4ceholder\""))).await;
        for entry in read(&company, &okta).await {
            let kept = format!("{entry:?}");
            assert!(!kept.contains("pl4ceholder"), "{kept}");
            assert!(!kept.contains(token.reveal()), "{kept}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_rejected_sign_in_is_kept_without_a_body() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let stranger = Caller::new(&company.rollcall, okta.directory.clone(), Some("scim_wrong"));
        let detail = stranger.post("/Users", &person(ANA)).await.refuses(401, "");
        let entries = read(&company, &okta).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].kind, RequestKind::Rejected);
        assert_eq!(entries[0].reference, reference(&detail));
        assert_eq!(entries[0].summary, "A request arrived with a wrong token");
        assert_eq!((&entries[0].request_body, &entries[0].token_hint), (&None, &None));
        let mut conn = company.rollcall.db.read().await.unwrap();
        let progress = store::directories::progress(&mut conn, &okta.directory).await.unwrap();
        assert_eq!(
            progress.rejected.detail.as_deref(),
            Some("A request arrived with a wrong token from an unknown address")
        );
        drop(conn);

        // Once the right token came, the wrong one is no news.
        company.clock.advance(Duration::from_secs(60));
        okta.get("/Users").await.shows(200);
        read(&company, &okta).await;
        let mut conn = company.rollcall.db.read().await.unwrap();
        let progress = store::directories::progress(&mut conn, &okta.directory).await.unwrap();
        assert_eq!(progress.rejected.at, None);
    })
    .await;
}

#[tokio::test]
async fn a_directory_that_is_not_there_has_no_journal_and_gets_the_same_answer() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let nobody = "019ab2c4-7e10-7abc-8def-0123456789ab".to_owned().into();
        let lost = Caller::new(&company.rollcall, nobody, Some("scim_wrong"));
        let stranger = Caller::new(&company.rollcall, okta.directory.clone(), Some("scim_wrong"));
        let without = |detail: String| detail.split(" Ref ").next().unwrap().to_owned();
        assert_eq!(
            without(lost.get("/Users").await.refuses(401, "")),
            without(stranger.get("/Users").await.refuses(401, "")),
        );
        assert_eq!(read(&company, &lost).await.len(), 0);
        assert_eq!(read(&company, &okta).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn reads_are_sampled_and_refusals_are_not() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        for _ in 0..300 {
            okta.get("/ResourceTypes?aadOptscim062020").await.has_status(200);
        }
        for _ in 0..120 {
            okta.get("/Users/unknown").await.refuses(404, "");
        }
        let entries = read(&company, &okta).await;
        let of = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
        assert_eq!(of(RequestKind::Error), 120);
        assert!((1..300).contains(&of(RequestKind::Read)), "{}", of(RequestKind::Read));
    })
    .await;
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_fails_no_request() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        company.look("ALTER TABLE scim_requests RENAME TO elsewhere", "").await;
        okta.creates(ANA).await;
        journal::write_out(&company.rollcall).await;
        okta.creates("bo@acme.test").await;
        company.look("ALTER TABLE elsewhere RENAME TO scim_requests", "").await;
        assert_eq!(read(&company, &okta).await.len(), 1, "what comes later is kept");
    })
    .await;
}

#[tokio::test]
async fn deviations_are_counted_with_an_example() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let entra = callers::directory(&company, Provider::Entra).await;
        let id = entra.creates(ANA).await;
        for active in ["False", "True", "False"] {
            let operation = json!([{"op": "Replace", "path": "active", "value": active}]);
            entra.change(&format!("/Users/{id}"), &operation).await;
            journal::write_out(&company.rollcall).await;
            company.clock.advance(Duration::from_secs(60));
        }
        let entries = read(&company, &entra).await;
        let mut conn = company.rollcall.db.read().await.unwrap();
        let report = store::directory_deviations::list(&mut conn, &entra.directory).await.unwrap();
        let seen: Vec<(&str, i64)> =
            report.iter().map(|line| (line.seen.deviation.as_str(), line.seen.seen)).collect();
        assert_eq!(seen, [("capitalised_op", 3), ("string_boolean", 3)]);
        assert_eq!(report[1].seen.first_at, entries[2].at);
        assert_eq!(report[1].seen.last_at, entries[0].at);
        assert_eq!(report[1].reference.as_ref(), Some(&entries[0].reference));
    })
    .await;
}

#[tokio::test]
async fn the_housekeeping_forgets_what_is_old_and_thins_out_reads() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        okta.creates(ANA).await;
        okta.get("/Users?aadOptscim062020").await.has_status(200);
        read(&company, &okta).await;
        let mut tx = company.rollcall.db.write().await.unwrap();
        let reads = Search { kind: Some(RequestKind::Read), ..Default::default() };
        let [template] = <[ScimRequest; 1]>::try_from(
            store::scim_requests::list(&mut tx, &okta.directory, &reads, 1).await.unwrap(),
        )
        .expect("the read");
        let many: Vec<ScimRequest> = (0..journal::READS_KEPT + 600)
            .map(|_| ScimRequest { id: company.clock.new_id(), ..template.clone() })
            .collect();
        store::scim_requests::insert_all(&mut tx, &many).await.unwrap();
        tx.commit().await.unwrap();
        jobs::run_chores(&company.rollcall).await;
        let entries = read(&company, &okta).await;
        let reads: Vec<&ScimRequest> =
            entries.iter().filter(|entry| entry.kind == RequestKind::Read).collect();
        assert_eq!(reads.len(), usize::try_from(journal::READS_KEPT).unwrap() + 1);
        assert_eq!(reads[0].id, many.last().unwrap().id, "the latest stay");
        assert_eq!(reads.last().unwrap().id, template.id, "the example of a deviation stays");
        assert_eq!(entries.len(), reads.len() + 1, "changes stay");
        company.clock.advance(journal::RETENTION + Duration::from_secs(1));
        okta.creates("bo@acme.test").await;
        read(&company, &okta).await;
        jobs::run_chores(&company.rollcall).await;
        let entries = read(&company, &okta).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].summary, "Added and invited bo@acme.test");
    })
    .await;
}
