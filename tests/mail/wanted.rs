//! Nothing is sent to someone who is already gone.

use std::time::Duration;

use rollcall::{
    mail::{Order, order},
    model::{InvitationStatus, MailStatus, MailTemplate},
    people::{
        account,
        invitation::{self, Acceptance, Doorway},
        profile,
    },
    store,
};
use serde_json::json;

use crate::{post_office::PostOffice, smtp_server::SmtpServer, support::each_engine};

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn a_withdrawn_invitation_is_not_sent() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let user = office.acme.directory_adds("grace@acme.test").await;
        invitation::revoke(office.rollcall(), &office.acme.admin(), &user.membership_id.unwrap())
            .await
            .unwrap();
        assert_eq!(office.worker.run_due().await, 0);
        assert_eq!(office.only_mail().await.status, MailStatus::Cancelled);
        assert!(office.server.received().is_empty());
    })
    .await;
}

#[tokio::test]
async fn added_and_removed_within_the_delay_sends_nothing() {
    each_engine(async |store| {
        let delayed =
            |config: &mut rollcall::config::Config| config.invitation_delay = Duration::from_secs(60);
        let office = PostOffice::with(&store, SmtpServer::start(), delayed).await;
        let gone = office.acme.directory_adds("gone@acme.test").await;
        office.acme.directory_adds("stays@acme.test").await;
        assert_eq!(office.worker.run_due().await, 0, "both wait");
        office.clock.advance(Duration::from_secs(30));
        office.acme.directory_deactivates(&gone).await;
        office.clock.advance(Duration::from_secs(31));
        assert_eq!(office.worker.run_due().await, 1);
        office.clock.advance(Duration::from_secs(3600));
        assert_eq!(office.worker.run_due().await, 0);
        let received = office.server.wait_for(1).await;
        assert_eq!((received.len(), received[0].to()), (1, "stays@acme.test"));
        office
            .assert_outbox(&[
                ("gone@acme.test", MailStatus::Cancelled),
                ("stays@acme.test", MailStatus::Accepted),
            ])
            .await;
    })
    .await;
}

/// The outbox row alone would let it leave; the look at the invitation just before sending does not.
#[tokio::test]
async fn the_invitation_has_the_last_word() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let user = office.acme.directory_adds("grace@acme.test").await;
        let invitation = office.acme.invitation_of(&user.membership_id.unwrap()).await;
        let mut tx = office.rollcall().db.write().await.unwrap();
        store::invitations::end(&mut tx, &invitation.id, InvitationStatus::Revoked, office.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(office.only_mail().await.status, MailStatus::Queued);
        office.worker.run_due().await;
        let mail = office.only_mail().await;
        assert_eq!((mail.status, mail.attempts), (MailStatus::Cancelled, 0));
        assert!(office.server.received().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_invitation_whose_time_is_over_is_not_sent() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        office.acme.directory_adds("grace@acme.test").await;
        office.clock.advance(Duration::from_secs(14 * 24 * 3600));
        office.worker.run_due().await;
        assert_eq!(office.only_mail().await.status, MailStatus::Cancelled);
        assert!(office.server.received().is_empty());
    })
    .await;
}

#[tokio::test]
async fn sent_again_the_old_link_is_dead() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let user = office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        office.clock.advance(Duration::from_secs(120));
        let membership = user.membership_id.unwrap();
        invitation::resend(office.rollcall(), &office.acme.admin(), &membership).await.unwrap();
        office.worker.run_due().await;
        let received = office.server.wait_for(2).await;
        let (old, new) = (received[0].token(), received[1].token());
        assert_ne!(received[0].header("Message-ID"), received[1].header("Message-ID"));
        let door = invitation::open(office.rollcall(), &old).await.unwrap();
        assert!(matches!(door, Doorway::Replaced(_)));
        let door = invitation::open(office.rollcall(), &new).await.unwrap();
        assert!(matches!(door, Doorway::Open(_)));
    })
    .await;
}

#[tokio::test]
async fn sent_again_before_it_left_only_the_new_one_leaves() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let user = office.acme.directory_adds("grace@acme.test").await;
        let membership = user.membership_id.unwrap();
        invitation::resend(office.rollcall(), &office.acme.admin(), &membership).await.unwrap();
        office.worker.run_due().await;
        let received = office.server.wait_for(1).await;
        assert_eq!(received.len(), 1);
        assert!(received[0].header("Message-ID").contains(".2@"), "{}", received[0].header("Message-ID"));
    })
    .await;
}

