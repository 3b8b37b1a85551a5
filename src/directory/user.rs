//! People of the mirror: created, replaced, patched and deleted by the identity provider. Each change is recorded
//! and projected in one transaction.

use scim::{Document, etag::Preconditions, patch::Patch, schema::ResourceType};
use serde_json::{Value, json};

use super::{columns::UserColumns, members, tag, transaction::in_directory};
use crate::{
    audit,
    error::{Error, Result},
    model::DirectoryUserId,
    people::projection::{self, Outcome, Speaker},
    state::{Context, Rollcall},
    store::{
        self, Tx, UniqueKey,
        directory_turn::Turn,
        directory_users::{DirectoryUser, EmailKey},
    },
};

/// The outcome of a change: the person as the mirror now has them.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The person.
    pub user: DirectoryUser,
    /// What followed; `None` when nothing changed.
    pub outcome: Option<Outcome>,
}

/// `groups` are part of what a client reads, and so of the tag that it read, but no write of the person changes them: a
/// write is refused only when the person's own attributes changed meanwhile (RFC 7644 section 3.14).
fn check(expected: &Preconditions, version: i64) -> Result<()> {
    expected.map(tag::without_groups).check(&scim::etag::weak(version)).map_err(Error::Scim)
}

/// Records a new person.
///
/// # Errors
/// `Scim` 409 `uniqueness` when the `userName` is taken in this directory.
pub async fn create(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    document: Document,
) -> Result<Changed> {
    let columns = UserColumns::of(&document, &speaker.settings.email_sources)?;
    let user = DirectoryUser {
        id: context.clock.new_id(),
        directory_id: speaker.directory_id.clone(),
        user_name: columns.user_name.clone(),
        external_id: columns.external_id.clone(),
        active: columns.active,
        display_name: columns.display_name.clone(),
        email: columns.email.clone(),
        document: stored(with_active(document, true)),
        version: 1,
        membership_id: None,
        held_reason: None,
        held_since: None,
        approved_at: None,
        created_at: context.now,
        updated_at: context.now,
        deleted: false,
    };
    let (new, emails) = (&user, columns.emails.as_slice());
    let outcome = in_directory(rollcall, &speaker.directory_id, Turn::Beside, |mut tx, _| async move {
        let outcome = create_in(&mut tx, context, speaker, new, emails).await;
        (tx, outcome)
    })
    .await?;
    Ok(Changed { user, outcome: Some(outcome) })
}

async fn create_in(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
    emails: &[EmailKey],
) -> Result<Outcome> {
    store::directory_users::insert(tx, user, emails).await.map_err(|e| taken(e, user))?;
    members::admit_waiting(tx, context, speaker, user).await?;
    let outcome = project(tx, context, speaker, user).await?;
    record(tx, context, speaker, "directory_user.created", user).await?;
    Ok(outcome)
}

/// Replaces what is recorded of a person (PUT). What a client cannot change stays as it is, and whether they are active
/// when nothing is said of it. The document is of this kind.
///
/// # Errors
/// `NotFound`; `Scim` 409 `uniqueness`, 412, 400 `mutability`.
pub async fn replace(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryUserId,
    expected: &Preconditions,
    kind: &ResourceType,
    document: Document,
) -> Result<Changed> {
    let document = &document;
    let changed = in_directory(rollcall, &speaker.directory_id, Turn::Beside, |mut tx, _| async move {
        let replaced = |before: &DirectoryUser| {
            let known = parsed(&before.document)?;
            let new = scim::resource::replace(kind, &known, document.clone()).map_err(Error::Scim)?;
            Ok(Some(with_active(new, before.active)))
        };
        let outcome = change(&mut tx, context, speaker, id, expected, replaced).await;
        (tx, outcome)
    })
    .await?;
    wake(rollcall, changed.outcome.as_ref());
    Ok(changed)
}

/// Changes what is recorded of a person (PATCH), all or nothing. The patch was read for this kind.
///
/// # Errors
/// `NotFound`; `Scim` for an operation that cannot be applied, 409 `uniqueness`, 412.
pub async fn patch(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryUserId,
    expected: &Preconditions,
    kind: &ResourceType,
    patch: &Patch,
) -> Result<Changed> {
    let changed = in_directory(rollcall, &speaker.directory_id, Turn::Beside, |mut tx, _| async move {
        let patched = |before: &DirectoryUser| {
            scim::patch::apply(kind, &parsed(&before.document)?, patch).map_err(Error::Scim)
        };
        let outcome = change(&mut tx, context, speaker, id, expected, patched).await;
        (tx, outcome)
    })
    .await?;
    wake(rollcall, changed.outcome.as_ref());
    Ok(changed)
}

