//! The notice that a directory gave a member another address.

use std::time::Duration;

use serde_json::json;

use crate::{
    mail::{self, Order},
    model::MailTemplate,
    people::grants,
    state::Context,
    store::{self, Tx, memberships::Membership},
};

/// Records the change, and queues the notice to the old address, to the new one unless a link goes there anyway, and to the one that the person
/// signs in with, which may be neither: whoever directs the directory cannot do this unseen.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell(
    tx: &mut Tx,
    context: &Context,
    before: &Membership,
    after: &Membership,
    link_ordered: bool,
) -> store::Result<()> {
    let account = match &after.account_id {
        Some(id) => store::accounts::get(tx, id).await?,
        None => None,
    };
    let mut recipients = vec![before.email.as_str()];
    if !link_ordered {
        recipients.push(&after.email);
    }
    if let Some(account) = &account
        && account.email_key != before.email_key
        && account.email_key != after.email_key
    {
        recipients.push(&account.email);
    }
    for recipient in recipients {
        let order = Order {
            template: MailTemplate::DirectoryEmailChanged,
            workspace: Some(&after.workspace_id),
            subject_id: after.id.as_str(),
            generation: context.now.0,
            recipient,
            delay: Duration::ZERO,
            detail: json!({ "old": before.email, "new": after.email }),
        };
        mail::order(tx, context, &order).await?;
    }
    let detail = json!({ "email": after.email });
    grants::record(tx, context, after, "membership.address_changed", &detail).await
}
