//! Directory tokens: made, shown once, rotated with overlap, revoked; and who comes with one.

use serde_json::json;

use crate::{
    audit,
    clock::Timestamp,
    error::{Error, Result},
    model::{DirectoryId, DirectoryTokenId, TokenLife},
    people::{Caller, Permission},
    secret::{self, Secret},
    state::{Context, Rollcall},
    store::{
        self, Tx,
        directory_tokens::{DirectoryToken, TokenHolder},
    },
};

/// What every directory token begins with, so that secret scanners know it.
const PREFIX: &str = "scim_";
/// Most tokens of a directory that work at the same time: the old and the new one of a rotation.
const MOST_LIVE: i64 = 2;
/// How often the time of last use is written.
const TOUCH_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

/// How long a request may wait for the note that its token was used for the first time.
const LONGEST_NOTE: std::time::Duration = std::time::Duration::from_secs(2);

/// Adds a token in the caller's transaction. The secret is given back this once.
///
/// # Errors
/// When the store or the machine fails.
pub(super) async fn insert(
    tx: &mut Tx,
    context: &Context,
    directory: &DirectoryId,
    life: TokenLife,
) -> Result<Secret> {
    let secret = Secret::generate(&context.clock, PREFIX)?;
    let token = DirectoryToken {
        id: context.clock.new_id(),
        directory_id: directory.clone(),
        hint: secret.hint(),
        created_by: context.actor.account().cloned(),
        created_at: context.now,
        expires_at: life.lasts().map(|lasts| context.now.plus(lasts)),
        revoked_at: None,
        last_used_at: None,
    };
    store::directory_tokens::insert(tx, &token, &secret.hash()).await?;
    Ok(secret)
}

/// What becomes of the tokens that a directory has when it gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They work until they are revoked, or their own life is over.
    Keep,
    /// They are revoked in the same moment.
    Revoke,
}

/// Makes another token.
///
/// # Errors
/// `NotFound`; `Conflict` on `token` when two work already and are kept.
pub async fn rotate(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    life: TokenLife,
    others: Others,
) -> Result<Secret> {
    caller.require(Permission::ManageDirectories)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let secret = rotate_in(&mut tx, &context, caller, directory, life, others).await;
    tx.end(secret).await
}

async fn rotate_in(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    life: TokenLife,
    others: Others,
) -> Result<Secret> {
    let workspace = &caller.workspace().id;
    if store::directories::get_for_update(tx, workspace, directory).await?.is_none() {
        return Err(Error::NotFound { what: "directory in this workspace" });
    }
    if others == Others::Revoke {
        revoke_live(tx, context, caller, directory).await?;
    }
    if store::directory_tokens::count_live(tx, directory, context.now).await? >= MOST_LIVE {
        return Err(Error::conflict(
            "token",
            "Two tokens work already. Revoke the one that your identity provider no longer uses, then rotate again.",
        ));
    }
    let secret = insert(tx, context, directory, life).await?;
    let detail = json!({ "hint": secret.hint(), "life": life });
    audit::record(tx, context, workspace, "directory_token.created", directory.as_str(), &detail).await?;
    Ok(secret)
}

async fn revoke_live(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    directory: &DirectoryId,
) -> Result<()> {
    let tokens = store::directory_tokens::list(tx, directory).await?;
    for token in tokens.iter().filter(|token| token.is_live(context.now)) {
        revoke_in(tx, context, caller, directory, &token.id).await?;
    }
    Ok(())
}

/// Revokes one token: requests with it are refused from now on.
///
/// # Errors
/// `NotFound` when the directory has no such live token.
pub async fn revoke(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    token: &DirectoryTokenId,
) -> Result<()> {
    caller.require(Permission::ManageDirectories)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let outcome = async {
        let known = store::directories::get(&mut tx, &caller.workspace().id, directory).await?.is_some();
        if known && revoke_in(&mut tx, &context, caller, directory, token).await? {
            return Ok(());
        }
        Err(Error::NotFound { what: "working token of this directory" })
    }
    .await;
    tx.end(outcome).await
}

/// False when the directory has no such live token.
async fn revoke_in(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    token: &DirectoryTokenId,
) -> Result<bool> {
    if !store::directory_tokens::revoke(tx, directory, token, context.now).await? {
        return Ok(false);
    }
    let workspace = &caller.workspace().id;
    let detail = json!({ "token": token });
    audit::record(tx, context, workspace, "directory_token.revoked", directory.as_str(), &detail).await?;
    Ok(true)
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// None came.
    Missing,
    /// Nobody made it, or it belongs to another directory.
    Unknown,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
}

impl Rejection {
    /// What happened, for the admin: the beginning of “… from 192.0.2.7”.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "A request arrived without a token",
            Self::Unknown => "A request arrived with a wrong token",
            Self::Revoked => "A request arrived with a revoked token",
            Self::Expired => "A request arrived with an expired token",
        }
    }
}

/// Who comes with this token to this directory; the time of last use is noted, to the minute. The journal writes it: a
/// request that only reads waits for nobody who writes.
///
/// # Errors
/// When the store fails. A token that opens nothing is `Ok(Err(…))`.
pub async fn authenticate(
    rollcall: &Rollcall,
    directory: &str,
    token: Option<&str>,
) -> Result<std::result::Result<TokenHolder, Rejection>> {
    let Some(token) = token else { return Ok(Err(Rejection::Missing)) };
    let now = rollcall.clock.now();
    let holder = {
        let mut conn = rollcall.db.read().await?;
        store::directory_tokens::find_by_hash(&mut conn, &secret::hash(token)).await?
    };
    let Some(holder) = holder.filter(|holder| holder.directory_id.as_str() == directory) else {
        return Ok(Err(Rejection::Unknown));
    };
    if holder.revoked_at.is_some() {
        return Ok(Err(Rejection::Revoked));
    }
    if holder.expires_at.is_some_and(|end| end <= now) {
        return Ok(Err(Rejection::Expired));
    }
    match holder.last_used_at {
        None => note_first_use(rollcall, &holder.token_id, now).await,
        Some(last) if now.since(last) >= TOUCH_EVERY => rollcall.journal.used(&holder.token_id, now),
        Some(_) => {}
    }
    Ok(Ok(holder))
}

/// Written at once, for an admin waits to see that the connection works. When it cannot be, the journal writes it later.
async fn note_first_use(rollcall: &Rollcall, id: &DirectoryTokenId, now: Timestamp) {
    let noting = async {
        let mut tx = rollcall.db.write().await?;
        store::directory_tokens::touch(&mut tx, id, now).await?;
        tx.commit().await
    };
    match tokio::time::timeout(LONGEST_NOTE, noting).await {
        Ok(Ok(())) => {}
        Ok(Err(cause)) => {
            tracing::warn!(%cause, "the first use of a token could not be written");
            rollcall.journal.used(id, now);
        }
        Err(_) => rollcall.journal.used(id, now),
    }
}