async fn change(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryUserId,
    expected: &Preconditions,
    decide: impl FnOnce(&DirectoryUser) -> Result<Option<Document>>,
) -> Result<Changed> {
    let Some(before) = store::directory_users::get_for_update(tx, &speaker.directory_id, id).await? else {
        return Err(Error::NotFound { what: "User in this directory" });
    };
    check(expected, before.version)?;
    let Some(document) = decide(&before)? else {
        return Ok(Changed { user: before, outcome: None });
    };
    let columns = UserColumns::of(&document, &speaker.settings.email_sources)?;
    // A PATCH may take the attribute away. That says nothing new: a leaver does not come back by it.
    let active = if document.contains_key("active") { columns.active } else { before.active };
    let document = stored(document);
    if document == before.document {
        return Ok(Changed { user: before, outcome: None });
    }
    let after = DirectoryUser {
        user_name: columns.user_name,
        external_id: columns.external_id,
        active,
        display_name: columns.display_name,
        email: columns.email,
        document,
        version: before.version + 1,
        // A request that began earlier may come later.
        updated_at: context.now.max(before.updated_at),
        ..before.clone()
    };
    store::directory_users::update(tx, &after, &columns.emails).await.map_err(|e| taken(e, &after))?;
    let known_by = |user: &DirectoryUser| (user.user_name.clone(), user.external_id.clone(), user.active);
    if known_by(&before) != known_by(&after) {
        members::admit_waiting(tx, context, speaker, &after).await?;
    }
    let outcome = project(tx, context, speaker, &after).await?;
    let action = match (before.active, after.active) {
        (true, false) => "directory_user.deactivated",
        (false, true) => "directory_user.reactivated",
        _ => "directory_user.updated",
    };
    record(tx, context, speaker, action, &after).await?;
    Ok(Changed { user: after, outcome: Some(outcome) })
}

/// Deletes a person: gone for the identity provider, their `userName` free again.
///
/// # Errors
/// `NotFound`; `Scim` 412.
pub async fn delete(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryUserId,
    expected: &Preconditions,
) -> Result<Outcome> {
    let outcome = in_directory(rollcall, &speaker.directory_id, Turn::Alone, |mut tx, _| async move {
        let outcome = delete_in(&mut tx, context, speaker, id, expected).await;
        (tx, outcome)
    })
    .await?;
    wake(rollcall, Some(&outcome));
    Ok(outcome)
}

/// A seat or an address that was freed is given to whoever waits for it.
fn wake(rollcall: &Rollcall, outcome: Option<&Outcome>) {
    if outcome.is_some_and(Outcome::makes_room) {
        rollcall.held_due.notify_one();
    }
}

async fn delete_in(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryUserId,
    expected: &Preconditions,
) -> Result<Outcome> {
    let Some(mut user) = store::directory_users::get_for_update(tx, &speaker.directory_id, id).await? else {
        return Err(Error::NotFound { what: "User in this directory" });
    };
    check(expected, user.version)?;
    store::directory_users::delete(tx, id, context.now).await?;
    members::admit_waiting(tx, context, speaker, &user).await?;
    user.deleted = true;
    let outcome = project(tx, context, speaker, &user).await?;
    record(tx, context, speaker, "directory_user.deleted", &user).await?;
    Ok(outcome)
}

/// Looks for the address of a stored person again, where the directory's settings now say.
///
/// # Errors
/// When the database fails, or the row holds no JSON object.
pub async fn find_email_again(tx: &mut Tx, speaker: &Speaker, user: &mut DirectoryUser) -> Result<()> {
    let document = parsed(&user.document)?;
    let email = super::columns::email(&document, &user.user_name, &speaker.settings.email_sources);
    if email != user.email {
        store::directory_users::set_email(tx, &user.id, email.as_deref()).await?;
        user.email = email;
    }
    Ok(())
}

/// What follows from the person as they now are: their membership, then the role that their groups give.
///
/// # Errors
/// When the database fails; `Scim` 403 when the workspace is full and refuses people.
pub async fn project(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
) -> Result<Outcome> {
    let outcome = projection::project(tx, context, speaker, user).await?;
    let Speaker { workspace_id, directory_id, .. } = speaker;
    projection::roles::apply_to_user(tx, context, workspace_id, directory_id, user.id.as_str()).await?;
    Ok(outcome)
}

async fn record(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    action: &str,
    user: &DirectoryUser,
) -> Result<()> {
    let detail = json!({ "userName": user.user_name, "version": user.version });
    audit::record(tx, context, &speaker.workspace_id, action, user.id.as_str(), &detail).await?;
    Ok(())
}

fn taken(cause: store::Error, user: &DirectoryUser) -> Error {
    match cause {
        store::Error::Unique(UniqueKey::DirectoryUserName) => Error::Scim(scim::Error::uniqueness(format!(
            "A User with the userName “{}” exists in this directory. Look it up with a filter on userName and update it.",
            user.user_name
        ))),
        other => Error::Store(other),
    }
}

/// The server says what an attribute is that a POST or PUT leaves out (RFC 7644 section 3.5.1), and says it aloud, because
/// clients read it back: a new person is active, and one who is known stays what they are. Were it true again with every
/// PUT, a client that maps no `active` would bring back everyone who was suspended.
fn with_active(mut document: Document, unless_said: bool) -> Document {
    document.entry("active").or_insert(Value::Bool(unless_said));
    document
}

/// The document as it is stored.
fn stored(document: Document) -> String {
    Value::Object(document).to_string()
}

/// The document of a stored row.
///
/// # Errors
/// When the row holds no JSON object.
pub fn parsed(document: &str) -> Result<Document> {
    serde_json::from_str(document).map_err(|cause| {
        Error::Store(store::Error::Inconsistent { table: "directory_users", detail: cause.to_string() })
    })
}
