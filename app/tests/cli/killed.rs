//! What is left when the server is killed while identity providers write.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rollcall::store::{Create, DatabaseUrl, Db};
use serde_json::json;

use crate::program::{Place, request};

#[test]
fn what_was_answered_survives_a_kill_and_nothing_is_there_in_part() {
    let place = Place::new();
    for round in 0..3 {
        let mut server = place.serve();
        let (address, name) = (server.address, format!("W{round}"));
        place.run(&["workspace", "create", "--name", &name, "--owner", "ada@acme.test"]);
        let slug = name.to_lowercase();
        let made =
            place.run(&["directory", "create", "--workspace", &slug, "--provider", "okta", "--json"]).json();
        let path = format!("/scim/v2/{}/Users", made["id"].as_str().unwrap());
        let token = made["token"].as_str().unwrap();

        let acknowledged = Mutex::new(Vec::new());
        let number = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    loop {
                        let user_name =
                            format!("r{round}-{}@acme.test", number.fetch_add(1, Ordering::Relaxed));
                        match request(
                            address,
                            "POST",
                            &path,
                            Some(token),
                            Some(&json!({ "userName": user_name })),
                        ) {
                            Some((201, _)) => acknowledged.lock().unwrap().push(user_name),
                            Some((status, body)) => panic!("{status}: {body}"),
                            None => return,
                        }
                    }
                });
            }
            let deadline = Instant::now() + Duration::from_secs(60);
            while acknowledged.lock().unwrap().len() < 60 + 40 * round && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
            server.kill();
        });
        let acknowledged = acknowledged.into_inner().unwrap();
        assert!(acknowledged.len() >= 60, "only {} were answered", acknowledged.len());

        let stored = stored(&place.path("rollcall.db"));
        for user_name in &acknowledged {
            assert!(stored.contains(user_name), "{user_name} was answered with 201 and is lost");
        }
    }
}

/// The `userName`s in the file, after checking that each is there with everything that belongs to it.
fn stored(file: &Path) -> HashSet<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::ConnectOptions;
        let url: DatabaseUrl = format!("sqlite:{}", file.display()).parse().unwrap();
        drop(Db::open(&url, Create::Never).await.unwrap());
        let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap();
        assert_eq!(check, "ok");
        let partial: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM directory_users u WHERE NOT EXISTS (SELECT 1 FROM memberships m \
             JOIN invitations i ON i.membership_id = m.id JOIN outbox o ON o.subject_id = i.id \
             WHERE m.id = u.membership_id)",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        assert_eq!(partial, 0, "a person without membership, invitation or mail");
        let names: Vec<String> =
            sqlx::query_scalar("SELECT user_name FROM directory_users").fetch_all(&mut conn).await.unwrap();
        names.into_iter().collect()
    })
}
