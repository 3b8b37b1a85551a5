//! The journal of the SCIM API: each request of an identity provider, what it was answered and what it changed.
//!
//! A request leaves an [`Entry`] in a queue in memory and is answered; a few moments later everything that waits is
//! redacted, put into words and written in one transaction. So a request costs no second commit, and the size of what
//! is read or written does not come into its time. What a change did stands in `events`, written with the change
//! itself: losing the queue in a crash loses the wording, not the fact.
//!
//! Changes and refusals of who has a token are always written. Reads are sampled: a few a second for each directory
//! ([`READS_A_SECOND`], [`READS_AT_ONCE`]), of which the housekeeping keeps the latest [`READS_KEPT`]. So are requests
//! without a token that opens the directory: one a second.

mod queue;
mod record;
mod redact;
mod words;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::body::Bytes;
use scim::Deviation;
use tokio_util::sync::CancellationToken;

pub use queue::Journal;
use queue::Uses;
pub use words::{Consequence, consequence};

use crate::{
    clock::Timestamp,
    directory::token::Rejection,
    model::{DirectoryId, RequestKind, ScimRequestId},
    state::Rollcall,
    store::{self, directory_deviations::SeenDeviation, events::Event, scim_requests::ScimRequest},
};

/// Reads of one directory that are kept each second.
pub const READS_A_SECOND: u32 = 5;
/// Reads of one directory that are kept when they come all at once.
pub const READS_AT_ONCE: u32 = 50;
/// Reads of one directory that stay.
pub const READS_KEPT: i64 = 1000;
/// Rejected sign-ins of one directory that stay.
pub const REJECTIONS_KEPT: i64 = 1000;
/// How long requests stay in the journal.
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Bytes of a body that are kept.
pub const LARGEST_BODY: usize = 64 * 1024;

/// How long an entry may wait for others that are written with it.
const LINGER: Duration = Duration::from_millis(200);
/// How long the journal is left alone after it could not be written.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long a request that finds too much waiting lets itself be held up.
const A_MOMENT: Duration = Duration::from_secs(2);
/// Events that are read to put one batch into words.
const MOST_EVENTS: i64 = 5000;

/// What a request leaves for the journal.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The request; its events carry the id.
    pub id: ScimRequestId,
    /// The directory in its path.
    pub directory_id: DirectoryId,
    /// When it arrived.
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// Path and query behind the directory's base URL.
    pub target: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// What it was told went wrong, without the reference.
    pub refusal: Option<scim::Error>,
    /// The operations of a Bulk request that were refused.
    pub refused: Option<RefusedOperations>,
    /// How long the answer took.
    pub duration: Duration,
    /// Where it came from.
    pub address: String,
    /// The client's name for itself.
    pub user_agent: Option<String>,
    /// The token it came with, if Rollcall made it.
    pub token_hint: Option<String>,
    /// Why the token opened nothing.
    pub rejection: Option<Rejection>,
    /// What was sent.
    pub request_body: Bytes,
    /// The beginning of what was answered, not much more than is kept of it.
    pub response_body: Bytes,
    /// What was tolerated.
    pub deviations: Vec<Deviation>,
    /// Attributes of the directory's own extensions that are never returned, by their names in lower case.
    pub secret_names: Arc<[String]>,
    /// False for a read, or a request without a token, that is only counted.
    pub is_kept: bool,
}

/// Operations that were refused within a request that was answered as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedOperations {
    /// How many.
    pub refused: u64,
    /// Of how many.
    pub of: u64,
    /// What the first of them was told went wrong, without the reference.
    pub first: scim::Error,
}

impl Entry {
    /// Whether it only asked, and was answered.
    pub fn is_answered_read(&self) -> bool {
        record::kind(self) == RequestKind::Read
    }

    /// What was told went wrong, of the whole request or of an operation in it.
    fn error(&self) -> Option<&scim::Error> {
        self.refusal.as_ref().or(self.refused.as_ref().map(|refused| &refused.first))
    }

    fn bytes(&self) -> usize {
        self.target.len() + self.request_body.len() + self.response_body.len()
    }
}

