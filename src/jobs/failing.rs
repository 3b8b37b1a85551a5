//! Directories that fail: their owners are told once for each time.

use std::time::Duration;

use crate::{
    audit::Actor,
    clock::Timestamp,
    mail::templates::Failure,
    model::RequestKind,
    people::alerts::{self, FailingDirectory},
    state::Rollcall,
    store::{
        self,
        directory_troubles::{Rejections, Watched, Write},
    },
};

/// So many of the latest writes are looked at, and this many of them refused is a failure.
const LOOKED_AT: i64 = 10;
const TOO_MANY: usize = 5;
/// Requests without a token that works, and no other, for this long are a failure.
const LOCKED_OUT: Duration = Duration::from_secs(3600);

/// Looks after every directory; gives the number of those that began to fail.
///
/// # Errors
/// When the database fails.
pub(super) async fn look(rollcall: &Rollcall) -> store::Result<usize> {
    let directories = store::directory_troubles::list_watched(&mut rollcall.db.read().await?).await?;
    let mut began = 0;
    for directory in directories {
        began += usize::from(look_at(rollcall, &directory).await?);
    }
    if began > 0 {
        rollcall.mail_due.notify_one();
    }
    Ok(began)
}

async fn look_at(rollcall: &Rollcall, directory: &Watched) -> store::Result<bool> {
    let context = rollcall.context(Actor::Rollcall);
    let mut conn = rollcall.db.read().await?;
    let writes = store::directory_troubles::latest_writes(&mut conn, &directory.id, LOOKED_AT).await?;
    let rejections = store::directory_troubles::rejections(&mut conn, &directory.id).await?;
    drop(conn);
    let trouble = judge(&writes, rejections, context.now);
    match (trouble, directory.told_at) {
        (None, None) | (Some(_), Some(_)) => Ok(false),
        (None, Some(_)) => {
            let mut tx = rollcall.db.write().await?;
            store::directory_troubles::end(&mut tx, &directory.id).await?;
            tx.commit().await?;
            Ok(false)
        }
        (Some(trouble), None) => {
            let mut tx = rollcall.db.write().await?;
            let first = store::directory_troubles::begin(&mut tx, &directory.id, context.now).await?;
            if first {
                let Trouble { failure, since, answer } = trouble;
                let failing = FailingDirectory { directory: directory.id.clone(), failure, since, answer };
                alerts::directory_failing(&mut tx, &context, &directory.workspace_id, &failing).await?;
            }
            tx.commit().await?;
            Ok(first)
        }
    }
}

/// How a directory fails.
#[derive(Debug, PartialEq, Eq)]
struct Trouble {
    failure: Failure,
    since: Timestamp,
    answer: Option<String>,
}

/// Whether a directory fails. `writes` are its latest, newest first.
fn judge(writes: &[Write], rejections: Option<Rejections>, now: Timestamp) -> Option<Trouble> {
    if let Some(Rejections { first: Some(first), last: Some(last) }) = rejections
        && now.since(first) >= LOCKED_OUT
        && now.since(last) < LOCKED_OUT
    {
        return Some(Trouble { failure: Failure::BadToken, since: first, answer: None });
    }
    let refused: Vec<&Write> = writes.iter().filter(|write| write.kind == RequestKind::Error).collect();
    let oldest = refused.last()?;
    // What was obeyed last shows that it goes on: a streak is over then, however many were refused before.
    let over = writes.first().is_some_and(|write| write.kind != RequestKind::Error);
    (refused.len() >= TOO_MANY && !over).then(|| Trouble {
        failure: Failure::Refused {
            refused: i64::try_from(refused.len()).unwrap_or(i64::MAX),
            of: i64::try_from(writes.len()).unwrap_or(i64::MAX),
        },
        since: oldest.at,
        answer: refused[0].detail.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_768_467_600_000_000);
    const MINUTE: i64 = 60_000_000;

    /// Newest first: `+` was obeyed, `-` refused; a minute apart.
    fn writes(pattern: &str) -> Vec<Write> {
        let write = |(index, sign): (usize, char)| Write {
            at: Timestamp(NOW.0 - MINUTE * i64::try_from(index).unwrap()),
            kind: if sign == '+' { RequestKind::Change } else { RequestKind::Error },
            detail: Some(format!("answer {index}")),
        };
        pattern.chars().enumerate().map(write).collect()
    }

    #[test]
    fn half_of_ten_writes_refused_is_a_failure() {
        for (pattern, refused) in [
            ("", None),
            ("----", None),
            ("-----", Some(5)),
            ("-+-+-+-+-+", Some(5)),
            ("-+-+-+-+++", None),
            ("----------", Some(10)),
            ("+---------", None),
        ] {
            let found = judge(&writes(pattern), None, NOW).map(|trouble| trouble.failure);
            let of = i64::try_from(pattern.len()).unwrap();
            assert_eq!(found, refused.map(|refused| Failure::Refused { refused, of }), "{pattern}");
        }
        let trouble = judge(&writes("-+-+-+-+-+"), None, NOW).unwrap();
        assert_eq!(trouble.since, Timestamp(NOW.0 - 8 * MINUTE));
        assert_eq!(trouble.answer.as_deref(), Some("answer 0"));
    }

    #[test]
    fn nothing_but_bad_tokens_for_an_hour_is_a_failure() {
        for (first, last, fails) in [(61, 1, true), (60, 59, true), (59, 1, false), (200, 61, false)] {
            let at = |minutes: i64| Some(Timestamp(NOW.0 - minutes * MINUTE));
            let rejections = Some(Rejections { first: at(first), last: at(last) });
            let trouble = judge(&writes("+++"), rejections, NOW);
            assert_eq!(
                trouble.map(|trouble| trouble.failure),
                fails.then_some(Failure::BadToken),
                "{first} {last}"
            );
        }
        assert_eq!(judge(&[], Some(Rejections { first: None, last: None }), NOW), None);
    }
}
