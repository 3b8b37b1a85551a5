//! What is done once a minute.

use std::time::Duration;

use rollcall::{
    jobs::run_chores,
    model::{InvitationStatus, MailStatus},
    people::invitation::{self, Doorway},
    store,
};
use serde_json::json;

use crate::{post_office::PostOffice, support::each_engine};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn who_has_not_answered_is_reminded_once() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        office.acme.directory_adds("grace@acme.test").await;
        let gone = office.acme.directory_adds("gone@acme.test").await;
        office.worker.run_due().await;
        office.clock.advance(6 * DAY);
        run_chores(office.rollcall()).await;
        assert_eq!(office.worker.run_due().await, 0, "not before the seventh day");
        office.acme.directory_deactivates(&gone).await;

        office.clock.advance(DAY);
        run_chores(office.rollcall()).await;
        run_chores(office.rollcall()).await;
        assert_eq!(office.worker.run_due().await, 1, "only who still waits");
        run_chores(office.rollcall()).await;
        assert_eq!(office.worker.run_due().await, 0, "only once");

        let received = office.server.wait_for(3).await;
        assert_eq!(received[2].header("Subject"), "Reminder: join Acme on Rollcall");
        assert_eq!(received[2].to(), "grace@acme.test");
        for mail in [&received[2], received.iter().find(|mail| mail.to() == "grace@acme.test").unwrap()] {
            let door = invitation::open(office.rollcall(), &mail.token()).await.unwrap();
            assert!(matches!(door, Doorway::Open(_)), "the first link works as well");
        }
    })
    .await;
}

#[tokio::test]
async fn who_never_got_the_invitation_is_not_reminded() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(&json!([{"at": "rcpt", "reply": "550 5.7.1 Not for you"}]));
        office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        office.clock.advance(8 * DAY);
        run_chores(office.rollcall()).await;
        assert_eq!(office.only_mail().await.status, MailStatus::Refused);
    })
    .await;
}

#[tokio::test]
async fn invitations_and_sessions_run_out() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let user = office.acme.directory_adds("grace@acme.test").await;
        let now = office.clock.now();
        let mut tx = office.rollcall().db.write().await.unwrap();
        store::sessions::upsert(&mut tx, "old", None, "{}", now, now.plus(DAY)).await.unwrap();
        store::sessions::upsert(&mut tx, "new", None, "{}", now, now.plus(30 * DAY)).await.unwrap();
        tx.commit().await.unwrap();

        office.clock.advance(15 * DAY);
        run_chores(office.rollcall()).await;
        let invitation = office.acme.invitation_of(&user.membership_id.unwrap()).await;
        assert_eq!(invitation.status, InvitationStatus::Expired);
        assert_eq!(office.only_mail().await.status, MailStatus::Cancelled);
        let mut tx = office.rollcall().db.write().await.unwrap();
        assert_eq!(store::sessions::delete_expired(&mut tx, now.plus(60 * DAY)).await.unwrap(), 1);
    })
    .await;
}
