//! A workspace with an owner and a directory.

use rollcall::{
    Rollcall,
    audit::Actor,
    model::{DirectoryUserId, MembershipId, Provider, Role},
    people::{
        self, Caller,
        projection::{self, Speaker},
    },
    store::{
        self,
        accounts::Account,
        directories::{Directory, Settings},
        directory_users::DirectoryUser,
        invitations::Invitation,
        workspaces::Workspace,
    },
};

/// The workspace Acme: Ada owns it, and an Okta directory feeds it.
#[derive(Clone)]
pub struct Acme {
    /// The Rollcall that it lives in.
    pub rollcall: Rollcall,
    /// The workspace.
    pub workspace: Workspace,
    /// Its owner.
    pub owner: Account,
    /// Its directory; adds people as members.
    pub directory: Directory,
}

impl Acme {
    /// Makes the workspace.
    pub async fn new(rollcall: Rollcall) -> Self {
        let (workspace, owner, _) =
            people::workspace::create(&rollcall, "Acme", "ada@acme.test", None).await.unwrap();
        let directory = Directory {
            id: rollcall.clock.new_id(),
            workspace_id: workspace.id.clone(),
            provider: Provider::Okta,
            name: "Okta".to_owned(),
            settings: Settings::new(Role::Member),
            created_by: Some(owner.id.clone()),
            created_at: rollcall.clock.now(),
        };
        let mut tx = rollcall.db.write().await.unwrap();
        store::directories::insert(&mut tx, &directory, None).await.unwrap();
        tx.commit().await.unwrap();
        Self { rollcall, workspace, owner, directory }
    }

    /// An admin at the command line.
    pub fn admin(&self) -> Caller<'_> {
        Caller::CommandLine(&self.workspace)
    }

    /// The directory says that there is this person, and active.
    pub async fn directory_adds(&self, email: &str) -> DirectoryUser {
        self.directory_adds_as(email, "{}").await
    }

    /// The same, with what else the directory says of them.
    pub async fn directory_adds_as(&self, email: &str, document: &str) -> DirectoryUser {
        let now = self.rollcall.clock.now();
        let user = DirectoryUser {
            id: self.rollcall.clock.new_id(),
            directory_id: self.directory.id.clone(),
            user_name: email.to_owned(),
            external_id: None,
            active: true,
            display_name: None,
            email: Some(email.to_owned()),
            document: document.to_owned(),
            version: 1,
            membership_id: None,
            held_reason: None,
            held_since: None,
            approved_at: None,
            created_at: now,
            updated_at: now,
            deleted: false,
        };
        let mut tx = self.rollcall.db.write().await.unwrap();
        store::directory_users::insert(&mut tx, &user, &[]).await.unwrap();
        self.project(&mut tx, &user).await;
        tx.commit().await.unwrap();
        self.rollcall.mail_due.notify_one();
        self.directory_user(&user.id).await
    }

    /// The directory says that this person is inactive.
    pub async fn directory_deactivates(&self, user: &DirectoryUser) {
        self.directory_says(user, false).await;
    }

    /// The directory says that this person is active, or is not.
    pub async fn directory_says(&self, user: &DirectoryUser, active: bool) {
        let user = DirectoryUser { active, ..self.directory_user(&user.id).await };
        let mut tx = self.rollcall.db.write().await.unwrap();
        store::directory_users::update(&mut tx, &user, &[]).await.unwrap();
        self.project(&mut tx, &user).await;
        tx.commit().await.unwrap();
    }

    async fn project(&self, tx: &mut store::Tx, user: &DirectoryUser) {
        let context = self.rollcall.context(Actor::Directory(self.directory.id.clone()));
        let speaker = Speaker {
            directory_id: self.directory.id.clone(),
            workspace_id: self.workspace.id.clone(),
            settings: self.directory.settings.clone(),
        };
        projection::project(tx, &context, &speaker, user).await.unwrap();
    }

    async fn directory_user(&self, id: &DirectoryUserId) -> DirectoryUser {
        let mut conn = self.rollcall.db.read().await.unwrap();
        store::directory_users::get(&mut conn, &self.directory.id, id).await.unwrap().unwrap()
    }

    /// The latest invitation of a membership.
    pub async fn invitation_of(&self, membership: &MembershipId) -> Invitation {
        let mut conn = self.rollcall.db.read().await.unwrap();
        store::invitations::find_latest(&mut conn, membership).await.unwrap().unwrap()
    }
}