/// The reference of a request: what its answer shows and the Activity page finds it by.
pub fn reference(id: &ScimRequestId) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    // The last forty bits of a UUID v7 are random, but for eight that count within a millisecond.
    let digits: Vec<char> = id.as_str().chars().filter(char::is_ascii_hexdigit).collect();
    let tail: String = digits[digits.len().saturating_sub(10)..].iter().collect();
    let number = u64::from_str_radix(&tail, 16).unwrap_or_default();
    let letters = (0..8).rev().map(|place| char::from(LETTERS[(number >> (5 * place)) as usize & 31]));
    format!("act_{}", letters.collect::<String>())
}

/// Writes what waits, a few times a second, until `shutdown`.
pub async fn run(rollcall: &Rollcall, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = rollcall.journal.is_due() => {}
        }
        let pause = if rollcall.journal.is_stuck() { AFTER_FAILURE } else { LINGER };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
        write_out(rollcall).await;
    }
}

/// Writes everything that waits, now. What cannot be written for the moment waits on.
pub async fn write_out(rollcall: &Rollcall) {
    let _turn = rollcall.journal.turn().await;
    write_waiting(rollcall).await;
}

/// The same for a request that found too much waiting, before it is answered. It waits for no more than a moment: what
/// takes longer goes on without it, and the requests after it leave the writing to the journal itself.
pub async fn relieve(rollcall: &Rollcall) {
    let everything = rollcall.clone();
    let writing = tokio::spawn(async move {
        let _turn = everything.journal.turn().await;
        if !everything.journal.is_stuck() {
            write_waiting(&everything).await;
        }
    });
    if tokio::time::timeout(A_MOMENT, writing).await.is_err() {
        rollcall.journal.gets_stuck();
    }
}

async fn write_waiting(rollcall: &Rollcall) {
    let mut batch = rollcall.journal.take();
    if batch.is_empty() {
        return;
    }
    match write(rollcall, &batch.entries, &batch.uses).await {
        Ok(()) => return rollcall.journal.is_written(),
        Err(store::Error::Unavailable(cause)) => {
            tracing::warn!(%cause, entries = batch.entries.len(), "the journal could not be written; trying again");
            return rollcall.journal.put_back(batch);
        }
        Err(cause) => {
            tracing::warn!(%cause, "a batch of the journal was refused; writing its entries one by one");
        }
    }
    let one = |entry: Entry| async move {
        let outcome = write(rollcall, std::slice::from_ref(&entry), &Uses::new()).await;
        (entry, outcome)
    };
    batch.entries = one_by_one(batch.entries, one).await;
    if batch.entries.is_empty() {
        match write(rollcall, &[], &batch.uses).await {
            Ok(()) => return rollcall.journal.is_written(),
            Err(cause) => tracing::warn!(%cause, "the last use of tokens could not be written"),
        }
    }
    rollcall.journal.put_back(batch);
}

/// Writes each entry for itself, so that one that the database does not take costs none of the others. Gives those that
/// wait on because the database is not available.
async fn one_by_one<Writing>(entries: Vec<Entry>, write: impl Fn(Entry) -> Writing) -> Vec<Entry>
where
    Writing: Future<Output = (Entry, store::Result<()>)>,
{
    let mut left = entries.into_iter();
    while let Some(entry) = left.next() {
        let (entry, outcome) = write(entry).await;
        match outcome {
            Ok(()) => {}
            Err(store::Error::Unavailable(cause)) => {
                tracing::warn!(%cause, "the journal could not be written; trying again");
                return std::iter::once(entry).chain(left).collect();
            }
            Err(cause) => {
                tracing::error!(%cause, request = %entry.id, "a request could not be written into the journal");
            }
        }
    }
    Vec::new()
}

async fn write(rollcall: &Rollcall, entries: &[Entry], uses: &Uses) -> store::Result<()> {
    let (requests, deviations) = {
        let mut conn = rollcall.db.read().await?;
        let known = store::directories::list_known(&mut conn, &directories_of(entries)).await?;
        let entries: Vec<&Entry> =
            entries.iter().filter(|entry| known.contains(&entry.directory_id)).collect();
        let ids: Vec<&str> =
            entries.iter().filter(|entry| entry.is_kept).map(|entry| entry.id.as_str()).collect();
        let events = store::events::list_of_requests(&mut conn, &ids, MOST_EVENTS).await?;
        let entries = with_events(&entries, &events);
        (records(&entries), count(&entries))
    };
    if requests.is_empty() && deviations.is_empty() && uses.is_empty() {
        return Ok(());
    }
    let mut tx = rollcall.db.write().await?;
    store::scim_requests::insert_all(&mut tx, &requests).await?;
    store::directory_deviations::add_all(&mut tx, &deviations).await?;
    for (token, at) in uses {
        store::directory_tokens::touch(&mut tx, token, *at).await?;
    }
    tx.commit().await
}

