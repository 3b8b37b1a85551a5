//! `rollcall mail`: mail that comes back to the return path.

use std::io::Read;

use clap::Subcommand;
use serde_json::json;

use super::output::print;
use crate::{
    error::{Error, Result},
    jobs::{self, Taken},
    mail::bounce::dsn,
    state::Rollcall,
};

/// Mail that comes back.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Read a delivery status notification (RFC 3464) from standard input and mark its mail as bounced: for the alias
    /// of the return path, such as: bounces: "|rollcall mail bounce".
    Bounce,
}

/// Marks the mail as bounced that the message on standard input tells of.
pub(super) async fn bounce(rollcall: &Rollcall, as_json: bool) -> Result<()> {
    let mut message = Vec::new();
    let longest = u64::try_from(dsn::LONGEST).unwrap_or(u64::MAX);
    std::io::stdin()
        .take(longest)
        .read_to_end(&mut message)
        .map_err(|cause| Error::invalid("message", format!("The message could not be read: {cause}.")))?;
    let return_path = rollcall.config.return_path.as_ref().ok_or_else(|| {
        Error::invalid(
            "return_path",
            "No return path is set, so no message can tell which mail it is about. Set ROLLCALL_RETURN_PATH, such as bounces+{id}@example.com.",
        )
    })?;
    let bounce = dsn::read(&message, return_path).map_err(|refusal| Error::invalid("message", refusal))?;
    let Some(bounce) = bounce else {
        print(
            as_json,
            &json!({ "taken": "no_failure" }),
            "The message tells of no failure. Nothing was changed.",
        );
        return Ok(());
    };
    let (word, text) = match jobs::take_bounce(rollcall, &bounce).await? {
        Taken::Bounced => ("bounced", "The mail is marked as bounced."),
        Taken::TriedAgain => ("tried_again", "The mailbox may follow: the mail is sent again tomorrow."),
        Taken::Unchanged => ("unchanged", "This was known already. Nothing was changed."),
        Taken::TooEarly => {
            return Err(Error::conflict(
                "mail",
                "The mail is being sent at this moment. Bring the message again in a minute.",
            ));
        }
        Taken::Unknown => return Err(Error::NotFound { what: "mail that this message tells of" }),
    };
    print(as_json, &json!({ "taken": word, "mail": bounce.mail }), text);
    Ok(())
}
