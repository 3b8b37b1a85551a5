//! Unique keys: each is told apart by its name on both engines, and compared without case where it should be.

use rollcall::{
    clock::Clock,
    model::{InvitationStatus, MailStatus, MailTemplate, Provider, Role},
    store::{
        self, DatabaseUrl, Error, Tx, UniqueKey,
        accounts::Account,
        directories::{Directory, Settings},
        directory_groups::{DirectoryGroup, GroupCondition},
        directory_users::{DirectoryUser, EmailKey, UserCondition},
        invitations::Invitation,
        key,
        memberships::Membership,
        outbox::Mail,
    },
};
use sqlx::ConnectOptions;

use crate::{
    company::Company,
    support::{TestStore, each_engine},
};

/// Runs a write and takes it back; gives its refusal.
async fn refusal(
    store: &TestStore,
    write: impl AsyncFnOnce(&mut Tx) -> store::Result<()>,
) -> Option<UniqueKey> {
    let mut tx = store.db.write().await.unwrap();
    let outcome = write(&mut tx).await;
    tx.rollback().await.unwrap();
    match outcome {
        Ok(()) => None,
        Err(Error::Unique(key)) => Some(key),
        Err(other) => panic!("{other:?}"),
    }
}

fn id<T: From<String>>() -> T {
    Clock::System.new_id()
}

fn account(company: &Company, email: &str) -> Account {
    Account { id: id(), email: email.to_owned(), email_key: key(email), ..company.owner.clone() }
}

fn directory(company: &Company, name: &str) -> Directory {
    Directory {
        id: id(),
        workspace_id: company.workspace.id.clone(),
        provider: Provider::Okta,
        name: name.to_owned(),
        settings: Settings::new(Role::Member),
        created_by: None,
        created_at: company.clock.now(),
    }
}

fn user(company: &Company, directory: &Directory, user_name: &str) -> DirectoryUser {
    let now = company.clock.now();
    DirectoryUser {
        id: id(),
        directory_id: directory.id.clone(),
        user_name: user_name.to_owned(),
        external_id: None,
        active: true,
        display_name: None,
        email: None,
        document: "{}".to_owned(),
        version: 1,
        membership_id: None,
        held_reason: None,
        held_since: None,
        approved_at: None,
        created_at: now,
        updated_at: now,
        deleted: false,
    }
}

fn group(company: &Company, directory: &Directory, name: &str) -> DirectoryGroup {
    let now = company.clock.now();
    DirectoryGroup {
        id: id(),
        directory_id: directory.id.clone(),
        display_name: name.to_owned(),
        external_id: None,
        document: "{}".to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

async fn ada(company: &Company) -> Membership {
    company.membership("ada@acme.test").await
}

#[tokio::test]
async fn workspaces_accounts_and_memberships() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let mut workspace = company.workspace.clone();
        workspace.id = id();
        let refused = refusal(&store, async |tx| store::workspaces::insert(tx, &workspace).await).await;
        assert_eq!(refused, Some(UniqueKey::WorkspaceSlug));

        let same = account(&company, "ADA@acme.test");
        let refused = refusal(&store, async |tx| store::accounts::insert(tx, &same).await).await;
        assert_eq!(refused, Some(UniqueKey::AccountEmail));

        company.invites("bo@acme.test", Role::Member).await;
        let bo = company.membership("bo@acme.test").await;
        let renamed = Membership { email_key: "ada@acme.test".to_owned(), ..bo.clone() };
        let refused = refusal(&store, async |tx| store::memberships::update(tx, &renamed).await).await;
        assert_eq!(refused, Some(UniqueKey::MembershipEmail));

        let taken = Membership { account_id: ada(&company).await.account_id, ..bo };
        let refused = refusal(&store, async |tx| store::memberships::update(tx, &taken).await).await;
        assert_eq!(refused, Some(UniqueKey::MembershipAccount));

        let second = Membership { id: id(), account_id: None, ..ada(&company).await };
        let mut tx = store.db.write().await.unwrap();
        assert!(!store::memberships::insert(&mut tx, &second).await.unwrap(), "told, not refused");
        tx.rollback().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn directories_and_what_they_hold() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = directory(&company, "Okta");
        let (user_of_okta, group_of_okta) = (user(&company, &okta, "Ana"), group(&company, &okta, "Sales"));
        let mut tx = store.db.write().await.unwrap();
        store::directories::insert(&mut tx, &okta, Some("form-1")).await.unwrap();
        store::directory_users::insert(&mut tx, &user_of_okta, &[]).await.unwrap();
        store::directory_groups::insert(&mut tx, &group_of_okta).await.unwrap();
        tx.commit().await.unwrap();

        let same_name = directory(&company, "OKTA");
        let refused =
            refusal(&store, async |tx| store::directories::insert(tx, &same_name, None).await).await;
        assert_eq!(refused, Some(UniqueKey::DirectoryName));
        let same_form = directory(&company, "Other");
        let refused =
            refusal(&store, async |tx| store::directories::insert(tx, &same_form, Some("form-1")).await)
                .await;
        assert_eq!(refused, Some(UniqueKey::DirectoryCreation));
        let same_user = user(&company, &okta, "aNA");
        let refused =
            refusal(&store, async |tx| store::directory_users::insert(tx, &same_user, &[]).await).await;
        assert_eq!(refused, Some(UniqueKey::DirectoryUserName));
        let same_group = group(&company, &okta, "sALES");
        let refused =
            refusal(&store, async |tx| store::directory_groups::insert(tx, &same_group).await).await;
        assert_eq!(refused, Some(UniqueKey::DirectoryGroupName));

        let mut tx = store.db.write().await.unwrap();
        store::directory_users::delete(&mut tx, &user_of_okta.id, company.clock.now()).await.unwrap();
        store::directory_users::insert(&mut tx, &same_user, &[])
            .await
            .expect("a deleted person's name is free");
        store::directories::remove(&mut tx, &okta.id, company.clock.now()).await.unwrap();
        store::directories::insert(&mut tx, &same_name, Some("form-1"))
            .await
            .expect("a removed directory's name is free");
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn invitations_and_other_keys() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites("bo@acme.test", Role::Member).await;
        let open = company.invitation("bo@acme.test").await;
        let second = Invitation { id: id(), ..open.clone() };
        let refused = refusal(&store, async |tx| store::invitations::insert(tx, &second).await).await;
        assert_eq!(refused, Some(UniqueKey::PendingInvitation));
        let over = Invitation { id: id(), status: InvitationStatus::Revoked, ..open.clone() };
        assert_eq!(refusal(&store, async |tx| store::invitations::insert(tx, &over).await).await, None);
        let refused = refusal(&store, async |tx| {
            store::invitations::insert(tx, &Invitation { status: InvitationStatus::Expired, ..open.clone() })
                .await
        });
        assert_eq!(refused.await, Some(UniqueKey::Other), "a primary key");
    })
    .await;
}

