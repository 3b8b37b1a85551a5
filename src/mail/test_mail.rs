//! The mail that an admin sends to themselves to see whether mail leaves.

use super::{Addressee, Answer, Identity, Letter, Transport, Trouble, templates::TestMail};
use crate::{error::Result, state::Rollcall, store::accounts::Account};

/// Sends a test mail to this account, past the outbox. When the relay takes it, what was known of its trouble is over, and
/// mail that waits for its end is looked at at once.
///
/// # Errors
/// When the store fails, or TLS cannot be set up.
pub async fn send_test_mail(rollcall: &Rollcall, transport: &Transport, account: &Account) -> Result<Answer> {
    let (config, now) = (&rollcall.config, rollcall.clock.now());
    let identity = Identity::new(rollcall.clock.new_id(), 1, config, now);
    let letter = Letter::Test(TestMail { asked_by: account.name.clone(), at: now });
    let addressee = Addressee { email: account.email.clone(), language: None };
    let message = match letter.render(&addressee, &identity, &config.base_url) {
        Ok(message) => message,
        Err(why) => return Ok(Answer::impossible(&why)),
    };
    let answer = transport.send(&message).await;
    if matches!(answer, Answer::Accepted(_)) {
        let mut tx = rollcall.db.write().await?;
        Trouble::end(&mut tx).await?;
        tx.commit().await?;
        rollcall.mail_due.notify_one();
    }
    Ok(answer)
}
