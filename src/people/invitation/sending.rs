//! Inviting people by hand, sending again, withdrawing.

use std::{collections::HashSet, time::Duration};

use serde_json::json;

use super::is_called_inactive;
use crate::{
    error::{Error, Result},
    model::{
        HeldReason, MailTemplate, MembershipId, MembershipStatus, Role, Source, SuspendedBy, WorkspaceId,
    },
    people::{
        Caller, EmailAddress, Permission,
        grants::{self, Inviter},
        mail::LIMITS,
        seats,
        workspace::checked_language,
    },
    state::{Context, Rollcall},
    store::{self, Conn, Tx, memberships::Membership},
};

/// Most addresses in one go.
const MOST_ADDRESSES: usize = 200;
/// What is said beyond each of the [`LIMITS`].
const SENT_TOO_OFTEN: [&str; 2] = [
    "This invitation was sent less than a minute ago. Wait a moment.",
    "This invitation was sent again five times within a day. Wait until tomorrow.",
];

/// What became of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The address as it was typed.
    pub email: String,
    /// What became of it.
    pub outcome: InviteOutcome,
}

/// What became of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InviteOutcome {
    /// An invitation is on its way.
    Sent,
    /// The person is a member already.
    AlreadyMember,
    /// This invitation is open; it can be sent again from the list.
    AlreadyInvited(MembershipId),
    /// The person is suspended, or the directory calls them inactive.
    Suspended(SuspendedBy),
    /// No seat is free.
    NoSeat,
    /// Not an address.
    NotAnAddress,
}

/// Invites people by hand. `addresses` is separated by commas, semicolons, spaces or lines; without a `language` (BCP 47)
/// the mails are in the workspace's.
///
/// # Errors
/// `Forbidden`; `Invalid` on `emails` when there is none or too many, on `language` when there are no mails in it.
pub async fn invite(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    addresses: &str,
    role: Role,
    language: Option<&str>,
) -> Result<Vec<Invited>> {
    caller.require(Permission::ManagePeople)?;
    let language = language.map(checked_language).transpose()?;
    if role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    let addresses = addresses_in(addresses);
    if addresses.is_empty() {
        return Err(Error::invalid("emails", "Enter at least one e-mail address."));
    }
    if addresses.len() > MOST_ADDRESSES {
        return Err(Error::invalid("emails", format!("Invite at most {MOST_ADDRESSES} people in one go.")));
    }
    let mut results = Vec::with_capacity(addresses.len());
    for address in addresses {
        let outcome = match address.parse::<EmailAddress>() {
            Ok(email) => invite_one(rollcall, caller, &email, role, language).await?,
            Err(_) => InviteOutcome::NotAnAddress,
        };
        results.push(Invited { email: address.to_owned(), outcome });
    }
    rollcall.mail_due.notify_one();
    Ok(results)
}

/// The addresses that someone typed or pasted from a mail, where a name may stand before each (RFC 5322 section 3.4):
/// `"Hopper, Grace" <grace@acme.test>; ada@acme.test`. Each comes once.
fn addresses_in(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((address, after)) = after.split_once('>').filter(|(address, _)| address.contains('@'))
        else {
            break;
        };
        // What stands between the last separator outside quotes and the bracket is the name.
        found.extend(plain(&before[..start_of_name(before)]));
        found.push(address.trim());
        rest = after;
    }
    found.extend(plain(rest));
    let mut seen = HashSet::new();
    found.retain(|address| seen.insert(store::key(address)));
    found
}

fn start_of_name(text: &str) -> usize {
    let mut quoted = false;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' | ';' | '\n' if !quoted => start = at,
            _ => {}
        }
    }
    // Addresses that only a space separates from the name are not part of it.
    let name = &text[start..];
    name.rfind('@').map_or(start, |at| start + at + name[at..].find(char::is_whitespace).unwrap_or(0))
}

/// Addresses without names, with anything between them.
fn plain(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|address| !address.is_empty())
}

async fn invite_one(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    email: &EmailAddress,
    role: Role,
    language: Option<&'static str>,
) -> Result<InviteOutcome> {
    let context = rollcall.context(caller.actor());
    let workspace = &caller.workspace().id;
    let inviter = Inviter {
        person: caller.actor().account().cloned(),
        directory: None,
        language: language.map(str::to_owned),
        template: MailTemplate::Invitation,
        delay: Duration::ZERO,
    };
    let fresh = new_manual_membership(&context, workspace, email, role, language);
    let mut tx = rollcall.db.write().await?;
    let outcome = async {
        let mut membership = match find_or_insert(&mut tx, &fresh).await? {
            Place::New => fresh,
            Place::Known(existing) => match refusal(&mut tx, &existing).await? {
                Some(outcome) => return Ok(outcome),
                None if seats::is_free(&mut tx, workspace).await? => invitable(*existing, role, language),
                None => return Ok(InviteOutcome::NoSeat),
            },
            Place::Full => return Ok(InviteOutcome::NoSeat),
        };
        grants::invite(&mut tx, &context, &mut membership, &inviter).await?;
        end_hold(&mut tx, &context, &membership).await?;
        Ok(InviteOutcome::Sent)
    }
    .await;
    tx.end(outcome).await
}

