//! Asking for a mail: a row of the outbox, written in the transaction of the change it tells of.

use std::time::Duration;

use serde_json::Value;

use crate::{
    audit::Actor,
    clock::Timestamp,
    model::{MailStatus, MailTemplate, WorkspaceId},
    state::Context,
    store::{self, Tx, outbox::Mail},
};

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Which mail.
    pub template: MailTemplate,
    /// The workspace it speaks for.
    pub workspace: Option<&'a WorkspaceId>,
    /// What it is about, such as an invitation's id.
    pub subject_id: &'a str,
    /// Which telling of it: a recipient gets one mail to a template, subject and generation.
    pub generation: i64,
    /// The address.
    pub recipient: &'a str,
    /// How long it waits.
    pub delay: Duration,
    /// What it tells, where that is known only now: an object. Never a secret.
    pub detail: Value,
}

/// Queues a mail, unless the same recipient has one with the same template, subject and generation. After the commit,
/// `rollcall.mail_due.notify_one()` wakes the worker.
///
/// # Errors
/// When the database fails.
pub async fn order(tx: &mut Tx, context: &Context, order: &Order<'_>) -> store::Result<()> {
    let mail = Mail {
        id: context.clock.new_id(),
        workspace_id: order.workspace.cloned(),
        template: order.template.as_str().to_owned(),
        subject_id: order.subject_id.to_owned(),
        generation: order.generation,
        recipient: order.recipient.to_owned(),
        detail: order.detail.to_string(),
        return_key: return_key(context)?,
        bulk: is_bulk(order.template, &context.actor),
        status: MailStatus::Queued,
        attempts: 0,
        due_at: context.now.plus(order.delay),
        lease_until: Timestamp::ZERO,
        answer: None,
        created_at: context.now,
        updated_at: context.now,
    };
    store::outbox::insert(tx, &mail).await
}

/// Whether many of these come at once, so that a password that someone waits for would wait behind ten thousand of them.
fn is_bulk(template: MailTemplate, actor: &Actor) -> bool {
    match template {
        MailTemplate::Reminder => true,
        MailTemplate::Invitation
        | MailTemplate::Added
        | MailTemplate::DirectoryEmailChanged
        | MailTemplate::AccessSuspended => matches!(actor, Actor::Directory(_)),
        _ => false,
    }
}

/// What stands in the mail's return path, beside its id, so that nobody can guess it.
fn return_key(context: &Context) -> store::Result<String> {
    let bytes = context.clock.random_bytes().map_err(|cause| {
        store::Error::Unavailable(format!("the operating system gave no random bytes: {cause}"))
    })?;
    Ok(format!("{:0width$x}", u64::from_be_bytes(bytes), width = super::return_path::KEY))
}
