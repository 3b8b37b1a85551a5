//! What owners are told without having asked: each alert is a mail of the outbox, written with the change that it
//! tells of, and each occurrence is told once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::instance;
use crate::{
    clock::Timestamp,
    mail::{self, Order, templates::Failure},
    model::{DirectoryId, MailTemplate, SuspendedBy, WorkspaceId},
    state::Context,
    store::{
        self, Result, Tx, directory_tokens::ExpiringToken, memberships::Membership,
        suspension_windows::Window,
    },
};

/// What an alert about a directory keeps: the rest is read from the store when the mail leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AboutDirectory {
    /// The directory.
    pub directory: DirectoryId,
}

/// What the alert about a failing directory keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FailingDirectory {
    /// The directory.
    pub directory: DirectoryId,
    /// How it fails.
    pub failure: Failure,
    /// Since when.
    pub since: Timestamp,
    /// What it was told last.
    pub answer: Option<String>,
}

/// What the alert about many suspensions keeps: the figures of that moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManySuspended {
    /// The directory.
    pub directory: DirectoryId,
    /// How many lost access up to then.
    pub suspended: i64,
    /// Of how many members.
    pub of: i64,
    /// Since when.
    pub since: Timestamp,
}

/// What the alert about seats keeps: the figure of that moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SeatLimitReached {
    /// How many seats there are.
    pub limit: i64,
}

/// What the mail about one's own suspension keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Suspended {
    /// Who did it.
    pub by: SuspendedBy,
}

/// Suspensions this close together are one window.
const WINDOW: Duration = Duration::from_secs(600);
/// This many, and a fifth of the members, may lose access in one window without an alert.
const UNREMARKABLE: i64 = 10;

/// Tells everyone who looks after the workspace or the installation that the directory calls the last owner inactive: the
/// owners alone would be the one who is said to be gone. The caller sees to it that it is told once.
///
/// # Errors
/// When the database fails.
pub async fn last_owner(
    tx: &mut Tx,
    context: &Context,
    directory: &DirectoryId,
    owner: &Membership,
) -> Result<()> {
    let alert = Alert {
        template: MailTemplate::LastOwner,
        workspace: &owner.workspace_id,
        subject_id: owner.id.as_str(),
        generation: context.now.0,
        detail: json!(AboutDirectory { directory: directory.clone() }),
    };
    let mut recipients = store::memberships::list_admin_addresses(tx, &owner.workspace_id).await?;
    for admin in instance::list_admin_addresses(tx).await? {
        let key = store::key(&admin);
        if !recipients.iter().any(|known| store::key(known) == key) {
            recipients.push(admin);
        }
    }
    alert.send(tx, context, &recipients).await
}

/// Counts a person who lost access by a directory's word, and tells the owners when a window holds too many: more than
/// ten, and more than a fifth of the members.
///
/// # Errors
/// When the database fails.
pub async fn count_suspension(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
) -> Result<()> {
    let open_since = context.now.minus(WINDOW);
    let Some(window) = store::suspension_windows::count(tx, directory, open_since).await? else {
        return store::suspension_windows::open(tx, directory, context.now).await;
    };
    // Members are counted when it begins to matter: that takes the longer the more there are.
    if window.suspended <= UNREMARKABLE {
        return Ok(());
    }
    let members = match window.members {
        Some(members) => members,
        None => count_members(tx, workspace, directory, &window).await?,
    };
    if !crosses_the_line(window.suspended, members) {
        return Ok(());
    }
    let alert = Alert {
        template: MailTemplate::MassChange,
        workspace,
        subject_id: directory.as_str(),
        generation: window.started_at.0,
        detail: json!(ManySuspended {
            directory: directory.clone(),
            suspended: window.suspended,
            of: members,
            since: window.started_at,
        }),
    };
    alert.to_owners(tx, context).await
}

/// How many members there were when the window began: those who are left, and those who lost access in it.
async fn count_members(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
    window: &Window,
) -> Result<i64> {
    let left = store::membership_counts::count_by_status(tx, workspace).await?.active;
    let members = left + window.suspended;
    store::suspension_windows::set_members(tx, directory, members).await?;
    Ok(members)
}