fn directories_of(entries: &[Entry]) -> Vec<DirectoryId> {
    let mut ids: Vec<DirectoryId> = entries.iter().map(|entry| entry.directory_id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// An entry with what it changed, oldest first.
struct EntryWithEvents<'a> {
    entry: &'a Entry,
    events: Vec<&'a Event>,
}

impl EntryWithEvents<'_> {
    /// What was tolerated, by the readers of the request and by what it changed.
    fn deviations(&self) -> Vec<Deviation> {
        let mut deviations = self.entry.deviations.clone();
        if self.events.iter().any(|event| words::unknown_members(event) > 0) {
            deviations.push(Deviation::UnknownMember);
        }
        deviations
    }
}

fn with_events<'a>(entries: &[&'a Entry], events: &'a [Event]) -> Vec<EntryWithEvents<'a>> {
    let mut of_request: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        if let Some(id) = &event.request_id {
            of_request.entry(id).or_default().push(event);
        }
    }
    entries
        .iter()
        .map(|&entry| EntryWithEvents {
            entry,
            events: of_request.remove(entry.id.as_str()).unwrap_or_default(),
        })
        .collect()
}

fn records(entries: &[EntryWithEvents<'_>]) -> Vec<ScimRequest> {
    entries.iter().filter(|with_events| with_events.entry.is_kept).map(record::of).collect()
}

/// Each deviation of each directory once, with the number of requests that had it.
fn count(entries: &[EntryWithEvents<'_>]) -> Vec<SeenDeviation> {
    let mut counted: BTreeMap<(&DirectoryId, &str), SeenDeviation> = BTreeMap::new();
    for with_events in entries {
        let entry = with_events.entry;
        for deviation in with_events.deviations() {
            let example = entry.is_kept.then(|| entry.id.clone());
            counted
                .entry((&entry.directory_id, deviation.id()))
                .and_modify(|seen| {
                    seen.seen += 1;
                    seen.last_at = seen.last_at.max(entry.at);
                    seen.request_id = example.clone().or(seen.request_id.take());
                })
                .or_insert_with(|| SeenDeviation {
                    directory_id: entry.directory_id.clone(),
                    deviation: deviation.id().to_owned(),
                    seen: 1,
                    first_at: entry.at,
                    last_at: entry.at,
                    request_id: example,
                });
        }
    }
    counted.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_reference_is_short_and_of_the_request_alone() {
        let id = ScimRequestId("019ab2c4-7e10-7abc-8def-0123456789ab".to_owned());
        assert_eq!(reference(&id), "act_4D2PF2DB");
        let mut many: Vec<String> = (0..1000).map(|_| reference(&Clock::System.new_id())).collect();
        many.sort();
        many.dedup();
        assert_eq!(many.len(), 1000);
    }

    #[tokio::test]
    async fn what_waits_for_the_database_is_not_lost_and_what_it_refuses_is() {
        let entries: Vec<Entry> = ["a", "refused", "b", "gone", "c"].map(queue::tests::entry).into();
        let tried = std::cell::RefCell::new(Vec::new());
        let left = one_by_one(entries, |entry| {
            tried.borrow_mut().push(entry.target.clone());
            let outcome = match entry.target.as_str() {
                "refused" => Err(store::Error::NotAlone),
                "gone" => Err(store::Error::Unavailable("the disk is full".to_owned())),
                _ => Ok(()),
            };
            std::future::ready((entry, outcome))
        })
        .await;
        assert_eq!(*tried.borrow(), ["a", "refused", "b", "gone"]);
        let left: Vec<&str> = left.iter().map(|entry| entry.target.as_str()).collect();
        assert_eq!(left, ["gone", "c"]);
    }
}