/// Where an invited address stands in the workspace.
enum Place {
    /// Somebody has it, who is locked.
    Known(Box<Membership>),
    /// Nobody had it: the new membership has it now.
    New,
    /// Nobody has it, and no seat is free.
    Full,
}

/// Whoever is known is locked first, as by all who change them. Then a seat is asked for, before anything is written: at
/// once two would each find the other's.
async fn find_or_insert(tx: &mut Tx, fresh: &Membership) -> Result<Place> {
    let workspace = &fresh.workspace_id;
    if let Some(known) = find_locked(tx, fresh).await? {
        return Ok(Place::Known(Box::new(known)));
    }
    if !seats::is_free(tx, workspace).await? {
        return Ok(Place::Full);
    }
    if store::memberships::insert(tx, fresh).await? {
        return Ok(Place::New);
    }
    // Somebody else named the address at this very moment.
    let known = find_locked(tx, fresh).await?;
    known.map(|known| Place::Known(Box::new(known))).ok_or_else(|| {
        Error::Store(store::Error::Lost(format!("the membership of {} came and went", fresh.email)))
    })
}

async fn find_locked(tx: &mut Tx, fresh: &Membership) -> store::Result<Option<Membership>> {
    let workspace = &fresh.workspace_id;
    match store::memberships::find_by_email(tx, workspace, &fresh.email_key).await? {
        Some(known) => store::memberships::get_for_update(tx, workspace, &known.id).await,
        None => Ok(None),
    }
}

/// Whoever is invited by hand waits at no directory's gate any more.
async fn end_hold(tx: &mut Tx, context: &Context, membership: &Membership) -> Result<()> {
    for user in store::directory_users::list_of_membership(tx, &membership.id).await? {
        if user.held_reason.is_some_and(HeldReason::is_of_gate) {
            store::directory_users::set_grant(tx, &user.id, Some(&membership.id), None, context.now).await?;
        }
    }
    Ok(())
}

/// Why an address that the workspace knows cannot be invited now.
async fn refusal(conn: &mut Conn, existing: &Membership) -> Result<Option<InviteOutcome>> {
    let outcome = match existing.status {
        MembershipStatus::Active => Some(InviteOutcome::AlreadyMember),
        MembershipStatus::Invited => Some(InviteOutcome::AlreadyInvited(existing.id.clone())),
        MembershipStatus::Suspended => {
            Some(InviteOutcome::Suspended(existing.suspended_by.unwrap_or(SuspendedBy::Admin)))
        }
        MembershipStatus::Provisioned | MembershipStatus::Removed => {
            let inactive = is_called_inactive(conn, &existing.id).await?;
            inactive.then_some(InviteOutcome::Suspended(SuspendedBy::Directory))
        }
    };
    Ok(outcome)
}

/// A known person who is invited again: from a directory they keep what it says, otherwise they begin anew.
fn invitable(existing: Membership, role: Role, language: Option<&str>) -> Membership {
    if existing.source == Source::Directory && existing.status != MembershipStatus::Removed {
        return Membership { role, ..existing };
    }
    let language = language.map(str::to_owned).or_else(|| existing.language.clone());
    if existing.status == MembershipStatus::Removed {
        Membership {
            role,
            language,
            source: Source::Manual,
            directory_id: None,
            suspended_by: None,
            joined_at: None,
            ..existing
        }
    } else {
        Membership { role, language, ..existing }
    }
}

fn new_manual_membership(
    context: &Context,
    workspace: &WorkspaceId,
    email: &EmailAddress,
    role: Role,
    language: Option<&str>,
) -> Membership {
    Membership {
        id: context.clock.new_id(),
        workspace_id: workspace.clone(),
        account_id: None,
        email: email.as_str().to_owned(),
        email_key: email.key(),
        name: email.as_str().split('@').next().unwrap_or_default().to_owned(),
        language: language.map(str::to_owned),
        role,
        status: MembershipStatus::Invited,
        source: Source::Manual,
        directory_id: None,
        suspended_by: None,
        status_changed_at: context.now,
        joined_at: None,
        last_active_at: None,
        created_at: context.now,
        updated_at: context.now,
    }
}

