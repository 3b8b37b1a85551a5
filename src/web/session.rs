//! Browser sessions in the store. A session is looked up on every request, so deleting its row ends it.

use std::{collections::HashMap, fmt};

use http::{HeaderMap, header};
use time::Duration;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store,
};

use crate::{
    clock::Timestamp,
    error::{Error, Result},
    model::AccountId,
    people, secret,
    state::Rollcall,
    store::{self, Tx, accounts::Account},
};

const COOKIE: &str = "rollcall_session";
const ACCOUNT: &str = "account_id";
const AGENT: &str = "agent";
/// Most letters of a browser's name that are kept.
const LONGEST_AGENT: usize = 300;
/// A session lasts this long from when it was last written: from the sign-in, as nothing else is kept in it.
const LIFE: Duration = Duration::days(14);

/// tower-sessions' store over ours.
#[derive(Clone)]
pub struct Sessions(Rollcall);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// The layer that gives handlers their [`Session`].
pub fn layer(rollcall: &Rollcall) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions(rollcall.clone()))
        .with_name(COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(rollcall.config.base_url.is_https())
        .with_expiry(Expiry::OnInactivity(LIFE))
}

/// Begins a session of this account, under a new id. The browser's own name for itself is kept, so that its owner
/// knows it again among others.
///
/// # Errors
/// When the store fails.
pub async fn sign_in(session: &Session, account: &AccountId, headers: &HeaderMap) -> Result<()> {
    session.cycle_id().await.map_err(failed)?;
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().filter(|letter| !letter.is_control()).take(LONGEST_AGENT).collect();
    session.insert(AGENT, agent).await.map_err(failed)?;
    session.insert(ACCOUNT, account).await.map_err(failed)
}

/// What the store calls this session, once it is stored.
pub fn stored_id(session: &Session) -> Option<String> {
    session.id().as_ref().map(key)
}

/// What the browser of a stored session called itself.
pub fn agent_of(data: &str) -> String {
    let data: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    data.get(AGENT).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// Ends the session.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(session: &Session) -> Result<()> {
    session.flush().await.map_err(failed)
}

/// The account that is signed in.
///
/// # Errors
/// When the store fails.
pub async fn current_account(rollcall: &Rollcall, session: &Session) -> Result<Option<Account>> {
    let Some(id) = session.get::<AccountId>(ACCOUNT).await.map_err(failed)? else { return Ok(None) };
    let mut conn = rollcall.db.read().await?;
    Ok(store::accounts::get(&mut conn, &id).await?)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn failed(cause: tower_sessions::session::Error) -> Error {
    Error::Internal(format!("session: {cause}"))
}

/// What the store keeps instead of the id: whoever reads the database cannot use it.
fn key(id: &Id) -> String {
    secret::hash(&id.to_string())
}

fn account_of(record: &Record) -> Option<&str> {
    record.data.get(ACCOUNT)?.as_str()
}

fn encoded(record: &Record) -> session_store::Result<String> {
    serde_json::to_string(&record.data).map_err(|cause| session_store::Error::Encode(cause.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn backend(cause: store::Error) -> session_store::Error {
    session_store::Error::Backend(cause.to_string())
}

impl Sessions {
    async fn write(
        &self,
        record: &Record,
        new: bool,
    ) -> store::Result<std::result::Result<(), session_store::Error>> {
        let data = match encoded(record) {
            Ok(data) => data,
            Err(cause) => return Ok(Err(cause)),
        };
        let (id, account) = (key(&record.id), account_of(record));
        let expires_at = Timestamp::from(record.expiry_date);
        let mut tx = self.0.db.write().await?;
        if !new {
            // A session that was ended meanwhile stays ended.
            store::sessions::update(&mut tx, &id, account, &data, expires_at).await?;
        } else if !is_locked_out(&mut tx, account).await? {
            store::sessions::upsert(&mut tx, &id, account, &data, self.0.clock.now(), expires_at).await?;
        }
        tx.commit().await?;
        Ok(Ok(()))
    }
}

/// Whether the account's access was taken away since its owner showed who they are. Then the session is not kept, and
/// their next request asks them to sign in. Whoever takes access away changes the membership first and ends the sessions
/// after that, so one of the two finds what the other did.
async fn is_locked_out(tx: &mut Tx, account: Option<&str>) -> store::Result<bool> {
    let Some(account) = account else { return Ok(false) };
    let account = AccountId(account.to_owned());
    let memberships = store::memberships::list_of_account_for_share(tx, &account).await?;
    Ok(people::account::lock_out(&memberships).is_some())
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        self.write(record, true).await.map_err(backend)?
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.write(record, false).await.map_err(backend)?
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let found = async {
            let mut conn = self.0.db.read().await?;
            store::sessions::get(&mut conn, &key(id), self.0.clock.now()).await
        };
        let Some(found) = found.await.map_err(backend)? else { return Ok(None) };
        let data: HashMap<String, serde_json::Value> = serde_json::from_str(&found.data)
            .map_err(|cause| session_store::Error::Decode(cause.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: found.expires_at.to_datetime() }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let deleted = async {
            let mut tx = self.0.db.write().await?;
            store::sessions::delete(&mut tx, &key(id)).await?;
            tx.commit().await
        };
        deleted.await.map_err(backend)
    }
}