/// Receivers that keep one mail of each Message-ID keep the first.
#[tokio::test]
async fn the_links_of_every_attempt_to_mail_an_account_work() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let unconfirmed = json!([{"at": "content", "drop": true, "times": 1}]);
        office.server.obey(&unconfirmed);
        account::request_password_reset(office.rollcall(), "ada@acme.test").await.unwrap();
        office.worker.run_due().await;
        office.clock.advance(Duration::from_secs(60));
        office.worker.run_due().await;
        let mails = office.server.wait_for(2).await;
        for mail in &mails {
            let token = mail.token_after("/password/");
            assert!(account::of_password_link(office.rollcall(), &token).await.unwrap().is_some());
        }
        let [first, second] = [0, 1].map(|number: usize| mails[number].token_after("/password/"));
        account::set_password(office.rollcall(), &first, "Ada", PASSWORD).await.unwrap();
        assert!(account::of_password_link(office.rollcall(), &second).await.unwrap().is_none(), "used once");

        office.server.obey(&unconfirmed);
        let ada = account::sign_in(office.rollcall(), "ada@acme.test", PASSWORD).await.unwrap().unwrap();
        profile::request_email_change(office.rollcall(), &ada, "ada@home.test", PASSWORD).await.unwrap();
        office.worker.run_due().await;
        office.clock.advance(Duration::from_secs(60));
        office.worker.run_due().await;
        let mails = office.server.wait_for(4).await;
        let [first, second] = [2, 3].map(|number: usize| mails[number].token_after("/email/"));
        for token in [&first, &second] {
            assert!(profile::of_email_link(office.rollcall(), token).await.unwrap().is_some());
        }
        profile::confirm_email(office.rollcall(), &first, None).await.unwrap();
        assert!(profile::of_email_link(office.rollcall(), &second).await.unwrap().is_none(), "used once");
    })
    .await;
}

/// Whoever took the mailbox over must not be able to keep the notice from the one before.
#[tokio::test]
async fn a_notice_about_the_account_is_sent_though_access_ended() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let user = office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        let token = office.server.wait_for(1).await[0].token();
        let password = Acceptance::Password { name: "Grace", password: PASSWORD };
        let (grace, _) = invitation::accept(office.rollcall(), &token, password).await.unwrap();
        office.server.obey(&json!([{"at": "connect", "drop": true}]));
        let mut tx = office.rollcall().db.write().await.unwrap();
        let context = office.rollcall().context(rollcall::audit::Actor::Person(grace.id.clone()));
        let notice = Order {
            template: MailTemplate::EmailChanged,
            workspace: None,
            subject_id: grace.id.as_str(),
            generation: 1,
            recipient: "grace@home.test",
            delay: Duration::ZERO,
            detail: json!({ "old": "grace@home.test", "new": "grace@acme.test" }),
        };
        order(&mut tx, &context, &notice).await.unwrap();
        tx.commit().await.unwrap();
        account::request_password_reset(office.rollcall(), "grace@acme.test").await.unwrap();
        office.acme.directory_deactivates(&user).await;
        office.server.obey(&json!([]));
        assert_eq!(office.worker.run_due().await, 1);
        assert_eq!(office.server.wait_for(2).await[1].to(), "grace@home.test");
    })
    .await;
}

#[tokio::test]
async fn the_links_of_every_attempt_work_until_it_is_accepted() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        // The server took the mail, but the line was cut before it said so.
        office.server.obey(&json!([{"at": "content", "drop": true, "times": 1}]));
        office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        let first = office.server.wait_for(1).await[0].token();
        let password = Acceptance::Password { name: "Grace", password: "correct horse battery" };
        invitation::accept(office.rollcall(), &first, password).await.unwrap();
        office.clock.advance(Duration::from_secs(60));
        assert_eq!(office.worker.run_due().await, 0, "who has accepted is not mailed again");
        let mail = office.only_mail().await;
        assert_eq!(mail.status, MailStatus::Cancelled);
    })
    .await;
}
