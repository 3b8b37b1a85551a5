//! The workspace Acme as a test sees it from outside: what stands in the store after each step.

use rollcall::{
    Rollcall,
    clock::Clock,
    config::Config,
    directory::administration::{self, Choice},
    model::{DirectoryId, InvitationId, MembershipId, OnRemoval, Provider, Role},
    people::{
        self, Caller, account,
        invitation::{self, Acceptance},
    },
    secret::{self, Secret},
    store::{
        self, DatabaseUrl, accounts::Account, directories::Directory, invitations::Invitation,
        memberships::Membership, workspaces::Workspace,
    },
};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{TestStore, fixed_clock, rollcall};

/// A password that is good enough.
pub const PASSWORD: &str = "correct horse battery";

/// The workspace Acme: Ada owns it.
pub struct Company {
    /// The Rollcall that it lives in.
    pub rollcall: Rollcall,
    /// The workspace.
    pub workspace: Workspace,
    /// Ada.
    pub owner: Account,
    /// Where the store is, to look behind the curtain.
    pub url: DatabaseUrl,
    /// Stands still until it is moved.
    pub clock: Clock,
}

impl Company {
    /// Makes it.
    pub async fn new(store: &TestStore) -> Self {
        Self::with(store, |_| {}).await
    }

    /// Makes it with other settings.
    pub async fn with(store: &TestStore, change: impl FnOnce(&mut Config)) -> Self {
        let clock = fixed_clock();
        let rollcall = rollcall(store, &clock, change);
        let (workspace, owner, _) =
            people::workspace::create(&rollcall, "Acme", "ada@acme.test", Some(PASSWORD)).await.unwrap();
        Self { rollcall, workspace, owner, url: store.url.clone(), clock }
    }

    /// Another workspace of the same Rollcall, with an owner of its own.
    pub async fn other_workspace(&self, name: &str, owner: &str) -> Workspace {
        people::workspace::create(&self.rollcall, name, owner, None).await.unwrap().0
    }