/// Sends a person's invitation again, or anew when it was declined, withdrawn or ran out. Earlier links are dead.
///
/// # Errors
/// `Conflict` when the person cannot be invited now, or was mailed a moment ago.
pub async fn resend(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let sent = resend_in(&mut tx, &context, caller, id).await;
    tx.end(sent).await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

async fn resend_in(tx: &mut Tx, context: &Context, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    let found = store::memberships::get_for_update(tx, &caller.workspace().id, id).await?;
    let mut membership = found.ok_or(Error::NotFound { what: "person in this workspace" })?;
    if let Some(refusal) = resend_refusal(tx, context, &membership).await? {
        return Err(Error::conflict("member", refusal));
    }
    let directory = membership.directory_id.clone();
    let latest = store::invitations::find_latest(tx, &membership.id).await?;
    if membership.status != MembershipStatus::Invited && !seats::is_free(tx, &membership.workspace_id).await?
    {
        return Err(Error::conflict("member", seats::FULL));
    }
    let inviter = Inviter {
        person: caller.actor().account().cloned(),
        directory,
        language: latest.and_then(|latest| latest.language),
        template: MailTemplate::Invitation,
        delay: Duration::ZERO,
    };
    grants::invite(tx, context, &mut membership, &inviter).await?;
    end_hold(tx, context, &membership).await
}

async fn resend_refusal(tx: &mut Tx, context: &Context, membership: &Membership) -> Result<Option<String>> {
    if !matches!(membership.status, MembershipStatus::Invited | MembershipStatus::Provisioned) {
        return Ok(Some(format!("{} has no open invitation.", membership.email)));
    }
    if is_called_inactive(tx, &membership.id).await? {
        return Ok(Some(format!(
            "The directory says that {} is inactive. Activate the person there first.",
            membership.email
        )));
    }
    for ((span, most), words) in LIMITS.into_iter().zip(SENT_TOO_OFTEN) {
        let since = context.now.minus(span);
        if store::invitations::count_resent_since(tx, &membership.id, since).await? >= most {
            return Ok(Some(words.to_owned()));
        }
    }
    Ok(None)
}

/// Withdraws a person's open invitation: its link is dead, queued mail does not leave.
/// A person from a directory stays known; someone invited by hand is gone from the list.
///
/// # Errors
/// `Conflict` when there is no open invitation.
pub async fn revoke(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let revoked = revoke_in(&mut tx, &context, caller, id).await;
    tx.end(revoked).await?;
    rollcall.held_due.notify_one();
    Ok(())
}

async fn revoke_in(tx: &mut Tx, context: &Context, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    let found = store::memberships::get_for_update(tx, &caller.workspace().id, id).await?;
    let Some(mut membership) = found.filter(|m| m.status == MembershipStatus::Invited) else {
        return Err(Error::conflict("member", "There is no open invitation to withdraw."));
    };
    grants::end_access(tx, context, &membership).await?;
    let status = match membership.source {
        Source::Manual => MembershipStatus::Removed,
        Source::Directory | Source::DirectoryAndManual => MembershipStatus::Provisioned,
    };
    grants::set_status(&mut membership, status, context);
    store::memberships::update(tx, &membership).await?;
    Ok(grants::record(tx, context, &membership, "invitation.revoked", &json!({})).await?)
}

#[cfg(test)]
mod tests {
    use super::addresses_in;

    #[test]
    fn addresses_are_found_in_what_a_mail_client_copies() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (
                "ada@a.test, bob@a.test;cid@a.test\ndan@a.test eve@a.test",
                &["ada@a.test", "bob@a.test", "cid@a.test", "dan@a.test", "eve@a.test"],
            ),
            ("Foo Bar <foo@bar.test>", &["foo@bar.test"]),
            (
                "Foo Bar <foo@bar.test>, ada@a.test; \"Hopper, Grace\" <grace@a.test>",
                &["foo@bar.test", "ada@a.test", "grace@a.test"],
            ),
            ("ada@a.test Foo <foo@bar.test>", &["ada@a.test", "foo@bar.test"]),
            ("<foo@bar.test>", &["foo@bar.test"]),
            ("ada@a.test, ADA@a.test, Ada <ada@a.test>", &["ada@a.test"]),
            ("nobody, <no one>", &["nobody", "<no", "one>"]),
            ("a < b", &["a", "<", "b"]),
            ("ada@a.test <", &["ada@a.test", "<"]),
        ];
        for (text, expected) in cases {
            assert_eq!(addresses_in(text), *expected, "{text}");
        }
    }
}