/// Whether this suspension is the first one too many of its window.
fn crosses_the_line(suspended: i64, members: i64) -> bool {
    suspended == UNREMARKABLE.max(members / 5) + 1
}

/// Tells people that their access was suspended, where the workspace wants that.
///
/// # Errors
/// When the database fails.
pub async fn access_suspended(
    tx: &mut Tx,
    context: &Context,
    membership: &Membership,
    by: SuspendedBy,
) -> Result<()> {
    if !store::workspaces::tells_suspended(tx, &membership.workspace_id).await? {
        return Ok(());
    }
    let order = Order {
        template: MailTemplate::AccessSuspended,
        workspace: Some(&membership.workspace_id),
        subject_id: membership.id.as_str(),
        generation: context.now.0,
        recipient: &membership.email,
        delay: context.invitation_delay,
        detail: json!(Suspended { by }),
    };
    mail::order(tx, context, &order).await
}

/// Tells the owners that a directory fails. The caller sees to it that it is told once.
///
/// # Errors
/// When the database fails.
pub async fn directory_failing(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    failing: &FailingDirectory,
) -> Result<()> {
    let alert = Alert {
        template: MailTemplate::DirectoryFailing,
        workspace,
        subject_id: failing.directory.as_str(),
        generation: context.now.0,
        detail: json!(failing),
    };
    alert.to_owners(tx, context).await
}

/// Tells the owners that a token ends within `days`.
///
/// # Errors
/// When the database fails.
pub async fn token_expiring(tx: &mut Tx, context: &Context, token: &ExpiringToken, days: i64) -> Result<()> {
    let alert = Alert {
        template: MailTemplate::TokenExpiring,
        workspace: &token.workspace_id,
        subject_id: token.id.as_str(),
        generation: days,
        detail: json!(AboutDirectory { directory: token.directory_id.clone() }),
    };
    alert.to_owners(tx, context).await
}

/// Tells the owners and admins that someone could not come in for want of a seat: once, until a seat was free.
///
/// # Errors
/// When the database fails.
pub async fn seat_limit_reached(tx: &mut Tx, context: &Context, workspace: &WorkspaceId) -> Result<()> {
    let Some(limit) = store::seats::note_told(tx, workspace, context.now).await? else { return Ok(()) };
    let alert = Alert {
        template: MailTemplate::SeatLimitReached,
        workspace,
        subject_id: workspace.as_str(),
        generation: context.now.0,
        detail: json!(SeatLimitReached { limit }),
    };
    let admins = store::memberships::list_admin_addresses(tx, workspace).await?;
    alert.send(tx, context, &admins).await
}

/// A mail to those who look after a workspace.
struct Alert<'a> {
    template: MailTemplate,
    workspace: &'a WorkspaceId,
    subject_id: &'a str,
    generation: i64,
    detail: Value,
}

impl Alert<'_> {
    async fn to_owners(&self, tx: &mut Tx, context: &Context) -> Result<()> {
        let owners = store::memberships::list_owner_addresses(tx, self.workspace).await?;
        self.send(tx, context, &owners).await
    }

    async fn send(&self, tx: &mut Tx, context: &Context, recipients: &[String]) -> Result<()> {
        for recipient in recipients {
            let order = Order {
                template: self.template,
                workspace: Some(self.workspace),
                subject_id: self.subject_id,
                generation: self.generation,
                recipient,
                delay: Duration::ZERO,
                detail: self.detail.clone(),
            };
            mail::order(tx, context, &order).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_suspension_of_a_window_crosses_the_line() {
        for (members, first) in [(3, 11), (50, 11), (55, 12), (100, 21), (1000, 201)] {
            let crossing: Vec<i64> =
                (1..=members.max(300)).filter(|suspended| crosses_the_line(*suspended, members)).collect();
            assert_eq!(crossing, [first], "{members} members");
        }
    }
}
