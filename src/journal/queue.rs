//! What waits in memory to be written into the journal.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use tokio::sync::Notify;

use super::Entry;
use crate::{clock::Timestamp, model::DirectoryTokenId};

/// Entries, and bytes in them, that may wait; the request that finds more has them written before it is answered.
const MOST_WAITING: usize = 1024;
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The same while the database cannot be written. Of what comes then the bodies are not kept, or nothing, with a line in
/// the log.
const MOST_STUCK: usize = 4 * MOST_WAITING;
const MOST_STUCK_BYTES: usize = 2 * MOST_BYTES;

/// When tokens were last used.
pub(super) type Uses = BTreeMap<DirectoryTokenId, Timestamp>;

/// What waits to be written.
#[derive(Debug, Default)]
pub struct Journal {
    waiting: Mutex<Waiting>,
    /// EntryWithEvents when something waits.
    due: Notify,
    /// Held while a batch is written, so that batches keep their order and whoever waits for it finds it written.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Waiting {
    batch: Batch,
    bytes: usize,
    /// What was last tried could not be written, or takes its time: no request writes.
    is_stuck: bool,
}

/// What is written together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) entries: Vec<Entry>,
    pub(super) uses: Uses,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.uses.is_empty()
    }
}

impl Journal {
    /// Adds an entry; true when so much waits that it should be written now.
    pub fn push(&self, mut entry: Entry) -> bool {
        let mut waiting = self.waiting();
        if waiting.batch.entries.len() >= MOST_STUCK {
            tracing::warn!(request = %entry.id, "the journal cannot be written; a request is not in it");
            return !waiting.is_stuck;
        }
        if waiting.bytes + entry.bytes() > MOST_STUCK_BYTES {
            tracing::warn!(request = %entry.id, "the journal cannot be written; the bodies of a request are not in it");
            entry = Entry { request_body: Bytes::new(), response_body: Bytes::new(), ..entry };
        }
        waiting.bytes += entry.bytes();
        waiting.batch.entries.push(entry);
        self.due.notify_one();
        let is_much = waiting.batch.entries.len() >= MOST_WAITING || waiting.bytes >= MOST_BYTES;
        is_much && !waiting.is_stuck
    }

    /// A token was used.
    pub fn used(&self, token: &DirectoryTokenId, at: Timestamp) {
        if self.waiting().batch.uses.insert(token.clone(), at).is_none() {
            self.due.notify_one();
        }
    }

    /// Returns when something waits.
    pub(super) async fn is_due(&self) {
        self.due.notified().await;
    }

    /// The right to write.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.writing.lock().await
    }

    pub(super) fn take(&self) -> Batch {
        let mut waiting = self.waiting();
        waiting.bytes = 0;
        mem::take(&mut waiting.batch)
    }

    /// What was taken is written.
    pub(super) fn is_written(&self) {
        self.waiting().is_stuck = false;
    }

    /// What was taken could not be written.
    pub(super) fn put_back(&self, mut batch: Batch) {
        let mut waiting = self.waiting();
        let since = mem::take(&mut waiting.batch);
        batch.entries.extend(since.entries);
        batch.uses.extend(since.uses);
        waiting.bytes = batch.entries.iter().map(Entry::bytes).sum();
        waiting.batch = batch;
        waiting.is_stuck = true;
        self.due.notify_one();
    }

    pub(super) fn gets_stuck(&self) {
        self.waiting().is_stuck = true;
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.waiting().is_stuck
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held, and what waits is whole at any time.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{clock::Clock, model::DirectoryId};

    pub(in crate::journal) fn entry(target: &str) -> Entry {
        Entry {
            id: Clock::System.new_id(),
            directory_id: DirectoryId("d".to_owned()),
            at: Timestamp::ZERO,
            method: "POST".to_owned(),
            target: target.to_owned(),
            status: 400,
            refusal: None,
            refused: None,
            duration: Duration::ZERO,
            address: String::new(),
            user_agent: None,
            token_hint: None,
            rejection: None,
            request_body: Bytes::new(),
            response_body: Bytes::new(),
            deviations: Vec::new(),
            secret_names: std::sync::Arc::default(),
            is_kept: true,
        }
    }

    fn large() -> Entry {
        Entry { request_body: Bytes::from(vec![b' '; MOST_BYTES / 4]), ..entry("/") }
    }

    #[test]
    fn whoever_finds_too_much_writes_it_unless_that_failed_just_now() {
        let journal = Journal::default();
        assert_eq!([0; 4].map(|_| journal.push(large())), [false, false, false, true]);
        assert!(journal.push(entry("/")), "and so does the next");
        let batch = journal.take();
        assert!(!journal.push(entry("/")), "nothing waits");
        journal.put_back(batch);
        assert!(!journal.push(entry("/")), "the journal tries again by itself");
        let batch = journal.take();
        assert_eq!(batch.entries.len(), 7);
        journal.is_written();
        assert_eq!([0; 4].map(|_| journal.push(large())), [false, false, false, true]);
    }

    #[test]
    fn what_waits_for_long_is_bounded_in_bytes_and_in_number() {
        let journal = Journal::default();
        journal.gets_stuck();
        for _ in 0..2 * MOST_STUCK {
            assert!(!journal.push(large()));
        }
        let batch = journal.take();
        assert_eq!(batch.entries.len(), MOST_STUCK);
        let bytes: usize = batch.entries.iter().map(Entry::bytes).sum();
        assert!((MOST_STUCK_BYTES / 2..MOST_STUCK_BYTES + MOST_STUCK).contains(&bytes), "{bytes}");
    }
}