    /// Someone at the command line.
    pub fn admin(&self) -> Caller<'_> {
        Caller::CommandLine(&self.workspace)
    }

    /// Makes a directory with its first token.
    pub async fn directory(&self, provider: Provider) -> (Directory, Secret) {
        self.directory_in(&self.workspace, provider, Role::Member).await
    }

    /// Makes a directory in any workspace.
    pub async fn directory_in(
        &self,
        workspace: &Workspace,
        provider: Provider,
        default_role: Role,
    ) -> (Directory, Secret) {
        let choice = Choice { provider, name: String::new(), default_role };
        let caller = Caller::CommandLine(workspace);
        let (directory, secret) =
            administration::create(&self.rollcall, &caller, &choice, None).await.unwrap();
        (directory, secret.unwrap())
    }

    /// Removes a directory; gives the number of people that the choice was carried out for.
    pub async fn remove_directory(&self, id: &DirectoryId, choice: OnRemoval) -> usize {
        administration::remove(&self.rollcall, &self.admin(), id, choice).await.unwrap()
    }

    /// The membership of an address, removed ones included.
    pub async fn find(&self, email: &str) -> Option<Membership> {
        let mut conn = self.rollcall.db.read().await.unwrap();
        let key = email.to_lowercase();
        store::memberships::find_by_email(&mut conn, &self.workspace.id, &key).await.unwrap()
    }

    /// The membership of an address that has one.
    pub async fn membership(&self, email: &str) -> Membership {
        self.find(email).await.unwrap_or_else(|| panic!("{email} has no membership"))
    }

    /// The latest invitation of an address.
    pub async fn invitation(&self, email: &str) -> Invitation {
        let membership = self.membership(email).await;
        let mut conn = self.rollcall.db.read().await.unwrap();
        store::invitations::find_latest(&mut conn, &membership.id).await.unwrap().unwrap()
    }

    /// Where an address stands, in one line: `active directory member, invitation accepted, mail cancelled, 1 session`.
    /// Mails are those of the latest invitation, oldest first.
    pub async fn standing(&self, email: &str) -> String {
        let Some(membership) = self.find(email).await else { return "nobody".to_owned() };
        let mut conn = self.rollcall.db.read().await.unwrap();
        let invitation = store::invitations::find_latest(&mut conn, &membership.id).await.unwrap();
        let sessions = match &membership.account_id {
            Some(id) => store::sessions::count_of_account(&mut conn, id, self.clock.now()).await.unwrap(),
            None => 0,
        };
        let (invitation, mails) = match invitation {
            Some(invitation) => {
                let sql = "SELECT status FROM outbox WHERE subject_id = $1 ORDER BY generation";
                (invitation.status.to_string(), self.look(sql, invitation.id.as_str()).await.join("+"))
            }
            None => ("none".to_owned(), "none".to_owned()),
        };
        let sessions = if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") };
        format!(
            "{} {} {}, invitation {invitation}, mail {mails}, {sessions}",
            membership.status, membership.source, membership.role
        )
    }

    /// Texts from the store by any statement with one parameter.
    pub async fn look(&self, sql: &'static str, parameter: &str) -> Vec<String> {
        look(&self.url, sql, parameter).await
    }

    /// The events about a subject, oldest first.
    pub async fn events(&self, subject_id: &str) -> Vec<String> {
        self.look("SELECT action FROM events WHERE subject_id = $1 ORDER BY id", subject_id).await
    }

    /// A link to the open invitation of an address, made as the worker makes it when it mails the invitation.
    pub async fn invitation_link(&self, email: &str) -> String {
        self.link_of(&self.invitation(email).await.id).await
    }

    /// A link to any open invitation.
    pub async fn link_of(&self, id: &InvitationId) -> String {
        let mut conn = self.rollcall.db.read().await.unwrap();
        let invitation = store::invitations::get(&mut conn, id).await.unwrap().unwrap();
        drop(conn);
        let token = Secret::generate(&self.clock, "").unwrap();
        let mut tx = self.rollcall.db.write().await.unwrap();
        let now = self.clock.now();
        store::invitations::insert_link(
            &mut tx,
            &secret::hash(token.reveal()),
            &invitation.id,
            invitation.generation,
            now,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        token.reveal().to_owned()
    }

    /// The person accepts with a new account, or the one that the address has, and is signed in on one browser.
    pub async fn accepts(&self, email: &str) -> Account {
        let link = self.invitation_link(email).await;
        let acceptance = Acceptance::Password { name: "Someone", password: PASSWORD };
        let (account, _) = invitation::accept(&self.rollcall, &link, acceptance).await.unwrap();
        self.signs_in(&account).await;
        account
    }

    /// A browser session of this account.
    pub async fn signs_in(&self, account: &Account) {
        let session: String = self.clock.new_id();
        let mut tx = self.rollcall.db.write().await.unwrap();
        let later = self.clock.now().plus(std::time::Duration::from_secs(3600));
        store::sessions::upsert(&mut tx, &session, Some(account.id.as_str()), "{}", self.clock.now(), later)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Gives a person a role, by hand.
    pub async fn promotes(&self, email: &str, role: Role) {
        let id = self.membership(email).await.id;
        people::membership::change_role(&self.rollcall, &self.admin(), &id, role).await.unwrap();
    }

    /// Invites by hand.
    pub async fn invites(&self, email: &str, role: Role) -> Vec<invitation::Invited> {
        invitation::invite(&self.rollcall, &self.admin(), email, role, None).await.unwrap()
    }

    /// The id of a membership.
    pub async fn id_of(&self, email: &str) -> MembershipId {
        self.membership(email).await.id
    }

    /// Adds an active member by hand, with an account.
    pub async fn adds_by_hand(&self, email: &str, role: Role) -> Account {
        self.invites(email, role).await;
        let account = self.accepts(email).await;
        assert!(account::sign_in(&self.rollcall, email, PASSWORD).await.unwrap().is_some());
        account
    }
}

/// Texts from a store by any statement with one parameter.
pub async fn look(url: &DatabaseUrl, sql: &'static str, parameter: &str) -> Vec<String> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn: SqliteConnection =
                SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(parameter).fetch_all(&mut conn).await.unwrap()
        }
        DatabaseUrl::Postgres(url) => {
            let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            let mut conn: PgConnection = options.connect().await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(parameter).fetch_all(&mut conn).await.unwrap()
        }
    }
}