#[tokio::test]
async fn one_mail_to_a_template_subject_and_generation() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites("bo@acme.test", Role::Member).await;
        let open = company.invitation("bo@acme.test").await;
        let now = company.clock.now();
        let again = Mail {
            id: id(),
            workspace_id: None,
            template: MailTemplate::Invitation.to_string(),
            subject_id: open.id.0.clone(),
            generation: open.generation,
            recipient: "bo@acme.test".to_owned(),
            detail: "{}".to_owned(),
            return_key: String::new(),
            bulk: false,
            status: MailStatus::Queued,
            attempts: 0,
            due_at: now,
            lease_until: now,
            answer: None,
            created_at: now,
            updated_at: now,
        };
        let mut tx = store.db.write().await.unwrap();
        store::outbox::insert(&mut tx, &again).await.expect("told twice is told once");
        tx.commit().await.unwrap();
        let mails = company.look("SELECT id FROM outbox WHERE subject_id = $1", open.id.as_str()).await;
        assert_eq!(mails.len(), 1);
        assert_eq!(copied(&store.url).await, UniqueKey::OutboxOnce);
    })
    .await;
}

/// Copies the mail by a statement of its own, without the clause that passes over the key; gives the key that refused.
async fn copied(url: &DatabaseUrl) -> UniqueKey {
    const SQL: &str = "INSERT INTO outbox SELECT 'copy', workspace_id, template, subject_id, generation, recipient, recipient_key, return_key, mail_subject, detail, \
                       bulk, status, attempts, due_at, lease_until, lease_by, answer, created_at, updated_at FROM outbox";
    let cause = match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            sqlx::query(SQL).execute(&mut conn).await.unwrap_err()
        }
        DatabaseUrl::Postgres(url) => {
            let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            sqlx::query(SQL).execute(&mut options.connect().await.unwrap()).await.unwrap_err()
        }
    };
    match Error::from(cause) {
        Error::Unique(key) => key,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn names_are_found_in_any_case_and_any_script() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = directory(&company, "Okta");
        let mut tx = store.db.write().await.unwrap();
        store::directories::insert(&mut tx, &okta, None).await.unwrap();
        for (written, email) in
            [("Änne", "ÄNNE@acme.test"), ("ΣΊΣΥΦΟΣ", "s@acme.test"), ("Ana", "Ana@Acme.Test")]
        {
            let emails = [EmailKey { value: key(email), kind: Some(key("Work")) }];
            store::directory_users::insert(&mut tx, &user(&company, &okta, written), &emails).await.unwrap();
            store::directory_groups::insert(&mut tx, &group(&company, &okta, written)).await.unwrap();
        }
        tx.commit().await.unwrap();

        let mut conn = store.db.read().await.unwrap();
        let email = |value: &str, kind: Option<&str>| UserCondition::Email {
            value: value.to_owned(),
            kind: kind.map(str::to_owned),
        };
        for (condition, expected) in [
            (UserCondition::UserName("äNNE".to_owned()), 1),
            (UserCondition::UserName("ANNE".to_owned()), 0),
            (UserCondition::UserName("σίσυφοσ".to_owned()), 1),
            (UserCondition::UserName("aNA".to_owned()), 1),
            (UserCondition::UserName("ana ".to_owned()), 0),
            (UserCondition::UserName("An_".to_owned()), 0),
            (email("änne@ACME.test", None), 1),
            (email("ana@acme.test", Some("WORK")), 1),
            (email("ana@acme.test", Some("home")), 0),
            (UserCondition::Active(true), 3),
            (UserCondition::Active(false), 0),
        ] {
            let found =
                store::directory_users::count(&mut conn, &okta.id, std::slice::from_ref(&condition)).await;
            assert_eq!(found.unwrap(), expected, "{condition:?}");
        }
        for (name, expected) in [("ÄNNE", 1), ("ana", 1), ("an%", 0)] {
            let condition = [GroupCondition::DisplayName(name.to_owned())];
            assert_eq!(
                store::directory_groups::count(&mut conn, &okta.id, &condition).await.unwrap(),
                expected,
                "{name}"
            );
        }
    })
    .await;
}
