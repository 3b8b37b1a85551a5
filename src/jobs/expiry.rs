//! Tokens that end soon: their owners are told 30, 14 and 3 days before, once each.

use std::time::Duration;

use crate::{
    audit::Actor,
    clock::Timestamp,
    people::alerts,
    state::Rollcall,
    store::{self, directory_tokens::ExpiringToken},
};

/// How many days before its end a token is told of, soonest first.
const DAYS: [u32; 3] = [3, 14, 30];

const fn days(days: u32) -> Duration {
    Duration::from_secs(days as u64 * 24 * 3600)
}

/// Queues the mails about tokens that end soon and were not told of; gives the number of tokens.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell(rollcall: &Rollcall) -> store::Result<usize> {
    let context = rollcall.context(Actor::Rollcall);
    let horizon = context.now.plus(days(30));
    let expiring = {
        let mut conn = rollcall.db.read().await?;
        let mut untold = Vec::new();
        for token in store::directory_tokens::list_expiring(&mut conn, context.now, horizon).await? {
            if let Some(stage) = stage(&token, context.now)
                && !store::outbox::is_told(&mut conn, "token_expiring", token.id.as_str(), stage).await?
            {
                untold.push((token, stage));
            }
        }
        untold
    };
    for (token, stage) in &expiring {
        let mut tx = rollcall.db.write().await?;
        alerts::token_expiring(&mut tx, &context, token, *stage).await?;
        tx.commit().await?;
    }
    if !expiring.is_empty() {
        rollcall.mail_due.notify_one();
    }
    Ok(expiring.len())
}

/// Which of the mails is due; none while the token is younger than that: whoever makes one that lasts a week knows it.
fn stage(token: &ExpiringToken, now: Timestamp) -> Option<i64> {
    let stage = DAYS.into_iter().find(|stage| token.expires_at <= now.plus(days(*stage)))?;
    (token.created_at <= token.expires_at.minus(days(stage))).then_some(i64::from(stage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DirectoryId, DirectoryTokenId, WorkspaceId};

    #[test]
    fn told_in_three_steps() {
        let token = |life: u32| ExpiringToken {
            id: DirectoryTokenId(String::new()),
            directory_id: DirectoryId(String::new()),
            workspace_id: WorkspaceId(String::new()),
            created_at: Timestamp(0),
            expires_at: Timestamp(0).plus(days(life)),
        };
        for (life, age, expected) in [
            (365, 0, None),
            (365, 334, None),
            (365, 335, Some(30)),
            (365, 350, Some(30)),
            (365, 351, Some(14)),
            (365, 362, Some(3)),
            (20, 0, None),
            (20, 6, Some(14)),
            (2, 0, None),
        ] {
            assert_eq!(stage(&token(life), Timestamp(0).plus(days(age))), expected, "{life} {age}");
        }
    }
}
